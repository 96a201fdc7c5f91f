"""Any picture, any options: the file that is written decodes to just what the library says it wrote."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from huepress import compress, quantize, read
from huepress.formats.names import FORMATS
from samples import P3_PRIMARIES, decoded, noise, rgb_profile, saved

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "F")
CONTAINERS = {"CMYK": "TIFF", "F": "TIFF", "PA": None}  # PNG otherwise; None: as a Pillow image

DITHERS = st.sampled_from([0.0, 0.0, 0.6, 1.0])
sizes = st.one_of(st.integers(1, 12), st.integers(1, 60), st.integers(1, 300))


@st.composite
def pictures(draw):
    """A picture in any mode: a file or a Pillow image; of few colours, of many, with soft or hard alpha."""
    mode, height, width = draw(st.sampled_from(MODES)), draw(sizes), draw(sizes)
    levels, seed = draw(st.sampled_from([2, 7, 256])), draw(st.integers(0, 999))
    pixels = noise(height, width, 4, seed, levels) * np.uint8(255 // (levels - 1))
    if draw(st.booleans()):  # large areas
        pixels = pixels[: -(-height // 9), : -(-width // 9)].repeat(9, axis=0).repeat(9, axis=1)[:height, :width]
    image = in_mode(np.ascontiguousarray(pixels), mode)
    container = CONTAINERS.get(mode, "PNG")
    options = {"icc_profile": rgb_profile(P3_PRIMARIES, 2.2)} if mode == "RGB" and draw(st.booleans()) else {}
    return image if container is None else saved(image, container, **options)


def in_mode(pixels, mode):
    image = Image.fromarray(pixels)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 256 + pixels[..., 1])
    if mode == "F":
        return Image.fromarray(pixels[..., 0] / np.float32(255))
    if mode == "P":
        image = image.convert("RGB").quantize(200)
        image.info["transparency"] = bytes(pixels.reshape(-1)[:50])
        return image
    return image.convert("P").convert("PA") if mode == "PA" else image.convert(mode)


reading = st.fixed_dictionaries({name: st.booleans() for name in ("keep_profile", "keep_hidden", "keep_metadata")})


def assert_decodes(data, format, result):
    """The file's pixels are those of the palette and the indices, as far as the format can hold them."""
    expected, found = result.palette.rgba[result.indices], decoded(data)
    if format == "gif":
        opaque = expected[..., 3] >= 128
        assert np.array_equal(found[..., 3], opaque * np.uint8(255))
        found, expected = found[opaque, :3], expected[opaque, :3]
    assert np.array_equal(found, expected)


def assert_sound(picture, result, k):
    assert result.indices.shape == picture.pixels.shape[:2]
    assert 1 <= len(result.palette) <= k
    counts = np.bincount(result.indices.reshape(-1), minlength=len(result.palette))
    assert np.array_equal(counts, result.palette.counts)
    assert len({tuple(color) for color in result.palette.rgba.tolist()}) == len(result.palette)


@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore:k = ")
@given(
    pictures(), reading, st.integers(1, 256), st.sampled_from([0.0, 0.0, 0.6, 1.0]), st.sampled_from(["srgb", "oklab"])
)
def test_quantize_writes_what_it_says(image, options, k, dither, space):
    picture = read(image, **options)
    result = quantize(picture, k=k, dither=dither, space=space, effort="fast")
    assert_sound(picture, result, k)
    for format in FORMATS:
        assert_decodes(result.encode(format), format, result)
    if not dither and len(np.unique(picture.pixels.reshape(-1, picture.pixels.shape[2]), axis=0)) <= k:
        assert np.array_equal(result.to_array(), picture.pixels)


@settings(max_examples=25)
@pytest.mark.filterwarnings("ignore:k = ")
@given(pictures(), reading, st.integers(1, 256), DITHERS, st.sampled_from(FORMATS))
def test_compress_writes_what_it_says(image, options, k, dither, format):
    picture = read(image, **options)
    result = compress(picture, k=k, dither=dither, format=format)
    assert_sound(picture, result.indexed, k)
    assert_decodes(result.data, format, result)
