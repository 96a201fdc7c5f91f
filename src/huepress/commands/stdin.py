"""Stdin in the place of a picture that is named: "-"."""

import sys
from typing import IO

from huepress.contents import STREAM
from huepress.errors import ReadError


def opened(source: str) -> tuple[str | IO[bytes], str | None]:
    """What to read for this name, and what messages call it if that is not its own name."""
    if source != STREAM:
        return source, None
    if sys.stdin is None:
        raise ReadError("stdin: cannot be read (it is closed)")
    return sys.stdin.buffer, "stdin"
