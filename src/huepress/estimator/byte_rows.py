"""Rows of one to four whole numbers 0..255, such as pixels: few are distinct, and the kernel counts them.

Pixels are often divided by 255; such rows are whole numbers times a unit.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.cached import cached_property
from huepress.estimator.rows import DenseRows, Distinct, Floats, Labels
from huepress.weights import color_weights

_FEW: Final = 1024  # rows that are looked at before all of them are copied
_PART: Final = 1 << 16  # rows that are looked at together
_ROUNDING: Final = 4  # how many of the least steps of its type a number may be from a whole one, divided by 255


class Bytes(NamedTuple):
    """Rows: whole numbers 0..255 (n, 1..4) times a unit."""

    values: NDArray[np.uint8]
    unit: float = 1.0


class ByteRows(DenseRows):
    """Distinct rows of 1 to 4 bytes times a unit, by the keys (n,) of the colours that they would be, which ascend."""

    def __init__(self, keys: NDArray[np.uint32], width: int, threads: int, unit: float = 1.0) -> None:
        self.colors, self.unit = keys, unit
        self.shape = (len(keys), width)
        self._threads = threads

    @cached_property
    def values(self) -> Floats:  # made when it is first used: keys take less
        return self.dense(slice(None))

    def take(self, index: Any) -> "ByteRows":
        return ByteRows(self.colors[index], self.shape[1], self._threads, self.unit)

    def dense(self, index: Any) -> Floats:
        return self.bytes(index).astype(np.float64) * self.unit

    def nearest(self, centers: Floats) -> tuple[Labels, Floats]:
        labels, distances = _native.keys_nearest(self.colors, np.ascontiguousarray(centers / self.unit), self._threads)
        distances *= self.unit**2
        return labels, distances

    def bytes(self, index: Any) -> NDArray[np.uint8]:
        """(m, d) the rows at these m positions, an array or a slice."""
        width = self.shape[1]
        return _native.colors_of_keys(self.colors[index], max(3, width))[:, :width]


def bytes_of(values: Any, threads: int) -> Bytes | None:
    """The array (n, d) as bytes; None if it is not one of 1 to 4 columns of whole numbers 0..255, or of these / 255."""
    if type(values) is not np.ndarray or values.ndim != 2 or not 1 <= values.shape[1] <= 4:
        return None
    if values.dtype == np.uint8:
        return Bytes(values)
    if values.dtype not in _native.NUMBERS:
        return None
    if _native.bytes_of_numbers(values[:_FEW], threads) is not None:
        whole = _native.bytes_of_numbers(values, threads)
        return None if whole is None else Bytes(whole)
    return _bytes_over_255(values) if values.dtype.kind == "f" else None


def _bytes_over_255(values: NDArray[Any]) -> Bytes | None:
    """Numbers as bytes times 1 / 255, but for rounding; None if one is not."""
    found = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _PART):
        part = np.s_[start : start + _PART]
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number is refused elsewhere
            times = values[part] * values.dtype.type(255)
            whole = np.rint(times)
            close = abs(times - whole) <= _ROUNDING * np.spacing(abs(whole))  # which of 0 is nothing
        if not (close & (whole >= 0) & (whole <= 255)).all():
            return None
        found[part] = whole
    return Bytes(found, 1 / 255)


def distinct_bytes(found: Bytes, weights: Floats | None, threads: int) -> Distinct:
    """As `rows.distinct`, of rows of bytes; without weights they are counts in 32 bits."""
    width = found.values.shape[1]
    pixels = _native.as_pixels(found.values if width > 2 else np.pad(found.values, ((0, 0), (0, 3 - width))))
    keys, counts = _native.count_colors(pixels, threads)

    def spread(labels: Labels) -> Labels:
        if labels.max() < 256:
            return _native.map_pixels(pixels, keys, labels.astype(np.uint8), threads, wide=True)
        return labels[_native.find_colors(pixels, keys, threads)]

    summed = counts if weights is None else color_weights(pixels, weights, keys, threads)
    return Distinct(ByteRows(keys, width, threads, found.unit), summed, spread)
