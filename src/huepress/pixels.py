"""Pixels of a picture: samples of any depth become 8 bits, channels RGB or RGBA, rows upright."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_PARTIAL: Final = 1 << 24  # the least RGBA pixel, as a number, that is not transparent
_OPAQUE: Final = 255 << 24
_HALF_LEVEL: Final = 0.5 / 255  # floats may stray from 0..1 by rounding


def refuse_masked(values: Any, name: str) -> None:
    """ValueError for an array of which values are masked: a mask is lost where NumPy's own arrays are made."""
    if isinstance(values, np.ndarray) and type(values) is not np.ndarray and np.ma.is_masked(values):
        raise ValueError(f"{name} must have no masked values: fill them first")


def colored(pixels: Pixels) -> Pixels:
    """Grey or RGB, with or without alpha, as contiguous RGB or RGBA."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels >= 3:
        return np.ascontiguousarray(pixels)
    samples = pixels.reshape(*pixels.shape[:2], channels)
    colored = np.empty((*pixels.shape[:2], channels + 2), np.uint8)
    colored[..., :3] = samples[..., :1]
    colored[..., 3:] = samples[..., 1:]
    return colored


def eight_bits(array: NDArray[Any], name: str) -> Pixels:
    """Samples of uint8, uint16 (0..65535), bool or float (0..1) as uint8, rounded to the nearest level."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return np.where(array, np.uint8(255), np.uint8(0))
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return from_16_bits(array.astype(np.uint16, copy=False))
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must hold uint8, uint16, bool or float in 0..1, not {array.dtype}")
    low, high = float(array.min()), float(array.max())
    if not (low >= -_HALF_LEVEL and high <= 1 + _HALF_LEVEL):
        raise ValueError(f"{name} of floats must lie in 0..1, not in {low:g}..{high:g}")
    return from_floats(array)


def from_16_bits(array: NDArray[np.uint16]) -> Pixels:
    """The nearest level, v * 255 / 65535, with libpng's exact constants in place of a division."""
    scaled = array.astype(np.uint32)
    scaled *= 255
    scaled += 32895
    scaled >>= 16
    return scaled.astype(np.uint8)


def from_floats(array: NDArray[Any]) -> Pixels:
    """The nearest level of each number 0..1."""
    scaled = np.clip(array, 0, 1).astype(np.float32)
    scaled *= np.float32(255)
    scaled += np.float32(0.5)
    levels: Pixels = scaled.astype(np.uint8)
    return levels


def canonical(pixels: Pixels, keep_hidden: bool) -> Pixels:
    """What a `Picture` has of contiguous RGB or RGBA: a view of RGB if all is opaque, else no hidden colour."""
    if pixels.shape[2] == 3:
        return pixels
    words = pixels.reshape(-1).view("<u4")  # alpha is the highest byte
    if np.bitwise_and.reduce(words) >= _OPAQUE:
        return pixels[..., :3]
    if keep_hidden or words.min() >= _PARTIAL:
        return pixels
    cleared: Pixels = (words * (words >= _PARTIAL)).astype("<u4", copy=False).view(np.uint8)
    return cleared.reshape(pixels.shape)


def with_alpha(pixels: Pixels) -> Pixels:
    """(..., 3|4) pixels or colours as (..., 4)."""
    if pixels.shape[-1] == 4:
        return pixels
    result = np.full((*pixels.shape[:-1], 4), 255, np.uint8)
    result[..., :3] = pixels
    return result


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels as they should be seen: orientations 5 to 8 are transposed, the others only mirrored."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
