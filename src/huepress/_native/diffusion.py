"""Error diffusion."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare
from huepress._native.lossy import padded_entries

_dither = declare("hp_dither", ADDRESS, INT32, INT32, INT32, ADDRESS, INT32, ADDRESS, ctypes.c_float, ADDRESS)


def dither(
    features: NDArray[np.float32],
    palette: NDArray[np.float32],
    exact: NDArray[np.bool_],
    indices: NDArray[np.uint8],
    strength: float,
) -> NDArray[np.uint8]:
    """Indices (H, W) by error diffusion of features (H, W, d) to entries (k, d); those that are exact stay."""
    features = checked_array(features, np.float32, (None, None, None), "features")
    height, width, dimensions = features.shape
    palette = checked_array(palette, np.float32, (None, dimensions), "palette")
    exact = checked_array(exact, np.bool_, (height, width), "exact")
    result = checked_array(indices, np.uint8, (height, width), "indices").copy()
    if dimensions not in (3, 4) or not 1 <= len(palette) <= 256 or not 0 <= strength <= 1:
        raise ValueError(f"there are {dimensions} dimensions, {len(palette)} entries, and strength is {strength}")
    entries = padded_entries(palette)
    check_status(
        _dither(
            address(features), dimensions, height, width, address(entries), len(palette), address(exact), strength,
            address(result),
        )
    )  # fmt: skip
    return result
