import numpy as np
import pytest
from PIL import Image

from huepress.difference import difference

RNG = np.random.default_rng(3)


def picture(height, width, channels=3):
    return RNG.integers(0, 256, (height, width, channels)).astype(np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64), (900, 700), (700, 1500)])
def test_panels_fit_their_bounds(size):
    original = picture(*size)
    sheet = difference(original, 255 - original)
    assert isinstance(sheet, Image.Image)
    assert sheet.width <= 4 * 640 + 6 * 8
    assert sheet.height <= 640 + 24 + 2 * 8


def test_original_and_result_are_shown_unchanged_at_their_own_size():
    original, result = picture(640, 640), picture(640, 640)
    sheet = np.asarray(difference(original, result))
    np.testing.assert_array_equal(sheet[32:672, 8:648], original)
    np.testing.assert_array_equal(sheet[32:672, 656:1296], result)


def test_the_difference_is_amplified_and_its_worst_region_enlarged():
    original = picture(640, 640) // 2
    result = original + 3
    result[200:264, 300:364, 0] += 90
    sheet = np.asarray(difference(original, result))
    panel = sheet[32:672, 1304:1944]
    assert (panel[0, 0] == 3 * 64).all()
    assert (panel[200, 300] == (255, 64, 64)).all()
    np.testing.assert_array_equal(sheet[32:352:5, 1952:2272:5], original[200:264, 300:364])
    np.testing.assert_array_equal(sheet[32:352:5, 2280:2600:5], result[200:264, 300:364])


def test_alpha_shows_a_checkerboard():
    transparent = np.zeros((640, 640, 4), np.uint8)
    sheet = np.asarray(difference(transparent, transparent))
    assert set(np.unique(sheet[32:672, 8:648])) == {204, 255}


def test_sizes_must_be_equal():
    with pytest.raises(ValueError, match="20x10 pixels and the result 10x20"):
        difference(picture(10, 20), picture(20, 10))
