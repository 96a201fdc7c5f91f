"""Which files the command writes: all names are settled, and checked against each other, before any work begins."""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from huepress.contents import STREAM
from huepress.errors import WriteError
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.files import check_writable, write
from huepress.formats.names import FORMAT_OF_SUFFIX, Format, format_of, is_named_as_picture
from huepress.remote import is_url, joined_url, write_bytes


@dataclass(frozen=True)
class Output:
    """A file to be: from `source`, with at most `k` colours (None: as many as serve), at `path`, in `format`.

    `format_asked` tells whether the user named the format, `force` whether a file that is there may be overwritten,
    `in_place` whether the source itself, `makes_folder` whether the folder may be missing,
    `flush` whether it is put on the disk at once.
    """

    source: str
    k: int | None
    path: str
    format: Format
    format_asked: bool = False
    force: bool = False
    in_place: bool = False
    makes_folder: bool = False
    flush: bool = True

    def write(self, data: bytes, *, preserve: bool = False) -> None:
        """Write the file, whole or not at all, or to stdout; `preserve` passes on the times of the source."""
        if self.path == STREAM:
            _write_stdout(data)
            return
        if is_url(self.path):
            write_bytes(self.path, data, force=self.force)
            return
        if self.makes_folder:
            _make_folder(os.path.dirname(self.path))  # noqa: PTH120 - as in `joined`
        source = None if self.source == STREAM else self.source
        write(
            self.path, data, source=source, force=self.force, in_place=self.in_place, preserve=preserve,
            flush=self.flush,
        )  # fmt: skip

    def settled(self, default: Format) -> "Output":
        """The output once its source is read: from stdin to stdout in the `default` format, if none was asked for."""
        streamed = self.source == STREAM and self.path == STREAM and not self.format_asked
        return replace(self, format=default) if streamed else self

    def check(self) -> None:
        """Raise, before any work, what `write` would raise for want of room or right."""
        if self.path != STREAM and (not self.makes_folder or os.path.lexists(self.path)):
            check_writable(self.path, force=self.force, in_place=self.in_place)


def joined(folder: str | Path, name: str) -> str:
    """The path or URL of a name in a folder."""
    if is_url(str(folder)):
        return joined_url(str(folder), name)
    return os.path.join(folder, name)  # noqa: PTH118 - a tree has many names, and Path takes ten times as long


def check_output(path: str, suffixes: Collection[str], *, inputs: Iterable[str] = (), force: bool = False) -> None:
    """Raise, before any work, if a file that is no result (plot, page, palette) cannot be or must not be written."""
    if Path(path).suffix.lower() not in suffixes:
        wanted = ", ".join(suffixes)
        raise bad_option(f"-o {path}: its suffix must be {wanted if len(suffixes) == 1 else f'one of {wanted}'}")
    if place_of(path) in map(place_of, inputs):
        raise CommandError(ExitCode.WOULD_OVERWRITE, f"-o {path}: would replace an input")
    check_writable(path, force=force)


def _make_folder(folder: str) -> None:
    if os.path.isdir(folder):  # noqa: PTH112
        return
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"{folder}: the folder cannot be made ({error.strerror or error})") from error


def _write_stdout(data: bytes) -> None:
    if sys.stdout is None:
        raise WriteError("stdout: cannot be written (it is closed)")
    if sys.stdout.isatty():
        raise bad_option("a picture is not written to a terminal: redirect stdout or name a file with -o")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def plan(
    sources: Sequence[str],
    ks: Sequence[int] = (),
    *,
    output: str | None = None,
    format: Format | None = None,
    in_place: bool = False,
    force: bool = False,
    default: Callable[[str], Format] = lambda _: "png",
) -> list[Output]:
    """The outputs of these inputs, in order; raises a CommandError if two would be one, or an input be lost.

    default: the format of an input's results if no other is asked for.
    """
    if in_place:
        return _checked([_in_place(source, ks, output, format) for source in sources], ())
    into_folder = is_folder(output, single=len(sources) * max(1, len(ks)) == 1)
    target = Target(ks, output, format, into_folder, force, default)
    return _checked([made for source in sources for made in target.outputs(source)], sources)


