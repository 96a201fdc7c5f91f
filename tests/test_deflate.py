"""Streams of deflate: zlib and libdeflate unpack them, and pack the same for comparison."""

import io
import zlib

import deflate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from huepress import _native
from huepress.encode import Draft
from huepress.formats import packing
from huepress.formats.packing import BEST_LEVEL, FAST_LEVEL
from huepress.indexed import IndexedPicture
from huepress.palette import Palette


def data_of(rng, size):
    """Noise, few values, one value, runs, or rows that are nearly alike: blocks of all kinds."""
    kind = rng.integers(5)
    if kind == 4:
        rows = np.tile(rng.geometric(0.2, 97), size // 97 + 1)[:size]
        return np.where(rng.random(size) < 0.1, rng.integers(0, 256, size), rows).astype(np.uint8)
    if kind == 3:
        return np.repeat(rng.integers(0, 256, size // 7 + 1), 7)[:size].astype(np.uint8)
    return rng.integers(0, (256, 3, 1)[kind], size).astype(np.uint8)


def unpacked(stream, size):
    """By zlib, which must find the end where the stream ends, and by libdeflate."""
    unpacker = zlib.decompressobj(-15)
    data = unpacker.decompress(stream)
    assert unpacker.eof
    assert not unpacker.unused_data
    assert deflate.deflate_decompress(stream, max(1, size)) == data
    return data


def smallest_of_others(data):
    strategies = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_RLE)
    packers = [zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy) for strategy in strategies]
    return min(len(deflate.deflate_compress(data, 12)), *(len(one.compress(data) + one.flush()) for one in packers))


def some_data(rng, count):
    sizes = (0, 1, 2, 3, 4, 257, 258, 259, 260, 700, 3000, 66_000)
    return np.concatenate([data_of(rng, int(rng.choice(sizes))) for _ in range(count)])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_a_stream_unpacks_to_what_was_packed(seed, count):
    data = some_data(np.random.default_rng(seed), count)
    streams = [_native.deflated(data, effort=effort) for effort in range(_native.MOST_EFFORT + 1)]
    assert all(unpacked(stream, len(data)) == data.tobytes() for stream in streams)
    least = smallest_of_others(data.tobytes())
    assert len(streams[0]) <= 1.1 * least + 10
    assert len(streams[-1]) <= 1.05 * least + 10  # noise of three values is packed worst


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_patterns_of_lengths_at_which_copies_end_unpack_to_what_was_packed(seed):
    """Patterns of any period, and copies of what was there, as long as copies may be or reach, or nearly so."""
    rng = np.random.default_rng(seed)
    data = np.zeros(0, np.uint8)
    for _ in range(rng.integers(1, 6)):
        pattern = rng.integers(0, rng.choice([1, 2, 5, 256]), rng.choice([1, 2, rng.integers(1, 301)]), np.uint8)
        size = int(rng.choice([1, 2, 3, 257, 258, 259, 516, 32_767, 32_768, 32_769]))
        start = int(rng.integers(0, len(data) + 1))
        part = data[start : start + size] if rng.integers(4) == 0 else np.resize(pattern, size)
        data = np.concatenate([data, part])
    stream = _native.deflated(data)
    assert unpacked(stream, len(data)) == data.tobytes()
    assert len(stream) <= 1.05 * smallest_of_others(data.tobytes()) + 40  # of a hundred bytes, in which headers weigh


def test_streams_take_less_than_those_of_others():
    rng = np.random.default_rng(4)
    samples = [some_data(rng, 1) for _ in range(60)]
    ratios = [len(_native.deflated(data)) / smallest_of_others(data.tobytes()) for data in samples]
    assert np.exp(np.log(ratios).mean()) < 1


@pytest.mark.parametrize("distance", [1, 2, 32_767, 32_768, 32_769, 40_000])
def test_copies_reach_as_far_as_the_window_and_no_further(distance):
    part = np.random.default_rng(5).integers(0, 256, distance, np.uint8)
    data = np.tile(part, 90_000 // distance + 1)
    stream = _native.deflated(data)
    assert unpacked(stream, len(data)) == data.tobytes()
    assert (len(stream) < 1.2 * distance + 300) == (distance < 32_768)


@pytest.mark.parametrize("size", [65_535, 65_536, 200_000])
def test_noise_is_stored(size):
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    stream = _native.deflated(data)
    assert unpacked(stream, size) == data.tobytes()
    assert len(stream) <= size + 5 * -(-size // 65_535)


def test_sections_copy_from_those_before_them():
    part = np.random.default_rng(6).integers(0, 256, 30_000, np.uint8)
    data = np.tile(part, 60)
    stream = _native.deflated(data, 2)
    assert unpacked(stream, len(data)) == data.tobytes()
    assert len(stream) < 30_000 + 60 * 400


def test_rows_of_a_picture_take_less_than_libdeflate_makes_of_them():
    x, y = np.meshgrid(np.arange(700), np.arange(500))
    text = (np.random.default_rng(3).random((10, 700)) < 0.3)[(y // 3) % 10, x] * 60
    rows = ((x // 40 + y // 30) % 7 * 9 + text * (y % 90 < 30)).astype(np.uint8)
    least = len(deflate.deflate_compress(rows.tobytes(), 12))
    assert len(_native.deflated(rows.reshape(-1))) < 0.99 * least


def test_threads_and_simd_levels_change_no_bit():
    data = data_of(np.random.default_rng(1), 1_100_000)  # two sections
    data[:400_000] = np.repeat(data[:40_000], 10)
    streams = set()
    try:
        for level in _native.supported_simd_levels():
            _native.use_simd_level(level)
            streams |= {_native.deflated(data, threads) for threads in (1, 2, 8)}
    finally:
        _native.use_simd_level(_native.supported_simd_levels()[-1])
    assert len(streams) == 1


def test_bytes_are_checked():
    with pytest.raises(TypeError, match="bytes must be an array of uint8, not int64"):
        _native.deflated(np.zeros(3, np.int64))
    with pytest.raises(ValueError, match="bytes must have shape"):
        _native.deflated(np.zeros((3, 3), np.uint8))
    with pytest.raises(ValueError, match="effort must be 0 to 2, not 3"):
        _native.deflated(np.zeros(3, np.uint8), effort=3)


@pytest.mark.parametrize("level", [1, 6, 9, FAST_LEVEL, 11, BEST_LEVEL])
def test_a_higher_level_takes_no_more_bytes(level):
    rows = np.random.default_rng(9).geometric(0.1, (300, 1000)).astype(np.uint8)
    stream = packing.packed(rows, level, 2)
    assert zlib.decompress(stream) == rows.tobytes()
    assert len(stream) <= 1.001 * len(packing.packed(rows, max(1, level - 1), 2))


@pytest.mark.parametrize("level", [FAST_LEVEL, BEST_LEVEL])
@pytest.mark.parametrize(("height", "width"), [(1024, 1024), (3, 400_000), (1700, 1200)])
def test_a_large_picture_is_the_same_for_any_number_of_threads(height, width, level):
    rng = np.random.default_rng(9)
    indices = np.repeat(rng.integers(0, 40, (height, width // 4 + 1), np.uint8), 4, axis=1)[:, :width]
    colors = rng.integers(0, 256, (40, 3), np.uint8)
    picture = IndexedPicture(Palette(colors), np.ascontiguousarray(indices), 0.0, float("nan"), 0)
    files = {Draft(picture, "png", level, threads).file() for threads in (1, 2, 8)}
    assert len(files) == 1
    with Image.open(io.BytesIO(files.pop())) as decoded:
        np.testing.assert_array_equal(decoded.convert("RGB"), colors[indices])
