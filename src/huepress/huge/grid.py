"""The grid of a huge picture's chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from huepress.errors import ReadError

MAX_CHUNK_PIXELS: Final = 1 << 28
_GROUP_PIXELS: Final = 1 << 21  # below this, the work on a chunk is less than the work around it


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

    def __str__(self) -> str:
        return f"the chunk at row {self.rows.start}, column {self.columns.start}"


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
