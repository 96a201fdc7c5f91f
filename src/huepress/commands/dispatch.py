"""From the options of `huepress PICTURE...` to who does it: single pictures, a batch, a huge picture."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from huepress.ahead import Ahead
from huepress.animation import default_format
from huepress.chunked import is_chunked, is_zarr
from huepress.commands.options import BATCH
from huepress.commands.pictures import run
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.formats.names import Format
from huepress.outputs import STREAM, plan
from huepress.palette import Palette
from huepress.palette_files import load_palette
from huepress.pressing import Options
from huepress.remote import is_url
from huepress.reporter import Reporter

_NAMING: Final = ("format", "in_place")
_READING: Final = ("first_frame", "max_pixels", "keep_profile", "keep_hidden", "keep_metadata")
_WRITING: Final = ("force", "preserve")
_TARGETS: Final = ("quality", "max_bytes")


def press_as_asked(
    pictures: Sequence[str],
    ahead: Ahead | None,
    ks: Sequence[int],
    output: str | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> ExitCode:
    """Press pictures; `ahead` is the first of them, None in a batch."""
    groups = (_NAMING, _READING, _WRITING, _TARGETS, BATCH)
    naming, reading, writing, targets, many = ({name: given.pop(name) for name in names} for names in groups)
    if output is not None and is_chunked(output):
        lacking = {**targets, **naming, **reading, **many, "preserve": writing["preserve"]}
        del lacking["max_pixels"], lacking["timeout"]  # which are of no effect
        from huepress.commands.huge import press_huge

        telling = {"force": writing["force"], "as_json": as_json, "quiet": quiet}
        return press_huge(pictures, ks, output, _plain(ks, **given), without=lacking, **telling)
    default: Callable[[str], Format] = (lambda _: "png") if reading["first_frame"] else default_format
    if not many["recursive"]:
        _check_folders(pictures)
    if ahead is None:
        from huepress.batch.inputs import Inputs
        from huepress.commands.batch import check_options, press_all

        check_options(output, recursive=many["recursive"], jobs=many["jobs"], threads=given["threads"], **naming)
        if many["recursive"] and given["palette_file"] is None:
            given["effort"] = given["effort"] or "fast"
        many["jobs"] = many["jobs"] or given["threads"]
        inputs = Inputs(pictures, ks, output, naming["format"], writing["force"], default, many["recursive"])
        return press_all(inputs, _options(ks, reading, writing, targets, **given), as_json=as_json, quiet=quiet, **many)
    _check_local(pictures if output is None else [*pictures, output])
    outputs = plan(pictures, ks, output=output, force=writing["force"], default=default, **naming)
    options = _options(ks, reading, writing, targets, **given)
    to_stdout = any(output.path == STREAM for output in outputs)
    json_stream = (sys.stderr if to_stdout else sys.stdout) if as_json else None
    return run(outputs, options, Reporter(json_stream, quiet), ahead)


def _options(
    ks: Sequence[int], reading: dict[str, Any], writing: dict[str, Any], targets: dict[str, Any], **given: Any
) -> Options:
    plain = all(target is None for target in targets.values()) and bool(ks or given["palette_file"])
    learning = _plain(ks, **given) if plain else targets | _targeted(ks, **given)
    return Options(reading, learning, plain, **writing)


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
