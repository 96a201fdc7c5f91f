import numpy as np
import pytest
from skimage import color as reference

from huepress import color

LEVELS = np.random.default_rng(1).integers(0, 256, (4000, 3)).astype(np.uint8)
EDGES = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 10, 10]], np.uint8)
COLORS = np.concatenate([EDGES, LEVELS])

# Sharma, Wu & Dalal 2005, table 1: L1 a1 b1 L2 a2 b2 difference.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_ciede2000_gives_the_published_differences():
    differences = color.ciede2000(SHARMA[:, :3], SHARMA[:, 3:6])
    np.testing.assert_allclose(differences, SHARMA[:, 6], atol=5e-5)


def test_ciede2000_is_symmetric():
    np.testing.assert_allclose(
        color.ciede2000(SHARMA[:, 3:6], SHARMA[:, :3]), color.ciede2000(SHARMA[:, :3], SHARMA[:, 3:6])
    )


def test_ciede2000_agrees_with_scikit_image():
    a, b = color.srgb_to_lab(COLORS), color.srgb_to_lab(COLORS[::-1])
    np.testing.assert_allclose(color.ciede2000(a, b), reference.deltaE_ciede2000(a, b), atol=1e-9)


def test_lab_agrees_with_scikit_image():
    np.testing.assert_allclose(color.srgb_to_lab(COLORS), reference.rgb2lab(COLORS), atol=1e-9)


def test_linear_light_of_published_levels():
    assert color.srgb_to_linear(np.array([0, 10, 188, 255], np.uint8)) == pytest.approx(
        [0, 10 / 255 / 12.92, 0.5029, 1], abs=1e-4
    )


def test_levels_survive_linear_light():
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(color.linear_to_srgb(color.srgb_to_linear(levels)), levels, atol=1e-4)


def test_floats_and_integers_agree():
    np.testing.assert_array_equal(color.srgb_to_oklab(COLORS), color.srgb_to_oklab(COLORS.astype(float)))


@pytest.mark.parametrize(
    ("srgb", "oklab"),  # as in Ottosson's implementation and in CSS Color 4
    [
        ((255, 255, 255), (1, 0, 0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_of_published_colors(srgb, oklab):
    assert color.srgb_to_oklab(np.array(srgb, np.uint8)) == pytest.approx(oklab, abs=1e-5)


def test_colors_survive_oklab():
    np.testing.assert_allclose(color.oklab_to_srgb(color.srgb_to_oklab(COLORS)), COLORS, atol=1e-4)


def test_lab_agrees_at_the_dark_end_of_each_branch():
    dark = np.arange(40, dtype=np.uint8)[:, None].repeat(3, 1)
    np.testing.assert_allclose(color.srgb_to_lab(dark), reference.rgb2lab(dark), atol=1e-9)
