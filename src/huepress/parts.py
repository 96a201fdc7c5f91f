"""What is done with every index of a picture; in parts where NumPy would need much memory for it."""

from collections.abc import Iterator
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native

_CACHED: Final = 1 << 15  # numbers, as many as the processor's cache holds with what comes of them
_SUMMED: Final = 1 << 24  # a sum of floats depends on it


def looked_up(
    table: NDArray[Any], indices: NDArray[Any], out: NDArray[Any] | None = None, *, threads: int = 1
) -> NDArray[Any]:
    """What `table[indices]` is; `out`: to be written into it, which may be the indices themselves."""
    return _native.take(table, indices, out, threads)


def label_counts(labels: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """(size,) how often each label occurs."""
    return _native.label_counts(labels.reshape(-1), size)


def label_sums(labels: NDArray[Any], weights: NDArray[Any], size: int) -> NDArray[np.float64]:
    """(size,) the weights of the pixels of each label, summed in one order everywhere."""
    labels, weights = labels.reshape(-1), weights.reshape(-1)
    return reduce(np.add, (_native.label_sums(labels[p], weights[p], size) for p in parts_of(labels.size, _SUMMED)))


def parts_of(size: int, most: int = _CACHED) -> Iterator[slice]:
    """Slices of so many numbers, by default of as many as the processor's cache holds."""
    return (slice(start, start + most) for start in range(0, max(1, size), most))
