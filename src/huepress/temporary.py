"""Temporary files and folders beside what they become, named `.huepress-<host>-<process>-<random>.tmp`.

What a killed process left is removed by the next one that makes another there.
"""

import os
import platform
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_HOST: Final = f"{zlib.crc32(platform.node().encode()):08x}"
_TEMPORARY: Final = re.compile(rf"\.huepress-{_HOST}-(\d+)-[0-9a-f]{{16}}(\.old)?\.tmp")
_STALE_SECONDS: Final = 86_400  # older than this, a file is left over even if its process number lives again
_swept: set[Path] = set()  # folders that this process has looked through


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A path beside a file to be, by whose name `_sweep` knows whose it is; what is there at the end is removed."""
    _sweep(target.parent)
    temporary = target.parent / f".huepress-{_HOST}-{os.getpid()}-{os.urandom(8).hex()}.tmp"
    try:
        yield temporary
    finally:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all in it, if that can be."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            from shutil import rmtree  # few outputs are folders

            rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder; once for each folder in the life of this process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match and _is_stale(entry, int(match[1])):
                remove(Path(entry.path))


def _is_stale(entry: os.DirEntry[str], process: int) -> bool:
    with suppress(OSError):
        if time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS:
            return True
    return not _is_alive(process)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there a signal 0 would end the process: only age tells
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
