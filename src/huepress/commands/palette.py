"""`huepress palette PICTURE...`: the colours that stand best for pictures, shown or written to a palette file."""

import sys
from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import click

from huepress.commands.options import COLORS, HELP_NAMES, PIXELS, K
from huepress.decode import MAX_PIXELS
from huepress.files import write
from huepress.histogram import Histogram
from huepress.image import read
from huepress.learn import learn_palette
from huepress.outputs import check_output
from huepress.palette import Palette
from huepress.palette_files import FORMATS, alpha_lost, dump_palette
from huepress.reporter import print_json, say


@click.command(context_settings=HELP_NAMES)
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
@click.option("-k", "k", type=K, default=8, show_default=True, help="Number of colours, 1 to 256.")
@click.option("-o", "--output", metavar="FILE", help=f"Write a palette file: {', '.join(FORMATS)}.")
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON on stdout, in place of swatches.")
@click.option("--quiet", is_flag=True, help="Show no swatches.")
@click.option("--fixed", type=COLORS, help="Colours to keep untouched, such as '#d40000,white'.")
@click.option("--effort", type=click.Choice(["fast", "balanced", "best"]), default="balanced", show_default=True)
@click.option("--space", type=click.Choice(["srgb", "oklab"]), default="srgb", show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1, 1024), help="Processors to use; changes no result.")
@click.option("--max-pixels", type=PIXELS, default=MAX_PIXELS, help="Refuse larger pictures (default 100MP).")
def palette(
    pictures: Sequence[str],
    k: int,
    output: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    max_pixels: int,
    **options: Any,
) -> None:
    """Learn one palette from all PICTUREs and show it, the most used colour first."""
    if output:
        check_output(output, FORMATS, inputs=pictures, force=force)
    threads = options["threads"]
    parts = (Histogram.of_pixels(read(picture, max_pixels=max_pixels).pixels, threads=threads) for picture in pictures)
    learned = learn_palette(reduce(add, parts), k, **options)
    if output:
        _write(learned, output, force)
    if as_json:
        print_json({"colors": learned.hex, "counts": learned.counts.tolist()}, sys.stdout)
    elif not quiet:
        _show(learned)


def _write(learned: Palette, output: str, force: bool) -> None:
    path = Path(output)
    write(path, dump_palette(learned, path.suffix, name=path.stem), force=force)
    if alpha_lost(learned, path.suffix):
        say(f"{output}: a {path.suffix} file holds no such alpha; .hex, .gpl and .json do")


def _show(learned: Palette) -> None:
    """A line for each colour: a swatch on a terminal, the colour, its share."""
    lines = [f"{color:<9}  {share:6.1%}" for color, share in zip(learned.hex, learned.shares, strict=True)]
    if not sys.stdout.isatty():
        print("\n".join(lines))
        return
    from rich.console import Console
    from rich.text import Text

    for line, (red, green, blue) in zip(lines, learned.colors[:, :3].tolist(), strict=True):
        Console().print(Text.assemble((" " * 8, f"on rgb({red},{green},{blue})"), "  ", line))
