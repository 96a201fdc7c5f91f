"""The palette entry of every colour of a histogram, as a table: what maps pixels that come in parts."""

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.histogram import Histogram


class Lookup:
    """Maps pixels whose colours a histogram lists, by the labels (n,) uint8 of these; holds 16 MB."""

    def __init__(self, histogram: Histogram, labels: NDArray[np.uint8]) -> None:
        opaque = int(np.searchsorted(histogram.keys, _native.OPAQUE_KEY))
        self._table = np.zeros(1 << 24, np.uint8)
        self._table[histogram.keys[opaque:] - _native.OPAQUE_KEY] = labels[opaque:]
        self._keys, self._labels = histogram.keys[:opaque].copy(), labels[:opaque].copy()

    def indices(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W) indices of (H, W, 3|4) pixels."""
        flat = pixels.reshape(-1, pixels.shape[2])
        indices = _native.look_up(flat, self._table)
        if pixels.shape[2] == 4 and len(self._keys):
            other = flat[:, 3] < 255
            if other.any():
                indices[other] = _native.map_pixels(flat[other], self._keys, self._labels, 1)
        return indices.reshape(pixels.shape[:2])
