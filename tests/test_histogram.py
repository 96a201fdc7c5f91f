import numpy as np
import pytest

from huepress import Histogram, _native, histogram, learn_palette
from huepress import weights as weights_module
from samples import blobs, noise


def table(h):
    return {tuple(c): int(n) for c, n in zip(h.colors, h.counts, strict=True)}


def counted(pixels):
    """The oracle: NumPy's unique rows."""
    flat = pixels.reshape(-1, pixels.shape[-1])
    if flat.shape[1] == 4:
        flat = flat[:, : 3 if (flat[:, 3] == 255).all() else 4]
    colors, counts = np.unique(flat, axis=0, return_counts=True)
    return {tuple(c): int(n) for c, n in zip(colors, counts, strict=True)}


PICTURES = {
    "photograph": blobs(300, 400),
    "alpha": blobs(alpha=True),
    "noise": noise(),
    "noise with alpha": noise(channels=4, levels=3) * 85,
    "one pixel": noise(1, 1),
    "one colour": np.full((70, 9, 3), 7, np.uint8),
    "one row": noise(1, 300),
    "more than a byte of each": noise(300, 300, levels=5),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_counts_equal_unique_rows(name, threads):
    h = Histogram.of_pixels(PICTURES[name], threads=threads)
    assert table(h) == counted(PICTURES[name])
    assert (np.diff(h.keys.astype(np.int64)) > 0).all()
    assert h.pixels == PICTURES[name].shape[0] * PICTURES[name].shape[1]


def large(kind):
    """More pixels than are counted at a time, or by one thread."""
    rng = np.random.default_rng(5)
    pixels = np.repeat(rng.integers(0, 256, (1500, 375, 4)), 4, axis=1).astype(np.uint8)  # runs, as in drawings
    pixels[::2] = rng.integers(0, 256, (750, 1500, 4)) // 3
    pixels[:200] = pixels[200, 0]
    pixels[..., 3] = 255 if kind == "opaque" else rng.choice([0, 1, 255], (1500, 1500))
    return pixels if kind == "alpha" else np.ascontiguousarray(pixels[..., :3])


def counted_by_any_threads(pixels, level):
    """The histogram, which is the same for any number of threads."""
    _native.use_simd_level(level)
    try:
        found = [Histogram.of_pixels(pixels, threads=threads) for threads in (1, 2, 3, 8)]
    finally:
        _native.use_simd_level(_native.supported_simd_levels()[-1])
    assert all(one == found[0] for one in found)
    return found[0]


@pytest.mark.parametrize("kind", ["opaque", "alpha"])
@pytest.mark.parametrize("level", _native.supported_simd_levels())
def test_large_pictures_count_alike_with_any_threads_and_level(kind, level):
    pixels = large(kind)
    packed = np.pad(pixels, ((0, 0), (0, 0), (0, 4 - pixels.shape[2])), constant_values=255)
    colors, counts = np.unique(packed.view(np.uint32), return_counts=True)
    found = counted_by_any_threads(pixels, level)
    rgba = np.pad(found.colors, ((0, 0), (0, 4 - found.colors.shape[1])), constant_values=255)
    order = np.argsort(rgba.view(np.uint32)[:, 0])
    assert np.array_equal(rgba.view(np.uint32)[order, 0], colors)
    assert np.array_equal(found.counts[order], counts)


@pytest.mark.parametrize("level", _native.supported_simd_levels())
def test_threads_that_count_other_colours_than_each_other_take_over_their_own(level):
    rng = np.random.default_rng(6)
    pixels = rng.integers(0, 40, (2900, 2900, 3)).astype(np.uint8) * 5
    for part, first in enumerate(range(0, 2900, 725)):  # with a cube of 64^3 colours in each, and some of all
        pixels[first : first + 700, :, :2] %= 64
        pixels[first : first + 700, :, 0] += 64 * part
    packed = pixels[..., 0].astype(np.int32) << 16 | pixels[..., 1].astype(np.int32) << 8 | pixels[..., 2]
    expected = np.bincount(packed.reshape(-1), minlength=1 << 24)
    found = counted_by_any_threads(pixels, level)
    colors = found.colors.astype(np.int64) @ [1 << 16, 1 << 8, 1]
    assert np.array_equal(expected[colors], found.counts)
    assert np.count_nonzero(expected) == len(found)


@pytest.mark.parametrize("alpha", [False, True])
def test_parts_add_up(alpha):
    pixels = blobs(alpha=alpha)
    parts = [Histogram.of_pixels(part) for part in np.array_split(pixels, 5)]
    whole = Histogram.of_pixels(pixels)
    assert sum(parts[1:], parts[0]) == whole
    assert sum(reversed(parts)) == whole


@pytest.mark.parametrize("start", [1, 0.0, None, np.zeros(2)])
def test_nothing_but_histograms_and_the_start_of_a_sum_is_added(start):
    with pytest.raises(TypeError, match="unsupported operand"):
        start + Histogram.of_pixels(blobs())


def test_rows_in_any_order_and_chunks_of_any_size_count_alike(monkeypatch):
    pixels = blobs()
    whole = Histogram.of_pixels(pixels)
    assert Histogram.of_pixels(np.random.default_rng(1).permutation(pixels)) == whole
    monkeypatch.setattr(histogram, "_CHUNK_PIXELS", 1000)
    assert Histogram.of_pixels(pixels) == whole


def test_an_opaque_and_a_translucent_histogram_add():
    a, b = blobs(), blobs(alpha=True)
    both = table(Histogram.of_pixels(a) + Histogram.of_pixels(b))
    for color, count in table(Histogram.of_pixels(a)).items():
        assert both[(*color, 255)] >= count


def test_weights_sum_up_per_colour(monkeypatch):
    monkeypatch.setattr(weights_module, "_WEIGHED_PIXELS", 999)
    pixels = noise(levels=3)
    weights = np.random.default_rng(2).random(pixels.shape[:2])
    h = Histogram.of_pixels(pixels, weights=weights)
    for color, weight in zip(h.colors, h.weights, strict=True):
        assert weight == pytest.approx(weights[(pixels == color).all(-1)].sum(), rel=1e-6)


def test_weighted_parts_add_up_exactly_in_any_order():
    pixels = noise(levels=3)
    weights = np.random.default_rng(2).random(pixels.shape[:2])
    whole = Histogram.of_pixels(pixels, weights=weights)
    rows = list(zip(np.array_split(pixels, 4), np.array_split(weights, 4), strict=True))
    parts = [Histogram.of_pixels(p, weights=w) for p, w in rows]
    assert parts[2] + parts[0] + parts[3] + parts[1] == parts[0] + parts[1] + parts[2] + parts[3]
    assert np.allclose((parts[0] + parts[1] + parts[2] + parts[3]).weights, whole.weights)


def test_counts_beyond_32_bits_add_up():
    colors = np.array([[1, 2, 3], [9, 8, 7]], np.uint8)
    h = Histogram(colors, [1 << 31, 5])
    h = h + h + Histogram(colors[1:], [1])
    assert table(h) == {(1, 2, 3): 1 << 32, (9, 8, 7): 11}
    assert h.pixels == (1 << 32) + 11
    assert h.counts.dtype == np.int64


def test_counts_as_weights_are_the_counts_though_one_colour_has_most_pixels():
    colors = np.unique(noise().reshape(-1, 3), axis=0)
    counts = np.random.default_rng(0).integers(1, 9, len(colors))
    counts[7] = 99_000_000  # as the background of a large drawing
    assert Histogram(colors, counts, counts) == Histogram(colors, counts)
    shares = Histogram(colors, counts, counts / counts.sum())
    np.testing.assert_allclose(shares.weights * counts.sum(), shares.counts, rtol=0.02)


def test_no_colours_are_a_histogram_too():
    empty = Histogram(np.zeros((0, 3), np.uint8), np.zeros(0, np.int64), weights=[])
    assert (len(empty), empty.pixels, empty.weights.tolist()) == (0, 0, [])
    h = Histogram(np.array([[9, 8, 7]], np.uint8), [2])
    assert empty + h == h + empty == h


def test_made_from_colours_and_counts():
    h = Histogram(np.array([[9, 8, 7], [1, 2, 3], [9, 8, 7]], np.uint8), [1, 5, 2])
    assert table(h) == {(1, 2, 3): 5, (9, 8, 7): 3}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.full((40, 50), np.nan), "nan"),
        (np.full((40, 50), np.inf), "inf"),
        (np.full((40, 50), -1.0), r"-1\.0"),
        (np.ones((50, 40)), r"\(40, 50\)"),
        (np.zeros((40, 50)), "all be 0"),
    ],
)
def test_bad_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        Histogram.of_pixels(noise(), weights=weights)


