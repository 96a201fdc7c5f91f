"""huepress in a process that it does not own: many threads at once, and nothing of the process changed."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import huepress
from samples import blobs, gradient, saved

PICTURES = [blobs(seed=seed, alpha=seed % 2 == 1) for seed in range(6)] + [gradient(), blobs(40, 30, seed=9)]


def all_that_is_made(pixels):
    quantized = huepress.quantize(saved(pixels, "PNG"), k=12, threads=2)
    return quantized.encode("png"), huepress.compress(pixels, threads=2).data, huepress.compare(pixels, pixels // 2)


def test_eight_threads_at_once_make_the_bytes_of_one():
    alone = [all_that_is_made(pixels) for pixels in PICTURES]
    start = threading.Barrier(len(PICTURES))

    def together(pixels):
        start.wait()
        return all_that_is_made(pixels)

    with ThreadPoolExecutor(len(PICTURES)) as pool:
        assert list(pool.map(together, PICTURES)) == alone


UNCHANGED = """
import os, signal, sys, warnings, logging, locale, random
import numpy as np
from PIL import Image, ImageFile
import sklearn.cluster  # changes warnings and variables by itself

def state():
    return (dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM),
            list(warnings.filters), len(logging.root.handlers), locale.setlocale(locale.LC_ALL), random.getstate(),
            np.random.get_state()[1].tolist(), np.geterr(), Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES,
            sys.getrecursionlimit(), list(sys.path))

before = state()
import huepress
for name in huepress.__all__:
    getattr(huepress, name)
pixels = np.arange(3072, dtype=np.uint8).reshape(32, 32, 3)
data = huepress.quantize(pixels, k=9).encode("png")
huepress.compress(data)
huepress.KMeans(3).fit(pixels.reshape(-1, 3).astype(float))
assert state() == before
"""


def test_nothing_of_the_process_is_changed():
    done = subprocess.run([sys.executable, "-W", "error", "-c", UNCHANGED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
