"""A table in the terminal: aligned text, or a rich table where there is a terminal with room for it."""

import os
import unicodedata
from collections.abc import Sequence
from typing import TextIO

Line = Sequence[str]


def show(headings: Line, lines: Sequence[Line], stream: TextIO, title: str = "") -> None:
    """Print the table: names, in the first column, to the left, numbers to the right."""
    if stream.isatty() and os.environ.get("TERM") != "dumb" and _show_rich(headings, lines, stream, title):
        return
    print("\n".join([*([title] if title else []), *plain(headings, lines)]), file=stream)


def plain(headings: Line, lines: Sequence[Line]) -> list[str]:
    """The table as lines of text."""
    widths = [max(map(_width, column)) for column in zip(headings, *lines, strict=True)]
    return ["  ".join(_aligned(line, widths)).rstrip() for line in (headings, *lines)]


def _aligned(line: Line, widths: Sequence[int]) -> list[str]:
    name, *numbers = ((text, " " * (width - _width(text))) for text, width in zip(line, widths, strict=True))
    return ["".join(name), *(space + text for text, space in numbers)]


def _width(text: str) -> int:
    """The columns of a terminal that a text takes: two for a wide letter, none for a mark on the letter before."""
    if text.isascii():
        return len(text)
    marks = sum(unicodedata.category(c) in ("Mn", "Me") for c in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _show_rich(headings: Line, lines: Sequence[Line], stream: TextIO, title: str) -> bool:
    """Print a rich table; False if the terminal is too narrow for its numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    title_text = Text(title) if title else None
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, title=title_text, title_justify="left")
    table.add_column(headings[0], overflow="fold", min_width=min(12, max(len(line[0]) for line in lines)))
    for heading in headings[1:]:
        # In two lines, the longest heading leaves room for the names on a terminal of 80 columns.
        table.add_column(heading.replace("SSIMULA", "SSIMU-\nLA"), justify="right", vertical="bottom", no_wrap=True)
    for line in lines:
        table.add_row(*(Text(text, "yellow" if text.endswith("larger") else "") for text in line))
    console = Console(file=stream)
    names = table.columns[0]
    names.max_width = names.min_width  # for the measure: whole names ask for no room, as they are folded
    unbounded = console.options.update(max_width=10_000)
    has_room = console.measure(table, options=unbounded).minimum < console.width
    names.max_width = None
    if has_room:
        console.print(table)
    return has_room
