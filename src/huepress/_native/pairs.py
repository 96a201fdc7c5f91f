"""Pairs of neighbours in rows of bytes."""

import ctypes

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, address, checked_array, declare

_different_pairs = declare("hp_different_pairs", ADDRESS, ctypes.c_int64, ctypes.c_int64, ADDRESS, result=None)


def different_pairs(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many different pairs of neighbours each of (n, w) rows has, (n,)."""
    rows = checked_array(rows, np.uint8, (None, None), "rows")
    different = np.empty(len(rows), np.int64)
    _different_pairs(address(rows), *rows.shape, address(different))
    return different
