"""The cloud of colours: what a picture looks like in the RGB cube, in so few dots that a page can draw them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.histogram import Histogram

_MOST: Final = 3000


def cells(histogram: Histogram) -> list[list[float]]:
    """[r, g, b, share] of cells of colours, the finest that there are not too many of, or else the most used."""
    seen = histogram.keys >> 24 > 0
    colors, counts = _native.colors_of_keys(histogram.keys[seen], 3), histogram.counts[seen]
    if not len(colors):
        return []
    for bits in (8, 7, 6, 5, 4):
        codes = (colors.astype(np.int64) >> (8 - bits)) @ (1 << np.array([2 * bits, bits, 0]))
        found, places = np.unique(codes, return_inverse=True)
        if len(found) <= _MOST or bits == 4:
            break
    sizes = np.bincount(places, counts)
    means = np.stack([np.bincount(places, counts * colors[:, d]) / sizes for d in range(3)], axis=1)
    most = np.argsort(-sizes, kind="stable")[:_MOST]
    return rows(np.rint(means[most]), sizes[most] / counts.sum())


def rows(colors: NDArray[Any], shares: NDArray[np.float64]) -> list[list[float]]:
    """[r, g, b, share] of each of (n, 3|4) colours; shares (n,) to three digits."""
    return [[*map(int, color[:3]), float(f"{share:.3g}")] for color, share in zip(colors.tolist(), shares, strict=True)]
