"""`huepress palette PICTURE...`: the colours that stand best for pictures, shown or written to a palette file."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from huepress._native import usable_cpus
from huepress.batch.counting import count_files
from huepress.batch.job import Outcome
from huepress.batch.pool import Workers
from huepress.chunked import is_zarr
from huepress.commands.options import (
    COLORS,
    FILLED,
    HELP_NAMES,
    PROCESSORS,
    K,
    effort_option,
    max_pixels_option,
    seed_option,
)
from huepress.commands.stdin import opened
from huepress.contents import STREAM
from huepress.errors import ReadError, printable
from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.files import write
from huepress.histogram import Histogram
from huepress.huge.picture import open_huge
from huepress.huge.press import count
from huepress.image import read
from huepress.learn import learn_palette
from huepress.outputs import check_output
from huepress.palette import Palette
from huepress.palette_files import FORMATS, alpha_lost, dump_palette
from huepress.reporter import print_json
from huepress.sentences import percent, say
from huepress.tally import total


@click.command(context_settings=HELP_NAMES)
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
@click.option("-k", "k", type=K, default=8, show_default=True, help="Number of colours, 1 to 256.")
@click.option("-o", "--output", type=FILLED, metavar="FILE", help=f"Write a palette file: {', '.join(FORMATS)}.")
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON on stdout, in place of swatches.")
@click.option("--quiet", is_flag=True, help="Show no swatches.")
@click.option("--fixed", type=COLORS, help="Colours to keep untouched, such as '#d40000,white'.")
@effort_option
@click.option("--space", type=click.Choice(["srgb", "oklab"]), default="srgb", show_default=True,
              help="Where K-means measures distances.")  # fmt: skip
@seed_option
@click.option("-j", "--threads", type=PROCESSORS, help="Processors to use; changes no result.")
@max_pixels_option
@click.option(
    "--scheduler",
    type=FILLED,
    metavar="ADDRESS",
    help="Count on a Dask cluster (tcp://host:8786): it sees the same files.",
)
def palette(
    pictures: Sequence[str],
    k: int,
    output: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    max_pixels: int,
    scheduler: str | None,
    **options: Any,
) -> ExitCode:
    """Learn one palette from all PICTUREs, or all pictures in folders, and show it, the most used colour first.

    Of an animation the first frame counts.
    """
    if output:
        check_output(output, FORMATS, inputs=pictures, force=force)
    counted, code = _counted(pictures, max_pixels, options["threads"], scheduler)
    learned = learn_palette(counted, k, **options)
    if output:
        _write(learned, output, force)
    if as_json:
        print_json({"colors": learned.hex, "counts": learned.counts.tolist()}, sys.stdout)
    elif not quiet:
        _show(learned)
    return code


def _counted(
    pictures: Sequence[str], max_pixels: int, threads: int | None, scheduler: str | None
) -> tuple[Histogram, ExitCode]:
    """The sum of all histograms, and the exit code of the first picture of a folder that is left out.

    What was named must be readable; what a folder holds besides is told, and the rest is taken.
    """
    others = [path for path in pictures if not is_zarr(path)]
    if not others or (scheduler is None and not any(os.path.isdir(path) for path in others)):  # noqa: PTH112
        return total(_count(path, max_pixels, threads) for path in pictures), ExitCode.OK
    if STREAM in pictures:
        raise bad_option("stdin goes neither with folders nor with --scheduler: name files and folders")
    parts = [_count(path, max_pixels, threads) for path in pictures if is_zarr(path)]
    failures: list[tuple[int, ExitCode]] = []

    def tell(number: int, outcome: Outcome) -> None:
        if outcome.status == "failed" and outcome.source in pictures:
            raise CommandError(outcome.code, outcome.error)
        if outcome.status == "failed":
            say(outcome.error)
            failures.append((number, outcome.code))

    if scheduler is not None:
        from huepress.batch import cluster, cluster_counting

        with cluster.connected(scheduler) as client:
            counted = cluster_counting.count_files(client, others, max_pixels=max_pixels, tell=tell)
    else:
        with Workers(threads or usable_cpus()) as pool:
            counted = count_files(others, pool, max_pixels=max_pixels, tell=tell)
    if counted is not None:
        parts.append(counted)
    if not parts:
        raise ReadError(f"{', '.join(map(printable, pictures))}: holds no picture")
    return total(parts), min(failures, default=(0, ExitCode.OK))[1]


def _count(path: str, max_pixels: int, threads: int | None) -> Histogram:
    if is_zarr(path):
        with open_huge(path) as picture:
            return count(picture, threads=threads)
    image, name = opened(path)
    return Histogram.of_pixels(read(image, name=name, max_pixels=max_pixels).pixels, threads=threads)


def _write(learned: Palette, output: str, force: bool) -> None:
    path = Path(output)
    write(path, dump_palette(learned, path.suffix, name=path.stem), force=force)
    if alpha_lost(learned, path.suffix):
        say(f"{output}: a {path.suffix} file holds no such alpha; .hex, .gpl and .json do")


def _show(learned: Palette) -> None:
    """A line for each colour: a swatch on a terminal that shows colours, the colour, its share."""
    lines = [f"{color:<9}  {percent(share):>7}" for color, share in zip(learned.hex, learned.shares, strict=True)]
    if sys.stdout and sys.stdout.isatty():  # None where it is closed, and then nobody looks
        from rich.console import Console
        from rich.text import Text

        console = Console()
        if console.color_system and not console.no_color:
            for line, (red, green, blue) in zip(lines, learned.colors[:, :3].tolist(), strict=True):
                console.print(Text.assemble((" " * 8, f"on rgb({red},{green},{blue})"), "  ", line))
            return
    print("\n".join(lines))
