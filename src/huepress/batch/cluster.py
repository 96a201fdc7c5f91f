"""A Dask cluster (extra `dask`): its workers as a pool, and what they do; each works in a child process of its own.

A worker that is lost costs nothing but time: what it had under way is done again by another.
"""

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from huepress.batch.counting import Count, Tell, counts_of
from huepress.batch.dispatcher import UNKNOWN_BYTES
from huepress.batch.job import Job, Outcome, copy_of
from huepress.batch.pool import TIMEOUT, Done, outcomes
from huepress.batch.worker import Worker
from huepress.errors import one_line
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.extras import require
from huepress.histogram import Histogram
from huepress.remote import is_url
from huepress.tally import total

FAN_IN: Final = 8  # sums that are added at a time
_GROUP_FILES: Final = 64
_GROUP_BYTES: Final = 8_000_000
_ADDRESS: Final = re.compile(r"[a-z]+://\S+:\d+/?$")


def connected(address: str) -> Any:
    """A client of the scheduler at an address; raises a CommandError if there is none."""
    distributed = require("distributed", extra="dask")
    if not _ADDRESS.match(address):  # Dask would look for it for minutes
        raise bad_option(f"--scheduler {address}: is no address such as tcp://host:8786")
    try:
        return distributed.Client(address, set_as_default=False)
    except Exception as error:
        raise bad_option(f"--scheduler {address}: cannot be reached ({one_line(error)})") from error


class Cluster:
    """The workers of a Dask cluster as a `Pool` and a context manager: a few files make a task."""

    group_files, group_bytes = _GROUP_FILES, _GROUP_BYTES

    def __init__(self, client: Any, *, timeout: float = TIMEOUT) -> None:
        distributed = require("distributed", extra="dask")
        self._client, self._timeout = client, timeout
        self._futures = distributed.as_completed(loop=client.loop)
        self._groups: dict[Any, Sequence[Any]] = {}  # by their futures
        self.processors = max(1, sum(client.nthreads().values()))

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.cancel(list(self._groups))

    def submit(self, jobs: Sequence[Any]) -> None:
        """Take jobs, which are done one after another."""
        future = self._client.submit(_press, [_absolute(job) for job in jobs], self._timeout, pure=False)
        self._groups[future] = jobs
        self._futures.add(future)

    def next(self) -> Done:
        """Some jobs that are done; waits for one."""
        done: Done = []
        while not done:
            done = self._taken(next(self._futures))
        return done

    def _taken(self, future: Any) -> Done:
        """Jobs that are done; none if they are to be done again."""
        group = self._groups.pop(future)
        if future.status == "finished":
            return list(zip(group, map(_as_named, group, future.result()), strict=True))
        if future.status == "error" and len(group) == 1:
            return [(group[0], [Outcome.failed(_failure(future.exception()), group[0].file.path)])]
        if future.status == "error":  # it ended several workers: find out which of the files does
            for job in group:
                self.submit([job])
        elif future.status in ("pending", "lost"):  # it was done, but its worker is gone: it is done again
            self._groups[future] = group
            self._futures.add(future)
        else:
            raise bad_option("the cluster was lost; what is done is done, run it again")
        return []


def _failure(error: BaseException) -> CommandError:
    return CommandError(ExitCode.CANNOT_READ, f"the cluster's workers failed on it ({one_line(error)})")


def _absolute(job: Job) -> Job:
    """The job with paths that mean the same in other folders, and outputs that a second try may overwrite."""
    outputs = (
        replace(output, source=_anchored(output.source), path=_anchored(output.path), force=True)
        for output in job.outputs
    )
    return replace(job, file=replace(job.file, path=_anchored(job.file.path)), outputs=tuple(outputs))


def _anchored(path: str) -> str:
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - as everywhere here, a path may be any str


def _as_named(job: Job, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes with the names that the user knows."""
    names = {_anchored(path): path for output in job.outputs for path in (output.path, copy_of(output))}
    names[_anchored(job.file.path)] = job.file.path
    return [_renamed(outcome, names) for outcome in outcomes]


def _renamed(outcome: Outcome, names: Mapping[str, str]) -> Outcome:
    error = outcome.error
    for anchored, name in names.items():
        error = error.replace(anchored, name)
    path = None if outcome.path is None else names.get(outcome.path, outcome.path)
    return replace(outcome, source=names.get(outcome.source, outcome.source), path=path, error=error)


# -- counting --------------------------------------------------------------------------------------------------------


def count_files(client: Any, paths: Sequence[str], *, max_pixels: int, tell: Tell) -> Histogram | None:
    """The histogram of all pictures of files and folders; tells of those left out. None without any.

    A few files make a task, and their sums are added in a tree by the workers: one histogram reaches the client.
    """
    sums: list[list[Any]] = []  # futures: of so many groups of files that the next list has one for eight of them
    for group in _groups(counts_of(paths, max_pixels, tell)):
        _add(client, sums, client.submit(_count, group, TIMEOUT, pure=False))
    rest = [future for level in sums for future in level]
    if not rest:
        return None
    try:
        histogram, told = client.submit(_summed, rest, pure=False).result()
    except Exception as error:
        raise _failure(error) from error
    for number, outcome in told:
        tell(number, outcome)
    return cast("Histogram | None", histogram)


def _groups(jobs: Iterable[Count]) -> Iterator[list[tuple[Count, str]]]:
    """Jobs with the names that the user knows, as many as make a task."""
    group: list[tuple[Count, str]] = []
    for job in jobs:
        group.append((replace(job, file=replace(job.file, path=_anchored(job.file.path))), job.file.path))
        if len(group) >= _GROUP_FILES or sum(job.file.size or UNKNOWN_BYTES for job, _ in group) >= _GROUP_BYTES:
            yield group
            group = []
    if group:
        yield group


def _add(client: Any, sums: list[list[Any]], future: Any) -> None:
    """Put a future among those of its level; eight become one of the next level, as soon as there is room."""
    for level in sums:
        level.append(future)
        if len(level) < FAN_IN:
            return
        future = client.submit(_summed, level[:], pure=False)
        level.clear()
        require("distributed", extra="dask").wait([future])
    sums.append([future])


# -- in the workers of the cluster -------------------------------------------------------------------------------------

_mine = threading.local()


def _press(jobs: Sequence[Job | Count], timeout: float) -> list[list[Any]]:
    """The outcomes of each job, done one after another in the child process of this thread."""
    if not hasattr(_mine, "worker"):
        _mine.worker = Worker()
    return cast("list[list[Any]]", outcomes(_mine.worker, jobs, 1, 1, timeout=timeout))  # none is too large for all


Counted = tuple[Histogram | None, list[tuple[int, Outcome]]]  # and what became of files that are left out, by number


def _count(group: list[tuple[Count, str]], timeout: float) -> Counted:
    found = _press([job for job, _ in group], timeout)
    done = [(job, name, outcome) for (job, name), (outcome,) in zip(group, found, strict=True)]
    told = [
        (job.number, _renamed(found, {job.file.path: name})) for job, name, found in done if isinstance(found, Outcome)
    ]
    parts = [found for _, _, found in done if isinstance(found, Histogram)]
    return (total(parts) if parts else None), told


def _summed(counted: list[Counted]) -> Counted:
    parts = [part for part, _ in counted if part is not None]
    return (total(parts) if parts else None), [outcome for _, told in counted for outcome in told]
