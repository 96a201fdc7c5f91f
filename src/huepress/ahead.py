"""Reading ahead: a picture is decoded on a thread of its own, while Python imports what works on it."""

import os
from contextlib import suppress
from threading import Thread

from huepress import decode
from huepress.contents import MAX_BYTES, STREAM, contents
from huepress.decode import Source


class Ahead:
    """A file that is being decoded, if it is a PNG or a JPEG that does not move.

    Others, and those that fail, are left to be read as usual, where failures are told.
    """

    def __init__(self, path: str, max_pixels: int) -> None:
        self._path, self._max_pixels = path, max_pixels
        self._source: Source | None = None
        self._thread = Thread(target=self._decode, daemon=True)  # whoever interrupts does not wait for it
        with suppress(RuntimeError):  # without a thread to be had, nothing is decoded ahead
            self._thread.start()

    def source(self, path: str) -> Source | None:
        """The picture of this path, if it was decoded; once, as its memory is not held."""
        if self._thread.is_alive():
            self._thread.join()
        source, self._source = self._source, None
        return source if path == self._path else None

    def _decode(self) -> None:
        with suppress(Exception), decode.quiet():
            if self._path == STREAM:  # even where a file has that name
                return
            if os.path.isfile(self._path):  # noqa: PTH113 - a pipe can be read once only; Path would raise for some names
                self._source = _still(self._path, self._max_pixels)


def _still(path: str, max_pixels: int) -> Source | None:
    data, name, format = contents(path, None, MAX_BYTES)
    if format not in ("PNG", "JPEG"):
        return None
    source = decode.source_of(data, name, format)
    if source.png and source.png.frames:
        return None
    decode.check_size(source, max_pixels)
    source.image.load()
    return source
