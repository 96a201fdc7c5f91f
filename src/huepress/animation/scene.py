"""The colours of an animation as the rate-distortion optimised mapping sees them, and its frames, one at a time."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.animation.animation import Animation, unchanged_pixels
from huepress.animation.color_table import ColorTable
from huepress.animation.patch import Detail, Drawing, Place, Wanted, place_of, wider, within
from huepress.cached import cached_property
from huepress.color_points import Outline, seeing
from huepress.histogram import Histogram
from huepress.lossy import Mapping
from huepress.masking import LOW_PRICE, masked_at, masking_weights
from huepress.parts import label_sums
from huepress.pixels import canonical, with_alpha
from huepress.rate import Statistics
from huepress.scene import SPACE, Indices, Scene, importance_of, lossless_statistics

_BAND_PIXELS: Final = 1 << 24  # that are counted at a time, which bounds the memory
_SAMPLED_FRAMES: Final = 8  # enough for statistics
_MARGIN: Final = _native.GAUSSIAN_TAPS // 2  # how far a pixel has to do with the weights of others


class AnimationScene(Scene):
    """An animation as the mapping sees it: its frames share one set of points.

    A pixel weighs as much as a picture's, in every frame in which it is seen: each frame is judged as a whole. Yet only
    what changes is looked at: its weight is that of one frame times the number of frames that it stays.

    Attributes:
        histogram: of all frames.
        sums: (n,) what a squared error counts, summed over the pixels of each colour.

    """

    def __init__(
        self, animation: Animation, histogram: Histogram, importance: NDArray[np.float32] | None, k: int | None,
        fixed: NDArray[np.uint8], threads: int, *, binary: bool,
    ) -> None:  # fmt: skip
        """`importance`: (H, W) of each pixel of each frame, 0..1. binary: pixels are opaque or transparent."""
        self.animation, self.threads, self.histogram, self.binary = animation, threads, histogram, binary
        self._importance = importance
        weighed = Histogram.sum(self._weighed()).weights
        assert weighed is not None
        self.sums = weighed
        outline = Outline.of(histogram.keys, seeing(SPACE, histogram, k), k, fixed, has_alpha=histogram.has_alpha)
        self._coordinates = outline.coordinates()
        colors = outline.sorted(self._coordinates.copy())
        self.points, self.rank = colors.weighing(importance_of(self.sums)), colors.rank

    def sums_at(self, price: float) -> NDArray[np.float64]:  # noqa: ARG002
        """(n,) what a squared error counts, summed over the pixels of each colour; always as at low prices."""
        return self.sums

    def _weighed(self) -> Iterator[Histogram]:
        """The colours of all frames, each pixel when it goes, with its weight in all frames in which it was seen."""
        shape = self.animation.height, self.animation.width
        shown, weights, since = np.zeros((*shape, 4), np.uint8), np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        number = 0
        for number, (pixels, unchanged) in enumerate(unchanged_pixels(self.animation.frames())):
            place = wider(place_of(~unchanged), _MARGIN, shape)  # its neighbours' weights change too
            if number:
                yield from self._seen(shown[place], weights[place], since[place], number)
            weights[place] = self._own_weights(pixels, place)
            shown[place], since[place] = with_alpha(pixels[place]), number
        yield from self._seen(shown, weights, since, number + 1)

    def _own_weights(self, pixels: NDArray[np.uint8], place: Place) -> NDArray[np.float32]:
        own = Histogram.of_pixels(pixels[wider(place, _MARGIN, pixels.shape[:2])], threads=self.threads)
        coordinates = SPACE.points(own.keys, 4 if own.has_alpha else 3)
        return self._detail(pixels, place, own, coordinates).weights

    def _seen(
        self, pixels: NDArray[np.uint8], weights: NDArray[np.float32], since: NDArray[np.int32], until: int
    ) -> Iterator[Histogram]:
        """The colours of pixels that were seen in the frames `since` .. `until` - 1, in bands of rows."""
        rows = max(1, _BAND_PIXELS // pixels.shape[1])
        for band in (slice(top, top + rows) for top in range(0, len(pixels), rows)):
            cut = canonical(np.ascontiguousarray(pixels[band]), keep_hidden=True)
            histogram = Histogram.of_pixels(cut, threads=self.threads)
            positions = _positions(cut, histogram, self.threads)
            yield histogram.weighing(label_sums(positions, weights[band] * (until - since[band]), len(histogram)))

    def _detail(
        self, pixels: NDArray[np.uint8], place: Place, histogram: Histogram, coordinates: NDArray[np.int16],
        price: float = LOW_PRICE,
    ) -> Detail:  # fmt: skip
        """What the pixels in a place look like; their neighbours have to do with their weights at a price."""
        outer = wider(place, _MARGIN, pixels.shape[:2])
        cut = pixels[outer]
        positions = _positions(cut, histogram, self.threads).reshape(cut.shape[:2])
        features = coordinates[:, positions]
        weights = masked_at(price, masking_weights(features, SPACE.scale, self.threads))
        if self._importance is not None:
            weights = weights * self._importance[outer]
        return Detail(features, weights).cut(within(place, outer))

    def _shared_detail(self, pixels: NDArray[np.uint8], price: float, place: Place) -> Detail:
        return self._detail(pixels, place, self.histogram, self._coordinates, price)

    def wanted(self, labels: Indices, *, price: float | None = None) -> Iterator[Wanted]:
        """Each frame, its colours labelled; at a price of a bit, entries may be chosen by rate and distortion."""
        indices = np.zeros((self.animation.height, self.animation.width), np.uint8)
        for pixels, unchanged in unchanged_pixels(self.animation.frames()):
            place = place_of(~unchanged)
            cut = pixels[place]
            indices = indices.copy()
            indices[place] = labels[_positions(cut, self.histogram, self.threads)].reshape(cut.shape[:2])
            yield Wanted(indices, unchanged, partial(self._shared_detail, pixels, price) if price else None)


def _positions(pixels: NDArray[np.uint8], histogram: Histogram, threads: int) -> NDArray[np.uint32]:
    """The place of each pixel's colour in a histogram, (H * W,)."""
    flat = np.ascontiguousarray(pixels).reshape(-1, pixels.shape[2])
    return _native.find_colors(flat, histogram.keys, threads)


class AnimationMapping(Mapping):
    """An animation's scene and a palette."""

    scene: AnimationScene

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
            drawing.draw(patch, patch.indices)
            if number % max(1, count // _SAMPLED_FRAMES) == 0:
                symbols = table.left_out(patch)
                total = total + lossless_statistics(symbols, len(table.colors), scene.threads)
        return total

    def merged(self, price: float) -> Self:
        """The mapping with the entries merged that are not worth their bits."""
        result = super().merged(price)
        if result is not self:
            table = ColorTable(result.palette, binary=False)
            literals = np.zeros(len(table.colors))
            if table.transparent is not None:
                literals[table.transparent] = self.table_statistics.literals[table.transparent]
            literals[table.samples] = result.statistics.literals
            result.table_statistics = replace(self.table_statistics, literals=literals)
        return result
