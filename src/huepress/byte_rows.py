"""Rows of one to four whole numbers 0..255, such as pixels: few are distinct, and the kernel clusters them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.histogram import weights_of
from huepress.kmeans import Effort, cluster, strategy_named
from huepress.lloyd import Fit, lloyd
from huepress.rows import Distinct, Floats, Labels, Rows, rows_of

SCALE: Final = 64  # grid units of the kernel per unit
_WEIGHT_LIMIT: Final = (1 << 32) - 1


def bytes_of(values: Any) -> NDArray[np.uint8] | None:
    """The array (n, d) as bytes; None if it is not of 1 to 4 columns of whole numbers 0..255."""
    if not isinstance(values, np.ndarray) or values.shape[1] > 4:
        return None
    if values.dtype == np.uint8:
        return values
    if (values[:64] % 1).any() or values.min() < 0 or values.max() > 255:
        return None
    rounded = values.astype(np.uint8)
    return rounded if (rounded == values).all() else None


def distinct_bytes(values: NDArray[np.uint8], weights: Floats | None, threads: int) -> Distinct:
    """As `rows.distinct`, of an array (n, 1..4) of bytes."""
    width = values.shape[1]
    pixels = np.ascontiguousarray(values) if width > 2 else np.pad(values, ((0, 0), (0, 3 - width)))
    keys, counts = _native.count_colors(pixels, threads)

    def spread(labels: Labels) -> Labels:
        if labels.max() < 256:
            return _native.map_pixels(pixels, keys, labels.astype(np.uint8), threads).astype(np.int32)
        return labels[_native.find_colors(pixels, keys, threads)]

    summed = counts.astype(np.float64) if weights is None else weights_of(pixels, weights, keys, threads)
    rows = rows_of(_native.colors_of_keys(keys, pixels.shape[1])[:, :width], threads)
    return Distinct(rows, summed, spread)


def search(rows: Rows, weights: Floats, k: int, *, effort: Effort, seed: int, threads: int) -> Fit:
    """The k clusters that the kernel finds for distinct rows of bytes, more than k; weights (n,) > 0."""
    if k == 1:
        return lloyd(rows, weights, rows.dense(slice(1)), max_iter=1, tolerance=0.0)
    values = rows.dense(slice(None))
    found = cluster(points_of(values, weights), k, strategy_named(effort), seed=seed, threads=threads)
    centers = np.repeat(values[:1], k, axis=0)
    width = min(centers.shape[1], found.centers.shape[1])
    centers[: len(found.centers), :width] = found.centers[:, :width] / SCALE
    if len(found.centers) < k or not found.weights.all():
        return lloyd(rows, weights, centers, max_iter=300, tolerance=0.0)
    return Fit(centers, found.error / SCALE**2, max(1, found.iterations))


def points_of(values: Floats, weights: Floats) -> _native.Points:
    """The kernel's points: coordinates on its grid, in Morton order, all of one class."""
    count, width = values.shape
    colors = np.zeros((count, 4 if width == 4 and (values[:, 3] != values[0, 3]).any() else 3), np.uint8)
    colors[:, :width] = values[:, : colors.shape[1]]
    coordinates = np.zeros((colors.shape[1], count + _native.LANES), np.int16)
    np.multiply(colors.T, np.int16(SCALE), out=coordinates[:, :count])
    keys = _morton(colors, coordinates)
    if (keys[1:] < keys[:-1]).any():
        order = _native.sort_order(keys)
        coordinates[:, :count] = coordinates[:, order]
        keys, weights = keys[order], weights[order]
    return _native.Points(coordinates, _whole_weights(weights), np.array([0, count, count, count], np.int64), keys)


def _morton(colors: NDArray[np.uint8], coordinates: NDArray[np.int16]) -> NDArray[np.uint32]:
    if colors.shape[1] == 3:
        return _native.keys_of_colors(colors) & np.uint32(0xFFFFFF)
    return _native.morton_keys(np.ascontiguousarray(coordinates[:, : len(colors)]))


def _whole_weights(weights: Floats) -> NDArray[np.uint32]:
    """Weights as whole numbers of at least 1 whose sum fits 32 bits."""
    whole = weights.astype(np.uint32) if weights.max() <= _WEIGHT_LIMIT else None
    if whole is not None and weights.sum() <= _WEIGHT_LIMIT and (whole == weights).all():
        return whole
    scaled = np.floor(weights * ((_WEIGHT_LIMIT - len(weights)) / weights.sum()))
    return np.asarray(np.maximum(1.0, scaled), np.uint32)
