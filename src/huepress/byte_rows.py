"""Rows of one to four whole numbers 0..255, such as pixels: few are distinct, and the kernel clusters them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.kmeans import Effort, cluster, strategy_named
from huepress.lloyd import Fit, lloyd
from huepress.rows import Floats, Rows, distinct, rows_of

SCALE: Final = 64  # grid units of the kernel per unit
_WEIGHT_LIMIT: Final = (1 << 32) - 1


def bytes_of(values: Any) -> NDArray[np.uint8] | None:
    """The array (n, d) as bytes; None if it is not of 1 to 4 columns of whole numbers 0..255."""
    if not isinstance(values, np.ndarray) or values.shape[1] > 4:
        return None
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if (values[:64] % 1).any() or values.min() < 0 or values.max() > 255:
        return None
    rounded = values.astype(np.uint8)
    return rounded if (rounded == values).all() else None


def distinct_bytes(values: NDArray[np.uint8], weights: Floats, threads: int) -> tuple[Rows, Floats, NDArray[Any]]:
    """As `rows.distinct`, of an array (n, 1..4) of bytes."""
    width = values.shape[1]
    if width == 4 and values[values[:, 3] == 0].any():  # the kernel's colours have no hue where alpha is 0
        return distinct(rows_of(values, threads), weights)
    pixels = values if width > 2 else np.pad(values, ((0, 0), (0, 3 - width)))
    keys = _native.count_colors(pixels, threads)[0]
    places = _native.find_colors(pixels, keys, threads)
    rows = rows_of(_native.colors_of_keys(keys, pixels.shape[1])[:, :width], threads)
    return rows, np.bincount(places, weights, len(keys)).astype(np.float64), places


def search(rows: Rows, weights: Floats, k: int, *, effort: Effort, seed: int, threads: int) -> Fit:
    """The k clusters that the kernel finds for distinct rows of bytes, more than k; weights (n,) > 0."""
    points = points_of(rows.dense(np.arange(rows.shape[0])), weights)
    found = cluster(points, k, strategy_named(effort), seed=seed, threads=threads)
    centers = found.centers[:, : rows.shape[1]] / SCALE
    if len(centers) < k or not found.weights.all():
        centers = np.pad(centers, ((0, k - len(centers)), (0, 0)), mode="edge")
        return lloyd(rows, weights, centers, max_iter=300, tolerance=0.0)
    return Fit(centers, found.error / SCALE**2, found.iterations)


def points_of(values: Floats, weights: Floats) -> _native.Points:
    """The kernel's points: coordinates on its grid, in Morton order, all of one class."""
    count, width = values.shape
    coordinates = np.zeros((max(3, width), count), np.int16)
    coordinates[:width] = values.T * SCALE
    keys = _native.morton_keys(coordinates)
    order = _native.sort_order(keys)
    padded = np.pad(coordinates[:, order], ((0, 0), (0, _native.LANES)))
    starts = np.array([0, count, count, count], np.int64)
    return _native.Points(padded, _whole_weights(weights[order]), starts, keys[order])


def _whole_weights(weights: Floats) -> NDArray[np.uint32]:
    """Weights as whole numbers of at least 1 whose sum fits 32 bits."""
    if weights.sum() > _WEIGHT_LIMIT or (weights % 1).any():
        weights = np.maximum(1.0, np.floor(weights * ((_WEIGHT_LIMIT - len(weights)) / weights.sum())))
    return weights.astype(np.uint32)
