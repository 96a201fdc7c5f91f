import math
import os
from pathlib import Path

import numpy as np
import pytest
import ssimulacra2 as package
from PIL import Image
from skimage import color as skimage_color
from skimage.metrics import structural_similarity

from huepress import _native, quality

RNG = np.random.default_rng(7)


def smooth(height, width, channels=3):
    """A picture with gradients, waves, edges and a little noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    waves = [128 + 90 * np.sin(x / (9 + 4 * c) + c) * np.cos(y / (13 - 2 * c)) for c in range(channels)]
    picture = np.stack(waves, -1) + RNG.normal(0, 3, (height, width, channels))
    picture[height // 3 : height // 2, width // 4 : width // 2] = np.arange(40, 40 + 30 * channels, 30)
    return picture.clip(0, 255).astype(np.uint8)


def posterized(picture, step):
    return (picture // step * step + step // 2).clip(0, 255).astype(np.uint8)


def noisy(picture, deviation):
    return (picture + RNG.normal(0, deviation, picture.shape)).round().clip(0, 255).astype(np.uint8)


def over(pixels, grey):
    a = pixels[..., 3:] / 255
    return np.rint(pixels[..., :3] * a + grey * (1 - a)).astype(np.uint8)


def package_score(original, result, folder):
    """SSIMULACRA2 by the package, which reads files."""
    paths = [folder / "original.png", folder / "result.png"]
    for path, pixels in zip(paths, (original, result), strict=True):
        Image.fromarray(pixels).save(path)
    return package.compute_ssimulacra2(*map(str, paths))


PICTURE = smooth(120, 175)
RGBA = np.dstack([PICTURE, np.linspace(0, 255, 175).astype(np.uint8)[None].repeat(120, 0)])


# SSIMULACRA2


@pytest.mark.parametrize("size", [(8, 8), (9, 300), (64, 64), (257, 129), (131, 530), (300, 260)])
@pytest.mark.parametrize("step", [4, 24])
def test_ssimulacra2_agrees_with_the_package(size, step, tmp_path):
    original = smooth(*size)
    result = posterized(original, step)
    expected = package_score(original, result, tmp_path)
    assert quality.ssimulacra2(original, result) == pytest.approx(expected, abs=1e-3)


def test_ssimulacra2_agrees_with_the_package_on_noise(tmp_path):
    for deviation in (1, 5, 15):
        result = noisy(PICTURE, deviation)
        expected = package_score(PICTURE, result, tmp_path)
        assert quality.ssimulacra2(PICTURE, result) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("place", [(0, 0), (299, 559), (127, 255), (128, 256), (140, 300), (5, 250), (293, 3)])
def test_ssimulacra2_agrees_where_a_result_differs_in_one_place(place, tmp_path):
    original = smooth(300, 560)
    result = original.copy()
    y, x = place
    result[max(0, y - 3) : y + 3, max(0, x - 4) : x + 4] ^= 96
    expected = package_score(original, result, tmp_path)
    for picture in (result, np.dstack([result, np.full((300, 560), 255, np.uint8)])):
        assert quality.ssimulacra2(original, picture) == pytest.approx(expected, abs=1e-3)
        assert quality.Judge(original).ssimulacra2(picture) == pytest.approx(expected, abs=1e-3)


def test_transparency_alone_is_a_difference():
    result = np.dstack([PICTURE, np.full(PICTURE.shape[:2], 255, np.uint8)])
    result[60:70, 80:90, 3] = 100
    assert quality.ssimulacra2(PICTURE, result) < 99


@pytest.mark.skipif("HUEPRESS_PICTURES" not in os.environ, reason="HUEPRESS_PICTURES names no folder of pictures")
def test_ssimulacra2_agrees_with_the_package_on_photographs(tmp_path):
    for name in ("kodim05.png", "kodim23.png"):
        image = Image.open(Path(os.environ["HUEPRESS_PICTURES"]) / "kodak" / name).convert("RGB")
        original = np.asarray(image)
        for colors in (256, 64):
            result = np.asarray(image.quantize(colors, dither=Image.Dither.NONE).convert("RGB"))
            expected = package_score(original, result, tmp_path)
            assert quality.ssimulacra2(original, result) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 7), (8, 8), (40, 3), (120, 175)])
def test_an_exact_result_scores_100(size):
    picture = smooth(*size)
    assert quality.ssimulacra2(picture, 255 - picture) < 100
    assert quality.ssimulacra2(picture, picture) == 100


def test_small_pictures_are_padded_by_reflection():
    original = smooth(5, 30)
    result = posterized(original, 32)
    expected = quality.ssimulacra2(*(np.concatenate([p, p[::-1]])[:8] for p in (original, result)))
    assert quality.ssimulacra2(original, result) == expected


def test_threads_and_simd_levels_agree_bit_for_bit():
    original = smooth(300, 530)
    result = posterized(original, 16)
    levels = _native.supported_simd_levels()
    scores = []
    for level in levels:
        _native.use_simd_level(level)
        cache = _native.ssimulacra2_cache(original, grey=26, threads=3)
        for threads in (1, 2, 5):
            for kept in (None, [cache]):
                sums = _native.ssimulacra2_sums(original, result, greys=[26], caches=kept, threads=threads)
                scores.append(b"".join(scale.tobytes() for scale in sums))
    _native.use_simd_level(levels[-1])
    assert len(scores) == 6 * len(levels)
    assert len(set(scores)) == 1


def test_scores_of_joined_rows_are_foretold():
    rng = np.random.default_rng(0)
    original = smooth(203, 160)
    coarse, fine = posterized(original, 32), posterized(original, 8)
    coarse[150:] = original[150:]  # so that what is lost is not spread evenly
    judge = quality.Judge(original)
    errors, upper = judge.errors(fine), judge.errors(coarse)
    foretold = errors.scores_below(upper)
    assert foretold.shape == (204,)
    assert (foretold[0], foretold[-1]) == pytest.approx((errors.score, upper.score), abs=1e-5)
    rows = rng.integers(1, 203, 12)
    scores = [judge.ssimulacra2(np.concatenate([coarse[:count], fine[count:]])) for count in rows]
    assert np.abs(foretold[rows] - scores).mean() < 1.5
    assert np.ptp(foretold) > 40


def test_alpha_takes_the_lower_score_over_two_greys():
    result = RGBA.copy()
    result[..., :3] = posterized(PICTURE, 32)
    scores = [quality.ssimulacra2(over(RGBA, grey), over(result, grey)) for grey in (26, 230)]
    assert scores[0] != scores[1]
    assert quality.ssimulacra2(RGBA, result) == pytest.approx(min(scores), abs=0.05)


def test_alpha_in_one_picture_counts():
    original = np.dstack([PICTURE, np.full(PICTURE.shape[:2], 255, np.uint8)])
    scores = [quality.ssimulacra2(PICTURE, over(RGBA, grey)) for grey in (26, 230)]
    assert quality.ssimulacra2(original, RGBA) == pytest.approx(min(scores), abs=0.05)
    assert quality.ssimulacra2(PICTURE, RGBA) == quality.ssimulacra2(original, RGBA)
    judge = quality.Judge(PICTURE)
    assert judge.ssimulacra2(RGBA) == quality.ssimulacra2(PICTURE, RGBA)


def test_hidden_color_does_not_count():
    other = RGBA.copy()
    other[RGBA[..., 3] == 0] = (200, 100, 50, 0)
    assert (other != RGBA).any()
    assert quality.ssimulacra2(RGBA, other) == 100
    assert quality.mse(RGBA, other) == 0
    assert quality.delta_e(RGBA, other) == (0, 0)


def test_a_judge_scores_as_the_function_does():
    judge = quality.Judge(RGBA)
    for step in (4, 16, 64):
        result = RGBA.copy()
        result[..., :3] = posterized(PICTURE, step)
        assert judge.ssimulacra2(result) == quality.ssimulacra2(RGBA, result)


@pytest.mark.parametrize("size", [(5, 30), (8, 8), (131, 530)])
@pytest.mark.parametrize("channels", [3, 4])
def test_indices_score_as_what_they_decode_to(size, channels):
    original = smooth(*size, channels=channels)
    palette = np.random.default_rng(1).integers(0, 256, (100, 4), dtype=np.uint8)
    for alpha in (palette[:, 3].copy(), 255):
        palette[:, 3] = alpha
        indices = (original[..., 0] // 3).astype(np.uint8)
        for judge in (quality.Judge(original), quality.Judge(original, cached=False, threads=1)):
            assert judge.ssimulacra2(indices, palette) == quality.ssimulacra2(original, palette[indices])


def test_exact_indices_score_100():
    palette = np.array([[9, 8, 7, 255], [200, 100, 50, 255]], np.uint8)
    indices = (PICTURE[..., 0] > 99).astype(np.uint8)
    for exact in (palette[indices], palette[indices][..., :3]):
        assert quality.Judge(exact).ssimulacra2(indices, palette) == 100
        indices_with_one_wrong = indices.copy()
        indices_with_one_wrong[119, 174] ^= 1
        assert quality.Judge(exact).ssimulacra2(indices_with_one_wrong, palette) < 100


def test_indices_must_fit_the_picture_and_the_palette():
    judge, palette = quality.Judge(PICTURE), np.zeros((3, 4), np.uint8)
    with pytest.raises(ValueError, match=r"shape \(120, 175\)"):
        judge.ssimulacra2(np.zeros((120, 174), np.uint8), palette)
    with pytest.raises(ValueError, match="below 3"):
        judge.ssimulacra2(np.full((120, 175), 3, np.uint8), palette)


def test_views_are_scored_as_copies():
    view = np.dstack([PICTURE, PICTURE])[::2, ::-1, 1:4]
    result = posterized(view, 16)
    assert quality.ssimulacra2(view, result) == quality.ssimulacra2(view.copy(), result)


def test_worse_is_lower():
    scores = [quality.ssimulacra2(PICTURE, posterized(PICTURE, step)) for step in (2, 8, 16, 32, 64)]
    assert scores == sorted(scores, reverse=True)


# MSE, PSNR


def test_mse_is_the_squared_error_summed_over_channels():
    result = noisy(PICTURE, 9)
    expected = ((PICTURE.astype(float) - result) ** 2).sum(-1).mean()
    assert quality.mse(PICTURE, result) == pytest.approx(expected, rel=1e-14)


def test_mse_with_alpha_is_the_mean_over_black_and_white():
    result = noisy(RGBA, 9)

    def on(pixels, level):
        a = pixels[..., 3:] / 255
        return pixels[..., :3] * a + level * (1 - a)

    errors = [((on(RGBA, level) - on(result, level)) ** 2).sum(-1).mean() for level in (0, 255)]
    assert quality.mse(RGBA, result) == pytest.approx(np.mean(errors), rel=1e-12)
    opaque = np.dstack([PICTURE, np.full(PICTURE.shape[:2], 255, np.uint8)])
    assert quality.mse(PICTURE, RGBA) == quality.mse(opaque, RGBA)


def test_an_opaque_alpha_channel_changes_nothing():
    def opaque(pixels):
        return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])

    result = noisy(PICTURE, 9)
    assert quality.judge(opaque(PICTURE), result) == quality.judge(PICTURE, opaque(result))


@pytest.mark.parametrize(("mse", "psnr"), [(3 * 255**2, 0), (3, 48.1308), (30, 38.1308), (0, float("inf"))])
def test_psnr(mse, psnr):
    assert quality.psnr(mse) == pytest.approx(psnr, abs=1e-4)


# SSIM, CIEDE2000


@pytest.mark.parametrize("size", [(11, 11), (12, 40), (120, 175), (700, 60), (75, 1040)])
def test_ssim_agrees_with_scikit_image(size):
    original = smooth(*size)
    result = noisy(original, 12)
    expected = structural_similarity(
        original, result, gaussian_weights=True, use_sample_covariance=False, channel_axis=2, sigma=1.5
    )
    assert quality.ssim(original, result) == pytest.approx(expected, abs=1e-12)


def test_ssim_is_the_same_for_threads_simd_levels_and_an_alpha_that_is_opaque():
    original = smooth(300, 530)
    result = noisy(original, 12)
    opaque = np.dstack([result, np.full((300, 530, 1), 255, np.uint8)])
    levels = _native.supported_simd_levels()
    scores = []
    for level in levels:
        _native.use_simd_level(level)
        for threads in (1, 2, 5):
            scores += [quality.ssim(original, other, threads=threads) for other in (result, opaque)]
    _native.use_simd_level(levels[-1])
    assert len(scores) == 6 * len(levels)
    assert len(set(scores)) == 1


@pytest.mark.parametrize(
    ("shape", "other", "grey", "told"),
    [
        ((11, 11, 3), (11, 12, 3), 0, "result must have shape"),
        ((11, 11, 2), (11, 11, 2), 0, "3 or 4 channels"),
        ((10, 90, 3), (10, 90, 3), 0, "at least 11x11, not 90x10"),
        ((11, 11, 3), (11, 11, 3), 256, "grey must be between 0 and 255, not 256"),
    ],
)
def test_ssim_refuses_what_its_kernel_could_not_bear(shape, other, grey, told):
    with pytest.raises((TypeError, ValueError), match=told):
        _native.ssim_sum(np.zeros(shape, np.uint8), np.zeros(other, np.uint8), grey=grey, threads=1)


@pytest.mark.parametrize("size", [(1, 1), (3, 20), (10, 10)])
def test_ssim_of_small_pictures(size):
    original = smooth(*size)
    assert quality.ssim(original, original) == 1
    assert quality.ssim(original, 255 - original) < 1


def test_ssim_counts_parts_that_are_equal_or_translucent():
    """Of a picture of several tiles, of which one is equal, one opaque, and one has alpha."""
    original = np.dstack([smooth(160, 60), np.full((160, 60, 1), 255, np.uint8)])
    original[130:, :, 3] = 90
    result = original.copy()
    result[80:] = noisy(original[80:, :, :3], 9).take([0, 1, 2, 0], axis=2)
    result[80:, :, 3] = original[80:, :, 3]
    maps = [
        structural_similarity(
            over(original, grey), over(result, grey), gaussian_weights=True, use_sample_covariance=False,
            channel_axis=2, sigma=1.5,
        )
        for grey in (0, 255)
    ]  # fmt: skip
    assert quality.ssim(original, result) == pytest.approx(np.mean(maps), abs=1e-6)
    assert quality.ssim(original, result, threads=1) == quality.ssim(original, result, threads=3)


def test_delta_e_agrees_with_scikit_image():
    result = noisy(PICTURE, 9)
    expected = skimage_color.deltaE_ciede2000(*map(skimage_color.rgb2lab, (PICTURE, result)))
    percentile = np.percentile(expected, 95, method="inverted_cdf")
    assert quality.delta_e(PICTURE, result) == pytest.approx((expected.mean(), percentile), rel=1e-9)


def test_ssim_and_delta_e_with_alpha_are_means_over_black_and_white():
    result = noisy(RGBA, 9)
    pairs = [(over(RGBA, level), over(result, level)) for level in (0, 255)]
    assert quality.ssim(RGBA, result) == pytest.approx(np.mean([quality.ssim(*p) for p in pairs]), abs=1e-6)
    assert quality.delta_e(RGBA, result)[0] == pytest.approx(np.mean([quality.delta_e(*p)[0] for p in pairs]), abs=1e-4)


def test_delta_e_counts_every_pixel_once_whatever_its_band():
    """Of two million pixels, which are taken in bands of one: the upper half equal, the lower opaque or translucent."""
    for below in ((9, 9, 9, 255), (200, 30, 60, 128)):
        original = np.full((2048, 1024, 4), (200, 30, 60, 255), np.uint8)
        result = original.copy()
        result[1024:] = below
        whole, _ = quality.delta_e(original[1024:1040], result[1024:1040])
        assert quality.delta_e(original, result)[0] == pytest.approx(whole / 2, rel=1e-9)


# All together


def test_judge_gives_all_scores():
    result = posterized(PICTURE, 32)
    scores = quality.judge(PICTURE, result, bytes=2625)
    assert scores.mse == quality.mse(PICTURE, result)
    assert scores.psnr == quality.psnr(scores.mse)
    assert scores.ssim == quality.ssim(PICTURE, result)
    assert scores.ssimulacra2 == quality.ssimulacra2(PICTURE, result)
    assert (scores.delta_e, scores.delta_e_95) == quality.delta_e(PICTURE, result)
    assert scores.colors == len(np.unique(result.reshape(-1, 3), axis=0))
    assert scores.bytes == 2625
    assert scores.bits_per_pixel == 1


def test_judge_leaves_out_color_differences():
    scores = quality.judge(PICTURE, posterized(PICTURE, 32), color_differences=False)
    assert math.isnan(scores.delta_e)
    assert math.isnan(scores.delta_e_95)
    assert scores.ssim == quality.ssim(PICTURE, posterized(PICTURE, 32))


def test_unknown_bytes_are_none():
    scores = quality.judge(PICTURE, PICTURE)
    assert (scores.bytes, scores.bits_per_pixel, scores.psnr, scores.ssim) == (None, None, float("inf"), 1)


def test_colors_count_transparent_pixels_as_one():
    pixels = np.array([[(1, 2, 3, 0), (9, 9, 9, 0), (1, 2, 3, 255), (1, 2, 3, 128)]], np.uint8)
    assert quality.judge(pixels, pixels).colors == 3


ALL = [quality.judge, quality.mse, quality.ssim, quality.delta_e, quality.ssimulacra2]


@pytest.mark.parametrize("function", ALL)
def test_sizes_must_be_equal(function):
    with pytest.raises(ValueError, match="the original is 175 x 120 pixels and the result 120 x 175"):
        function(PICTURE, PICTURE.swapaxes(0, 1))


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize(
    ("pixels", "error", "words"),
    [
        (PICTURE.astype(float), TypeError, "the result must be an array of uint8, not float64"),
        (PICTURE.tolist(), TypeError, "uint8"),
        (PICTURE[..., 0], ValueError, r"shape \(H, W, 3\) or \(H, W, 4\), not \(120, 175\)"),
        (PICTURE[..., :2], ValueError, "not"),
        (PICTURE[:0], ValueError, "not"),
    ],
)
def test_what_is_no_picture_is_refused(function, pixels, error, words):
    with pytest.raises(error, match=words):
        function(PICTURE, pixels)


def test_the_kernel_is_guarded():
    cache = _native.ssimulacra2_cache(PICTURE, grey=26)
    for original, result, options, words in [
        (PICTURE[:7], PICTURE[:7], {}, "8x8"),
        (PICTURE, PICTURE[:50], {}, "175x120 and the result 175x50"),
        (PICTURE, PICTURE, {"greys": [26, 256]}, "grey"),
        (PICTURE, PICTURE, {"caches": [cache[:-1]]}, "cache"),
        (PICTURE, PICTURE, {"caches": [cache], "greys": [26, 230]}, "each of 2 grey levels, not 1"),
        (PICTURE, PICTURE, {"threads": 0}, "threads"),
    ]:
        with pytest.raises(ValueError, match=words):
            _native.ssimulacra2_sums(original, result, **{"greys": [26], **options})
