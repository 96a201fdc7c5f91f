"""The formats that are written, the sides that they hold, and the names of files that ask for them."""

from os import PathLike
from pathlib import PurePath
from typing import Any, Final, Literal, get_args

Format = Literal["png", "webp", "gif"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
FORMAT_IN_PILLOW: Final[dict[str, Format]] = {"PNG": "png", "WEBP": "webp", "GIF": "gif"}  # by its words for them
FORMAT_OF_SUFFIX: Final[dict[str, Format]] = {".png": "png", ".apng": "png", ".webp": "webp", ".gif": "gif"}
_OTHER_SUFFIXES: Final = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".jxl", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp"),
    *(".ico", ".tga", ".pcx", ".qoi", ".ppm", ".pgm", ".pbm", ".pnm", ".psd", ".svg", ".pdf"),
)
_NAMES: Final[dict[Format, str]] = {"png": "PNG", "webp": "WebP", "gif": "GIF"}
MOST_SIDE: Final[dict[Format, int]] = {"png": 0x7FFFFFFF, "webp": 16383, "gif": 0xFFFF}  # pixels


def check_format(format: Any) -> Format:
    """The format, if it is one of these; ValueError for another."""
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    known: Format = format
    return known


def check_side(format: Format, height: int, width: int) -> None:
    """Raise ValueError if a side of a picture is too long for a format."""
    limit = MOST_SIDE[format]
    if max(height, width) > limit:
        raise ValueError(f"{_NAMES[format]} holds at most {limit} pixels a side, not {width} x {height}")


def is_named_as_picture(path: str | PathLike[str]) -> bool:
    """Whether a name ends as those of pictures do."""
    suffix = PurePath(path).suffix.lower()
    return suffix in _OTHER_SUFFIXES or suffix in FORMAT_OF_SUFFIX


def format_of(path: str | PathLike[str], default: Format = "png") -> Format:
    """The format that a file name asks for, else `default`; ValueError for a name of another kind of picture."""
    suffix = PurePath(path).suffix.lower()
    if suffix in _OTHER_SUFFIXES:
        raise ValueError(f"huepress writes PNG, lossless WebP and GIF, not {suffix}")
    return FORMAT_OF_SUFFIX.get(suffix, default)
