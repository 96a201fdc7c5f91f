"""Mapping: each colour of a picture to its nearest palette entry, exactly.

The nearest entry is sought in the colour's class (transparent, partial, opaque), or among all entries if the palette
has none of that class. Ties go to the lower index.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress._native import Points
from huepress.errors import warn
from huepress.histogram import Histogram, class_starts
from huepress.palette import Palette, by_use
from huepress.parts import parts_of
from huepress.space import OPAQUE, PARTIAL, TRANSPARENT, classes_of

_BLOCK: Final = 1 << 20  # colours that are taken at a time, which bounds the memory for them


class Labels(NamedTuple):
    """The palette entry of each colour of a histogram.

    Attributes:
        labels: (n,) uint8, an index into the palette for each colour.
        counts: (k,) int64, pixels of each entry.
        error: sum over the pixels of the squared distances, in sRGB units.

    """

    labels: NDArray[np.uint8]
    counts: NDArray[np.int64]
    error: float


def label_colors(histogram: Histogram, palette: Palette, *, points: Points | None = None, threads: int = 1) -> Labels:
    """The nearest entry of each colour. `points`: the colours as points of sRGB with their counts, if at hand."""
    return _Nearest(histogram, points, threads).labels(palette)


def warn_of_no_transparency(histogram: Histogram, palette: Palette) -> None:
    """Warn if pixels are fully transparent and no entry is."""
    if class_starts(histogram.keys)[PARTIAL] > 0 and palette.rgba[:, 3].all():
        warn("the palette has no transparent colour: transparent pixels become visible")


def _counts(labels: NDArray[np.uint8], counts: NDArray[Any], size: int) -> NDArray[np.int64]:
    sums = np.zeros(size, np.int64)
    for part in parts_of(len(labels), _BLOCK):
        sums += np.bincount(labels[part], counts[part], size).astype(np.int64)  # exact below 2^53 pixels
    return sums


def settle(
    histogram: Histogram, palette: Palette, fixed: int = 0, *, points: Points | None = None, threads: int = 1
) -> tuple[Palette, Labels]:
    """The palette, most used first and without unused entries except its first `fixed`, and the labels for it.

    Ties go to the lower index, so a new order can change the counts: repeated until they agree, which on a lattice of
    colours they may never; then the order is that of the last counts but one.
    """
    kept = palette.colors[:fixed]
    nearest = _Nearest(histogram, points, threads)
    palette = palette.ordered()  # by the pixels of its clusters: most often the order that the mapping ends with
    found = nearest.labels(palette)
    for _ in range(8):
        order = _order(palette.colors, found.counts, kept)
        if order.tolist() == list(range(len(palette))):
            break
        palette = Palette.checked(palette.colors.take(order, 0), found.counts.take(order))
        found = nearest.labels(palette)
        if found.counts.tolist() == palette.counts.tolist():
            return palette, found
    return Palette.checked(palette.colors, found.counts), found


def _order(colors: NDArray[np.uint8], counts: NDArray[np.int64], kept: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The order of the colours that pixels have, or that are among those to be kept, most used first."""
    order = by_use(colors, counts)
    if counts[order[-1]] > 0:
        return order
    used = counts[order] > 0
    if len(kept):
        used |= (colors[order, None] == kept).all(axis=2).any(axis=1)
    return order[used]


def map_picture(
    pixels: NDArray[np.uint8], histogram: Histogram, labels: NDArray[np.uint8], threads: int
) -> NDArray[np.uint8]:
    """(H, W) uint8 indices of (H, W, 3|4) pixels, by the label of each colour of their histogram."""
    height, width, channels = pixels.shape
    flat = pixels.reshape(-1, channels)
    indices = _native.map_pixels(flat, histogram.keys, labels, threads)
    return indices.reshape(height, width)


