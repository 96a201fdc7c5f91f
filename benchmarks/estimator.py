"""The scikit-learn cells of the original notebook, with sklearn.cluster.KMeans and with huepress.KMeans.

Each cell is run three times with either, in turn; the least time counts.

python benchmarks/estimator.py PICTURE
"""

import sys
import time

import numpy as np
from PIL import Image
from sklearn.cluster import KMeans as Theirs

from huepress import KMeans as Ours

CELLS = {"K = 3": [3], "K = 10": [10], "K = 20": [20], "elbow, K = 1..10": range(1, 11)}
RUNS = 3


def run(kind, pixels, ks):
    """Seconds taken, and the inertia for each k."""
    start = time.perf_counter()
    inertia = [kind(n_clusters=k, random_state=0).fit(pixels).inertia_ for k in ks]
    return time.perf_counter() - start, inertia


def compare(pixels, ks):
    """The least seconds of either, and the largest ratio of inertia."""
    pairs = [(run(Theirs, pixels, ks), run(Ours, pixels, ks)) for _ in range(RUNS)]
    theirs, ours = (min(pair[side] for pair in pairs) for side in (0, 1))
    return theirs[0], ours[0], max(np.divide(ours[1], theirs[1]))


def main():
    picture = np.asarray(Image.open(sys.argv[1]).convert("RGBA"))
    print(f"{'cell':24}{'scikit-learn':>14}{'huepress':>12}{'times faster':>14}{'inertia, ratio':>16}")
    for channels in (3, 4):
        pixels = picture[..., :channels].reshape(-1, channels)
        for cell, ks in CELLS.items():
            theirs, ours, worst = compare(pixels, ks)
            name = f"{'RGBA'[:channels]}, {cell}"
            print(f"{name:24}{theirs:12.3f} s{ours:10.3f} s{theirs / ours:14.1f}{worst:16.6f}", flush=True)


if __name__ == "__main__":
    main()
