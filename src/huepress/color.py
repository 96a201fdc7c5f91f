"""Colour spaces: sRGB, linear light, Oklab, CIELAB, and how much colours differ: CIEDE2000, and PSNR of an MSE.

Colours are arrays (..., 3). sRGB is in levels 0..255, of uint8 or float; linear light is in 0..1.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Ottosson 2020, "A perceptual color space for image processing", with the matrices of 2021.
_LMS_FROM_RGB: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB_FROM_LMS: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_RGB_FROM_LMS: Final = np.linalg.inv(_LMS_FROM_RGB)
_LMS_FROM_OKLAB: Final = np.linalg.inv(_OKLAB_FROM_LMS)

# ITU-R BT.709 primaries, white D65 (CIE 15:2004, 2 degree observer).
_XYZ_FROM_RGB: Final = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])


def _to_linear(levels: Floats) -> Floats:
    v = levels / 255.0
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0.0) + 0.055) / 1.055) ** 2.4)


_LINEAR: Final = _to_linear(np.arange(256.0))


def srgb_to_linear(srgb: NDArray[Any]) -> Floats:
    """Levels 0..255 (uint8 or float) in linear light, 0..1 (IEC 61966-2-1)."""
    return np.take(_LINEAR, srgb) if srgb.dtype == np.uint8 else _to_linear(np.asarray(srgb, np.float64))


def linear_to_srgb(linear: NDArray[Any]) -> Floats:
    """Linear light 0..1 as levels 0..255, neither rounded nor clipped (IEC 61966-2-1)."""
    v = np.asarray(linear, np.float64)
    return 255.0 * np.where(v <= 0.0031308, v * 12.92, 1.055 * np.maximum(v, 0.0) ** (1 / 2.4) - 0.055)


def srgb_to_oklab(srgb: NDArray[Any]) -> Floats:
    """Oklab (..., 3) of sRGB levels (..., 3): L in 0..1, a and b within about +-0.4 (Ottosson 2020)."""
    linear = srgb_to_linear(srgb.reshape(-1, 3).T)  # a channel's values side by side take half the time
    return (_OKLAB_FROM_LMS @ np.cbrt(_LMS_FROM_RGB @ linear)).T.reshape(srgb.shape)


def oklab_to_srgb(oklab: NDArray[Any]) -> Floats:
    """SRGB levels 0..255 (..., 3) of Oklab (..., 3), neither rounded nor clipped (Ottosson 2020)."""
    return linear_to_srgb((np.asarray(oklab, np.float64) @ _LMS_FROM_OKLAB.T) ** 3 @ _RGB_FROM_LMS.T)


def srgb_to_lab(srgb: NDArray[Any]) -> Floats:
    """CIELAB (..., 3) of sRGB levels (..., 3), for white D65: L in 0..100 (CIE 15:2004)."""
    xyz = srgb_to_linear(srgb) @ _XYZ_FROM_RGB.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def psnr(mse: float) -> float:
    """Peak signal-to-noise ratio in dB of an MSE summed over three channels: 10 log10(3 * 255^2 / MSE); inf for 0."""
    return 10 * math.log10(3 * 255**2 / mse) if mse > 0 else math.inf


def ciede2000(lab_a: NDArray[Any], lab_b: NDArray[Any]) -> Floats:
    """CIEDE2000 colour differences (...) of CIELAB colours (..., 3) and (..., 3).

    Source: Sharma, Wu & Dalal 2005, with weights kL = kC = kH = 1. About 1 is just noticeable side by side.
    """
    light_a, light_b = lab_a[..., 0], lab_b[..., 0]
    chroma_a, chroma_b, hue_a, hue_b = _chroma_and_hue(lab_a, lab_b)
    product = chroma_a * chroma_b
    turn = hue_b - hue_a
    turn = np.where(product == 0, 0.0, turn - 2 * np.pi * np.round(turn / (2 * np.pi)))
    light = (light_a + light_b) / 2
    chroma = (chroma_a + chroma_b) / 2
    hue = np.where(product == 0, hue_a + hue_b, _mean_hue(hue_a, hue_b))
    d_light = (light_b - light_a) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    d_chroma = (chroma_b - chroma_a) / (1 + 0.045 * chroma)
    d_hue = 2 * np.sqrt(product) * np.sin(turn / 2) / (1 + 0.015 * chroma * _hue_weight(hue))
    rotation = -np.sin(2 * _degrees(30) * np.exp(-(((hue - _degrees(275)) / _degrees(25)) ** 2)))
    rotation *= 2 * _chroma_ratio(chroma)
    total: Floats = np.sqrt(np.maximum(d_light**2 + d_chroma**2 + d_hue**2 + rotation * d_chroma * d_hue, 0.0))
    return total


def _degrees(angle: float) -> float:
    return angle * np.pi / 180


def _chroma_ratio(chroma: Floats) -> Floats:
    seventh = chroma**7
    ratio: Floats = np.sqrt(seventh / (seventh + 25.0**7))
    return ratio


def _chroma_and_hue(lab_a: NDArray[Any], lab_b: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    """Chroma and hue (0..2 pi) of both, after a* is stretched for greyish colours."""
    mean = (np.hypot(lab_a[..., 1], lab_a[..., 2]) + np.hypot(lab_b[..., 1], lab_b[..., 2])) / 2
    stretch = 1.5 - 0.5 * _chroma_ratio(mean)
    red_a, red_b = lab_a[..., 1] * stretch, lab_b[..., 1] * stretch
    hue_a, hue_b = np.arctan2(lab_a[..., 2], red_a), np.arctan2(lab_b[..., 2], red_b)
    chroma_a, chroma_b = np.hypot(red_a, lab_a[..., 2]), np.hypot(red_b, lab_b[..., 2])
    return chroma_a, chroma_b, hue_a % (2 * np.pi), hue_b % (2 * np.pi)


def _mean_hue(hue_a: Floats, hue_b: Floats) -> Floats:
    """The middle of the shorter arc between two hues in 0..2 pi."""
    middle = (hue_a + hue_b) / 2
    far = np.abs(hue_a - hue_b) > np.pi
    return np.where(far, np.where(middle < np.pi, middle + np.pi, middle - np.pi), middle)


def _hue_weight(hue: Floats) -> Floats:
    weight: Floats = (
        1
        - 0.17 * np.cos(hue - _degrees(30))
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + _degrees(6))
        - 0.20 * np.cos(4 * hue - _degrees(63))
    )
    return weight
