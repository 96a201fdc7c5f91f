"""A huge picture: its grid of chunks, and the pixels of one chunk at a time."""

import errno
import os
from contextlib import AbstractContextManager
from os import PathLike, fspath
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from huepress.chunked import is_tiff
from huepress.errors import ReadError, printable
from huepress.huge.grid import Chunk, Grid


class HugePicture(Protocol):
    """What gives pixels chunk by chunk; `read` may be called by several threads at once."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def grid(self) -> Grid:
        """Its chunks."""

    def read(self, chunk: Chunk) -> NDArray[np.uint8]:
        """(h, w, 3|4) pixels as in a `Picture`; raises ReadError."""


def open_huge(path: str | PathLike[str]) -> AbstractContextManager[HugePicture]:
    """A TIFF or BigTIFF file or a Zarr array, opened (extra `dask`); raises ReadError."""
    name = fspath(path)
    if Path(name).is_dir():
        from huepress.huge.zarrs import ZarrPicture

        return ZarrPicture.open(name)
    if not is_tiff(name) and not Path(name).exists():
        raise ReadError(f"{printable(name)}: cannot be read ({os.strerror(errno.ENOENT)})")
    if not is_tiff(name):
        raise ReadError(f"{printable(name)}: only TIFF files and Zarr arrays are read chunk by chunk")
    from huepress.huge.tiff import TiffPicture

    return TiffPicture.open(name)
