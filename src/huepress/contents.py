"""The contents of an input, a path, bytes or a binary file: its bytes, and the format that these have, not its name."""

import io
import os
import stat
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any, Final

from huepress.errors import ReadError, printable
from huepress.formats import signatures

STREAM: Final = "-"  # stdin as an input, stdout as an output
MAX_BYTES: Final = 500_000_000  # of a file, unless the caller says otherwise
_PIECE: Final = 1 << 20  # bytes that are read at a time
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)

_SUFFIXES: Final = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".jp2", ".j2k"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".ico", ".tga", ".pcx", ".qoi"),
)


def is_picture(path: str) -> bool:
    """Whether a file is meant to be a picture: its name says so, or it begins like one."""
    if Path(path).suffix.lower() in _SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in `_read_path`
            head = file.read(signatures.HEAD)
        return signatures.format_of(head, path) != "TGA"
    except (OSError, ValueError, ReadError):
        return False


def contents(image: Any, name: str | None, max_bytes: int) -> tuple[bytes, str, str]:
    """The input's bytes, its name for messages, and its format in Pillow's words."""
    if isinstance(image, bytes | bytearray | memoryview):
        return _read_file(io.BytesIO(bytes(image)), name or "bytes", "", max_bytes)
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
    head = b""
    while len(head) < signatures.HEAD and (piece := _piece(file, signatures.HEAD - len(head), name)):
        head += piece
    if not head:
        raise ReadError(f"{name}: is empty")
    format = signatures.format_of(head, name)
    data = _rest(file, head, name, max_bytes)
    if format == "TGA" and suffix != ".tga" and not data.endswith(b"TRUEVISION-XFILE.\0"):
        raise ReadError(f"{name}: {signatures.what_it_is(data)}")
    return data, name, format


def _rest(file: IO[bytes], head: bytes, name: str, max_bytes: int) -> bytes:
    """Head and rest together: piece by piece, as a stream may end anywhere or nowhere, and in memory only once."""
    whole = io.BytesIO()
    piece = head
    while piece:
        whole.write(piece)
        if whole.tell() > max_bytes:
            raise ReadError(f"{name}: more than {max_bytes:,} bytes (max_bytes)")
        piece = _piece(file, _PIECE, name)
    return whole.getvalue()


def _piece(file: IO[bytes], size: int, name: str) -> bytes:
    """Up to so many bytes, none at the end: a stream may give fewer than are asked for."""
    if isinstance(file, io.TextIOBase):  # to read from it may fail for what its bytes mean as text
        raise TypeError(f"{name} must be opened in binary mode")
    try:
        piece = file.read(size)
    except OSError as error:
        raise ReadError(f"{name}: cannot be read ({error.strerror or error})") from error
    if piece is None:  # of a stream that does not wait: what comes later would be missing
        raise ReadError(f"{name}: cannot be read (it does not wait for what is to come)")
    if not isinstance(piece, bytes):
        raise TypeError(f"{name} must be opened in binary mode")
    return piece
