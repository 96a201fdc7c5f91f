"""What the command tells about each file: lines of JSON or a table at the end; failures at once, in a sentence."""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from huepress import table
from huepress.animation import Animation
from huepress.errors import printable
from huepress.exit_codes import FAILURES, ExitCode, exit_code
from huepress.image import Picture
from huepress.result_row import HEADINGS, Row
from huepress.sentences import say, sentence, sentence_on


@dataclass
class Reporter:
    """Collects what happens; `json_stream` is where JSON goes, None for a table on stderr (unless `quiet`)."""

    json_stream: TextIO | None = None
    quiet: bool = False
    rows: list[Row] = field(default_factory=list)
    codes: list[ExitCode] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    _is_deaf: bool = False

    @property
    def wants_scores(self) -> bool:
        """Whether anybody reads the scores."""
        return self.wants_json or not self.quiet

    @property
    def wants_json(self) -> bool:
        """Whether every score is asked for."""
        return self.json_stream is not None

    def source(self, picture: Picture | Animation) -> None:
        """Tell of a picture or an animation that was read."""
        frames = f", {len(picture):,} frames" if isinstance(picture, Animation) else ""
        size = "" if picture.source_bytes is None else f", {picture.source_bytes:,} bytes"
        self.sources.append(f"{printable(picture.name)}: {picture.width} x {picture.height} pixels{frames}{size}")

    def result(self, row: Row, **more: Any) -> None:
        """Tell of a file that was written."""
        self.rows.append(row)
        sizes = {"original_bytes": row.original_bytes, "ratio": row.ratio, "seconds": round(row.seconds, 4)}
        self.json_line({**more, **asdict(row.scores), **sizes})

    @contextmanager
    def catching(self, **files: str) -> Iterator[None]:
        """Tell of a failure in this block, so that other files go on; `files` are those that JSON names."""
        try:
            yield
        except FAILURES as error:
            self.codes.append(exit_code(error))
            text = sentence_on(error, *("stdin" if path == "-" else path for path in files.values()))
            say(text)
            self.json_line({**files, "error": text, "exit_code": int(self.codes[-1])})

    def finish(self) -> ExitCode:
        """Show the table; returns the first failure's code, or 0."""
        if self.rows and not self.json_stream and not self.quiet:
            title = self.sources[0] if len(self.sources) == 1 else ""
            with suppress(OSError):  # nobody reads it, but the files are written
                table.show(*with_something_to_say(HEADINGS, [row.cells() for row in self.rows]), sys.stderr, title)
        return next(iter(self.codes), ExitCode.OK)

    def json_line(self, value: dict[str, Any]) -> None:
        """Print a line of JSON, if that is wanted; where it cannot be printed that is told once."""
        if self.json_stream and not self._is_deaf:
            try:
                print_json(value, self.json_stream)
            except OSError as error:
                self._is_deaf = True
                self.codes.append(exit_code(error))
                say(sentence(error))


def with_something_to_say(headings: table.Line, lines: Sequence[table.Line]) -> tuple[table.Line, list[table.Line]]:
    """The headings and lines without the columns that are empty."""
    kept = [column for column in range(len(headings)) if any(line[column] for line in lines)]
    return [headings[column] for column in kept], [[line[column] for column in kept] for line in lines]


def print_json(value: dict[str, Any], stream: TextIO) -> None:
    """Print one line of JSON, which has no infinity (the PSNR of an exact copy): null stands for it."""
    import json  # few ask for it

    finite = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in value.items()}
    print(json.dumps(finite), file=stream, flush=True)
