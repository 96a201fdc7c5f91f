"""The kernel, loaded with ctypes. The only file that knows pointers.

Each function here checks type, shape and range and hands contiguous arrays to the kernel, so that no caller can
crash the process. ctypes releases the interpreter lock during a call.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

SIMD_LEVELS: Final = ("baseline", "avx2", "avx512")


def _load() -> ctypes.CDLL:
    name = "_kernel.dll" if sys.platform == "win32" else "_kernel.so"
    # An editable install keeps the Python files and the kernel in two folders of the package's path.
    for folder in sys.modules["huepress"].__path__:
        path = Path(folder) / name
        if path.exists():
            return ctypes.CDLL(str(path))
    raise ImportError(f"huepress was installed without its kernel ({name}): install it again")


_kernel = _load()


def _declare(name: str, *argument_types: Any, result: Any = ctypes.c_int32) -> Callable[..., Any]:
    function = getattr(_kernel, name)
    function.argtypes = list(argument_types)
    function.restype = result
    return function  # type: ignore[no-any-return]


def _array(value: Any, dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """The value as a C-contiguous array; its dtype and shape (None: any length) must already be right."""
    if not isinstance(value, np.ndarray) or value.dtype != np.dtype(dtype):
        raise TypeError(
            f"{name} must be an array of {np.dtype(dtype)}, not {getattr(value, 'dtype', type(value))}"
        )
    if value.ndim != len(shape) or any(
        n is not None and n != m for n, m in zip(shape, value.shape, strict=True)
    ):
        raise ValueError(f"{name} must have shape {shape}, not {value.shape}")
    return np.ascontiguousarray(value)


def _pointer(array: NDArray[Any]) -> int:
    return array.ctypes.data


def _check(status: int) -> None:
    if status:
        raise MemoryError("out of memory in the huepress kernel")


def usable_cpus() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def check_threads(threads: int | None) -> int:
    """The number of threads to use: all usable processors for None; at least 1."""
    if threads is None:
        return usable_cpus()
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads must be a whole number, not {threads!r}")
    if not 1 <= threads <= 1024:
        raise ValueError(f"threads must be between 1 and 1024, not {threads}")
    return threads


_I, _P = ctypes.c_int32, ctypes.c_void_p
_simd_supported = _declare("hp_simd_supported")
_simd_use = _declare("hp_simd_use", ctypes.c_int32, result=None)


def supported_simd_levels() -> tuple[str, ...]:
    """The SIMD levels that this processor has."""
    return SIMD_LEVELS[: _simd_supported() + 1]


def use_simd_level(level: str) -> None:
    """Force a SIMD level; results are the same for each. Not while the kernel runs on another thread."""
    if level not in supported_simd_levels():
        raise ValueError(f"SIMD level must be one of {', '.join(supported_simd_levels())}, not {level!r}")
    _simd_use(SIMD_LEVELS.index(level))


use_simd_level(os.environ.get("HUEPRESS_SIMD") or supported_simd_levels()[-1])


_ssimulacra2_cache_size = _declare("hp_ssimulacra2_cache_size", _I, _I, result=ctypes.c_int64)
_ssimulacra2_cache = _declare("hp_ssimulacra2_cache", _P, _I, _I, _I, _I, _I, _P)
_ssimulacra2 = _declare("hp_ssimulacra2", _P, _I, _P, _P, _I, _I, _I, _I, _I, _P, _P)


def _pixels(value: Any, name: str) -> NDArray[np.uint8]:
    """The value as contiguous pixels (H, W, 3|4) of uint8, at least 8x8, below 2^31 pixels."""
    pixels = _array(value, np.uint8, (None, None, None), name)
    height, width, channels = pixels.shape
    if channels not in (3, 4):
        raise ValueError(f"{name} must have 3 or 4 channels, not {channels}")
    if min(height, width) < 8 or height * width >= 2**31:
        raise ValueError(f"{name} must be at least 8x8 and below 2^31 pixels, not {width}x{height}")
    return pixels


def _check_grey(grey: int) -> int:
    if not 0 <= grey <= 255:
        raise ValueError(f"grey must be between 0 and 255, not {grey}")
    return int(grey)


def ssimulacra2_cache(
    original: NDArray[np.uint8], *, grey: int, threads: int | None = None
) -> NDArray[np.float32]:
    """The blurred planes of an original (H, W, 3|4) over a grey level: 50 to 60 bytes a pixel."""
    pixels = _pixels(original, "original")
    height, width, channels = pixels.shape
    cache = np.empty(_ssimulacra2_cache_size(width, height), np.float32)
    _check(
        _ssimulacra2_cache(
            _pointer(pixels),
            channels,
            _check_grey(grey),
            width,
            height,
            check_threads(threads),
            _pointer(cache),
        )
    )
    return cache


def ssimulacra2_averages(
    original: NDArray[np.uint8],
    result: NDArray[np.uint8],
    *,
    grey: int,
    cache: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """The averages that SSIMULACRA2 weighs: (scales, 3 channels, 3 maps, 2 norms), with up to 6 scales.

    `cache` is the original's from `ssimulacra2_cache` with the same grey level; without it a call takes about
    8 bytes a pixel and twice the time.
    """
    before, after = _pixels(original, "original"), _pixels(result, "result")
    height, width, _ = before.shape
    if after.shape[:2] != (height, width):
        raise ValueError(f"the original is {width}x{height} and the result {after.shape[1]}x{after.shape[0]}")
    if cache is not None:
        cache = _array(cache, np.float32, (_ssimulacra2_cache_size(width, height),), "cache")
    averages = np.zeros((6, 3, 3, 2))
    scales = np.zeros(1, np.int32)
    _check(
        _ssimulacra2(
            _pointer(before),
            before.shape[2],
            None if cache is None else _pointer(cache),
            _pointer(after),
            after.shape[2],
            _check_grey(grey),
            width,
            height,
            check_threads(threads),
            _pointer(scales),
            _pointer(averages),
        )
    )
    return averages[: scales[0]]
