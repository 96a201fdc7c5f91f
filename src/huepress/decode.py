"""Open: from a path, bytes or a binary file to a Pillow image, identified, within limits, not yet decoded.

Everything here treats the input as hostile. A format is found by its content, and only the plug-ins listed
here are ever run (never those that start other programs, as Pillow's PostScript reader does). Sizes are
checked before any pixel is decoded, with our own limit; Pillow's global one is left alone (and still holds for
TIFF and a few others, whose plug-ins check it themselves).
"""

import ctypes
import io
import logging
import os
import re
import stat
import threading
import warnings
from collections.abc import Callable, Iterator
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
from huepress.formats.png import Png

MAX_PIXELS: Final = 100_000_000
MAX_BYTES: Final = 500_000_000
_MAX_SIDE: Final = 1 << 24  # what is still larger takes Pillow too much memory for its rows
_HEAD: Final = 4096  # bytes that identify a format
_PIECE: Final = 1 << 20
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)

# JPEG: a marker that is followed by a length, so neither a stuffed zero nor a restart; progressive files have 10 scans.
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_MAX_SCANS: Final = 200
_MAX_SEGMENTS: Final = 20_000
_MAX_JUNK: Final = 1 << 20  # bytes that belong to no segment, through which Pillow goes one by one

# PPM: the header of a text of numbers, with comments, and where the pixels are numbers in text too, which takes long.
_PPM_HEADER: Final = re.compile(
    rb"P(?:[14]|[2356f](?:(?:\s|#[^\r\n]*[\r\n])+[^\s#]+))(?:(?:\s|#[^\r\n]*[\r\n])+[^\s#]+){2}"
)
_MAX_PPM_HEADER: Final = 1 << 16
_MAX_PLAIN_PPM: Final = 100_000_000

# TIFF tags, and values of these.
_DEPTHS, _PLANES, _SAMPLE_FORMAT = 258, 284, 339
_SEPARATE, _SIGNED = 2, 2

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

# Texts of a PNG in which Pillow looks for an orientation: XMP, and EXIF as ImageMagick writes it.
_ORIENTING_TEXTS: Final = ("XML:com.adobe.xmp", "Raw profile type exif")

_SUFFIXES: Final = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".jp2", ".j2k"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".ico", ".tga", ".pcx", ".qoi"),
)

