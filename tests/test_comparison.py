import io

import numpy as np
import pytest
from PIL import Image

import huepress
from huepress import quality


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


PIXELS = np.random.default_rng(5).integers(0, 256, (30, 40, 3)).astype(np.uint8)
RESULT = PIXELS // 32 * 32


def test_compare_judges_the_second_against_the_first():
    file = png(RESULT)
    assert huepress.compare(png(PIXELS), file) == quality.judge(PIXELS, RESULT, bytes=len(file))


def test_compare_takes_any_image(tmp_path):
    path = tmp_path / "original.png"
    path.write_bytes(png(PIXELS))
    assert huepress.compare(path, Image.fromarray(RESULT)) == quality.judge(PIXELS, RESULT)


def test_sizes_must_be_equal():
    with pytest.raises(ValueError, match="the original is 40x30 pixels and the result 30x40"):
        huepress.compare(PIXELS, PIXELS.swapaxes(0, 1))


def test_an_unreadable_image_is_named(tmp_path):
    with pytest.raises(huepress.ReadError, match=r"missing\.png"):
        huepress.compare(PIXELS, tmp_path / "missing.png")
