"""Counting on a Dask cluster: a few files make a task, and their sums are added in a tree by the workers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from huepress.batch.cluster import GROUP_BYTES, GROUP_FILES, anchored, do_all, failure_of, renamed
from huepress.batch.counting import Count, Tell, counts_of
from huepress.batch.dispatcher import UNKNOWN_BYTES
from huepress.batch.job import Outcome
from huepress.batch.pool import TIMEOUT
from huepress.extras import require
from huepress.histogram import Histogram
from huepress.tally import total

FAN_IN: Final = 8  # sums that are added at a time


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
        raise failure_of(error) from error
    for number, outcome in told:
        tell(number, outcome)
    return cast("Histogram | None", histogram)


def _groups(jobs: Iterable[Count]) -> Iterator[list[tuple[Count, str]]]:
    """Jobs with the names that the user knows, as many as make a task."""
    group: list[tuple[Count, str]] = []
    for job in jobs:
        group.append((replace(job, file=replace(job.file, path=anchored(job.file.path))), job.file.path))
        if len(group) >= GROUP_FILES or sum(job.file.size or UNKNOWN_BYTES for job, _ in group) >= GROUP_BYTES:
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

Counted = tuple[Histogram | None, list[tuple[int, Outcome]]]  # and what became of files that are left out, by number


def _count(group: list[tuple[Count, str]], timeout: float) -> Counted:
    found = do_all([job for job, _ in group], timeout)
    done = [(job, name, outcome) for (job, name), (outcome,) in zip(group, found, strict=True)]
    told = [
        (job.number, renamed(found, {job.file.path: name})) for job, name, found in done if isinstance(found, Outcome)
    ]
    parts = [found for _, _, found in done if isinstance(found, Histogram)]
    return (total(parts) if parts else None), told


def _summed(counted: list[Counted]) -> Counted:
    parts = [part for part, _ in counted if part is not None]
    return (total(parts) if parts else None), [outcome for _, told in counted for outcome in told]
