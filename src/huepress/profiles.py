"""Colour profiles: from what a file says about its colours to sRGB, through LittleCMS.

The rendering intent is perceptual, as in browsers: profiles made of a matrix and curves (all displays and
cameras) are treated alike by every intent, and those made of tables (print) are mapped smoothly into the
gamut of sRGB rather than clipped. As browsers do: a profile that does not fit the pixels (CMYK for RGB pixels,
a damaged one) is ignored; in PNG, cICP comes before iCCP, iCCP before sRGB, sRGB before gAMA and cHRM. Of cICP
only standard-range spaces are known (BT.709, Display P3 and BT.2020 primaries with the curve of sRGB); others
are read as sRGB.
"""

import io
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from huepress.png import Png

_SPACE_OF_MODE: Final = {"L": "GRAY", "LA": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "LAB": "LAB"}
_SRGB_XY: Final[tuple[float, ...]] = (
    0.3127,
    0.329,
    0.64,
    0.33,
    0.3,
    0.6,
    0.15,
    0.06,
)  # white, red, green, blue
_P3_XY: Final = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
_BT2020_XY: Final = (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046)
_CICP_XY: Final = {1: _SRGB_XY, 9: _BT2020_XY, 12: _P3_XY}
_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of ICC curve type 3
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """An image in L, LA, RGB, RGBA, CMYK or LAB as RGB(A) in sRGB; None if the profile is sRGB or unfit."""
    opened = _open(profile)
    if opened is None:
        return None
    image = _fitting(image, _space(opened))
    if _SPACE_OF_MODE.get(image.mode) != _space(opened):
        return None
    try:
        if _space(opened) == "RGB" and _is_srgb(opened):
            return None
        return _converted(image, opened)
    except (ImageCms.PyCMSError, ValueError):
        return None


def lab() -> bytes:
    """The profile of CIELAB pixels, as TIFF has them."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def is_rgb(profile: bytes) -> bool:
    """Whether the profile can be kept with RGB pixels."""
    opened = _open(profile)
    return opened is not None and _space(opened) == "RGB"


def of_png(png: Png) -> bytes | None:
    """The ICC profile that says what the chunks of a PNG say; None for sRGB."""
    coded = png.before.get(b"cICP", b"")
    if len(coded) == 4 and coded[0] in _CICP_XY and tuple(coded[1:]) == (13, 0, 1):
        return matrix_profile(_CICP_XY[coded[0]], None) if coded[0] != 1 else None
    if profile := png.profile():
        return profile
    if b"sRGB" in png.before:
        return None
    return _of_gamma(png.before.get(b"gAMA", b""), png.before.get(b"cHRM", b""))


def _of_gamma(gamma_chunk: bytes, chromaticities: bytes) -> bytes | None:
    gamma = int.from_bytes(gamma_chunk, "big") / 100_000 if len(gamma_chunk) == 4 else 0.0
    if not 0.01 <= gamma <= 100:
        return None  # browsers need a gamma before they look at chromaticities
    xy = tuple(v / 100_000 for v in struct.unpack(">8I", chromaticities)) if len(chromaticities) == 32 else _SRGB_XY
    if max(abs(a - b) for a, b in zip(xy, _SRGB_XY, strict=True)) < 0.005:
        if abs(gamma - 0.45455) < 0.01:
            return None
        xy = _SRGB_XY
    return matrix_profile(xy, 1 / gamma)


def matrix_profile(xy: tuple[float, ...], gamma: float | None) -> bytes | None:
    """An ICC v4 profile of chromaticities (white, red, green, blue: x, y) and a gamma (None: sRGB's curve).

    None if the chromaticities span no triangle around their white point.
    """
    points = np.array(xy).reshape(4, 2)
    if not (points[:, 1] > 0).all():
        return None
    white, *primaries = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in points)
    matrix = np.stack(primaries, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-6:
        return None
    adapted = _adaptation(white) @ (matrix * np.linalg.solve(matrix, white))
    if not np.abs(adapted).max() < 100:
        return None
    curve = _parametric(3, *_SRGB_CURVE) if gamma is None else _parametric(0, gamma)
    return _icc(
        {
            b"desc": _localized("RGB"),
            b"cprt": _localized("CC0"),
            b"wtpt": _xyz(_D50),
            **{name: _xyz(adapted[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
            **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
        }
    )


# -- LittleCMS -----------------------------------------------------------------------------------------------


def _open(profile: bytes) -> Any:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ValueError, ImageCms.PyCMSError):
        return None


def _space(profile: Any) -> str:
    return str(profile.profile.xcolor_space).strip().upper()


def _fitting(image: Image.Image, space: str) -> Image.Image:
    """Grey pixels are RGB pixels too: cameras put RGB profiles into grey files."""
    if space == "RGB" and image.mode in ("L", "LA"):
        return image.convert("RGBA" if image.mode == "LA" else "RGB")
    return image


def _converted(image: Image.Image, profile: Any) -> Image.Image:
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    plain = image.convert(image.mode.removesuffix("A")) if alpha else image
    transform = ImageCms.buildTransform(
        profile, ImageCms.createProfile("sRGB"), plain.mode, "RGB", ImageCms.Intent.PERCEPTUAL
    )
    result = ImageCms.applyTransform(plain, transform)
    assert result is not None
    if alpha:
        result.putalpha(alpha)
    return result


def _is_srgb(profile: Any) -> bool:
    """Whether no colour of a grid moves by more than one level: such a profile is another wording of sRGB."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    moved = np.asarray(_converted(Image.fromarray(grid), profile))
    return bool(np.abs(moved.astype(np.int16) - grid).max() <= 1)


# -- a profile's bytes (ICC.1:2022) --------------------------------------------------------------------------


def _adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Bradford transform from a white point to that of the profile connection space, D50."""
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.linalg.solve(_BRADFORD, scale @ _BRADFORD)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _parametric(kind: int, *values: float) -> bytes:
    return struct.pack(">4s4xHxx", b"para", kind) + _fixed(*values)


def _localized(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return struct.pack(">4s4xII4sII", b"mluc", 1, 12, b"enUS", len(encoded), 28) + encoded


def _icc(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", start + len(body), 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head.ljust(68, b"\0") + _fixed(*_D50)).ljust(128, b"\0") + table + body
