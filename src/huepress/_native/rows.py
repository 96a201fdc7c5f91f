"""Rows of any number of features, as K-means sees them."""

import ctypes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare
from huepress._native.pixels import key_array

_ROWS = (ADDRESS, ctypes.c_int64, INT32)
_CENTERS = (ADDRESS, INT32, INT32)
_rows_nearest = declare("hp_rows_nearest", *_ROWS, *_CENTERS, ADDRESS, ADDRESS)
_keys_nearest = declare("hp_keys_nearest", *_ROWS, *_CENTERS, ADDRESS, ADDRESS)
_rows_distances = declare("hp_rows_distances", *_ROWS, *_CENTERS, ADDRESS)
_rows_sums = declare("hp_rows_sums", *_ROWS, ADDRESS, ADDRESS, ADDRESS, result=None)
_rows_distinct = declare("hp_rows_distinct", *_ROWS, ADDRESS, ADDRESS)
NUMBERS: Final = tuple(np.dtype(name) for name in ("float32", "float64", "int32", "int64"))  # of HP_FLOAT32 and so on
_bytes_of = declare("hp_bytes_of", ADDRESS, INT32, ctypes.c_int64, INT32, ADDRESS)


def _row_array(rows: Any, name: str, features: int | None = None) -> NDArray[Any]:
    """(n, d), contiguous, n >= 1 and 1 <= d < 2^24."""
    array = checked_array(rows, np.float64, (None, features), name)
    if not array.size or array.shape[1] >= 1 << 24:
        raise ValueError(f"{name} must have a row and a feature at least, not the shape {array.shape}")
    return array


Nearest = tuple[NDArray[np.int32], NDArray[np.float64]]


def rows_nearest(rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int) -> Nearest:
    """The nearest of (k, d) centres for each of (n, d) rows, ties to the lower, and the squared distance to it."""
    rows = _row_array(rows, "rows")
    return _nearest(_rows_nearest, rows, _row_array(centers, "centers", rows.shape[1]), threads)


def keys_nearest(keys: NDArray[np.uint32], centers: NDArray[np.float64], threads: int) -> Nearest:
    """The same for rows of 1 to 4 bytes, as many as the centres have, that (n,) keys stand for: R, G, B and alpha."""
    keys, centers = key_array(keys), _row_array(centers, "centers")
    if not len(keys) or centers.shape[1] > 4:
        raise ValueError(f"keys stand for a row or more of 4 bytes at most, not {(len(keys), centers.shape[1])}")
    return _nearest(_keys_nearest, keys, centers, threads)


def _nearest(function: Any, rows: NDArray[Any], centers: NDArray[np.float64], threads: int) -> Nearest:
    labels, distances = np.empty(len(rows), np.int32), np.empty(len(rows))
    ends = len(centers), threads, address(labels), address(distances)
    check_status(function(address(rows), len(rows), centers.shape[1], address(centers), *ends))
    return labels, distances


def bytes_of_numbers(values: NDArray[Any], threads: int) -> NDArray[np.uint8] | None:
    """An array of float32, float64, int32 or int64 as bytes; None if not all are whole numbers 0..255."""
    if values.dtype not in NUMBERS:
        raise TypeError(f"numbers must be of {', '.join(map(str, NUMBERS))}, not of {values.dtype}")
    values = np.ascontiguousarray(values)
    found = np.empty(values.shape, np.uint8)
    kind = NUMBERS.index(values.dtype)
    return found if _bytes_of(address(values), kind, values.size, threads, address(found)) else None


def rows_distances(rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int) -> NDArray[np.float64]:
    """(n, k) squared distances between (n, d) rows and (k, d) centres."""
    rows = _row_array(rows, "rows")
    centers = _row_array(centers, "centers", rows.shape[1])
    distances = np.empty((len(rows), len(centers)))
    check_status(
        _rows_distances(address(rows), *rows.shape, address(centers), len(centers), threads, address(distances))
    )
    return distances


def rows_distinct(rows: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The first of each group of equal (n, d) rows, ascending, and for each row the number of its group."""
    rows = _row_array(rows, "rows")
    if len(rows) >= 1 << 31:
        raise ValueError(f"there must be fewer than 2^31 rows, not {len(rows)}")
    firsts, groups = np.empty(len(rows), np.int64), np.empty(len(rows), np.int32)
    count = _rows_distinct(address(rows), *rows.shape, address(firsts), address(groups))
    check_status(count < 0)
    return firsts[:count].copy(), groups


def rows_sums(
    rows: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.int32], k: int
) -> NDArray[np.float64]:
    """(k, d) sums of weight times row over the (n, d) rows of each label 0..k-1, added in the order of the rows."""
    rows = _row_array(rows, "rows")
    weights = checked_array(weights, np.float64, (len(rows),), "weights")
    labels = checked_array(labels, np.int32, (len(rows),), "labels")
    if labels.min() < 0 or labels.max() >= k:
        raise ValueError(f"labels must be 0 to {k - 1}")
    sums = np.zeros((k, rows.shape[1]))
    _rows_sums(address(rows), *rows.shape, address(weights), address(labels), address(sums))
    return sums
