import contextlib
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps, features

import png_oracle
import samples
from huepress.animation import read_whole
from huepress.errors import ReadError, printable
from huepress.formats import png, screening
from huepress.image import Picture, read
from huepress.quantization import quantize
from samples import cleared, gradient, png_of, saved

PICTURES = Path(os.environ.get("HUEPRESS_PICTURES", "/nowhere"))
with_pictures = pytest.mark.skipif(not PICTURES.is_dir(), reason="HUEPRESS_PICTURES names no folder of pictures")
CORPUS = samples.corpus()
RGBA = gradient()
RGB = np.ascontiguousarray(RGBA[..., :3])


def refusal(image, **options):
    """The sentence of the ReadError, which must be one line."""
    with pytest.raises(ReadError) as caught:
        read(image, **options)
    assert_one_line(caught.value)
    return str(caught.value)


def assert_one_line(error):
    assert str(error).isprintable()
    assert len(str(error)) < 300


def same_pixels(a, b):
    return np.array_equal(a.pixels, b.pixels)


def full(picture):
    """The pixels as RGBA."""
    pixels = picture.pixels
    return pixels if picture.has_alpha else np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


# -- arrays --------------------------------------------------------------------------------------------------


def test_an_rgb_array_passes_as_it_is():
    assert read(RGB).pixels is RGB


def test_a_picture_passes_as_it_is():
    picture = read(RGB)
    assert read(picture) is picture


@pytest.mark.parametrize(
    ("pixels", "error", "words"),
    [
        (None, TypeError, "array of uint8"),
        (RGB.tolist(), TypeError, "array of uint8"),
        (RGB / 255, TypeError, "array of uint8"),
        (RGB[..., 0], ValueError, "shape (H, W, 3) or (H, W, 4), and one at least, not "),
        (RGB[..., :2], ValueError, "shape"),
        (RGB[:0], ValueError, "not (0, "),
    ],
)
def test_a_picture_is_made_of_pixels_only(pixels, error, words):
    with pytest.raises(error, match=re.escape(words)):
        Picture(pixels)


def test_premultiplied_grey_is_read():
    grey = Image.fromarray(np.dstack([RGBA[..., 0], np.where(RGBA[..., 3] > 99, RGBA[..., 3], 0)])).convert("La")
    assert grey.mode == "La"
    assert same_pixels(read(grey), read(grey.convert("LA")))


@given(arrays(np.uint8, (7, 5, 4)))
def test_rgba_keeps_alpha_and_drops_what_is_hidden(array):
    before = array.copy()
    picture = read(array)
    assert (full(picture) == cleared(array)).all()
    assert picture.has_alpha == (array[..., 3] < 255).any()
    assert (full(read(array, keep_hidden=True)) == array).all()
    assert (array == before).all()


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_every_number_of_channels(channels):
    array = RGBA[..., 0] if channels is None else RGBA[..., :channels]
    grey = RGBA[..., :1].repeat(3, axis=2)
    opaque = np.full((*RGBA.shape[:2], 1), 255, np.uint8)
    expected = {
        None: np.dstack([grey, opaque]),
        1: np.dstack([grey, opaque]),
        2: np.dstack([grey, RGBA[..., 1:2]]),
        3: np.dstack([RGB, opaque]),
        4: RGBA,
    }[channels]
    assert (full(read(array)) == cleared(expected)).all()


def test_every_16_bit_level_is_rounded():
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = [(int(v) * 255 * 2 + 65535) // (65535 * 2) for v in levels.flat]
    assert (read(levels).pixels[..., 0].ravel() == expected).all()
    assert (read(levels.astype(">u2")).pixels == read(levels).pixels).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_rounded(dtype):
    assert (read((RGBA / 255).astype(dtype)).pixels == cleared(RGBA)).all()
    assert read(np.array([[0.4999 / 255, 0.5001 / 255, -0.001, 1.001]])).pixels[0, :, 0].tolist() == [0, 1, 0, 255]


def test_booleans_are_black_and_white():
    assert read(np.array([[True, False]])).pixels[0, :, 0].tolist() == [255, 0]


def test_array_likes_are_taken():
    class Labelled:
        def __array__(self, dtype=None, copy=None):
            return RGB

    assert (read(Labelled()).pixels == RGB).all()


def test_views_of_any_layout_are_taken():
    assert (read(RGB[::-2, ::3]).pixels == RGB[::-2, ::3]).all()
    assert (read(np.asfortranarray(RGBA)).pixels == cleared(RGBA)).all()


@pytest.mark.parametrize(
    ("array", "error", "text"),
    [
        (RGB.astype(np.int64), TypeError, "int64"),
        (np.zeros((0, 4)), ValueError, "no pixels"),
        (np.zeros(4, np.uint8), ValueError, r"\(4,\)"),
        (np.zeros((3, 3, 5), np.uint8), ValueError, r"\(3, 3, 5\)"),
        (np.full((2, 2), 200.0), ValueError, "200"),
        (np.full((2, 2), np.nan), ValueError, "nan"),
        (np.array([["a"]]), TypeError, "U1"),
        ([[1, 2]], TypeError, "list"),
        (None, TypeError, "NoneType"),
        (io.StringIO("text"), TypeError, "binary"),
    ],
)
def test_what_is_no_image_is_refused_with_its_value(array, error, text):
    with pytest.raises(error, match=text):
        read(array)


# -- files: each against an independent reading --------------------------------------------------------------


@pytest.mark.parametrize("kind", ["path", "string", "bytes", "file"])
def test_every_way_to_give_a_file(tmp_path, kind):
    path = tmp_path / "a.png"
    path.write_bytes(saved(RGB, "PNG"))
    with path.open("rb") as file:
        ways = {"path": path, "string": str(path), "bytes": path.read_bytes(), "file": file}
        picture = read(ways[kind])
    assert (picture.pixels == RGB).all()
    assert picture.source_bytes == path.stat().st_size
    assert (picture.format, picture.mode, picture.frames) == ("PNG", "RGB", 1)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "TGA", "WEBP", "PPM", "PCX", "QOI"])
