"""K-means on rows of any number of features: Lloyd's algorithm (1982) from given or k-means++ centres."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.estimator.rows import Floats, Labels, Rows, total


class Fit(NamedTuple):
    """The centres (k, d), the inertia of their last assignment, and the number of iterations."""

    centers: Floats
    inertia: float
    iterations: int


def lloyd(
    rows: Rows,
    weights: Floats,
    centers: Floats,
    *,
    max_iter: int,
    tolerance: float,
    say: Callable[[str], Any] = lambda _: None,
) -> Fit:
    """Move centres to the means of their rows, until no label changes or the centres hardly move.

    Args:
        rows: n distinct rows.
        weights: (n,) > 0.
        centers: (k, d).
        max_iter: iterations at most, >= 1.
        tolerance: stop when the squared moves of all centres add up to this or less.
        say: takes a line for each iteration.

    """
    old_labels = None
    for iteration in range(max_iter):
        labels, distances = rows.nearest(centers)
        say(f"Iteration {iteration}, inertia {total(weights, distances)}.")
        moved = _means(rows, weights, labels, distances, centers)
        shift = float(((moved - centers) ** 2).sum())
        centers = moved
        if old_labels is not None and np.array_equal(labels, old_labels):
            say(f"Converged at iteration {iteration}: strict convergence.")
            break
        if shift <= tolerance:
            say(f"Converged at iteration {iteration}: center shift {shift} within tolerance {tolerance}.")
            break
        old_labels = labels
    return Fit(centers, total(weights, rows.nearest(centers)[1]), iteration + 1)


def _means(rows: Rows, weights: Floats, labels: Labels, distances: Floats, centers: Floats) -> Floats:
    """The means of the labelled rows; an empty cluster takes a far row, or stays if there is none."""
    labels = _filled(labels, distances, len(centers))
    sums = rows.sums(weights, labels, len(centers))
    totals = np.bincount(labels, weights, len(centers))[:, None]
    return np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), centers)


def _filled(labels: Labels, distances: Floats, k: int) -> Labels:
    """The labels, with the rows farthest from their centres given to empty clusters, one to each."""
    sizes = np.bincount(labels, minlength=k)
    empty = np.flatnonzero(sizes == 0)
    if not len(empty):
        return labels
    labels = labels.copy()
    farthest = (row for row in np.argsort(-distances, kind="stable") if distances[row] > 0)
    for cluster in empty:
        row = next((row for row in farthest if sizes[labels[row]] > 1), None)
        if row is None:
            break
        sizes[labels[row]] -= 1
        labels[row] = cluster
    return labels


def plus_plus(rows: Rows, weights: Floats, k: int, random: np.random.RandomState) -> Floats:
    """(k, d) centres by greedy k-means++ (Arthur & Vassilvitskii 2007): the best of 2 + log k candidates each.

    A candidate is a row drawn with probability weight times squared distance to the nearest centre so far.
    """
    trials = 2 + int(np.log(k))
    first = _draw(weights, 1, random)
    chosen = [first[0]]
    closest = rows.distances(rows.dense(first))[:, 0]
    while len(chosen) < k:
        candidates = _draw(weights * closest, trials, random)
        found = np.minimum(rows.distances(rows.dense(candidates)), closest[:, None])
        best = int(np.argmin([total(weights, column) for column in found.T]))
        chosen.append(candidates[best])
        closest = found[:, best]
    return rows.dense(np.array(chosen))


def random_rows(rows: Rows, weights: Floats, k: int, random: np.random.RandomState) -> Floats:
    """(k, d) centres: different rows, drawn with probability by weight."""
    return rows.dense(random.choice(len(weights), k, replace=False, p=weights / weights.sum()))


def _draw(weights: Floats, count: int, random: np.random.RandomState) -> NDArray[np.intp]:
    """Positions drawn with probability by weight, with replacement."""
    ends = np.cumsum(weights)
    drawn = np.searchsorted(ends, random.uniform(size=count) * ends[-1], side="right")
    return np.asarray(np.minimum(drawn, np.searchsorted(ends, ends[-1])))
