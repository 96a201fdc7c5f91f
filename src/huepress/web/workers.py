"""The threads that do the heavy work: a few, for jobs that stop as soon as nobody waits for them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from starlette.requests import Request

from huepress._native import usable_cpus
from huepress.web.limits import Limits
from huepress.web.refusal import Refused

T = TypeVar("T")
Check = Callable[[], None]

_LEAST: Final = 2  # threads, so that a quick job does not wait for a long one
_MOST: Final = 4  # more would only take memory: each job uses all processors


class Stale(Exception):
    """Nobody waits for this job any more."""


class Workers:
    """Runs jobs in threads. A job gets a function to call between its stages, which raises when it is to stop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(min(_MOST, max(_LEAST, usable_cpus())), "huepress")
        self._unfinished = 0
        self._closing = threading.Event()

    async def run(self, request: Request, job: Callable[[Check], T]) -> T:
        """What the job returns.

        Raises:
            Refused: too many jobs wait, the job takes too long, or the client has gone.

        """
        if self._unfinished >= self._limits.waiting:
            raise Refused(503, "too many requests at once; try again in a moment", {"Retry-After": "1"})
        stopped = threading.Event()

        def check() -> None:
            if stopped.is_set() or self._closing.is_set():
                raise Stale

        def checked() -> T:
            check()
            return job(check)

        self._unfinished += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, checked)
        work.add_done_callback(self._finished)
        departure = asyncio.ensure_future(_departure(request))
        try:
            seconds = self._limits.work_seconds
            either: set[asyncio.Future[Any]] = {work, departure}
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if departure.done():
                raise Refused(400, "the client has gone")
            raise Refused(503, f"this took longer than {seconds:g} seconds; try fewer colours or a smaller picture")
        except asyncio.CancelledError:  # the server stops, and waits no longer
            raise Stale from None
        finally:
            stopped.set()
            departure.cancel()

    def _finished(self, work: "asyncio.Future[T]") -> None:
        self._unfinished -= 1
        if not work.cancelled():
            work.exception()  # seen: that of a job that nobody waits for is no news

    def close(self) -> None:
        """Stop all jobs at their next stage."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _departure(request: Request) -> None:
    """Wait until the client closes its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
