"""Write: bytes become a file, whole or not at all.

The bytes go to a temporary file in the target's folder, are flushed to the disk, and the file is then renamed.
Whatever happens on the way, a kill, a full disk, the target is either what it was or complete.

Symbolic links are followed: the file that a link points to is replaced, the link stays. A hard link is not:
the target's other names keep the old file. What is no regular file (a folder, a device, a pipe) is never
written.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Final

from huepress.errors import OverwriteError, WriteError, exists_already, printable
from huepress.temporary import beside, remove

_BINARY: Final = getattr(os, "O_BINARY", 0)


def check_writable(
    path: str | PathLike[str],
    *,
    source: str | PathLike[str] | None = None,
    force: bool = False,
    in_place: bool = False,
) -> Path:
    """The file that `write` would write with these arguments; raises what it would, as far as can be known.

    Meant to be called before long work.
    """
    with _refusing(path):
        target = Path(os.path.realpath(path))
        status = _status(Path(path))  # a pipe that /dev/stdout leads to has no real path
        if status is not None:
            if not stat.S_ISREG(status.st_mode):
                raise WriteError(f"{printable(path)}: is not a regular file, so it is not written")
            if source is not None and not in_place and _is_same(source, status):
                raise OverwriteError(f"{printable(path)}: is the input; to replace it, ask for it (--in-place)")
            if not (force or in_place):
                raise exists_already(path)
        _check_folder(path, target.parent)
        return target


def write(
    path: str | PathLike[str],
    data: bytes,
    *,
    source: str | PathLike[str] | None = None,
    force: bool = False,
    in_place: bool = False,
    preserve: bool = False,
    flush: bool = True,
) -> None:
    """Write a file atomically; a file that is replaced passes its mode on.

    source: the input, over which nothing is written unless `in_place`. force: replace an existing file;
    without it the check and the creation are one step, so that a file made meanwhile is safe too. in_place:
    replace the source. preserve: give the file the times of the source. flush: put it on the disk at once; without,
    the file survives a kill, but a power cut may leave it empty.

    Raises OverwriteError if the file exists or is the source, WriteError if it cannot be written.
    """
    target = check_writable(path, source=source, force=force, in_place=in_place)
    with _refusing(path), beside(target) as temporary:
        _fill(temporary, data, _status(target), flush)
        if preserve and source is not None:
            times = os.stat(source)  # noqa: PTH116 - as everywhere here, a path may be any str
            os.utime(temporary, ns=(times.st_atime_ns, times.st_mtime_ns))
        if force or in_place:
            temporary.replace(target)
        else:
            _publish(temporary, target, path)
        if flush:
            _flush_folder(target.parent)


@contextlib.contextmanager
def staged(
    path: str | PathLike[str], *, source: str | PathLike[str] | None = None, force: bool = False, folder: bool = False
) -> Iterator[Path]:
    """The temporary path of a file, or of a `folder`, that is written piece by piece; at the end it takes its place.

    Modes and raises are those of `write`; whatever is raised inside, nothing is left.
    """
    if source is not None:
        _check_apart(path, source)
    target = _check_folder_target(path, force) if folder else check_writable(path, force=force)
    try:
        with beside(target) as temporary:
            replaced = _status(target)
            if not folder:
                os.close(_created(temporary, replaced))
            yield temporary
            _pass_mode_on(temporary, replaced)
            if folder:
                _replace_folder(temporary, target) if force else _publish_folder(temporary, target, path)
            else:
                _flush(temporary)
                temporary.replace(target) if force else _publish(temporary, target, path)
            _flush_folder(target.parent)
    except OSError as error:
        raise WriteError(f"{printable(path)}: cannot be written ({error.strerror or error})") from error


def _check_folder_target(path: str | PathLike[str], force: bool) -> Path:
    with _refusing(path):
        target = Path(os.path.realpath(path))
        if _status(target) is not None and not force:
            raise exists_already(path)
        _check_folder(path, target.parent)
        return target


def _check_apart(path: str | PathLike[str], source: str | PathLike[str]) -> None:
    """Raise if they are one, or one of them, as a folder, holds the other."""
    with _refusing(path):
        target, origin = Path(os.path.realpath(path)), Path(os.path.realpath(source))
        status = _status(target)
    if status is not None and _is_same(source, status):
        raise OverwriteError(f"{printable(path)}: is the input")
    if target in origin.parents:
        raise OverwriteError(f"{printable(path)}: holds the input")
    if origin in target.parents:
        raise OverwriteError(f"{printable(path)}: lies inside of the input")


def _replace_folder(temporary: Path, target: Path) -> None:
    old = temporary.with_suffix(".old.tmp")
    if target.exists():
        target.rename(old)
    temporary.rename(target)
    remove(old)


def _publish_folder(temporary: Path, target: Path, path: str | PathLike[str]) -> None:
    """Rename unless the target exists, in one step: only an empty folder gives way."""
    try:
        temporary.rename(target)
    except OSError as error:
        if os.path.lexists(target):
            raise exists_already(path) from error
        raise


def _flush(path: Path) -> None:
    with path.open("rb+", buffering=0) as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _refusing(path: str | PathLike[str]) -> Iterator[None]:
    """Turn what the system refuses into a WriteError of one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WriteError(f"{printable(path)}: cannot be written ({reason})") from error


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _is_same(source: str | PathLike[str], status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(source), status)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _check_folder(path: str | PathLike[str], folder: Path) -> None:
    if not folder.is_dir():
        raise WriteError(f"{printable(path)}: cannot be written (its folder does not exist)")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WriteError(f"{printable(path)}: cannot be written (its folder is read-only)")


def _fill(temporary: Path, data: bytes, replaced: os.stat_result | None, flush: bool) -> None:
    """Create the temporary file with the mode that the target is to have; `flush`: put the data on the disk."""
    with open(_created(temporary, replaced), "wb", closefd=True) as file:
        file.write(data)
        file.flush()
        if flush:
            os.fsync(file.fileno())
    _pass_mode_on(temporary, replaced)


def _created(temporary: Path, replaced: os.stat_result | None) -> int:
    """The descriptor of the temporary file, new and never more open than what it replaces."""
    mode = 0o666 if replaced is None else 0o600
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)


def _pass_mode_on(temporary: Path, replaced: os.stat_result | None) -> None:
    if replaced is not None:
        with contextlib.suppress(OSError, AttributeError):  # the owner can be kept by the superuser only
            os.chown(temporary, replaced.st_uid, replaced.st_gid)
        temporary.chmod(stat.S_IMODE(replaced.st_mode))


def _publish(temporary: Path, target: Path, path: str | PathLike[str]) -> None:
    """Rename unless the target exists, in one step: a link (on Windows a rename) never replaces."""
    try:
        if os.name == "nt":
            temporary.rename(target)
        else:
            target.hardlink_to(temporary)
    except FileExistsError:
        raise exists_already(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        _claim(target, path)  # a file system without links
        temporary.replace(target)


def _claim(target: Path, path: str | PathLike[str]) -> None:
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        raise exists_already(path) from None


def _flush_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
