"""`huepress PICTURE...`: the main job, files in and smaller files out; its options."""

import gc
from collections.abc import Sequence
from typing import Any

import click

from huepress._version import __version__
from huepress.ahead import Ahead
from huepress.chunked import is_chunked
from huepress.commands.options import (
    BATCH,
    BYTES,
    COLORS,
    FILLED,
    HELP_NAMES,
    K_LIST,
    PIXELS,
    PROCESSORS,
    QUALITY,
    SECONDS,
    SEED,
    STRENGTH,
)
from huepress.decode import MAX_PIXELS
from huepress.exit_codes import ExitCode
from huepress.help_text import HELP
from huepress.interrupts import after_imports


class _HelpfulCommand(click.Command):
    """Shows the help that is laid out by hand."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write(HELP)


@click.command(cls=_HelpfulCommand, context_settings=HELP_NAMES)
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
@click.option("-k", "ks", type=K_LIST, default=())
@click.option("-q", "--quality", type=QUALITY)
@click.option("--max-bytes", type=BYTES)
@click.option("-o", "--output")
@click.option("-f", "--force", is_flag=True)
@click.option("--in-place", is_flag=True)
@click.option("--format", type=click.Choice(["png", "webp", "gif"]))
@click.option("--effort", type=click.Choice(["fast", "balanced", "best"]))
@click.option("--dither", type=STRENGTH, default=0.0)
@click.option("--palette", "palette_file", type=FILLED)
@click.option("--fixed", type=COLORS)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
@click.option("--space", type=click.Choice(["srgb", "oklab"]))
@click.option("--seed", type=SEED, default=0)
@click.option("--threads", type=PROCESSORS)
@click.option("--first-frame", is_flag=True)
@click.option("--max-pixels", type=PIXELS, default=MAX_PIXELS)
@click.option("--keep-profile", is_flag=True)
@click.option("--keep-hidden", is_flag=True)
@click.option("--keep-metadata", is_flag=True)
@click.option("--preserve", is_flag=True)
@click.option("-r", "--recursive", is_flag=True)
@click.option("-j", "--jobs", type=PROCESSORS)
@click.option("--dry-run", is_flag=True)
@click.option("--scheduler", type=FILLED)
@click.option("--timeout", type=SECONDS)
@click.option("--strip", is_flag=True, expose_value=False)
@click.version_option(__version__, "-V", "--version", prog_name="huepress", message="%(prog)s %(version)s")
def compress(pictures: Sequence[str], **given: Any) -> ExitCode:
    """Compress pictures."""
    in_parts = is_chunked(given["output"] or "")  # then a picture may be larger than memory
    ahead = None if in_parts or any(given[name] for name in BATCH) else Ahead(pictures[0], given["max_pixels"])
    gc.disable()  # to look through all that is being imported, again and again, takes 6 ms
    with after_imports():
        from huepress.commands.dispatch import press_as_asked  # slow to import; the first picture is decoded meanwhile
    gc.enable()
    return press_as_asked(pictures, ahead, **given)
