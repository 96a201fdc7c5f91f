"""Packing: rows of bytes become a zlib stream, by libdeflate or, for the smallest files, by our own search."""

from typing import Final

import deflate
import numpy as np
from numpy.typing import NDArray

from huepress import _native

FAST_LEVEL: Final = 10  # the least of our own
BEST_LEVEL: Final = 12  # 0.1 to 0.2 % fewer bytes in some two thirds more time
TRIAL_LEVEL: Final = 6  # by libdeflate: a tenth of the time, 6 to 12 % more bytes
_ZLIB_HEADER: Final = b"\x78\xda"


def packed(rows: NDArray[np.uint8], level: int, threads: int) -> bytes | bytearray:
    """A zlib stream of rows; from level 10 on large ones are packed in sections, which threads may do side by side."""
    if level < FAST_LEVEL:
        return deflate.zlib_compress(rows, level)
    values = np.ascontiguousarray(rows).reshape(-1)
    stream = _native.deflated(values, thorough=level == BEST_LEVEL, threads=threads)
    return b"".join((_ZLIB_HEADER, stream, deflate.adler32(values).to_bytes(4, "big")))
