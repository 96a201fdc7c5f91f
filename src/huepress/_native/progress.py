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
_SIGNALS: Final = tuple(map(int, signal.valid_signals()))


class Heard:
    """A function for the kernel to call; an exception cannot pass through C++, so it is kept until afterwards.

    As a context it lets signals wait for the function's own lines: Python would call their handlers before, where
    ctypes only prints what they raise, such as an interrupt or the end of a time limit. Without a `progress` it does no
    more than that.
    """

    def __init__(self, progress: Progress | None, dimensions: int) -> None:
        self.failure: BaseException | None = None
        self._handlers: dict[int, Any] = {}
        self._waiting: dict[int, Any] = {}

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
        if threading.current_thread() is not threading.main_thread():
            return
        handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        self._handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
        try:
            for number in self._handlers:
                signal.signal(number, self._wait)
        except BaseException:  # of a handler that was still in place
            self._restore()
            raise

    def __exit__(self, *_: object) -> None:
        self._restore()
        self._heed()

    def _restore(self) -> None:
        try:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
        except BaseException:  # of a handler that is in place again
            self._restore()
            raise

    def _wait(self, number: int, frame: Any) -> None:
        self._waiting[number] = frame  # one, however many came, as Python does it

    def _heed(self) -> None:
        for number in list(self._waiting):  # not what comes meanwhile: a handler may be slower than its signal
            self._handlers[number](number, self._waiting.pop(number))
