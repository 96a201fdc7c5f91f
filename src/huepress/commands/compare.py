"""`huepress compare ORIGINAL RESULT...`: what results lost, as a table, as JSON, or as a picture."""

import io
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click

from huepress import table
from huepress.animation import Animation
from huepress.animation.quality import first_pixels, judge_whole
from huepress.commands.options import FILLED, HELP_NAMES, max_pixels_option
from huepress.commands.stdin import opened
from huepress.comparison import read_compared
from huepress.difference import difference
from huepress.exit_codes import ExitCode, bad_option
from huepress.files import write
from huepress.image import Picture
from huepress.outputs import check_output
from huepress.quality import Scores
from huepress.reporter import Reporter
from huepress.result_row import score_cells

_HEADINGS = ("file", "colours", "bytes", "MSE", "PSNR dB", "SSIM", "SSIMULACRA2", "ΔE", "ΔE 95 %", "bits/pixel")


@click.command(context_settings=HELP_NAMES)
@click.argument("original")
@click.argument("results", nargs=-1, required=True, metavar="RESULT...")
@click.option(
    "-o",
    "--output",
    type=FILLED,
    metavar="FILE",
    help="Write a picture (PNG) of what one result changed, and where most (of animations: the first frame).",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@click.option(
    "--json", "as_json", is_flag=True, help="A line of JSON for each result on stdout, in place of the table."
)
@max_pixels_option
def compare(
    original: str, results: Sequence[str], output: str | None, force: bool, as_json: bool, max_pixels: int
) -> ExitCode:
    """Compare RESULTs with their ORIGINAL: MSE, PSNR, SSIM, SSIMULACRA2, CIEDE2000 (ΔE: mean, 95th percentile).

    Of two animations all frames count: of SSIM and SSIMULACRA2 the lowest, of the 95th percentile the highest.
    """
    if output and len(results) > 1:
        raise bad_option(f"-o {output}: shows the difference to one result, not {len(results)}")
    if output:
        check_output(output, [".png"], inputs=[original, *results], force=force)
    before = _read(original, max_pixels)
    reporter, lines = Reporter(sys.stdout if as_json else None), []
    for result in results:
        with reporter.catching(original=original, result=result):
            after = _read(result, max_pixels)
            judged = _judge(before, after)
            lines.append(_line(after.name, judged))
            reporter.json_line({"original": original, "result": result, **asdict(judged)})
    if lines and not as_json:
        table.show(_HEADINGS, lines, sys.stderr)
    if lines and output:
        _write_difference(before, after, output, force)
    return reporter.finish()


def _read(source: str, max_pixels: int) -> Picture | Animation:
    image, name = opened(source)
    return read_compared(image, name=name, max_pixels=max_pixels)


def _judge(before: Picture | Animation, after: Picture | Animation) -> Scores:
    try:
        return judge_whole(before, after)
    except ValueError as error:
        raise bad_option(f"{after.name}: {error}") from error


def _line(name: str, scores: Scores) -> tuple[str, ...]:
    bits = "" if scores.bits_per_pixel is None else f"{scores.bits_per_pixel:.2f}"
    return (name, *score_cells(scores), f"{scores.delta_e:.2f}", f"{scores.delta_e_95:.2f}", bits)


def _write_difference(before: Picture | Animation, after: Picture | Animation, output: str, force: bool) -> None:
    buffer = io.BytesIO()
    difference(first_pixels(before), first_pixels(after)).save(buffer, "PNG")
    write(output, buffer.getvalue(), force=force)
