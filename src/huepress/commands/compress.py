"""`huepress PICTURE...`: the main job, files in and smaller files out."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import click

from huepress._version import __version__
from huepress.animation import Animation, default_format, read_whole
from huepress.animation_quality import judge_frames
from huepress.commands.options import BYTES, COLORS, HELP_NAMES, K_LIST, PIXELS
from huepress.decode import MAX_PIXELS
from huepress.encode import Format
from huepress.errors import ReadError
from huepress.exit_codes import CommandError, ExitCode
from huepress.help_text import HELP
from huepress.image import Picture
from huepress.outputs import STREAM, Output, plan
from huepress.palette import Palette
from huepress.palette_files import load_palette
from huepress.pressing import Options, press
from huepress.quality import Scores, judge
from huepress.reporter import Reporter
from huepress.result_row import Row

_NAMING: Final = ("format", "in_place")
_READING: Final = ("first_frame", "max_pixels", "keep_profile", "keep_hidden", "keep_metadata")
_WRITING: Final = ("force", "preserve")
_BATCH: Final = ("recursive", "jobs", "dry_run", "timeout", "scheduler")


class _HelpfulCommand(click.Command):
    """Shows the help that is laid out by hand."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write(HELP)


@click.command(cls=_HelpfulCommand, context_settings=HELP_NAMES)
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
@click.option("-k", "ks", type=K_LIST, default=())
@click.option("-q", "--quality", type=click.FloatRange(-1000, 100))
@click.option("--max-bytes", type=BYTES)
@click.option("-o", "--output")
@click.option("-f", "--force", is_flag=True)
@click.option("--in-place", is_flag=True)
@click.option("--format", type=click.Choice(["png", "webp", "gif"]))
@click.option("--effort", type=click.Choice(["fast", "balanced", "best"]))
@click.option("--dither", type=click.FloatRange(0, 1), default=0.0)
@click.option("--palette", "palette_file")
@click.option("--fixed", type=COLORS)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
@click.option("--space", type=click.Choice(["srgb", "oklab"]))
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0)
@click.option("--threads", type=click.IntRange(1, 1024))
@click.option("--first-frame", is_flag=True)
@click.option("--max-pixels", type=PIXELS, default=MAX_PIXELS)
@click.option("--keep-profile", is_flag=True)
@click.option("--keep-hidden", is_flag=True)
@click.option("--keep-metadata", is_flag=True)
@click.option("--preserve", is_flag=True)
@click.option("-r", "--recursive", is_flag=True)
@click.option("-j", "--jobs", type=click.IntRange(1, 1024))
@click.option("--dry-run", is_flag=True)
@click.option("--scheduler", metavar="ADDRESS")
@click.option("--timeout", type=click.FloatRange(0, min_open=True))
@click.option("--strip", is_flag=True, expose_value=False)
@click.version_option(__version__, "-V", "--version", prog_name="huepress", message="%(prog)s %(version)s")
def compress(
    pictures: Sequence[str], ks: Sequence[int], output: str | None, as_json: bool, quiet: bool, **given: Any
) -> ExitCode:
    """Compress pictures."""
    groups = (_NAMING, _READING, _WRITING, _BATCH)
    naming, reading, writing, many = ({name: given.pop(name) for name in names} for names in groups)
    if output is not None and _is_huge(output):
        without = {name: given.pop(name) for name in ("quality", "max_bytes")} | naming | reading | many
        without.pop("max_pixels"), without.pop("timeout")
        return _press_huge(pictures, ks, output, without, as_json=as_json, quiet=quiet, **writing, **given)
    default: Callable[[str], Format] = (lambda _: "png") if reading["first_frame"] else default_format
    if many["recursive"] or many["jobs"] or many["dry_run"] or many["scheduler"]:
        from huepress.batch.inputs import Inputs
        from huepress.commands.batch import check_options, press_all

        check_options(output, recursive=many["recursive"], jobs=many["jobs"], threads=given["threads"], **naming)
        if given["palette_file"] is None:
            given["effort"] = given["effort"] or "fast"
        many["jobs"] = many["jobs"] or given["threads"]
        inputs = Inputs(pictures, ks, output, naming["format"], writing["force"], default)
        return press_all(inputs, _options(ks, reading, writing, **given), as_json=as_json, quiet=quiet, **many)
    _check_folders(pictures)
    outputs = plan(pictures, ks, output=output, force=writing["force"], default=default, **naming)
    options = _options(ks, reading, writing, **given)
    to_stdout = any(output.path == STREAM for output in outputs)
    json_stream = (sys.stderr if to_stdout else sys.stdout) if as_json else None
    return run(outputs, options, Reporter(json_stream, quiet))


def _is_huge(output: str) -> bool:
    from huepress.huge.picture import is_huge  # imported when used, as all that single pictures do without

    return is_huge(output)


