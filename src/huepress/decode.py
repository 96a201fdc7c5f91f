"""Open: from a path, bytes or a binary file to a Pillow image, identified, within limits, not yet decoded.

Everything here treats the input as hostile. A format is found by its content, and only the plug-ins listed
here are ever run (never those that start other programs, as Pillow's PostScript reader does). Sizes are
checked before any pixel is decoded, with our own limit; Pillow's global one is left alone (and still holds for
TIFF and a few others, whose plug-ins check it themselves).
"""

import ctypes
import io
import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any, Final

from PIL import Image
from PIL import _imaging as core

from huepress.errors import ReadError, TooManyPixelsError, printable
from huepress.png import Png

MAX_PIXELS: Final = 100_000_000
MAX_BYTES: Final = 500_000_000
_HEAD: Final = 4096  # bytes that identify a format
_PIECE: Final = 1 << 20

# JPEG: a marker that is followed by a length, so neither a stuffed zero nor a restart; progressive files have 10 scans.
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_MAX_SCANS: Final = 200

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
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    *((magic, "GIF") for magic in (b"GIF87a", b"GIF89a")),
    (b"BM", "BMP"),
    *((magic, "TIFF") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"\0\0\1\0", "ICO"),
    *((magic, "JPEG2000") for magic in (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")),
    (b"qoif", "QOI"),
    *((magic, "PPM") for magic in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf")),
    *((magic, "PCX") for magic in (b"\n\0", b"\n\2", b"\n\3", b"\n\5")),
)
_READABLE: Final = "PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF, JPEG 2000, PPM, ICO, TGA, PCX and QOI"

_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_SUFFIXES: Final = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".jp2", ".j2k"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".ico", ".tga", ".pcx", ".qoi"),
)

