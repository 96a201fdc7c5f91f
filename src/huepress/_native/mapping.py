"""From pixels to the labels of their colours."""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare
from huepress._native.pixels import PIXELS, key_array, pixel_array, strided

_map = declare("hp_map", *PIXELS, INT32, ADDRESS, ADDRESS, ctypes.c_int64, ADDRESS)
_map_wide = declare("hp_map_wide", *PIXELS, INT32, ADDRESS, ADDRESS, ctypes.c_int64, ADDRESS)
_find_colors = declare("hp_find_colors", *PIXELS, INT32, ADDRESS, ctypes.c_int64, ADDRESS)
_look_up = declare("hp_look_up", ADDRESS, ctypes.c_int64, INT32, ADDRESS, ADDRESS, result=None)
_nearest_rgba = declare(
    "hp_nearest_rgba", ADDRESS, ctypes.c_int64, ADDRESS, INT32, INT32, ADDRESS, ADDRESS, result=None
)


def map_pixels(
    pixels: NDArray[np.uint8],
    keys: NDArray[np.uint32],
    labels: NDArray[np.uint8],
    threads: int,
    *,
    wide: bool = False,
) -> NDArray[Any]:
    """The label of each of (n, 3|4) pixels, uint8, or int32 if wide; `keys` lists their colours, ascending."""
    (pixels, where), keys = strided(pixels), key_array(keys)
    labels = checked_array(labels, np.uint8, (len(keys),), "labels")
    if not len(keys):
        raise ValueError("keys must list the colours of the pixels, not be empty")
    indices = np.empty(len(pixels), np.int32 if wide else np.uint8)
    map_ = _map_wide if wide else _map
    check_status(map_(*where, threads, address(keys), address(labels), len(keys), address(indices)))
    return indices


def look_up(pixels: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The entry of (2^24,) `table` at the Morton code of each of (n, 3|4) pixels, whatever its alpha."""
    pixels = pixel_array(pixels)
    table = checked_array(table, np.uint8, (1 << 24,), "table")
    indices = np.empty(len(pixels), np.uint8)
    _look_up(address(pixels), *pixels.shape, address(table), address(indices))
    return indices


def find_colors(pixels: NDArray[np.uint8], keys: NDArray[np.uint32], threads: int) -> NDArray[np.uint32]:
    """The position in `keys` (ascending, listing all) of the colour of each of (n, 3|4) pixels."""
    (pixels, where), keys = strided(pixels), key_array(keys)
    positions = np.empty(len(pixels), np.uint32)
    check_status(_find_colors(*where, threads, address(keys), len(keys), address(positions)))
    return positions


def nearest_rgba(
    keys: NDArray[np.uint32], palette: NDArray[np.uint8], threads: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The nearest of up to 256 RGBA entries for each of (n,) keys, of those of its class if any, and its distance."""
    keys = key_array(keys)
    palette = checked_array(palette, np.uint8, (None, 4), "palette")
    if not 1 <= len(palette) <= 256:
        raise ValueError(f"the palette must have 1 to 256 entries, not {len(palette)}")
    labels, distances = np.empty(len(keys), np.uint8), np.empty(len(keys), np.float64)
    _nearest_rgba(
        address(keys), len(keys), address(palette), len(palette), threads, address(labels), address(distances)
    )
    return labels, distances
