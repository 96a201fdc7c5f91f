"""The colours of an animation as the rate-distortion optimised mapping sees them, and its frames, one at a time."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.animation import Animation, unchanged_pixels
from huepress.color_table import ColorTable
from huepress.histogram import Histogram
from huepress.learn import ColorPoints
from huepress.lossy import SPACE, Indices, Mapping, Scene, bands_of, lossless_statistics, power, without_translucency
from huepress.masking import masking_weights
from huepress.palette import Palette
from huepress.patch import Drawing, Wanted
from huepress.rate import Statistics

_SAMPLED_FRAMES: Final = 8  # enough for statistics


class AnimationScene(Scene):
    """An animation as the mapping sees it: its frames share one set of points.

    Attributes:
        histogram: of all frames; its weights are what a squared error counts, summed over the pixels of each colour.

    """

    def __init__(
        self, animation: Animation, importance: NDArray[np.float64] | None, k: int, fixed: NDArray[np.uint8],
        threads: int, *, binary: bool,
    ) -> None:  # fmt: skip
        """`binary`: pixels are opaque or transparent. `importance`: (H, W) of each pixel of each frame."""
        self.animation, self.threads, self._binary = animation, threads, binary
        self._importance = None if importance is None else (importance / importance.max()).astype(np.float32)
        self.histogram = Histogram.sum(self._weighed(pixels, unchanged) for pixels, unchanged in self._frames())
        alpha = self.histogram.has_alpha or (len(fixed) > 0 and fixed.shape[1] == 4)
        self._channels = 4 if alpha else 3
        self._coordinates = SPACE.points(self.histogram.keys, self._channels)
        weighted = self.histogram.weighing(np.maximum(power(self.sums), 1e-6))
        self.points = ColorPoints.of(weighted, SPACE, k, fixed, self._coordinates)
        self._rank = np.empty(len(self.histogram), np.uint32)
        self._rank[self.points.order] = np.arange(len(self.histogram), dtype=np.uint32)
        opaque = int(np.rint(SPACE.coordinates(np.full((1, 4), 255))[0, 3]))
        self.opaque = opaque if self.points.separate else -1

    @property
    def sums(self) -> NDArray[np.float64]:
        """(n,) what a squared error counts, summed over the pixels of each colour."""
        assert self.histogram.weights is not None
        return self.histogram.weights

    def _frames(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
        frames = self.animation.frames()
        return unchanged_pixels(map(self._as_written, frames))

    def _as_written(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return without_translucency(pixels) if self._binary and pixels.shape[2] == 4 else pixels

    def _weighed(self, pixels: NDArray[np.uint8], unchanged: NDArray[np.bool_]) -> Histogram:
        """The colours of a frame with their weights."""
        histogram = Histogram.of_pixels(pixels, threads=self.threads)
        positions = _positions(pixels, histogram, self.threads)
        channels = 4 if histogram.has_alpha else 3
        features = np.take(SPACE.points(histogram.keys, channels), positions, axis=1)
        weights = self._weights(features.reshape(channels, *unchanged.shape))
        sums = np.bincount(positions, weights.reshape(-1), len(histogram)).astype(np.float64)
        return histogram.weighing(sums)

    def _weights(self, features: NDArray[np.int16]) -> NDArray[np.float32]:
        weights = masking_weights(features, SPACE.scale, self.threads)
        return weights if self._importance is None else weights * self._importance

    def labels(self, palette: Palette) -> Indices:
        """(n,) the nearest entry of each colour."""
        points = self.points.points
        done = points.lloyd(
            np.rint(self.points.coordinates(palette.colors)), self.points.classes_of(palette.colors),
            fixed=len(palette), iterations=0, threads=self.threads, labels=True,
        )  # fmt: skip
        labels: Indices = done.labels.astype(np.uint8)[self._rank]
        return labels

    def wanted(self, labels: Indices) -> Iterator[Wanted]:
        """Each frame, its colours labelled."""
        for pixels, unchanged in self._frames():
            positions = _positions(pixels, self.histogram, self.threads)
            features = np.take(self._coordinates, positions, axis=1).reshape(self._channels, *unchanged.shape)
            indices = labels[positions].reshape(unchanged.shape)
            yield Wanted(indices, unchanged, features, self._weights(features))


def _positions(pixels: NDArray[np.uint8], histogram: Histogram, threads: int) -> NDArray[np.uint32]:
    """The place of each pixel's colour in a histogram, (H * W,)."""
    return _native.find_colors(pixels.reshape(-1, pixels.shape[2]), histogram.keys, threads)


class AnimationMapping(Mapping):
    """An animation's scene and a palette."""

    def __init__(self, scene: AnimationScene, palette: Palette, *, fixed: int = 0) -> None:
        super().__init__(scene, palette, fixed=fixed)
        self.scene: AnimationScene = scene
        self.labels = scene.labels(palette)

    @cached_property
    def entry_weights(self) -> NDArray[np.float64]:
        """(k,) what a squared error counts, summed over the pixels nearest to each entry."""
        return np.bincount(self.labels, self.scene.sums, len(self.palette)).astype(np.float64)

    @cached_property
    def statistics(self) -> Statistics:
        """Of the nearest entries."""
        samples = ColorTable(self.palette, binary=False).samples
        return replace(self.table_statistics, literals=self.table_statistics.literals[samples])

    @cached_property
    def table_statistics(self) -> Statistics:
        """What deflate takes for the patches, told from some of them, in the order of a file's table."""
        table, scene, count = ColorTable(self.palette, binary=False), self.scene, len(self.scene.animation)
        drawing = Drawing((scene.animation.width, scene.animation.height), None)
        total = Statistics(np.zeros(len(table.colors)), np.zeros(29), np.zeros(30))
        for number, wanted in enumerate(scene.wanted(self.labels)):
            patch = drawing.patch(wanted.with_indices(table.samples[wanted.indices]))
            drawing.draw(patch, patch.wanted.indices)
            if number % max(1, count // _SAMPLED_FRAMES) == 0:
                symbols = table.left_out(patch)
                bands = bands_of(*symbols.shape)
                total = total + lossless_statistics(symbols, len(table.colors), bands, scene.threads)
        return total

    def merged(self, price: float) -> "AnimationMapping":
        """The mapping with the entries merged that are not worth their bits."""
        result = super().merged(price)
        assert isinstance(result, AnimationMapping)
        if result is not self:
            table = ColorTable(result.palette, binary=False)
            literals = np.zeros(len(table.colors))
            if table.transparent is not None:
                literals[table.transparent] = self.table_statistics.literals[table.transparent]
            literals[table.samples] = result.statistics.literals
            result.table_statistics = replace(self.table_statistics, literals=literals)
        return result
