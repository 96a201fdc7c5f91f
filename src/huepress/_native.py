"""The kernel, loaded with ctypes. The only file that knows pointers.

Each function here checks type, shape and range and hands contiguous arrays to the kernel, so that no caller can
crash the process. ctypes releases the interpreter lock during a call.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

OPAQUE_KEY: Final = np.uint32(0xFF000000)  # keys of opaque colours are this or more
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


_address, _first_byte = ctypes.addressof, ctypes.c_char.from_buffer


def _pointer(array: NDArray[Any]) -> int:
    try:
        return _address(_first_byte(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # read-only, empty or not contiguous
        address: int = array.__array_interface__["data"][0]  # of any array, but takes four times as long
        return address


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

# --- rows of any number of features -----------------------------------------------------------------------------

_ROWS = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32)
_CENTERS = (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32)
_rows_nearest = _declare("hp_rows_nearest", *_ROWS, *_CENTERS, ctypes.c_void_p, ctypes.c_void_p)
_keys_nearest = _declare("hp_keys_nearest", *_ROWS, *_CENTERS, ctypes.c_void_p, ctypes.c_void_p)
_rows_distances = _declare("hp_rows_distances", *_ROWS, *_CENTERS, ctypes.c_void_p)
_rows_sums = _declare("hp_rows_sums", *_ROWS, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, result=None)


NUMBERS: Final = tuple(np.dtype(name) for name in ("float32", "float64", "int32", "int64"))  # of HP_FLOAT32 and so on
_bytes_of = _declare("hp_bytes_of", ctypes.c_void_p, _I, ctypes.c_int64, _I, ctypes.c_void_p)


def _row_array(rows: Any, name: str, features: int | None = None) -> NDArray[Any]:
    """(n, d), contiguous, n and d >= 1."""
    array = _array(rows, np.float64, (None, features), name)
    if not array.size or max(array.shape[1], 0) >= 1 << 24:
        raise ValueError(f"{name} must have a row and a feature at least, not the shape {array.shape}")
    return array


Nearest = tuple[NDArray[np.int32], NDArray[np.float64]]


def rows_nearest(rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int) -> Nearest:
    """The nearest of (k, d) centres for each of (n, d) rows, ties to the lower, and the squared distance to it."""
    rows = _row_array(rows, "rows")
    return _nearest(_rows_nearest, rows, _row_array(centers, "centers", rows.shape[1]), threads)


def keys_nearest(keys: NDArray[np.uint32], centers: NDArray[np.float64], threads: int) -> Nearest:
    """The same for rows of 1 to 4 bytes, as many as the centres have, that (n,) keys stand for: R, G, B and alpha."""
    keys, centers = _key_array(keys), _row_array(centers, "centers")
    if not len(keys) or centers.shape[1] > 4:
        raise ValueError(f"keys stand for a row or more of 4 bytes at most, not {(len(keys), centers.shape[1])}")
    return _nearest(_keys_nearest, keys, centers, threads)


def _nearest(function: Any, rows: NDArray[Any], centers: NDArray[np.float64], threads: int) -> Nearest:
    labels, distances = np.empty(len(rows), np.int32), np.empty(len(rows))
    ends = len(centers), threads, _pointer(labels), _pointer(distances)
    _check(function(_pointer(rows), len(rows), centers.shape[1], _pointer(centers), *ends))
    return labels, distances


def bytes_of_numbers(values: NDArray[Any], threads: int) -> NDArray[np.uint8] | None:
    """An array of float32, float64, int32 or int64 as bytes; None if not all are whole numbers 0..255."""
    if values.dtype not in NUMBERS:
        raise TypeError(f"numbers must be of {', '.join(map(str, NUMBERS))}, not of {values.dtype}")
    values = np.ascontiguousarray(values)
    found = np.empty(values.shape, np.uint8)
    kind = NUMBERS.index(values.dtype)
    return found if _bytes_of(_pointer(values), kind, values.size, threads, _pointer(found)) else None


def rows_distances(rows: NDArray[np.float64], centers: NDArray[np.float64], threads: int) -> NDArray[np.float64]:
    """(n, k) squared distances between (n, d) rows and (k, d) centres."""
    rows = _row_array(rows, "rows")
    centers = _row_array(centers, "centers", rows.shape[1])
    distances = np.empty((len(rows), len(centers)))
    _check(_rows_distances(_pointer(rows), *rows.shape, _pointer(centers), len(centers), threads, _pointer(distances)))
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


# --- counting ---------------------------------------------------------------------------------------------------

_P, _I32 = ctypes.c_void_p, ctypes.c_int32
_PIXEL_STRIDES: Final = ((3, 1), (4, 1))
_FEW_COLORS: Final = 1 << 14  # for which there is room before it is known how many there are
_PIXELS: Final = (_P, ctypes.c_int64, _I32, _I32)  # address, number, channels, bytes from one to the next
_count = _declare("hp_count", *_PIXELS, _I32, ctypes.c_int64, _P, _P, _P, result=ctypes.c_int64)
_count_take = _declare("hp_count_take", _P, _P, _P)
_merge = _declare("hp_merge", *[_P, _P, _P, ctypes.c_int64] * 2, _P, _P, _P, result=ctypes.c_int64)
_keys_of_colors = _declare("hp_keys_of_colors", _P, ctypes.c_int64, _I32, _P, result=None)
_colors_of_keys = _declare("hp_colors_of_keys", _P, ctypes.c_int64, _I32, _P, result=None)
_sort_order = _declare("hp_sort_order", _P, ctypes.c_int64, _P, result=None)
_morton_order = _declare("hp_morton_order", _P, *[ctypes.c_int64] * 3, _I32, _P, result=None)
_morton = _declare("hp_morton", _P, ctypes.c_int64, ctypes.c_int64, _I32, _P, result=None)


def _pixel_array(pixels: Any) -> NDArray[np.uint8]:
    """(n, 3|4) uint8, contiguous."""
    array = _array(pixels, np.uint8, (None, None), "pixels")
    if array.shape[1] not in (3, 4):
        raise ValueError(f"pixels must have 3 or 4 channels, not {array.shape[1]}")
    return array


def as_pixels(pixels: Any) -> NDArray[np.uint8]:
    """(n, 3|4) uint8 as the kernel takes them: contiguous, or 3 of 4 channels as they lie in memory."""
    fit = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.strides in _PIXEL_STRIDES
    return pixels if fit and pixels.shape[1] in (3, pixels.strides[0]) else _pixel_array(pixels)


def _strided(pixels: Any) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    """Pixels, and what the kernel wants to know of them."""
    pixels = as_pixels(pixels)
    return pixels, (_pointer(pixels), *pixels.shape, 4 if pixels.strides[0] == 4 else pixels.shape[1])


def _key_array(keys: Any, name: str = "keys") -> NDArray[np.uint32]:
    return _array(keys, np.uint32, (None,), name)


def count_colors(pixels: NDArray[np.uint8], threads: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The keys of the distinct colours of (n, 3|4) pixels, ascending, and their counts."""
    pixels, where = _strided(pixels)
    if len(pixels) >= 1 << 31:
        raise ValueError(f"count at most {(1 << 31) - 1} pixels at once, not {len(pixels)}")
    room, rest = min(len(pixels), _FEW_COLORS), ctypes.c_void_p()
    keys, counts = np.empty(room, np.uint32), np.empty(room, np.uint32)
    distinct = _count(*where, threads, room, _pointer(keys), _pointer(counts), ctypes.byref(rest))
    _check(distinct < 0)
    if rest:
        keys, counts = np.empty((2, distinct), np.uint32)  # of two, both often go back to the system
        _check(_count_take(rest, _pointer(keys), _pointer(counts)))
    else:
        keys.resize(distinct, refcheck=False)
        counts.resize(distinct, refcheck=False)
    return keys, counts


