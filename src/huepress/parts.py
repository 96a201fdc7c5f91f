"""Work on pictures in parts, so that what NumPy needs for it stays small: 8 bytes for each index and each weight."""

from collections.abc import Iterator
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native

_CACHED: Final = 1 << 15  # pixels, whose indices NumPy widens first: as many as the processor's cache holds
_SUMMED: Final = 1 << 24  # a sum of floats depends on it


def looked_up(table: NDArray[Any], indices: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """What `table[indices]` is; `out`: to be written into it, which may be the indices themselves."""
    found = np.empty(indices.shape + table.shape[1:], table.dtype) if out is None else out
    flat, flat_found = indices.reshape(-1), found.reshape(-1, *table.shape[1:])
    for part in parts_of(indices.size):
        flat_found[part] = np.take(table, flat[part], axis=0)  # a tenth of the time of table[...] where it has rows
    return found


def label_counts(labels: NDArray[Any], size: int) -> NDArray[np.int64]:
    """(size,) how often each label occurs."""
    counts = np.zeros(size, np.int64)
    for part in parts_of(labels.size):
        counts += np.bincount(labels.reshape(-1)[part], minlength=size)
    return counts


def label_sums(labels: NDArray[Any], weights: NDArray[Any], size: int) -> NDArray[np.float64]:
    """(size,) the weights of the pixels of each label, summed in one order everywhere."""
    labels, weights = labels.reshape(-1), weights.reshape(-1)
    return reduce(np.add, (_native.label_sums(labels[p], weights[p], size) for p in parts_of(labels.size, _SUMMED)))


def parts_of(size: int, most: int = _CACHED) -> Iterator[slice]:
    """Slices of so many numbers, by default of as many as the processor's cache holds."""
    return (slice(start, start + most) for start in range(0, max(1, size), most))
