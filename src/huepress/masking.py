"""Masking: errors are seen less where a picture is busy (contrast masking), so they weigh less there.

Small errors are hardly masked, and errors grow with the price of a bit. So weights differ less at low prices.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.parts import parts_of

_SIGMA: Final = 1.5  # pixels
_THRESHOLD: Final = 0.001  # deviation in Oklab below which an area counts as flat
_STRONG_THRESHOLD: Final = 0.003  # the same at high prices
_ALIKE: Final = 32.0  # 1 / deviation where weights depend on the price the least
LOW_PRICE: Final = 1.5e-3  # of a bit, up to which masking is weak


def _gaussian() -> NDArray[np.float64]:
    offsets = np.arange(_native.GAUSSIAN_TAPS) - _native.GAUSSIAN_TAPS // 2
    taps = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    rounded: NDArray[np.float64] = np.rint(taps / taps.sum() * 2**20) / 2**20  # libm differs in last bits
    rounded[len(rounded) // 2] += 1 - rounded.sum()  # or else flat areas seem to deviate
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


def masked_at(price: float, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """These weights where a bit costs `price`: the same at low prices, then ever nearer to 1 / (0.003 + a)."""
    low = min(1.0, LOW_PRICE / price) ** 2
    if low == 1:
        return weights
    masked = np.empty_like(weights)
    weak, strong = weights.reshape(-1), masked.reshape(-1)
    for part in parts_of(weights.size):
        squares = weak[part] ** 2
        strong[part] = squares / (_ALIKE + (_STRONG_THRESHOLD - _THRESHOLD) * squares)
        strong[part] *= 1 - low
        strong[part] += low * weak[part]
    return masked
