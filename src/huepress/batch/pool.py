"""Pools: what does jobs. Worker processes of this machine, or nothing at all, to look only."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from huepress.batch.job import Outcome, TooLarge
from huepress.batch.tree import File
from huepress.batch.worker import Worker
from huepress.exit_codes import bad_option

TIMEOUT: Final = 900.0  # seconds


class Task(Protocol):
    """What a pool does: a `Job`, or a `Count`."""

    @property
    def file(self) -> File:
        """The picture."""

    def run(self, processors: int, most: int) -> list[Any] | TooLarge:
        """What comes of it, done with this number of processors, of `most`."""


Done = list[tuple[Any, list[Any]]]  # jobs, each with its outcomes


class Pool(Protocol):
    """What does jobs: takes them, and gives back what came of them as they are done."""

    processors: int  # that work side by side
    group_files: int  # most jobs that are given together, as to give one may take as long as to do a small one
    group_bytes: int  # of the files of a group, from which on no other is added

    def submit(self, jobs: Sequence[Task]) -> None:
        """Take jobs, which are done one after another."""

    def next(self) -> Done:
        """Some jobs that are done; waits for one."""


class Processors:
    """A number of processors that threads take and give back, first come, first served."""

    def __init__(self, number: int) -> None:
        self.number = self._free = number
        self._turn = threading.Lock()  # held while waiting, so that who needs many is not passed by
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, number: int) -> Iterator[None]:
        """Take this many, when they are free."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= number)
            self._free -= number
        try:
            yield
        finally:
            with self._changed:
                self._free += number
                self._changed.notify_all()


class Workers:
    """As many worker processes as processors; a `Pool` and a context manager."""

    group_files, group_bytes = 8, 250_000

    def __init__(self, processors: int, *, timeout: float = TIMEOUT) -> None:
        self.processors = processors
        self._free, self._timeout = Processors(processors), timeout
        self._jobs: queue.SimpleQueue[Sequence[Task]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self._workers = [Worker() for _ in range(processors)]
        self._threads = [threading.Thread(target=self._serve, args=(w,), daemon=True) for w in self._workers]
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            raise bad_option(f"a batch of {processors} jobs at a time cannot begin ({error})") from error

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._jobs.put(())
            worker.stop()
        for thread in self._threads:
            thread.join()

    def submit(self, jobs: Sequence[Task]) -> None:
        """Take jobs, which are done one after another."""
        self._jobs.put(jobs)

    def next(self) -> Done:
        """Some jobs that are done; waits for one."""
        return self._done.get()

    def _serve(self, worker: Worker) -> None:
        with worker:
            while jobs := self._jobs.get():
                with self._free.taken(1):
                    found = outcomes(worker, jobs, 1, self.processors, timeout=self._timeout)
                self._done.put([self._whole(worker, *pair) for pair in zip(jobs, found, strict=True)])

    def _whole(self, worker: Worker, job: Task, found: Any) -> tuple[Task, list[Any]]:
        """The job with its outcomes, once it was given as many processors as it needs."""
        while isinstance(found, TooLarge):
            with self._free.taken(found.processors):
                (found,) = outcomes(worker, [job], found.processors, self.processors, timeout=self._timeout)
        return job, found


def outcomes(
    worker: Worker, jobs: Sequence[Task], processors: int, most: int, *, timeout: float
) -> list[list[Any] | TooLarge]:
    """What comes of each job, with this number of processors of `most`; a job that ends the worker costs itself."""
    found: list[list[Any] | TooLarge] = []
    while len(found) < len(jobs):
        try:
            for result in worker.do_all(jobs[len(found) :], processors, most, timeout=timeout):
                found.append(result)
        except Exception as error:
            found.append([Outcome.failed(error, jobs[len(found)].file.path)])
    return found


class Looking:
    """A `Pool` that makes nothing and tells what would be made."""

    processors = group_files = group_bytes = 1

    def __init__(self) -> None:
        self._jobs: list[Any] = []

    def submit(self, jobs: Sequence[Task]) -> None:
        """Take jobs."""
        self._jobs += jobs

    def next(self) -> Done:
        """What would be made of a job."""
        job = self._jobs.pop(0)
        if not job.file.is_picture():
            return [(job, [Outcome("skipped", job.file.path)])]
        return [(job, [Outcome("would write", job.file.path, output.path) for output in job.outputs])]
