"""Plain K-means from animation to indexed animation: one palette for all frames, every pixel its nearest colour."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress.animation.animation import Animation, unchanged_pixels
from huepress.animation.indexed import IndexedAnimation
from huepress.color_quantization import quantize_colors
from huepress.dither import diffuse
from huepress.histogram import Histogram
from huepress.indexed_error import indexed_mse
from huepress.iteration import Callback
from huepress.kmeans import Effort
from huepress.mapping import Labels, map_picture
from huepress.palette import Palette
from huepress.parts import label_counts, looked_up
from huepress.scene import without_translucency
from huepress.space import SpaceName


def quantize_animation(
    animation: Animation,
    *,
    k: int,
    effort: Effort,
    space: SpaceName,
    dither: float,
    palette: Palette | None,
    fixed: list[Any],
    weights: ArrayLike | None,
    seed: int,
    threads: int,
    callback: Callback | None,
) -> IndexedAnimation:
    """As `huepress.quantize`, of all frames; a pixel of each frame counts once, as it is seen.

    With dither, a pixel that does not change in the source keeps its index.
    """
    histogram = Histogram.sum(
        Histogram.of_pixels(pixels, weights=weights, threads=threads) for pixels in animation.frames()
    )
    colors, found, inertia, iterations = quantize_colors(
        histogram, k=k, effort=effort, space=space, palette=palette, fixed=fixed, seed=seed, threads=threads,
        callback=callback,
    )  # fmt: skip
    mapper = _Mapper(animation, histogram, colors, found, dither, threads)
    counts, error = (found.counts, found.error / histogram.pixels) if not dither else mapper.measured()
    return IndexedAnimation(Palette(colors.colors, counts), animation, error, inertia, iterations, mapper.indices)


def frames_shown_by_gif(indexed: IndexedAnimation, threads: int) -> IndexedAnimation:
    """What a GIF shows of an indexed animation, as it has no partial transparency, with the error of that."""
    shown = without_translucency(indexed.palette.rgba)
    if np.array_equal(shown, indexed.palette.rgba):
        return indexed
    colors, entries = np.unique(shown, axis=0, return_inverse=True)
    table = entries.reshape(-1).astype(np.uint8)
    palette = Palette(colors, np.bincount(table, indexed.palette.counts).astype(np.int64))

    def indices() -> Iterator[NDArray[np.uint8]]:
        return (looked_up(table, frame) for frame in indexed.indices())

    pairs = zip(indexed.source.frames(), indices(), strict=True)
    error = sum(indexed_mse(pixels, palette, frame, threads) for pixels, frame in pairs) / len(indexed)
    return replace(indexed, palette=palette, mse=error, _map=indices)


class _Mapper:
    """Maps the frames of an animation by the labels of its colours."""

    def __init__(
        self, animation: Animation, histogram: Histogram, palette: Palette, found: Labels, dither: float, threads: int
    ) -> None:
        self._animation, self._histogram, self._palette = animation, histogram, palette
        self._found, self._dither, self._threads = found, dither, threads

    def indices(self) -> Iterator[NDArray[np.uint8]]:
        """(H, W) of each frame."""
        for _, indices in self._mapped():
            yield indices

    def measured(self) -> tuple[NDArray[np.int64], float]:
        """Pixels of each entry and the mean squared error, of what is mapped."""
        counts, error = np.zeros(len(self._palette), np.int64), 0.0
        for pixels, indices in self._mapped():
            counts += label_counts(indices, len(counts))
            error += indexed_mse(pixels, self._palette, indices, self._threads)
        return counts, error / len(self._animation)

    def _mapped(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        before: NDArray[np.uint8] | None = None
        for pixels, unchanged in unchanged_pixels(self._animation.frames()):
            indices = map_picture(pixels, self._histogram, self._found.labels, self._threads)
            if self._dither:
                indices = diffuse(pixels, self._palette, indices, self._dither)
                before = indices if before is None else np.where(unchanged, before, indices)
                indices = before
            yield pixels, indices
