"""Colours as weighted points of a space, in the order that the kernel wants, and what it finds as colours again."""

import itertools
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _native, kmeans
from huepress._native import Points
from huepress.errors import warn
from huepress.histogram import Histogram, class_starts
from huepress.iteration import Listener
from huepress.kmeans import Clustering
from huepress.palette import Palette, numbers_of, without_hue
from huepress.parts import looked_up
from huepress.space import OPAQUE, Space, classes_of
from huepress.weights import whole_weights

_LEAST_ALPHA: Final = np.array([0, 1, 255], np.uint8)  # of a class
_MOST_ALPHA: Final = np.array([0, 254, 255], np.uint8)


def seeing(space: Space, histogram: Histogram, k: int | None) -> Space:
    """The space; with hidden colours told apart if there are some, and k is enough for each class of alpha."""
    hidden = histogram.has_hidden and (k is None or k > OPAQUE)
    return space if space.hidden == hidden else replace(space, hidden=hidden)


class Outline(NamedTuple):
    """The colours of keys on their way to points: what is known of them without weights.

    Attributes:
        keys: (n,) uint32, ascending. space: where they become points.
        channels: 3, or 4 if a colour or a fixed colour is not opaque.
        separate: whether transparent, partial and opaque colours are clustered apart.
        class_starts: where each class begins.

    """

    keys: NDArray[np.uint32]
    space: Space
    channels: int
    separate: bool
    class_starts: NDArray[np.int64]

    @classmethod
    def of(
        cls, keys: NDArray[np.uint32], space: Space, k: int | None, kept: NDArray[np.uint8], *, has_alpha: bool
    ) -> "Outline":
        """Of colours, some not opaque if `has_alpha`, and of fixed ones, which are all entries if k is None."""
        starts = class_starts(keys)
        channels = 4 if has_alpha or (kept.shape[1] == 4 and len(kept)) else 3
        # Each class needs an entry of its own; where all is opaque there is one, and small pictures need not wait.
        lacking = _present(starts).difference(_classes(kept).tolist()) if channels == 4 else set()
        separate = not lacking or (k is not None and k >= len(kept) + len(lacking))
        if not separate and k is not None:
            beside = f", beside {len(kept)} fixed" * bool(len(kept))
            message = f"k = {k} is too few to keep transparent, translucent and opaque colours apart{beside}"
            warn(message)
        if not separate:
            starts = np.array([0, len(keys), len(keys), len(keys)], np.int64)
        return cls(keys, space, channels, separate, starts)

    def coordinates(self) -> NDArray[np.int16]:
        """(d, n + LANES) grid coordinates."""
        return self.space.points(self.keys, self.channels)

    def sorted(self, coordinates: NDArray[np.int16]) -> "SortedColors":
        """The colours in the order that the kernel wants; the coordinates are put in order in place."""
        return SortedColors(self, coordinates, _native.sort_points(coordinates, self.class_starts))


class SortedColors(NamedTuple):
    """Points but for their weights.

    Attributes:
        outline: what they are. coordinates: (d, n + LANES) int16.
        order: (n,) uint32, their positions among the outline's keys.

    """

    outline: Outline
    coordinates: NDArray[np.int16]
    order: NDArray[np.uint32]

    @property
    def rank(self) -> NDArray[np.uint32]:
        """(n,) the point of each key."""
        numbers = np.arange(len(self.order), dtype=np.uint32)
        rank = np.empty_like(numbers)
        rank[self.order] = numbers
        return rank

    def weighing(self, weights: NDArray[Any], *, last: bool = False) -> "ColorPoints":
        """The points, with the weight (n,) of each key; `last`: in the memory of the order, which ends by that."""
        whole, scale = whole_weights(weights)
        outline = self.outline
        ordered = looked_up(whole, self.order, self.order if last else None)
        points = Points(self.coordinates, ordered, outline.class_starts)
        return ColorPoints(points, outline.space, outline.channels, outline.separate, False, scale)


