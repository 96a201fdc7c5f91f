"""Bytes of animations at equal quality of their lowest frame: huepress against gifsicle -O3 --lossy and Pillow.

    python benchmarks/animation.py [--gifsicle PATH] [FILES OR FOLDERS...]

Without files, animations are looked for in the installed Python packages and in /usr/share. The five that have most
pixels, up to 250 megapixels each, are taken. For each: gifsicle, given the GIF itself or what Pillow makes of another
format, at five strengths of --lossy times four numbers of colours; Pillow's own GIF of 256, 64 and 16 colours; and
huepress at seven qualities, as GIF, APNG and WebP. Scores are SSIMULACRA2 (huepress's own) of the frame that has the
lowest, against the source. Printed are the bytes without loss, and the differences in bytes at equal score (BD-rate,
see bd_rate.py) between huepress and the Pareto front of both peers, from a score of 30 up. gifsicle (GPL) runs in
child processes only: `apt-get install gifsicle`.
"""

import argparse
import io
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import huepress
from bd_rate import bd_rate, pareto_front
from huepress.animation.quality import lowest_score
from published import markdown

SUFFIXES = (".gif", ".png", ".apng", ".webp")
QUALITIES = (95, 90, 80, 70, 60, 50, 40)
LOSSY = (0, 20, 60, 120, 200)
COLORS = (256, 128, 64, 32)
FORMATS = ("gif", "png", "webp")
FLOOR = 30.0
MOST_PIXELS = 250_000_000
TAKEN = 5


@dataclass(frozen=True)
class Row:
    """An animation: bytes of the source, without loss (None: not possible), and BD-rates by format."""

    name: str
    frames: int
    source: int
    gifsicle: int | None
    lossless: dict[str, int | None]
    rates: dict[str, float | None]


def animations(paths: Iterable[Path]) -> list[huepress.Animation]:
    """The animations among files and in folders, those of most pixels first; equal files once."""
    found: dict[tuple[int, ...], huepress.Animation] = {}
    for path in (file for start in paths for file in files(start)):
        try:
            read = huepress.read_whole(path)
        except huepress.HuepressError:
            continue
        if isinstance(read, huepress.Animation) and pixels(read) <= MOST_PIXELS:
            found.setdefault((read.source_bytes, len(read), read.width, read.height), read)
    return sorted(found.values(), key=pixels, reverse=True)


def files(start: Path) -> Iterator[Path]:
    """The file, or all files in the folder that may be animations."""
    if start.is_file():
        yield start
    elif start.is_dir():
        yield from (path for path in sorted(start.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())


def pixels(animation: huepress.Animation) -> int:
    return animation.width * animation.height * len(animation)


def score(animation: huepress.Animation, data: bytes) -> float:
    """Of the lowest frame. A frame that a peer left out, as it equals the one before, is repeated."""
    result = huepress.read_whole(data)
    assert isinstance(result, huepress.Animation)
    return lowest_score(animation.frames(), repeated(result, animation.durations))


def repeated(result: huepress.Animation, durations: Iterable[float]) -> Iterator[np.ndarray]:
    """What the result shows in the middle of each of these durations."""
    frames, ends = result.frames(), np.cumsum(result.durations)
    shown, start, number = next(frames), 0.0, 0
    for duration in durations:
        while start + duration / 2 > ends[number] and number + 1 < len(ends):
            shown, number = next(frames), number + 1
        yield shown
        start += duration


def as_gif(animation: huepress.Animation, colors: int = 256) -> bytes:
    """The animation by Pillow, each frame quantized to so many colours."""
    frames = [Image.fromarray(frame).convert("RGBA") for frame in animation.frames()]
    if colors < 256:
        frames = [frame.quantize(colors, Image.Quantize.FASTOCTREE) for frame in frames]
    file = io.BytesIO()
    durations = [round(duration) for duration in animation.durations]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
    return file.getvalue()


def peers(animation: huepress.Animation, gifsicle: str) -> tuple[int | None, list[tuple[int, float]]]:
    """Bytes of gifsicle without loss, if the source is a GIF; bytes and scores of both peers."""
    is_gif = animation.format == "GIF"
    source = Path(animation.name).read_bytes() if is_gif else as_gif(animation)
    made = [as_gif(animation, colors) for colors in (256, 64, 16)]
    for colors in COLORS:
        for lossy in LOSSY:
            options = ["-w", "-O3", *([f"--lossy={lossy}"] if lossy else []), "--colors", str(colors)]
            done = subprocess.run([gifsicle, *options], input=source, capture_output=True, check=True)
            made.append(done.stdout)
    done = subprocess.run([gifsicle, "-w", "-O3"], input=source, capture_output=True, check=True)
    made.append(done.stdout)
    return len(done.stdout) if is_gif else None, [(len(data), score(animation, data)) for data in made]


def ours(animation: huepress.Animation, format: str) -> tuple[int | None, list[tuple[int, float]]]:
    """Bytes without loss, if that is possible with 256 colours; bytes and scores."""
    exact = huepress.quantize(animation, k=256, effort="fast")
    points, lossless = [], None
    if exact.mse == 0:
        lossless = len(exact.encode(format))
        points.append((lossless, 100.0))
    for quality in QUALITIES:
        try:
            data = huepress.compress(animation, quality=quality, format=format).data
        except huepress.TargetError:
            continue
        points.append((len(data), score(animation, data)))
    return lossless, points


def measured(animation: huepress.Animation, gifsicle: str) -> Row:
    bytes_of_gifsicle, theirs = peers(animation, gifsicle)
    print(f"{animation.name}\n  peers {shown(theirs)}", file=sys.stderr)
    lossless, rates = {}, {}
    for format in FORMATS:
        lossless[format], points = ours(animation, format)
        rates[format] = bd_rate(points, theirs, floor=FLOOR)
        print(f"  {format} {shown(points)}", file=sys.stderr)
    name = f"{Path(animation.name).name} ({animation.width} x {animation.height})"
    return Row(name, len(animation), animation.source_bytes, bytes_of_gifsicle, lossless, rates)


def shown(points: Iterable[tuple[int, float]]) -> str:
    return ", ".join(f"{size:,} at {reached:.1f}" for size, reached in pareto_front(points))


def table(rows: Iterable[Row]) -> str:
    """Markdown: a line for each animation."""
    formats = [{"webp": "WebP"}.get(format, format.upper()) for format in FORMATS]
    names = [f"{format} {what}" for what in ("lossless", "BD-rate") for format in formats]
    return markdown(("animation", "frames", "bytes", "gifsicle -O3", *names), map(cells, rows))


def cells(row: Row) -> list[str]:
    sizes = [number(size) for size in (row.source, row.gifsicle, *row.lossless.values())]
    rates = ["-" if rate is None else f"{100 * rate:+.1f} %" for rate in row.rates.values()]
    return [row.name, str(row.frames), *sizes, *rates]


def number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--gifsicle", default=shutil.which("gifsicle"), help="the program (default: the one in PATH)")
    options = parser.parse_args()
    if not options.gifsicle:
        raise SystemExit("gifsicle is not installed: name it with --gifsicle")
    found = animations(options.files or [Path(sysconfig.get_path("purelib")), Path("/usr/share")])[:TAKEN]
    if not found:
        raise SystemExit("no animation was found: name files or folders")
    print(table([measured(animation, options.gifsicle) for animation in found]))


if __name__ == "__main__":
    main()
