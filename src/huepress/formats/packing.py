"""Packing: rows of bytes become a zlib stream, by libdeflate or, from level 10 on, by our own search."""

from typing import Final

import deflate
import numpy as np
from numpy.typing import NDArray

from huepress import _native

TRIAL_LEVEL: Final = 6  # of libdeflate: a tenth of the time of the best, 6 to 12 % more bytes
FAST_LEVEL: Final = 10  # from here on our own: half of the time of the best, 1 % more bytes
BEST_LEVEL: Final = FAST_LEVEL + _native.MOST_EFFORT
_ZLIB_HEADER: Final = b"\x78\xda"


def packed(rows: NDArray[np.uint8], level: int, threads: int) -> bytes | bytearray:
    """A zlib stream of rows; from level 10 on threads may pack large ones side by side."""
    values = np.ascontiguousarray(rows).reshape(-1)
    if level < FAST_LEVEL:
        return deflate.zlib_compress(values, level)
    stream = _native.deflated(values, threads, effort=level - FAST_LEVEL)
    return b"".join((_ZLIB_HEADER, stream, deflate.adler32(values).to_bytes(4, "big")))