# Known files that are no picture for us, and what to do.
_REFUSED: Final = (
    (b"%PDF", "a PDF document: convert its page to PNG first"),
    (b"%!PS", "a PostScript drawing: convert it to PNG first"),
    (b"8BPS", "a Photoshop document: export it as PNG first"),
    (b"gimp xcf", "a GIMP document: export it as PNG first"),
    (b"\xff\x0a", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
)


@dataclass(frozen=True)
class Source:
    """An opened picture: the Pillow image, its name for messages, its size in bytes, its chunks if a PNG."""

    image: Image.Image
    name: str
    size: int | None = None
    png: Png | None = None


@contextmanager
def opened(image: Any, name: str | None, max_pixels: int, max_bytes: int) -> Iterator[Source]:
    """The input as a `Source`; raises ReadError, TypeError if it is neither path, bytes nor binary file."""
    data, name, format = _bytes(image, name, max_bytes)
    source = _opened(data, name, format)
    with source.image:
        check_pixels(source.image.size, name, max_pixels)
        yield source


def check_pixels(size: tuple[int, int], name: str, max_pixels: int) -> None:
    """Refuse a picture of more than `max_pixels`."""
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixelsError(name, (width, height), max_pixels)


def is_picture(path: str) -> bool:
    """Whether a file is meant to be a picture: its name says so, or it begins like one."""
    if Path(path).suffix.lower() in _SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in `_read_path`
            head = file.read(_HEAD)
        return _format(head, path) != "TGA"
    except (OSError, ValueError, ReadError):
        return False


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
    text = printable(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "..."


# -- bytes ---------------------------------------------------------------------------------------------------


def _bytes(image: Any, name: str | None, max_bytes: int) -> tuple[bytes, str, str]:
    """The input's bytes, its name for messages, and its format."""
    if isinstance(image, bytes | bytearray | memoryview):
        return _read_file(io.BytesIO(image), name or "bytes", "", max_bytes)
    if isinstance(image, str | PathLike):
        return _read_path(fspath(image), name or printable(fspath(image)), max_bytes)
    if not hasattr(image, "read"):
        kinds = "a path, bytes, a binary file, a Pillow image or an array"
        raise TypeError(f"an image is {kinds}, not {type(image).__name__}")
    own = getattr(image, "name", None)
    return _read_file(image, name or (printable(own) if isinstance(own, str) else "file"), "", max_bytes)


def _read_path(path: str, name: str, max_bytes: int) -> tuple[bytes, str, str]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - Path would change some names
            return _read_file(file, name, Path(path).suffix.lower(), max_bytes)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ReadError(f"{name}: cannot be read ({reason})") from error


def _read_file(file: IO[bytes], name: str, suffix: str, max_bytes: int) -> tuple[bytes, str, str]:
    """Refuses at once what does not begin like a picture, so that an endless stream ends soon."""
    head = file.read(_HEAD)
    if not isinstance(head, bytes):
        raise TypeError(f"{name} must be opened in binary mode")
    if not head:
        raise ReadError(f"{name}: is empty")
    format = _format(head, name)
    data = _rest(file, head, name, max_bytes)
    if format == "TGA" and suffix != ".tga" and not data.endswith(b"TRUEVISION-XFILE.\0"):
        raise ReadError(f"{name}: {_what_it_is(data)}")
    return data, name, format


def _rest(file: IO[bytes], head: bytes, name: str, max_bytes: int) -> bytes:
    """Head and rest together: piece by piece, as a stream may end anywhere or nowhere, and in memory only once."""
    whole = io.BytesIO()
    piece = head
    while piece:
        whole.write(piece)
        if whole.tell() > max_bytes:
            raise ReadError(f"{name}: more than {max_bytes:,} bytes (max_bytes)")
        piece = file.read(_PIECE)
    return whole.getvalue()


# -- formats -------------------------------------------------------------------------------------------------


def _opened(data: bytes, name: str, format: str) -> Source:
    with refusing(name):
        png = Png.parse(data) if format == "PNG" else None
        image = _image(png.cleaned() if png else data, name, format)
        if format == "TIFF":
            _check_tiles(image)
        if format == "JPEG" and _scans(data) > _MAX_SCANS:
            raise ReadError(f"{name}: a JPEG of more than {_MAX_SCANS} scans, made to take long")
        return Source(image, name, len(data), png)


def _scans(data: bytes) -> int:
    """The scans of a JPEG: each takes time for the whole picture, however few bytes it has."""
    position, scans = 2, 0
    while marker := _MARKER.search(data, position):
        kind = marker[1][0]
        if kind == _END_OF_IMAGE or scans > _MAX_SCANS:
            break
        scans += kind == _START_OF_SCAN
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans


def _check_tiles(image: Any) -> None:
    """Pillow leaves black what the strips or tiles of a TIFF do not cover; that is damage."""
    covered = sum((right - left) * (lower - upper) for _, (left, upper, right, lower), _, _ in image.tile)
    if covered < image.width * image.height:
        raise ValueError("parts of it are missing")


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


def _format(head: bytes, name: str) -> str:
    for magic, format in _SIGNATURES:
        if head.startswith(magic):
            return format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if _brands(head) & _AVIF_BRANDS:
        return "AVIF"
    if _may_be_tga(head):
        return "TGA"
    raise ReadError(f"{name}: {_what_it_is(head)}")


def _brands(head: bytes) -> set[bytes]:
    """The brands of an ISO base media file (HEIC, AVIF, MP4)."""
    if head[4:8] != b"ftyp":
        return set()
    return {head[i : i + 4] for i in range(8, min(int.from_bytes(head[:4], "big"), 256), 4)}


def _may_be_tga(head: bytes) -> bool:
    """TGA has no signature: its name or its end must agree too."""
    return len(head) >= 18 and head[1] < 2 and head[2] in (1, 2, 3, 9, 10, 11) and head[16] in (1, 8, 15, 16, 24, 32)


def _what_it_is(data: bytes) -> str:
    if _brands(data) & _HEIC_BRANDS:
        return "is a HEIC picture: convert it to JPEG or PNG first, for example with heif-convert"
    for magic, what in _REFUSED:
        if data.startswith(magic):
            return f"is {what}"
    if b"<svg" in data[:_HEAD].lower():
        return "is an SVG drawing: render it to PNG first, for example with rsvg-convert"
    return f"is no picture that huepress reads ({_READABLE})"


# -- silence ------------------------------------------------------------------------------------------------

logging.getLogger("PIL").addHandler(logging.NullHandler())  # as a library should do itself: not to stderr


@cache
def _silence_libtiff() -> None:
    """Stop libtiff from printing on stderr what Pillow raises anyway; where it is linked statically it stays."""
    library = ctypes.CDLL(core.__file__)
    for handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, handler):
            getattr(library, handler)(None)


_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet_filter: Any = None


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings of Pillow's modules while any thread reads: what matters is raised or checked.

    `warnings.catch_warnings` is not safe with threads: one may restore the filters while another still reads.
    """
    global _quiet_depth, _quiet_filter
    with _quiet_lock:
        if _quiet_depth == 0:
            warnings.filterwarnings("ignore", module=r"PIL\.")
            _quiet_filter = warnings.filters[0]
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0 and _quiet_filter in warnings.filters:
                warnings.filters.remove(_quiet_filter)  # type: ignore[attr-defined]
