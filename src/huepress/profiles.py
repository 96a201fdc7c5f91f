"""Colour profiles: from the colour space of a file to sRGB, through LittleCMS.

The rendering intent is perceptual, as in browsers: profiles made of a matrix and curves (all displays and cameras) are
treated alike by every intent, and those made of tables (print) are mapped smoothly into the gamut of sRGB rather than
clipped. A profile that does not fit the pixels (CMYK for RGB pixels, a damaged one) is ignored, as in browsers.

What PNG says about colours without a profile (cICP, or gAMA and cHRM where neither iCCP nor sRGB stands) changes no
pixel here, as in Pillow: these chunks are carried into a PNG that is written, so that viewers show the result as they
show the source (tests/page holds that against Chromium), HDR too. WebP and GIF cannot carry them: viewers show their
pixels as sRGB.
"""

import io
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from huepress.formats.png import Png

_SPACE_OF_MODE: Final = {"L": "GRAY", "LA": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "LAB": "LAB"}
_KEPT: Final = 8  # profiles, as pictures of one folder often have the same; each may have megabytes
_SRGB_CICP: Final = bytes((1, 13, 0, 1))
_SRGB_NUMBERS: Final = {b"gAMA": (0.45455,), b"cHRM": (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)}


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
    """The ICC profile of a PNG, unless cICP overrules it."""
    return None if b"cICP" in png.before else png.profile()


def chunks_of_png(png: Png) -> tuple[tuple[bytes, bytes], ...]:
    """The chunks that give the pixels' colour space without a profile, if it is not sRGB."""
    coded = png.before.get(b"cICP", b"")
    if coded:
        return ((b"cICP", coded),) if len(coded) == 4 and coded != _SRGB_CICP else ()
    if b"iCCP" in png.before or b"sRGB" in png.before:
        return ()
    found = {kind: png.before[kind] for kind in _SRGB_NUMBERS if _is_sound(kind, png.before.get(kind, b""))}
    return () if all(_says_srgb(*item) for item in found.items()) else tuple(found.items())


def _numbers(body: bytes) -> NDArray[np.float64]:
    return np.frombuffer(body, ">u4") / 100_000


def _is_sound(kind: bytes, body: bytes) -> bool:
    """Whether gAMA or cHRM have the right length and values that can be meant."""
    if len(body) != 4 * len(_SRGB_NUMBERS[kind]):
        return False
    values = _numbers(body)
    if kind == b"gAMA":
        return bool(0.01 <= values[0] <= 100)
    return bool((values.reshape(4, 2).sum(axis=1) <= 1).all() and (values <= 0.8).all() and values[1] > 0)


def _says_srgb(kind: bytes, body: bytes) -> bool:
    """Whether gAMA or cHRM say what holds for sRGB anyway, within what programs round to."""
    return bool((np.abs(_numbers(body) - _SRGB_NUMBERS[kind]) < 0.01).all())


# -- LittleCMS -----------------------------------------------------------------------------------------------


@lru_cache(_KEPT)
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
    result = _grey_converted(plain, profile) if plain.mode == "L" else _transformed(plain, profile)
    if alpha:
        result.putalpha(alpha)
    return result


def _grey_converted(image: Image.Image, profile: Any) -> Image.Image:
    """Level by level: for whole pictures LittleCMS interpolates between 33 levels, which errs by 10 in the dark."""
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    table = np.asarray(_transformed(levels, profile, ImageCms.Flags.NOOPTIMIZE))[0]
    return Image.fromarray(table[np.asarray(image)])


def _transformed(image: Image.Image, profile: Any, flags: Any = ImageCms.Flags.NONE) -> Image.Image:
    result = ImageCms.applyTransform(image, _transform(profile, image.mode, flags))
    assert result is not None
    return result


@lru_cache(_KEPT)
def _transform(profile: Any, mode: str, flags: Any) -> Any:
    """To sRGB; to build it takes longer than to apply it to a small picture."""
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(profile, srgb, mode, "RGB", ImageCms.Intent.PERCEPTUAL, flags)


@lru_cache(_KEPT)
def _is_srgb(profile: Any) -> bool:
    """Whether no colour moves by more than one level: such a profile is another wording of sRGB.

    Of a grid of colours, and of all levels of each channel and of grey, as a damaged curve may err at a few of them.
    """
    steps, levels = np.arange(0, 256, 15, dtype=np.uint8), np.arange(256, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    ramps = [levels[:, np.newaxis] * np.array(channels, np.uint8) for channels in (*np.eye(3), (1, 1, 1))]
    colors = np.concatenate([grid, *ramps])[np.newaxis]
    moved = np.asarray(_converted(Image.fromarray(colors), profile))
    return bool(np.abs(moved.astype(np.int16) - colors).max() <= 1)
