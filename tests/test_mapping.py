import numpy as np
import pytest

import oracles
from huepress import Histogram, Palette, learn_palette
from huepress.mapping import label_colors, map_picture, settle
from samples import blobs, noise

PICTURES = {
    "photograph": blobs(),
    "alpha": blobs(alpha=True),
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
    colors, inverse = np.unique(flat, axis=0, return_inverse=True)
    nearest, table = oracles.nearest(colors, palette.colors)
    expected = nearest[inverse.reshape(-1)]
    assert np.array_equal(indices.reshape(-1), expected)
    assert np.array_equal(np.bincount(expected, minlength=len(palette)), palette.counts)
    assert (np.diff(palette.counts) <= 0).all()
    assert found.error == pytest.approx(table[inverse.reshape(-1), expected].sum(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("pixels", [blobs(), blobs(alpha=True)], ids=["opaque", "alpha"])
@pytest.mark.parametrize("colors", [[[200, 30, 40]], [[9, 9, 9, 0], [1, 2, 3, 77]], [[0, 0, 0], [255, 255, 255]]])
def test_a_given_palette_may_lack_a_class(pixels, colors):
    histogram = Histogram.of_pixels(pixels)
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
    found = label_colors(histogram, Palette([[0, 0, 0], [200, 0, 0]]))
    assert found.counts.tolist() == [4 << 40, 5]
    assert found.error == pytest.approx(100 * (1 << 40))
