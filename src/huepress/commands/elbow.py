"""`huepress elbow PICTURE`: the inertia of K-means against k, as a table, as JSON, or as a plot."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from huepress import table
from huepress.commands.options import HELP_NAMES, K_LIST, PIXELS
from huepress.curve import Channels, Elbow
from huepress.curve import elbow as elbow_of
from huepress.decode import MAX_PIXELS
from huepress.errors import printable
from huepress.files import check_writable, write
from huepress.image import read
from huepress.reporter import print_json


@click.command(context_settings=HELP_NAMES)
@click.argument("picture")
@click.option("-k", "ks", type=K_LIST, default="1-10", show_default=True, help="Numbers of colours: 1-10 or 2,4,8.")
@click.option("--channels", type=click.Choice(["rgb", "rgba"]), default="rgb", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write a plot: .png, .svg or .pdf.")
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON on stdout, in place of the table.")
@click.option("--effort", type=click.Choice(["fast", "balanced", "best"]), default="fast", show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1, 1024), help="Processors to use; changes no result.")
@click.option("--max-pixels", type=PIXELS, default=MAX_PIXELS, help="Refuse larger pictures (default 100MP).")
def elbow(
    picture: str,
    ks: Sequence[int],
    channels: Channels,
    output: str | None,
    force: bool,
    as_json: bool,
    max_pixels: int,
    **options: Any,
) -> None:
    """Show how the inertia falls with k, and where the knee is: the point furthest below the line between the ends."""
    if output:
        check_writable(output, force=force)
    curve = elbow_of(read(picture, keep_hidden=True, max_pixels=max_pixels), ks=ks, channels=channels, **options)
    if output:
        _plot(curve, picture, output, force)
    if as_json:
        values = {"input": picture, "channels": channels, "ks": curve.ks.tolist(), "inertias": curve.inertias.tolist()}
        print_json({**values, "knee": curve.knee}, sys.stdout)
    else:
        table.show(("k", "inertia", "of k = 1", ""), _lines(curve), sys.stderr, printable(picture))


def _lines(curve: Elbow) -> list[tuple[str, ...]]:
    first = curve.inertias[0] or 1.0
    return [
        (str(k), f"{inertia:,.0f}", f"{inertia / first:.1%}", "knee" if k == curve.knee else "")
        for k, inertia in curve.items()
    ]


def _plot(curve: Elbow, picture: str, output: str, force: bool) -> None:
    from huepress.plot import plot_elbow, rendered

    figure = plot_elbow(curve, title=f"elbow curve of {printable(Path(picture).name)}")
    write(output, rendered(figure, Path(output).suffix), force=force)
