"""The error of an indexed picture, told from its indices."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.palette import Palette
from huepress.parts import parts_of

_SUMMED: Final = 1 << 24  # pixels, whose squared errors fit in 64 bits


def indexed_mse(original: NDArray[np.uint8], palette: Palette, indices: NDArray[np.uint8], threads: int) -> float:
    """`mse` of an original (H, W, 3|4) and of what indices (H, W) into a palette decode to, without decoding them."""
    pixels, indices = original.reshape(-1, original.shape[2]), indices.reshape(-1)
    opaque = original.shape[2] == 3 and not palette.has_alpha
    total = sum(
        _native.square_error(pixels[part], indices[part], palette.rgba, threads, opaque=opaque)
        for part in parts_of(len(indices), _SUMMED)
    )
    return total / (len(indices) * (1 if opaque else 2 * 255**2))
