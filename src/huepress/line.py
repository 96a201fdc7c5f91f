"""Points on a line, as greys are: their clusters of least error need no search (Fisher 1958; Wang & Song 2011)."""

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress._native import Points

Whole = NDArray[np.int64]


def optimal_centers(points: Points, k: int) -> NDArray[np.float64] | None:
    """(k, d) the centres of least error, on the points' grid.

    None for k or fewer points, for more than 1024, for points of several classes, and for those that are on no line.
    """
    if not k < points.count <= _native.MOST_PLACES or len(points.present) > 1:
        return None
    rows = points.coordinates[:, : points.count].T.astype(np.int64)
    if (places := _places(rows)) is None:
        return None
    order = np.argsort(places, kind="stable")
    rows, weights = rows[order], points.weights[order]
    starts = _native.runs_of_least_error(places[order], weights, k)
    sums = np.add.reduceat(weights[:, None] * rows, starts)
    centers: NDArray[np.float64] = sums / np.add.reduceat(weights, starts, dtype=np.int64)[:, None]
    return centers


def _places(rows: Whole) -> Whole | None:
    """Where on their line rows are, from the middle one on, by the coordinate that differs most; None if on no line."""
    way, apart = rows[-1] - rows[0], rows - rows[0]
    widest = int(abs(way).argmax())
    if not way[widest] or (apart * way[widest] != apart[:, widest, None] * way).any():
        return None
    places: Whole = rows[:, widest] - rows[len(rows) // 2, widest]
    return places
