"""Bytes at equal perceived quality: huepress against pngquant + oxipng.

    python benchmarks/rate_distortion.py PICTURES...

PICTURES are files or folders of PNG; those of up to 256 colours are left out, for they need no loss. For each, the
command `huepress PICTURE -q Q` at Q = 50, 55 .. 95 is set against the Pareto front of 18 settings of pngquant (256
to 12 colours; no, half and full dithering), each through oxipng -o2. Printed are the differences in bytes at equal
score (BD-rate, see bd_rate.py) from SSIMULACRA2 50 up, by SSIMULACRA2 (huepress's own) and by the 3-norm of
Butteraugli (butteraugli_main of libjxl, if it is installed), and the bytes at the score of pngquant's default
setting. With alpha both metrics take the worse score over grey 26 and 230.
"""

import argparse
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bd_rate import bd_rate, common_range, log_bytes, pareto_front
from judged import Original, Point, read
from peers import DEFAULT, Peers, environment

QUALITIES = range(50, 100, 5)
FLOOR = 50.0
LEAST_RANGE = 5.0
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "huepress-benchmarks"
ENVIRONMENT = Path(__file__).parent / ".peers"


@dataclass(frozen=True)
class Row:
    """A picture's differences in bytes, as fractions; None where the methods have too few scores in common."""

    name: str
    ssimulacra2: float | None
    butteraugli: float | None
    default: float | None
    scores: tuple[float, float]


def row(name: str, ours: Sequence[Point], peers: Sequence[Point]) -> Row:
    """The row of one picture; `ours` may come from anywhere."""
    a, b = ([(p.bytes, p.ssimulacra2) for p in points] for points in (ours, peers))
    low, high = common_range(a, b, floor=FLOOR)
    enough = high - low >= LEAST_RANGE
    second = bd_rate(*(butteraugli_points(points) for points in (ours, peers))) if enough else None
    default = next(p for p in peers if p.label == DEFAULT)
    return Row(name, bd_rate(a, b, floor=FLOOR) if enough else None, second, at_score(a, default), (low, high))


def butteraugli_points(points: Iterable[Point]) -> list[tuple[int, float]]:
    """Bytes and Butteraugli's 3-norm, negated so that more is better, where SSIMULACRA2 is in range."""
    return [(p.bytes, -p.butteraugli) for p in points if p.ssimulacra2 >= FLOOR and p.butteraugli is not None]


def at_score(ours: Sequence[tuple[int, float]], default: Point) -> float | None:
    """Our bytes over the default's at its score or more, less 1; None above all our scores."""
    front = pareto_front(ours)
    if not front or default.ssimulacra2 > front[-1][1]:
        return None
    return math.exp(float(log_bytes(front, np.array(default.ssimulacra2)))) / default.bytes - 1


def huepress_points(command: Sequence[str], pixels: np.ndarray, original: Original) -> list[Point]:
    """The points of `huepress -q` at each quality that it reaches."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "source.png", Path(folder) / "result.png"
        Image.fromarray(pixels).save(source)
        points = []
        for quality in QUALITIES:
            result.unlink(missing_ok=True)
            done = subprocess.run([*command, source, "-q", str(quality), "-o", result], capture_output=True, text=True)
            if done.returncode not in (0, 98, 99):
                raise SystemExit(f"huepress -q {quality} failed with {done.returncode}: {done.stderr}")
            if result.exists():
                points.append(original.point(f"-q {quality}", result.stat().st_size, read(result)))
        return points


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line per picture, then the means."""
    lines = ["| picture | BD SSIMULACRA2 | BD Butteraugli 3-norm | at pngquant's default |", "|---|---|---|---|"]
    lines += [
        f"| {r.name} | {percent(r.ssimulacra2)} | {percent(r.butteraugli)} | {percent(r.default)} |" for r in rows
    ]
    means = percent(mean(r.ssimulacra2 for r in rows)), percent(mean(r.butteraugli for r in rows))
    lines.append(f"| mean (last column: geometric) | {means[0]} | {means[1]} | {percent(factor_mean(rows))} |")
    lines += [
        f"Left out: {r.name}, common scores {r.scores[0]:.1f} .. {r.scores[1]:.1f}"
        for r in rows
        if r.ssimulacra2 is None
    ]
    return "\n".join(lines)


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.1f} %"


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def factor_mean(rows: Iterable[Row]) -> float | None:
    exponent = mean(None if r.default is None else math.log1p(r.default) for r in rows)
    return None if exponent is None else math.expm1(exponent)


def pictures(paths: Iterable[Path]) -> list[Path]:
    """The PNG files of more than 256 colours."""
    files = [file for path in paths for file in (sorted(path.glob("*.png")) if path.is_dir() else [path])]
    return [file for file in files if Image.open(file).convert("RGBA").getcolors(256) is None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, help="Python of an environment with pngquant-cli and pyoxipng")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the peers' points (default: %(default)s)")
    parser.add_argument(
        "--huepress", default=f"{sys.executable} -m huepress", help="the command (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, help="write the rows and our points there too")
    options = parser.parse_args()
    peers = Peers(options.peers or environment(ENVIRONMENT), options.cache)
    rows, points = [], {}
    for path in pictures(options.pictures):
        pixels = read(path)
        original = Original(pixels)
        points[path.stem] = huepress_points(shlex.split(options.huepress), pixels, original)
        rows.append(row(path.stem, points[path.stem], peers.points(pixels, original)))
        print(rows[-1], file=sys.stderr)
    print(table(rows))
    if options.json:
        found = {r.name: {**asdict(r), "points": [asdict(p) for p in points[r.name]]} for r in rows}
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
