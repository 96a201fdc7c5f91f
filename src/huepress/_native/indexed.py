"""Indices of a picture, and tables looked up by them."""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, checked_array, declare
from huepress._native.pixels import PIXELS, strided

_take = declare("hp_take", ADDRESS, INT32, ADDRESS, INT32, ctypes.c_int64, INT32, ADDRESS, result=None)
_label_counts = declare("hp_label_counts", ADDRESS, ctypes.c_int64, ADDRESS, result=None)
_label_sums = declare("hp_label_sums", ADDRESS, INT32, ADDRESS, INT32, ctypes.c_int64, INT32, ADDRESS, result=None)
_square_error = declare("hp_square_error", *PIXELS, INT32, ADDRESS, ADDRESS, INT32, result=ctypes.c_int64)


def take(table: NDArray[Any], indices: NDArray[Any], out: NDArray[Any] | None, threads: int) -> NDArray[Any]:
    """table[indices] for indices of uint8 or uint32, of entries (n,) or rows (n, m) that take 1 to 4 bytes.

    `out`: C-contiguous, to be written into it, which may be the indices themselves.
    """
    indices = checked_array(indices, np.uint8 if indices.dtype == np.uint8 else np.uint32, indices.shape, "indices")
    table = np.ascontiguousarray(table)
    shape, entry = indices.shape + table.shape[1:], table.dtype.itemsize * (table.size // max(1, len(table)))
    if not 1 <= entry <= 4:
        raise ValueError(f"entries take 1 to 4 bytes, not {entry}")
    if indices.size and indices.max() >= len(table):
        raise IndexError(f"indices must be below {len(table)}")
    if out is None:
        out = np.empty(shape, table.dtype)
    elif not out.flags.carray or out.shape != shape or out.dtype != table.dtype:
        raise ValueError(f"what is found has the shape {shape} and the type {table.dtype}")
    _take(address(table), entry, address(indices), indices.itemsize, indices.size, threads, address(out))
    return out


def label_counts(labels: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """(size,) how often each label occurs among labels (n,) below size, 256 at most."""
    labels = checked_array(labels, np.uint8, (None,), "labels")
    if len(labels) and labels.max() >= size:
        raise ValueError(f"labels must be below {size}")
    counts = np.empty(256, np.int64)
    _label_counts(address(labels), len(labels), address(counts))
    return counts[:size]


def label_sums(labels: NDArray[Any], weights: NDArray[Any], size: int) -> NDArray[np.float64]:
    """(size,) the weights (n,) of float32 or float64 of each label (n,) of uint8 or uint32, added in their order."""
    labels = checked_array(labels, np.uint8 if labels.dtype == np.uint8 else np.uint32, (None,), "labels")
    weights = checked_array(weights, np.float32 if weights.dtype == np.float32 else np.float64, labels.shape, "weights")
    if len(labels) and labels.max() >= size:
        raise ValueError(f"labels must be below {size}")
    sums, many = np.empty(size), (len(labels), size)
    _label_sums(address(labels), labels.itemsize, address(weights), weights.itemsize, *many, address(sums))
    return sums


def square_error(
    pixels: NDArray[np.uint8], indices: NDArray[np.uint8], palette: NDArray[np.uint8], threads: int, *, opaque: bool
) -> int:
    """The squared error of (n, 3|4) pixels as (n,) indices into (k, 4) entries, in sRGB levels.

    If not all is opaque, the sum of the errors over black and over white, in units of 1 / 255 of a level.
    """
    pixels, where = strided(pixels)
    indices = checked_array(indices, np.uint8, (len(pixels),), "indices")
    palette = checked_array(palette, np.uint8, (None, 4), "palette")
    if len(indices) and indices.max() >= len(palette):
        raise ValueError(f"indices must be below {len(palette)}")
    return int(_square_error(*where, threads, address(indices), address(palette), opaque))