Counts = tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.float64] | None]  # keys, counts, weights


def merge_counts(first: Counts, second: Counts) -> Counts:
    """Two lists of ascending keys with their counts and weights, both or none, as one: those of equal keys added."""
    if (first[2] is None) != (second[2] is None):
        raise ValueError("both lists must have weights, or none")
    lists = [array for keys, counts, weights in (first, second) for array in _count_arrays(keys, counts, weights)]
    room = len(first[0]) + len(second[0])
    merged = np.empty(room, np.uint32), np.empty(room, np.int64), None if first[2] is None else np.empty(room)
    addresses = [None if array is None else _pointer(array) for array in (*lists, *merged)]
    size = _merge(*addresses[:3], len(first[0]), *addresses[3:6], len(second[0]), *addresses[6:])
    for array in merged:
        if array is not None:
            array.resize(size, refcheck=False)  # gives the rest back
    return merged


def _count_arrays(keys: Any, counts: Any, weights: Any) -> tuple[NDArray[Any] | None, ...]:
    keys = _key_array(keys)
    counts = _array(counts, np.int64, keys.shape, "counts")
    return keys, counts, None if weights is None else _array(weights, np.float64, keys.shape, "weights")


def keys_of_colors(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The keys of (n, 3|4) colours: alpha, then the Morton code of RGB."""
    colors = _pixel_array(colors)
    keys = np.empty(len(colors), np.uint32)
    _keys_of_colors(_pointer(colors), *colors.shape, _pointer(keys))
    return keys


def colors_of_keys(keys: NDArray[np.uint32], channels: int) -> NDArray[np.uint8]:
    """The (n, channels) colours of keys."""
    keys = _key_array(keys)
    if channels not in (3, 4):
        raise ValueError(f"channels must be 3 or 4, not {channels}")
    colors = np.empty((len(keys), channels), np.uint8)
    _colors_of_keys(_pointer(keys), len(keys), channels, _pointer(colors))
    return colors


def sort_order(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The stable order that sorts the keys ascending; takes 8 bytes for each, of which 4 stay."""
    keys = _key_array(keys)
    order = np.empty(2 * len(keys), np.uint32)
    _sort_order(_pointer(keys), len(keys), _pointer(order))
    order.resize(len(keys), refcheck=False)
    return order


# --- mapping ----------------------------------------------------------------------------------------------------

_map = _declare("hp_map", *_PIXELS, _I32, _P, _P, ctypes.c_int64, _P)
_map_wide = _declare("hp_map_wide", *_PIXELS, _I32, _P, _P, ctypes.c_int64, _P)
_find_colors = _declare("hp_find_colors", *_PIXELS, _I32, _P, ctypes.c_int64, _P)
_look_up = _declare("hp_look_up", _P, ctypes.c_int64, _I32, _P, _P, result=None)
_nearest_rgba = _declare("hp_nearest_rgba", _P, ctypes.c_int64, _P, ctypes.c_int32, _I32, _P, _P, result=None)


def map_pixels(
    pixels: NDArray[np.uint8],
    keys: NDArray[np.uint32],
    labels: NDArray[np.uint8],
    threads: int,
    *,
    wide: bool = False,
) -> NDArray[Any]:
    """The label of each of (n, 3|4) pixels, uint8, or int32 if wide; `keys` lists their colours, ascending."""
    (pixels, where), keys = _strided(pixels), _key_array(keys)
    labels = _array(labels, np.uint8, (len(keys),), "labels")
    if not len(keys):
        raise ValueError("keys must list the colours of the pixels, not be empty")
    indices = np.empty(len(pixels), np.int32 if wide else np.uint8)
    map_ = _map_wide if wide else _map
    _check(map_(*where, threads, _pointer(keys), _pointer(labels), len(keys), _pointer(indices)))
    return indices


def look_up(pixels: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The entry of (2^24,) `table` at the Morton code of each of (n, 3|4) pixels, whatever its alpha."""
    pixels = _pixel_array(pixels)
    table = _array(table, np.uint8, (1 << 24,), "table")
    indices = np.empty(len(pixels), np.uint8)
    _look_up(_pointer(pixels), *pixels.shape, _pointer(table), _pointer(indices))
    return indices


def find_colors(pixels: NDArray[np.uint8], keys: NDArray[np.uint32], threads: int) -> NDArray[np.uint32]:
    """The position in `keys` (ascending, listing all) of the colour of each of (n, 3|4) pixels."""
    (pixels, where), keys = _strided(pixels), _key_array(keys)
    positions = np.empty(len(pixels), np.uint32)
    _check(_find_colors(*where, threads, _pointer(keys), len(keys), _pointer(positions)))
    return positions


def nearest_rgba(
    colors: NDArray[np.uint8], palette: NDArray[np.uint8], threads: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The nearest of up to 256 RGBA entries for each of (n, 4) colours, and its distance."""
    colors = _array(colors, np.uint8, (None, 4), "colors")
    palette = _array(palette, np.uint8, (None, 4), "palette")
    if not 1 <= len(palette) <= 256:
        raise ValueError(f"the palette must have 1 to 256 entries, not {len(palette)}")
    labels, distances = np.empty(len(colors), np.uint8), np.empty(len(colors), np.float64)
    _nearest_rgba(
        _pointer(colors), len(colors), _pointer(palette), len(palette), threads, _pointer(labels),
        _pointer(distances),
    )  # fmt: skip
    return labels, distances


# --- indexed pixels ---------------------------------------------------------------------------------------------

_take = _declare("hp_take", _P, _I32, _P, _I32, ctypes.c_int64, _I32, _P, result=None)
_label_counts = _declare("hp_label_counts", _P, ctypes.c_int64, _P, result=None)
_label_sums = _declare("hp_label_sums", _P, _I32, _P, _I32, ctypes.c_int64, _I32, _P, result=None)
_square_error = _declare("hp_square_error", *_PIXELS, _I32, _P, _P, _I32, result=ctypes.c_int64)


def take(table: NDArray[Any], indices: NDArray[Any], out: NDArray[Any] | None, threads: int) -> NDArray[Any]:
    """table[indices] for indices of uint8 or uint32, of entries (n,) or rows (n, m) that take 1 to 4 bytes.

    `out`: C-contiguous, to be written into it, which may be the indices themselves.
    """
    indices = _array(indices, np.uint8 if indices.dtype == np.uint8 else np.uint32, indices.shape, "indices")
    table = np.ascontiguousarray(table)
    shape, entry = indices.shape + table.shape[1:], table.dtype.itemsize * (table.size // max(1, len(table)))
    if not 1 <= entry <= 4:
        raise ValueError(f"entries take 1 to 4 bytes, not {entry}")
    if indices.size and indices.max() >= len(table):
        raise IndexError(f"indices must be below {len(table)}")
    if out is None:
        out = np.empty(shape, table.dtype)
    elif not out.flags.carray or out.shape != shape or out.dtype != table.dtype:
        raise ValueError(f"what is found has the shape {shape} and the type {table.dtype}")
    _take(_pointer(table), entry, _pointer(indices), indices.itemsize, indices.size, threads, _pointer(out))
    return out


def label_counts(labels: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """(size,) how often each label occurs among labels (n,) below size, 256 at most."""
    labels = _array(labels, np.uint8, (None,), "labels")
    if len(labels) and labels.max() >= size:
        raise ValueError(f"labels must be below {size}")
    counts = np.empty(256, np.int64)
    _label_counts(_pointer(labels), len(labels), _pointer(counts))
    return counts[:size]


def label_sums(labels: NDArray[Any], weights: NDArray[Any], size: int) -> NDArray[np.float64]:
    """(size,) the weights (n,) of float32 or float64 of each label (n,) of uint8 or uint32, added in their order."""
    labels = _array(labels, np.uint8 if labels.dtype == np.uint8 else np.uint32, (None,), "labels")
    weights = _array(weights, np.float32 if weights.dtype == np.float32 else np.float64, labels.shape, "weights")
    if len(labels) and labels.max() >= size:
        raise ValueError(f"labels must be below {size}")
    sums, many = np.empty(size), (len(labels), size)
    _label_sums(_pointer(labels), labels.itemsize, _pointer(weights), weights.itemsize, *many, _pointer(sums))
    return sums


def square_error(
    pixels: NDArray[np.uint8], indices: NDArray[np.uint8], palette: NDArray[np.uint8], threads: int, *, opaque: bool
) -> int:
    """The squared error of (n, 3|4) pixels as (n,) indices into (k, 4) entries, in sRGB levels.

    If not all is opaque, the sum of the errors over black and over white, in units of 1 / 255 of a level.
    """
    pixels, where = _strided(pixels)
    indices = _array(indices, np.uint8, (len(pixels),), "indices")
    palette = _array(palette, np.uint8, (None, 4), "palette")
    if len(indices) and indices.max() >= len(palette):
        raise ValueError(f"indices must be below {len(palette)}")
    return int(_square_error(*where, threads, _pointer(indices), _pointer(palette), opaque))


# --- K-means ----------------------------------------------------------------------------------------------------


class Step(ctypes.Structure):
    """A step of a search: kind, level in bits, number of iterations or trials, and when Lloyd's algorithm stops.

    SPLIT: from the fixed centres to as many as wanted. LLOYD: until an iteration lowers the error by no more than
    `tolerance` of it (0: until nothing changes), each centre `relaxation` times the way to its mean, or not at all if
    that is less than `still`. SWAPS: random swaps, to the best state found. MERGE: to no more than `count` centres,
    those merged that cost least. `progress` does not hear of steps that are silent.
    """

    SPLIT, LLOYD, SWAPS, MERGE = range(4)
    _fields_ = (
        ("kind", _I32),
        ("bits", _I32),
        ("count", _I32),
        ("silent", _I32),
        ("tolerance", ctypes.c_double),
        ("relaxation", ctypes.c_double),
        ("still", ctypes.c_double),
    )


_points_new = _declare("hp_points_new", _I32, ctypes.c_int64, _P, ctypes.c_int64, _I32, _P, _P, _P, _P, _P, result=_P)
_points_free = _declare("hp_points_free", _P, result=None)
_Progress = ctypes.CFUNCTYPE(_I32, _I32, _I32, _P, ctypes.c_double, _P)
_search = _declare(
    "hp_search", _P, _P, _I32, _I32, _P, _I32, _P, _P, ctypes.c_uint64, _I32, _Progress, _P, _P, _P, _P
)  # fmt: skip
_points_nearest = _declare("hp_nearest", _P, _P, _I32, _I32, _I32, _P, _P, _P)
_FAULTS: Final = {  # of HP_WRONG_COORDINATES and so on
    2: f"coordinates must be 0 to {(1 << 14) - 1}",
    3: "weights must be at least 1, and less than 2^32 together",
    4: "class starts must ascend from 0 to the number of points",
    5: "keys must ascend within each class",
}

LANES: Final = 16
KEY_BITS: Final = 32
COORDINATE_LIMIT: Final = 1 << 14
MAX_CLUSTERS: Final = 65535
CLASSES: Final = 3

Centers = NDArray[np.float64]
Progress = Callable[[int, Centers, float, NDArray[np.int64]], Any]  # the step, centres, error, sums (k, 5)


class Found:
    """What a search came to.

    Attributes:
        centers: (k, d) float64. classes: (k,) uint8.
        sums: (k, 5) int64, weight and weighted coordinates of each cluster; error; iterations: those of the last step,
            if it was Lloyd's algorithm.
        labels: (n,) uint16 of its level, if asked for.

    """

    __slots__ = ("centers", "classes", "error", "iterations", "labels", "sums")

    def __init__(
        self, centers: Centers, classes: NDArray[np.uint8], sums: NDArray[np.int64], error: float, iterations: int,
        labels: Any,
    ) -> None:  # fmt: skip
        self.centers, self.classes, self.sums = centers, classes, sums
        self.error, self.iterations, self.labels = error, iterations, labels


class _Heard:
    """A function for the kernel to call; an exception cannot pass through C++, so it is kept until afterwards."""

    def __init__(self, progress: Progress, dimensions: int) -> None:
        self.failure: BaseException | None = None

        def hear(step: int, k: int, centers: int, error: float, sums: int) -> int:
            try:
                told = np.frombuffer(ctypes.string_at(centers, 8 * k * dimensions)).reshape(k, dimensions)
                added = np.frombuffer(ctypes.string_at(sums, 8 * k * 5), np.int64).reshape(k, 5)
                progress(step, told, error, added)
            except BaseException as failure:
                self.failure = failure
                return 1
            return 0

        self.function = _Progress(hear)


_NO_PROGRESS: Final = _Progress()


class Points:
    """Weighted points in the kernel, for K-means at several resolutions.

    Args:
        coordinates: (d, n + LANES) int16, values 0..16383, d 3 or 4.
        weights: (n,) uint32 >= 1 of sum below 2^32.
        class_starts: 4 ascending positions 0 .. n: the points of each of three classes.
        keys: (n,) uint32, Morton codes of the points, ascending within each class; of 3 coordinates, all may have the
            same bits above the code.

    """

    def __init__(
        self,
        coordinates: NDArray[np.int16],
        weights: NDArray[np.uint32],
        class_starts: NDArray[np.int64],
        keys: NDArray[np.uint32],
    ) -> None:
        keys = _key_array(keys)
        self._hold(_array(coordinates, np.int16, (None, len(keys) + LANES), "coordinates"), weights, class_starts, keys)

    @classmethod
    def of_colors(
        cls, keys: NDArray[np.uint32], weights: NDArray[np.uint32], class_starts: NDArray[np.int64], scale: int
    ) -> "Points":
        """The colours of ascending keys (n,) of one alpha: R, G and B times `scale`, 1..64."""
        keys = _key_array(keys)
        if not 1 <= scale <= 64:
            raise ValueError(f"the scale must be 1 to 64, not {scale}")
        points = cls.__new__(cls)
        points._hold(np.zeros((3, len(keys) + LANES), np.int16), weights, class_starts, keys, scale)
        return points

    def _hold(
        self, coordinates: Any, weights: Any, class_starts: Any, keys: NDArray[np.uint32], scale: int = 0
    ) -> None:
        self.coordinates, self.keys = coordinates, keys
        self.dimensions, self.count = len(coordinates), len(keys)
        self.weights = _array(weights, np.uint32, (self.count,), "weights")
        self.class_starts = _array(class_starts, np.int64, (CLASSES + 1,), "class starts")
        if self.dimensions not in (3, 4) or not 1 <= self.count < 1 << 31:
            raise ValueError(f"points must be 1 or more of 3 or 4 coordinates, not {coordinates.shape}")
        sizes, fault = (ctypes.c_int64 * (KEY_BITS + 1))(), ctypes.c_int32()
        handle = _points_new(
            self.dimensions, self.count, _pointer(coordinates), self.count + LANES, scale, _pointer(self.weights),
            _pointer(keys), _pointer(self.class_starts), sizes, ctypes.byref(fault),
        )  # fmt: skip
        if fault.value in _FAULTS:
            raise ValueError(_FAULTS[fault.value])
        _check(fault.value)
        self._handle = handle
        #: the number of points at each level 0 .. finest: those that share so many first bits are merged
        self.level_sizes = sizes[: self.finest + 1]
        starts = self.class_starts.tolist()
        self.present = frozenset(c for c in range(CLASSES) if starts[c] < starts[c + 1])

    _free = staticmethod(_points_free)  # outlives the module's names when the interpreter ends

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._free(self._handle)

    @property
    def finest(self) -> int:
        """The level that is the points themselves: all bits of their Morton codes."""
        return 8 * self.dimensions

    def search(
        self,
        steps: Sequence[Step],
        centers: Centers,
        classes: NDArray[np.uint8],
        *,
        k: int | None = None,
        fixed: int = 0,
        seed: int = 0,
        threads: int = 1,
        labels: bool = False,
        progress: Progress | None = None,
    ) -> Found:
        """The steps, one after another, from these centres; the first `fixed` never move.

        Args:
            steps: one or more; SPLIT can be the first one only, from centres that are all fixed.
            centers: (n, d), with a centre for each class of points; before SPLIT n may be 0.
            classes: (n,) the class of each centre's points.
            k: how many centres there are to be after SPLIT.
            fixed: how many of the centres never move.
            seed: of the random swaps.
            threads: number of threads; changes no result.
            labels: whether to tell the label of each point of the last step's level, which LLOYD finds.
            progress: hears of each assignment of LLOYD. What it raises ends the search, and is raised here.

        """
        splits = self._check_steps(steps)
        if labels and steps[-1].kind != Step.LLOYD:
            raise ValueError("labels are known after Lloyd's algorithm only")
        room = k if splits and k is not None else len(centers)
        self._check_clusters(centers, classes, fixed)
        if splits and fixed != len(centers):
            raise ValueError(f"all {len(centers)} centres must be fixed before a split, not {fixed}")
        self._check_covered(classes, room - len(centers), splits)
        ours, our_classes = np.zeros((room, self.dimensions)), np.zeros(room, np.uint8)
        if len(centers):
            ours[: len(centers)], our_classes[: len(centers)] = centers, classes
        out = np.empty(self.level_sizes[steps[-1].bits], np.uint16) if labels else None
        sums = np.zeros((room, 5), np.int64)
        count, error, iterations = ctypes.c_int32(len(centers)), ctypes.c_double(), ctypes.c_int32()
        heard = _Heard(progress, self.dimensions) if progress else None
        _check(
            _search(
                self._handle, (Step * len(steps))(*steps), len(steps), room, ctypes.byref(count), fixed,
                _pointer(ours), _pointer(our_classes), seed & (1 << 64) - 1, threads,
                heard.function if heard else _NO_PROGRESS, None if out is None else _pointer(out), _pointer(sums),
                ctypes.byref(error), ctypes.byref(iterations),
            )
        )  # fmt: skip
        if heard and heard.failure is not None:
            raise heard.failure
        n = count.value
        return Found(ours[:n], our_classes[:n], sums[:n], error.value, iterations.value, out)

    def _check_steps(self, steps: Sequence[Step]) -> bool:
        """Whether the first one splits."""
        if not steps:
            raise ValueError("a search needs a step at least")
        before, finest = None, self.finest
        for number, step in enumerate(steps):
            kind, bits = step.kind, step.bits
            if not 1 <= bits <= finest:
                raise ValueError(f"the level must be 1 to {finest} bits, not {bits}")
            splits_late = kind == Step.SPLIT and number
            merges_early = kind == Step.MERGE and before not in (Step.LLOYD, Step.SWAPS)  # there are no sums
            if not Step.SPLIT <= kind <= Step.MERGE or splits_late or merges_early:
                raise ValueError(f"step {number} cannot be of the kind {kind}")
            before = kind
        return bool(steps[0].kind == Step.SPLIT)

    def _check_clusters(self, centers: Centers, classes: NDArray[np.uint8], fixed: int) -> None:
        _array(centers, np.float64, (None, self.dimensions), "centers")
        _array(classes, np.uint8, (len(centers),), "classes")
        if len(centers) > MAX_CLUSTERS or not 0 <= fixed <= len(centers):
            raise ValueError(f"there can be at most {MAX_CLUSTERS} centres, and no more fixed than there are")
        if len(centers) and not np.abs(centers).max() <= 4 * COORDINATE_LIMIT:
            raise ValueError("centres must be finite and near the points")

    def _check_covered(self, classes: NDArray[np.uint8], more: int, splits: bool) -> None:
        if splits and not 0 <= more <= MAX_CLUSTERS:
            raise ValueError(f"k must be {len(classes)} to {MAX_CLUSTERS}, not {len(classes) + more}")
        if len(self.present.difference(classes.tolist())) > (more if splits else 0):
            raise ValueError("each class of points needs a centre")

    def lloyd(
        self,
        centers: Centers,
        classes: NDArray[np.uint8],
        *,
        bits: int | None = None,
        fixed: int = 0,
        iterations: int,
        tolerance: float = 0.0,
        threads: int = 1,
        labels: bool = False,
        progress: Progress | None = None,
    ) -> Found:
        """Plain Lloyd's algorithm from these centres, by default on the points themselves; none: an assignment."""
        step = Step(Step.LLOYD, self.finest if bits is None else bits, iterations, 0, tolerance, 1.0, 0.0)
        return self.search([step], centers, classes, fixed=fixed, threads=threads, labels=labels, progress=progress)

    def nearest(
        self, entries: NDArray[np.uint8], scale: int, threads: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], float]:
        """The nearest of (k, 3) entries, k 1..256, ties to the lower, for each point of 3 coordinates.

        The points are levels times `scale`, 1..64, and all of one class.

        Returns:
            labels (n,); the weight (k,) of each entry's points; the sum of weighted squared distances, in grid units.

        """
        entries = _array(entries, np.uint8, (None, 3), "entries")
        k = len(entries)
        if self.dimensions != 3 or len(self.present) != 1 or not 1 <= k <= 256 or not 1 <= scale <= 64:
            raise ValueError(f"1 to 256 entries times 1 to 64 are for points of 3 coordinates, not {k} times {scale}")
        labels, weights, error = np.empty(self.count, np.uint8), np.empty(k, np.int64), ctypes.c_double()
        into = _pointer(labels), _pointer(weights), ctypes.byref(error)
        _check(_points_nearest(self._handle, _pointer(entries), k, scale, threads, *into))
        return labels, weights, error.value


def morton_keys(coordinates: NDArray[np.int16], count: int) -> NDArray[np.uint32]:
    """Morton codes of the first `count` points of coordinates (d, n) int16, values 0..16383."""
    coordinates = _point_array(coordinates, count)
    dimensions, stride = coordinates.shape
    keys = np.empty(count, np.uint32)
    _morton(_pointer(coordinates), stride, count, dimensions, _pointer(keys))
    return keys


def morton_order(coordinates: NDArray[np.int16], first: int, end: int) -> NDArray[np.uint32]:
    """The order of the points first .. end of coordinates (d, n) int16 that sorts their Morton codes; stable."""
    coordinates = _point_array(coordinates, end)
    if not 0 <= first <= end:
        raise ValueError(f"the points must be from 0 to {end}, not from {first}")
    dimensions, stride = coordinates.shape
    order = np.empty(2 * (end - first), np.uint32)
    _morton_order(_pointer(coordinates), stride, first, end, dimensions, _pointer(order))
    order.resize(end - first, refcheck=False)
    return order


def _point_array(coordinates: Any, count: int) -> NDArray[np.int16]:
    array = _array(coordinates, np.int16, (None, None), "coordinates")
    if len(array) not in (3, 4) or not 0 <= count <= min(array.shape[1], 1 << 31):
        raise ValueError(f"points must be {count} or more of 3 or 4 coordinates, not {array.shape}")
    return array


_ssimulacra2_cache_size = _declare("hp_ssimulacra2_cache_size", _I, _I, result=ctypes.c_int64)
_ssimulacra2_cache = _declare("hp_ssimulacra2_cache", _P, _I, _I, _I, _I, _I, _P)
_ssimulacra2 = _declare("hp_ssimulacra2", _P, _I, _P, _P, _I, _P, _I, _I, _I, _I, _P, _P)


def _pixels(value: Any, name: str) -> NDArray[np.uint8]:
    """The value as contiguous pixels (H, W, 3|4) of uint8, at least 8x8, below 2^31 pixels."""
    pixels = _array(value, np.uint8, (None, None, None), name)
    height, width, channels = pixels.shape
    if channels not in (3, 4):
        raise ValueError(f"{name} must have 3 or 4 channels, not {channels}")
    if min(height, width) < 8 or height * width >= 2**31:
        raise ValueError(f"{name} must be at least 8x8 and below 2^31 pixels, not {width}x{height}")
    return pixels


def _whole_palette(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The entries (256, 4) that indices of 8 bits may name."""
    entries = _array(palette, np.uint8, (None, 4), "palette")
    if len(entries) > 256:
        raise ValueError(f"a palette has at most 256 entries, not {len(entries)}")
    whole = np.zeros((256, 4), np.uint8)
    whole[: len(entries)] = entries
    return whole


def _check_grey(grey: int) -> int:
    if not 0 <= grey <= 255:
        raise ValueError(f"grey must be between 0 and 255, not {grey}")
    return int(grey)


def ssimulacra2_cache(original: NDArray[np.uint8], *, grey: int, threads: int | None = None) -> NDArray[np.float32]:
    """An original (H, W, 3|4) over a grey level in XYB, at all scales: about 17 bytes a pixel."""
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
    palette: NDArray[np.uint8] | None = None,
    cache: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """The averages that SSIMULACRA2 weighs: (scales, 3 channels, 3 maps, 2 norms), with up to 6 scales.

    With a `palette` (k, 4), the result are indices (H, W) into it. `cache` is the original's from `ssimulacra2_cache`
    with the same grey level; without it a call takes about 8 bytes a pixel and a third more time.
    """
    before, channels = _pixels(original, "original"), 1
    height, width, _ = before.shape
    if palette is None:
        after = _pixels(result, "result")
        channels = after.shape[2]
    else:
        after, palette = _array(result, np.uint8, (None, None), "result"), _whole_palette(palette)
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
            channels,
            None if palette is None else _pointer(palette),
            _check_grey(grey),
            width,
            height,
            check_threads(threads),
            _pointer(scales),
            _pointer(averages),
        )
    )
    return averages[: scales[0]]


# --- dither -----------------------------------------------------------------------------------------------------------

_dither = _declare("hp_dither", _P, _I, _I, _I, _P, _I, _P, ctypes.c_float, _P)


def dither(
    features: NDArray[np.float32],
    palette: NDArray[np.float32],
    exact: NDArray[np.bool_],
    indices: NDArray[np.uint8],
    strength: float,
) -> NDArray[np.uint8]:
    """Indices (H, W) by error diffusion of features (H, W, d) to entries (k, d); those that are exact stay."""
    features = _array(features, np.float32, (None, None, None), "features")
    height, width, dimensions = features.shape
    palette = _array(palette, np.float32, (None, dimensions), "palette")
    exact = _array(exact, np.bool_, (height, width), "exact")
    result = _array(indices, np.uint8, (height, width), "indices").copy()
    if dimensions not in (3, 4) or not 1 <= len(palette) <= 256 or not 0 <= strength <= 1:
        raise ValueError(f"there are {dimensions} dimensions, {len(palette)} entries, and strength is {strength}")
    entries = _padded_entries(palette)
    _check(
        _dither(
            _pointer(features), dimensions, height, width, _pointer(entries), len(palette), _pointer(exact), strength,
            _pointer(result),
        )
    )  # fmt: skip
    return result


def _padded_entries(palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """(d, PALETTE_ROOM): the (k, d) entries, then ones far from every colour."""
    entries = np.full((palette.shape[1], PALETTE_ROOM), APART, np.float32)
    entries[:, : len(palette)] = palette.T
    return entries


# --- rate-distortion optimised mapping ------------------------------------------------------------------------------

GAUSSIAN_TAPS: Final = 13
PALETTE_ROOM: Final = 272
WINDOW: Final = 32768
LITERAL_STATISTICS, LENGTH_STATISTICS, DISTANCE_STATISTICS = slice(0, 256), slice(256, 285), slice(285, 315)
APART: Final = 1e15  # from every colour, in the kernel's features
_NEVER: Final = 1e9  # bits


class _Lossy(ctypes.Structure):
    _fields_ = (
        *((name, _I) for name in ("width", "height", "dimensions", "color_count", "bands", "lookups", "opaque")),
        *((name, _P) for name in ("features", "weights", "nearest", "palette")),
        *((name, _P) for name in ("literal_bits", "length_bits", "distance_bits")),
        *((name, ctypes.c_float) for name in ("scale", "down", "right")),
        ("result", _P),
    )


_activity = _declare("hp_activity", _P, _I, _I, _I, _P, _I, _P)
_lossy = _declare("hp_lossy", ctypes.POINTER(_Lossy), _I)
_parse = _declare("hp_parse", _P, _I, _I, _I, _I, _P)


def activity(coordinates: NDArray[np.int16], taps: NDArray[np.float64], threads: int) -> NDArray[np.float32]:
    """(H, W) local standard deviation of (d, H, W) coordinates under a Gaussian window of GAUSSIAN_TAPS a side."""
    coordinates = _array(coordinates, np.int16, (None, None, None), "coordinates")
    taps = _array(taps, np.float64, (GAUSSIAN_TAPS,), "taps")
    deviation = np.empty(coordinates.shape[1:], np.float32)
    if deviation.size:
        _check(_activity(_pointer(coordinates), *coordinates.shape, _pointer(taps), threads, _pointer(deviation)))
    return deviation


def map_lossy(
    features: NDArray[np.int16],
    weights: NDArray[np.float32],
    nearest: NDArray[np.uint8],
    palette: NDArray[np.float32],
    literal_bits: NDArray[np.float32],
    length_bits: NDArray[np.float32],
    distance_bits: NDArray[np.float32],
    *,
    scale: float,
    down: float = 0.0,
    right: float = 0.0,
    bands: int = 1,
    lookups: int = 4,
    opaque: int = -1,
    threads: int = 1,
) -> NDArray[np.uint8]:
    """Indices (H, W).

    features: (d, H, W), d 3 or 4. weights, nearest: (H, W). palette: (k, d). literal_bits: (k,).
    length_bits: (259,). distance_bits: (32769,). scale, down, right, bands, lookups, opaque: see the kernel.
    """
    features = _array(features, np.int16, (None, None, None), "features")
    dimensions, height, width = features.shape
    weights = _array(weights, np.float32, (height, width), "weights")
    nearest = _array(nearest, np.uint8, (height, width), "nearest entries")
    palette = _array(palette, np.float32, (None, dimensions), "palette")
    count = len(palette)
    if dimensions not in (3, 4) or not 1 <= count <= 256 or not 1 <= bands <= max(1, height) or lookups < 0:
        raise ValueError(f"there are {dimensions} dimensions, {count} entries and {bands} bands of {height} rows")
    if nearest.size and (nearest.max() >= count or not 0 <= weights.min() <= weights.max() < np.inf):
        raise ValueError(f"nearest entries must be below {count}, and weights finite and at least 0")
    if not (down >= 0 and right >= 0 and down + right <= 1):
        raise ValueError(f"shares of errors must be at least 0 and at most 1 in sum, not {down} and {right}")
    entries = _padded_entries(palette)
    literals = np.full(PALETTE_ROOM, _NEVER, np.float32)
    literals[:count] = _array(literal_bits, np.float32, (count,), "literal bits")
    lengths = _array(length_bits, np.float32, (259,), "length bits")
    distances = _array(distance_bits, np.float32, (WINDOW + 1,), "distance bits")
    result = np.empty((height, width), np.uint8)
    if not result.size:
        return result
    job = _Lossy(
        width, height, dimensions, count, bands, lookups, opaque,
        _pointer(features), _pointer(weights), _pointer(nearest), _pointer(entries),
        _pointer(literals), _pointer(lengths), _pointer(distances), scale, down, right,
        _pointer(result),
    )  # fmt: skip
    _check(_lossy(ctypes.byref(job), threads))
    return result


def parse(indices: NDArray[np.uint8], bands: int, threads: int) -> NDArray[np.int64]:
    """Literals of each entry and copies of each length and distance code that deflate takes for indices (H, W)."""
    indices = _array(indices, np.uint8, (None, None), "indices")
    if not 1 <= bands <= max(1, len(indices)):
        raise ValueError(f"there are {bands} bands of {len(indices)} rows")
    statistics = np.zeros(DISTANCE_STATISTICS.stop, np.int64)
    if indices.size:
        _check(_parse(_pointer(indices), *indices.shape, bands, threads, _pointer(statistics)))
    return statistics


# --- PNG --------------------------------------------------------------------------------------------------------

_join_deflate = _declare("hp_join_deflate", _P, _P, _I32, _I32, _P, ctypes.POINTER(ctypes.c_int64))


def join_deflate(streams: Sequence[bytes | bytearray], threads: int = 1) -> bytes:
    """Raw deflate streams as one that unpacks to all their data; ValueError if one is damaged."""
    views = [np.frombuffer(stream, np.uint8) for stream in streams]
    sizes = np.array([len(view) for view in views], np.int64)
    addresses = np.array([_pointer(view) for view in views], np.uintp)
    joined = np.empty(int(sizes.sum()) * 5 // 4 + 16, np.uint8)
    size = ctypes.c_int64()
    ends = threads, _pointer(joined), ctypes.byref(size)
    _check(_join_deflate(_pointer(addresses), _pointer(sizes), len(views), *ends))
    if not views or size.value < 0:
        raise ValueError("a deflate stream is damaged")
    return joined[: size.value].tobytes()


# --- GIF --------------------------------------------------------------------------------------------------------------


class _Lzw(ctypes.Structure):
    _fields_ = (
        *((name, _I) for name in ("width", "height", "dimensions", "color_count", "code_size", "transparent")),
        *((name, _P) for name in ("indices", "states", "before", "features", "weights", "palette")),
        *((name, ctypes.c_float) for name in ("scale", "down")),
        *((name, _P) for name in ("result", "codes", "size")),
    )


FREE, KEPT, FIXED = range(3)
_lzw = _declare("hp_lzw", ctypes.POINTER(_Lzw))


class Lossy(NamedTuple):
    """What `lzw` needs to choose other entries than the nearest: see the kernel.

    features: (d, H, W), d 3 or 4. weights: (H, W). palette: (k, d). before: (H, W).
    """

    features: NDArray[np.int16]
    weights: NDArray[np.float32]
    palette: NDArray[np.float32]
    before: NDArray[np.uint8]
    scale: float
    down: float


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
    indices = _array(indices, np.uint8, (None, None), "indices")
    shape = indices.shape
    states = None if states is None else _array(states, np.uint8, shape, "states")
    if not 2 <= code_size <= 8 or not -1 <= transparent < 1 << code_size or not indices.size:
        raise ValueError(f"the code size is {code_size}, the transparent entry {transparent}, the shape {shape}")
    if indices.max() >> code_size:
        raise ValueError(f"indices must be below {1 << code_size}")
    result, codes = np.empty(shape, np.uint8), np.empty(2 * indices.size + 64, np.uint8)
    size = np.zeros(1, np.int64)
    job = _Lzw(shape[1], shape[0], 0, 0, code_size, transparent)
    held = _fill_lossy(job, lossy, shape) if lossy else ()
    job.indices, job.states = _pointer(indices), None if states is None else _pointer(states)
    job.result, job.codes, job.size = _pointer(result), _pointer(codes), _pointer(size)
    _check(_lzw(ctypes.byref(job)))
    del held
    return result, codes[: size[0]].tobytes()


def _fill_lossy(job: _Lzw, lossy: Lossy, shape: tuple[int, int]) -> tuple[NDArray[Any], ...]:
    """Put the arrays into the job; they are returned to be held until it is done."""
    features = _array(lossy.features, np.int16, (None, *shape), "features")
    weights = _array(lossy.weights, np.float32, shape, "weights")
    palette = _array(lossy.palette, np.float32, (None, len(features)), "palette")
    before = _array(lossy.before, np.uint8, shape, "entries before")
    if len(features) not in (3, 4) or not 1 <= len(palette) <= 1 << job.code_size or before.max() >= len(palette):
        raise ValueError(f"there are {len(features)} dimensions and {len(palette)} entries")
    if job.transparent >= len(palette) or not 0 <= weights.min() <= weights.max() < np.inf:
        raise ValueError("the transparent entry must be one, and weights finite and at least 0")
    entries = _padded_entries(palette)
    job.dimensions, job.color_count = len(features), len(palette)
    job.features, job.weights, job.palette = _pointer(features), _pointer(weights), _pointer(entries)
    job.before, job.scale, job.down = _pointer(before), lossy.scale, lossy.down
    return features, weights, entries, before
