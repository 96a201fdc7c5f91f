"""Bytes at equal perceived quality: huepress against pngquant + oxipng.

    python benchmarks/rate_distortion.py PICTURES...

PICTURES are files or folders of PNG; those of up to 256 colours are left out, for they need no loss. For each, the
command `huepress PICTURE -q Q` at Q = 50, 55 .. 95 is set against the Pareto front of 18 settings of pngquant (256
to 12 colours; no, half and full dithering), each through oxipng -o2. Printed are the differences in bytes at equal
score (BD-rate, see bd_rate.py) from SSIMULACRA2 50 up, by SSIMULACRA2 (huepress's own) and by the 3-norm of
Butteraugli (butteraugli_main of libjxl, if it is installed), the bytes of `huepress -q` at the score of pngquant's
default setting, and how `huepress PICTURE` without a target compares with that setting in bytes and in score. With
alpha both metrics take the worse score over grey 26 and 230. A result counts as missed if it is not 0 .. 0.5 above the
quality.

The peers' points are cached in a folder, ours are kept with --json, so that an interrupted run goes on.
"""

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

from bd_rate import bd_rate, common_range
from judged import Original, Point, read
from peers import DEFAULT, ENVIRONMENT, Peers, environment
from published import markdown, parser_of, publish

QUALITIES = range(50, 100, 5)
FLOOR = 50.0
LEAST_RANGE = 5.0
ABOVE = 0.5
NO_TARGET = "no target"
SAME_SCORE = "score of the default"
ABOUT = """
Differences in bytes at equal score (BD-rate, SSIMULACRA2 from 50 up) of `huepress -q 50`, `55` .. `95` to the Pareto
front of 18 settings of pngquant 3.0.3 (`--speed 3`; 256, 160, 96, 48, 24, 12 colours; no, half and full dithering),
each through oxipng -o2. Negative: huepress's files are smaller. "At the default": `huepress -q` at the score of
pngquant's default setting, in bytes; "-" if 256 colours cannot reach it. "No target": what `huepress PICTURE` gives, in
bytes and in SSIMULACRA2, less that setting's.
"""
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "huepress-benchmarks"


@dataclass(frozen=True)
class Row:
    """A picture's differences; bytes as fractions, None where the methods have too few scores in common."""

    name: str
    ssimulacra2: float | None
    butteraugli: float | None
    default: float | None
    scores: tuple[float, float]
    no_target: tuple[float, float] | None  # bytes, score

    def cells(self) -> list[str]:
        """Of a table."""
        size, score = self.no_target or (None, None)
        known = [percent(value) for value in (self.ssimulacra2, self.butteraugli, self.default, size)]
        return [self.name, *known, "-" if score is None else f"{score:+.1f}"]


def row(name: str, ours: Sequence[Point], peers: Sequence[Point]) -> Row:
    """The row of one picture; `ours` may come from anywhere."""
    default = next(p for p in peers if p.label == DEFAULT)
    plain, same = (next((p for p in ours if p.label == label), None) for label in (NO_TARGET, SAME_SCORE))
    ours = [p for p in ours if p.label not in (NO_TARGET, SAME_SCORE)]
    a, b = ([(p.bytes, p.ssimulacra2) for p in points] for points in (ours, peers))
    low, high = common_range(a, b, floor=FLOOR)
    enough = high - low >= LEAST_RANGE
    second = bd_rate(*(butteraugli_points(points) for points in (ours, peers))) if enough else None
    first = bd_rate(a, b, floor=FLOOR) if enough else None
    against = plain and (plain.bytes / default.bytes - 1, plain.ssimulacra2 - default.ssimulacra2)
    return Row(name, first, second, same and same.bytes / default.bytes - 1, (low, high), against)


def butteraugli_points(points: Iterable[Point]) -> list[tuple[int, float]]:
    """Bytes and Butteraugli's 3-norm, negated so that more is better, where SSIMULACRA2 is in range."""
    return [(p.bytes, -p.butteraugli) for p in points if p.ssimulacra2 >= FLOOR and p.butteraugli is not None]


def huepress_points(command: Sequence[str], pixels: np.ndarray, original: Original, score: float) -> list[Point]:
    """The points of `huepress` without a target, and of `huepress -q` at each quality and at `score`, if reached."""
    options = {NO_TARGET: [], SAME_SCORE: ["-q", str(score)]}
    options |= {f"-q {quality}": ["-q", str(quality)] for quality in QUALITIES}
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "source.png", Path(folder) / "result.png"
        Image.fromarray(pixels).save(source)
        points = []
        for label, words in options.items():
            result.unlink(missing_ok=True)
            done = subprocess.run([*command, source, *words, "-o", result], capture_output=True, text=True)
            if done.returncode not in (0, 98, 99):
                raise SystemExit(f"huepress {label} failed with {done.returncode}: {done.stderr}")
            if result.exists():
                points.append(original.point(label, result.stat().st_size, read(result)))
        return points


