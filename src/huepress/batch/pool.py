"""Pools: what does jobs. Worker processes of this machine, or nothing at all, to look only."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from huepress.batch.job import Job, Outcome, TooLarge
from huepress.batch.worker import Worker

TIMEOUT: Final = 900.0  # seconds


class Pool(Protocol):
    """What does jobs: takes them, and gives back the outcomes of one after another as they come."""

    window: int  # jobs to be given before the first outcome is asked for

    def submit(self, job: Job) -> None:
        """Take a job."""

    def next(self) -> tuple[Job, list[Outcome]]:
        """The outcomes of a job; waits for one."""


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

    def __init__(self, processors: int, *, timeout: float | None = TIMEOUT) -> None:
        self.window = 2 * processors + 1
        self._processors, self._timeout = Processors(processors), timeout
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Job, list[Outcome]]] = queue.SimpleQueue()
        self._workers = [Worker() for _ in range(processors)]
        for worker in self._workers:
            threading.Thread(target=self._serve, args=(worker,), daemon=True).start()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()

    def submit(self, job: Job) -> None:
        """Take a job."""
        self._jobs.put(job)

    def next(self) -> tuple[Job, list[Outcome]]:
        """The outcomes of a job; waits for one."""
        return self._done.get()

    def _serve(self, worker: Worker) -> None:
        while True:
            job = self._jobs.get()
            try:
                outcomes = self._outcomes(worker, job)
            except Exception as error:
                outcomes = [Outcome.failed(error, job.file.path)]
            self._done.put((job, outcomes))

    def _outcomes(self, worker: Worker, job: Job) -> list[Outcome]:
        found: Any = TooLarge(1)
        while isinstance(found, TooLarge):
            with self._processors.taken(found.processors):
                found = worker.do(job, found.processors, self._processors.number, timeout=self._timeout)
        outcomes: list[Outcome] = found
        return outcomes


class Looking:
    """A `Pool` that makes nothing and tells what would be made."""

    window = 1

    def __init__(self) -> None:
        self._jobs: list[Job] = []

    def submit(self, job: Job) -> None:
        """Take a job."""
        self._jobs.append(job)

    def next(self) -> tuple[Job, list[Outcome]]:
        """The outcomes of a job."""
        job = self._jobs.pop()
        if not job.file.is_picture():
            return job, [Outcome("skipped", job.file.path)]
        return job, [Outcome("would write", job.file.path, output.path) for output in job.outputs]
