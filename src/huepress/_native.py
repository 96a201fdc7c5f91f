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
        raise TypeError(f"{name} must be an array of {np.dtype(dtype)}, not {getattr(value, 'dtype', type(value))}")
    if value.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, value.shape, strict=True)):
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

# --- rows of any number of features -----------------------------------------------------------------------------

_ROWS = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32)
_CENTERS = (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32)
_rows_nearest = _declare("hp_rows_nearest", *_ROWS, *_CENTERS, ctypes.c_void_p, ctypes.c_void_p)
_rows_distances = _declare("hp_rows_distances", *_ROWS, *_CENTERS, ctypes.c_void_p)
_rows_sums = _declare("hp_rows_sums", *_ROWS, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, result=None)


def _row_array(rows: Any, name: str, features: int | None = None) -> NDArray[np.float64]:
    """(n, d) float64, contiguous, n and d >= 1."""
    array = _array(rows, np.float64, (None, features), name)
    if not array.size or max(array.shape[1], 0) >= 1 << 24:
        raise ValueError(f"{name} must have a row and a feature at least, not the shape {array.shape}")
    return array


def rows_nearest(
    rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The nearest of (k, d) centres for each of (n, d) rows, ties to the lower, and the squared distance to it."""
    rows = _row_array(rows, "rows")
    centers = _row_array(centers, "centers", rows.shape[1])
    labels, distances = np.empty(len(rows), np.int32), np.empty(len(rows))
    ends = len(centers), threads, _pointer(labels), _pointer(distances)
    _check(_rows_nearest(_pointer(rows), *rows.shape, _pointer(centers), *ends))
    return labels, distances


def rows_distances(
    rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int
) -> NDArray[np.float64]:
    """(n, k) squared distances between (n, d) rows and (k, d) centres."""
    rows = _row_array(rows, "rows")
    centers = _row_array(centers, "centers", rows.shape[1])
    distances = np.empty((len(rows), len(centers)))
    _check(
        _rows_distances(
            _pointer(rows), *rows.shape, _pointer(centers), len(centers), threads, _pointer(distances)
        )
    )
    return distances


def rows_sums(
    rows: NDArray[np.float64], weights: NDArray[np.float64], labels: NDArray[np.int32], k: int
) -> NDArray[np.float64]:
    """(k, d) sums of weight times row over the (n, d) rows of each label 0..k-1, added in the order of the rows."""
    rows = _row_array(rows, "rows")
    weights = _array(weights, np.float64, (len(rows),), "weights")
    labels = _array(labels, np.int32, (len(rows),), "labels")
    if labels.min() < 0 or labels.max() >= k:
        raise ValueError(f"labels must be 0 to {k - 1}")
    sums = np.zeros((k, rows.shape[1]))
    _rows_sums(_pointer(rows), *rows.shape, _pointer(weights), _pointer(labels), _pointer(sums))
    return sums
