"""From the options of `huepress PICTURE...` to who does it: single pictures, a batch, a huge picture."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from huepress.ahead import Ahead
from huepress.animation import default_format
from huepress.chunked import is_chunked, is_zarr
from huepress.commands.options import BATCH
from huepress.commands.pictures import run
from huepress.contents import STREAM
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.formats.names import Format
from huepress.outputs import plan
from huepress.palette import Palette
from huepress.palette_files import load_palette
from huepress.pressing import Options
from huepress.remote import is_url
from huepress.reporter import Reporter

_NAMING: Final = ("format", "in_place")
_READING: Final = ("first_frame", "max_pixels", "keep_profile", "keep_hidden", "keep_metadata")
_WRITING: Final = ("force", "preserve")
_TARGETS: Final = ("quality", "max_bytes")


def press_as_asked(pictures: Sequence[str], ahead: Ahead | None, **given: Any) -> ExitCode:
    """Press pictures; `ahead` is the first of them, None in a batch."""
    request = _Request.of(pictures, **given)
    if request.output is not None and is_chunked(request.output):
        return _press_chunks(request, request.output)
    if not request.many["recursive"]:
        _check_folders(pictures)
    return _press_batch(request) if ahead is None else _press_each(request, ahead)


@dataclass(frozen=True)
class _Request:
    """What the command line asks for, its options by what they concern."""

    pictures: Sequence[str]
    ks: Sequence[int]
    output: str | None
    as_json: bool
    quiet: bool
    naming: dict[str, Any]
    reading: dict[str, Any]
    writing: dict[str, Any]
    targets: dict[str, Any]
    many: dict[str, Any]
    learning: dict[str, Any]

    @classmethod
    def of(
        cls, pictures: Sequence[str], ks: Sequence[int], output: str | None, as_json: bool, quiet: bool, **given: Any
    ) -> Self:
        groups = (_NAMING, _READING, _WRITING, _TARGETS, BATCH)
        naming, reading, writing, targets, many = ({name: given.pop(name) for name in names} for names in groups)
        return cls(pictures, ks, output, as_json, quiet, naming, reading, writing, targets, many, learning=given)

    @property
    def default_format(self) -> Callable[[str], Format]:
        """Of the results of a file, if no other is asked for."""
        return (lambda _: "png") if self.reading["first_frame"] else default_format

    def options(self, **changed: Any) -> Options:
        """What is asked of every picture."""
        learning = {**self.learning, **changed}
        plain = all(target is None for target in self.targets.values()) and bool(self.ks or learning["palette_file"])
        learnt = _plain(self.ks, **learning) if plain else self.targets | _targeted(self.ks, **learning)
        return Options(self.reading, learnt, plain, **self.writing)


def _press_chunks(request: _Request, output: str) -> ExitCode:
    from huepress.commands.huge import press_huge

    for path in filter(is_url, [*request.pictures, output]):
        raise bad_option(f"{path}: is a URL, which is neither read nor written in chunks")
    lacking = {**request.targets, **request.naming, **request.reading, **request.many}
    lacking["preserve"] = request.writing["preserve"]
    del lacking["max_pixels"], lacking["timeout"]  # which are of no effect
    return press_huge(
        request.pictures, request.ks, output, _plain(request.ks, **request.learning), without=lacking,
        force=request.writing["force"], as_json=request.as_json, quiet=request.quiet,
    )  # fmt: skip


def _press_batch(request: _Request) -> ExitCode:
    from huepress.batch.inputs import Inputs
    from huepress.commands.batch import check_options, press_all

    many, learning, naming = request.many, request.learning, request.naming
    check_options(request.output, recursive=many["recursive"], jobs=many["jobs"], threads=learning["threads"], **naming)
    for path in filter(is_url, [*request.pictures, request.output or ""]):
        if request.writing["preserve"]:
            raise bad_option(f"{path}: is a URL, which has no times for --preserve")
    inputs = Inputs(
        request.pictures, request.ks, request.output, naming["format"], request.writing["force"],
        request.default_format, many["recursive"],
    )  # fmt: skip
    effort = "fast" if many["recursive"] and learning["palette_file"] is None else None
    options = request.options(effort=learning["effort"] or effort)
    many = {**many, "jobs": many["jobs"] or learning["threads"]}
    return press_all(inputs, options, as_json=request.as_json, quiet=request.quiet, **many)


def _press_each(request: _Request, ahead: Ahead) -> ExitCode:
    pictures, output = request.pictures, request.output
    _check_local(pictures if output is None else [*pictures, output])
    outputs = plan(
        pictures, request.ks, output=output, force=request.writing["force"], default=request.default_format,
        **request.naming,
    )  # fmt: skip
    to_stdout = any(output.path == STREAM for output in outputs)
    json_stream = (sys.stderr if to_stdout else sys.stdout) if request.as_json else None
    return run(outputs, request.options(), Reporter(json_stream, request.quiet), ahead)


def _check_folders(pictures: Sequence[str]) -> None:
    for path in pictures:
        if os.path.isdir(path):  # noqa: PTH112 - Path would raise for some names
            array, folder = "a Zarr array; -o .tif or .zarr takes it", "a folder; -r takes the pictures in it"
            raise CommandError(ExitCode.CANNOT_READ, f"{path}: is {array if is_zarr(path) else folder}")


def _check_local(paths: Sequence[str]) -> None:
    for path in filter(is_url, paths):
        raise bad_option(f"{path}: is a URL, which -j takes")


def _plain(ks: Sequence[int], palette_file: str | None, **given: Any) -> dict[str, Any]:
    """The keyword arguments of `quantize`, but k."""
    if palette_file is None:
        return {**given, "effort": given["effort"] or "balanced", "space": given["space"] or "srgb"}
    return {"palette": _palette(palette_file, ks, **given), "dither": given["dither"], "threads": given["threads"]}


def _targeted(ks: Sequence[int], palette_file: str | None, space: str | None, **given: Any) -> dict[str, Any]:
    """The keyword arguments of `compress`, but k and the targets."""
    if space is not None:
        raise bad_option(f"--space {space} needs -k, and no target")
    if palette_file is not None:
        given = {**given, "palette": _palette(palette_file, ks, **given)}
    return {**given, "effort": given["effort"] or "fast"}


def _palette(palette_file: str, ks: Sequence[int], **given: Any) -> Palette:
    """The palette of the file, if nothing asks for another."""
    for name, value in (("-k", ks), *((f"--{name}", given.get(name)) for name in ("fixed", "effort", "space"))):
        if value:
            raise bad_option(f"--palette {palette_file} and {name} do not go together")
    return load_palette(palette_file)
