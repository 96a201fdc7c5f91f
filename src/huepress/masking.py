"""Masking: errors are seen less where a picture is busy (contrast masking), so they weigh less there.

The more so, the larger the errors are, as small ones are hardly masked. They grow with the price of a bit.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native

_SIGMA: Final = 1.5  # pixels
_THRESHOLD: Final = 0.001  # deviation in Oklab below which an area counts as flat
_STRONG_THRESHOLD: Final = 0.003  # the same at high prices
_ALIKE: Final = 32.0  # 1 / deviation, where weights do not depend on the price
_LOW_PRICE: Final = 1.5e-3


def _gaussian() -> NDArray[np.float64]:
    offsets = np.arange(_native.GAUSSIAN_TAPS) - _native.GAUSSIAN_TAPS // 2
    taps = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    rounded: NDArray[np.float64] = np.rint(taps / taps.sum() * 2**20) / 2**20  # libm differs in last bits
    return rounded


_TAPS: Final = _gaussian()


def masking_weights(coordinates: NDArray[np.int16], scale: float, threads: int) -> NDArray[np.float32]:
    """(H, W) weights of squared errors at low prices, the square root of 32 / (0.001 + a); a: local standard deviation.

    coordinates: (d, H, W), `scale` of them to a unit of Oklab.
    """
    weights = _native.activity(coordinates, _TAPS, threads)
    weights += np.float32(_THRESHOLD * scale)
    np.divide(np.float32(_ALIKE * scale), weights, out=weights)
    return np.sqrt(weights, out=weights)


def strength(price: float, weights: NDArray[np.float32]) -> NDArray[np.float32] | np.float32:
    """Factors of these weights where a bit costs `price`: the higher it is, the nearer the products to 1 / (0.003 + a)."""
    low = np.float32(min(1.0, _LOW_PRICE / price) ** 2)
    if low == 1:
        return low
    strong = weights / (np.float32(_ALIKE) + np.float32(_STRONG_THRESHOLD - _THRESHOLD) * weights**2)
    strong *= 1 - low
    strong += low
    return strong
