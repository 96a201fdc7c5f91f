import numpy as np
import pytest

import oracles
from huepress import Histogram, Palette, _native, learn_palette, mapping
from huepress.mapping import label_colors, map_picture, settle
from samples import blobs, noise

PICTURES = {
    "photograph": blobs(),
    "alpha": blobs(alpha=True),
    "translucent": noise(channels=4, levels=60) * 4 + np.array([0, 0, 0, 1], np.uint8),
    "noise": noise(),
    "noise with alpha": noise(channels=4, levels=6) * 51,
    "one pixel": noise(1, 1),
    "enough for two threads": noise(1, 500, seed=1)[0, noise(1100, 520, 1, levels=250)[..., 0] * 2],
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [1, 5, 16, 100, 256])
def test_every_pixel_gets_its_nearest_entry(name, k, recwarn):
    pixels = PICTURES[name]
    flat = pixels.reshape(-1, pixels.shape[-1])
    histogram = Histogram.of_pixels(pixels)
    palette, found = settle(histogram, learn_palette(histogram, k, effort="fast"))
    indices = map_picture(pixels, histogram, found.labels, 2)
    colors, inverse = oracles.distinct(flat)
    nearest, table = oracles.nearest(colors, palette.colors)
    expected = nearest[inverse]
    assert np.array_equal(indices.reshape(-1), expected)
    assert np.array_equal(np.bincount(expected, minlength=len(palette)), palette.counts)
    assert (np.diff(palette.counts) <= 0).all()
    assert found.error == pytest.approx(table[inverse, expected].sum(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("levels", [12, 256], ids=["few colours", "hardly a colour twice"])
def test_any_number_of_threads_maps_alike(channels, levels):
    pixels = noise(700, 300, channels, levels=levels)  # enough for two threads
    if channels == 4:
        pixels[:650, :, 3] = 255
    histogram = Histogram.of_pixels(pixels)
    labels = np.random.default_rng(0).integers(0, 256, len(histogram), np.uint8)
    colors, inverse = oracles.distinct(pixels.reshape(-1, channels))
    positions = _native.find_colors(colors, histogram.keys, 1)
    for threads in (1, 2, 3, 8):
        indices = map_picture(pixels, histogram, labels, threads)
        assert np.array_equal(indices.reshape(-1), labels[positions][inverse])


@pytest.mark.parametrize("name", ["photograph", "alpha", "translucent"])
@pytest.mark.parametrize("colors", [[[200, 30, 40]], [[9, 9, 9, 0], [1, 2, 3, 77]], [[0, 0, 0], [255, 255, 255]]])
def test_a_given_palette_may_lack_a_class_and_so_may_a_picture(name, colors):
    histogram = Histogram.of_pixels(PICTURES[name])
    palette = Palette(colors)
    labels = label_colors(histogram, palette).labels
    assert np.array_equal(labels, oracles.nearest(histogram.colors, palette.rgba)[0])


def test_ties_go_to_the_lower_index():
    pixels = np.array([[[10, 10, 10]]], np.uint8)
    for colors in ([[8, 10, 10], [12, 10, 10]], [[12, 10, 10], [8, 10, 10]]):
        assert label_colors(Histogram.of_pixels(pixels), Palette(colors)).labels.tolist() == [0]


def test_more_pixels_than_the_kernels_weights_hold():
    colors = np.array([[0, 0, 0], [10, 0, 0], [200, 0, 0]], np.uint8)
    histogram = Histogram(colors, np.array([3 << 40, 1 << 40, 5]))
    found = label_colors(histogram, Palette([[0, 0, 0], [193, 0, 0], [9, 9, 255]]))
    assert found.labels.tolist() == [0, 0, 1]
    assert found.counts.tolist() == [4 << 40, 5, 0]
    assert found.error == 100 * (1 << 40) + 5 * 49


@pytest.mark.parametrize("pixels", [blobs(), blobs(alpha=True)], ids=["opaque", "alpha"])
def test_colors_taken_in_blocks_are_labelled_as_at_once(pixels, monkeypatch):
    colors, counts = np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0, return_counts=True)
    histogram = Histogram(colors, counts * (1 << 30))  # more than the kernel's weights hold
    palette = learn_palette(histogram, 9, effort="fast")
    whole = label_colors(histogram, palette)
    monkeypatch.setattr(mapping, "_BLOCK", 7)
    parts = label_colors(histogram, palette)
    assert parts.labels.tolist() == whole.labels.tolist()
    assert parts.counts.tolist() == whole.counts.tolist()
    assert parts.error == pytest.approx(whole.error, rel=1e-12)


def test_a_palette_with_alpha_that_is_opaque_is_one_without():
    histogram = Histogram.of_pixels(blobs())
    colors = learn_palette(histogram, 5, effort="fast").colors
    found = label_colors(histogram, Palette(np.column_stack([colors, np.full(5, 255)])))
    assert found.labels.tolist() == label_colors(histogram, Palette(colors)).labels.tolist()


def test_hidden_colors_get_their_nearest_hidden_entry_and_cost_nothing():
    pixels = np.array([[[0, 0, 9, 0], [0, 0, 90, 0], [10, 0, 0, 255]]], np.uint8)
    found = label_colors(Histogram.of_pixels(pixels), Palette([[0, 0, 0, 0], [0, 0, 99, 0], [7, 0, 0, 255]]))
    assert sorted(found.labels.tolist()) == [0, 1, 2]
    assert found.error == 9


RED, GREEN, BLUE = [255, 0, 0], [0, 255, 0], [0, 0, 255]
SEEN = np.array([[BLUE, BLUE, RED]], np.uint8)


@pytest.mark.parametrize(
    ("fixed", "colors"),
    [(0, [BLUE, RED]), (1, [BLUE, RED, GREEN]), (2, [BLUE, RED, GREEN])],
)
def test_unused_entries_go_except_fixed_ones(fixed, colors):
    palette, found = settle(Histogram.of_pixels(SEEN), Palette([GREEN, RED, BLUE, [9, 9, 9]]), fixed)
    assert palette.colors.tolist() == colors
    assert palette.counts.tolist() == [2, 1, 0][: len(colors)]
    assert found.counts.tolist() == palette.counts.tolist()


def test_counts_are_those_of_the_last_order_where_ties_go_the_other_way():
    greys = np.repeat(np.array([0, 1, 2], np.uint8), [3, 4, 9])  # 1 is as near to 0 as to 2
    histogram = Histogram.of_pixels(np.stack([greys] * 3, axis=1)[np.newaxis])
    palette, found = settle(histogram, Palette([[0, 0, 0], [2, 2, 2]]))
    assert palette.colors.tolist() == [[2, 2, 2], [0, 0, 0]]
    assert palette.counts.tolist() == found.counts.tolist() == [13, 3]


def test_no_entry_is_fixed_unless_asked():
    assert len(settle(Histogram.of_pixels(SEEN), Palette([GREEN, RED, BLUE]))[0]) == 2


def test_colours_that_are_all_entries_are_found_at_once(monkeypatch):
    monkeypatch.setattr(mapping._Plain, "nearest", None)  # nothing is searched
    colors = np.array([[9, 9, 9, 255], [0, 0, 0, 0], [200, 0, 0, 7], [1, 2, 3, 255]], np.uint8)
    histogram = Histogram(colors, [4, 3, 2, 1])
    found = label_colors(histogram, Palette(np.vstack([[[5, 5, 5, 255]], colors[::-1]])))
    assert found.counts.tolist() == [0, 1, 2, 3, 4]
    assert found.error == 0
    assert (np.vstack([[[5, 5, 5, 255]], colors[::-1]])[found.labels] == histogram.colors).all()


def test_a_palette_that_lacks_a_colour_gives_the_nearest():
    histogram = Histogram(np.array([[9, 9, 9], [250, 0, 0]], np.uint8), [4, 3])
    found = label_colors(histogram, Palette([[240, 0, 0], [9, 9, 9], [0, 0, 9]]))
    assert found.counts.tolist() == [3, 4, 0]
    assert found.error == 300
