"""Packing: rows of bytes become a zlib stream, by libdeflate or, for the smallest files, by our own search."""

from typing import Final

import deflate
import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.tasks import Tasks

FAST_LEVEL: Final = 10  # of libdeflate: a third of the time of the best, 2 to 6 % more bytes in flat pictures
BEST_LEVEL: Final = 12  # our own
TRIAL_LEVEL: Final = 6  # of libdeflate: a tenth of the time, 6 to 12 % more bytes
_PART: Final = 500_000  # bytes: a part that libdeflate packs by itself has at least as many
_MOST_PARTS: Final = {FAST_LEVEL: 4, 11: 2}  # by level; below, packing takes little time
_ZLIB_HEADER: Final = b"\x78\xda"


def packed(rows: NDArray[np.uint8], level: int, threads: int) -> bytes | bytearray:
    """A zlib stream of rows; large ones from level 10 on are packed in parts, which threads may do side by side."""
    values = np.ascontiguousarray(rows).reshape(-1)
    if level == BEST_LEVEL:
        return _zlib_stream(_native.deflated(values, threads), values)
    parts = min(values.size // _PART, _MOST_PARTS.get(level, 1))
    return _in_parts(values, level, parts, threads) if parts > 1 else deflate.zlib_compress(values, level)


def _in_parts(values: NDArray[np.uint8], level: int, parts: int, threads: int) -> bytes:
    """A zlib stream of bytes that are packed apart: repeats do not reach from part to part, which costs 0.2 %."""
    with Tasks(min(parts, threads) - 1) as tasks:
        streams = list(tasks.map(lambda part: deflate.deflate_compress(part, level), np.array_split(values, parts)))
    return _zlib_stream(_native.join_deflate(streams, threads), values)


def _zlib_stream(stream: bytes, values: NDArray[np.uint8]) -> bytes:
    """A stream of deflate with what zlib has before and after it."""
    return b"".join((_ZLIB_HEADER, stream, deflate.adler32(values).to_bytes(4, "big")))