def missed(points: Iterable[Point]) -> list[str]:
    """The qualities whose result is not as near above as promised, and not exact."""
    targets = [(p, float(p.label.removeprefix("-q "))) for p in points if p.label.startswith("-q ")]
    return [
        f"{point.label} ({point.ssimulacra2:.2f})"
        for point, quality in targets
        if not quality <= point.ssimulacra2 <= quality + ABOVE and point.ssimulacra2 < 100
    ]


def table(rows: Sequence[Row]) -> str:
    """Markdown: a line per picture, then the means."""
    head = ("picture", "BD SSIMULACRA2", "BD Butteraugli 3-norm", "at the default", "no target: bytes", "score")
    gains = [r.no_target for r in rows if r.no_target]
    score = mean(score for _, score in gains)
    means = [percent(mean(getattr(r, name) for r in rows)) for name in ("ssimulacra2", "butteraugli")]
    factors = [percent(factor_mean(values)) for values in ([r.default for r in rows], [size for size, _ in gains])]
    last = ["mean (of bytes: geometric)", *means, *factors, "-" if score is None else f"{score:+.1f}"]
    left_out = [
        f"Left out: {r.name}, common scores {r.scores[0]:.1f} .. {r.scores[1]:.1f}"
        for r in rows
        if r.ssimulacra2 is None
    ]
    return "\n\n".join([markdown(head, [*(r.cells() for r in rows), last]), *left_out])


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.1f} %"


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def factor_mean(values: Iterable[float | None]) -> float | None:
    exponent = mean(None if value is None else math.log1p(value) for value in values)
    return None if exponent is None else math.expm1(exponent)


def pictures(paths: Iterable[Path]) -> list[Path]:
    """The PNG files of more than 256 colours."""
    files = [file for path in paths for file in (sorted(path.glob("*.png")) if path.is_dir() else [path])]
    return [file for file in files if Image.open(file).convert("RGBA").getcolors(256) is None]


class Kept:
    """Our points of each picture, in a file of JSON if one is given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        found = json.loads(path.read_text()) if path and path.exists() else {}
        self.points = {name: [Point(**point) for point in points] for name, points in found.items()}

    def add(self, name: str, points: list[Point]) -> None:
        """Keep them."""
        self.points[name] = points
        if self._path:
            found = {name: [asdict(point) for point in points] for name, points in self.points.items()}
            self._path.write_text(json.dumps(found, indent=1))


def sections(rows: Sequence[tuple[str, Row]], kept: Kept) -> str:
    """A table for each folder, and which qualities were missed."""
    folders = dict.fromkeys(folder for folder, _ in rows)
    parts = []
    for folder in folders:
        own = [r for name, r in rows if name == folder]
        parts.append(f"## {folder}, {len(own)} pictures\n\n{table(own)}")
    results = [(r.name, kept.points[r.name]) for _, r in rows]
    misses = [f"{name} {', '.join(found)}" for name, points in results if (found := missed(points))]
    count = sum(point.label.startswith("-q ") for _, points in results for point in points)
    parts.append(f"Qualities reached: {count}; not within {ABOVE} above: {'; '.join(misses) or 'none'}.")
    return "\n\n".join(parts)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, help="Python of an environment with pngquant-cli and pyoxipng")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the peers' points (default: %(default)s)")
    parser.add_argument(
        "--huepress", default=f"{sys.executable} -m huepress", help="the command (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, help="keep our points there; pictures that it has are not made again")
    options = parser.parse_args()
    peers = Peers(options.peers or environment(ENVIRONMENT), options.cache)
    kept, rows = Kept(options.json), []
    for path in pictures(options.pictures):
        pixels = read(path)
        original = Original(pixels)
        theirs = peers.points(pixels, original)
        if path.stem not in kept.points:
            score = next(point.ssimulacra2 for point in theirs if point.label == DEFAULT)
            kept.add(path.stem, huepress_points(shlex.split(options.huepress), pixels, original, score))
        rows.append((path.parent.name, row(path.stem, kept.points[path.stem], theirs)))
        print(rows[-1][1], file=sys.stderr)
    publish("Bytes at equal perceived quality", ABOUT, sections(rows, kept), options.write)


if __name__ == "__main__":
    main()
