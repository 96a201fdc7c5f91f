"""Trees: the files of folders, folder by folder in the order of their names, and what cannot be entered.

One folder is held at a time, so that memory stays bounded however large the tree. Symbolic links are followed; one
that leads back to a folder it lies in would make the tree endless and is not entered.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from huepress.contents import is_picture
from huepress.errors import HuepressError, ReadError, printable

OWN_PREFIX: Final = ".huepress-"  # of files that huepress keeps for itself: never pictures of the user

_Place = tuple[int, int]  # device and inode


@dataclass(frozen=True, slots=True)
class File:
    """A file with its size in bytes and its time of change in nanoseconds; zeros if they cannot be had."""

    path: str
    size: int = 0
    mtime_ns: int = 0
    named: bool = False  # by the user, rather than found in a folder

    @classmethod
    def at(cls, path: str) -> "File":
        """The file that the user named, whether it is there or not."""
        try:
            found = os.stat(path)  # noqa: PTH116 - Path would change some names
        except (OSError, ValueError):
            return cls(path, named=True)
        return cls(path, found.st_size, found.st_mtime_ns, named=True)

    def is_picture(self) -> bool:
        """Whether it is to be read: in a folder what is no picture is passed over, but what was named never is."""
        return self.named or is_picture(self.path)


@dataclass(frozen=True)
class Folder:
    """A folder of a tree: `inner` is its path from the root on, "" for the root itself."""

    path: str
    inner: str
    files: list[File] = field(default_factory=list)
    failures: list[HuepressError] = field(default_factory=list)


def walk(root: str, *, apart: str | None = None) -> Iterator[Folder]:
    """The folders of a tree with their files, by name.

    Raises a ValueError if the folder `apart`, which may be missing as yet, is one of them or would be.
    """
    forbidden = _place(apart) if apart and os.path.isdir(apart) else None  # noqa: PTH112
    missing = apart if forbidden is None else None
    pending: list[tuple[str, str, tuple[_Place, ...]]] = [(root, "", ())]
    while pending:
        path, inner, above = pending.pop()
        folder = Folder(path, inner)
        try:
            place = _place(path)
            if place == forbidden:
                raise ValueError(f"{printable(apart)}: lies inside of the input {printable(root)}")
            if place in above:
                raise ReadError(f"{printable(path)}: a loop of symbolic links, so it is not entered")
            names = _fill(folder, missing)
        except ReadError as error:
            folder.failures.append(error)
        except OSError as error:
            reason = error.strerror or str(error)
            folder.failures.append(ReadError(f"{printable(path)}: the folder cannot be read ({reason})"))
        else:
            below = (*above, place)
            pending.extend((str(Path(path) / name), str(Path(inner) / name), below) for name in reversed(names))
        yield folder


def _place(path: str) -> _Place:
    found = os.stat(path)  # noqa: PTH116
    return found.st_dev, found.st_ino


def _is_within(path: str, folder: str) -> bool:
    """Whether a path is, or would be, that of a folder or of something in it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _fill(folder: Folder, missing: str | None) -> list[str]:
    """Put the files into the folder; returns the names of the folders in it.

    Raises a ValueError if a link leads to the `missing` folder, or to one that it is to lie in.
    """
    with os.scandir(folder.path) as entries:
        ordered = sorted((entry for entry in entries if not entry.name.startswith(OWN_PREFIX)), key=lambda e: e.name)
    names = []
    for entry in ordered:
        if missing and entry.is_symlink() and _is_within(missing, entry.path):
            link = printable(entry.path)
            raise ValueError(f"{printable(missing)}: lies inside of the input by way of the link {link}")
        try:
            found = entry.stat()
        except OSError:  # a broken link: whoever reads it says so
            folder.files.append(File(entry.path))
            continue
        if stat.S_ISDIR(found.st_mode):
            names.append(entry.name)
        elif stat.S_ISREG(found.st_mode):  # to open a pipe would wait for somebody who writes
            folder.files.append(File(entry.path, found.st_size, found.st_mtime_ns))
    return names
