"""Rate: the bits that deflate (RFC 1951) is expected to spend, and what merging palette entries would save.

Costs are told from the statistics of a parse that changes no pixel, blended with fixed ones: costs told from a lossy
parse would confirm themselves.
"""

from dataclasses import dataclass
from math import fsum, log2
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress import _native

Floats = NDArray[np.float64]

_MEASURED: Final = 0.7  # part of the measured statistics in the blend
_MOST_BITS: Final = 15.0  # of a Huffman code in deflate
_GRID: Final = 1024  # costs are multiples of 1 / 1024 bit, for logarithms differ in last bits between platforms
_TORN_BITS: Final = 12.0  # of a copy that two like entries had torn, where it would go on
_ENTRY_BITS: Final = 28.0  # of the palette itself, for each entry

_LENGTH_EXTRA: Final = np.array([0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0])
_LENGTH_BASE: Final = 3 + np.concatenate([[0], np.cumsum(1 << _LENGTH_EXTRA[:-1])])
_LENGTH_BASE[28] = 258
_DISTANCE_EXTRA: Final = np.array([max(0, n // 2 - 1) for n in range(30)])
_DISTANCE_BASE: Final = 1 + np.concatenate([[0], np.cumsum(1 << _DISTANCE_EXTRA[:-1])])
_FIXED_LENGTH: Final = 4.5 + 0.35 * np.log2(np.maximum(1, _LENGTH_BASE - 2))
_FIXED_DISTANCE: Final = np.where(np.arange(30) == 0, 1.5, 4.0)


def _codes(bases: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The code of each value below `count`."""
    return np.repeat(np.arange(len(bases)), np.diff([0, *bases[1:], count]))


_LENGTH_MEAN: Final = (_LENGTH_BASE + np.append(_LENGTH_BASE[1:], 259) - 1) / 2
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

    @property
    def torn_bits(self) -> float:
        """What a copy takes that two like entries had torn, if nothing else tears it within eight pixels.

        Text on plain ground is copied from afar, and one pixel tears it; in shades, copies are short in any case.
        """
        pixels = float(self.literals.sum() + (self.lengths * _LENGTH_MEAN).sum())
        going_on = 1 - self.symbols / max(1.0, pixels)
        going_on *= going_on  # powers are not the same on every machine, products are
        going_on *= going_on
        return _TORN_BITS * going_on * going_on


class Costs(NamedTuple):
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
        by_length[:3] = _native.NEVER
        return cls(*(bits.astype(np.float32) for bits in (literals, by_length, distances[_DISTANCE_CODES])))


def _blend(counts: Floats, total: float, fixed_bits: Floats) -> Floats:
    if not total:
        return fixed_bits
    share = _MEASURED * counts / total + (1 - _MEASURED) * 2.0**-fixed_bits
    bits: Floats = np.minimum(_MOST_BITS, np.rint(-np.log2(share) * _GRID) / _GRID)
    return bits


class Merged(NamedTuple):
    """What is left of a palette: (k,) bool `kept`, (k, d) coordinates, moved where entries met, and (k,) literals."""

    kept: NDArray[np.bool_]
    coordinates: Floats
    literals: Floats


def merge_entries(
    coordinates: Floats,
    weights: Floats,
    statistics: Statistics,
    price: float,
    *,
    classes: NDArray[np.uint8] | None = None,
    fixed: int = 0,
) -> Merged:
    """Merge the pair of palette entries that gains most, as long as the bits saved are worth the distance added.

    Ward's formula tells the distance; saved are entropy of literals, matches that two like entries had torn, and what
    the palette itself takes.

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
    symbols = max(1.0, statistics.symbols)
    found = _native.merge_entries(
        coordinates, weights, statistics.literals, classes, symbols=symbols, price=price,
        torn_bits=statistics.torn_bits, entry_bits=_ENTRY_BITS, fixed=fixed,
    )  # fmt: skip
    return Merged(*found)
