"""Open: from the bytes of a file to a Pillow image, within limits, not yet decoded.

Everything here treats the input as hostile. Only the plug-ins listed here are ever run (never those that start other
programs, as Pillow's PostScript reader does). Sizes are checked before any pixel is decoded, with our own limit;
Pillow's global one is left alone (and still holds for TIFF and a few others, whose plug-ins check it themselves).
"""

import ctypes
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from PIL import Image
from PIL import _imaging as core

from huepress.contents import contents
from huepress.errors import ReadError, TooManyPixelsError, one_line
from huepress.formats import ico
from huepress.formats.png import SIGNATURE, Png
from huepress.formats.screening import screen, screen_tiff

MAX_PIXELS: Final = 100_000_000  # of a picture, unless the caller says otherwise: decoded, they take 300 or 400 MB
_MAX_SIDE: Final = 1 << 24  # what is still larger takes Pillow too much memory for its rows

# Formats in Pillow's words, and the plug-ins that read them.
_PLUGINS: Final = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin",
    "TIFF": "TiffImagePlugin",
    "BMP": "BmpImagePlugin",
    "AVIF": "AvifImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PPM": "PpmImagePlugin",
    "ICO": "IcoImagePlugin",
    "TGA": "TgaImagePlugin",
    "PCX": "PcxImagePlugin",
    "QOI": "QoiImagePlugin",
}

# Pillow's words for the samples of a TIFF from high byte to low, and for those in the machine's order.
_UNPACKED: Final = {"F;32BF": "F;32NF", "I;16BS": "I;16NS", "I;32BS": "I;32NS"}

# Texts of a PNG in which Pillow looks for an orientation: XMP, and EXIF as ImageMagick writes it.
_ORIENTING_TEXTS: Final = ("XML:com.adobe.xmp", "Raw profile type exif")


class Source(NamedTuple):
    """An opened picture: the Pillow image, its name for messages, its size in bytes.

    Of a PNG its chunks too, and whether all its rows are known to be there.
    """

    image: Image.Image
    name: str
    size: int | None = None
    png: Png | None = None
    is_complete: bool = False


@contextmanager
def opened(image: Any, name: str | None, max_pixels: int, max_bytes: int) -> Iterator[Source]:
    """The input as a `Source`; raises ReadError, TypeError if it is neither path, bytes nor binary file."""
    source = source_of(*contents(image, name, max_bytes))
    with source.image:
        check_size(source, max_pixels)
        yield source


def check_size(source: Source, max_pixels: int) -> None:
    """Refuse an opened picture of more than `max_pixels`, or with a side that is too long."""
    check_pixels(source.image.size, source.name, max_pixels)
    if max(source.image.size) > _MAX_SIDE:
        side = max(source.image.size)
        raise ReadError(f"{source.name}: a side of {side:,} pixels is over the limit of {_MAX_SIDE:,}")


def check_pixels(size: tuple[int, int], name: str, max_pixels: int) -> None:
    """Refuse a picture of more than `max_pixels`."""
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixelsError(name, (width, height), max_pixels)


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises on damaged input into a ReadError of one sentence."""
    try:
        yield
    except (ReadError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ReadError(f"{name}: over Pillow's own limit of pixels (PIL.Image.MAX_IMAGE_PIXELS)") from error
    except Exception as error:
        raise ReadError(f"{name}: damaged or incomplete ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    if str(error) == "unknown pixel mode":  # of a TIFF, in Pillow's words
        return "its kind of pixels is not read: convert it to 8 or 16 bits a channel first"
    if "requires a buffer" in str(error):  # in the words of struct
        return "it ends early"
    return one_line(error, 120)


# -- formats -------------------------------------------------------------------------------------------------


def source_of(data: bytes, name: str, format: str) -> Source:
    """The picture in these bytes."""
    with refusing(name):
        if format == "PNG":
            return source_of_png(Png.parse(data), name, len(data))
        screen(data, format)
        if format == "ICO":
            return _source_of_icon(data, name)
        image = _image(data, name, format)
        if format == "TIFF":
            screen_tiff(image)
            _take_as_unpacked(image)
        return Source(image, name, len(data))


def _source_of_icon(data: bytes, name: str) -> Source:
    shown = ico.shown(data)
    if not shown.startswith(SIGNATURE):
        return Source(_image(shown, name, "ICO"), name, len(data))
    source = source_of_png(Png.parse(shown), name, len(data))
    source.image.format = "ICO"
    return source


def source_of_png(png: Png, name: str, size: int | None = None) -> Source:
    """The picture of a PNG that was parsed."""
    with refusing(name):
        stored = png.stored()
        data = (stored or png).cleaned()
        image: Any = _image(data, name, "PNG")
        image.decodermaxblock = len(data)  # in one piece: other threads are asked for Python's lock once
        image.info |= {keyword: text for keyword, text in png.texts() if keyword in _ORIENTING_TEXTS}
        return Source(image, name, size, png, is_complete=stored is not None)


def lower_bytes(png: Png, name: str) -> Image.Image:
    """Those of an RGB picture with 16 bits a channel, in place of the higher ones that Pillow takes."""
    image = source_of_png(png, name).image
    image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]  # type: ignore[attr-defined]
    return image


def _image(data: bytes, name: str, format: str) -> Image.Image:
    """Not by `Image.open`: that applies Pillow's own limit, a global variable, in place of ours."""
    try:
        import_module(f"PIL.{_PLUGINS[format]}")
        if format == "TIFF":
            _silence_libtiff()
        factory = Image.OPEN[format][0]
    except (ImportError, KeyError):
        raise ReadError(f"{name}: the Pillow installed here cannot read {format}") from None
    try:
        return factory(io.BytesIO(data), "")
    except MemoryError as error:  # no pixel is decoded yet: only a false header asks for so much
        raise ReadError(f"{name}: damaged (its header asks for too much memory)") from error


def _take_as_unpacked(image: Any) -> None:
    """Let samples that libtiff unpacks be taken in the machine's order of bytes; Pillow takes some in the file's."""
    for place, tile in enumerate(image.tile):
        if tile.codec_name == "libtiff" and tile.args[0] in _UNPACKED:
            image.tile[place] = tile._replace(args=(_UNPACKED[tile.args[0]], *tile.args[1:]))


# -- silence ------------------------------------------------------------------------------------------------

logging.getLogger("PIL").addHandler(logging.NullHandler())  # as a library should do itself: not to stderr


@cache
def _silence_libtiff() -> None:
    """Stop libtiff from printing on stderr what Pillow raises anyway; where it is linked statically it stays."""
    library = ctypes.CDLL(core.__file__)
    for handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, handler):
            getattr(library, handler)(None)


_SILENCE: Final = ("ignore", None, Warning, re.compile(r"PIL\."), 0)  # a filter as `warnings` keeps them


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings of Pillow's modules while any thread reads: what matters is raised or checked.

    `warnings.catch_warnings` is not safe with threads: one may restore the filters while another still reads. Here each
    adds a filter, and takes away one of those that are all alike: a lock would be in the way of signal handlers, and
    could stay closed after a fork.
    """
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    filters.insert(0, _SILENCE)
    try:
        yield
    finally:
        with suppress(ValueError):  # the filters were replaced meanwhile
            filters.remove(_SILENCE)
