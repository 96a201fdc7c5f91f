"""`huepress elbow PICTURE`: inertia, quality and bytes against k, as a table, as JSON, or as a plot."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from huepress import table
from huepress._native import check_threads
from huepress.commands.options import (
    FILLED,
    HELP_NAMES,
    K_LIST,
    effort_option,
    max_pixels_option,
    seed_option,
    threads_option,
)
from huepress.commands.stdin import opened
from huepress.curve import Channels, Elbow
from huepress.curve import elbow as elbow_of
from huepress.encode import encode
from huepress.extras import require
from huepress.files import write
from huepress.image import Picture, read
from huepress.outputs import check_output
from huepress.pixels import canonical
from huepress.plot import SUFFIXES, plot_elbow, plot_rate_distortion, rendered
from huepress.quality import Judge
from huepress.quantization import quantize_picture
from huepress.reporter import print_json
from huepress.sentences import percent
from huepress.tasks import Task, Tasks


@click.command(context_settings=HELP_NAMES)
@click.argument("picture")
@click.option("-k", "ks", type=K_LIST, default="1-10", show_default=True, help="Numbers of colours: 1-10 or 2,4,8.")
@click.option("--channels", type=click.Choice(["rgb", "rgba"]), default="rgb", show_default=True,
              help="Whose inertia: without alpha, or with it as a fourth column.")  # fmt: skip
@click.option("-o", "--output", type=FILLED, metavar="FILE", help="Write a plot: .png, .svg or .pdf.")
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON on stdout, in place of the table.")
@effort_option
@seed_option
@threads_option
@max_pixels_option
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
    """Show how the inertia falls with k, and where the knee is: the point furthest below the line between the ends.

    PSNR, SSIMULACRA2 and bytes are those of the PNG that `huepress PICTURE -k K --effort E` writes.
    Of an animation the first frame counts.
    """
    if output:
        check_output(output, SUFFIXES, inputs=[picture], force=force)
        require("matplotlib", extra="plot")
    image, name = opened(picture)
    source = read(image, name=name, keep_hidden=True, max_pixels=max_pixels)
    curve = elbow_of(source, ks=ks, channels=channels, **options)
    results = _results(source, curve, options)
    if output:
        _plot(curve, results, source.name, output, force)
    if as_json:
        values = {"input": picture, "channels": channels, "ks": curve.ks.tolist(), "inertias": curve.inertias.tolist()}
        named = {f"{name}s": [one[name] for one in results] for name in ("psnr", "ssimulacra2")}
        print_json({**values, **named, "bytes": [one["bytes"] for one in results], "knee": curve.knee}, sys.stdout)
    else:
        headings = ("k", "inertia", f"of k = {curve.ks[0]}", "PSNR dB", "SSIMULACRA2", "bytes", "")
        table.show(headings, _lines(curve, results), sys.stderr, source.name)


def _results(source: Picture, curve: Elbow, options: dict[str, Any]) -> list[dict[str, Any]]:
    """What `quantize` makes of the picture at each k; the PSNR of an exact result is None.

    Files are packed beside the results after them, as many at a time as there are threads.
    """
    source = replace(source, pixels=canonical(source.pixels, keep_hidden=False))
    threads = check_threads(options["threads"])
    judge = Judge(source.pixels, threads=threads)
    results: list[dict[str, Any]] = []
    packed: list[Task[bytes]] = []
    with Tasks(threads) as tasks:
        for k in curve:
            made = quantize_picture(source, k=k, **options)
            packed.append(tasks.begin(partial(encode, made, "png", threads=threads)))
            psnr = made.psnr if made.mse else None
            results.append({"psnr": psnr, "ssimulacra2": judge.ssimulacra2(made.to_array())})
            packed[-threads:][0].result()
    return [{**result, "bytes": len(data.result())} for result, data in zip(results, packed, strict=True)]


def _lines(curve: Elbow, results: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    first = curve.inertias[0] or 1.0
    return [
        (str(k), f"{inertia:,.0f}", percent(inertia / first), "exact" if one["psnr"] is None else f"{one['psnr']:.2f}",
         f"{one['ssimulacra2']:.1f}", f"{one['bytes']:,}", "knee" if k == curve.knee > curve.ks[0] else "")
        for (k, inertia), one in zip(curve.items(), results, strict=True)
    ]  # fmt: skip


def _plot(curve: Elbow, results: Sequence[dict[str, Any]], name: str, output: str, force: bool) -> None:
    figure = require("matplotlib.figure", extra="plot").Figure(figsize=(12, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    plain = Path(name).name.replace("$", r"\$")  # what is between two of them would be read as mathematics
    plot_elbow(curve, title=f"elbow curve of {plain}", ax=left)
    sizes, scores = ([one[name] for one in results] for name in ("bytes", "ssimulacra2"))
    least = max(-100, min(scores) - 5)  # the score of a single colour is far below all others
    names, title = [str(k) for k in curve], "quality for the bytes, by k"
    plot_rate_distortion(sizes, scores, labels=names, least=least, title=title, ax=right)
    write(output, rendered(figure, Path(output).suffix), force=force)
