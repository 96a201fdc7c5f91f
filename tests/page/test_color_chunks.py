"""PNGs that give their colours without a profile: Chromium shows a result as it shows its source."""

import base64
import struct
import zlib

import numpy as np
import pytest

import huepress
from huepress.formats import png
from samples import png_of

SHOWN = """async (text) => {
  const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([data], {type: "image/png"}));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return Array.from(context.getImageData(0, 0, image.width, image.height).data);
}"""
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def numbers(*values):
    return struct.pack(f">{len(values)}I", *(round(100_000 * value) for value in values))


def picture(chunks):
    """Of 16 colours."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 1, 3), dtype=np.uint8).repeat(4, axis=1)
    rows = np.concatenate([np.zeros((16, 1), np.uint8), pixels.reshape(16, -1)], axis=1)
    return png_of((4, 16, 8, png.RGB), zlib.compress(rows.tobytes()), *(png.chunk(*chunk) for chunk in chunks))


@pytest.mark.parametrize(
    ("chunks", "moves"),
    [
        ([], False),
        ([(b"gAMA", numbers(0.45455))], False),
        ([(b"gAMA", numbers(1.0))], True),
        ([(b"gAMA", numbers(0.45455)), (b"cHRM", numbers(*P3))], True),
        ([(b"cICP", bytes([12, 13, 0, 1]))], True),
        ([(b"cICP", bytes([9, 16, 0, 1]))], True),  # HDR
        ([(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", numbers(1.0))], False),
    ],
)
def test_colors_are_shown_as_those_of_the_source(browser, address, chunks, moves):
    source = picture(chunks)
    result = huepress.quantize(source, k=16)
    assert result.mse == 0
    page = browser.new_page()
    page.goto(address)
    shown, plain = (page.evaluate(SHOWN, base64.b64encode(data).decode()) for data in (source, picture([])))
    found = page.evaluate(SHOWN, base64.b64encode(result.encode("png")).decode())
    page.close()
    assert found == shown
    assert (shown != plain) == moves  # else the chunks say nothing