def test_lossless_formats_give_back_rgb(format):
    options = {"lossless": True} if format == "WEBP" else {}
    assert (read(saved(RGB, format, **options)).pixels == RGB).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF", "TGA", "WEBP", "ICO"])
def test_lossless_formats_give_back_alpha(format):
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    array = gradient(48, 48)
    options |= {"sizes": [(48, 48)]} if format == "ICO" else {}
    assert (read(saved(array, format, **options)).pixels == cleared(array)).all()


def icon(*pictures):
    """An ICO of 16 x 16 pixels: of each picture the bits that its entry tells, and its bytes."""
    place, entries = 6 + 16 * len(pictures), b""
    for bits, data in pictures:
        entries += struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, bits, len(data), place)
        place += len(data)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(data for _, data in pictures)


def bitmap(pixels, clear, colors=None):
    """As it stands in an ICO: (16, 16, 4) RGBA pixels or (16, 16) indices into (256, 3) colours, and a mask."""
    rows = pixels[::-1, :, [2, 1, 0, 3]] if colors is None else pixels[::-1]
    table = b"" if colors is None else np.pad(colors[:, ::-1], ((0, 0), (0, 1))).tobytes()
    mask = np.pad(np.packbits(clear[::-1], axis=1), ((0, 0), (0, 2))).tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, 16, 32, 1, 32 if colors is None else 8, 0, 0, 0, 0, 0, 0)
    return head + table + rows.tobytes() + mask


def test_an_icon_is_its_deepest_picture():
    """As browsers show it: favicons have each size several times, for old screens."""
    fine, clear = gradient(16, 16), np.zeros((16, 16), bool)
    coarse = (8, bitmap(fine[..., 0], clear, fine.reshape(256, 4)[:, :3]))
    for bits in (32, 0):  # some programs do not tell
        for pictures in ((coarse, (bits, bitmap(fine, clear))), ((bits, bitmap(fine, clear)), coarse)):
            assert (read(icon(*pictures)).pixels == cleared(fine)).all()


def test_an_icon_without_alpha_is_clear_where_its_mask_says_so():
    fine, clear = gradient(16, 16), np.arange(256).reshape(16, 16) % 3 == 0
    expected = cleared(np.dstack([fine[..., :3], np.where(clear, 0, 255)]))
    fine[..., 3] = 0
    assert (read(icon((32, bitmap(fine, clear)))).pixels == expected).all()


def test_a_png_in_an_icon_is_read_as_one():
    image = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16) % 4)
    image.putpalette(RGB.reshape(-1, 3)[:4].tobytes())
    data = saved(image, "PNG", transparency=bytes([0, 100, 255]))
    picture = read(icon((8, data)))
    assert same_pixels(picture, read(data))
    assert picture.has_alpha
    assert (picture.format, picture.source_bytes) == ("ICO", len(data) + 22)


def test_an_icon_of_nothing_is_refused():
    assert "no picture" in refusal(icon())


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_comes_close():
    smooth = np.dstack([*np.mgrid[0:64, 0:96].astype(np.uint8) * 2, np.full((64, 96), 90), np.full((64, 96), 255)])
    smooth[20:40, 20:40, 3] = 0
    picture = read(saved(smooth.astype(np.uint8), "AVIF", quality=95))
    visible = smooth[..., 3] > 0
    assert np.abs(picture.pixels.astype(int) - smooth)[visible].mean() < 3
    assert ((picture.pixels[..., 3] > 0) == visible).mean() > 0.99


@pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")
def test_jpeg_2000_without_loss():
    assert (read(saved(RGBA, "JPEG2000")).pixels == cleared(RGBA)).all()


def test_one_bit():
    bits = np.random.default_rng(0).integers(0, 2, (9, 13)).astype(bool)
    for format in ("PNG", "TIFF", "BMP", "PPM", "GIF"):
        image = Image.fromarray(bits)
        assert (read(saved(image, format)).pixels == (bits * 255)[..., np.newaxis]).all(), format
        assert (read(image).pixels == (bits * 255)[..., np.newaxis]).all()


def test_grey_and_alpha():
    expected = np.dstack([RGBA[..., :1].repeat(3, axis=2), RGBA[..., 3]])
    for format in ("PNG", "TIFF"):
        assert (read(saved(RGBA[..., [0, 3]], format)).pixels == cleared(expected)).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_rounded(format):
    levels = np.arange(0, 65536, 7, dtype=np.uint16)[: 96 * 97].reshape(96, 97)
    expected = np.floor(levels / 257 + 0.5)
    assert (read(saved(levels, format)).pixels[..., 0] == expected).all()


