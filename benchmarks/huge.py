"""Time and memory of a huge picture: `python benchmarks/huge.py [--gigapixels 10] [--zarr FOLDER]`.

The picture is made as it is read: a photograph again and again, each time with other offsets added to its channels, so
that new colours keep coming. With --zarr it is written to a Zarr array first, and read from there. Compared is the time
to read all chunks twice and to pack and write as many indices, with no count and no map between; that is done before
and after, and the mean of both taken, as the system writes what was made to the disk meanwhile.
"""

import argparse
import contextlib
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress import huge, quantize
from huepress._native import usable_cpus
from huepress.huge.grid import Chunk, Grid
from huepress.huge.press import mapped_ahead, tiles_of
from huepress.huge.tiff import TiffSink

SIDE = 2048


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


@contextlib.contextmanager
def opened(picture: Made, folder: Path | None) -> Iterator[huge.HugePicture]:
    """The picture as it is, or as a Zarr array of its chunks."""
    if folder is None:
        yield picture
        return
    import zarr

    path, grid = folder / "picture.zarr", picture.grid
    shape = (grid.height, grid.width, 3)
    array = zarr.open_array(str(path), mode="w", shape=shape, chunks=(SIDE, SIDE, 3), dtype="uint8")
    for chunk in grid.chunks():
        array[chunk.rows, chunk.columns] = picture.read(chunk)
    with huge.open_huge(path) as stored:
        yield stored


def seconds_without(picture: huge.HugePicture, output: Path, k: int) -> float:
    """Seconds to read all chunks twice and to write indices: those of the first chunk again and again."""
    grid, threads = picture.grid, usable_cpus()
    first = quantize(picture.read(next(iter(grid.chunks()))), k=k, effort="fast")
    sample = first.indices

    def read(chunk: Chunk) -> tuple[Chunk, NDArray[np.uint8]]:
        picture.read(chunk)
        return chunk, sample[: chunk.shape[0], : chunk.shape[1]]

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in mapped_ahead(pool, read, grid.chunks(), 2 * threads):
            pass
        sink = TiffSink(output, (grid.height, grid.width), first.palette)
        tiles = tiles_of(grid, mapped_ahead(pool, read, grid.chunks(), 2 * threads), sink.tile)
        sink.write(mapped_ahead(pool, lambda tile: sink.packed(*tile), tiles, 8 * threads))
    seconds = time.perf_counter() - start
    output.unlink()
    return seconds


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigapixels", type=float, default=10)
    parser.add_argument("-k", type=int, default=64)
    parser.add_argument("--zarr", type=Path, help="a folder for the picture as a Zarr array")
    parser.add_argument("--output", type=Path, help="a folder for the results, by default a temporary one")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=arguments.output) as name,
        opened(Made(arguments.gigapixels), arguments.zarr) as picture,
    ):
        folder, grid = Path(name), picture.grid
        print(f"{grid.width} x {grid.height} pixels, {np.prod(grid.shape)} chunks", flush=True)
        without = seconds_without(picture, folder / "without.tif", arguments.k)
        start, passes = time.perf_counter(), {}

        def watch(doing: str, *_: int) -> None:
            passes.setdefault(doing, time.perf_counter() - start)

        pressed = huge.press(picture, folder / "out.tif", k=arguments.k, effort="fast", progress=watch)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        size = (folder / "out.tif").stat().st_size
        print(
            f"{len(pressed.palette)} colours, MSE {pressed.mse:.2f}, {size / 1e9:.2f} GB: {seconds:.1f} s "
            f"(count and learn {passes['mapping']:.1f} s), peak {memory:.2f} GB",
            flush=True,
        )
        (folder / "out.tif").unlink()
        after = seconds_without(picture, folder / "without.tif", arguments.k)
        print(
            f"reading twice and writing alone: {without:.1f} s before, {after:.1f} s after; "
            f"ratio {2 * seconds / (without + after):.2f}"
        )


if __name__ == "__main__":
    main()
