"""The elbow beside separate fits: what it costs, and how near its inertias are.

    python benchmarks/elbow.py FOLDER_OR_PICTURE... [--every N]

For each picture and effort: the time of `elbow` for k = 1 to 20 over that of one `learn_palette` at k = 20 (both from a
decoded array, two threads, the best of three), and of the twenty inertias those more than 0.5 % above a separate fit.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

import huepress
from published import markdown, parser_of, pixels_of, publish

ABOUT = """
What the inertias for all of k = 1 to 20 cost, in fits at k = 20, and how near they are to twenty separate fits of the
same effort: "worst k" is the one furthest above. Fits and elbow start from a decoded array and use two threads; each
time is the least of three. A search in "fast" is short and ends where chance has it, so its separate fits differ more.
"""
HEAD = ("picture", "cost in fits at k = 20", "worst k", "k above 0.5 %")
KS = range(1, 21)
NEAR = 0.005
PICTURES = {".png", ".jpg", ".ppm", ".webp"}


def timed(work):
    """Seconds, the least of three, and the result."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def measured(pixels, effort):
    """Cost in fits at k = 20, and the excess of each k's inertia over that of a fit of its own."""
    together, curve = timed(lambda: huepress.elbow(pixels, ks=KS, effort=effort, threads=2))
    alone, _ = timed(lambda: huepress.learn_palette(pixels, KS[-1], effort=effort, threads=2))
    fits = np.array([huepress.learn_palette(pixels, k, effort=effort, threads=2).inertia for k in KS])
    return together / alone, np.where(fits > 0, curve.inertias / np.maximum(fits, 1e-9) - 1, 0)


def pictures(paths, every):
    """The files named, and every so many-th picture of the folders."""
    for path in paths:
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES) if path.is_dir() else [path]
        yield from found[:: every if path.is_dir() else 1]


def row(name, costs, excesses):
    """The cost, in the median of pictures, and of all their k the worst and how many are not near."""
    return name, f"{statistics.median(costs):.2f}", f"{excesses.max():+.2%}", np.sum(excesses > NEAR)


def section(paths, effort):
    """The table of an effort: a line for each picture, and the whole."""
    rows, costs, excesses = [], [], []
    for path in paths:
        cost, excess = measured(pixels_of(path), effort)
        costs.append(cost)
        excesses.append(excess)
        rows.append(row(path.name, [cost], excess))
        print(effort, *rows[-1], file=sys.stderr)
    every = np.concatenate(excesses)
    whole = f"{np.mean(every > NEAR):.1%} of all k are above {NEAR:.1%}; the mean is {every.mean():+.3%}."
    return f"## {effort}\n\n{markdown(HEAD, [*rows, row(f'**{len(rows)} pictures**', costs, every)])}\n\n{whole}"


def main():
    """Print the table of each effort; with --write, publish them."""
    parser = parser_of(__doc__)
    parser.add_argument("paths", type=Path, nargs="+", metavar="FOLDER_OR_PICTURE")
    parser.add_argument("--every", type=int, default=1, help="of a folder, every so many-th picture")
    options = parser.parse_args()
    paths = list(pictures(options.paths, options.every))
    body = "\n\n".join(section(paths, effort) for effort in ("fast", "balanced"))
    publish("The elbow beside separate fits", ABOUT, body, options.write)


if __name__ == "__main__":
    main()
