import numpy as np
import pytest

from huepress import tally
from huepress.histogram import Histogram
from huepress.huge.lookup import Lookup
from huepress.mapping import label_colors, map_picture
from huepress.palette import Palette
from huepress.tally import total


def picture(seed, channels, size=60):
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, channels)).astype(np.uint8)
    if channels == 4:
        pixels[:20, :, 3], pixels[50:] = 255, 0
    return pixels


@pytest.mark.parametrize("most", [1, 5000, 1 << 20])
@pytest.mark.parametrize("channels", [[3], [4], [3, 4, 4, 3, 3, 4, 3]])
def test_the_total_is_the_sum(monkeypatch, most, channels):
    monkeypatch.setattr(tally, "_MOST_WAITING", most)
    pictures = [picture(seed, number) for seed, number in enumerate(channels)]
    rows = [pixels.reshape(-1, pixels.shape[2]) for pixels in pictures]
    rgba = np.concatenate([np.pad(row, ((0, 0), (0, 4 - row.shape[1])), constant_values=255) for row in rows])
    expected = Histogram.of_pixels(rgba[np.newaxis])
    parts = [Histogram.of_pixels(pixels) for pixels in pictures]
    assert total(parts) == expected
    assert total(reversed(parts)) == expected
    assert total(iter([*parts, *parts])).pixels == 2 * expected.pixels


def test_totals_that_are_none():
    with pytest.raises(ValueError, match="nothing to count"):
        total([])
    weighted = Histogram(np.uint8([[1, 2, 3]]), [4], weights=[0.5])
    with pytest.raises(ValueError, match="weights"):
        total([weighted])


@pytest.mark.parametrize("channels", [3, 4])
def test_a_lookup_maps_as_the_whole_picture_is_mapped(channels):
    pixels = picture(5, channels)
    histogram = Histogram.of_pixels(pixels)
    colors = np.random.default_rng(1).integers(0, 256, (40, channels)).astype(np.uint8)
    labels = label_colors(histogram, Palette(colors)).labels
    lookup = Lookup(histogram, labels)
    expected = map_picture(pixels, histogram, labels, 1)
    assert np.array_equal(lookup.indices(pixels), expected)
    for rows in (slice(0, 7), slice(7, 60)):
        assert np.array_equal(lookup.indices(pixels[rows, 3:50]), expected[rows, 3:50])
