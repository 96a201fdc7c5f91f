"""The manifest: what a batch has written, so that the next one does only what is new or changed.

A small SQLite database beside the results. An output is entered before it is written and completed afterwards, at the
latest when the next one is entered: whenever the process is killed, an output is either complete, or known to be ours
and to be made again. SQLite's lock keeps a second batch out of the same folder until this one ends or is killed.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from huepress.batch.tree import OWN_PREFIX
from huepress.errors import WriteError, printable

NAME: Final = f"{OWN_PREFIX}manifest.sqlite3"

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS outputs (
    name BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, options TEXT, written BLOB, bytes INTEGER
) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Entry:
    """An output: of which input (size in bytes, time of change) with which options; what was written, if complete.

    `written` differs from the output's own name where the input was copied.
    """

    size: int
    mtime_ns: int
    options: str
    written: str | None = None
    bytes: int | None = None


class Manifest:
    """The entries of a folder of results, by the outputs' names in it; a context manager.

    Raises WriteError if the manifest cannot be kept there, or another batch is at work.
    """

    def __init__(self, folder: str, *, look_only: bool = False) -> None:
        """look_only: change nothing."""
        self._path, self._look_only = Path(folder) / NAME, look_only
        self._database = self._opened()

    def _opened(self) -> sqlite3.Connection | None:
        if self._look_only:
            if not self._path.exists():
                return None
            # Even to read, SQLite would make files beside a database with a log; where the log is gone it need not.
            mode = "ro" if Path(f"{self._path}-wal").exists() else "ro&immutable=1"
            with self._refusing():
                return sqlite3.connect(f"{self._path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        with self._refusing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self._path.exists()
            database = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            try:
                # With an exclusive lock the log needs no shared memory, which network file systems do not have.
                for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
                    database.execute(f"PRAGMA {setting}")
                database.execute(_TABLE)
            except sqlite3.Error as error:
                database.close()
                if is_new and not _is_locked(error):
                    self._path.unlink(missing_ok=True)
                raise
            return database

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = printable(self._path)
            if _is_locked(error):
                raise WriteError(f"{name}: another huepress is at work in this folder") from error
            if not os.access(self._path.parent, os.W_OK | os.X_OK):
                raise WriteError(f"{printable(self._path.parent)}: the folder cannot be written to") from error
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise WriteError(f"{name}: cannot be written ({os.strerror(errno.ENOSPC)})") from error
            raise WriteError(f"{name}: cannot be used ({error}); if it is removed, --force makes all anew") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise WriteError(f"{printable(self._path.parent)}: the folder cannot be made ({reason})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.save()
        if self._database is not None:
            self._database.close()

    def entry(self, name: str) -> Entry | None:
        """What is known of an output."""
        if self._database is None:
            return None
        with self._refusing():
            found = self._database.execute(
                "SELECT size, mtime_ns, options, written, bytes FROM outputs WHERE name = ?", (os.fsencode(name),)
            ).fetchone()
        if found is None:
            return None
        size, mtime_ns, options, written, length = found
        return Entry(size, mtime_ns, options, None if written is None else os.fsdecode(written), length)

    def enter(self, name: str, entry: Entry) -> None:
        """Note an output that is to be written, or that was; not before `save` is it sure to survive a kill."""
        written = None if entry.written is None else os.fsencode(entry.written)
        row = (os.fsencode(name), entry.size, entry.mtime_ns, entry.options, written, entry.bytes)
        self._change("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?)", row)

    def forget(self, name: str) -> None:
        """Drop an output that was not written."""
        self._change("DELETE FROM outputs WHERE name = ?", (os.fsencode(name),))

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        if self._database is not None and not self._look_only:
            with self._refusing():
                if not self._database.in_transaction:
                    self._database.execute("BEGIN")
                self._database.execute(statement, values)

    def save(self) -> None:
        """Keep all changes so far."""
        if self._database is not None and self._database.in_transaction:
            with self._refusing():
                self._database.execute("COMMIT")


def _is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection holds the database."""
    return "locked" in str(error)
