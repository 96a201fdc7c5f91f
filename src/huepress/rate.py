"""Rate: the bits that deflate (RFC 1951) is expected to spend, and what merging palette entries would save.

Costs are told from the statistics of a parse that changes no pixel, blended with fixed ones: costs told from a lossy
parse would confirm themselves.
"""

from dataclasses import dataclass
from math import fsum, log2
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native

Floats = NDArray[np.float64]

_MEASURED: Final = 0.9  # part of the measured statistics in the blend
_MOST_BITS: Final = 15.0  # of a Huffman code in deflate
_GRID: Final = 1024  # costs are multiples of 1 / 1024 bit, for logarithms differ in last bits between platforms
_NEVER: Final = 1e9

_LENGTH_EXTRA: Final = np.array([0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0])
_LENGTH_BASE: Final = 3 + np.concatenate([[0], np.cumsum(1 << _LENGTH_EXTRA[:-1])])
_LENGTH_BASE[28] = 258
_DISTANCE_EXTRA: Final = np.array([max(0, n // 2 - 1) for n in range(30)])
_DISTANCE_BASE: Final = 1 + np.concatenate([[0], np.cumsum(1 << _DISTANCE_EXTRA[:-1])])
_FIXED_LENGTH: Final = 4.5 + 0.35 * np.log2(np.maximum(1, _LENGTH_BASE - 2))
_FIXED_DISTANCE: Final = np.where(np.arange(30) == 0, 1.5, 4.0)


def _codes(bases: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The code of each value below `count`."""
    return np.maximum(0, np.searchsorted(bases, np.arange(count), side="right") - 1)


_LENGTH_CODES: Final = _codes(_LENGTH_BASE, 259)
_DISTANCE_CODES: Final = _codes(_DISTANCE_BASE, _native.WINDOW + 1)


@dataclass(frozen=True)
class Statistics:
    """What a parse took: (k,) literals of each entry, (29,) copies of each length code, (30,) of each distance code."""

    literals: Floats
    lengths: Floats
    distances: Floats

    @classmethod
    def of(cls, counts: NDArray[Any], k: int) -> "Statistics":
        """From what the kernel counted."""
        return cls(
            counts[_native.LITERAL_STATISTICS][:k].astype(np.float64),
            counts[_native.LENGTH_STATISTICS].astype(np.float64),
            counts[_native.DISTANCE_STATISTICS].astype(np.float64),
        )

    def __add__(self, other: "Statistics") -> "Statistics":
        pairs = (self.literals, other.literals), (self.lengths, other.lengths), (self.distances, other.distances)
        return Statistics(*(a + b for a, b in pairs))

    def bits(self, costs: "Costs") -> float:
        """What all that costs."""
        lengths, distances = costs.lengths[_LENGTH_BASE], costs.distances[_DISTANCE_BASE]
        return float(fsum([*self.literals * costs.literals, *self.lengths * lengths, *self.distances * distances]))

    @property
    def symbols(self) -> float:
        """Literals and copies together."""
        return float(self.literals.sum() + self.lengths.sum())


@dataclass(frozen=True)
class Costs:
    """Bits: (k,) of a literal, (259,) of a length, (32769,) of a distance; float32."""

    literals: NDArray[np.float32]
    lengths: NDArray[np.float32]
    distances: NDArray[np.float32]

    @classmethod
    def measured(cls, statistics: Statistics) -> "Costs":
        """From the statistics of a lossless parse; fixed costs if that took nothing."""
        k = len(statistics.literals)
        literals = _blend(statistics.literals, statistics.symbols, np.full(k, 0.95 * log2(max(2, k))))
        lengths = _blend(statistics.lengths, statistics.symbols, _FIXED_LENGTH) + _LENGTH_EXTRA
        distances = _blend(statistics.distances, statistics.distances.sum(), _FIXED_DISTANCE) + _DISTANCE_EXTRA
        by_length = lengths[_LENGTH_CODES]
        by_length[:3] = _NEVER
        return cls(*(bits.astype(np.float32) for bits in (literals, by_length, distances[_DISTANCE_CODES])))


def _blend(counts: Floats, total: float, fixed_bits: Floats) -> Floats:
    if not total:
        return fixed_bits
    share = _MEASURED * counts / total + (1 - _MEASURED) * 2.0**-fixed_bits
    bits: Floats = np.minimum(_MOST_BITS, np.rint(-np.log2(share) * _GRID) / _GRID)
    return bits


@dataclass(frozen=True)
class Merged:
    """What is left of a palette: (k,) bool `kept`, (k, d) coordinates, moved where entries met, and (k,) literals."""

    kept: NDArray[np.bool_]
    coordinates: Floats
    literals: Floats


class _Merger:
    """Merges the pair of entries that gains most, until none gains.

    A merge adds distance, by Ward's formula, and saves bits: of the entropy of literals, of matches that two like
    entries had torn, and of the palette itself.
    """

    _TORN_BITS: Final = 6.0
    _ENTRY_BITS: Final = 28.0
    _SMALL: Final = 0.15  # an entry of less than this part of the other's weight does not move it

    def __init__(
        self,
        coordinates: Floats,
        weights: Floats,
        statistics: Statistics,
        price: float,
        classes: NDArray[np.uint8],
        fixed: int,
    ) -> None:
        self.coordinates = coordinates.copy()
        self.weights = weights.copy()
        self.literals = statistics.literals.copy()
        self.symbols = max(1.0, statistics.symbols)
        self.price = price
        self.classes = classes
        self.fixed = np.arange(len(coordinates)) < fixed
        self.kept = np.ones(len(coordinates), bool)
        self.costs = self._costs_of(np.arange(len(coordinates)))

    def run(self) -> Merged:
        while True:
            i, j = divmod(int(np.argmin(self.costs)), len(self.costs))
            if self.costs[i, j] >= 0:
                return Merged(self.kept, self.coordinates, self.literals)
            self._merge(i, j)

    def _merge(self, i: int, j: int) -> None:
        if self.fixed[i] or (self.weights[i] > self.weights[j] and not self.fixed[j]):
            i, j = j, i
        total = self.weights[i] + self.weights[j]
        if self.weights[i] > self._SMALL * self.weights[j] and not self.fixed[j]:
            moved = self.coordinates[i] * self.weights[i] + self.coordinates[j] * self.weights[j]
            self.coordinates[j] = moved / total
        self.weights[j] = total
        self.literals[j] += self.literals[i]
        self.kept[i] = False
        self.costs[i] = self.costs[:, i] = np.inf
        self.costs[j] = self.costs[:, j] = self._costs_of(np.array([j]))[0]

    def _costs_of(self, rows: NDArray[np.intp]) -> Floats:
        """(len(rows), k) what merging each of these entries with each one costs; infinite where it is not allowed."""
        costs = self._squared_distances(rows) * self._moved(rows)
        literals = self.literals[rows, np.newaxis]
        bits = self._entropy(self.literals) + self._entropy(literals) - self._entropy(self.literals + literals)
        bits += self._TORN_BITS * np.minimum(self.literals, literals) + self._ENTRY_BITS
        costs -= self.price * bits
        apart = self.classes != self.classes[rows, np.newaxis]
        costs[~self.kept | (self.fixed & self.fixed[rows, np.newaxis]) | apart] = np.inf
        costs[np.arange(len(rows)), rows] = np.inf
        return costs

    def _moved(self, rows: NDArray[np.intp]) -> Floats:
        """(len(rows), k) what a squared distance counts: where none of the two is fixed, both move to their mean."""
        others, own = np.broadcast_arrays(self.weights, self.weights[rows, np.newaxis])
        both = others * own / np.maximum(others + own, 1e-12)
        return np.where(self.fixed, own, np.where(self.fixed[rows, np.newaxis], others, both))

    def _squared_distances(self, rows: NDArray[np.intp]) -> Floats:
        sums = np.zeros((len(rows), len(self.coordinates)))
        for axis in self.coordinates.T:
            sums += (axis - axis[rows, np.newaxis]) ** 2
        return sums

    def _entropy(self, count: Any) -> Any:
        return -count * np.rint(np.log2((count + 0.3) / self.symbols) * _GRID) / _GRID


def merge_entries(
    coordinates: Floats,
    weights: Floats,
    statistics: Statistics,
    price: float,
    *,
    classes: NDArray[np.uint8] | None = None,
    fixed: int = 0,
) -> Merged:
    """Merge palette entries as long as the bits saved are worth the distance added.

    Args:
        coordinates: (k, d) entries.
        weights: (k,) what a squared distance counts, summed over the pixels of each.
        statistics: of the lossless parse.
        price: of a bit, in weighted squared distance.
        classes: (k,); entries of different classes stay apart.
        fixed: the first entries that stay as they are.

    """
    if classes is None:
        classes = np.zeros(len(coordinates), np.uint8)
    return _Merger(coordinates, weights, statistics, price, classes, fixed).run()
