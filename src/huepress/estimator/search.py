"""The kernel's search for rows: it clusters those of bytes, and finds first centres for others of few numbers."""

from typing import Final

import numpy as np

from huepress import _native
from huepress.estimator.byte_rows import ByteRows
from huepress.estimator.lloyd import Fit, lloyd
from huepress.estimator.rows import DenseRows, Floats, Weights, total
from huepress.kmeans import Effort, Strategy, cluster, strategy_named
from huepress.points import level_points, sorted_points
from huepress.space import SRGB

MOST_FEATURES: Final = 4
_FINE: Final = 10  # times the error that rounding brings: exact iterations follow, but mend no centres found with less


def search(rows: ByteRows, weights: Weights, k: int, *, effort: Effort, seed: int, threads: int) -> Fit:
    """The k clusters that the kernel finds for distinct rows of bytes, more than k; weights (n,) > 0."""
    if k == 1:
        mean = rows.sums(np.asarray(weights, np.float64), np.zeros(len(weights), np.int32), 1) / weights.sum()
        return Fit(mean, total(weights, rows.nearest(mean)[1]), 1)
    found = cluster(level_points(rows.colors, weights), k, strategy_named(effort), seed=seed, threads=threads)
    centers = np.repeat(rows.dense(slice(1)), k, axis=0)
    width = min(centers.shape[1], found.centers.shape[1])
    centers[: len(found.centers), :width] = found.centers[:, :width] * (rows.unit / SRGB.scale)
    if len(found.centers) < k or not found.weights.all():
        return lloyd(rows, np.asarray(weights, np.float64), centers, max_iter=300, tolerance=0.0)
    scale = float(weights.sum()) / int(found.weights.sum())  # the kernel has its own, in whole numbers
    return Fit(centers, found.error * scale * (rows.unit / SRGB.scale) ** 2, max(1, found.iterations))


def searched_centers(
    rows: DenseRows, weights: Weights, k: int, strategy: Strategy, *, seed: int, threads: int
) -> Floats | None:
    """(k, d) centres for distinct rows (n, 1..4), more than k, of weights (n,) > 0: found for rows rounded to the grid.

    None where the grid is too coarse, as where one row is far from all others, or there are fewer clusters.
    """
    values, features = rows.values, rows.shape[1]
    low = values.min(axis=0)
    with np.errstate(over="ignore"):
        step = float((values.max(axis=0) - low).max()) / (_native.COORDINATE_LIMIT - 1)
    if not 0 < step < np.inf:
        return None
    coordinates = np.zeros((max(3, features), len(values) + _native.LANES), np.int16)
    coordinates[:features, : len(values)] = np.rint((values - low) / step).T
    found = cluster(sorted_points(coordinates, weights), k, strategy, seed=seed, threads=threads)
    rounding = features / 12 * int(found.weights.sum())
    if len(found.centers) < k or found.error < _FINE * rounding:
        return None
    centers: Floats = found.centers[:, :features] * step + low
    return centers