class ColorPoints(NamedTuple):
    """The colours of a histogram as weighted points of a space, in the order that the kernel wants.

    Attributes:
        points: the points. channels: 3, or 4 if a colour or a fixed colour is not opaque.
        separate: whether transparent, partial and opaque colours are clustered apart.
        whole: whether the points are all colours, with their counts as weights, in the histogram's order.
        weight_scale: the points' weights are the histogram's times this, rounded.

    """

    points: Points
    space: Space
    channels: int
    separate: bool
    whole: bool
    weight_scale: float

    @classmethod
    def of(cls, histogram: Histogram, space: Space, k: int, kept: NDArray[np.uint8]) -> "ColorPoints":
        """The points of the colours that have weight; of a class without any all, as it needs an entry too."""
        keys = histogram.keys
        weights = histogram.compact_counts if histogram.weights is None else histogram.weights
        if weights.min() == 0:  # else no copies, which of millions would take more memory than all else
            if not weights.any():
                raise ValueError("all weights are 0: there is nothing to learn from")
            used = weights > 0
            for first, end in itertools.pairwise(class_starts(keys).tolist()):
                used[first:end] |= not used[first:end].any()
            keys, weights = keys[used], weights[used]
        outline = Outline.of(keys, space, k, kept, has_alpha=histogram.has_alpha)
        if outline.channels == 3 and space.whole_steps:  # their keys are in Morton order
            whole, scale = whole_weights(weights)
            points = Points.of_colors(keys, whole, outline.class_starts)
            return cls(points, space, 3, outline.separate, whole is histogram.compact_counts, scale)
        return outline.sorted(outline.coordinates()).weighing(weights, last=True)

    def favoring(self, chosen: int, factor: float) -> "ColorPoints":
        """The points with the weights of one class multiplied."""
        weights = self.points.weights.astype(np.float64)
        weights[slice(*self.points.class_starts[chosen : chosen + 2])] *= factor
        whole, scale = whole_weights(weights)
        points = Points(self.points.coordinates, whole, self.points.class_starts)
        return self._replace(points=points, whole=False, weight_scale=self.weight_scale * scale)

    def coordinates(self, colors: NDArray[Any]) -> NDArray[np.float64]:
        """(n, d) grid coordinates of (n, 3|4) colours 0..255, not rounded."""
        return self.space.coordinates(self._fit(colors))

    def classes_of(self, colors: NDArray[Any]) -> NDArray[np.uint8]:
        """(n,) classes of colours, one and the same if classes are not kept apart."""
        classes = _classes(colors)
        return classes if self.separate else np.zeros_like(classes)

    def lloyd(self, centers: NDArray[np.float64], threads: int, listener: Listener | None = None) -> Clustering:
        """Plain Lloyd iterations from these colours."""
        if centers.shape[1] > self.channels:
            if (centers[:, 3] < 255).any():
                raise ValueError("init has a centre that is not opaque, as all colours are")
            centers = centers[:, :3]
        classes = self.classes_of(centers)
        if missing := set(self.classes_of(self._alpha_of_points())) - set(classes):
            names = ("transparent", "translucent", "opaque")
            raise ValueError(f"init needs a centre for the {names[min(missing)]} colours")
        return kmeans.lloyd(self.points, self.coordinates(centers), classes, threads, listener)

    def palette(self, result: Clustering, kept: NDArray[np.uint8]) -> Palette:
        """The clusters' colours, rounded; the first are the fixed ones; without repeats and empty ones."""
        means = self.space.colors(result.centers)
        if len(kept):
            means[: len(kept)] = self._fit(kept)
        np.maximum(means, 0, out=means)
        np.minimum(means, 255, out=means)
        colors = np.rint(means).astype(np.uint8)
        if self.channels == 4:
            colors = self._classed(colors, result.classes)
        counts = result.weights.copy()
        inertia = max(0.0, result.error / self.space.scale**2 / self.weight_scale)
        if counts[len(kept) :].all() and not _has_repeats(colors):
            return Palette.checked(colors, counts, means, inertia)
        chosen = _first_of_each(colors, counts, len(kept))
        return Palette.checked(colors[chosen], counts[chosen], means[chosen], inertia)

    def _classed(self, colors: NDArray[np.uint8], classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The colours (k, 4) with the alpha of their classes."""
        if self.separate:
            colors[:, 3] = np.minimum(np.maximum(colors[:, 3], _LEAST_ALPHA.take(classes)), _MOST_ALPHA.take(classes))
        return colors if self.space.hidden else without_hue(colors)

    def _fit(self, colors: NDArray[Any]) -> NDArray[Any]:
        missing = self.channels - colors.shape[1]
        return np.pad(colors, ((0, 0), (0, missing)), constant_values=255) if missing else colors

    def _alpha_of_points(self) -> NDArray[np.uint8]:
        return np.array([[0, 0, 0, (0, 128, 255)[c]] for c in sorted(_present(self.points.class_starts))], np.uint8)


def cluster_pixels(
    histogram: Histogram, space: Space, palette: Palette, threads: int, *, separate: bool
) -> NDArray[np.int64]:
    """(k,) the pixels of all colours, whatever they weigh, nearest to each of a learnt palette's unrounded centers.

    separate: whether transparent, partial and opaque colours were clustered apart.
    """
    assert palette.centers is not None
    keys, count = histogram.keys, len(histogram)
    starts = class_starts(keys) if separate else np.array([0, count, count, count], np.int64)
    classes = _classes(palette.colors) if separate else np.zeros(len(palette), np.uint8)
    outline = Outline(keys, space, palette.colors.shape[1], separate, starts)
    _, coordinates, order = outline.sorted(outline.coordinates())
    found = Points(coordinates, np.ones(count, np.uint32), starts).lloyd(
        space.coordinates(palette.centers), classes, iterations=0, threads=threads, labels=True
    )
    return np.bincount(found.labels, histogram.counts[order], len(palette)).astype(np.int64)  # exact below 2^53 pixels


def _present(starts: NDArray[np.int64]) -> set[int]:
    """The classes that have points, by where each starts."""
    return {number for number, (first, end) in enumerate(itertools.pairwise(starts.tolist())) if first < end}


def _has_repeats(colors: NDArray[np.uint8]) -> bool:
    return len(set(numbers_of(colors).tolist())) < len(colors)


def _first_of_each(colors: NDArray[np.uint8], counts: NDArray[np.int64], fixed: int) -> NDArray[np.intp]:
    """The positions of used and fixed colours without repeats, whose counts go to the first of their kind."""
    used = counts > 0
    used[:fixed] = True
    positions = np.flatnonzero(used)
    first, kinds = np.unique(numbers_of(colors[positions]), return_index=True, return_inverse=True)[1:]
    sums = np.zeros(len(first), np.int64)
    np.add.at(sums, kinds, counts[positions])
    chosen = positions[first]
    counts[chosen] = sums
    return np.sort(chosen)


def _classes(colors: NDArray[Any]) -> NDArray[np.uint8]:
    if colors.shape[1] == 3:
        return np.full(len(colors), OPAQUE, np.uint8)
    return classes_of(colors[:, 3])
