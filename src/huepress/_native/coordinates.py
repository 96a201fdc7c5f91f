"""Coordinates of points on the kernel's grid."""

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, checked_array, declare
from huepress._native.pixels import key_array

_levels_under_alpha = declare(
    "hp_levels_under_alpha", ADDRESS, ctypes.c_int64, ADDRESS, ADDRESS, ctypes.c_double, ctypes.c_double, ADDRESS,
    ADDRESS, ctypes.c_int64, result=None,
)  # fmt: skip
_sort_points = declare("hp_sort_points", ADDRESS, ctypes.c_int64, INT32, ADDRESS, ADDRESS, result=None)
LANES: Final = 16
COORDINATE_LIMIT: Final = 1 << 14
LEVEL_STEP: Final = COORDINATE_LIMIT // 256  # of a level 0..255
CLASSES: Final = 3


def levels_under_alpha(
    keys: NDArray[np.uint32],
    seen: NDArray[np.float64],
    less: NDArray[np.float64],
    low: float,
    scale: float,
    alphas: NDArray[np.int16],
    coordinates: NDArray[np.int16],
) -> None:
    """Fills coordinates (4, n or more) of the colours of keys (n,) under their alpha, by tables (256,).

    Three are (level * seen[alpha] - less[alpha] - low) * scale, rounded to even, the fourth is alphas[alpha].
    """
    keys = key_array(keys)
    tables = [checked_array(table, np.float64, (256,), "a table") for table in (seen, less)]
    alphas = checked_array(alphas, np.int16, (256,), "alphas")
    if checked_array(coordinates, np.int16, (4, None), "coordinates") is not coordinates:
        raise ValueError("coordinates must be contiguous to be filled")
    if coordinates.shape[1] < len(keys):
        raise ValueError(f"there must be room for {len(keys)} points, not {coordinates.shape[1]}")
    _levels_under_alpha(
        address(keys), len(keys), *map(address, tables), low, scale, address(alphas), address(coordinates),
        coordinates.shape[1],
    )  # fmt: skip


def sort_points(coordinates: NDArray[np.int16], class_starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Puts points in Morton order within each class, in place, as `Points` wants them.

    Args:
        coordinates: (d, n or more) int16, values 0..16383, d 3 or 4.
        class_starts: 4 ascending positions 0 .. n.

    Returns:
        (n,) uint32, where each point was.

    """
    if checked_array(coordinates, np.int16, (None, None), "coordinates") is not coordinates:
        raise ValueError("coordinates must be contiguous to be put in order in place")
    class_starts = checked_array(class_starts, np.int64, (CLASSES + 1,), "class starts")
    (dimensions, room), (first, *ends) = coordinates.shape, class_starts.tolist()
    if dimensions not in (3, 4) or not 0 == first <= ends[0] <= ends[1] <= ends[2] <= min(room, 1 << 31):
        raise ValueError(f"classes of points of 3 or 4 coordinates are 0 .. {room}, not {first} .. {ends}")
    memory = np.empty(2 * ends[2], np.uint32)
    _sort_points(address(coordinates), room, dimensions, address(class_starts), address(memory))
    memory.resize(ends[2], refcheck=False)  # in place: a copy would take more memory than is left for large pictures
    return memory