@dataclass(frozen=True)
class Target:
    """What -k, -o, --format and --force say of every output; `default` is the format of a source's results else."""

    ks: Sequence[int]
    output: str | None
    format: Format | None
    is_folder: bool
    force: bool
    default: Callable[[str], Format]

    def outputs(self, source: str) -> list[Output]:
        """The outputs of a source, one for each k."""
        wanted: Sequence[int | None] = self.ks or [None]
        return [self._output(source, k) for k in wanted]

    def _output(self, source: str, k: int | None) -> Output:
        default = self.default(source)
        path = self._path(source, k, default)
        unnamed = self.is_folder or path == STREAM or self.output is None
        named = None if unnamed else _format_of(path, self.format, default)
        format = self.format or named or default
        return Output(
            source, k, path, format, bool(self.format or named), force=self.force, makes_folder=self.is_folder
        )

    def _path(self, source: str, k: int | None, default: Format) -> str:
        stem = "stdin" if source == STREAM else Path(source).stem
        suffix = f".{self.format or default}"
        if self.output is not None and self.is_folder:
            return joined(self.output, f"{stem}{f'-k{k}' if len(self.ks) > 1 else ''}{suffix}")
        if self.output is not None:
            return self.output
        if source == STREAM:
            return STREAM
        return str(Path(source).parent / f"{stem}-{f'k{k}' if k else 'hp'}{suffix}")


def is_folder(output: str | None, *, single: bool) -> bool:
    """Whether -o names a folder; a CommandError if it is a file and there is more than a `single` result."""
    if output is None or output == STREAM:
        return False
    if not output:
        raise bad_option("-o '': names no file")
    # Path's questions raise an OSError for some names, those of os.path do not.
    if os.path.isdir(output) or output.endswith(("/", "\\")):  # noqa: PTH112
        return True
    if not single and os.path.lexists(output):
        raise bad_option(f"-o {output}: is a file: name a folder for the results")
    if not single and is_named_as_picture(output):
        raise bad_option(f"-o {output}: is the name of a file: name a folder for the results (or {output}/)")
    return not single


def _format_of(path: str, asked: Format | None, default: Format) -> Format:
    """The format that was asked for, or that the file's name asks for, else the input's own."""
    try:
        named = format_of(path, asked or default)
    except ValueError as error:
        raise bad_option(f"-o {path}: {error}") from error
    if asked not in (None, named):
        raise bad_option(f"-o {path}: its suffix is not that of --format {asked}")
    return named


def _in_place(source: str, ks: Sequence[int], output: str | None, format: Format | None) -> Output:
    if output is not None or source == STREAM or len(ks) > 1:
        reason = "-o" if output is not None else "stdin" if source == STREAM else "several -k"
        raise bad_option(f"--in-place and {reason} do not go together")
    own = FORMAT_OF_SUFFIX.get(Path(source).suffix.lower())
    if own is None or format not in (None, own):
        raise bad_option(f"{source}: cannot be replaced in place by a {format or 'PNG, WebP or GIF'} file")
    return Output(source, ks[0] if ks else None, source, own, in_place=True)


def _checked(outputs: list[Output], sources: Sequence[str]) -> list[Output]:
    """The outputs, if each has a place of its own and none takes that of an input."""
    inputs = {place_of(source) for source in sources}
    taken: dict[str, Output] = {}
    for output in outputs:
        place = place_of(output.path)
        if place in taken:
            raise bad_option(_clash(taken[place], output))
        if place in inputs and place != STREAM:
            raise would_replace(output)
        taken[place] = output
    return outputs


def would_replace(output: Output) -> CommandError:
    """The failure that an output would take the place of an input."""
    return CommandError(ExitCode.WOULD_OVERWRITE, f"{output.path}: would replace an input; --in-place does that")


def _clash(first: Output, second: Output) -> str:
    where = "stdout" if second.path == STREAM else second.path
    if first.source == second.source:
        if first.k == second.k and where != "stdout":
            return f"{first.source} would be written to {where} twice: name each picture, and each k, once"
        return f"several results of {first.source} cannot all go to {where}"
    return f"{first.source} and {second.source} would both be written to {where}"


def place_of(path: str) -> str:
    """The path that links lead to; two paths of one file are one place."""
    return path if path == STREAM else os.path.realpath(path)
