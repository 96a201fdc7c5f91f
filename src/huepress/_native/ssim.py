"""The sum that SSIM is a mean of."""

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_grey, check_status, checked_array, declare

_ssim = declare("hp_ssim", ADDRESS, INT32, ADDRESS, INT32, INT32, INT32, INT32, INT32, ADDRESS)
SSIM_WINDOW: Final = 11


def ssim_sum(original: NDArray[np.uint8], result: NDArray[np.uint8], *, grey: int, threads: int) -> float:
    """The sum of SSIM over three channels and all windows inside of pictures (H, W, 3|4) over a grey level."""
    before = checked_array(original, np.uint8, (None, None, None), "original")
    height, width, channels = before.shape
    after = checked_array(result, np.uint8, (height, width, None), "result")
    if not {channels, after.shape[2]} <= {3, 4}:
        raise ValueError(f"pictures must have 3 or 4 channels, not {channels} and {after.shape[2]}")
    if not SSIM_WINDOW <= min(width, height) <= max(width, height) < 1 << 31:
        raise ValueError(f"pictures must be at least {SSIM_WINDOW}x{SSIM_WINDOW}, not {width}x{height}")
    found = ctypes.c_double()
    pictures = address(before), channels, address(after), after.shape[2]
    check_status(_ssim(*pictures, check_grey(grey), width, height, threads, ctypes.byref(found)))
    return found.value
