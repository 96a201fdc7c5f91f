"""Files that have a URL instead of a path, by fsspec (extra `dask`): read and written as a whole."""

import re
from typing import Any, Final

from huepress.errors import ReadError, WriteError, exists_already, one_line, printable
from huepress.extras import require

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::[A-Za-z0-9+.-]+)*://")  # longer than the letter of a drive


def is_url(path: str) -> bool:
    """Whether it is a URL, such as s3://bucket/photo.png."""
    return _URL.match(path) is not None


def joined_url(folder: str, name: str) -> str:
    """The URL of a name in a folder, which may be the root, as in memory://."""
    return f"{folder}{'' if folder.endswith('/') else '/'}{name}"


def read_bytes(url: str, max_bytes: int) -> bytes:
    """All bytes of a file; raises ReadError."""
    name = printable(url)
    system, path = _system(url, ReadError)
    try:
        with system.open(path, "rb") as file:
            data: bytes = file.read(max_bytes + 1)
    except Exception as error:  # each file system has its own
        raise ReadError(f"{name}: cannot be read ({one_line(error)})") from error
    if len(data) > max_bytes:
        raise ReadError(f"{name}: more than {max_bytes:,} bytes (max_bytes)")
    return data


def write_bytes(url: str, data: bytes, *, force: bool = False) -> None:
    """Make a file; raises OverwriteError if it is there and not `force`, WriteError."""
    name = printable(url)
    system, path = _system(url, WriteError)
    try:
        if not force and system.exists(path):
            raise exists_already(url)
        system.makedirs(system._parent(path), exist_ok=True)
        system.pipe_file(path, data)
    except WriteError:
        raise
    except Exception as error:
        raise WriteError(f"{name}: cannot be written ({one_line(error)})") from error


def files_below(url: str) -> frozenset[str]:
    """The URLs of all files in a folder and the folders in it; none if it is not there. Raises WriteError."""
    system, path = _system(url, WriteError)
    try:
        names = system.find(path)
    except FileNotFoundError:
        return frozenset()
    except Exception as error:
        raise WriteError(f"{printable(url)}: cannot be listed ({one_line(error)})") from error
    below = path.rstrip("/")
    return frozenset(joined_url(url, name[len(below) :].lstrip("/")) for name in names)


def _system(url: str, failure: type[ReadError] | type[WriteError]) -> tuple[Any, str]:
    core = require("fsspec.core", extra="dask")
    try:
        system, path = core.url_to_fs(url)
    except Exception as error:
        raise failure(f"{printable(url)}: cannot be reached ({one_line(error)})") from error
    return system, path
