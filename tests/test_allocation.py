"""The kernel where the memory runs out: each allocation of each function fails once.

A function then raises MemoryError or gives what it gives otherwise, and leaves nothing behind that spoils the next.
"""

import os
import shutil
import subprocess
import sys

import pytest

ALLOCATOR = """
#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<long> left{0};  // until one fails; 0: none does

static void *checked(void *memory) {
    if (memory) return memory;
    throw std::bad_alloc();
}
static bool fails() { return left > 0 && --left == 0; }

extern "C" void fail_after(long count) { left = count + 1; }
extern "C" long none_fails(void) { return left.exchange(0); }

void *operator new(std::size_t size) { return checked(fails() ? nullptr : std::malloc(size + !size)); }
void *operator new(std::size_t size, std::align_val_t unit) {
    void *memory = nullptr;
    if (fails() || posix_memalign(&memory, (std::size_t)unit, size)) return checked(nullptr);
    return memory;
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
"""

CALLS = """
import ctypes, itertools, os, pickle
import numpy as np
from huepress import _native
from huepress._native import Step

allocator = ctypes.CDLL(os.environ["LD_PRELOAD"])
allocator.none_fails.restype = ctypes.c_long
rng = np.random.default_rng(0)
rgb, rgba = (rng.integers(0, 256, (1 << 17, channels), np.uint8) for channels in (3, 4))  # enough for two threads
keys, rgba_keys = (_native.count_colors(pixels, 1)[0] for pixels in (rgb, rgba))
palette = rng.integers(0, 256, (20, 4), np.uint8)
floats = palette[:, :3].astype(np.float32)
indices = rng.integers(0, 20, len(rgb)).astype(np.uint8)
labels, rgba_labels = (np.resize(indices, len(listed)) for listed in (keys, rgba_keys))
pictures = rgb[:38400].reshape(160, 240, 3), rgb[-38400:].reshape(160, 240, 3)
shown = np.resize(indices, (160, 240))
features = np.ascontiguousarray(floats[shown].transpose(2, 0, 1)).astype(np.int16)
bits = [np.ones(size, np.float32) for size in (20, 259, _native.WINDOW + 1)]
rows = rng.random((1 << 15, 3))
coordinates = np.zeros((3, 9000 + _native.LANES), np.int16)
coordinates[:, :9000] = rng.integers(0, _native.COORDINATE_LIMIT, (3, 9000))
starts = np.array([0, 0, 0, 9000])
_native.sort_points(coordinates, starts)


def search():
    points = _native.Points(coordinates, np.ones(9000, np.uint32), starts)
    steps = [Step(Step.SPLIT, 12), Step(Step.SWAPS, 12, 8)]
    found = points.search(steps, np.zeros((0, 3)), np.zeros(0, np.uint8), k=9, threads=2)
    return points.lloyd(found.centers, found.classes, iterations=2, threads=2, labels=True)


CALLS = {
    "count": lambda: _native.count_colors(rgb, 2),
    "count with alpha": lambda: _native.count_colors(rgba, 2),
    "map": lambda: _native.map_pixels(rgb, keys, labels, 2),
    "map with alpha": lambda: _native.map_pixels(rgba, rgba_keys, rgba_labels, 2),
    "find": lambda: _native.find_colors(rgb, keys, 2),
    "nearest under alpha": lambda: _native.nearest_rgba(rgba_keys, palette, 2),
    "take": lambda: _native.take(palette, indices, None, 2),
    "square error": lambda: _native.square_error(rgb, indices, palette, 2, opaque=True),
    "square error under alpha": lambda: _native.square_error(rgba, indices, palette, 2, opaque=False),
    "bytes": lambda: _native.bytes_of_numbers(np.zeros(1 << 19, np.float32), 2),
    "rows": lambda: _native.rows_nearest(rows, rows[:3].copy(), 2),
    "distances of rows": lambda: _native.rows_distances(rows, rows[:3].copy(), 2),
    "distinct rows": lambda: _native.rows_distinct(rows),
    "search": search,
    "runs": lambda: _native.runs_of_least_error(np.arange(50), np.ones(50, np.uint32), 4),
    "ssim": lambda: _native.ssim_sum(*pictures, grey=26, threads=2),
    "cache": lambda: _native.ssimulacra2_cache(pictures[0], grey=26, threads=2).shape,  # its padding is anything
    "ssimulacra2": lambda: _native.ssimulacra2_sums(*pictures, greys=(26, 230), threads=2),
    "activity": lambda: _native.activity(features, np.full(_native.GAUSSIAN_TAPS, 1 / 13), 2),
    "lossy": lambda: _native.map_lossy(
        features, np.ones(shown.shape, np.float32), shown, floats, *bits, scale=1, bands=2, threads=2
    ),
    "parse": lambda: _native.parse(shown, 2, 2),
    "merge": lambda: _native.merge_entries(
        floats.astype(float), np.ones(20), np.ones(20), np.zeros(20, np.uint8),
        symbols=99, price=1e6, torn_bits=1, entry_bits=1, fixed=0,
    ),
    "deflate": lambda: _native.deflated(indices[:1000].reshape(-1), 2),
    "lzw": lambda: _native.lzw(shown, 5),
}

for name, call in CALLS.items():
    print(name, flush=True)
    expected = pickle.dumps(call())
    for count in itertools.count():
        allocator.fail_after(count)
        try:
            found = pickle.dumps(call())
        except MemoryError:
            found = expected
        if allocator.none_fails():
            break
        assert found == pickle.dumps(call()) == expected, (name, count)
    assert found == expected
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems replace an allocator in other ways")
def test_where_the_memory_runs_out_the_kernel_says_so_or_goes_on(tmp_path):
    compiler = shutil.which(os.environ.get("CXX") or "c++") or pytest.skip("needs a C++ compiler")
    (tmp_path / "allocator.cpp").write_text(ALLOCATOR)
    library = tmp_path / "allocator.so"
    built = [compiler, "-O1", "-std=c++17", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "allocator.cpp")]
    if subprocess.run(built, capture_output=True).returncode:
        pytest.skip(f"{compiler} builds no libraries")
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    done = subprocess.run([sys.executable, "-c", CALLS], env=environment, capture_output=True, text=True)
    assert (done.stdout.splitlines()[-1:], done.stderr) == (["done"], "")
