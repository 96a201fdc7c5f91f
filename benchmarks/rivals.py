"""Other K-means and palettes, each from an array (H, W, 3) to an indexed picture: (H, W) indices and (k, 3) colours.

Each takes pixels, k and a seed, and returns the seconds of its own work with the result.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import quantize
from peers import environment

Pixels = NDArray[np.uint8]
Indexed = tuple[float, Pixels, Pixels]  # seconds, indices, colors
Method = Callable[[Pixels, int, int], Indexed]

IMAGEQUANT_VERSION = "1.1.5"
IMAGEQUANT = """
import sys, time
import imagequant, numpy
pixels = numpy.load(sys.argv[1])
height, width, _ = pixels.shape
data = pixels.tobytes()
start = time.perf_counter()
indices, palette = imagequant.quantize_raw_rgba_bytes(data, width, height, 0.0, int(sys.argv[2]))
seconds = time.perf_counter() - start
numpy.savez(sys.argv[3], seconds=seconds, indices=numpy.frombuffer(indices, numpy.uint8).reshape(height, width),
            colors=numpy.array(palette, numpy.uint8).reshape(-1, 4)[:, :3])
"""


def huepress(effort: str, threads: int) -> Method:
    def run(pixels: Pixels, k: int, seed: int) -> Indexed:
        start = time.perf_counter()
        found = quantize(pixels, k=k, effort=effort, seed=seed, threads=threads)
        return time.perf_counter() - start, found.indices, found.palette.colors

    return run


def scikit_learn(max_iter: int) -> Method:
    """On float32, where it is faster than on float64."""
    from sklearn.cluster import KMeans

    def run(pixels: Pixels, k: int, seed: int) -> Indexed:
        start = time.perf_counter()
        found = KMeans(n_clusters=k, n_init=1, max_iter=max_iter, random_state=seed).fit(_rows(pixels))
        return _indexed(start, pixels, found.labels_, found.cluster_centers_)

    return run


def opencv(threads: int) -> Method:
    """Up to 100 iterations from one start of k-means++."""
    import cv2

    cv2.setNumThreads(threads)

    def run(pixels: Pixels, k: int, seed: int) -> Indexed:
        cv2.setRNGSeed(seed)
        start = time.perf_counter()
        stop = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 100, 0.1
        _, labels, centers = cv2.kmeans(_rows(pixels), k, None, stop, 1, cv2.KMEANS_PP_CENTERS)
        return _indexed(start, pixels, labels, centers)

    return run


def faiss(threads: int) -> Method:
    """On all points, 50 iterations."""
    import faiss

    faiss.omp_set_num_threads(threads)

    def run(pixels: Pixels, k: int, seed: int) -> Indexed:
        start = time.perf_counter()
        rows = _rows(pixels)
        found = faiss.Kmeans(3, k, niter=50, seed=seed, max_points_per_centroid=len(rows))
        found.train(rows)
        return _indexed(start, pixels, found.index.search(rows, 1)[1], found.centroids)

    return run


def pillow(pixels: Pixels, k: int, seed: int) -> Indexed:  # noqa: ARG001 - it takes no seed
    """Median cut, then its K-means until nothing changes."""
    start = time.perf_counter()
    method, dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    found = Image.fromarray(pixels).quantize(k, method=method, kmeans=1, dither=dither)
    indices = np.asarray(found)
    seconds = time.perf_counter() - start
    return seconds, indices, np.array(found.getpalette(), np.uint8).reshape(-1, 3)


def imagequant(folder: Path) -> Method:
    """At its default speed (4), not dithered; in a child process, from an environment of its own."""
    python = environment(folder, [f"imagequant=={IMAGEQUANT_VERSION}", "numpy"])

    def run(pixels: Pixels, k: int, seed: int) -> Indexed:  # noqa: ARG001 - it takes no seed
        with tempfile.TemporaryDirectory() as scratch:
            source, result = Path(scratch) / "pixels.npy", Path(scratch) / "result.npz"
            np.save(source, np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]))
            subprocess.run([python, "-c", IMAGEQUANT, source, str(k), result], check=True, stdout=sys.stderr)
            with np.load(result) as found:
                return float(found["seconds"]), found["indices"], found["colors"]

    return run


def _rows(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.reshape(-1, 3).astype(np.float32)


def _indexed(start: float, pixels: Pixels, labels: NDArray, centers: NDArray) -> Indexed:
    indices = labels.reshape(pixels.shape[:2]).astype(np.uint8)
    colors = np.clip(np.rint(centers), 0, 255).astype(np.uint8)
    return time.perf_counter() - start, indices, colors
