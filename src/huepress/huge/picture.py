"""A huge picture: its size, its grid of chunks, and the pixels of one chunk at a time."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from huepress.errors import ReadError, printable

MAX_CHUNK_PIXELS: Final = 1 << 28
_GROUP_PIXELS: Final = 1 << 21  # below this, the work on a chunk is less than the work around it
TIFF_SUFFIXES: Final = (".tif", ".tiff", ".btf", ".tf8")
ZARR_SUFFIX: Final = ".zarr"


@dataclass(frozen=True)
class Chunk:
    """A part of a picture: its place in the grid, and its rows and columns in the picture."""

    place: tuple[int, int]
    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def pixels(self) -> int:
        """Their product."""
        return self.shape[0] * self.shape[1]


@dataclass(frozen=True)
class Grid:
    """A picture of `height` rows and `width` columns in chunks of `rows` and `columns`, less at the far edges."""

    height: int
    width: int
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Chunks down and across."""
        return -(-self.height // self.rows), -(-self.width // self.columns)

    def chunks(self) -> Iterator[Chunk]:
        """All chunks, row by row."""
        for place in np.ndindex(*self.shape):
            top, left = place[0] * self.rows, place[1] * self.columns
            rows = slice(top, min(top + self.rows, self.height))
            yield Chunk((place[0], place[1]), rows, slice(left, min(left + self.columns, self.width)))


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
    if Path(name).suffix.lower() not in TIFF_SUFFIXES:
        raise ReadError(f"{printable(name)}: only TIFF files and Zarr arrays are read chunk by chunk")
    from huepress.huge.tiff import TiffPicture

    return TiffPicture.open(name)


def is_huge(path: str | PathLike[str]) -> bool:
    """Whether an output of this name is written chunk by chunk."""
    return is_zarr(path) or Path(path).suffix.lower() in TIFF_SUFFIXES


def is_zarr(path: str | PathLike[str]) -> bool:
    """Whether it is named as a Zarr array."""
    return Path(path).suffix.lower() == ZARR_SUFFIX


def grid_of(name: str, size: tuple[int, int], chunk: tuple[int, int]) -> Grid:
    """The grid of a picture of this height and width: its own chunks, small ones in groups, if they fit into memory."""
    grid = Grid(*size, *chunk)
    if min(size) < 1 or min(chunk) < 1:
        raise ReadError(f"{name}: has no pixels")
    if min(grid.rows, grid.height) * min(grid.columns, grid.width) > MAX_CHUNK_PIXELS:
        raise ReadError(
            f"{name}: its chunks of {grid.rows} x {grid.columns} pixels are too large to be read one by one: "
            "write it in tiles first, for example with vips tiffsave --tile"
        )
    across = min(grid.shape[1], -(-_GROUP_PIXELS // (grid.rows * grid.columns)))
    columns = grid.columns * across
    down = min(grid.shape[0], -(-_GROUP_PIXELS // (grid.rows * columns))) if across == grid.shape[1] else 1
    return Grid(*size, grid.rows * down, columns)
