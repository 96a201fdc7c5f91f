"""Two passes over a huge picture: count its colours; map its pixels and write them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from huepress import _native, color
from huepress.chunked import is_zarr
from huepress.color_quantization import quantize_colors
from huepress.errors import ReadError
from huepress.files import staged
from huepress.histogram import Histogram
from huepress.huge.grid import Chunk, Grid
from huepress.huge.lookup import Lookup
from huepress.huge.picture import HugePicture, open_huge
from huepress.huge.tiff import TiffSink
from huepress.huge.zarrs import ZarrSink, check_replaceable
from huepress.kmeans import Effort
from huepress.learn import check_k
from huepress.palette import Palette
from huepress.parts import label_counts
from huepress.quantization import DEFAULT_K, as_palette, check_given_palette
from huepress.space import SpaceName
from huepress.tally import total
from huepress.tasks import Item, Made, Task, Tasks

Progress = Callable[[str, int, int], Any]  # what is done, pixels so far, all pixels

_AHEAD: Final = 2  # tasks for each thread


@dataclass(frozen=True)
class Pressed:
    """What was written.

    Attributes:
        palette: as of an `IndexedPicture`.
        size: height and width in pixels.
        mse: as of an `IndexedPicture`.
        inertia: as of an `IndexedPicture`.
        n_iter: as of an `IndexedPicture`.

    """

    palette: Palette
    size: tuple[int, int]
    mse: float
    inertia: float
    n_iter: int

    @property
    def psnr(self) -> float:
        """10 log10(3 * 255^2 / MSE) in dB; infinite for an exact copy."""
        return color.psnr(self.mse)


def count(picture: HugePicture, *, threads: int | None = None, progress: Progress | None = None) -> Histogram:
    """The histogram of a huge picture; each chunk is read once.

    Args:
        picture: what gives chunks, as `open_huge` does.
        threads: number of chunks at a time, by default the usable processors; changes no result.
        progress: is told what is done, how many pixels so far, and of how many.

    Raises:
        ReadError: a chunk cannot be read.

    """
    threads = _native.check_threads(threads)

    def counted(chunk: Chunk) -> Histogram:
        return Histogram.of_pixels(picture.read(chunk), threads=1)

    with Tasks(threads) as tasks:
        chunks = _watched(picture, "counting", progress)
        return total(mapped_ahead(tasks, counted, chunks, _AHEAD * threads))


def press(
    source: str | PathLike[str] | HugePicture,
    output: str | PathLike[str],
    *,
    k: int | None = None,
    effort: Effort = "balanced",
    space: SpaceName = "srgb",
    dither: float = 0.0,
    palette: Palette | str | Path | None = None,
    fixed: Iterable[Any] | None = None,
    seed: int = 0,
    threads: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Pressed:
    """Write a huge picture with only k colours; the indices are those of `quantize` with the same options.

    Args:
        source: a TIFF or BigTIFF file, a Zarr array (H, W[, 1..4]) of uint8, uint16, bool or float in 0..1, or what
            gives chunks as a `HugePicture`.
        output: a palette BigTIFF (.tif), tiled and deflated, or a Zarr array (.zarr) of indices with the attribute
            `palette`; written whole or not at all.
        k: number of colours, 1..256, by default 16.
        effort: how long to search for a better palette, "fast", "balanced" or "best".
        space: "srgb" or "oklab", where K-means takes its distances.
        palette: a Palette or palette file to map to; not together with k or fixed.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        seed: of the search.
        dither: must be 0, as a chunk does not know the errors of its neighbours.
        threads: number of chunks at a time, by default the usable processors; changes no result.
        force: replace the output if it is there.
        progress: is told what is done, how many pixels so far, and of how many.

    Raises:
        ReadError: the source or one of its chunks cannot be read.
        WriteError: the output cannot be written.
        ValueError, TypeError: an option is out of its range, or a TIFF file would need transparency, which it has not.

    """
    check_given_palette(palette, k, fixed)
    threads, k = _native.check_threads(threads), check_k(DEFAULT_K if k is None else k)
    if dither:
        raise ValueError(f"dither {dither:g} passes errors on from pixel to pixel, but chunks are mapped one by one")
    folder = is_zarr(output)
    if folder and force:
        check_replaceable(output)
    path = source if isinstance(source, str | PathLike) else None
    with (
        staged(output, source=path, force=force, folder=folder) as target,
        open_huge(path) if path is not None else nullcontext(cast("HugePicture", source)) as picture,
    ):
        histogram = count(picture, threads=threads, progress=progress)
        colors, found, inertia, n_iter = quantize_colors(
            histogram, k=k, effort=effort, space=space, palette=None if palette is None else as_palette(palette),
            fixed=fixed, seed=seed, threads=threads,
        )  # fmt: skip
        if colors.has_alpha and not folder:
            raise ValueError(f"{fspath(output)}: a palette TIFF has no transparency, and this palette has: write .zarr")
        error, size = found.error / histogram.pixels, (picture.grid.height, picture.grid.width)
        lookup = Lookup(histogram, found.labels)
        del histogram, found
        sink = (ZarrSink if folder else TiffSink)(target, size, colors)
        counts = _map(picture, lookup, sink, threads, progress)
        if not np.array_equal(counts[: len(colors)], colors.counts):
            raise ReadError(f"{picture.name}: was changed while it was read")
    return Pressed(colors, size, error, inertia, n_iter)


def _map(picture: HugePicture, lookup: Lookup, sink: Any, threads: int, progress: Progress | None) -> NDArray[np.int64]:
    """Write the indices; returns (256,) how often each occurs."""
    counts, lock = np.zeros(256, np.int64), Lock()

    def mapped(chunk: Chunk) -> tuple[Chunk, NDArray[np.uint8]]:
        indices = lookup.indices(picture.read(chunk))
        found = label_counts(indices, 256)
        with lock:
            np.add(counts, found, out=counts)
        return chunk, indices

    def packed(tile: tuple[tuple[int, int], NDArray[np.uint8]]) -> Any:
        return sink.packed(*tile)

    with Tasks(threads) as tasks:
        chunks = _watched(picture, "mapping", progress)
        indices = mapped_ahead(tasks, mapped, chunks, _AHEAD * threads)
        sink.write(mapped_ahead(tasks, packed, tiles_of(picture.grid, indices, sink.tile), 4 * _AHEAD * threads))
    return counts


def tiles_of(
    grid: Grid, chunks: Iterable[tuple[Chunk, NDArray[np.uint8]]], side: int
) -> Iterator[tuple[tuple[int, int], NDArray[np.uint8]]]:
    """Square tiles, row by row, from chunks of another shape: a band of rows is held, and what is left over of it."""
    top = 0
    rest = np.empty((0, grid.width), np.uint8)
    band = rest
    for chunk, indices in chunks:
        if chunk.columns.start == 0:
            band = np.empty((len(rest) + chunk.shape[0], grid.width), np.uint8)
            band[: len(rest)] = rest
        band[len(rest) :, chunk.columns] = indices
        if chunk.columns.stop < grid.width:
            continue
        is_last = chunk.rows.stop == grid.height
        whole = len(band) if is_last else len(band) // side * side
        for first in range(0, whole, side):
            for left in range(0, grid.width, side):
                yield (top, left // side), band[first : min(first + side, whole), left : left + side]
            top += 1
        rest = band[whole:].copy()


def _watched(picture: HugePicture, doing: str, progress: Progress | None) -> Iterator[Chunk]:
    """The chunks; tells as they are taken."""
    total, done = picture.grid.height * picture.grid.width, 0
    for chunk in picture.grid.chunks():
        if progress:
            progress(doing, done, total)
        yield chunk
        done += chunk.pixels


def mapped_ahead(tasks: Tasks, function: Callable[[Item], Made], items: Iterable[Item], ahead: int) -> Iterator[Made]:
    """The function of each item, in order; no more than `ahead` of them are under way or waiting."""
    waiting: deque[Task[Made]] = deque()
    for item in items:
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
        waiting.append(tasks.begin(partial(function, item)))
    while waiting:
        yield waiting.popleft().result()
