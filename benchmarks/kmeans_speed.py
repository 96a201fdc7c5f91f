"""How fast K-means is, from decoded array to indexed picture, beside others in the same run.

    python benchmarks/kmeans_speed.py [PICTURE ...] [--k 10,20,64,256] [--megapixels 0.1,0.5,2]

Without a picture: the demo's photograph. huepress, scikit-learn, OpenCV and faiss use --threads threads; Pillow and
imagequant are what they are. Those that take a seed run with seeds 0, 1, 2: the medians of seconds and MSE are
printed. MSE is of the 8-bit palette, per pixel, summed over R, G and B. Then: the first picture in other sizes, at the
first K, and a picture of 64 x 64 pixels at K = 16. What takes less than a second is run again until it has taken one,
25 times at most, and its median counts. Counting and mapping alone: counting.py.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

import rivals
from published import markdown, numbers, parser_of, photograph, pixels_of, publish

NAMES = ("scikit-learn", "opencv", "faiss", "pillow", "imagequant")
UNSEEDED = ("pillow", "imagequant")
BASES = ("scikit-learn", "imagequant")  # whose seconds are divided by the others'
SHORT, MOST_RUNS = 1.0, 25  # seconds
HEAD = ("method", "K", "seconds", "times faster than scikit-learn", "than imagequant", "MSE")
ABOUT = """
From decoded array to indexed picture, in one run. MSE is of the 8-bit palette, per pixel, summed over R, G and B;
seconds and MSE are medians over the seeds 0, 1 and 2 (or as many as the command says) for those that take a seed.
"Times faster than scikit-learn" is scikit-learn's seconds divided by the row's. imagequant (GPL) runs in a child
process, which tells the seconds of its own work; it does not dither here, and does not aim at MSE. What takes less than
a second is run again until it has taken one, 25 times at most, and its median counts.
"""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Timing:
    """A method on a picture at one K."""

    name: str
    seconds: float
    mse: float


def mean_square(pixels: Pixels, indices: Pixels, colors: Pixels) -> float:
    """MSE, some rows at a time: a large picture's differences would not fit the memory."""
    total = 0
    for rows in np.array_split(np.arange(len(pixels)), max(1, pixels.size >> 24)):
        difference = pixels[rows].astype(np.int32) - colors[indices[rows]]
        total += int((difference * difference).sum(dtype=np.int64))
    return total / indices.size


def repeated(method: Callable, pixels: Pixels, k: int, seed: int) -> rivals.Indexed:
    """A run, or the median of some that take a second together: a single short one is up to what else goes on."""
    first, *result = method(pixels, k, seed)
    seconds = [first]
    while len(seconds) < MOST_RUNS and sum(seconds) < SHORT:
        seconds.append(method(pixels, k, seed)[0])  # results held would make each run take new memory
    return statistics.median(seconds), *result


def timed(name: str, method: Callable, pixels: Pixels, k: int, seeds: range) -> Timing:
    runs = [repeated(method, pixels, k, seed) for seed in seeds]
    errors = [mean_square(pixels, indices, colors) for _, indices, colors in runs]
    return Timing(name, statistics.median(run[0] for run in runs), statistics.median(errors))


def methods(options: argparse.Namespace) -> dict[str, Callable]:
    """By name; huepress first."""
    makers = {
        "scikit-learn": lambda: rivals.scikit_learn(options.max_iter),
        "opencv": lambda: rivals.opencv(options.threads),
        "faiss": lambda: rivals.faiss(options.threads),
        "pillow": lambda: rivals.pillow,
        "imagequant": lambda: rivals.imagequant(options.environment),
    }
    ours = {f"huepress {effort}": rivals.huepress(effort, options.threads) for effort in options.effort}
    return ours | {name: make() for name, make in makers.items() if name not in options.without}


