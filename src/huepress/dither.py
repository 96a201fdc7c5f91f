"""Dither: error diffusion, which trades flat areas and bands for noise.

Floyd & Steinberg 1976, serpentine: odd rows run from right to left. Distances and errors are taken in sRGB 0..255; with
alpha in the premultiplied space of `huepress.space`, inside the pixel's class (transparent, partial, opaque).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.palette import Palette
from huepress.pixels import with_alpha
from huepress.space import classes_of

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
    wanted, entries = (pixels, palette.colors[:, :3]) if not alpha else (with_alpha(pixels), palette.rgba)
    exact = (entries[indices] == wanted).all(axis=2)
    features, points = _features(wanted), _features(entries)
    if alpha and set(np.unique(classes_of(wanted[..., 3]))) <= set(classes_of(entries[:, 3])):
        features[..., 3] += classes_of(wanted[..., 3]) * np.float32(_APART)
        points[..., 3] += classes_of(entries[:, 3]) * np.float32(_APART)
        exact |= wanted[..., 3] == 0  # nobody sees their errors
    return _native.dither(features, points, exact, indices, strength)


def _features(colors: NDArray[np.uint8]) -> NDArray[Any]:
    """The points whose squared distance is the mean of the squared errors over black and over white; float32."""
    values = colors.astype(np.float32)
    if colors.shape[-1] == 3:
        return values
    alpha = values[..., 3:] / np.float32(255)
    middle = np.float32(127.5)
    return np.concatenate([values[..., :3] * alpha - alpha * middle, alpha * middle * np.float32(3**0.5)], axis=-1)
