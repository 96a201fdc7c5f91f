"""TIFF and BigTIFF, by tifffile: tiles or strips in, tiles of a palette picture out."""

import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

import deflate
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress.animation.reading import PAGES
from huepress.errors import ReadError, one_line, printable, warn
from huepress.extras import require
from huepress.huge.grid import Chunk, Grid, grid_of
from huepress.image import read
from huepress.palette import Palette

LEVEL: Final = 6  # of deflate: the next ones take twice the time for a percent
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6  # TIFF 6.0, PhotometricInterpretation
_JPEG: Final = 7
_UNSPECIFIED, _ASSOCIATED = 0, 1  # extra samples: no alpha, and alpha by which the colours are multiplied already
_WITH_ALPHA: Final = {2: ("La", "LA"), 4: ("RGBa", "RGBA")}  # Pillow's modes, of multiplied colours and of others
_ICC, _ORIENTATION = 34675, 274
_BAND: Final = 1 << 22  # pixels of a chunk where the file has none of its own
_SILENT: Final = logging.NullHandler()  # what is damaged is told in a sentence of ours


class TiffPicture:
    """The first page of a TIFF file; warns of others, but not of smaller copies and masks."""

    def __init__(self, name: str, file: Any) -> None:
        self.name = name
        self._file, self._page = file, file.pages[0]
        self._check()
        if any(page.subfiletype in PAGES for page in islice(file.pages, 1, None)):
            warn(f"{name}: has several pages, of which the first is taken")
        profile = self._page.tags.get(_ICC)
        self._profile = bytes(profile.value) if profile else None
        self._map = self._page.asarray(out="memmap") if self._page.is_memmappable else None
        self._decode, self._lock = self._page.decode, threading.Lock()
        self.grid = grid_of(name, (self._page.imagelength, self._page.imagewidth), self._chunk())

    @classmethod
    @contextmanager
    def open(cls, path: str) -> Iterator[Self]:
        """The picture of a file."""
        tifffile = require("tifffile", extra="dask")
        tifffile.logger().addHandler(_SILENT)
        name = printable(path)
        try:
            file = tifffile.TiffFile(path)
        except OSError as error:
            raise ReadError(f"{name}: cannot be read ({error.strerror or error})") from error
        except (ValueError, tifffile.TiffFileError) as error:  # of earlier versions, it is no ValueError
            raise ReadError(f"{name}: is no TIFF file ({printable(error)})") from error
        with file:
            try:
                picture = cls(name, file)
            except (ReadError, MemoryError):
                raise
            except Exception as error:
                raise ReadError(f"{name}: damaged ({printable(error)})") from error
            before = _change(file)
            yield picture
            if _change(file) != before:
                raise ReadError(f"{name}: was changed while it was read")

    def _check(self) -> None:
        page = self._page
        orientation = page.tags.valueof(_ORIENTATION, 1)
        if page.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR):
            raise self._refused(f"its colours are of the kind {page.photometric.name}")
        if page.photometric == _YCBCR and page.compression != _JPEG:
            raise self._refused("its colours are YCbCr without JPEG")
        if page.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(bool)):
            raise self._refused(f"its samples are {page.dtype}")
        if not 1 <= page.samplesperpixel <= 4 or (page.planarconfig != 1 and page.samplesperpixel > 1):
            raise self._refused("its channels lie in planes of their own, or are more than four")
        if page.imagedepth != 1 or orientation != 1:
            raise self._refused(f"it is a volume or not upright (orientation {orientation})")

    def _refused(self, what: str) -> ReadError:
        return ReadError(f"{self.name}: {what}, which is not read chunk by chunk")

    def _chunk(self) -> tuple[int, int]:
        page = self._page
        if self._map is not None:
            return max(1, _BAND // page.imagewidth), page.imagewidth
        if page.is_tiled:
            return page.tilelength, page.tilewidth
        return min(page.rowsperstrip, page.imagelength), page.imagewidth

    def read(self, chunk: Chunk) -> NDArray[np.uint8]:
        """(h, w, 3|4) pixels."""
        try:
            samples = self._samples(chunk)
        except MemoryError:
            raise
        except Exception as error:
            raise ReadError(f"{self.name}: {chunk} is damaged ({one_line(error)})") from error
        return self._pixels(samples)

    def _samples(self, chunk: Chunk) -> NDArray[Any]:
        """(h, w, samples) as they are in the file."""
        if self._map is not None:
            part = np.asarray(self._map[chunk.rows, chunk.columns])
            return part.reshape(*chunk.shape, self._page.samplesperpixel)
        page = self._page
        own = Grid(page.imagelength, page.imagewidth, *self._chunk())
        samples = np.empty((*chunk.shape, page.samplesperpixel), page.dtype)
        for top in range(chunk.rows.start, chunk.rows.stop, own.rows):
            for left in range(chunk.columns.start, chunk.columns.stop, own.columns):
                part = samples[top - chunk.rows.start :, left - chunk.columns.start :][: own.rows, : own.columns]
                part[:] = self._segment(top // own.rows * own.shape[1] + left // own.columns, part.shape)
        return samples

    def _segment(self, index: int, shape: tuple[int, ...]) -> Any:
        """A tile or strip; 0, as TIFF has it, if it is not in the file."""
        page, file = self._page, self._file.filehandle
        size = page.databytecounts[index]
        with self._lock:
            file.seek(page.dataoffsets[index])
            data = file.read(size) if size else None
        if data is not None and len(data) < size:
            raise ValueError("the file ends early")
        tables = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader} if page.compression == _JPEG else {}
        segment = self._decode(data, index, **tables)[0]
        return 0 if segment is None else segment[0, : shape[0], : shape[1]]

    def _pixels(self, samples: NDArray[Any]) -> NDArray[np.uint8]:
        """As `read` of the whole file would have them."""
        page = self._page
        if page.photometric == _WHITE_IS_ZERO:
            samples = ~samples
        if page.photometric == _PALETTE:
            samples = (page.colormap[:, samples[..., 0]].transpose(1, 2, 0) >> 8).astype(np.uint8)
        elif samples.dtype == np.uint16 and samples.shape[2] >= 2:
            samples = (samples >> 8).astype(np.uint8)  # so does Pillow
        if samples.shape[2] in _WITH_ALPHA and page.extrasamples:
            if page.extrasamples[0] == _UNSPECIFIED:
                samples = samples[..., :-1]
            elif page.extrasamples[0] == _ASSOCIATED:
                multiplied, plain = _WITH_ALPHA[samples.shape[2]]
                image = Image.frombytes(multiplied, samples.shape[1::-1], samples.tobytes())
                samples = np.asarray(image.convert(plain))
        pixels = read(samples, name=self.name, max_pixels=samples.size).pixels
        if self._profile is None:
            return pixels
        image = Image.fromarray(pixels)
        image.info["icc_profile"] = self._profile
        return read(image, name=self.name, max_pixels=samples.size).pixels


def _change(file: Any) -> tuple[int, int]:
    """Size and time of change of an open file: what comes of another between the two passes would be neither."""
    status = os.fstat(file.filehandle.fileno())
    return status.st_size, status.st_mtime_ns


class TiffSink:
    """Writes a palette BigTIFF in tiles, each packed as it comes."""

    tile: Final = 512

    def __init__(self, path: Path, size: tuple[int, int], palette: Palette) -> None:
        self._path, self._size = path, size
        colormap = np.zeros((3, 256), np.uint16)
        colormap[:, : len(palette)] = palette.colors[:, :3].T * np.uint16(257)
        self._colormap = colormap

    def packed(self, place: tuple[int, int], tile: NDArray[np.uint8]) -> bytes:  # noqa: ARG002
        """The bytes of a tile; `tile` may be smaller at the far edges."""
        whole = np.zeros((self.tile, self.tile), np.uint8)
        whole[: tile.shape[0], : tile.shape[1]] = tile
        return bytes(deflate.zlib_compress(whole, LEVEL))

    def write(self, tiles: Iterable[bytes]) -> None:
        """Write the file from all tiles, row by row."""
        import tifffile

        with tifffile.TiffWriter(self._path, bigtiff=True) as file:
            file.write(
                iter(tiles), shape=self._size, dtype=np.uint8, photometric="palette", colormap=self._colormap,
                tile=(self.tile, self.tile), compression="zlib", metadata=None, software=False,
            )  # fmt: skip
