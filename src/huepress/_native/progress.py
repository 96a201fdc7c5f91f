"""Progress of a search: what the kernel calls on its way."""

import ctypes
import signal
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32

Centers = NDArray[np.float64]
Progress = Callable[[int, Centers, float, NDArray[np.int64]], Any]  # the step, centres, error, sums (k, 5)
FUNCTION = ctypes.CFUNCTYPE(INT32, INT32, INT32, ADDRESS, ctypes.c_double, ADDRESS)
NO_PROGRESS: Final = FUNCTION()


class Heard:
    """A function for the kernel to call; an exception cannot pass through C++, so it is kept until afterwards.

    As a context it lets interrupts wait for the function's own lines: Python would raise them before, where ctypes
    only prints what is raised. Without a `progress` it does no more than that.
    """

    def __init__(self, progress: Progress | None, dimensions: int) -> None:
        self.failure: BaseException | None = None
        self._handler: Any = None
        self._waiting: Any = None

        def hear(step: int, k: int, centers: int, error: float, sums: int) -> int:
            try:
                self._heed()
                if not progress or not k:
                    return 0
                told = np.frombuffer(ctypes.string_at(centers, 8 * k * dimensions)).reshape(k, dimensions)
                added = np.frombuffer(ctypes.string_at(sums, 8 * k * 5), np.int64).reshape(k, 5)
                progress(step, told, error, added)
            except BaseException as failure:
                self.failure = failure
                return 1
            return 0

        self.function = FUNCTION(hear)

    def __enter__(self) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._handler = handler
            signal.signal(signal.SIGINT, self._wait)

    def __exit__(self, *_: object) -> None:
        if self._handler:
            signal.signal(signal.SIGINT, self._handler)
            self._heed()

    def _wait(self, *interrupt: Any) -> None:
        self._waiting = interrupt

    def _heed(self) -> None:
        interrupt, self._waiting = self._waiting, None
        if interrupt:
            self._handler(*interrupt)
