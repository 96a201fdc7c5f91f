import numpy as np
import pytest

import huepress
from huepress import _native
from huepress.dither import diffuse
from huepress.palette import Palette


def gradient(width=64, height=16):
    row = np.linspace(0, 255, width).round().astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def oracle(pixels, colors, indices, strength):
    """Floyd-Steinberg in plain Python, serpentine, clipped to the palette's range."""
    work = pixels.astype(np.float64)
    original, out = work.copy(), indices.copy()
    height, width, _ = pixels.shape
    low, high = colors.min(axis=0), colors.max(axis=0)
    for y in range(height):
        ahead = -1 if y % 2 else 1
        for x in range(width)[::ahead]:
            if (colors[indices[y, x]] == pixels[y, x]).all():
                continue
            value = np.clip(work[y, x], np.minimum(low, original[y, x]), np.maximum(high, original[y, x]))
            k = int(((colors - value) ** 2).sum(axis=1).argmin())
            out[y, x] = k
            error = (value - colors[k]) * strength / 16
            for dx, dy, share in ((ahead, 0, 7), (-ahead, 1, 3), (0, 1, 5), (ahead, 1, 1)):
                if 0 <= x + dx < width and y + dy < height:
                    work[y + dy, x + dx] += share * error
    return out


def nearest(pixels, colors):
    return ((pixels[:, :, None].astype(int) - colors.astype(int)) ** 2).sum(axis=3).argmin(axis=2).astype(np.uint8)


@pytest.mark.parametrize("band", [1, 5 * 17, 12 * 17])  # pixels: a row at a time, five, all twelve
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_it_is_floyd_and_steinbergs(strength, band, monkeypatch):
    monkeypatch.setattr("huepress.dither._BAND_PIXELS", band)
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (12, 17, 3), np.uint8)
    colors = rng.integers(0, 256, (5, 3), np.uint8)
    pixels[3:6, 2:9] = colors[2]
    indices = nearest(pixels, colors)
    got = diffuse(pixels, Palette(colors), indices, strength)
    # The oracle's double precision may decide a rare near tie otherwise and then go its own way; none here.
    np.testing.assert_array_equal(got, oracle(pixels, colors.astype(float), indices, strength))


def test_strength_zero_is_the_nearest_entry():
    pixels = gradient()
    colors = np.array([[0, 0, 0], [90, 90, 90], [255, 255, 255]], np.uint8)
    np.testing.assert_array_equal(
        diffuse(pixels, Palette(colors), nearest(pixels, colors), 0.0), nearest(pixels, colors)
    )


def test_means_are_kept():
    pixels = np.full((32, 32, 3), 100, np.uint8)
    palette = Palette([[0, 0, 0], [255, 255, 255]])
    out = diffuse(pixels, palette, np.zeros((32, 32), np.uint8), 1.0)
    assert abs(palette.colors[out].mean() - 100) < 3


def test_exact_pixels_stay_and_classes_of_alpha_do_not_mix():
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (24, 24, 4), np.uint8)
    pixels[:8, :, 3], pixels[8:16, :, 3] = 255, 0
    pixels[16:, :, 3] = rng.integers(1, 255, (8, 24))
    pixels[8:16] = 0
    q = huepress.quantize(pixels, k=12, dither=1.0, effort="fast")
    alpha = q.to_array()[..., 3]
    assert (alpha[:8] == 255).all()
    assert (alpha[8:16] == 0).all()
    assert ((alpha[16:] > 0) & (alpha[16:] < 255)).all()


def test_bands_of_translucent_pixels_give_the_same(monkeypatch):
    pixels = np.random.default_rng(4).integers(0, 256, (30, 21, 4), np.uint8)
    pixels[::3, :, 3], pixels[1::3, :, 3] = 0, 255
    whole = huepress.quantize(pixels, k=20, dither=0.8, effort="fast").indices
    monkeypatch.setattr("huepress.dither._BAND_PIXELS", 50)
    np.testing.assert_array_equal(huepress.quantize(pixels, k=20, dither=0.8, effort="fast").indices, whole)


def test_every_simd_level_gives_the_same():
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (20, 33, 3), np.uint8)
    results = []
    try:
        for level in _native.supported_simd_levels():
            _native.use_simd_level(level)
            results.append(huepress.quantize(pixels, k=9, dither=0.7, effort="fast").indices)
    finally:
        _native.use_simd_level(_native.supported_simd_levels()[-1])
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_the_mse_is_that_of_the_result_and_counts_are_of_its_pixels():
    pixels = gradient(128, 32)
    q = huepress.quantize(pixels, k=4, dither=0.6)
    assert q.mse == pytest.approx(((q.to_array().astype(int) - pixels) ** 2).sum(axis=2).mean())
    np.testing.assert_array_equal(q.palette.counts, np.bincount(q.indices.ravel(), minlength=len(q.palette)))


def test_a_strength_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"dither .* 1.5"):
        huepress.quantize(gradient(), dither=1.5)
