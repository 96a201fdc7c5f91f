"""The dispatcher: jobs go to a pool in groups, and what came of them comes back."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from huepress.batch.pool import Done, Pool, Task

UNKNOWN_BYTES: Final = 1_000_000  # of a file, where its size is not known
_AHEAD: Final = 3  # groups for each processor


class Dispatcher:
    """Gives jobs to a pool, small ones together, so many ahead that it never waits, and takes back what came of them.

    The first groups are small, so that few jobs are shared by all processors too.
    """

    def __init__(self, pool: Pool, begin: Callable[[list[Any]], object] | None = None) -> None:
        """begin: is told of jobs before they are given."""
        self._pool, self._begin = pool, begin
        self._group: list[Any] = []
        self._bytes = self._given = self._waiting = 0

    def give(self, job: Task) -> Iterator[Done]:
        """Take a job; tells of others meanwhile, of those together that were done together."""
        self._group.append(job)
        self._bytes += job.file.size or UNKNOWN_BYTES
        room = min(self._pool.group_files, 1 + self._given // (_AHEAD * self._pool.processors))
        if len(self._group) >= room or self._bytes >= self._pool.group_bytes:
            yield from self._send()

    def rest(self) -> Iterator[Done]:
        """Tell of all that is not done yet."""
        yield from self._send()
        while self._waiting:
            yield self._taken()

    def _send(self) -> Iterator[Done]:
        while self._waiting >= _AHEAD * self._pool.processors * self._pool.group_files:
            yield self._taken()
        group, self._group, self._bytes = self._group, [], 0
        if group:
            if self._begin:
                self._begin(group)
            self._pool.submit(group)
            self._given += len(group)
            self._waiting += len(group)

    def _taken(self) -> Done:
        done = self._pool.next()
        self._waiting -= len(done)
        return done
