"""Metadata: what is read of a picture besides its pixels, and may be kept in a result."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image

from huepress import profiles
from huepress.decode import Source

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296  # tags of TIFF and EXIF
_INCH, _CENTIMETRE = 2, 3
_PER_INCH: Final = {_INCH: 1.0, _CENTIMETRE: 2.54}
_EXIF_PREFIX: Final = b"Exif\0\0"
# TIFF tags that say how the pixels of the source lie in its file; with them XMP, ICC profile and Photoshop's block.
_STRUCTURE: Final = frozenset[int]().union(
    *(range(254, 263), range(273, 280), range(322, 326), range(529, 533)),
    (266, 284, 317, 320, 338, 339, 347, 700, 33723, 34377, 34675),
)
_XMP_KEYWORD: Final = "XML:com.adobe.xmp"  # of PNG text chunks
_XMP_ORIENTATION: Final = re.compile(
    rb"""tiff:Orientation\s*=\s*("[^"]*"|'[^']*')|<tiff:Orientation>[^<]*</tiff:Orientation>"""
)
_RAW_PROFILE: Final = "Raw profile type "  # of text chunks in which ImageMagick keeps EXIF, IPTC and the like


@dataclass(frozen=True, eq=False)
class Metadata:
    """What a result may keep of its source besides pixels; empty fields are not written.

    Attributes:
        resolution: dots per inch, (x, y).
        profile: the ICC profile in whose space the pixels are; None for sRGB.
        exif: a TIFF block without the `Exif` prefix, its orientation reset.
        xmp: the packet, its orientation removed.
        color_chunks: the PNG chunks (type, data) that give a colour space without a profile: cICP, gAMA, cHRM.
        text: keywords with their values.

    """

    resolution: tuple[float, float] | None = None
    profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    color_chunks: tuple[tuple[bytes, bytes], ...] = ()
    text: tuple[tuple[str, str], ...] = ()

    def exif_with_resolution(self) -> bytes | None:
        """The EXIF block of a file that has no other place for the resolution, as WebP."""
        if self.resolution is None:
            return self.exif
        exif = Image.Exif()
        exif.load(self.exif or b"")
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = self.resolution
        exif[_RESOLUTION_UNIT] = _INCH
        return exif.tobytes().removeprefix(_EXIF_PREFIX)


def metadata_of(source: Source, profile: bytes | None, orientation: int, keep: bool) -> Metadata:
    """What may be kept of an opened picture, which is turned upright, and whose pixels are in the space of `profile`.

    keep: EXIF, XMP and text too.
    """
    kept = Metadata(
        _resolution(_dots_per_inch(source.image), orientation),
        profile,
        color_chunks=profiles.chunks_of_png(source.png) if source.png else (),
    )
    if not keep:
        return kept
    text = source.png.texts() if source.png else ()
    xmp = source.image.info.get("xmp") or dict(text).get(_XMP_KEYWORD, "").encode()
    return replace(
        kept,
        exif=_exif(source.image),
        xmp=_XMP_ORIENTATION.sub(b"", xmp) if isinstance(xmp, bytes) and xmp else None,
        text=tuple(pair for pair in text if pair[0] != _XMP_KEYWORD and not pair[0].startswith(_RAW_PROFILE)),
    )


def _dots_per_inch(image: Any) -> Any:
    """What the file says; Pillow also tells of 1 for a TIFF and of 72 for a JPEG that say nothing."""
    says = True
    if image.format == "TIFF":
        says = _X_RESOLUTION in image.tag_v2
    elif image.format in ("JPEG", "MPO"):
        says = image.info.get("jfif_unit") in (1, 2)
    return image.info.get("dpi") if says and "dpi" in image.info else _exif_resolution(image)


def _exif_resolution(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch that EXIF tells, as in WebP and AVIF, if it does."""
    try:
        exif = image.getexif()
        scale = _PER_INCH[exif.get(_RESOLUTION_UNIT, _INCH)]
        return scale * float(exif[_X_RESOLUTION]), scale * float(exif[_Y_RESOLUTION])
    except Exception:  # it is missing or damaged
        return None


def _resolution(dpi: Any, orientation: int) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not (0.01 <= x <= 1e6 and 0.01 <= y <= 1e6):
        return None
    return (y, x) if orientation >= 5 else (x, y)


def _exif(image: Image.Image) -> bytes | None:
    """The EXIF block without its prefix, orientation and the like; None if it is missing or damaged."""
    try:
        exif = Image.Exif()
        exif.load(image.getexif().tobytes())  # the image's own stays as it is: the image may be the caller's
        for tag in _STRUCTURE.intersection(exif):
            del exif[tag]
        return exif.tobytes().removeprefix(_EXIF_PREFIX) if len(exif) else None
    except Exception:  # damaged EXIF is not worth keeping
        return None