@pytest.mark.parametrize(
    ("colors", "counts"),
    [([[1, 2, 3]], [1]), (np.zeros((2, 3), np.uint8), [1]), (np.zeros((1, 3), np.uint8), [-1])],
)
def test_bad_tables_are_refused(colors, counts):
    with pytest.raises(ValueError, match="must be"):
        Histogram(colors, counts)


@pytest.mark.parametrize("largest", [1e8, 1e200])
def test_a_small_weight_is_not_none(largest):
    pixels, weights = np.arange(12, dtype=np.uint8).reshape(1, 4, 3) * 20, np.array([[largest, 1, 1, 0]])
    assert (Histogram.of_pixels(pixels, weights=weights).weights > 0).tolist() == [True, True, True, False]
    assert len(learn_palette(Histogram.of(pixels, weights=weights), 3)) == 3


def test_weights_of_infinite_sum_are_named():
    pixels = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    with pytest.raises(ValueError, match=r"sum is finite, not 1e\+308"):
        Histogram.of_pixels(pixels, weights=np.where(np.eye(2, 5), 0, 1e308))
    assert Histogram.of_pixels(pixels, weights=np.full((2, 5), 1e300)).weights.sum() == pytest.approx(1e301)


def test_a_sum_of_histograms_whose_weights_are_infinite_together_is_named():
    pixels = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    histogram = Histogram.of_pixels(pixels, weights=np.full((2, 5), 1.5e307))
    with pytest.raises(ValueError, match="sum is finite"):
        histogram + histogram


def test_counts_beyond_what_is_counted_are_named():
    with pytest.raises(ValueError, match=r"less than 2\^62 together, not 9.22e\+18"):
        Histogram(np.eye(2, 3, dtype=np.uint8), [1 << 62, 1 << 62])
