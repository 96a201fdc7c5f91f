"""A job: one picture, read once, and its outputs; and what became of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from huepress.animation import Animation, read_whole
from huepress.batch.tree import File
from huepress.contents import MAX_BYTES
from huepress.errors import TooManyPixelsError
from huepress.exit_codes import FAILURES, CommandError, ExitCode, exit_code
from huepress.image import Picture
from huepress.outputs import Output, joined
from huepress.pressing import Options, press
from huepress.remote import is_url, read_bytes
from huepress.sentences import sentence_on

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
        return cls("failed", source, path, error=sentence_on(error, source, path or source), code=code)


@dataclass(frozen=True)
class TooLarge:
    """A picture that takes more processors than its job was given."""

    processors: int


def read_within(file: File, reading: Mapping[str, Any], processors: int, most: int) -> Picture | Animation | TooLarge:
    """The picture, unless it is too large for this number of processors, of `most`."""
    limit = reading["max_pixels"]
    allowed = limit if processors >= most else min(limit, processors * PIXELS_PER_PROCESSOR)
    source: Any = read_bytes(file.path, MAX_BYTES) if is_url(file.path) else file.path
    try:
        return read_whole(source, name=file.path, **{**reading, "max_pixels": allowed})
    except TooManyPixelsError as error:
        if error.pixels <= limit:
            return TooLarge(min(most, -(-error.pixels // PIXELS_PER_PROCESSOR)))
        raise TooManyPixelsError(error.name, error.size, limit) from error


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
        try:
            picture = read_within(self.file, options.reading, processors, most)
        except Exception as error:
            return [Outcome.failed(error, source)]
        if isinstance(picture, TooLarge):
            return picture
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
        facts = {"format": output.format, "k": output.k, "colors": pressed.colors, "mse": pressed.mse, **pressed.more}
        return self._told("written", output.path, len(pressed.data), picture.source_bytes, start, **facts)

    def _copied(self, output: Output, start: float) -> Outcome:
        path = copy_of(output)
        try:
            data = _bytes_of(output.source)
            replace(output, path=path).write(data, preserve=self.options.preserve)
        except FAILURES as error:
            return Outcome.failed(error, output.source, path)
        return self._told("copied", path, len(data), len(data), start)

    def _told(self, status: Status, path: str, size: int, before: int, start: float, **facts: Any) -> Outcome:
        ratio = {"ratio": before / size, "seconds": round(time.perf_counter() - start, 4)}
        return Outcome(status, self.file.path, path, before, size, {**facts, **ratio})


def _bytes_of(path: str) -> bytes:
    return read_bytes(path, MAX_BYTES) if is_url(path) else Path(path).read_bytes()


def copy_of(output: Output) -> str:
    """Where the input goes if the result would be larger: beside the results, under its own name."""
    name = Path(output.source).name
    if is_url(output.path):
        return output.path.removesuffix(output.path.rpartition("/")[2]) + name
    return joined(Path(output.path).parent, name)
