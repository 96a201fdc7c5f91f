"""The codes of a GIF frame."""

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare
from huepress._native.lossy import padded_entries


class _Lzw(ctypes.Structure):
    _fields_ = (
        *((name, INT32) for name in ("width", "height", "dimensions", "color_count", "code_size", "transparent")),
        *((name, ADDRESS) for name in ("indices", "states", "before", "features", "weights", "palette")),
        *((name, ctypes.c_float) for name in ("down", "slack")),
        *((name, ADDRESS) for name in ("result", "codes", "size")),
    )


FREE, KEPT, FIXED = range(3)
_lzw = declare("hp_lzw", ctypes.POINTER(_Lzw))


class Lossy(NamedTuple):
    """What `lzw` needs to choose other entries than the nearest: see the kernel.

    features: (d, H, W), d 3 or 4. weights: (H, W), bits of a squared distance. palette: (k, d). before: (H, W), where
    there is a transparent entry. slack: bits that an entry may cost more than the cheapest one.
    """

    features: NDArray[np.int16]
    weights: NDArray[np.float32]
    palette: NDArray[np.float32]
    down: float
    slack: float
    before: NDArray[np.uint8] | None = None


def lzw(
    indices: NDArray[np.uint8],
    code_size: int,
    *,
    states: NDArray[np.uint8] | None = None,
    transparent: int = -1,
    lossy: Lossy | None = None,
) -> tuple[NDArray[np.uint8], bytes]:
    """The symbols (H, W) of a GIF frame, and its codes; all symbols are below 1 << code_size.

    indices: (H, W). states: (H, W), FREE, KEPT (the entry or `transparent`) or FIXED; by default all are free.
    """
    indices = checked_array(indices, np.uint8, (None, None), "indices")
    shape = indices.shape
    states = None if states is None else checked_array(states, np.uint8, shape, "states")
    if not 2 <= code_size <= 8 or not -1 <= transparent < 1 << code_size or not indices.size:
        raise ValueError(f"the code size is {code_size}, the transparent entry {transparent}, the shape {shape}")
    if indices.max() >> code_size:
        raise ValueError(f"indices must be below {1 << code_size}")
    result, codes = np.empty(shape, np.uint8), np.empty(2 * indices.size + 64, np.uint8)
    size = np.zeros(1, np.int64)
    job = _Lzw(shape[1], shape[0], 0, 0, code_size, transparent)
    held = _fill_lossy(job, lossy, shape) if lossy else ()
    job.indices, job.states = address(indices), None if states is None else address(states)
    job.result, job.codes, job.size = address(result), address(codes), address(size)
    check_status(_lzw(ctypes.byref(job)))
    del held
    return result, codes[: size[0]].tobytes()


def _fill_lossy(job: _Lzw, lossy: Lossy, shape: tuple[int, int]) -> tuple[NDArray[Any], ...]:
    """Put the arrays into the job; they are returned to be held until it is done."""
    features = checked_array(lossy.features, np.int16, (None, *shape), "features")
    weights = checked_array(lossy.weights, np.float32, shape, "weights")
    palette = checked_array(lossy.palette, np.float32, (None, len(features)), "palette")
    if len(features) not in (3, 4) or not 1 <= len(palette) <= 1 << job.code_size:
        raise ValueError(f"there are {len(features)} dimensions and {len(palette)} entries")
    if job.transparent >= len(palette) or not 0 <= weights.min() <= weights.max() < np.inf:
        raise ValueError("the transparent entry must be one, and weights finite and at least 0")
    before = np.zeros(shape, np.uint8) if lossy.before is None else lossy.before
    before = checked_array(before, np.uint8, shape, "entries before")
    if before.max() >= len(palette):
        raise ValueError(f"entries before must be below {len(palette)}")
    entries = padded_entries(palette)
    job.dimensions, job.color_count = len(features), len(palette)
    job.features, job.weights, job.palette = address(features), address(weights), address(entries)
    job.before, job.down, job.slack = address(before), lossy.down, lossy.slack
    return features, weights, entries, before