def compare(pixels: Pixels, k: int, chosen: dict[str, Callable], seeds: range) -> Iterator[list[str]]:
    """The rows of a table."""
    found = []
    for name, method in chosen.items():
        found.append(timed(name, method, pixels, k, range(1) if name in UNSEEDED else seeds))
    theirs = {timing.name: timing.seconds for timing in found}
    for timing in found:
        times = [f"{theirs[name] / timing.seconds:.2f}" if name in theirs else "" for name in BASES]
        yield [timing.name, str(k), f"{timing.seconds:.4f}", *times, f"{timing.mse:.2f}"]


def speed(path: Path, chosen: dict[str, Callable], options: argparse.Namespace) -> str:
    pixels = pixels_of(path)
    rows = [row for k in options.k for row in compare(pixels, k, chosen, options.seeds)]
    megapixels = pixels.shape[0] * pixels.shape[1] / 1e6
    return f"## {path.name}, {megapixels:.2f} megapixels\n\n{markdown(HEAD, rows)}"


def sizes(path: Path, chosen: dict[str, Callable], options: argparse.Namespace) -> str:
    """The picture in other sizes, at one K."""
    few = {name: method for name, method in chosen.items() if not name.startswith(("opencv", "faiss", "pillow"))}
    rows = []
    with Image.open(path) as image:
        full = image.convert("RGB")
    for megapixels in options.megapixels:
        scale = (megapixels * 1e6 / (full.width * full.height)) ** 0.5
        size = max(1, round(full.width * scale)), max(1, round(full.height * scale))
        pixels = np.asarray(full.resize(size, Image.Resampling.LANCZOS))
        rows += [[f"{megapixels:g}", *row] for row in compare(pixels, options.k[0], few, options.seeds)]
    return f"## {path.name} in other sizes\n\n{markdown(('megapixels', *HEAD), rows)}"


def icon(path: Path, chosen: dict[str, Callable], options: argparse.Namespace) -> str:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.LANCZOS))
    few = {name: method for name, method in chosen.items() if name.startswith(("huepress", "scikit"))}
    return f"## 64 x 64 pixels\n\n{markdown(HEAD, compare(pixels, 16, few, options.seeds))}"


def tables(options: argparse.Namespace) -> Iterator[str]:
    chosen = methods(options)
    few = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    with threadpool_limits(options.threads):  # of OpenMP and BLAS, which scikit-learn works with
        for method in chosen.values():
            method(few, 16, 0)  # what is loaded at the first call is not of the picture
        for path in options.pictures:
            yield speed(path, chosen, options)
        if options.megapixels:
            yield sizes(options.pictures[0], chosen, options)
            yield icon(options.pictures[0], chosen, options)


def megapixels(text: str) -> list[float]:
    """Numbers between commas; "none" is none."""
    return [] if text == "none" else [float(word) for word in text.split(",")]


def arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, metavar="PICTURE")
    parser.add_argument("--k", type=numbers, default="10,20,64,256")
    parser.add_argument("--megapixels", type=megapixels, default="0.05,0.5,2", help="none: no other sizes, no icon")
    parser.add_argument("--effort", type=lambda text: text.split(","), default="fast,balanced")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=lambda text: range(int(text)), default="3", help="how many seeds, from 0")
    parser.add_argument("--max-iter", type=int, default=300, help="of scikit-learn; 30 for large pictures")
    parser.add_argument("--without", type=lambda text: text.split(","), default="", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--environment", type=Path, default=Path(__file__).parent / ".peers" / "imagequant")
    parser.add_argument("--title", default="The speed of K-means", help="of the page")
    options = parser.parse_args()
    if unknown := set(options.without) - {"", *NAMES}:
        parser.error(f"--without takes some of {', '.join(NAMES)}, not {', '.join(sorted(unknown))}")
    options.pictures = options.pictures or [photograph()]
    return options


def main() -> None:
    options = arguments()
    publish(options.title, ABOUT, "\n\n".join(tables(options)), options.write)


if __name__ == "__main__":
    main()
