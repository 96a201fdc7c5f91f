"""Weights: how much each pixel or colour counts, as sums need them: exact in any order, or whole numbers."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.parts import parts_of
from huepress.pixels import refuse_masked

WHOLE_LIMIT: Final = (1 << 32) - 1  # of the sum of the kernel's weights
_WEIGHED_PIXELS: Final = 1 << 20  # what bounds the memory that weights take
_PIXEL_BITS: Final = 24  # of weights that are summed up over pixels, of which there may be 2^29
_COLOR_BITS: Final = 32  # over histograms, which are fewer: as many as the kernel tells apart
_MOST_WEIGHT: Final = float(np.finfo(np.float64).max)
_LEAST_WEIGHT: Final = 1e-290  # of the largest: its reciprocal times the kernel's numbers is finite


def as_numbers(values: ArrayLike, name: str) -> NDArray[Any]:
    """The values as an array of real numbers, of objects and text as floats; TypeError for what are none."""
    refuse_masked(values, name)
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OSU":
            return array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, not {values!r:.80}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must be an array of numbers, not of {array.dtype}")
    return array


def check_range(largest: float, count: int) -> None:
    """ValueError for the largest of so many weights if their sum, or what they are scaled by, may be infinite."""
    if count and not largest < _MOST_WEIGHT / count:
        raise ValueError(f"weights must be so small that their sum is finite, not {largest}")
    if 0 < largest < _LEAST_WEIGHT:
        raise ValueError(f"the largest of the weights must be at least {_LEAST_WEIGHT}, not {largest}")


def checked_weights(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """The weights in their own type; ValueError for another shape, or what is not finite and at least 0."""
    array = as_numbers(weights, "weights")
    if array.shape != shape:
        raise ValueError(f"weights must have the shape {shape}, not {array.shape}")
    flat = array.reshape(-1)
    for part in parts_of(flat.size):
        wrong = flat[part][~((flat[part] >= 0) & (flat[part] < np.inf))]
        if wrong.size:
            raise ValueError(f"weights must be finite numbers of at least 0, not {float(wrong[0])}")
    return array


def checked_importance(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """The weights of the pixels of a picture as they are given; ValueError, too, if all are 0."""
    array = checked_weights(weights, shape)
    if not array.any():
        raise ValueError("weights must not all be 0")
    return array


class Rounding(NamedTuple):
    """Rounds weights to some bits below the largest, so that sums are exact in any order, but none above 0 to 0."""

    unit: float
    least: float

    @classmethod
    def of(cls, weights: NDArray[Any], bits: int = _PIXEL_BITS) -> "Rounding":
        """That of these weights; ValueError if they are out of range."""
        largest = float(weights.max(initial=0))
        check_range(largest, weights.size)
        return cls(_unit(largest, bits), largest * 2.0 ** (1 - bits))

    def __call__(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """These of the weights, rounded."""
        raised = np.maximum(weights, self.least, dtype=np.float64)
        raised[weights == 0] = 0
        return _rounded(raised, self.unit, raised)


def exact_weights(weights: NDArray[Any]) -> NDArray[np.float64]:
    """All weights of colours as `Rounding` rounds them."""
    return Rounding.of(weights, _COLOR_BITS)(weights)


def summing_exactly(weights: NDArray[np.float64], out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Weights, rounded to 24 bits below the largest, so that sums are exact in any order; `out`: to be filled."""
    return _rounded(weights, _unit(weights.max(initial=0.0), _PIXEL_BITS), out)


def _unit(largest: float, bits: int) -> float:
    return float(np.ldexp(1.0, np.frexp(largest)[1] - bits)) if largest else 1.0


def _rounded(weights: NDArray[np.float64], unit: float, out: NDArray[np.float64] | None) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.divide(weights, unit, out=out)
    np.rint(rounded, out=rounded)
    rounded *= unit
    return rounded


def color_weights(
    pixels: NDArray[np.uint8],
    weights: NDArray[Any],
    keys: NDArray[np.uint32],
    threads: int,
    rounding: Rounding | None = None,
) -> NDArray[np.float64]:
    """For each of the keys of pixels (n, 3|4), the sum of the weights (n,) of its pixels, whatever their order.

    That is so because they are rounded; or else because they are added from the lightest on.
    """
    sums = np.zeros(len(keys))
    order = None if rounding else np.argsort(weights)
    for part in parts_of(len(pixels), _WEIGHED_PIXELS):
        chosen = part if order is None else order[part]
        positions = _native.find_colors(pixels[chosen], keys, threads)
        np.add.at(sums, positions, rounding(weights[chosen]) if rounding else weights[chosen])
    return sums


def whole_weights(weights: NDArray[Any]) -> tuple[NDArray[np.uint32], float]:
    """Weights as whole numbers of at least 1 whose sum fits 32 bits, and what they were multiplied by."""
    if weights.dtype == np.uint32 and weights.min() > 0:
        return weights, 1.0
    scale = float((WHOLE_LIMIT - len(weights)) / weights.sum())
    whole = np.empty(len(weights), np.uint32)
    for part in parts_of(len(weights)):
        whole[part] = np.maximum(1, weights[part] * scale)
    return whole, scale
