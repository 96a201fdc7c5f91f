"""Deflate streams joined to one: the standard library's zlib packs some and unpacks all."""

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
    """Noise, few values, one value, or runs: blocks that are stored, fixed and dynamic."""
    kind = rng.integers(4)
    if kind == 3:
        return np.repeat(rng.integers(0, 256, size // 7 + 1), 7)[:size].astype(np.uint8).tobytes()
    return rng.integers(0, (256, 3, 1)[kind], size).astype(np.uint8).tobytes()


def packed_by_zlib(data, level, strategy):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return packer.compress(data) + packer.flush()


def packed(rng, data):
    if rng.integers(2):
        return deflate.deflate_compress(data, int(rng.integers(1, 13)))
    return packed_by_zlib(data, int(rng.integers(0, 10)), int(rng.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED])))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 3))
def test_joined_streams_unpack_to_all_their_data(seed, count, threads):
    rng = np.random.default_rng(seed)
    parts = [data_of(rng, int(rng.choice([0, 1, 5, 300, 70_000]))) for _ in range(count)]
    joined = _native.join_deflate([packed(rng, part) for part in parts], threads)
    unpacker = zlib.decompressobj(-15)
    assert unpacker.decompress(joined) == b"".join(parts)
    assert unpacker.eof
    assert not unpacker.unused_data


def test_many_stored_blocks_after_an_odd_number_of_bits_have_room():
    stored = b"\0\0\0\xff\xff" * 5000 + b"\1\0\0\xff\xff"
    odd = packed_by_zlib(b"a", 9, zlib.Z_FIXED)
    joined = _native.join_deflate([odd, stored, odd, stored])
    assert zlib.decompress(joined, -15) == b"aa"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_damaged_stream_is_refused_or_joined_but_never_read_beyond(seed):
    rng = np.random.default_rng(seed)
    stream = bytearray(packed(rng, data_of(rng, 300)))
    for _ in range(rng.integers(1, 4)):
        stream[rng.integers(len(stream))] = rng.integers(256)
    stream = bytes(stream[: rng.integers(len(stream) + 1)])
    try:
        joined = _native.join_deflate([stream, stream])
    except ValueError as error:
        assert str(error) == "a deflate stream is damaged"  # noqa: PT017 - both ends are right
    else:
        assert len(joined) <= 2 * len(stream) * 5 // 4 + 16


@pytest.mark.parametrize(
    "streams",
    [[], [b""], [b"\x07"], [b"\x03"], [packed_by_zlib(b"some text", 9, zlib.Z_FIXED)[:-1]], [b"\3\0", b"\5\0\0"]],
)
def test_streams_that_end_early_or_are_none_are_refused(streams):
    with pytest.raises(ValueError, match="a deflate stream is damaged"):
        _native.join_deflate(streams)


def test_parts_are_packed_as_hard_as_the_whole():
    rows = np.random.default_rng(9).geometric(0.1, (1000, 1000)).astype(np.uint8)
    stream = packing.packed(rows, FAST_LEVEL, 2)
    assert zlib.decompress(stream) == rows.tobytes()
    assert len(stream) < 1.001 * len(deflate.zlib_compress(rows, FAST_LEVEL))


@pytest.mark.parametrize("level", [FAST_LEVEL, BEST_LEVEL])
@pytest.mark.parametrize(("height", "width"), [(1024, 1024), (3, 700_000), (2050, 1300)])
def test_a_large_picture_that_is_packed_in_parts_is_the_same_for_any_number_of_threads(height, width, level):
    rng = np.random.default_rng(9)
    indices = np.repeat(rng.integers(0, 40, (height, width // 4 + 1), np.uint8), 4, axis=1)[:, :width]
    colors = rng.integers(0, 256, (40, 3), np.uint8)
    picture = IndexedPicture(Palette(colors), np.ascontiguousarray(indices), 0.0, float("nan"), 0)
    files = {Draft(picture, "png", level, threads).file() for threads in (1, 2, 8)}
    assert len(files) == 1
    with Image.open(io.BytesIO(files.pop())) as decoded:
        np.testing.assert_array_equal(decoded.convert("RGB"), colors[indices])
