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
    original = picture(640, 640) // 2
    result = original + 3
    result[:64, :64] += 30
    sheet = np.asarray(difference(original, result))
    np.testing.assert_array_equal(sheet[132:672, 8:648], original[100:])
    np.testing.assert_array_equal(sheet[132:672, 656:1296], result[100:])


def test_the_difference_is_amplified_and_its_worst_region_enlarged():
    original = picture(640, 640) // 2
    result = original + 3
    result[200:264, 300:364, 0] += 90
    sheet = np.asarray(difference(original, result))
    panel = sheet[32:672, 1304:1944]
    assert (panel[0, 0] == 3 * 64).all()
    for left in (8, 656, 1304):
        panel = sheet[32:672, left : left + 640]
        assert (panel[198, 298:366] == (255, 208, 0)).all()
        assert (panel[198:266, 365] == (255, 208, 0)).all()
    np.testing.assert_array_equal(sheet[32:288:4, 1952:2208:4], original[200:264, 300:364])
    np.testing.assert_array_equal(sheet[296:552:4, 1952:2208:4], result[200:264, 300:364])


def test_the_worst_region_of_a_small_picture_is_a_part_of_it():
    original = np.zeros((16, 16, 3), np.uint8)
    result = original.copy()
    result[8:, 8:] = 200
    sheet = np.asarray(difference(original, result))
    column = sheet[32:, 1952:]
    assert (column[:312, :312] == 0).all()
    assert (column[320:632, :312] == 200).all()


def test_an_exact_copy_has_no_worst_region():
    same = picture(640, 640)
    assert difference(same, same).width == 3 * 640 + 4 * 8


def test_alpha_shows_a_checkerboard():
    transparent = np.zeros((640, 640, 4), np.uint8)
    sheet = np.asarray(difference(transparent, transparent))
    assert set(np.unique(sheet[32:672, 8:648])) == {204, 255}


def test_sizes_must_be_equal():
    with pytest.raises(ValueError, match="20 x 10 pixels and the result 10 x 20"):
        difference(picture(10, 20), picture(20, 10))