def _press_huge(
    pictures: Sequence[str],
    ks: Sequence[int],
    output: str,
    without: dict[str, Any],
    palette_file: str | None,
    **given: Any,
) -> ExitCode:
    from huepress.commands.huge import press_huge

    telling = {name: given.pop(name) for name in ("as_json", "quiet", "force")}
    without["preserve"] = given.pop("preserve")
    if not ks and palette_file is None:
        raise CommandError(ExitCode.BAD_OPTION, f"-o {output}: is written in chunks, which needs -k or --palette")
    learning = _plain(ks, palette_file=palette_file, **given)
    return press_huge(pictures, ks, output, learning, without=without, **telling)


def _options(ks: Sequence[int], reading: dict[str, Any], writing: dict[str, Any], **given: Any) -> Options:
    plain = given["quality"] is None and given["max_bytes"] is None and bool(ks or given["palette_file"])
    return Options(reading, _plain(ks, **given) if plain else _targeted(ks, **given), plain, **writing)


def _check_folders(pictures: Sequence[str]) -> None:
    for path in pictures:
        if os.path.isdir(path):  # noqa: PTH112 - Path would raise for some names
            raise CommandError(ExitCode.CANNOT_READ, f"{path}: is a folder; -r takes the pictures in it")


def run(outputs: Sequence[Output], options: Options, reporter: Reporter) -> ExitCode:
    """Make these outputs, whatever happens to single ones; returns the first failure's code."""
    try:
        for source, wanted in groupby(outputs, attrgetter("source")):
            _press_source(source, list(wanted), options, reporter)
    finally:
        code = reporter.finish()
    return code


def _plain(ks: Sequence[int], palette_file: str | None, **given: Any) -> dict[str, Any]:
    """The keyword arguments of `quantize`, but k."""
    given = {name: given[name] for name in given if name not in ("quality", "max_bytes")}
    if palette_file is None:
        return {**given, "effort": given["effort"] or "balanced", "space": given["space"] or "srgb"}
    return {"palette": _palette(palette_file, ks, **given), "dither": given["dither"], "threads": given["threads"]}


def _targeted(ks: Sequence[int], palette_file: str | None, space: str | None, **given: Any) -> dict[str, Any]:
    """The keyword arguments of `compress`, but k."""
    if space is not None:
        raise CommandError(ExitCode.BAD_OPTION, f"--space {space} needs -k, and no target")
    if palette_file is not None:
        given = {**given, "palette": _palette(palette_file, ks, **given)}
    return {**given, "effort": given["effort"] or "fast"}


def _palette(palette_file: str, ks: Sequence[int], **given: Any) -> Palette:
    """The palette of the file, if nothing asks for another."""
    for name, value in (("-k", ks), *((f"--{name}", given.get(name)) for name in ("fixed", "effort", "space"))):
        if value:
            raise CommandError(ExitCode.BAD_OPTION, f"--palette {palette_file} and {name} do not go together")
    return load_palette(palette_file)


def _press_source(source: str, outputs: Sequence[Output], options: Options, reporter: Reporter) -> None:
    """Read a picture once and make all its outputs; names that are taken are found before any work."""
    free = []
    for output in outputs:
        with reporter.catching(input=source, output=output.path):
            output.check()
            free.append(output)
    if not free:
        return
    with reporter.catching(input=source):
        picture = _read(source, options)
        reporter.source(picture)
        for output in free:
            with reporter.catching(input=source, output=output.path):
                _press(picture, output, options, reporter)


def _read(source: str, options: Options) -> Picture | Animation:
    if source == STREAM and sys.stdin is None:
        raise ReadError("stdin: cannot be read (it is closed)")
    if source == STREAM:
        return read_whole(sys.stdin.buffer, name="stdin", **options.reading)
    return read_whole(source, **options.reading)


def _press(picture: Picture | Animation, output: Output, options: Options, reporter: Reporter) -> None:
    """Make one output and tell of it."""
    output = output.settled(picture.default_format)
    start = time.perf_counter()
    thorough = options.plain or reporter.wants_json
    pressed = press(picture, output, options, judged=reporter.wants_scores and not thorough)
    seconds = time.perf_counter() - start
    output.write(pressed.data, preserve=options.preserve)
    if reporter.wants_scores:
        scores = pressed.scores or _scores(picture, pressed.data, options, color_differences=reporter.wants_json)
        row = Row("stdout" if output.path == STREAM else output.path, picture.source_bytes, scores, seconds)
        names = {"input": output.source, "output": output.path, "format": output.format, "k": output.k}
        frames = {"frames": len(picture)} if isinstance(picture, Animation) else {}
        reporter.result(row, **names, **frames, **pressed.more)


def _scores(picture: Picture | Animation, data: bytes, options: Options, *, color_differences: bool) -> Scores:
    """How what was written compares with the original."""
    pixels = picture.width * picture.height * (len(picture) if isinstance(picture, Animation) else 1)
    result = read_whole(data, **{**options.reading, "max_pixels": pixels, "max_bytes": len(data)})
    more: Any = {"bytes": len(data), "threads": options.learning["threads"], "color_differences": color_differences}
    if isinstance(picture, Animation) and isinstance(result, Animation):
        return judge_frames(picture.frames(), result.frames(), **more)
    assert isinstance(picture, Picture)
    assert isinstance(result, Picture)
    return judge(picture.pixels, result.pixels, **more)
