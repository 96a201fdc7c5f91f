"""What counting the colours of a picture and mapping its pixels cost, beside NumPy's look-up in a table.

    python benchmarks/counting.py [PICTURE ...]

The look-up is table[keys] with a table of 2^24 bytes that are not all alike and the picture's colours as keys
r << 16 | g << 8 | b, made before: as int64, which NumPy takes as they are, and as uint32, which it converts. Without a
picture: the demo's photograph.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from huepress import Histogram
from huepress.mapping import map_picture
from published import markdown, parser_of, photograph, pixels_of, publish

ABOUT = """
From decoded array to the histogram of all its colours, and from a label for each colour to the indices, on one core and
on two, beside NumPy's table[keys] with the same pixels' keys at hand. The least of 15 runs. "Pictures in the time of
one" says what a second thread brings, and what a second process would: two threads count into tables of their own, of
which each has to fetch what it takes over from the core of the other, and each lists all labels before it maps. That
grows with the colours, not with the pixels, so it shows in small pictures of many colours.
"""
HEAD = ("what", "ms a picture", "of table[int64 keys]", "of table[uint32 keys]", "pictures in the time of one")
REPEATS = 15

Pixels = NDArray[np.uint8]


def best_of(work: Callable[[], object]) -> float:
    """The least seconds of some repeats: what the work costs when nothing disturbs it."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def table_lookup(pixels: Pixels, dtype: DTypeLike) -> float:
    red, green, blue = (pixels[..., channel].reshape(-1).astype(dtype) for channel in range(3))
    keys = red << 16 | green << 8 | blue
    table = np.random.default_rng(0).integers(0, 256, 1 << 24, np.uint8)
    return best_of(lambda: table[keys])


def counting(pixels: Pixels, threads: int) -> float:
    return best_of(lambda: Histogram.of_pixels(pixels, threads=threads))


def mapping(pixels: Pixels, threads: int) -> float:
    histogram = Histogram.of_pixels(pixels)
    labels = np.random.default_rng(0).integers(0, 256, len(histogram), np.uint8)
    return best_of(lambda: map_picture(pixels, histogram, labels, threads))


def in_a_process(path: Path, ready: object, results: object) -> None:
    pixels = pixels_of(path)
    ready.wait()
    results.put((counting(pixels, 1), mapping(pixels, 1)))


def two_processes(path: Path) -> tuple[float, float]:
    """Seconds a picture in each of two processes that work at the same time."""
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(2), spawn.Queue()
    workers = [spawn.Process(target=in_a_process, args=(path, ready, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return statistics.mean(one[0] for one in found), statistics.mean(one[1] for one in found)


def rows(path: Path) -> Iterator[tuple[str, ...]]:
    pixels = pixels_of(path)
    lookups = [table_lookup(pixels, dtype) for dtype in (np.int64, np.uint32)]
    one, two = ((counting(pixels, threads), mapping(pixels, threads)) for threads in (1, 2))
    timings = [
        ("table[keys], int64", lookups[0], None),
        ("table[keys], uint32", lookups[1], None),
        ("counting, 1 thread", one[0], None),
        ("mapping, 1 thread", one[1], None),
        ("both, 1 thread", sum(one), None),
        ("both, 2 threads", sum(two), sum(one) / sum(two)),
    ]
    together = sum(two_processes(path))
    timings.append(("both, in each of two processes at once", together, 2 * sum(one) / together))
    for name, seconds, gain in timings:
        times = [f"{seconds / lookup:.2f}" for lookup in lookups]
        yield name, f"{seconds * 1000:.2f}", *times, "" if gain is None else f"{gain:.2f}"


def tables(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        megapixels = pixels_of(path).size / 3e6
        yield f"## {path.name}, {megapixels:.2f} megapixels\n\n{markdown(HEAD, rows(path))}"


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, metavar="PICTURE")
    options = parser.parse_args()
    publish("Counting and mapping", ABOUT, "\n\n".join(tables(options.pictures or [photograph()])), options.write)


if __name__ == "__main__":
    main()
