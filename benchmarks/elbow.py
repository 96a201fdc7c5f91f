"""The elbow beside separate fits: what it costs, and how near its inertias are.

    python benchmarks/elbow.py FOLDER_OR_PICTURE... [--every N]

For each picture and effort: the time of `elbow` for k = 1 to 20 over that of one `learn_palette` at k = 20 (both from a
decoded array, two threads, the best of three), and of the twenty inertias those more than 0.5 % above a separate fit.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image

import huepress

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


def main():
    """Print a line for each picture, and the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="of a folder, every so many-th picture")
    options = parser.parse_args()
    print("| effort | picture | cost in fits at k = 20 | worst k | above 0.5 % |\n| --- | --- | ---: | ---: | ---: |")
    for effort in ("fast", "balanced"):
        costs, excesses = [], []
        for path in pictures(options.paths, options.every):
            with Image.open(path) as image:
                cost, excess = measured(np.ascontiguousarray(image.convert("RGB")), effort)
            costs.append(cost)
            excesses.append(excess)
            print(
                f"| {effort} | {path.name} | {cost:.2f} | {excess.max():+.2%} | {np.sum(excess > NEAR)} |", flush=True
            )
        every = np.concatenate(excesses)
        print(
            f"| {effort} | **{len(costs)} pictures** | {statistics.median(costs):.2f} in the median |"
            f" {every.max():+.2%} | {np.mean(every > NEAR):.1%} of all k; mean {every.mean():+.3%} |"
        )


if __name__ == "__main__":
    main()
