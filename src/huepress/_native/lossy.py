"""Mapping by rate and distortion, and what deflate takes for indices as they are."""

import ctypes
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare

GAUSSIAN_TAPS: Final = 13
PALETTE_ROOM: Final = 272
WINDOW: Final = 32768
LITERAL_STATISTICS, LENGTH_STATISTICS, DISTANCE_STATISTICS = slice(0, 256), slice(256, 285), slice(285, 315)
APART: Final = 1e15  # from every colour, in the kernel's features
NEVER: Final = 1e9  # bits of what is not to be chosen


class _Lossy(ctypes.Structure):
    _fields_ = (
        *((name, INT32) for name in ("width", "height", "dimensions", "color_count", "bands", "lookups", "opaque")),
        *((name, ADDRESS) for name in ("features", "weights", "nearest", "palette")),
        *((name, ADDRESS) for name in ("literal_bits", "length_bits", "distance_bits")),
        *((name, ctypes.c_float) for name in ("scale", "down", "right")),
        ("result", ADDRESS),
    )


class _Merging(ctypes.Structure):
    _fields_ = (
        *((name, INT32) for name in ("count", "dimensions", "fixed")),
        *((name, ctypes.c_double) for name in ("price", "symbols", "torn_bits", "entry_bits")),
        *((name, ADDRESS) for name in ("coordinates", "weights", "literals", "classes", "kept")),
    )


_activity = declare("hp_activity", ADDRESS, INT32, INT32, INT32, ADDRESS, INT32, ADDRESS)
_lossy = declare("hp_lossy", ctypes.POINTER(_Lossy), INT32)
_merge = declare("hp_merge_entries", ctypes.POINTER(_Merging))
_parse = declare("hp_parse", ADDRESS, INT32, INT32, INT32, INT32, ADDRESS)


def padded_entries(palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """(d, PALETTE_ROOM): the (k, d) entries, then ones far from every colour."""
    entries = np.full((palette.shape[1], PALETTE_ROOM), APART, np.float32)
    entries[:, : len(palette)] = palette.T
    return entries


def activity(coordinates: NDArray[np.int16], taps: NDArray[np.float64], threads: int) -> NDArray[np.float32]:
    """(H, W) local standard deviation of (d, H, W) coordinates under a Gaussian window of GAUSSIAN_TAPS a side."""
    coordinates = checked_array(coordinates, np.int16, (None, None, None), "coordinates")
    taps = checked_array(taps, np.float64, (GAUSSIAN_TAPS,), "taps")
    deviation = np.empty(coordinates.shape[1:], np.float32)
    if deviation.size:
        check_status(_activity(address(coordinates), *coordinates.shape, address(taps), threads, address(deviation)))
    return deviation


def map_lossy(
    features: NDArray[np.int16],
    weights: NDArray[np.float32],
    nearest: NDArray[np.uint8],
    palette: NDArray[np.float32],
    literal_bits: NDArray[np.float32],
    length_bits: NDArray[np.float32],
    distance_bits: NDArray[np.float32],
    *,
    scale: float,
    down: float = 0.0,
    right: float = 0.0,
    bands: int = 1,
    lookups: int = 4,
    opaque: int = -1,
    threads: int = 1,
) -> NDArray[np.uint8]:
    """Indices (H, W).

    features: (d, H, W), d 3 or 4. weights, nearest: (H, W). palette: (k, d). literal_bits: (k,).
    length_bits: (259,). distance_bits: (32769,). scale, down, right, bands, lookups, opaque: see the kernel.
    """
    features = checked_array(features, np.int16, (None, None, None), "features")
    dimensions, height, width = features.shape
    weights = checked_array(weights, np.float32, (height, width), "weights")
    nearest = checked_array(nearest, np.uint8, (height, width), "nearest entries")
    palette = checked_array(palette, np.float32, (None, dimensions), "palette")
    count = len(palette)
    if dimensions not in (3, 4) or not 1 <= count <= 256 or not 1 <= bands <= max(1, height) or lookups < 0:
        raise ValueError(f"there are {dimensions} dimensions, {count} entries and {bands} bands of {height} rows")
    if nearest.size and (nearest.max() >= count or not 0 <= weights.min() <= weights.max() < np.inf):
        raise ValueError(f"nearest entries must be below {count}, and weights finite and at least 0")
    if not (down >= 0 and right >= 0 and down + right <= 1):
        raise ValueError(f"shares of errors must be at least 0 and at most 1 in sum, not {down} and {right}")
    entries = padded_entries(palette)
    literals = np.full(PALETTE_ROOM, NEVER, np.float32)
    literals[:count] = checked_array(literal_bits, np.float32, (count,), "literal bits")
    lengths = checked_array(length_bits, np.float32, (259,), "length bits")
    distances = checked_array(distance_bits, np.float32, (WINDOW + 1,), "distance bits")
    result = np.empty((height, width), np.uint8)
    if not result.size:
        return result
    job = _Lossy(
        width, height, dimensions, count, bands, lookups, opaque,
        address(features), address(weights), address(nearest), address(entries),
        address(literals), address(lengths), address(distances), scale, down, right,
        address(result),
    )  # fmt: skip
    check_status(_lossy(ctypes.byref(job), threads))
    return result


def parse(indices: NDArray[np.uint8], bands: int, threads: int) -> NDArray[np.int64]:
    """Literals of each entry and copies of each length and distance code that deflate takes for indices (H, W)."""
    indices = checked_array(indices, np.uint8, (None, None), "indices")
    if not 1 <= bands <= max(1, len(indices)):
        raise ValueError(f"there are {bands} bands of {len(indices)} rows")
    statistics = np.zeros(DISTANCE_STATISTICS.stop, np.int64)
    if indices.size:
        check_status(_parse(address(indices), *indices.shape, bands, threads, address(statistics)))
    return statistics


def merge_entries(
    coordinates: NDArray[np.float64],
    weights: NDArray[np.float64],
    literals: NDArray[np.float64],
    classes: NDArray[np.uint8],
    *,
    symbols: float,
    price: float,
    torn_bits: float,
    entry_bits: float,
    fixed: int,
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """(k,) which entries are left when those that are not worth their bits have merged, (k, d) coordinates, literals.

    coordinates: (k, d). weights, literals, classes: (k,). The others: see the kernel.
    """
    coordinates = checked_array(coordinates, np.float64, (None, None), "coordinates").copy()
    count, dimensions = coordinates.shape
    weights = checked_array(weights, np.float64, (count,), "weights").copy()
    literals = checked_array(literals, np.float64, (count,), "literals").copy()
    classes = checked_array(classes, np.uint8, (count,), "classes")
    if not 1 <= count <= 256 or not 0 <= fixed <= count or not (symbols > 0 and 0 <= price < np.inf):
        raise ValueError(f"there are {count} entries, {fixed} of them fixed, {symbols} symbols and a price of {price}")
    if not (0 <= torn_bits < np.inf and 0 <= entry_bits < np.inf):
        raise ValueError("bits must be finite and at least 0")
    if not np.isfinite(coordinates).all() or not all(
        (a >= 0).all() and (a < np.inf).all() for a in (weights, literals)
    ):
        raise ValueError("coordinates must be finite, weights and literals finite and at least 0")
    kept = np.empty(count, np.bool_)
    job = _Merging(
        count, dimensions, fixed, price, symbols, torn_bits, entry_bits,
        address(coordinates), address(weights), address(literals), address(classes), address(kept),
    )  # fmt: skip
    check_status(_merge(ctypes.byref(job)))
    return kept, coordinates, literals
