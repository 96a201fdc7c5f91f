"""The table of results: aligned text, or a rich table on a terminal."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from huepress.errors import printable
from huepress.quality import Scores


@dataclass(frozen=True)
class Row:
    """One result; `original_bytes` is None if the size of its source is not known."""

    file: str
    original_bytes: int | None
    scores: Scores
    seconds: float

    @property
    def ratio(self) -> float | None:
        """Bytes in per byte out."""
        if self.original_bytes is None or self.scores.bytes is None:
            return None
        return self.original_bytes / self.scores.bytes

    @property
    def is_larger(self) -> bool:
        """Whether the result is larger than what it was made from."""
        return self.ratio is not None and self.ratio < 1


HEADINGS: Final = ("file", "colours", "bytes", "ratio", "MSE", "PSNR dB", "SSIM", "SSIMULACRA2", "time")


def show(rows: Sequence[Row], stream: TextIO, title: str = "") -> None:
    """Print the rows: as a rich table if the stream is a terminal with room for it, else as plain aligned text."""
    if stream.isatty() and os.environ.get("TERM") != "dumb" and _show_rich(rows, stream, title):
        return
    print("\n".join([*([title] if title else []), *plain(rows)]), file=stream)


def plain(rows: Sequence[Row]) -> list[str]:
    """The lines of the table: a heading, then a line for each row; names to the left, numbers to the right."""
    table = [HEADINGS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(_aligned(line, widths)).rstrip() for line in table]


def cells(row: Row) -> tuple[str, ...]:
    """The row as text, one for each heading."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}" + (" larger" if row.is_larger else "")
    return (
        printable(row.file),
        str(row.scores.colors),
        f"{row.scores.bytes:,}",
        ratio,
        f"{row.scores.mse:.2f}",
        "exact" if math.isinf(row.scores.psnr) else f"{row.scores.psnr:.2f}",
        f"{row.scores.ssim:.4f}",
        f"{row.scores.ssimulacra2:.1f}",
        f"{row.seconds:.2f} s",
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    name, *numbers = line
    return [name.ljust(widths[0]), *(text.rjust(n) for text, n in zip(numbers, widths[1:], strict=True))]


def _show_rich(rows: Sequence[Row], stream: TextIO, title: str) -> bool:
    """Print a rich table; False if the terminal is too narrow for its numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        title=Text(title) if title else None,
        title_justify="left",
    )
    table.add_column(HEADINGS[0], overflow="fold", min_width=12)
    for heading in HEADINGS[1:]:
        # In two lines, the longest heading leaves room for the names on a terminal of 80 columns.
        table.add_column(heading.replace("SSIMULA", "SSIMU-\nLA"), justify="right", vertical="bottom", no_wrap=True)
    for row in rows:
        styles = {3: "yellow" if row.is_larger else "green"}
        table.add_row(*(Text(text, styles.get(i, "")) for i, text in enumerate(cells(row))))
    console = Console(file=stream)
    unbounded = console.options.update(max_width=10_000)
    has_room = console.measure(table, options=unbounded).minimum < console.width
    if has_room:
        console.print(table)
    return has_room
