"""Time and memory of a huge picture: one command, one page.

    python benchmarks/huge.py [--gigapixels 10] [--stored 1] [--only PART] [--work FOLDER] [--write PAGE]

"memory": a picture of so many gigapixels is pressed that is made as it is read. "time": a smaller one is stored as a
Zarr array and pressed; what it takes is compared with reading all chunks twice and packing and writing as many indices,
with no count and no map between. That is done before and after, and the mean of both taken, as the system writes what
was made to the disk meanwhile.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress import huge, quantize
from huepress._native import usable_cpus
from huepress.huge.grid import Chunk, Grid
from huepress.huge.press import mapped_ahead, tiles_of
from huepress.huge.tiff import TiffSink
from huepress.tasks import Tasks
from published import markdown, parser_of, publish, sections

SIDE = 2048
K = 64
ABOUT = """
A photograph again and again, each time with other offsets added to its channels, so that new colours keep coming, in
chunks of 2048 x 2048 pixels; pressed to a tiled BigTIFF of 64 colours ("fast", two passes, all processors). The peak is
that of the whole process, Python and libraries included.
"""


class Made:
    """A picture that is made chunk by chunk."""

    name = "made"

    def __init__(self, gigapixels: float) -> None:
        across = max(1, round((gigapixels * 1e9) ** 0.5 / SIDE))
        self.grid = Grid(across * SIDE, across * SIDE, SIDE, SIDE)
        self._photograph = photograph()

    def read(self, chunk: Chunk) -> NDArray[np.uint8]:
        """The photograph, a little brighter in each channel."""
        offsets = np.random.default_rng(chunk.place).integers(0, 64, 3)
        return self._photograph + offsets.astype(np.uint8)


def photograph() -> NDArray[np.uint8]:
    """scikit-learn's photograph at half of its brightness, mirrored until it fills a chunk, with a little noise."""
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image("china.jpg")[:400, :640] // 2
    pixels = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    pixels = np.concatenate([pixels, pixels[::-1]], axis=0)
    tiled = np.tile(pixels, (SIDE // 800 + 1, SIDE // 1280 + 1, 1))[:SIDE, :SIDE]
    return tiled + np.random.default_rng(0).integers(0, 4, tiled.shape).astype(np.uint8)


def stored(picture: Made, path: Path) -> None:
    """Write the picture to a Zarr array of its chunks."""
    import zarr

    grid = picture.grid
    shape = (grid.height, grid.width, 3)
    array = zarr.open_array(str(path), mode="w", shape=shape, chunks=(SIDE, SIDE, 3), dtype="uint8")
    for chunk in grid.chunks():
        array[chunk.rows, chunk.columns] = picture.read(chunk)


def seconds_without(picture: huge.HugePicture, output: Path, k: int) -> float:
    """Seconds to read all chunks twice and to write indices: those of the first chunk again and again."""
    grid, threads = picture.grid, usable_cpus()
    first = quantize(picture.read(next(iter(grid.chunks()))), k=k, effort="fast")
    sample = first.indices

    def read(chunk: Chunk) -> tuple[Chunk, NDArray[np.uint8]]:
        picture.read(chunk)
        return chunk, sample[: chunk.shape[0], : chunk.shape[1]]

    start = time.perf_counter()
    with Tasks(threads) as tasks:
        for _ in mapped_ahead(tasks, read, grid.chunks(), 2 * threads):
            pass
        sink = TiffSink(output, (grid.height, grid.width), first.palette)
        tiles = tiles_of(grid, mapped_ahead(tasks, read, grid.chunks(), 2 * threads), sink.tile)
        sink.write(mapped_ahead(tasks, lambda tile: sink.packed(*tile), tiles, 8 * threads))
    seconds = time.perf_counter() - start
    output.unlink()
    return seconds


def pressed(picture: huge.HugePicture, output: Path) -> tuple[float, float, str]:
    """Seconds until the palette is learnt, seconds in all, and what came of it."""
    start, passes = time.perf_counter(), {}

    def watch(doing: str, *_: int) -> None:
        passes.setdefault(doing, time.perf_counter() - start)

    result = huge.press(picture, output, k=K, effort="fast", progress=watch)
    seconds = time.perf_counter() - start
    size = output.stat().st_size
    output.unlink()
    return passes["mapping"], seconds, f"{len(result.palette)} colours, MSE {result.mse:.1f}, {size / 1e9:.2f} GB"


def size_of(picture: huge.HugePicture) -> str:
    """Width and height."""
    return f"{picture.grid.width:,} x {picture.grid.height:,}"


def memory(gigapixels: float, folder: Path) -> str:
    """The peak of a picture that is made as it is read."""
    picture = Made(gigapixels)
    counted, seconds, told = pressed(picture, folder / "made.tif")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    row = (size_of(picture), f"{counted:.0f} s", f"{seconds:.0f} s", f"{peak:.2f} GB")
    head = ("pixels", "counted and learnt after", "written after", "peak of memory")
    return f"{markdown(head, [row])}\n\nThe result: {told}."


def time_beside_reading(gigapixels: float, folder: Path) -> str:
    """Seconds for a stored picture, against reading and writing alone."""
    stored(Made(gigapixels), folder / "picture.zarr")
    with huge.open_huge(folder / "picture.zarr") as picture:
        before = seconds_without(picture, folder / "without.tif", K)
        counted, seconds, told = pressed(picture, folder / "out.tif")
        after = seconds_without(picture, folder / "without.tif", K)
        size = size_of(picture)
    alone = (before + after) / 2
    rows = [
        ("reading twice, packing and writing alone", f"{alone:.1f} ({before:.1f} before, {after:.1f} after)", "1"),
        ("with counting, learning and mapping", f"{seconds:.1f}", f"{seconds / alone:.2f}"),
    ]
    return f"{markdown((size, 'seconds', 'ratio'), rows)}\n\nThe palette was there after {counted:.1f} s: {told}."


def main() -> None:
    """Print the tables; with --write, publish them."""
    parser = parser_of(__doc__)
    parser.add_argument("--gigapixels", type=float, default=10, help="of the picture that is made as it is read")
    parser.add_argument("--stored", type=float, default=1, help="gigapixels of the picture in a Zarr array")
    parser.add_argument("--only", choices=["memory", "time"], action="append")
    parser.add_argument(
        "--work", type=Path, help="a folder for the picture and the results, by default a temporary one"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as name:
        parts: dict[str, tuple[str, Callable[[], str]]] = {
            "memory": ("Memory", lambda: memory(options.gigapixels, Path(name))),
            "time": ("Time", lambda: time_beside_reading(options.stored, Path(name))),
        }
        body = sections(parts, options.only)
    publish("Huge pictures", ABOUT, body, options.write)


if __name__ == "__main__":
    main()
