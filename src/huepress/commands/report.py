"""`huepress report PICTURE`: a page that shows and tells what k colours make of a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

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
from huepress.files import write
from huepress.image import read
from huepress.outputs import check_output
from huepress.report.page import report_page
from huepress.sentences import say


@click.command(context_settings=HELP_NAMES)
@click.argument("picture")
@click.option("-k", "ks", type=K_LIST, default="3,10,20", show_default=True, help="Numbers of colours: 3,10 or 2-8.")
@click.option("-o", "--output", type=FILLED, metavar="FILE", help="The page to write (default: PICTURE-report.html).")
@click.option("-f", "--force", is_flag=True, help="Overwrite that file.")
@effort_option
@seed_option
@threads_option
@max_pixels_option
def report(picture: str, ks: Sequence[int], output: str | None, force: bool, max_pixels: int, **options: Any) -> None:
    """Write a page, one file without need of a network: results, palettes, the cloud of colours, curves, and words.

    Of an animation the first frame counts.
    """
    image, name = opened(picture)
    path = output or str(Path(picture).parent / f"{name or Path(picture).stem}-report.html")
    check_output(path, [".html", ".htm"], inputs=[picture], force=force)
    page = report_page(read(image, name=name, max_pixels=max_pixels), ks=ks, **options)
    write(path, page.encode(), force=force)
    say(f"{path} is written")
