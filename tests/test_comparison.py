import numpy as np
import pytest
from PIL import Image

import huepress
from huepress import quality
from samples import saved

PIXELS = np.random.default_rng(5).integers(0, 256, (30, 40, 3)).astype(np.uint8)
RESULT = PIXELS // 32 * 32


def test_compare_judges_the_second_against_the_first():
    file = saved(RESULT, "PNG")
    assert huepress.compare(saved(PIXELS, "PNG"), file) == quality.judge(PIXELS, RESULT, bytes=len(file))


def test_compare_takes_any_image(tmp_path):
    path = tmp_path / "original.png"
    path.write_bytes(saved(PIXELS, "PNG"))
    assert huepress.compare(path, Image.fromarray(RESULT)) == quality.judge(PIXELS, RESULT)


def moving(format, frames):
    shown = [Image.fromarray(np.roll(PIXELS // 64 * 64, 5 * number, 1)) for number in range(frames)]
    return saved(shown[0], format, save_all=True, append_images=shown[1:], duration=80, lossless=True)


def test_animations_are_compared_in_all_frames():
    original, result = moving("webp", 4), moving("png", 4)
    exact = huepress.compare(original, result)
    assert (exact.mse, exact.ssimulacra2) == (0, 100)
    assert exact.bits_per_pixel == 8 * len(result) / (4 * PIXELS[..., 0].size)
    pressed = huepress.compress(original, quality=30, format="webp")
    assert huepress.compare(original, pressed.data) == pressed.scores
    assert huepress.compare(huepress.read_whole(original), huepress.read_whole(pressed.data)) == pressed.scores


def test_animations_must_have_as_many_frames():
    with pytest.raises(ValueError, match="the original has 4 frames and the result 3; they must be equal"):
        huepress.compare(moving("webp", 4), moving("png", 3))


def test_a_still_picture_is_compared_with_the_first_frame():
    assert huepress.compare(moving("webp", 4), PIXELS // 64 * 64).mse == 0


def test_of_a_document_the_first_page_is_compared():
    document = saved(PIXELS, "TIFF", save_all=True, append_images=[Image.fromarray(RESULT)])
    assert huepress.compare(document, PIXELS).mse == 0


def test_sizes_must_be_equal():
    with pytest.raises(ValueError, match="the original is 40 x 30 pixels and the result 30 x 40"):
        huepress.compare(PIXELS, PIXELS.swapaxes(0, 1))


def test_an_unreadable_image_is_named(tmp_path):
    with pytest.raises(huepress.ReadError, match=r"missing\.png"):
        huepress.compare(PIXELS, tmp_path / "missing.png")
