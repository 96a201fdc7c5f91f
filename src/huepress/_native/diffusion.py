"""Error diffusion."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare
from huepress._native.lossy import padded_entries

_dither = declare(
    "hp_dither", ADDRESS, INT32, INT32, INT32, INT32, ADDRESS, INT32, ADDRESS, ctypes.c_float, ADDRESS, ADDRESS
)


def dither(
    features: NDArray[np.float32],
    palette: NDArray[np.float32],
    exact: NDArray[np.bool_],
    indices: NDArray[np.uint8],
    strength: float,
    first: int,
    errors: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Indices (H, W) by error diffusion of features (H, W, d) to entries (k, d); those that are exact stay.

    The rows are those of a picture from `first` on; `errors`, (W + 2, 4), are what the rows before pass on, and become
    what these do.
    """
    features = checked_array(features, np.float32, (None, None, None), "features")
    height, width, dimensions = features.shape
    palette = checked_array(palette, np.float32, (None, dimensions), "palette")
    exact = checked_array(exact, np.bool_, (height, width), "exact")
    result = checked_array(indices, np.uint8, (height, width), "indices").copy()
    if dimensions not in (3, 4) or not 1 <= len(palette) <= 256 or not 0 <= strength <= 1 or first < 0:
        raise ValueError(f"there are {dimensions} dimensions, {len(palette)} entries, and strength is {strength}")
    if checked_array(errors, np.float32, (width + 2, 4), "errors") is not errors:
        raise ValueError("errors must be contiguous to be passed on")
    entries = padded_entries(palette)
    check_status(
        _dither(
            address(features), dimensions, first, height, width, address(entries), len(palette), address(exact),
            strength, address(errors), address(result),
        )
    )  # fmt: skip
    return result
