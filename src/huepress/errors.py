"""The exceptions of huepress: one small tree, so that `except HuepressError` catches all that is its own.

Wrong values and types of arguments raise `ValueError` and `TypeError`, as everywhere in Python.
"""

import sys
import warnings
from types import FrameType
from typing import Any


def printable(name: object) -> str:
    """A name as it may stand in a one-line message: line breaks, escapes, undecodable bytes spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


def one_line(error: BaseException, most: int = 200) -> str:
    """What an exception says, in one line of at most so many characters; its type if it says nothing."""
    text = printable(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= most else text[: most - 3] + "..."


def warn(message: str) -> None:
    """Warn of the line that called huepress, however many calls of its own are between."""
    depth, outermost = 0, 0
    frame: FrameType | None = sys._getframe()
    while frame:
        if frame.f_globals.get("__name__", "").partition(".")[0] == "huepress":
            outermost = depth
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, stacklevel=outermost + 2)


class HuepressError(Exception):
    """What went wrong, in one sentence that names the file and the value."""


class ReadError(HuepressError):
    """An input is missing, unreadable, damaged, too large, or no picture."""


class TooManyPixelsError(ReadError):
    """An input has more pixels than allowed; `pixels` says how many."""

    def __init__(self, name: str, size: tuple[int, int], limit: int) -> None:
        width, height = size
        super().__init__(f"{name}: {width} x {height} pixels are over the limit of {limit:,} (max_pixels)")
        self.name, self.size, self.limit, self.pixels = name, size, limit, width * height

    def __reduce__(self) -> tuple[Any, ...]:
        return TooManyPixelsError, (self.name, self.size, self.limit)


class WriteError(HuepressError):
    """An output cannot be written."""


class OverwriteError(WriteError):
    """An output exists already, or is the input, and replacing it was not asked for."""


def exists_already(path: object) -> OverwriteError:
    """The failure that a file is there, and may not be overwritten."""
    return OverwriteError(f"{printable(path)}: exists already; to overwrite it, ask for it (--force)")


class MissingExtraError(HuepressError, ImportError):
    """An optional dependency is needed that is not installed; the sentence names the extra."""


class TargetError(HuepressError):
    """A quality or byte target cannot be reached; `best` is the nearest result, as `compress` returns it."""

    def __init__(self, message: str, best: Any = None) -> None:
        super().__init__(message)
        self.best = best
