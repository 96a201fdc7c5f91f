"""Masking: errors are seen less where a picture is busy (contrast masking), so they weigh less there."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native

_SIGMA: Final = 1.5  # pixels
_THRESHOLD: Final = 0.003  # deviation in Oklab below which an area counts as flat


def _gaussian() -> NDArray[np.float64]:
    offsets = np.arange(_native.GAUSSIAN_TAPS) - _native.GAUSSIAN_TAPS // 2
    taps = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    rounded: NDArray[np.float64] = np.rint(taps / taps.sum() * 2**20) / 2**20  # libm differs in last bits
    return rounded


_TAPS: Final = _gaussian()


def masking_weights(coordinates: NDArray[np.int16], scale: float, threads: int) -> NDArray[np.float32]:
    """(H, W) weights 1 / (0.003 + a) of squared errors, with a the local standard deviation.

    coordinates: (d, H, W), `scale` of them to a unit of Oklab.
    """
    weights = _native.activity(coordinates, _TAPS, threads)
    weights += np.float32(_THRESHOLD * scale)
    np.divide(np.float32(scale), weights, out=weights)
    return weights
