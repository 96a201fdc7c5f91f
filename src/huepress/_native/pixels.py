"""Pixels, the keys of their colours, and counting."""

import ctypes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare

OPAQUE_KEY: Final = np.uint32(0xFF000000)  # keys of opaque colours are this or more
_PIXEL_STRIDES: Final = ((3, 1), (4, 1))
_FEW_COLORS: Final = 1 << 14  # for which there is room before it is known how many there are
PIXELS: Final = (ADDRESS, ctypes.c_int64, INT32, INT32)  # address, number, channels, bytes from one to the next
_count = declare("hp_count", *PIXELS, INT32, ctypes.c_int64, ADDRESS, ADDRESS, ADDRESS, result=ctypes.c_int64)
_count_take = declare("hp_count_take", ADDRESS, ADDRESS, ADDRESS)
_merge = declare(
    "hp_merge", *[ADDRESS, ADDRESS, ADDRESS, ctypes.c_int64] * 2, ADDRESS, ADDRESS, ADDRESS, result=ctypes.c_int64
)
_keys_of_colors = declare("hp_keys_of_colors", ADDRESS, ctypes.c_int64, INT32, ADDRESS, result=None)
_colors_of_keys = declare("hp_colors_of_keys", ADDRESS, ctypes.c_int64, INT32, ADDRESS, result=None)
_sort_order = declare("hp_sort_order", ADDRESS, ctypes.c_int64, ADDRESS, result=None)


def pixel_array(pixels: Any) -> NDArray[np.uint8]:
    """(n, 3|4) uint8, contiguous."""
    array = checked_array(pixels, np.uint8, (None, None), "pixels")
    if array.shape[1] not in (3, 4):
        raise ValueError(f"pixels must have 3 or 4 channels, not {array.shape[1]}")
    return array


def as_pixels(pixels: Any) -> NDArray[np.uint8]:
    """(n, 3|4) uint8 as the kernel takes them: contiguous, or 3 of 4 channels as they lie in memory."""
    fit = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.strides in _PIXEL_STRIDES
    return pixels if fit and pixels.shape[1] in (3, pixels.strides[0]) else pixel_array(pixels)


def strided(pixels: Any) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    """Pixels, and what the kernel wants to know of them."""
    pixels = as_pixels(pixels)
    return pixels, (address(pixels), *pixels.shape, 4 if pixels.strides[0] == 4 else pixels.shape[1])


def key_array(keys: Any, name: str = "keys") -> NDArray[np.uint32]:
    return checked_array(keys, np.uint32, (None,), name)


def count_colors(pixels: NDArray[np.uint8], threads: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The keys of the distinct colours of (n, 3|4) pixels, ascending, and their counts."""
    pixels, where = strided(pixels)
    if len(pixels) >= 1 << 31:
        raise ValueError(f"count at most {(1 << 31) - 1} pixels at once, not {len(pixels)}")
    room, rest = min(len(pixels), _FEW_COLORS), ctypes.c_void_p()
    keys, counts = np.empty(room, np.uint32), np.empty(room, np.uint32)
    distinct = _count(*where, threads, room, address(keys), address(counts), ctypes.byref(rest))
    check_status(distinct < 0)
    if rest:
        keys, counts = np.empty((2, distinct), np.uint32)  # of two, both often go back to the system
        check_status(_count_take(rest, address(keys), address(counts)))
    else:
        keys.resize(distinct, refcheck=False)
        counts.resize(distinct, refcheck=False)
    return keys, counts


Counts = tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.float64] | None]  # keys, counts, weights


def merge_counts(first: Counts, second: Counts) -> Counts:
    """Two lists of ascending keys with their counts and weights, both or none, as one: those of equal keys added."""
    if (first[2] is None) != (second[2] is None):
        raise ValueError("both lists must have weights, or none")
    lists = [array for keys, counts, weights in (first, second) for array in _count_arrays(keys, counts, weights)]
    room = len(first[0]) + len(second[0])
    merged = np.empty(room, np.uint32), np.empty(room, np.int64), None if first[2] is None else np.empty(room)
    addresses = [None if array is None else address(array) for array in (*lists, *merged)]
    size = _merge(*addresses[:3], len(first[0]), *addresses[3:6], len(second[0]), *addresses[6:])
    for array in merged:
        if array is not None:
            array.resize(size, refcheck=False)  # gives the rest back
    return merged


def _count_arrays(keys: Any, counts: Any, weights: Any) -> tuple[NDArray[Any] | None, ...]:
    keys = key_array(keys)
    counts = checked_array(counts, np.int64, keys.shape, "counts")
    return keys, counts, None if weights is None else checked_array(weights, np.float64, keys.shape, "weights")


def keys_of_colors(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The keys of (n, 3|4) colours: alpha, then the Morton code of RGB."""
    colors = pixel_array(colors)
    keys = np.empty(len(colors), np.uint32)
    _keys_of_colors(address(colors), *colors.shape, address(keys))
    return keys


def colors_of_keys(keys: NDArray[np.uint32], channels: int) -> NDArray[np.uint8]:
    """The (n, channels) colours of keys."""
    keys = key_array(keys)
    if channels not in (3, 4):
        raise ValueError(f"channels must be 3 or 4, not {channels}")
    colors = np.empty((len(keys), channels), np.uint8)
    _colors_of_keys(address(keys), len(keys), channels, address(colors))
    return colors


def sort_order(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The stable order that sorts the keys ascending; takes 8 bytes for each, of which 4 stay."""
    keys = key_array(keys)
    order = np.empty(2 * len(keys), np.uint32)
    _sort_order(address(keys), len(keys), address(order))
    order.resize(len(keys), refcheck=False)
    return order