class _Nearest:
    """The colours of a histogram, whose nearest entries are sought in one palette after another."""

    def __init__(self, histogram: Histogram, points: Points | None, threads: int) -> None:
        self._histogram, self._points, self._threads = histogram, points, threads
        self._plain: dict[int, _Plain] = {}  # by class

    def labels(self, palette: Palette) -> Labels:
        histogram = self._histogram
        if (exact := _exact(histogram, palette)) is not None:
            return exact
        if not histogram.has_alpha and not palette.has_alpha:
            return self._plain_of(OPAQUE, slice(None)).nearest(palette.colors[:, :3], self._threads)
        labels, error = np.empty(len(histogram), np.uint8), 0.0
        classes, starts = classes_of(palette.rgba[:, 3]), class_starts(histogram.keys).tolist()
        first, end = 0, len(histogram)
        if histogram.has_hidden and TRANSPARENT in classes:
            first = starts[PARTIAL]
            self._label_plain(TRANSPARENT, slice(0, first), palette, classes, labels)  # nobody sees the error
        if end > starts[OPAQUE] and OPAQUE in classes:
            end = starts[OPAQUE]
            error = self._label_plain(OPAQUE, slice(end, None), palette, classes, labels)
        error += _label_under_alpha(histogram, slice(first, end), palette, self._threads, labels)
        return Labels(labels, _counts(labels, histogram.compact_counts, len(palette)), error)

    def _label_plain(
        self, number: int, part: slice, palette: Palette, classes: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> float:
        """Writes the labels of a class of one alpha among the entries of that class; the error."""
        entries = np.flatnonzero(classes == number).astype(np.uint8)
        found = self._plain_of(number, part).nearest(palette.colors.take(entries, 0)[:, :3], self._threads)
        entries.take(found.labels, out=labels[part])
        return found.error

    def _plain_of(self, number: int, part: slice) -> "_Plain":
        if number not in self._plain:
            self._plain[number] = _Plain(self._histogram, part, self._points)
        return self._plain[number]


def _exact(histogram: Histogram, palette: Palette) -> Labels | None:
    """The labels if each colour is an entry."""
    if len(histogram) > len(palette):
        return None
    keys = _native.keys_of_colors(palette.colors)
    order = np.argsort(keys, kind="stable")
    labels = order[np.searchsorted(keys[order], histogram.keys).clip(max=len(keys) - 1)]
    if not np.array_equal(keys[labels], histogram.keys):
        return None
    counts = np.zeros(len(palette), np.int64)
    counts[labels] = histogram.compact_counts
    return Labels(labels.astype(np.uint8), counts, 0.0)


class _Plain:
    """Colours of one alpha, opaque or hidden, as points of sRGB, on whose grid all distances are exact."""

    def __init__(self, histogram: Histogram, part: slice, points: Points | None) -> None:
        keys = histogram.keys[part]
        self.counts = histogram.compact_counts[part]
        self.exact = points is not None or (self.counts.dtype == np.uint32 and bool(self.counts.min() > 0))
        if points is None:  # labels depend on no weight
            weights = self.counts if self.exact else np.ones(len(keys), np.uint32)
            points = Points.of_colors(keys, weights, np.array([0, 0, 0, len(keys)], np.int64))
        self.points = points

    def nearest(self, entries: NDArray[np.uint8], threads: int) -> Labels:
        labels, weights, error = self.points.nearest(entries, threads)
        if self.exact:
            return Labels(labels, weights, max(0.0, error) / _native.LEVEL_STEP**2)
        colors = self.points.coordinates[:, : self.points.count].T / _native.LEVEL_STEP
        error = float(((colors - entries[labels]) ** 2).sum(axis=1) @ self.counts)
        return Labels(labels, _counts(labels, self.counts, len(entries)), error)


def _label_under_alpha(
    histogram: Histogram, part: slice, palette: Palette, threads: int, labels: NDArray[np.uint8]
) -> float:
    """Writes the labels of colours under any alpha; the error."""
    error = 0.0
    for start in range(part.start, part.stop, _BLOCK):
        block = slice(start, min(start + _BLOCK, part.stop))
        labels[block], distances = _native.nearest_rgba(histogram.keys[block], palette.rgba, threads)
        error += float((distances * histogram.compact_counts[block]).sum())
    return error
