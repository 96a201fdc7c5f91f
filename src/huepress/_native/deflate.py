"""Streams of deflate: packed, and joined to one."""

import ctypes
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare

_deflate = declare("hp_deflate", ADDRESS, ctypes.c_int64, INT32, ADDRESS, ctypes.c_int64, ADDRESS)
_join_deflate = declare("hp_join_deflate", ADDRESS, ADDRESS, INT32, INT32, ADDRESS, ctypes.c_int64, ADDRESS)
_BLOCK: Final = 6 / 128  # bytes that a block of 128, the shortest but for the last, takes beside them at most


def deflated(values: NDArray[np.uint8], threads: int = 1) -> bytes:
    """A raw stream of deflate (RFC 1951) of bytes (n,), nearly the smallest that there is."""
    checked = checked_array(values, np.uint8, (None,), "bytes")
    room = len(checked) + int(_BLOCK * len(checked)) + 64
    packed, size = np.empty(room, np.uint8), ctypes.c_int64()
    check_status(_deflate(address(checked), len(checked), threads, address(packed), room, ctypes.byref(size)))
    assert size.value <= room
    return packed[: size.value].tobytes()


def join_deflate(streams: Sequence[bytes | bytearray], threads: int = 1) -> bytes:
    """Raw deflate streams as one that unpacks to all their data; ValueError if one is damaged."""
    views = [np.frombuffer(stream, np.uint8) for stream in streams]
    sizes = np.array([len(view) for view in views], np.int64)
    addresses = np.array([address(view) for view in views], np.uintp)
    joined = np.empty(int(sizes.sum()) * 5 // 4 + 16, np.uint8)
    size = ctypes.c_int64()
    room = threads, address(joined), len(joined), ctypes.byref(size)
    check_status(_join_deflate(address(addresses), address(sizes), len(views), *room))
    if not views or size.value < 0:
        raise ValueError("a deflate stream is damaged")
    assert size.value <= len(joined)
    return joined[: size.value].tobytes()
