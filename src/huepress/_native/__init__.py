"""The kernel, loaded with ctypes. The only package that knows pointers.

Each function here checks type, shape and range and hands contiguous arrays to the kernel, so that no caller can
crash the process. ctypes releases the interpreter lock during a call.
"""

from huepress._native.codes import FIXED, FREE, KEPT, Lossy, lzw
from huepress._native.coordinates import COORDINATE_LIMIT, LANES, LEVEL_STEP, levels_under_alpha, sort_points
from huepress._native.deflate import MOST_EFFORT, deflated
from huepress._native.diffusion import dither
from huepress._native.indexed import label_counts, label_sums, square_error, take
from huepress._native.library import (
    SIMD_LEVELS,
    check_seed,
    check_threads,
    supported_simd_levels,
    usable_cpus,
    use_simd_level,
)
from huepress._native.line import MOST_PLACES, runs_of_least_error
from huepress._native.lossy import (
    APART,
    DISTANCE_STATISTICS,
    GAUSSIAN_TAPS,
    LENGTH_STATISTICS,
    LITERAL_STATISTICS,
    NEVER,
    WINDOW,
    activity,
    map_lossy,
    merge_entries,
    parse,
)
from huepress._native.mapping import find_colors, look_up, map_pixels, nearest_rgba
from huepress._native.pairs import different_pairs
from huepress._native.pixels import (
    OPAQUE_KEY,
    Counts,
    as_pixels,
    colors_of_keys,
    count_colors,
    keys_of_colors,
    merge_counts,
    sort_order,
)
from huepress._native.points import MAX_CLUSTERS, Found, Points, Step
from huepress._native.progress import Centers, Progress
from huepress._native.rows import (
    NUMBERS,
    bytes_of_numbers,
    keys_nearest,
    rows_distances,
    rows_distinct,
    rows_nearest,
    rows_sums,
)
from huepress._native.ssim import SSIM_WINDOW, ssim_sum
from huepress._native.ssimulacra2 import SSIMULACRA2_BAND, ssimulacra2_cache, ssimulacra2_sums

__all__ = [
    "APART",
    "COORDINATE_LIMIT",
    "DISTANCE_STATISTICS",
    "FIXED",
    "FREE",
    "GAUSSIAN_TAPS",
    "KEPT",
    "LANES",
    "LENGTH_STATISTICS",
    "LEVEL_STEP",
    "LITERAL_STATISTICS",
    "MAX_CLUSTERS",
    "MOST_EFFORT",
    "MOST_PLACES",
    "NEVER",
    "NUMBERS",
    "OPAQUE_KEY",
    "SIMD_LEVELS",
    "SSIMULACRA2_BAND",
    "SSIM_WINDOW",
    "WINDOW",
    "Centers",
    "Counts",
    "Found",
    "Lossy",
    "Points",
    "Progress",
    "Step",
    "activity",
    "as_pixels",
    "bytes_of_numbers",
    "check_seed",
    "check_threads",
    "colors_of_keys",
    "count_colors",
    "deflated",
    "different_pairs",
    "dither",
    "find_colors",
    "keys_nearest",
    "keys_of_colors",
    "label_counts",
    "label_sums",
    "levels_under_alpha",
    "look_up",
    "lzw",
    "map_lossy",
    "map_pixels",
    "merge_counts",
    "merge_entries",
    "nearest_rgba",
    "parse",
    "rows_distances",
    "rows_distinct",
    "rows_nearest",
    "rows_sums",
    "runs_of_least_error",
    "sort_order",
    "sort_points",
    "square_error",
    "ssim_sum",
    "ssimulacra2_cache",
    "ssimulacra2_sums",
    "supported_simd_levels",
    "take",
    "usable_cpus",
    "use_simd_level",
]
