"""Streams of deflate."""

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare

_deflate = declare("hp_deflate", ADDRESS, ctypes.c_int64, INT32, INT32, ADDRESS, ctypes.c_int64, ADDRESS)
_BLOCK: Final = 6 / 128  # bytes that a block of 128, the shortest but for the last, takes beside them at most
MOST_EFFORT: Final = 2


def deflated(values: NDArray[np.uint8], threads: int = 1, *, effort: int = MOST_EFFORT) -> bytes:
    """A raw stream of deflate (RFC 1951) of bytes (n,). effort: how long to search for a small one, 0 to 2."""
    checked = checked_array(values, np.uint8, (None,), "bytes")
    if not 0 <= effort <= MOST_EFFORT:
        raise ValueError(f"effort must be 0 to {MOST_EFFORT}, not {effort}")
    room = len(checked) + int(_BLOCK * len(checked)) + 64
    packed, size = np.empty(room, np.uint8), ctypes.c_int64()
    into = address(packed), room, ctypes.byref(size)
    check_status(_deflate(address(checked), len(checked), effort, threads, *into))
    assert size.value <= room
    return packed[: size.value].tobytes()
