"""The errors that SSIMULACRA2 weighs."""

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import (
    ADDRESS,
    INT32,
    address,
    check_grey,
    check_status,
    check_threads,
    checked_array,
    declare,
)

_cache_size = declare("hp_ssimulacra2_cache_size", INT32, INT32, result=ctypes.c_int64)
_ssimulacra2_cache = declare("hp_ssimulacra2_cache", ADDRESS, INT32, INT32, INT32, INT32, INT32, ADDRESS)
_ssimulacra2_bands = declare("hp_ssimulacra2_bands", INT32, INT32, ADDRESS)
_ssimulacra2 = declare(
    "hp_ssimulacra2", ADDRESS, INT32, ADDRESS, ADDRESS, INT32, ADDRESS, ADDRESS, INT32, INT32, INT32, INT32, ADDRESS
)  # fmt: skip
SSIMULACRA2_BAND: Final = 4  # rows


def _pixels(value: Any, name: str) -> NDArray[np.uint8]:
    """The value as contiguous pixels (H, W, 3|4) of uint8, at least 8x8, below 2^31 pixels."""
    pixels = checked_array(value, np.uint8, (None, None, None), name)
    height, width, channels = pixels.shape
    if channels not in (3, 4):
        raise ValueError(f"{name} must have 3 or 4 channels, not {channels}")
    if min(height, width) < 8 or height * width >= 2**31:
        raise ValueError(f"{name} must be at least 8x8 and below 2^31 pixels, not {width}x{height}")
    return pixels


def _whole_palette(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The entries (256, 4) that indices of 8 bits may name."""
    entries = checked_array(palette, np.uint8, (None, 4), "palette")
    if len(entries) > 256:
        raise ValueError(f"a palette has at most 256 entries, not {len(entries)}")
    whole = np.zeros((256, 4), np.uint8)
    whole[: len(entries)] = entries
    return whole


def ssimulacra2_cache(original: NDArray[np.uint8], *, grey: int, threads: int | None = None) -> NDArray[np.float32]:
    """An original (H, W, 3|4) over a grey level in XYB, at all scales: about 17 bytes a pixel."""
    pixels = _pixels(original, "original")
    height, width, channels = pixels.shape
    cache = np.empty(_cache_size(width, height), np.float32)
    size = width, height, check_threads(threads)
    check_status(_ssimulacra2_cache(address(pixels), channels, check_grey(grey), *size, address(cache)))
    return cache


def ssimulacra2_sums(
    original: NDArray[np.uint8],
    result: NDArray[np.uint8],
    *,
    greys: Sequence[int],
    palette: NDArray[np.uint8] | None = None,
    caches: Sequence[NDArray[np.float32]] | None = None,
    threads: int | None = None,
) -> list[NDArray[np.float64]]:
    """What SSIMULACRA2 weighs, summed over bands of 4 rows, by scale, of which there are up to 6.

    (greys, bands, 3 channels, 3 maps, 2) for each scale: the errors and their fourth powers. With a `palette` (k, 4),
    the result are indices (H, W) into it. `caches` are the original's from `ssimulacra2_cache` with the same grey
    levels; without them a call takes about 8 bytes a pixel and a third more time.
    """
    before, channels = _pixels(original, "original"), 1
    height, width, _ = before.shape
    if palette is None:
        after = _pixels(result, "result")
        channels = after.shape[2]
    else:
        after, palette = checked_array(result, np.uint8, (None, None), "result"), _whole_palette(palette)
    if after.shape[:2] != (height, width):
        raise ValueError(f"the original is {width}x{height} and the result {after.shape[1]}x{after.shape[0]}")
    levels = np.array([check_grey(grey) for grey in greys], np.int32)
    kept = caches and [checked_array(cache, np.float32, (_cache_size(width, height),), "cache") for cache in caches]
    if kept and len(kept) != len(levels):
        raise ValueError(f"there must be a cache for each of {len(levels)} grey levels, not {len(kept)}")
    addresses = np.array([address(cache) for cache in kept], np.uintp) if kept else None
    bands = np.zeros(6, np.int32)
    scales = _ssimulacra2_bands(width, height, address(bands))
    sums = np.zeros((len(levels), bands.sum(), 3, 3, 2))
    check_status(
        _ssimulacra2(
            address(before), before.shape[2], None if addresses is None else address(addresses), address(after),
            channels, None if palette is None else address(palette), address(levels), len(levels), width, height,
            check_threads(threads), address(sums),
        )
    )  # fmt: skip
    return np.split(sums, np.cumsum(bands[: scales - 1]), axis=1)
