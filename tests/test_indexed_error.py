import numpy as np
import pytest

from huepress.indexed_error import indexed_mse
from huepress.palette import Palette
from huepress.quality import mse

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("palette_channels", [3, 4])
@pytest.mark.parametrize("channels", [3, 4])
def test_the_error_is_exactly_that_of_the_pixels(channels, palette_channels, threads):
    original = RNG.integers(0, 256, (300, 280, channels), np.uint8)
    palette = Palette(RNG.integers(0, 256, (40, palette_channels), np.uint8))
    indices = RNG.integers(0, 40, original.shape[:2], np.uint8)
    assert indexed_mse(original, palette, indices, threads) == mse(original, palette.colors[indices])


def test_an_exact_copy_has_no_error_whatever_transparency_hides():
    palette = Palette(np.array([[10, 20, 30, 255], [0, 0, 0, 0]], np.uint8))
    indices = RNG.integers(0, 2, (9, 7), np.uint8)
    original = palette.colors[indices]
    original[indices == 1, :3] = 99
    assert indexed_mse(original, palette, indices, 1) == 0
