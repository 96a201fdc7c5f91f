"""Tasks beside each other, on threads.

Not by `concurrent.futures`: to submit there takes a lock of the whole process, so that a signal handler that works with
huepress would wait for ever for what it interrupts. Here no two calls share a lock, and nothing waits for a thread to
begin.
"""

import _thread
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


class Task(Generic[Made]):
    """What is done once, by a thread or by whoever asks for its result before one began."""

    def __init__(self, work: Callable[[], Made]) -> None:
        self._work, self._over = [work], Lock()
        self._over.acquire()
        self._made: list[Made] = []
        self._failure: BaseException | None = None

    def do(self) -> None:
        """Do it, unless it was begun."""
        try:
            work = self._work.pop()  # of two threads one gets it
        except IndexError:
            return
        try:
            self._made.append(work())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._over.release()

    def result(self) -> Made:
        """What was made; raises what the work raised."""
        self.do()
        with self._over:
            pass
        if self._failure:
            raise self._failure
        return self._made[0]


class Tasks:
    """A context of tasks, done in their order by up to so many threads beside the one that asks for results.

    At its end all are done, or, after an exception, those that were begun.
    """

    def __init__(self, threads: int) -> None:
        self._places = threads
        self._waiting: SimpleQueue[Task[Any] | None] = SimpleQueue()
        self._ends: list[Lock] = []  # of threads

    def __enter__(self) -> "Tasks":
        return self

    def begin(self, work: Callable[[], Made]) -> Task[Made]:
        """A task that the next free thread does."""
        task = Task(work)
        self._waiting.put(task)
        if len(self._ends) < self._places:
            self._begin_thread()
        return task

    def map(self, function: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """The function of each item, in order."""
        tasks = [self.begin(lambda item=item: function(item)) for item in items]  # type: ignore[misc]
        return (task.result() for task in tasks)

    def __exit__(self, failure: type[BaseException] | None, *rest: object) -> None:
        if failure:
            with suppress(Empty):
                while True:
                    self._waiting.get_nowait()
        for _ in self._ends:
            self._waiting.put(None)
        for end in self._ends:
            with end:
                pass

    def _begin_thread(self) -> None:
        end = Lock()
        end.acquire()
        try:
            _thread.start_new_thread(self._serve, (end,))
        except RuntimeError:  # no more threads to be had, or the interpreter ends
            self._places = len(self._ends)
        else:
            self._ends.append(end)

    def _serve(self, end: Lock) -> None:
        try:
            while task := self._waiting.get():
                task.do()
        finally:
            end.release()
