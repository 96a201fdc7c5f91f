"""Dither: error diffusion, which trades flat areas and bands for noise.

Floyd & Steinberg 1976, serpentine: odd rows run from right to left. Distances and errors are taken in sRGB 0..255; with
alpha in the premultiplied space of `huepress.space`, inside the pixel's class (transparent, partial, opaque).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.palette import Palette
from huepress.parts import label_counts, parts_of
from huepress.pixels import with_alpha
from huepress.space import OPAQUE, classes_of

_BAND_PIXELS: Final = 1 << 18  # bounds the memory that points take
_APART: Final = 2048.0  # between the classes, more than any two colours of one are


def diffuse(
    pixels: NDArray[np.uint8], palette: Palette, indices: NDArray[np.uint8], strength: float
) -> NDArray[np.uint8]:
    """Indices (H, W) with errors passed on to the neighbours.

    Args:
        pixels: (H, W, 3|4).
        palette: their colours to be.
        indices: (H, W) the nearest entry of each pixel. Pixels that it renders exactly stay, and take no errors.
        strength: share of an error that is passed on, 0 (none) .. 1.

    """
    alpha = pixels.shape[2] == 4 or palette.has_alpha
    entries = palette.rgba if alpha else palette.colors[:, :3]
    apart = alpha and _classes_in(pixels) <= set(classes_of(entries[:, 3]).tolist())
    points = _features(entries, apart=apart)
    errors = np.zeros((pixels.shape[1] + 2, 4), np.float32)
    found = np.empty_like(indices)
    for rows in parts_of(len(pixels), -(-_BAND_PIXELS // pixels.shape[1])):
        wanted = with_alpha(pixels[rows]) if alpha else pixels[rows]
        exact = (entries[indices[rows]] == wanted).all(axis=2)
        if apart:
            exact |= wanted[..., 3] == 0  # nobody sees their errors
        features = _features(wanted, apart=apart)
        found[rows] = _native.dither(features, points, exact, indices[rows], strength, rows.start, errors)
    return found


def _classes_in(pixels: NDArray[np.uint8]) -> set[int]:
    """The classes of the pixels (H, W, 3|4)."""
    if pixels.shape[2] == 3:
        return {OPAQUE}
    alphas = np.flatnonzero(label_counts(pixels[..., 3], 256))
    return set(classes_of(alphas).tolist())


def _features(colors: NDArray[np.uint8], *, apart: bool) -> NDArray[Any]:
    """The points whose squared distance is the mean of the squared errors over black and over white; float32.

    `apart`: those of different classes are farther from each other than any of one class.
    """
    values = colors.astype(np.float32)
    if colors.shape[-1] == 3:
        return values
    alpha = values[..., 3:] / np.float32(255)
    middle = np.float32(127.5)
    points = np.concatenate([values[..., :3] * alpha - alpha * middle, alpha * middle * np.float32(3**0.5)], axis=-1)
    if apart:
        points[..., 3] += classes_of(colors[..., 3]) * np.float32(_APART)
    return points
