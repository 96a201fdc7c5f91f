"""Work on pictures in parts, so that what NumPy needs for it stays small: 8 bytes for each index and each weight."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_CACHED: Final = 1 << 16  # pixels, whose indices NumPy widens first: as many as the processor's cache holds
_SUMMED: Final = 1 << 24  # a sum of floats depends on it


def looked_up(table: NDArray[Any], indices: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """What `table[indices]` is; `out`: to be written into it, which may be the indices themselves."""
    found = np.empty(indices.shape + table.shape[1:], table.dtype) if out is None else out
    flat, flat_found = indices.reshape(-1), found.reshape(-1, *table.shape[1:])
    for part in _parts(indices.size, _CACHED):
        flat_found[part] = np.take(table, flat[part], axis=0)  # a tenth of the time of table[...] where it has rows
    return found


def label_counts(labels: NDArray[Any], size: int) -> NDArray[np.int64]:
    """(size,) how often each label occurs."""
    counts = np.zeros(size, np.int64)
    for part in _parts(labels.size, _CACHED):
        counts += np.bincount(labels.reshape(-1)[part], minlength=size)
    return counts


def label_sums(labels: NDArray[Any], weights: NDArray[Any], size: int) -> NDArray[np.float64]:
    """(size,) the weights of the pixels of each label, summed in one order everywhere."""
    total, labels, weights = np.zeros(size), labels.reshape(-1), weights.reshape(-1)
    for whole in _parts(labels.size, _SUMMED):
        sums, some, their = np.zeros(size), labels[whole], weights[whole]
        for part in _parts(some.size, _CACHED):  # a third of the time of bincount, which widens all at once
            np.add.at(sums, some[part].astype(np.intp), their[part].astype(np.float64))
        total += sums
    return total


def _parts(size: int, most: int) -> Iterator[slice]:
    return (slice(start, start + most) for start in range(0, size, most))