def test_16_bit_colour_is_its_higher_bytes():
    rows = b"".join(b"\0" + bytes([1, 255, 2, 254, 3, y]) for y in range(4))
    assert (read(png_of((1, 4, 16, png.RGB), zlib.compress(rows))).pixels == [1, 2, 3]).all()


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_colour_key_of_16_bits_is_one_colour(interlaced):
    """Against the specification, 11.3.1.1: samples of 16 bits are compared as they are."""
    samples = np.array([0x1234, 0x5678, 0x9ABC]) + np.arange(3) * np.arange(25)[:, np.newaxis]
    rows = samples.reshape(5, 5, 3)
    passes = png_oracle.ADAM7 if interlaced else ((0, 0, 1, 1),)
    parts = [row for x, y, dx, dy in passes for row in rows[y::dy, x::dx] if row.size]
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in parts)
    key = png.chunk(b"tRNS", samples[7].astype(">u2").tobytes())
    pixels = read(png_of((5, 5, 16, png.RGB, interlaced), zlib.compress(raw), key)).pixels.reshape(25, 4)
    assert np.flatnonzero(pixels[:, 3] == 0).tolist() == [7]
    assert (np.delete(pixels, 7, axis=0) == [*np.array([0x12, 0x56, 0x9A]), 255]).all()


def test_float_tiff_is_clipped():
    values = np.array([[-1, 0, 0.5, 1, 7]], np.float32)
    assert read(saved(values, "TIFF")).pixels[0, :, 0].tolist() == [0, 0, 128, 255, 255]


@pytest.mark.parametrize("kind", ["f4", "i2", "i4"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_deep_tiff_reads_alike_in_both_orders_of_bytes(kind, compression):
    """Samples that libtiff unpacks are in the machine's order, whatever that of the file is."""
    tifffile = pytest.importorskip("tifffile")
    unit = 1 / 128 if kind == "f4" else 330
    values = np.arange(99).reshape(9, 11) * unit
    expected = np.floor(values * (255 if kind == "f4" else 1 / 257) + 0.5)
    for order in "<>":
        file = io.BytesIO()
        tifffile.imwrite(file, values.astype(kind), byteorder=order, compression=compression, photometric="minisblack")
        assert (read(file.getvalue()).pixels == expected[..., np.newaxis]).all(), order


def test_float_tiff_with_nan_is_refused():
    assert "NaN" in refusal(saved(np.array([[0.5, np.nan]], np.float32), "TIFF"))


def test_32_bit_tiff_of_16_bit_values_is_read_and_others_are_refused():
    assert read(saved(np.array([[0, 65535]], np.int32), "TIFF")).pixels[0, :, 0].tolist() == [0, 255]
    assert "-1..65535" in refusal(saved(np.array([[-1, 65535]], np.int32), "TIFF"))


def test_cmyk_is_what_the_inks_leave():
    inks = (
        np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 128, 255, 64]]], np.uint8)
        .repeat(16, 0)
        .repeat(16, 1)
    )
    expected = np.round((1 - inks[..., :3] / 255) * (1 - inks[..., 3:] / 255) * 255)
    for format, tolerance in (("TIFF", 1), ("JPEG", 6)):  # JPEG as Adobe writes it, inverted
        options = {"quality": 100} if format == "JPEG" else {}
        pixels = read(saved(Image.frombytes("CMYK", (64, 16), inks.tobytes()), format, **options)).pixels
        assert np.abs(pixels - expected).max() <= tolerance, format


def test_palettes_and_their_transparency():
    indices = (np.arange(48).reshape(6, 8) % 5).astype(np.uint8)
    colors = RGB[5:10, 7]
    image = Image.fromarray(indices)
    image.putpalette(colors.tobytes())
    assert (read(saved(image, "PNG")).pixels == colors[indices]).all()
    for alpha, format in ((bytes([0, 80, 255, 1]), "PNG"), (2, "PNG"), (2, "GIF")):
        entries = np.full(5, 255, np.uint8)
        if isinstance(alpha, int):
            entries[alpha] = 0
        else:
            entries[: len(alpha)] = list(alpha)
        expected = cleared(np.dstack([colors[indices], entries[indices]]))
        assert (read(saved(image, format, transparency=alpha)).pixels == expected).all()
        image.info["transparency"] = alpha
        assert (read(image).pixels == expected).all()
        del image.info["transparency"]


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_colour_key_in_grey_png(depth, interlaced):
    """Against the specification: the samples that equal the key are transparent."""
    levels = 1 << depth
    key = levels // 2
    rows = np.arange(64, dtype=np.int64).reshape(8, 8) * levels // 64
    bits = (rows[..., np.newaxis] >> np.arange(depth)[::-1]) & 1
    passes = png_oracle.ADAM7 if interlaced else ((0, 0, 1, 1),)
    raw = b"".join(b"\0" + np.packbits(row.ravel()).tobytes() for x, y, dx, dy in passes for row in bits[y::dy, x::dx])
    transparent = png.chunk(b"tRNS", key.to_bytes(2, "big"))
    data = png_of((8, 8, depth, png.GREY, interlaced), zlib.compress(raw), transparent)
    grey = np.floor(rows * 255 / (levels - 1) + 0.5)
    expected = cleared(np.dstack([grey, grey, grey, np.where(rows == key, 0, 255)]))
    assert (read(data).pixels == expected).all()


@pytest.mark.parametrize("orientation", range(10))
def test_exif_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for format in ("PNG", "JPEG", "WEBP", "TIFF"):
        options = {"PNG": {}, "JPEG": {"quality": 95}, "WEBP": {"lossless": True}, "TIFF": {}}[format]
        data = saved(RGB, format, exif=exif, **options)
        expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
        assert (read(data).pixels == expected).all(), format
        assert expected.shape[0] == (RGB.shape[1] if 5 <= orientation <= 8 else RGB.shape[0])


def test_animations_give_their_first_frame_and_their_number():
    for name, frames in (("gif-animated", 2), ("png-animated", 3), ("webp-animated", 3)):
        assert read(CORPUS[name]).frames == frames
    assert read(CORPUS["jpeg-mpo"]).frames == 1
    assert (read(CORPUS["png-animated"]).pixels == gradient(24, 18)[..., :3]).all()


