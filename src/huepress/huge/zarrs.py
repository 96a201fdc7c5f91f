"""Zarr arrays: chunks in, chunks of indices out, with the palette among the attributes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from huepress.errors import ReadError, WriteError, one_line, printable
from huepress.extras import require
from huepress.huge.grid import Chunk, grid_of
from huepress.image import read
from huepress.palette import Palette, parse_colors


class ZarrPicture:
    """An array (H, W) or (H, W, 1..4) of uint8, uint16, bool or float in 0..1, or what `ZarrSink` writes."""

    def __init__(self, name: str, array: Any) -> None:
        if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
            raise ReadError(f"{name}: must have the shape (H, W) or (H, W, 1..4), not {array.shape}")
        self.name, self._array = name, array
        self._colors = self._palette()
        chunk = getattr(array, "shards", None) or array.chunks
        self.grid = grid_of(name, array.shape[:2], chunk[:2])

    @classmethod
    @contextmanager
    def open(cls, path: str) -> Iterator[Self]:
        """The picture of an array, or of the array "0" of a group, as in OME-Zarr."""
        zarr = require("zarr", extra="dask")
        name = printable(path)
        try:
            found = zarr.open(path, mode="r")
            is_group = not hasattr(found, "chunks")
            array = found.get("0") if is_group else found
        except Exception as error:
            raise ReadError(f"{name}: is no Zarr array ({one_line(error)})") from error
        if is_group and not hasattr(array, "chunks"):
            raise ReadError(f"{name}: is a group of Zarr arrays: name one of them, as {name}/NAME")
        yield cls(name, array)

    def _palette(self) -> NDArray[np.uint8] | None:
        """(n, 3|4) colours of which the array holds indices; None if it holds none."""
        named = self._array.attrs.get("palette")
        if named is None or self._array.ndim != 2 or self._array.dtype != np.uint8:
            return None
        try:
            return parse_colors(named)
        except (TypeError, ValueError) as error:
            raise ReadError(f"{self.name}: its palette is none ({error})") from error

    def read(self, chunk: Chunk) -> NDArray[np.uint8]:
        """(h, w, 3|4) pixels."""
        try:
            samples = np.asarray(self._array[chunk.rows, chunk.columns])
            if self._colors is not None:
                samples = self._colors[samples]
        except MemoryError:
            raise
        except Exception as error:
            raise ReadError(f"{self.name}: {chunk} is damaged ({one_line(error)})") from error
        try:
            return read(samples, name=self.name, max_pixels=samples.size).pixels
        except (TypeError, ValueError) as error:
            raise ReadError(str(error)) from error


def check_replaceable(path: str | PathLike[str]) -> None:
    """Raise a WriteError if a folder or file is there that is no Zarr array."""
    folder = Path(path)
    if folder.exists() and not any((folder / name).exists() for name in ("zarr.json", ".zarray")):
        raise WriteError(f"{printable(folder)}: is no Zarr array, so it is not replaced")


class ZarrSink:
    """Writes an array (H, W) of indices, with the attribute `palette`, colours as text."""

    tile: Final = 1024

    def __init__(self, path: Path, size: tuple[int, int], palette: Palette) -> None:
        import zarr

        chunks = (min(self.tile, size[0]), min(self.tile, size[1]))
        self._array = zarr.open_array(str(path), mode="w", shape=size, chunks=chunks, dtype="uint8")
        self._array.attrs["palette"] = list(palette.hex)

    def packed(self, place: tuple[int, int], tile: NDArray[np.uint8]) -> None:
        """Write a tile."""
        top, left = place[0] * self.tile, place[1] * self.tile
        self._array[top : top + tile.shape[0], left : left + tile.shape[1]] = tile

    def write(self, tiles: Iterable[None]) -> None:
        """Wait until all tiles are written."""
        for _ in tiles:
            pass
