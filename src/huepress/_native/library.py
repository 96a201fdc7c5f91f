"""The shared library, loaded with ctypes, and what every call to it needs: checks, addresses, threads, SIMD levels."""

import ctypes
import operator
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

SIMD_LEVELS: Final = ("baseline", "avx2", "avx512")
ADDRESS: Final = ctypes.c_void_p
INT32: Final = ctypes.c_int32


def _load() -> ctypes.CDLL:
    name = "_kernel.dll" if sys.platform == "win32" else "_kernel.so"
    # An editable install keeps the Python files and the kernel in two folders of the package's path.
    folders = [Path(folder) for folder in sys.modules["huepress"].__path__]
    for folder in folders:
        path = folder / name
        if path.exists():
            return _opened(path)
    if not folders[0].is_dir():  # in a zip archive
        raise ImportError(f"{folders[0]}: an archive, from which no kernel can be loaded: unpack it or install it")
    raise ImportError(f"huepress was installed without its kernel ({name}): install it again")


def _opened(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"{path}: the kernel of huepress cannot be loaded here ({error})") from error


_kernel = _load()


def declare(name: str, *argument_types: Any, result: Any = INT32) -> Callable[..., Any]:
    """A function of the C ABI (native/huepress.h)."""
    function = getattr(_kernel, name)
    function.argtypes = list(argument_types)
    function.restype = result
    return function  # type: ignore[no-any-return]


def checked_array(value: Any, dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """The value as a C-contiguous array; its dtype and shape (None: any length) must already be right."""
    if not isinstance(value, np.ndarray) or value.dtype.type is not dtype or not value.dtype.isnative:
        raise TypeError(f"{name} must be an array of {np.dtype(dtype)}, not {getattr(value, 'dtype', type(value))}")
    if value.shape != shape and not (shape == (None,) and value.ndim == 1):
        _check_shape(value, shape, name)
    return np.ascontiguousarray(value)


def _check_shape(value: NDArray[Any], shape: tuple[int | None, ...], name: str) -> None:
    fits = value.ndim == len(shape)
    for length, own in zip(shape, value.shape, strict=False):  # a loop, as all small pictures wait for it
        if length != own and length is not None:
            fits = False
    if not fits:
        raise ValueError(f"{name} must have shape {shape}, not {value.shape}")


_address_of: Final = ctypes.addressof
_first_byte: Final[Any] = ctypes.c_char.from_buffer  # type checkers differ in whether arrays are buffers


def address(array: NDArray[Any]) -> int:
    """Where an array begins in memory."""
    try:
        return _address_of(_first_byte(array))
    except (TypeError, ValueError):  # read-only, empty or not contiguous
        return int(array.__array_interface__["data"][0])  # of any array, but takes four times as long


def check_status(status: int) -> None:
    """MemoryError if a function of the kernel says that there was not enough."""
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
    number = _check_whole(threads, "threads")
    if not 1 <= number <= 1024:
        raise ValueError(f"threads must be between 1 and 1024, not {number}")
    return number


def check_grey(grey: int) -> int:
    """A grey level, 0 to 255."""
    if not 0 <= grey <= 255:
        raise ValueError(f"grey must be between 0 and 255, not {grey}")
    return int(grey)


def check_seed(seed: Any) -> int:
    """The seed of a search as a whole number."""
    return _check_whole(seed, "seed")


def _check_whole(value: Any, name: str) -> int:
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise TypeError(f"{name} must be a whole number, not {value!r}")


_simd_supported = declare("hp_simd_supported")
_simd_use = declare("hp_simd_use", INT32, result=None)


def supported_simd_levels() -> tuple[str, ...]:
    """The SIMD levels that this processor has."""
    return SIMD_LEVELS[: _simd_supported() + 1]


def use_simd_level(level: str) -> None:
    """Force a SIMD level; results are the same for each. Not while the kernel runs on another thread."""
    if level not in supported_simd_levels():
        raise ValueError(f"SIMD level must be one of {', '.join(supported_simd_levels())}, not {level!r}")
    _simd_use(SIMD_LEVELS.index(level))


use_simd_level(os.environ.get("HUEPRESS_SIMD") or supported_simd_levels()[-1])