def test_resolution_survives_and_turns_with_the_picture():
    assert read(saved(RGB, "PNG", dpi=(300, 150))).resolution == pytest.approx((300, 150), abs=0.02)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read(saved(RGB, "JPEG", dpi=(300, 150), exif=exif)).resolution == (150, 300)
    assert read(saved(RGB, "PNG")).resolution is None
    assert read(RGB).resolution is None


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP", "WEBP", "AVIF"])
def test_resolution_of_every_format_survives_into_png_and_webp(format):
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 300.0 / 2.54, 150.0 / 2.54, 3  # dots per centimetre
    given = {"exif": exif} if format in ("WEBP", "AVIF") else {"dpi": (300, 150)}
    picture = read(saved(RGB, format, **given))
    assert picture.resolution == pytest.approx((300, 150), rel=1e-3)
    for name in ("png", "webp"):
        result = quantize(picture, k=4).encode(name)
        assert read(result).resolution == pytest.approx((300, 150), rel=1e-3)
    if format in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        described = Image.Exif()
        described[0x010E] = "a description"
        assert read(saved(RGB, format)).resolution is None
        assert read(saved(RGB, format, exif=described)).resolution is None


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_resolution_is_turned_as_pixels_are(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[282], exif[283], exif[296] = 204.0, 98.0, 2  # as of a fax
    picture = read(saved(RGB, format, exif=exif, dpi=(204, 98)))
    turned = picture.pixels.shape != RGB.shape
    assert turned == (orientation >= 5)
    assert picture.resolution == pytest.approx((98, 204) if turned else (204, 98), rel=1e-3)


def test_metadata_is_kept_on_request_only():
    info = Image.Exif()
    info[0x0112] = 6
    info[0x010E] = "a description"
    extra = png_text({"Title": "naïve", "Long": "x" * 2000})
    data = saved(RGB, "PNG", exif=info, pnginfo=extra)
    assert read(data).metadata.exif is None
    assert read(data).metadata.text == ()
    kept = read(data, keep_metadata=True).metadata
    exif = Image.Exif()
    exif.load(kept.exif)
    assert exif[0x010E] == "a description"
    assert 0x0112 not in exif
    assert kept.text == (("Title", "naïve"), ("Long", "x" * 2000))


def test_texts_of_one_keyword_are_all_kept():
    """Keywords may be repeated (PNG specification, 11.3.3.1)."""
    texts = (("Comment", "one"), ("Title", "two"), ("Comment", "three"))
    chunks = (png.chunk(b"tEXt", f"{keyword}\0{value}".encode()) for keyword, value in texts)
    data = png_of((1, 1, 8, png.GREY), zlib.compress(b"\0\0"), *chunks)
    picture = read(data, keep_metadata=True)
    assert picture.metadata.text == texts
    assert read(quantize(picture, k=1).encode("png"), keep_metadata=True).metadata.text == texts


def test_a_pillow_image_stays_as_it_is():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    with Image.open(io.BytesIO(saved(RGB, "JPEG", exif=exif))) as image:
        first, second = (read(image, keep_metadata=True) for _ in range(2))
        assert dict(image.getexif()) == dict(exif)
    assert same_pixels(first, second)
    assert first.pixels.shape == (64, 48, 3)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_survives_into_the_result(format):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    picture = read(saved(RGB, format, exif=exif), keep_metadata=True)
    result = quantize(picture, k=4)
    for name in ("png", "webp"):
        with Image.open(io.BytesIO(result.encode(name))) as image:
            assert dict(image.getexif()) == {0x010E: "a description"}


def test_xmp_survives_into_the_result():
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    for format in ("JPEG", "WEBP", "PNG"):
        info = {"pnginfo": png_text({"XML:com.adobe.xmp": packet.decode()})} if format == "PNG" else {"xmp": packet}
        assert read(saved(RGB, format, **info), keep_metadata=True).metadata.xmp == packet
        assert read(saved(RGB, format, **info)).metadata.xmp is None


def xmp_packet(orientation):
    return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description tiff:Orientation=\"{orientation}\"/></x:xmpmeta>"


def raw_exif(orientation):
    """EXIF as ImageMagick writes it into a text chunk."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "a description"
    data = exif.tobytes()
    return f"\nexif\n{len(data):8}\n{data.hex()}\n"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_an_orientation_in_xmp_counts_and_is_reset(format):
    info = {"pnginfo": png_text({"XML:com.adobe.xmp": xmp_packet(6)})}
    info = info if format == "PNG" else {"xmp": xmp_packet(6).encode()}
    data = saved(RGB, format, lossless=True, **info)
    picture = read(data, keep_metadata=True)
    assert (picture.pixels == np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))).all()
    assert picture.pixels.shape[:2] == RGB.shape[1::-1]
    assert b"rdf:Description" in picture.metadata.xmp
    assert_upright(quantize(picture, k=4))


def test_exif_in_a_text_chunk_counts_and_is_reset():
    data = saved(RGB, "PNG", pnginfo=png_text({"Raw profile type exif": raw_exif(6), "Title": "kept"}))
    picture = read(data, keep_metadata=True)
    assert (picture.pixels == np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))).all()
    assert picture.metadata.text == (("Title", "kept"),)
    exif = Image.Exif()
    exif.load(picture.metadata.exif)
    assert dict(exif) == {0x010E: "a description"}
    assert_upright(quantize(picture, k=4))


def assert_upright(result):
    for name in ("png", "webp"):
        with Image.open(io.BytesIO(result.encode(name))) as image:
            assert image.getexif().get(0x0112, 1) == 1


def test_of_two_orientations_the_last_counts_as_in_pillow():
    blocks = []
    for orientation in (3, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        blocks.append(png.chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    data = png_with(*blocks)
    assert (read(data).pixels == np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))).all()


def png_text(pairs):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for keyword, value in pairs.items():
        info.add_text(keyword, value, zip=len(value) > 1000)
    return info


# -- colour profiles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_display_p3_becomes_srgb(format, mode):
    """Against the published matrices, in NumPy: within two levels of what LittleCMS gives."""
    profile = samples.rgb_profile(samples.P3_PRIMARIES, 2.2)
    image = Image.fromarray(RGB).quantize(50) if mode == "P" else Image.fromarray(RGBA).convert(mode)
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    picture = read(saved(image, format, icc_profile=profile, **options))
    source = np.asarray(image.convert("RGBA")) / 255
    matrix = np.linalg.inv(samples.to_xyz(samples.SRGB_PRIMARIES)) @ samples.to_xyz(samples.P3_PRIMARIES)
    expected = samples.srgb_encoded((source[..., :3] ** 2.2) @ matrix.T) * 255
    visible = source[..., 3] > 0
    assert np.abs(full(picture)[..., :3] - expected)[visible].max() <= 2
    assert (full(picture)[..., 3] == source[..., 3] * 255).all()
    assert picture.metadata.profile is None


def test_a_profile_that_is_kept_goes_into_no_gif():
    profile = samples.rgb_profile(samples.P3_PRIMARIES, 2.2)
    still = saved(RGB, "PNG", icc_profile=profile)
    moving = saved(RGB, "PNG", icc_profile=profile, save_all=True, append_images=[Image.fromarray(255 - RGB)])
    for data in (still, moving):
        kept = quantize(read_whole(data, keep_profile=True), k=4)
        assert read(kept.encode("png"), keep_profile=True).metadata.profile == profile
        with pytest.raises(ValueError, match="GIF holds no colour profile"):
            kept.encode("gif")
        assert quantize(data, k=4).encode("gif").startswith(b"GIF8")


def test_a_profile_is_kept_on_request():
    profile = samples.rgb_profile(samples.P3_PRIMARIES, 2.2)
    picture = read(saved(RGB, "PNG", icc_profile=profile), keep_profile=True)
    assert (picture.pixels == RGB).all()
    assert picture.metadata.profile == profile


def test_another_wording_of_srgb_changes_nothing():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (read(saved(RGB, "PNG", icc_profile=profile)).pixels == RGB).all()


def test_a_profile_that_is_srgb_but_for_one_level_is_applied():
    levels = np.arange(256, dtype=np.uint8)
    ramp = np.repeat(levels, 3).reshape(1, 256, 3)
    curve = samples.srgb_decoded(levels / 255)
    assert (read(saved(ramp, "PNG", icc_profile=srgb_by(curve))).pixels == ramp).all()
    curve[100] = curve[200]
    expected = np.where(ramp == 100, 200, ramp.astype(int))
    assert np.abs(read(saved(ramp, "PNG", icc_profile=srgb_by(curve))).pixels - expected).max() <= 1


def srgb_by(curve):
    return samples.rgb_profile_of(samples.SRGB_PRIMARIES, samples.curve_tag(curve))


def test_a_grey_profile():
    picture = read(saved(RGB[..., 0], "TIFF", icc_profile=samples.grey_profile(1.0)))
    expected = samples.srgb_encoded(RGB[..., :1] / 255) * 255
    assert np.abs(picture.pixels - expected).max() <= 1.5


def test_a_cmyk_profile():
    ramp = np.arange(256, dtype=np.uint8)
    none = np.zeros(256, np.uint8)
    inks = np.stack([np.stack(row, axis=1) for row in ((none, none, none, ramp), (ramp, ramp, ramp, none))])
    image = Image.frombytes("CMYK", (256, 2), inks.tobytes())
    picture = read(saved(image, "TIFF", icc_profile=samples.cmyk_profile()))
    nodes = inks / 255
    lightness = 100 * (1 - nodes[..., :3].mean(axis=2)) * (1 - nodes[..., 3])
    linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    expected = samples.srgb_encoded(linear)[..., np.newaxis] * 255
    assert np.abs(picture.pixels - expected).max() <= 4


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("profile", [b"", b"no profile", samples.grey_profile(2.2), samples.cmyk_profile()])
def test_a_profile_that_does_not_fit_is_ignored(mode, profile):
    image = Image.fromarray(RGB).convert(mode)
    fits = {"L": b"GRAY", "CMYK": b"CMYK"}.get(mode)
    if fits and profile[16:20] == fits:
        pytest.skip("it fits")
    assert (read(saved(image, "TIFF", icc_profile=profile)).pixels == np.asarray(image.convert("RGB"))).all()


def png_with(*chunks, depth=8, kind=2):
    rows = b"".join(b"\0" + row.tobytes() for row in RGB)
    return png_of((RGB.shape[1], RGB.shape[0], depth, kind), zlib.compress(rows), *chunks)


def numbers(*values):
    return b"".join(round(value * 100_000).to_bytes(4, "big") for value in values)


SRGB_XY = numbers(*(value for point in samples.SRGB_PRIMARIES for value in point))
P3_XY = numbers(*(value for point in samples.P3_PRIMARIES for value in point))


@pytest.mark.parametrize(
    ("chunks", "carried"),
    [
        ({b"gAMA": numbers(0.45455)}, []),
        ({b"gAMA": numbers(0.45), b"cHRM": SRGB_XY}, []),
        ({b"gAMA": numbers(1.0)}, [b"gAMA"]),
        ({b"gAMA": numbers(0.45455), b"cHRM": P3_XY}, [b"gAMA", b"cHRM"]),
        ({b"gAMA": numbers(1.0), b"sRGB": b"\0"}, []),
        ({b"gAMA": numbers(0)}, []),
        ({b"gAMA": numbers(1.0), b"cHRM": b"short"}, [b"gAMA"]),
        ({b"cICP": bytes([12, 13, 0, 1])}, [b"cICP"]),
        ({b"cICP": bytes([1, 13, 0, 1]), b"gAMA": numbers(1.0)}, []),
        ({b"cICP": b"bad"}, []),
    ],
)
def test_png_colour_chunks_change_no_pixel_and_are_carried(chunks, carried):
    picture = read(png_with(*(png.chunk(*item) for item in chunks.items())))
    assert (picture.pixels == RGB).all()
    assert [kind for kind, _ in picture.metadata.color_chunks] == carried
    assert all(chunks[kind] == body for kind, body in picture.metadata.color_chunks)


# -- hostile input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in CORPUS if "png" in name))
def test_a_png_reads_alike_unpacked_before_or_by_pillow(name, monkeypatch):
    picture = read(CORPUS[name])
    parsed = png.Png.parse(CORPUS[name])
    assert zlib.decompress(b"".join(parsed.stored().image_data)) == zlib.decompress(b"".join(parsed.image_data))
    monkeypatch.setattr(png, "_MAX_STORED", 0)
    assert parsed.stored() is None
    assert (read(CORPUS[name]).pixels == picture.pixels).all()


def test_only_sound_image_data_are_unpacked_before():
    data = saved(RGB, "PNG")
    parsed = png.Png.parse(data)
    (packed,) = parsed.image_data
    for wrong in (packed[:-1] + bytes([packed[-1] ^ 1]), packed[:-20], zlib.compress(zlib.decompress(packed)[:-1])):
        assert replace(parsed, image_data=(wrong,)).stored() is None
    black = png.Png.parse(saved(np.zeros_like(RGB), "PNG"))
    short = zlib.compress(zlib.decompress(b"".join(black.image_data))[:-1])
    assert refusal(replace(black, image_data=(short,)).cleaned())


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_truncated_files_are_refused_or_whole(name):
    """A file cut anywhere either says so or gives all its pixels (what was cut was no pixel data)."""
    data = CORPUS[name]
    whole = read(data).pixels
    for length in range(0, len(data), max(1, len(data) // 40)):
        try:
            pixels = read(data[:length]).pixels
        except ReadError as error:
            assert_one_line(error)
        else:
            assert pixels.shape == whole.shape
            assert "png" not in name


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_flipped_bits_are_refused_or_read(name):
    chance = np.random.default_rng(len(name))
    for _ in range(25):
        data = bytearray(CORPUS[name])
        for position in chance.integers(0, len(data), 1 + chance.integers(3)):
            data[position] ^= 1 << chance.integers(8)
        try:
            picture = read(bytes(data), max_pixels=10_000_000)
        except ReadError as error:
            assert_one_line(error)
        else:
            assert isinstance(picture, Picture)


def test_a_corrupt_picture_says_nothing_on_stderr(tmp_path):
    """In a process of its own, as libtiff and Pillow's logger write to the descriptor itself."""
    for name in ("tiff-group4", "tiff-tiff_lzw", "tiff-jpeg", "tiff-animated", "png-animated", "jpeg-mpo", "gif-p"):
        data = bytearray(CORPUS.get(name, CORPUS["tiff-rgb"]))
        for i in range(0, len(data), 7):
            damaged = data.copy()
            damaged[i] ^= 0xFF
            (tmp_path / f"{name}-{i}").write_bytes(damaged)
    code = """
import sys
from pathlib import Path
from huepress import HuepressError, read_whole
for path in Path(sys.argv[1]).iterdir():
    try:
        read_whole(path)
    except HuepressError:
        pass
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_bombs_are_refused_by_their_headers():
    for width, height in ((65536, 65536), (2**31 - 1, 2800), (10_001, 10_000)):
        assert f"{width} x {height}" in refusal(png_of((width, height, 8, png.RGB), b"x"))
    bmp = bytearray(saved(RGB, "BMP"))
    bmp[18:26] = (65536).to_bytes(4, "little") * 2
    assert "65536 x 65536" in refusal(bytes(bmp))
    assert "2000000 x 3000000" in refusal(b"P6 2000000 3000000 255\n" + b"\0" * 100)


def test_a_jpeg_made_to_take_long_is_refused():
    progressive = saved(RGB, "JPEG", progressive=True)
    start = progressive.rindex(b"\xff\xda")
    scan = progressive[start:-2]
    assert read(progressive[:start] + scan * 20 + progressive[-2:]).pixels.shape == RGB.shape
    assert "scans" in refusal(progressive[:start] + scan * 1000 + progressive[-2:])
    for filling in (b"\xff", b"a", b"\xff\xe1\0\2"):
        first, rest = progressive[:20], progressive[20:]  # behind the segment of JFIF
        assert read(first + filling * 1000 + rest).pixels.shape == RGB.shape
        assert "segments" in refusal(first + filling * 2_000_000 + rest)


def test_a_ppm_made_to_take_long_is_refused(monkeypatch):
    pixels = RGB.tobytes()
    header = b"P6 #a\n%d # comment\r %d\n#b\n255\n" % RGB.shape[1::-1]
    assert (read(header + pixels).pixels == RGB).all()
    assert "header" in refusal(header.replace(b"comment", b"c" * 100_000) + pixels)
    assert "header" in refusal(b"P6" + b" " * 100_000 + b"64 48 255\n" + pixels)
    plain = b"P3 9 9 255 " + b"1 " * 250
    assert read(plain).pixels.max() == 1
    monkeypatch.setattr(screening, "_MAX_PLAIN_PPM", 500)
    assert "plain text" in refusal(plain)


def test_sides_beyond_all_reason_are_refused():
    for size in ((100_000_000, 1), (1, 100_000_000)):
        assert "a side of 100,000,000 pixels" in refusal(png_of((*size, 8, png.RGB), b"x"))


def test_a_pcx_without_its_palette_is_refused():
    data = saved(Image.fromarray(RGB).quantize(200), "PCX")
    assert read(data).pixels.shape == RGB.shape
    assert "palette" in refusal(data[:-769])


def test_the_limits_are_those_asked_for():
    data = saved(RGB, "PNG")
    assert read(data, max_pixels=RGB.shape[0] * RGB.shape[1], max_bytes=len(data)).pixels.shape == RGB.shape
    assert "over the limit" in refusal(data, max_pixels=RGB.shape[0] * RGB.shape[1] - 1)
    assert "max_bytes" in refusal(data, max_bytes=len(data) - 1)
    assert "over the limit" in refusal(RGB, max_pixels=100)
    with pytest.raises(ReadError) as caught:
        read(RGB, max_pixels=100)
    told = pickle.loads(pickle.dumps(caught.value))  # as a pool of processes brings it home
    assert (type(told), str(told), told.pixels) == (type(caught.value), str(caught.value), RGB.shape[0] * RGB.shape[1])
    assert "over the limit" in refusal(Image.fromarray(RGB), max_pixels=100)


def test_more_pixels_than_pillow_allows_are_read_if_asked_for(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for name in ("png-rgb", "jpeg-rgb", "bmp-rgb", "ppm-rgb"):
        assert read(CORPUS[name]).pixels.shape[2] == 3
    assert "MAX_IMAGE_PIXELS" in refusal(CORPUS["tiff-rgb"])
    assert Image.MAX_IMAGE_PIXELS == 100


def test_endless_streams_end():
    class Endless(io.RawIOBase):
        def __init__(self, head):
            self.head, self.given = head, 0

        def read(self, size=-1):
            assert size >= 0, "an endless stream must be read with a limit"
            data, self.head = self.head[:size], self.head[size:]
            self.given += size
            return data + b"\0" * (size - len(data))

    stream = Endless(b"")
    assert "no picture" in refusal(stream)
    assert stream.given < 100_000
    assert "max_bytes" in refusal(Endless(saved(RGB, "JPEG")), max_bytes=1_000_000)


def test_a_stream_may_give_less_than_is_asked_for():
    class Slow(io.RawIOBase):
        def __init__(self, data):
            self.data = data

        def read(self, size=-1):
            piece, self.data = self.data[:3], self.data[3:]
            return piece

    assert (read(Slow(saved(RGB, "PNG"))).pixels == RGB).all()
    assert "empty" in refusal(Slow(b""))


def test_streams_that_cannot_be_read_are_named(tmp_path):
    class Failing(io.RawIOBase):
        name = "tape"

        def __init__(self, found):
            self.found = found

        def read(self, size=-1):
            if isinstance(self.found, OSError):
                raise self.found
            return self.found

    assert refusal(Failing(OSError(5, "Input/output error"))) == "tape: cannot be read (Input/output error)"
    assert refusal(Failing(None)).startswith("tape: cannot be read (it does not wait")
    with (tmp_path / "a.png").open("wb") as file:
        assert "a.png: cannot be read" in refusal(file)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_file_opened_as_text_is_named(tmp_path, encoding):
    path = tmp_path / "a.png"
    path.write_bytes(saved(RGB, "PNG"))
    with path.open(encoding=encoding) as file, pytest.raises(TypeError, match=r"a\.png must be opened in binary mode"):
        read(file)


def test_a_view_of_memory_need_not_be_contiguous():
    apart = np.repeat(np.frombuffer(saved(RGB, "PNG"), np.uint8), 2)
    assert (read(memoryview(apart)[::2]).pixels == RGB).all()


def test_many_texts_that_explode_are_kept_to_a_bound():
    text = zlib.compress(b"a" * 1_000_000, 9)
    data = png_with(*(png.chunk(b"zTXt", b"name %d" % number, b"\0\0", text) for number in range(100)))
    assert 0 < sum(len(value) for _, value in read(data, keep_metadata=True).metadata.text) < 20_000_000


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_chunks_that_explode_are_left_out(kind):
    bomb = zlib.compress(b"\0" * 40_000_000, 9)
    middle = b"\0\1\0\0\0" if kind == b"iTXt" else b"\0\0"
    data = png_with(png.chunk(kind, b"name", middle, bomb))
    picture = read(data, keep_metadata=True, keep_profile=True)
    assert (picture.pixels == RGB).all()
    assert (picture.metadata.text, picture.metadata.profile) == ((), None)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "empty"),
        (b"hello", "no picture"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf  <SVG/>", "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\x1f\x8b\x08", "SVGZ"),
        (png.SIGNATURE, "truncated"),
        (b"GIF89a", "damaged or incomplete (it ends early)"),
    ],
)
def test_other_files_are_named_with_what_to_do(data, text):
    assert text in refusal(data)


@pytest.mark.parametrize("name", ["new\nline.png", "esc\x1b[31m.png", "tab\t.png", "nul\0.png", "bad\udcff.png"])
def test_names_cannot_break_the_line(tmp_path, name):
    assert "cannot be read" in refusal(f"{tmp_path}/{name}")
    assert "no picture" in refusal(b"hello", name=printable(name))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_pipes_are_read_and_never_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "empty" in refusal(pipe)
    open_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # else who writes between two tries has no one to write to
    with subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'wb').write({saved(RGB, 'PNG')!r})"]) as writer:
        picture = None
        while picture is None and not writer.returncode:
            writer.poll()
            with contextlib.suppress(ReadError):  # the writer has not come yet
                picture = read(pipe)
    os.close(open_end)
    assert writer.returncode == 0
    assert (picture.pixels == RGB).all()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev")
def test_devices_are_not_opened():
    for name in ("zero", "null", "tty", "random"):
        assert "it is a device" in refusal(f"/dev/{name}")


def test_folders_and_missing_files_are_refused(tmp_path):
    assert "directory" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "missing.png")


def test_threads_leave_the_filters_of_warnings_as_they_were():
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [read(data) for data in CORPUS.values()]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


# -- PNG as libpng reads it ----------------------------------------------------------------------------------


def without(data, *kinds):
    return png.joined(png.chunk(kind, body) for kind, body in png_oracle.chunks(data) if kind not in kinds)


INDEXED = saved(Image.fromarray(RGB).quantize(9), "PNG")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (without(INDEXED, b"PLTE"), "palette"),
        (without(INDEXED, b"IDAT"), "no image data"),
        (without(INDEXED, b"IHDR"), "header"),
        (without(INDEXED, b"IEND"), "truncated"),
        (png_with(png.chunk(b"IHDR", png.header(1, 1, 8, 2))), "two IHDR"),
        (png_with(png.chunk(b"ABCD", b"")), "unknown chunk"),
        (png_with(png.chunk(b"a1cd", b"")), "valid type"),
        (png_with().replace(b"IDAT", b"IDAT\1", 1), "IDAT"),
        (png_with(depth=3), "3 bits"),
        (png_with(depth=4), "4 bits"),
        (png_with(kind=5), "colour type 5"),
        (png_with(kind=6), "damaged or incomplete"),
    ],
)
def test_damage_that_libpng_refuses_is_refused(data, text):
    assert text in refusal(data)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 7, 8])
def test_image_data_that_end_early_are_refused(interlaced, rows):
    """The stream is sound, only short: Pillow would leave the missing rows black."""
    raw = (b"\0" + b"\xff" * 24) * rows
    assert "damaged or incomplete" in refusal(png_of((8, 9, 8, png.RGB, interlaced), zlib.compress(raw)))


def test_black_and_transparent_pictures_are_complete():
    for channels in (1, 2, 3, 4):
        array = np.zeros((9, 8, channels), np.uint8)
        image = Image.fromarray(array[..., 0] if channels == 1 else array)
        assert not read(saved(image, "PNG")).pixels.any()


def test_damage_beside_the_pixels_is_passed_over():
    broken = png.chunk(b"tEXt", b"key\0value")[:-1] + b"?"
    for chunks in ([broken], [png.chunk(b"tRNS", b"odd")], [png.chunk(b"pHYs", b"")], [png.chunk(b"eXIf", b"bad")]):
        assert (read(png_with(*chunks), keep_metadata=True).pixels == RGB).all()
    assert (read(png_with() + b"trailing").pixels == RGB).all()


def test_indices_beyond_the_palette_are_black():
    raw = zlib.compress(b"\0\0\1\2\3")
    data = png_of((4, 1, 8, png.INDEXED), raw, png.chunk(b"PLTE", bytes([9, 8, 7, 6, 5, 4])))
    assert read(data).pixels[0].tolist() == [[9, 8, 7], [6, 5, 4], [0, 0, 0], [0, 0, 0]]


# -- collections ---------------------------------------------------------------------------------------------


@with_pictures
def test_pngsuite_against_the_specification():
    read_count = 0
    for path in sorted((PICTURES / "conformance/pngsuite").rglob("*.png")):
        if path.name.startswith("x"):
            assert refusal(path)
            continue
        data = path.read_bytes()
        exact = png_oracle.decode(data) * 255
        deep_colour = data[24] == 16 and data[25] != 0
        expected = np.floor(exact * 65535 / 255 / 256 + 1e-6) if deep_colour else np.floor(exact + 0.5)
        expected = expected.astype(np.uint8)
        assert (full(read(path)) == cleared(expected)).all(), path.name
        read_count += 1
    assert read_count > 150


@with_pictures
def test_exif_examples_all_look_alike():
    for kind in ("Landscape", "Portrait"):
        folder = PICTURES / "conformance/exif-orientation"
        first = read(folder / f"{kind}_1.jpg")
        for path in folder.glob(f"{kind}_[2-8].jpg"):
            other = read(path)
            assert other.pixels.shape == first.pixels.shape, path.name
            assert np.abs(other.pixels.astype(int) - first.pixels).mean() < 12, path.name


@with_pictures
def test_a_profile_that_swaps_channels_is_applied():
    """The words of the test picture name their colours once its profile is applied."""
    for path in (PICTURES / "conformance/wide-gamut").glob("rgb-to-gbr-test.*"):
        plain = np.asarray(Image.open(path).convert("RGB")).astype(int)
        converted = read(path).pixels.astype(int)
        swapped = plain[..., [2, 0, 1]]
        assert np.abs(converted - swapped).mean() < np.abs(converted - plain).mean()
