"""Points of one class, whose coordinates are numbers of any meaning, such as the four levels of a colour."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.weights import WHOLE_LIMIT, whole_weights


def level_points(keys: NDArray[np.uint32], weights: NDArray[Any]) -> _native.Points:
    """Colours of ascending keys (n,) by their levels on sRGB's grid, alpha's as any other, if it varies."""
    if keys[0] >> 24 == keys[-1] >> 24:
        return _native.Points.of_colors(keys, _whole(weights), _one_class(len(keys)))
    coordinates = np.zeros((4, len(keys) + _native.LANES), np.int16)
    np.multiply(_native.colors_of_keys(keys, 4).T, np.int16(_native.LEVEL_STEP), out=coordinates[:, : len(keys)])
    return sorted_points(coordinates, weights)


def sorted_points(coordinates: NDArray[np.int16], weights: NDArray[Any]) -> _native.Points:
    """Points at grid coordinates (3|4, n + LANES), which are put in order in place; weights (n,) > 0."""
    starts = _one_class(len(weights))
    order = _native.sort_points(coordinates, starts)
    return _native.Points(coordinates, _whole(weights[order]), starts)


def _one_class(count: int) -> NDArray[np.int64]:
    """Where classes start, if all points are of the first."""
    return np.array([0, count, count, count], np.int64)


def _whole(weights: NDArray[Any]) -> NDArray[np.uint32]:
    """Weights as the kernel has them; whole numbers stay as they are, so that a weight equals a repetition."""
    if weights.dtype == np.float64 and weights.sum() <= WHOLE_LIMIT:
        whole = weights.astype(np.uint32)
        if (whole == weights).all():
            return whole
    return whole_weights(weights)[0]
