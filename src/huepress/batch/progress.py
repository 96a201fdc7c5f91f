"""Progress of a batch: how far it is, as one bar on a terminal, a few lines elsewhere, or not at all."""

import math
import time
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TextIO

from huepress.batch.inputs import Totals
from huepress.errors import printable
from huepress.sentences import percent, say, size

_LINES: Final = 10  # of progress where there is no terminal


@dataclass
class Progress:
    """Files and bytes so far, of how many; `worked`: bytes of what was worked on; bytes before and after pressing."""

    totals: Totals
    seen: Totals = field(default_factory=Totals)
    worked: int = 0
    original: int = 0
    written: int = 0
    start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return max(1e-9, time.monotonic() - self.start)

    @property
    def saved(self) -> str:
        """The part of the bytes that is saved."""
        return f"{percent(1 - self.written / self.original)} saved" if self.original else "nothing written"

    @property
    def left(self) -> str:
        """The time left, at the speed so far."""
        if not self.worked:
            return "time left unknown"
        rest = max(0, self.totals.bytes - self.seen.bytes)  # files may have grown since they were counted
        seconds = round(self.seconds * rest / self.worked)
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left"

    def __str__(self) -> str:
        rate = size(round(self.worked / self.seconds))
        return f"{self.seen.files:,} of {self.totals.files:,} files, {rate}/s, {self.saved}, {self.left}"


class Display(Protocol):
    """Where progress is shown."""

    def show(self, progress: Progress) -> None:
        """Show how far it is."""

    def say(self, message: str) -> None:
        """Print a line."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Silent:
    """Shows no progress."""

    def show(self, progress: Progress) -> None:
        """Show nothing."""

    def say(self, message: str) -> None:
        """Print a line to stderr."""
        say(message)

    def close(self) -> None:
        """Do nothing."""


class Lines(Silent):
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self._next = 1

    def show(self, progress: Progress) -> None:
        """Print a line for each tenth of the files."""
        part = _LINES * progress.seen.files / max(1, progress.totals.files)
        if self._next <= part < _LINES:
            self._next = math.floor(part) + 1
            if progress.worked:
                self.say(str(progress))


class Bar:
    """One bar on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(file=stream)
        columns: list[Any] = [BarColumn(bar_width=None), TextColumn("{task.description}", markup=False)]
        self._bar = Progress(*columns, console=console, transient=True, expand=True)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        seen, totals = progress.seen.files, progress.totals.files
        self._bar.update(self._task, completed=seen, total=totals, description=str(progress))

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        line = f"huepress: {printable(message)}"
        self._bar.console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
