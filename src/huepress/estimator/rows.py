"""Rows of any number of features, dense or sparse: what general K-means asks of its data.

Both kinds add in a fixed order and have one order for distinct rows, so that neither the order in which rows come, nor
repeating one instead of weighting it, nor the number of threads changes a result.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.extras import require

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]
Positions = NDArray[np.signedinteger[Any]]
Weights = Floats | NDArray[np.uint32]  # the latter: counts


class Rows(ABC):
    """n rows of d features; `shape` is (n, d)."""

    shape: tuple[int, int]

    @abstractmethod
    def groups(self) -> tuple[Positions, Positions]:
        """(m,) the position of one of each group of equal rows, and (n,) the group of each row."""

    @abstractmethod
    def keys(self) -> Floats:
        """(n,) a number for each row, the same for equal rows and hardly ever for others."""

    @abstractmethod
    def order(self) -> NDArray[np.intp]:
        """(n,) the positions of the rows in an order that has equal ones together; slower than by keys."""

    @abstractmethod
    def take(self, index: Any) -> "Rows":
        """The rows at these positions, an array or a slice."""

    @abstractmethod
    def dense(self, index: Any) -> Floats:
        """(m, d) the rows at these m positions, an array or a slice, as an array."""

    @abstractmethod
    def distances(self, centers: Floats) -> Floats:
        """(n, k) squared distances to (k, d) centres."""

    @abstractmethod
    def nearest(self, centers: Floats) -> tuple[Labels, Floats]:
        """(n,) the nearest of (k, d) centres, ties to the lower, and (n,) the squared distance to it."""

    @abstractmethod
    def sums(self, weights: Floats, labels: Labels, k: int) -> Floats:
        """(k, d) the sum of weight times row over the rows of each label 0..k-1."""

    def mean_variance(self, weights: Floats) -> float:
        """The variance of the features, averaged over them."""
        all_weight = float(weights.sum())
        mean = self.sums(weights, np.zeros(len(weights), np.int32), 1) / all_weight
        return total(weights, self.distances(mean)[:, 0]) / all_weight / self.shape[1]


def rows_of(values: Any, threads: int) -> Rows:
    """The rows of a finite (n, d) array or SciPy CSR matrix, n and d >= 1; the number of threads changes no result."""
    return DenseRows(values, threads) if isinstance(values, np.ndarray) else _SparseRows(values)


@dataclass(frozen=True)
class Distinct:
    """The distinct rows of data, in an order of their own.

    Attributes:
        rows: the rows.
        weights: (n,) the sum of the weights of the rows that are equal to each.
        spread: from a label of each distinct row to one of each row of the data.

    """

    rows: Rows
    weights: Weights
    spread: Callable[[Labels], Labels]


def distinct(rows: Rows, weights: Floats | None) -> Distinct:
    """The distinct rows; weights (n,), or None for 1 each."""
    members, groups = rows.groups()
    found = rows.take(members)
    keys = found.keys()
    order = np.argsort(keys, kind="stable")
    if (keys[order[1:]] == keys[order[:-1]]).any():
        order = found.order()
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order))
    places = places[groups]
    summed = np.bincount(places) if weights is None else _sums(places, weights)
    return Distinct(found.take(order), np.asarray(summed, np.float64), lambda labels: labels[places])


def _sums(places: NDArray[np.intp], weights: Floats) -> NDArray[Any]:
    """The weights of each place, added from the lightest on: the order of the rows would change a sum of floats."""
    order = np.argsort(weights)
    return np.bincount(places[order], weights[order])


def total(weights: Weights, values: Floats) -> float:
    """The sum of weight times value; not a dot product, which libraries add in orders of their own."""
    return float((weights * values).sum())


class DenseRows(Rows):
    """An array of rows."""

    def __init__(self, given: NDArray[Any], threads: int) -> None:
        self.values = np.ascontiguousarray(given, np.float64)
        self.shape = (given.shape[0], given.shape[1])
        self._threads = threads

    def groups(self) -> tuple[Positions, Positions]:
        return _native.rows_distinct(self.values)

    def keys(self) -> Floats:
        keys = np.zeros(self.shape[0])
        for column, factor in zip(self.values.T, _factors(self.shape[1]), strict=True):
            keys += column * factor
        return keys

    def order(self) -> NDArray[np.intp]:
        return np.lexsort(self.values.T)

    def take(self, index: Any) -> Rows:
        return DenseRows(self.values[index], self._threads)

    def dense(self, index: Any) -> Floats:
        chosen: Floats = self.values[index]
        return chosen

    def distances(self, centers: Floats) -> Floats:
        return _native.rows_distances(self.values, np.ascontiguousarray(centers), self._threads)

    def nearest(self, centers: Floats) -> tuple[Labels, Floats]:
        return _native.rows_nearest(self.values, np.ascontiguousarray(centers), self._threads)

    def sums(self, weights: Floats, labels: Labels, k: int) -> Floats:
        return _native.rows_sums(self.values, weights, labels, k)


class _SparseRows(Rows):
    """Distances come from |x|^2 - 2 x c + |c|^2, which is less exact than differences where rows are far from 0."""

    def __init__(self, matrix: Any) -> None:
        self.given = matrix.astype(np.float64)  # a copy: what follows works in place
        self.given.sum_duplicates()
        self.given.eliminate_zeros()
        self.shape = self.given.shape
        self._norms = np.asarray(self.given.multiply(self.given).sum(axis=1)).ravel()

    def groups(self) -> tuple[Positions, Positions]:
        keys = self.keys()
        order = np.argsort(keys, kind="stable")
        is_first = self._is_first(order)
        if (is_first[1:] & (keys[order[1:]] == keys[order[:-1]])).any():
            order = self.order()
            is_first = self._is_first(order)
        groups = np.empty(len(order), np.intp)
        groups[order] = np.cumsum(is_first) - 1
        return order[is_first], groups

    def _is_first(self, order: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(n,) whether each row, in this order, differs from the one before it."""
        ordered = self.given[order]
        different = (ordered[1:] != ordered[:-1]).sum(axis=1)
        return np.concatenate([[True], np.asarray(different).ravel() > 0])

    def keys(self) -> Floats:
        return np.asarray(self.given @ _factors(self.shape[1]))

    def order(self) -> NDArray[np.intp]:
        entries = list(zip(self.given.indices.tolist(), self.given.data.tolist(), strict=True))
        ends = self.given.indptr.tolist()
        rows = [entries[start:end] for start, end in itertools.pairwise(ends)]
        return np.array(sorted(range(len(rows)), key=rows.__getitem__), np.intp)

    def take(self, index: Any) -> Rows:
        return _SparseRows(self.given[index])

    def dense(self, index: Any) -> Floats:
        return np.asarray(self.given[index].toarray())

    def distances(self, centers: Floats) -> Floats:
        found = np.asarray(self.given @ centers.T)
        found *= -2.0
        found += self._norms[:, None] + (centers * centers).sum(axis=1)
        return np.asarray(np.maximum(found, 0.0, out=found))

    def nearest(self, centers: Floats) -> tuple[Labels, Floats]:
        distances = self.distances(centers)
        labels = distances.argmin(axis=1)
        return labels.astype(np.int32), distances[np.arange(len(labels)), labels]

    def sums(self, weights: Floats, labels: Labels, k: int) -> Floats:
        entries = weights, (labels, np.arange(len(labels)))
        members = require("scipy.sparse", extra="sklearn").csr_matrix(entries, (k, len(labels)))
        return np.asarray((members @ self.given).toarray())


def _factors(features: int) -> Floats:
    """(d,) random numbers, always the same, so small that sums of products with finite numbers are finite."""
    return np.random.RandomState(0).uniform(1, 2, features) / (2 * features)
