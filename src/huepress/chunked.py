"""Names of pictures that are read and written chunk by chunk: TIFF files and Zarr arrays."""

from os import PathLike
from pathlib import Path
from typing import Final

_TIFF_SUFFIXES: Final = (".tif", ".tiff", ".btf", ".tf8")
_ZARR_SUFFIX: Final = ".zarr"


def is_chunked(path: str | PathLike[str]) -> bool:
    """Whether an output of this name is written chunk by chunk."""
    return is_zarr(path) or is_tiff(path)


def is_tiff(path: str | PathLike[str]) -> bool:
    """Whether it is named as a TIFF or BigTIFF file."""
    return Path(path).suffix.lower() in _TIFF_SUFFIXES


def is_zarr(path: str | PathLike[str]) -> bool:
    """Whether it is named as a Zarr array."""
    return Path(path).suffix.lower() == _ZARR_SUFFIX
