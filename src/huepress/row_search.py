"""First centres of rows of one to four numbers: those that the kernel finds for the rows, rounded to its grid."""

from typing import Final

import numpy as np

from huepress import _native
from huepress.byte_rows import Weights, whole_weights
from huepress.kmeans import Strategy, cluster
from huepress.rows import DenseRows, Floats

MOST_FEATURES: Final = 4
_FINE: Final = 100  # times the error that rounding brings: what is found with less is not to be trusted


def searched_centers(
    rows: DenseRows, weights: Weights, k: int, strategy: Strategy, *, seed: int, threads: int
) -> Floats | None:
    """(k, d) centres for distinct rows (n, 1..4), more than k, of weights (n,) > 0.

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
    starts = np.array([0, *[len(values)] * 3], np.int64)
    codes, order = _native.sort_points(coordinates, starts)
    points = _native.Points(coordinates, whole_weights(weights[order]), starts, codes)
    found = cluster(points, k, strategy, seed=seed, threads=threads)
    rounding = features / 12 * int(found.weights.sum())
    if len(found.centers) < k or found.error < _FINE * rounding:
        return None
    centers: Floats = found.centers[:, :features] * step + low
    return centers
