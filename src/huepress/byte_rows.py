"""Rows of one to four whole numbers 0..255, such as pixels: few are distinct, and the kernel clusters them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.histogram import weights_of
from huepress.kmeans import Effort, cluster, strategy_named
from huepress.lloyd import Fit, lloyd
from huepress.rows import Distinct, Floats, Labels, Rows, rows_of, total

SCALE: Final = 64  # grid units of the kernel per unit
_WEIGHT_LIMIT: Final = (1 << 32) - 1
_BLOCK: Final = 1 << 14  # rows that stay in the processor's cache


def bytes_of(values: Any) -> NDArray[np.uint8] | None:
    """The array (n, d) as bytes; None if it is not of 1 to 4 columns of whole numbers 0..255."""
    if not isinstance(values, np.ndarray) or values.shape[1] > 4:
        return None
    if values.dtype == np.uint8:
        return values if values.flags.c_contiguous else _contiguous(values)
    found = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _BLOCK):
        part, rounded = values[start : start + _BLOCK], found[start : start + _BLOCK]
        with np.errstate(invalid="ignore"):  # what is too large for a byte will not be equal
            np.copyto(rounded, part, casting="unsafe")
        if not np.array_equal(rounded, part):
            return None
    return found


def _contiguous(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy, a column at a time: of three columns out of four that takes a seventh of the time of one for all."""
    copy = np.empty(values.shape, np.uint8)
    for column in range(values.shape[1]):
        copy[:, column] = values[:, column]
    return copy


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
        mean = rows.sums(weights, np.zeros(len(weights), np.int32), 1) / weights.sum()
        return Fit(mean, total(weights, rows.nearest(mean)[1]), 1)
    found = cluster(points_of(rows.given, weights), k, strategy_named(effort), seed=seed, threads=threads)
    centers = np.repeat(rows.dense(slice(1)), k, axis=0)
    width = min(centers.shape[1], found.centers.shape[1])
    centers[: len(found.centers), :width] = found.centers[:, :width] / SCALE
    if len(found.centers) < k or not found.weights.all():
        return lloyd(rows, weights, centers, max_iter=300, tolerance=0.0)
    return Fit(centers, found.error / SCALE**2, max(1, found.iterations))


def points_of(values: NDArray[np.uint8], weights: Floats) -> _native.Points:
    """The kernel's points of (n, 1..4) bytes: on its grid, in Morton order, all of one class."""
    flat = values.shape[1] < 4 or bool((values[:, 3] == values[0, 3]).all())
    coordinates, keys = _flat_points(values[:, :3]) if flat else _points(values)
    count = len(keys)
    if (keys[1:] < keys[:-1]).any():
        order = _native.sort_order(keys)
        coordinates[:, :count] = coordinates[:, order]
        keys, weights = keys[order], weights[order]
    return _native.Points(coordinates, _whole_weights(weights), np.array([0, count, count, count], np.int64), keys)


def _flat_points(values: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.uint32]]:
    """Coordinates (3, n + LANES) and Morton codes of (n, 1..3) bytes, as of colours."""
    keys = _native.keys_of_colors(np.pad(values, ((0, 0), (0, 3 - values.shape[1]))))
    return _native.coordinates_of_keys(keys, SCALE), keys & np.uint32(0xFFFFFF)


def _points(values: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.uint32]]:
    """Coordinates (4, n + LANES) and Morton codes of (n, 4) bytes."""
    coordinates = np.zeros((4, len(values) + _native.LANES), np.int16)
    np.multiply(values.T, np.int16(SCALE), out=coordinates[:, : len(values)])
    return coordinates, _native.morton_keys(coordinates, len(values))


def _whole_weights(weights: Floats) -> NDArray[np.uint32]:
    """Weights as whole numbers of at least 1 whose sum fits 32 bits."""
    whole = weights.astype(np.uint32) if weights.max() <= _WEIGHT_LIMIT else None
    if whole is not None and weights.sum() <= _WEIGHT_LIMIT and (whole == weights).all():
        return whole
    scaled = np.floor(weights * ((_WEIGHT_LIMIT - len(weights)) / weights.sum()))
    return np.asarray(np.maximum(1.0, scaled), np.uint32)
