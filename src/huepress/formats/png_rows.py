"""Rows of a PNG's image data: samples in bits, or the differences that filters leave of them (PNG specification, 9)."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _native

Samples = NDArray[np.uint8]
Measure = Callable[[Samples], NDArray[np.int64]]

_AT_A_TIME: Final = 1 << 15  # bytes, which the processor's cache holds
_SHORT: Final = 64  # bytes: of a shorter row, what `entropy` counts takes far more room than the row


def packed_rows(samples: Samples, depth: int) -> Samples:
    """Rows of packed samples, leftmost in the highest bits, each after its filter byte, 0 (none)."""
    height, width = samples.shape
    per_byte = 8 // depth
    rows = np.zeros((height, 1 + -(-width // per_byte)), np.uint8)
    if depth == 8:
        rows[:, 1:] = samples
        return rows
    for position in range(per_byte):
        part = samples[:, position::per_byte]
        rows[:, 1 : 1 + part.shape[1]] |= part << np.uint8(8 - depth * (position + 1))
    return rows


class Filtering(NamedTuple):
    """Which filters rows may have (0 none, 1 sub, 2 up, 3 average, 4 Paeth), and what the chosen one keeps low.

    With one filter alone there is nothing to choose: repeats of whole rows then stay repeats.
    """

    filters: tuple[int, ...]
    disorder: Measure | None = None

    def rows(self, samples: Samples) -> Samples:
        """Rows of (H, W) bytes, each after the byte of its filter."""
        height, width = samples.shape
        rows = np.empty((height, 1 + width), np.uint8)
        step = max(1, _AT_A_TIME // max(width, _SHORT))
        for y in range(0, height, step):
            part = _Part.of(samples, y, y + step)
            filtered = np.stack([part.filtered(kind) for kind in self.filters])
            chosen = self.disorder(filtered).argmin(axis=0) if self.disorder else np.zeros(len(part.own), np.intp)
            rows[y : y + step, 0] = np.take(self.filters, chosen)
            rows[y : y + step, 1:] = filtered[chosen, np.arange(len(part.own))]
        return rows


class _Part(NamedTuple):
    """Some rows of bytes, and for each byte the one left of it, above it, and left of that above."""

    own: Samples
    left: Samples
    above: Samples
    corner: Samples

    @classmethod
    def of(cls, samples: Samples, start: int, end: int) -> "_Part":
        own = samples[start:end]
        above = np.zeros_like(own)
        before = samples[max(0, start - 1) : start + len(own) - 1]
        above[len(own) - len(before) :] = before
        return cls(own, _shifted(own), above, _shifted(above))

    def filtered(self, kind: int) -> Samples:
        """What the filter leaves: differences from what it foretells, modulo 256."""
        return self.own - self._foretold(kind) if kind else self.own

    def _foretold(self, kind: int) -> Samples:
        if kind == 1:
            return self.left
        if kind == 2:
            return self.above
        if kind == 3:
            return ((self.left.astype(np.uint16) + self.above) >> 1).astype(np.uint8)
        return self._paeth()

    def _paeth(self) -> Samples:
        """Of left, above and corner the nearest to left + above - corner, in that order."""
        left, above, corner = (values.astype(np.int16) for values in (self.left, self.above, self.corner))
        from_left, from_above = np.abs(above - corner), np.abs(left - corner)
        from_corner = np.abs(left + above - 2 * corner)
        other = np.where(from_above <= from_corner, self.above, self.corner)
        return np.where((from_left <= from_above) & (from_left <= from_corner), self.left, other)


def _shifted(rows: Samples) -> Samples:
    shifted = np.zeros_like(rows)
    shifted[:, 1:] = rows[:, :-1]
    return shifted


def sums(rows: Samples) -> NDArray[np.int64]:
    """The sum of the absolute differences of each row, the last axis (PNG specification, section 12.7)."""
    result: NDArray[np.int64] = np.abs(rows.view(np.int8)).view(np.uint8).sum(axis=-1, dtype=np.int64)
    return result


def different_pairs(rows: Samples) -> NDArray[np.int64]:
    """How many different pairs of neighbours each row has: better in long rows of entries, which are no amplitudes."""
    return _native.different_pairs(rows.reshape(-1, rows.shape[-1])).reshape(rows.shape[:-1])


def entropy(rows: Samples) -> NDArray[np.int64]:
    """The bits that the bytes of each row take if each is coded by how often it occurs there, in 256ths."""
    length = rows.shape[-1]
    counts = np.arange(length + 1)
    saved = np.rint(256 * counts * np.log2(np.maximum(counts, 1))).astype(np.int64)  # for libm differs in last bits
    flat = rows.reshape(-1, length)
    places = np.arange(len(flat))[:, np.newaxis] * 256 + flat
    found = np.bincount(places.reshape(-1), minlength=256 * len(flat)).reshape(-1, 256)
    bits: NDArray[np.int64] = saved[length] - saved[found].sum(axis=1)
    return bits.reshape(rows.shape[:-1])


def toured(colors: Any) -> NDArray[np.intp]:
    """The order of (k, 4) colours from near to near, those with alpha first: samples then are levels, as of grey.

    From the most transparent and darkest on, always to the nearest colour that is left: a travelling salesman's
    simplest tour.
    """
    values = colors.astype(np.int64)
    places = np.concatenate([values[:, :3] * values[:, 3:], 255 * values[:, 3:]], axis=1)  # premultiplied
    left = np.lexsort((places[:, :3].sum(axis=1), values[:, 3]))
    order = []
    for group in (left[values[left, 3] < 255], left[values[left, 3] == 255]):
        while len(group):
            at, group = group[0], group[1:]
            order.append(at)
            nearest = ((places[group] - places[at]) ** 2).sum(axis=1).argmin() if len(group) else 0
            group = np.concatenate([group[nearest : nearest + 1], group[:nearest], group[nearest + 1 :]])
    return np.array(order, np.intp)
