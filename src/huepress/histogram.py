"""The histogram: the distinct colours of a picture with their counts. Histograms add.

That makes pictures, tiles, threads, files and clusters easy: whatever the order in which parts are counted, their sum
is the same.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.cached import cached_property
from huepress.weights import Rounding, check_range, checked_importance, checked_weights, color_weights, exact_weights

_CHUNK_PIXELS: Final = 1 << 30  # the kernel counts in 32 bits
_MOST_PIXELS: Final = 1 << 62  # so that sums of counts fit 64 bits with a sign
_COUNT_LIMIT: Final = 1 << 32
_PARTIAL_KEY: Final = 1 << 24  # the least of a colour that is not fully transparent
_LATER_CLASSES: Final = np.array([_PARTIAL_KEY, _native.OPAQUE_KEY], np.uint32)


class Histogram:
    """Distinct colours, each with its number of pixels and, if given, its weight.

    Histograms add, with `+` or `sum`.

    Args:
        colors: (n, 3) RGB or (n, 4) RGBA uint8; repeated colours add up; any order. A fully transparent one has no hue.
        counts: (n,) whole numbers >= 0, pixels of each colour.
        weights: (n,) finite numbers >= 0, importance of each colour for learning; by default the counts. They are
            rounded to 32 bits below their largest, so that the order in which histograms are added changes no sum.

    Attributes:
        keys: (n,) uint32, ascending; a colour's number (alpha, then bits of R, G, B interleaved).
        compact_counts: (n,) the counts, uint32 where the pixels are less than 2^32, else int64.
        weights: (n,) float64, or None where all pixels weigh 1.

    Raises:
        ValueError: shapes do not fit, or a count or weight is negative, infinite or no number.

    """

    def __init__(self, colors: ArrayLike, counts: ArrayLike, weights: ArrayLike | None = None) -> None:
        rows = np.asarray(colors)
        if rows.ndim != 2 or rows.shape[1] not in (3, 4) or rows.dtype != np.uint8:
            raise ValueError(f"colours must be (n, 3) or (n, 4) uint8, not {rows.shape} {rows.dtype}")
        numbers = np.asarray(counts)
        if numbers.shape != rows.shape[:1] or numbers.dtype.kind not in "ui" or (numbers < 0).any():
            raise ValueError(f"counts must be {len(rows)} whole numbers of at least 0")
        if numbers.sum(dtype=np.float64) >= _MOST_PIXELS:
            raise ValueError(f"counts must be less than 2^62 together, not {numbers.sum(dtype=np.float64):.3g}")
        checked = None if weights is None else exact_weights(checked_weights(weights, rows.shape[:1]))
        keys = _native.keys_of_colors(np.ascontiguousarray(rows))
        keys, counts, self.weights = _sum_up(
            np.where(keys < _PARTIAL_KEY, np.uint32(0), keys), numbers.astype(np.int64), checked
        )
        self.keys, self.compact_counts = keys, _compact(counts)

    @classmethod
    def of(cls, image: Any, *, weights: ArrayLike | None = None, threads: int | None = None) -> "Histogram":
        """The histogram of an image.

        Args:
            image: path, bytes, binary file, Pillow image, or array (H, W[, 1|2|3|4]) of uint8, uint16, bool or
                float in 0..1; of an animation the first frame.
            weights: (H, W) finite numbers >= 0, not all zero: importance of each pixel for learning. The order of the
                pixels changes no sum, as weights are rounded to 24 bits below their largest; but for that, histograms
                of parts add up to that of the whole.
            threads: number of threads, by default the usable processors; changes no result.

        Raises:
            ReadError: the image cannot be read.
            ValueError: the weights do not fit.

        """
        from huepress.image import read

        return cls.of_pixels(read(image).pixels, weights=weights, threads=threads)

    @classmethod
    def of_pixels(
        cls, pixels: NDArray[np.uint8], *, weights: ArrayLike | None = None, threads: int | None = None
    ) -> "Histogram":
        """The histogram of (H, W, 3|4) uint8 pixels; weights (H, W) as in `of`."""
        threads = _native.check_threads(threads)
        checked = None if weights is None else checked_importance(weights, pixels.shape[:2]).reshape(-1)
        rounding = None if checked is None else Rounding.of(checked)
        parts = []
        for chunk, rows in _chunks(pixels):
            keys, counts = _native.count_colors(chunk, threads)
            sums = None if checked is None else color_weights(chunk, checked[rows], keys, threads, rounding)
            parts.append(cls._of_keys(keys, counts, sums))
        return cls.sum(parts)

    @classmethod
    def _of_keys(
        cls, keys: NDArray[np.uint32], counts: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> "Histogram":
        histogram = cls.__new__(cls)
        histogram.keys, histogram.compact_counts, histogram.weights = keys, _compact(counts), weights
        return histogram

    @classmethod
    def of_keys(cls, keys: NDArray[np.uint32], counts: NDArray[np.int64]) -> "Histogram":
        """The histogram of these keys, ascending, each once."""
        return cls._of_keys(keys, counts, None)

    @classmethod
    def sum(cls, parts: Iterable["Histogram"]) -> "Histogram":
        """The sum of histograms; sums of equally many are added, so that many take little time."""
        held: list[tuple[int, Histogram]] = []
        for part in parts:
            count, total = 1, part
            while held and held[-1][0] == count:
                count, total = 2 * count, held.pop()[1] + total
            held.append((count, total))
        total = held.pop()[1] if held else cls(np.zeros((0, 3), np.uint8), np.zeros(0, np.int64))
        while held:
            total = held.pop()[1] + total
        return total

    def weighing(self, weights: NDArray[np.float64]) -> "Histogram":
        """The same colours with other weights (n,)."""
        exact = exact_weights(checked_weights(weights, self.keys.shape))
        return self._of_keys(self.keys, self.compact_counts, exact)

    @property
    def has_alpha(self) -> bool:
        """Whether a colour is not opaque."""
        return len(self.keys) > 0 and int(self.keys[0]) >> 24 < 255

    @cached_property
    def has_hidden(self) -> bool:
        """Whether a fully transparent colour is not black, as only pictures have that were read to keep such."""
        transparent = int(class_starts(self.keys)[1])
        return transparent > 0 and int(self.keys[transparent - 1]) > 0

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) int64, pixels of each colour; a copy."""
        return self.compact_counts.astype(np.int64)

    @cached_property
    def pixels(self) -> int:
        """The number of pixels counted."""
        return int(self.compact_counts.sum())

    @property
    def colors(self) -> NDArray[np.uint8]:
        """(n, 3) uint8, or (n, 4) if a colour is not opaque; in the order of the keys."""
        return _native.colors_of_keys(self.keys, 4 if self.has_alpha else 3)

    def __len__(self) -> int:
        return len(self.keys)

    def __add__(self, other: "Histogram") -> "Histogram":
        if not isinstance(other, Histogram):
            return NotImplemented
        weighted = self.weights is not None or other.weights is not None
        first, second = ((one.keys, one.counts, one._weights() if weighted else None) for one in (self, other))
        keys, counts, weights = _native.merge_counts(first, second)
        if weights is not None:
            check_range(float(weights.max(initial=0.0)), len(weights))
        return self._of_keys(keys, counts, weights)

    def __radd__(self, start: Literal[0]) -> "Histogram":
        """So that Python's `sum` takes histograms: it begins with 0."""
        return self if isinstance(start, int) and start == 0 else NotImplemented

    def _weights(self) -> NDArray[np.float64]:
        return self.compact_counts.astype(np.float64) if self.weights is None else self.weights

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return (
            np.array_equal(self.keys, other.keys)
            and np.array_equal(self.compact_counts, other.compact_counts)
            and np.array_equal(self._weights(), other._weights())
        )

    __hash__ = None  # type: ignore[assignment]  # it holds arrays

    def __repr__(self) -> str:
        return f"<Histogram of {len(self):,} colours in {self.pixels:,} pixels>"


def class_starts(keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Where each class, transparent, partial and opaque, begins among ascending keys of colours, and their number."""
    partial = opaque = 0
    if len(keys) and keys[0] < _native.OPAQUE_KEY:
        partial, opaque = np.searchsorted(keys, _LATER_CLASSES).tolist()
    return np.array([0, partial, opaque, len(keys)], np.int64)


def _chunks(pixels: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], slice]]:
    flat = pixels.reshape(-1, pixels.shape[2])
    for start in range(0, len(flat), _CHUNK_PIXELS):
        rows = slice(start, start + _CHUNK_PIXELS)
        yield flat[rows], rows


def _compact(counts: NDArray[Any]) -> NDArray[Any]:
    if counts.dtype == np.uint32 or int(counts.sum()) >= _COUNT_LIMIT:
        return counts
    return counts.astype(np.uint32)


def _sum_up(
    keys: NDArray[np.uint32], counts: NDArray[np.int64], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.float64] | None]:
    order = _native.sort_order(keys)
    keys = keys[order]
    if not len(keys):
        return keys, counts, weights
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    summed = None if weights is None else np.add.reduceat(weights[order], starts)
    return keys[starts], np.add.reduceat(counts[order], starts), summed
