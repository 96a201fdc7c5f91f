"""A job: one picture, read once, and its outputs; and what became of them."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from huepress.animation import read_whole
from huepress.batch.tree import File
from huepress.errors import TooManyPixelsError, printable
from huepress.exit_codes import FAILURES, CommandError, ExitCode, exit_code
from huepress.outputs import Output
from huepress.pressing import Options, press
from huepress.reporter import sentence

PIXELS_PER_PROCESSOR: Final = 16_000_000  # a picture takes a processor for each of these, which bounds the memory

Status = Literal["written", "copied", "unchanged", "skipped", "failed", "would write"]


@dataclass(frozen=True)
class Outcome:
    """What became of an output: `path` is what was written, `facts` what JSON tells of it."""

    status: Status
    source: str
    path: str | None = None
    original_bytes: int = 0
    bytes: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    code: ExitCode = ExitCode.OK

    @classmethod
    def failed(cls, error: BaseException, source: str, path: str | None = None) -> "Outcome":
        """The failure of an output, or of a whole source."""
        try:
            code = exit_code(error)
        except Exception:  # none that is expected: a decoder may raise anything
            code = ExitCode.CANNOT_READ
        text = sentence(error)
        if not text.startswith(printable(source)) and not (path and text.startswith(printable(path))):
            text = f"{printable(source)}: {text}"
        return cls("failed", source, path, error=text, code=code)


@dataclass(frozen=True)
class TooLarge:
    """A picture that takes more processors than its job was given."""

    processors: int


@dataclass(frozen=True)
class Job:
    """A picture to be read once, and its outputs; what a worker does."""

    file: File
    outputs: tuple[Output, ...]
    options: Options
    copies: bool = True  # what would become larger is copied

    def run(self, processors: int, most: int) -> "list[Outcome] | TooLarge":
        """The outcomes; with fewer processors than the `most`, a picture may be too large."""
        source = self.file.path
        if not self.file.is_picture():
            return [Outcome("skipped", source)]
        options = self.options.using(processors)
        limit = options.reading["max_pixels"]
        allowed = limit if processors >= most else min(limit, processors * PIXELS_PER_PROCESSOR)
        try:
            picture = read_whole(source, **{**options.reading, "max_pixels": allowed})
        except TooManyPixelsError as error:
            if error.pixels <= limit:
                return TooLarge(min(most, -(-error.pixels // PIXELS_PER_PROCESSOR)))
            return [Outcome.failed(TooManyPixelsError(error.name, error.size, limit), source)]
        except Exception as error:
            return [Outcome.failed(error, source)]
        return [self._made(picture, output, options) for output in self.outputs]

    def _made(self, picture: Any, output: Output, options: Options) -> Outcome:
        start = time.perf_counter()
        try:
            pressed = press(picture, output, options)
            output.write(pressed.data, preserve=options.preserve)
        except Exception as error:
            if self.copies and isinstance(error, CommandError) and error.code == ExitCode.LARGER:
                return self._copied(output, start)
            return Outcome.failed(error, output.source, output.path)
        facts = {"format": output.format, "k": output.k, "colors": pressed.colors, "mse": pressed.mse}
        return self._told("written", output.path, len(pressed.data), start, **facts, **pressed.more)

    def _copied(self, output: Output, start: float) -> Outcome:
        path = copy_of(output)
        try:
            data = Path(output.source).read_bytes()
            replace(output, path=path).write(data, preserve=self.options.preserve)
        except FAILURES as error:
            return Outcome.failed(error, output.source, path)
        return self._told("copied", path, len(data), start)

    def _told(self, status: Status, path: str, size: int, start: float, **facts: Any) -> Outcome:
        ratio = {"ratio": self.file.size / size, "seconds": round(time.perf_counter() - start, 4)}
        return Outcome(status, self.file.path, path, self.file.size, size, {**facts, **ratio})


def copy_of(output: Output) -> str:
    """Where the input goes if the result would be larger: beside the results, under its own name."""
    return str(Path(output.path).parent / Path(output.source).name)
