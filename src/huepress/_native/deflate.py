"""Streams of deflate, joined to one."""

import ctypes
from collections.abc import Sequence

import numpy as np

from huepress._native.library import ADDRESS, INT32, address, check_status, declare

_join_deflate = declare("hp_join_deflate", ADDRESS, ADDRESS, INT32, INT32, ADDRESS, ctypes.POINTER(ctypes.c_int64))


def join_deflate(streams: Sequence[bytes | bytearray], threads: int = 1) -> bytes:
    """Raw deflate streams as one that unpacks to all their data; ValueError if one is damaged."""
    views = [np.frombuffer(stream, np.uint8) for stream in streams]
    sizes = np.array([len(view) for view in views], np.int64)
    addresses = np.array([address(view) for view in views], np.uintp)
    joined = np.empty(int(sizes.sum()) * 5 // 4 + 16, np.uint8)
    size = ctypes.c_int64()
    ends = threads, address(joined), ctypes.byref(size)
    check_status(_join_deflate(address(addresses), address(sizes), len(views), *ends))
    if not views or size.value < 0:
        raise ValueError("a deflate stream is damaged")
    return joined[: size.value].tobytes()
