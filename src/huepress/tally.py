"""The sum of many histograms, in memory that does not grow with their number.

Small ones are merged at once. Larger sums of opaque colours are kept as a table of all 2^24, which 134 MB hold.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native import OPAQUE_KEY
from huepress.histogram import Histogram

_MOST_WAITING: Final = 1 << 20  # colours


def total(parts: Iterable[Histogram]) -> Histogram:
    """The sum of histograms without weights; the order changes nothing. Raises ValueError if there are none."""
    tally = _Tally()
    for part in parts:
        tally.add(part)
    return tally.histogram()


class _Tally:
    def __init__(self) -> None:
        self._waiting: list[Histogram] = []
        self._size = 0
        self._table: NDArray[np.int64] | None = None
        self._others: list[Histogram] = []  # colours that are not opaque

    def add(self, part: Histogram) -> None:
        if part.weights is not None:
            raise ValueError("histograms with weights are added with +")
        self._waiting.append(part)
        self._size += len(part)
        if self._size > _MOST_WAITING and len(self._waiting) > 1:
            self._take()

    def histogram(self) -> Histogram:
        if not self._waiting and self._table is None:
            raise ValueError("there is nothing to count")
        if self._table is None:
            return Histogram.sum(self._waiting)
        self._take()
        colors = np.flatnonzero(self._table)
        opaque = Histogram.of_keys(colors.astype(np.uint32) | OPAQUE_KEY, self._table[colors])
        return Histogram.sum([*self._others, opaque])

    def _take(self) -> None:
        if self._table is None:
            self._table = np.zeros(1 << 24, np.int64)
        for part in self._waiting:
            first = int(np.searchsorted(part.keys, OPAQUE_KEY))
            self._table[part.keys[first:] - OPAQUE_KEY] += part.compact_counts[first:]
            if first:
                self._others.append(Histogram.of_keys(part.keys[:first], part.compact_counts[:first]))
        if sum(map(len, self._others[1:])) > max(_MOST_WAITING, len(self._others[:1])):
            self._others = [Histogram.sum(self._others)]
        self._waiting, self._size = [], 0