# Known files that are no picture for us, and what to do.
_REFUSED: Final = (
    (b"%PDF", "a PDF document: convert its page to PNG first"),
    (b"%!PS", "a PostScript drawing: convert it to PNG first"),
    (b"8BPS", "a Photoshop document: export it as PNG first"),
    (b"\x1f\x8b", "packed by gzip, as an SVGZ drawing is: unpack it, and render a drawing to PNG first"),
    (b"gimp xcf", "a GIMP document: export it as PNG first"),
    (b"\xff\x0a", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
)


@dataclass(frozen=True)
class Source:
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
    if str(error) == "unknown pixel mode":  # of a TIFF, in Pillow's words
        return "its kind of pixels is not read: convert it to 8 or 16 bits a channel first"
    if "requires a buffer" in str(error):  # in the words of struct
        return "it ends early"
    text = printable(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "..."


# -- bytes ---------------------------------------------------------------------------------------------------


def contents(image: Any, name: str | None, max_bytes: int) -> tuple[bytes, str, str]:
    """The input's bytes, its name for messages, and its format in Pillow's words."""
    if isinstance(image, bytes | bytearray | memoryview):
        return _read_file(io.BytesIO(image), name or "bytes", "", max_bytes)
    if isinstance(image, str | PathLike):
        return _read_path(fspath(image), name or printable(fspath(image)) or "''", max_bytes)
    if not hasattr(image, "read"):
        kinds = "a path, bytes, a binary file, a Pillow image or an array"
        raise TypeError(f"an image is {kinds}, not {type(image).__name__}")
    own = getattr(image, "name", None)
    return _read_file(image, name or (printable(own) if isinstance(own, str) else "file"), "", max_bytes)


def _read_path(path: str, name: str, max_bytes: int) -> tuple[bytes, str, str]:
    try:
        with _open(path) as file:
            return _read_file(file, name, Path(path).suffix.lower(), max_bytes)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ReadError(f"{name}: cannot be read ({reason})") from error


def _open(path: str) -> IO[bytes]:
    """Open a file or a pipe; one without a writer is empty, where opening would wait for ever. Devices stay closed."""
    if stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFCHR, stat.S_IFBLK):  # noqa: PTH116 - Path changes some names
        raise ValueError("it is a device")
    file = open(path, "rb", opener=lambda path, flags: os.open(path, flags | _NONBLOCK))  # noqa: SIM115
    if _NONBLOCK:
        os.set_blocking(file.fileno(), True)
    return file


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


def source_of(data: bytes, name: str, format: str) -> Source:
    """The picture in these bytes."""
    with refusing(name):
        if format == "PNG":
            return source_of_png(Png.parse(data), name, len(data))
        if check := _CHECKS.get(format):
            check(data)
        image = _image(data, name, format)
        if format == "TIFF":
            _check_tiff(image)
        return Source(image, name, len(data))


def source_of_png(png: Png, name: str, size: int | None = None) -> Source:
    """The picture of a PNG that was parsed."""
    with refusing(name):
        stored = png.stored()
        data = (stored or png).cleaned()
        image: Any = _image(data, name, "PNG")
        image.decodermaxblock = len(data)  # in one piece: other threads are asked for Python's lock once
        image.info |= {keyword: text for keyword, text in png.texts() if keyword in _ORIENTING_TEXTS}
        return Source(image, name, size, png, is_complete=stored is not None)


def _check_jpeg(data: bytes) -> None:
    """Refuse a JPEG that is made to take long.

    Each scan takes time for the whole picture, however few bytes it has, and so does each segment and each byte
    between segments.
    """
    position, scans, segments, junk = 2, 0, 0, 0
    while marker := _MARKER.search(data, position):
        kind = marker[1][0]
        junk += 0 if scans else marker.start() - position
        scans += kind == _START_OF_SCAN
        segments += 1
        if scans > _MAX_SCANS or segments > _MAX_SEGMENTS or junk > _MAX_JUNK:
            raise ValueError("it has too many scans, segments or bytes between them")
        if kind == _END_OF_IMAGE:
            break
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")


def _check_ppm(data: bytes) -> None:
    """Refuse a PPM that takes long: Pillow goes through comments and through numbers in text one by one."""
    if not _PPM_HEADER.match(data[:_MAX_PPM_HEADER]):
        raise ValueError("its header is damaged or too long")
    if data[1:2] in b"123" and len(data) > _MAX_PLAIN_PPM:
        raise ValueError(f"a PPM of plain text has at most {_MAX_PLAIN_PPM:,} bytes")


def _check_pcx(data: bytes) -> None:
    """Refuse a PCX of 256 colours whose palette, at its end, is cut off; it would be read as grey."""
    depth, planes, palette_kind = data[3:4], data[65:66], data[68:69]
    if depth + planes == b"\x08\x01" and palette_kind != b"\2" and data[-769:-768] != b"\x0c":
        raise ValueError("its palette is missing")


def _check_jpeg_2000(data: bytes) -> None:
    """Refuse depths that Pillow reads wrongly: it only shifts bits, and white overflows in colour of more than 8."""
    at = data.find(b"\xff\x4f\xff\x51")
    channels = int.from_bytes(data[at + 40 : at + 42], "big") if at >= 0 else 0
    depths = {(depth & 0x7F) + 1 for depth in data[at + 42 : at + 42 + 3 * channels : 3]}
    if min(depths, default=8) < 8 or (channels > 1 and max(depths) > 8):
        raise ValueError(f"a depth of {min(depths)} bits in {channels} channels is not read")


_CHECKS: Final[dict[str, Callable[[bytes], None]]] = {
    "JPEG": _check_jpeg,
    "JPEG2000": _check_jpeg_2000,
    "PPM": _check_ppm,
    "PCX": _check_pcx,
}


def _check_tiff(image: Any) -> None:
    """Refuse what Pillow reads wrongly: deep channels in separate planes, signed bytes, and parts that are missing.

    What strips or tiles do not cover it leaves black.
    """
    depths, planes, sample_format = (image.tag_v2.get(tag, ()) for tag in (_DEPTHS, _PLANES, _SAMPLE_FORMAT))
    if planes == _SEPARATE and max(depths, default=1) > 8:
        raise ValueError("channels of more than 8 bits in separate planes are not read")
    if _SIGNED in (sample_format if isinstance(sample_format, tuple) else (sample_format,)) and 8 in depths:
        raise ValueError("signed bytes are not read")
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
