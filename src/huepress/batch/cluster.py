"""A Dask cluster (extra `dask`): its workers as a pool; each works in a child process of its own.

A worker that is lost costs nothing but time: what it had under way is done again by another.
"""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from huepress.batch.counting import Count
from huepress.batch.job import Job, Outcome, copy_of
from huepress.batch.pool import TIMEOUT, Done, outcomes
from huepress.batch.worker import Worker
from huepress.errors import one_line
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.extras import require
from huepress.remote import is_url

GROUP_FILES: Final = 64
GROUP_BYTES: Final = 8_000_000
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

    group_files, group_bytes = GROUP_FILES, GROUP_BYTES

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
        future = self._client.submit(do_all, [_absolute(job) for job in jobs], self._timeout, pure=False)
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
            return [(group[0], [Outcome.failed(failure_of(future.exception()), group[0].file.path)])]
        if future.status == "error":  # it ended several workers: find out which of the files does
            for job in group:
                self.submit([job])
        elif future.status in ("pending", "lost"):  # it was done, but its worker is gone: it is done again
            self._groups[future] = group
            self._futures.add(future)
        else:
            raise bad_option("the cluster was lost; what is done is done, run it again")
        return []


def failure_of(error: BaseException) -> CommandError:
    """The failure that a task ended with, whatever its workers raised."""
    return CommandError(ExitCode.CANNOT_READ, f"the cluster's workers failed on it ({one_line(error)})")


def _absolute(job: Job) -> Job:
    """The job with paths that mean the same in other folders, and outputs that a second try may overwrite."""
    outputs = (
        replace(output, source=anchored(output.source), path=anchored(output.path), force=True)
        for output in job.outputs
    )
    return replace(job, file=replace(job.file, path=anchored(job.file.path)), outputs=tuple(outputs))


def anchored(path: str) -> str:
    """The path that means the same in other folders."""
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - as everywhere here, a path may be any str


def _as_named(job: Job, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes with the names that the user knows."""
    names = {anchored(path): path for output in job.outputs for path in (output.path, copy_of(output))}
    names[anchored(job.file.path)] = job.file.path
    return [renamed(outcome, names) for outcome in outcomes]


def renamed(outcome: Outcome, names: Mapping[str, str]) -> Outcome:
    """The outcome with names in place of the paths that they are for."""
    error = outcome.error
    for path, name in names.items():
        error = error.replace(path, name)
    written = None if outcome.path is None else names.get(outcome.path, outcome.path)
    return replace(outcome, source=names.get(outcome.source, outcome.source), path=written, error=error)


# -- in the workers of the cluster -------------------------------------------------------------------------------------

_mine = threading.local()


def do_all(jobs: Sequence[Job | Count], timeout: float) -> list[list[Any]]:
    """The outcomes of each job, done one after another in the child process of this thread."""
    if not hasattr(_mine, "worker"):
        _mine.worker = Worker()
    return cast("list[list[Any]]", outcomes(_mine.worker, jobs, 1, 1, timeout=timeout))  # none is too large for all
