"""Screening: files that Pillow would read wrongly, or that are made to take long, are refused before that."""

import re
from collections.abc import Callable
from typing import Any, Final

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


def screen(data: bytes, format: str) -> None:
    """Raise ValueError for bytes of a format, in Pillow's words, that are refused."""
    if check := _CHECKS.get(format):
        check(data)


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


def screen_tiff(image: Any) -> None:
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
