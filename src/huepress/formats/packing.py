"""Packing: rows of bytes become a zlib stream, by libdeflate."""

from typing import Final

import deflate
import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.tasks import Tasks

FAST_LEVEL: Final = 10  # a third of the time of the default, 0.2 % more bytes
BEST_LEVEL: Final = 12
TRIAL_LEVEL: Final = 6  # a tenth of the time, 5 to 10 % more bytes
_PART: Final = 500_000  # bytes: a part that is packed by itself has at least as many
_MOST_PARTS: Final = {FAST_LEVEL: 4, 11: 2, BEST_LEVEL: 2}  # by level; below, packing takes little time
_ZLIB_HEADER: Final = b"\x78\xda"


def packed(rows: NDArray[np.uint8], level: int, threads: int) -> bytes | bytearray:
    """A zlib stream of rows; large ones from level 10 on are packed in parts, which threads may do side by side."""
    parts = min(rows.size // _PART, _MOST_PARTS.get(level, 1))
    return _in_parts(rows, level, parts, threads) if parts > 1 else deflate.zlib_compress(rows, level)


def _in_parts(rows: NDArray[np.uint8], level: int, parts: int, threads: int) -> bytes:
    """A zlib stream of rows that are packed apart: repeats do not reach from part to part, which costs 0.2 %."""
    with Tasks(min(parts, threads) - 1) as tasks:
        streams = list(tasks.map(lambda part: deflate.deflate_compress(part, level), np.array_split(rows, parts)))
    return b"".join((_ZLIB_HEADER, _native.join_deflate(streams, threads), deflate.adler32(rows).to_bytes(4, "big")))
