"""Bytes of GIFs of still pictures at equal quality: huepress against gifsicle -O3 --lossy.

    python benchmarks/gif.py [--gifsicle PATH] PICTURES...

PICTURES are files or folders of PNG; those that are opaque and have more than 256 colours are taken. gifsicle gets the
GIF of 256 colours of `quantize`, so that it has a palette of the same K-means, and writes it at five strengths of
--lossy times four numbers of colours; huepress writes seven qualities. Printed are the differences in bytes at equal
score (BD-rate, see bd_rate.py) to gifsicle's Pareto front, from SSIMULACRA2 30 up, by SSIMULACRA2 (huepress's own) and
by the 3-norm of Butteraugli (butteraugli_main of libjxl, if it is installed). gifsicle (GPL) runs in child processes
only: `apt-get install gifsicle`.
"""

import io
import math
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import huepress
from bd_rate import bd_rate
from judged import Original, Point, read
from published import markdown, parser_of, publish
from rate_distortion import pictures

QUALITIES = (30, 40, 50, 60, 70, 80, 90)
LOSSY = (0, 20, 60, 120, 200)
COLORS = (256, 128, 64, 32)
FLOOR = 30.0
ABOUT = f"""
Differences in bytes at equal score (BD-rate, SSIMULACRA2 from {FLOOR:g} up) of `compress(format="gif")` at qualities of
{QUALITIES[0]} to {QUALITIES[-1]} to the Pareto front of `gifsicle -O3` at five strengths of `--lossy` and 256 to 32
colours, which gets the GIF of 256 colours of `quantize`. Opaque pictures of more than 256 colours. Negative: huepress's
files are smaller; "-": too few scores in common, or no Butteraugli.
"""
HEAD = ("picture", "BD SSIMULACRA2", "BD Butteraugli 3-norm")

Points = list[Point]


def theirs(gifsicle: str, original: Original) -> Iterator[Point]:
    """The points of gifsicle."""
    source = huepress.quantize(original.pixels, k=256, effort="fast").encode("gif")
    for colors in COLORS:
        for lossy in LOSSY:
            options = ["-w", "-O3", *([f"--lossy={lossy}"] if lossy else []), "--colors", str(colors)]
            data = subprocess.run([gifsicle, *options], input=source, capture_output=True, check=True).stdout
            yield point(original, f"{colors} {lossy}", data)


def ours(original: Original) -> Iterator[Point]:
    """The points of the qualities that are in reach."""
    for quality in QUALITIES:
        try:
            yield point(original, str(quality), huepress.compress(original.pixels, quality=quality, format="gif").data)
        except huepress.TargetError:
            return


def point(original: Original, label: str, data: bytes) -> Point:
    return original.point(label, len(data), read(io.BytesIO(data)))


def rates(own: Points, others: Points) -> tuple[float | None, float | None]:
    """BD-rates by SSIMULACRA2, and by Butteraugli where the former is at its floor or above."""
    scored = [[(p.bytes, p.ssimulacra2) for p in points] for points in (own, others)]
    second = [
        [(p.bytes, -p.butteraugli) for p in points if p.butteraugli is not None and p.ssimulacra2 >= FLOOR]
        for points in (own, others)
    ]
    return bd_rate(*scored, floor=FLOOR), bd_rate(*second)


def mean(values: Sequence[float | None]) -> float | None:
    """Of ratios of bytes: geometric; of those that are known."""
    known = [math.log1p(value) for value in values if value is not None]
    return math.expm1(statistics.mean(known)) if known else None


def cells(name: str, values: Sequence[float | None]) -> list[str]:
    return [name, *("-" if value is None else f"{100 * value:+.1f} %" for value in values)]


def section(name: str, paths: Sequence[Path], gifsicle: str) -> str:
    """The table of a folder."""
    rows = []
    for path in paths:
        original = Original(read(path))
        rows.append((path.stem, rates(list(ours(original)), list(theirs(gifsicle, original)))))
        print(cells(*rows[-1]), file=sys.stderr)
    means = [mean([found[column] for _, found in rows]) for column in range(2)]
    lines = [cells(*row) for row in rows]
    return f"## {name}, {len(rows)} pictures\n\n{markdown(HEAD, [*lines, cells('mean (geometric)', means)])}"


def is_opaque(path: Path) -> bool:
    """Whether no pixel lets anything through."""
    with Image.open(path) as image:
        return bool(np.asarray(image.convert("RGBA"))[..., 3].min() == 255)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="every so many-th picture")
    parser.add_argument("--gifsicle", default=shutil.which("gifsicle"), help="the program (default: the one in PATH)")
    options = parser.parse_args()
    if not options.gifsicle:
        raise SystemExit("gifsicle is not installed: name it with --gifsicle")
    paths = list(filter(is_opaque, pictures(options.pictures)[:: options.every]))
    folders = dict.fromkeys(path.parent.name for path in paths)
    parts = [section(name, [p for p in paths if p.parent.name == name], options.gifsicle) for name in folders]
    publish("GIFs of still pictures: bytes at equal quality", ABOUT, "\n\n".join(parts), options.write)


if __name__ == "__main__":
    main()
