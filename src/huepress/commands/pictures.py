"""Pictures pressed one after another: each is read once, and its outputs are made, judged and told of."""

import time
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from huepress.ahead import Ahead
from huepress.animation import Animation, read_whole
from huepress.animation.quality import judge_whole
from huepress.commands.stdin import opened
from huepress.contents import STREAM
from huepress.exit_codes import ExitCode
from huepress.image import Picture
from huepress.outputs import Output
from huepress.pressing import Options, press
from huepress.quality import Scores
from huepress.reporter import Reporter
from huepress.result_row import Row


def run(outputs: Sequence[Output], options: Options, reporter: Reporter, ahead: Ahead) -> ExitCode:
    """Make these outputs, whatever happens to single ones; returns the first failure's code."""
    try:
        for source, wanted in groupby(outputs, attrgetter("source")):
            _press_source(source, list(wanted), options, reporter, ahead)
    finally:
        code = reporter.finish()
    return code


def _press_source(source: str, outputs: Sequence[Output], options: Options, reporter: Reporter, ahead: Ahead) -> None:
    """Read a picture once and make all its outputs; names that are taken are found before any work."""
    free = []
    for output in outputs:
        with reporter.catching(input=source, output=output.path):
            output.check()
            free.append(output)
    if not free:
        return
    with reporter.catching(input=source):
        picture = _read(source, options, ahead)
        reporter.source(picture)
        for output in free:
            with reporter.catching(input=source, output=output.path):
                _press(picture, output, options, reporter)


def _read(source: str, options: Options, ahead: Ahead) -> Picture | Animation:
    image, name = opened(source)
    return read_whole(ahead.source(source) or image, name=name, **options.reading)


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
    return judge_whole(picture, result, threads=options.learning["threads"], color_differences=color_differences)
