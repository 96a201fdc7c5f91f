import io
import shutil
import subprocess
import zlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import png_oracle
import samples
from huepress import contents
from huepress import encode as encode_module
from huepress.encode import Draft, encode
from huepress.formats import png
from huepress.formats.names import format_of
from huepress.formats.png_layout import Layout, has_ramps
from huepress.image import read
from huepress.indexed import IndexedPicture
from huepress.metadata import Metadata
from huepress.palette import Palette
from samples import decoded

PNGCHECK = shutil.which("pngcheck")


@dataclass
class Example:
    """A picture to encode, as hypothesis draws it."""

    colors: np.ndarray
    indices: np.ndarray
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def palette(self):
        return SimpleNamespace(colors=self.colors)

    @property
    def rgba(self):
        rgba = np.full((len(self.colors), 4), 255, np.uint8)
        rgba[:, : self.colors.shape[1]] = self.colors
        return rgba[self.indices]


def example(k, height, width, *, alpha=False, grey=False, seed=0, **metadata):
    chance = np.random.default_rng(seed)
    colors = chance.integers(0, 256, (k, 4 if alpha else 3), dtype=np.uint8)
    if grey:
        colors[:, 1:3] = colors[:, :1]
    if alpha:
        colors[:, 3] = np.where(chance.random(k) < 0.5, 255, colors[:, 3])
    indices = chance.integers(0, k, (height, width)).astype(np.uint8)
    return Example(colors, indices, Metadata(**metadata))


examples = st.builds(
    example,
    st.one_of(st.integers(1, 17), st.integers(1, 256)),
    st.integers(1, 300),
    st.integers(1, 300),
    alpha=st.booleans(),
    grey=st.booleans(),
    seed=st.integers(0, 2**32),
)


def chunks(data):
    return dict(reversed(list(png_oracle.chunks(data))))


def assert_valid(data):
    """By the checker of the PNG reference library, where it is installed."""
    if PNGCHECK:
        done = subprocess.run([PNGCHECK, "-q"], input=data, capture_output=True)
        assert done.returncode == 0, done.stdout


@settings(max_examples=60, deadline=None)
@given(examples)
def test_png_decodes_to_what_was_written(picture):
    data = encode(picture, "png")
    assert (decoded(data) == picture.rgba).all()
    assert_valid(data)
    back = read(data, keep_hidden=True)
    assert (back.pixels == picture.rgba[..., : back.pixels.shape[2]]).all()


@settings(max_examples=60, deadline=None)
@given(examples)
def test_own_entries_decode_to_what_was_written(picture):
    data = Draft(picture, own=True).file()
    assert (decoded(data) == picture.rgba).all()
    assert_valid(data)
    assert len(data) <= len(encode(picture))


@settings(max_examples=20, deadline=None)
@given(examples)
def test_webp_decodes_to_what_was_written(picture):
    assert (decoded(encode(picture, "webp")) == picture.rgba).all()


@settings(max_examples=40, deadline=None)
@given(examples)
def test_gif_decodes_to_what_was_written_with_alpha_cut_at_128(picture):
    rgba = decoded(encode(picture, "gif"))
    opaque = picture.rgba[..., 3] >= 128
    assert (rgba[..., 3] == opaque * 255).all()
    assert (rgba[..., :3] == picture.rgba[..., :3])[opaque].all()


@pytest.mark.parametrize(
    ("palette", "indices", "error", "words"),
    [
        (Palette([[1, 2, 3]]), np.array([[1]], np.uint8), ValueError, "indices must be below 1, .* not 1"),
        (Palette([[1, 2, 3]]), np.array([[0]]), TypeError, "indices must be an array of uint8"),
        (Palette([[1, 2, 3]]), [[0]], TypeError, "indices must be an array of uint8"),
        (Palette([[1, 2, 3]]), np.zeros(3, np.uint8), ValueError, r"shape \(H, W\)"),
        (Palette([[1, 2, 3]]), np.zeros((0, 3), np.uint8), ValueError, "and a pixel at least"),
        ([[1, 2, 3]], np.zeros((1, 1), np.uint8), TypeError, "palette must be a Palette, not list"),
    ],
)
def test_what_no_file_could_hold_is_no_indexed_picture(palette, indices, error, words):
    with pytest.raises(error, match=words):
        IndexedPicture(palette, indices, 0.0, 0.0, 0)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 256])
@pytest.mark.parametrize("width", [1, 7, 8, 9])
def test_png_against_the_specification(k, width):
    for alpha in (False, True):
        for grey in (False, True):
            picture = example(k, 5, width, alpha=alpha, grey=grey, seed=k)
            data = encode(picture)
            assert (np.round(png_oracle.decode(data) * 255) == picture.rgba).all()


def test_noise_takes_as_few_bits_as_it_can():
    for k, depth in ((2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8)):
        assert chunks(encode(example(k, 100, 100)))[b"IHDR"][8] == depth


def test_eight_bits_are_taken_where_they_pack_smaller():
    chance = np.random.default_rng(0)
    stamp = chance.integers(0, 4, (13, 11)).astype(np.uint8)
    indices = np.zeros((240, 240), np.uint8)
    for y, x in chance.integers(0, 225, (60, 2)):  # the same shape at any column: seldom at whole bytes of 2 bits
        indices[y : y + 13, x : x + 11] = stamp
    picture = Example(example(4, 1, 1).colors, indices)
    data = encode(picture)
    assert chunks(data)[b"IHDR"][8] == 8
    assert (decoded(data) == picture.rgba).all()


def test_soft_shadows_pack_smaller_than_without_filters():
    y, x = np.mgrid[:120, :160]
    alpha = (np.hypot(x - 80, y - 60) * 2).clip(0, 250).astype(np.uint8)
    order = np.random.default_rng(0).permutation(251)  # entries come by use, not by alpha
    colors = np.zeros((251, 4), np.uint8)
    colors[order, 3] = np.arange(251)
    picture = Example(colors, order[alpha].astype(np.uint8))
    data = encode(picture)
    raw = zlib.decompress(chunks(data)[b"IDAT"])
    unfiltered = np.zeros((120, 161), np.uint8)
    unfiltered[:, 1:] = alpha
    assert set(raw[::161]) - {0}
    assert len(chunks(data)[b"IDAT"]) < len(zlib.compress(unfiltered.tobytes(), 9)) * 0.8
    assert (decoded(data) == picture.rgba).all()
    assert (png_oracle.decode(data) == picture.rgba / 255).all()


def test_each_row_takes_the_filter_that_suits_it():
    chance = np.random.default_rng(0)
    levels = np.zeros((90, 600), np.uint8)
    ramp = np.arange(600) % 120
    levels[:30:2] = ramp + chance.integers(0, 130, (15, 1))  # each from the one on its left
    levels[1:30:2] = ramp[::-1] + chance.integers(0, 130, (15, 1))
    levels[30:60] = np.arange(30)[:, np.newaxis] + chance.integers(0, 200, 600)  # each from the one above
    colors = chance.integers(0, 256, (251, 4), dtype=np.uint8)
    colors[:, 3] = np.arange(251)
    picture = Example(colors, levels)
    data = encode(picture)
    filters = zlib.decompress(chunks(data)[b"IDAT"])[::601]
    assert set(filters[1:30]) == {1}
    assert set(filters[31:60]) == {2}
    assert set(filters[61:]) == {0}
    assert (decoded(data) == picture.rgba).all()
    assert (png_oracle.decode(data) == picture.rgba / 255).all()


def hills(height, width):
    """Levels 0 .. 255 that near pixels have nearly alike."""
    y, x = np.mgrid[:height, :width]
    return np.rint(127.5 + 75 * np.sin(x / 31 + y / 57) + 52 * np.cos(x / 90 - y / 23)).astype(np.uint8)


@pytest.mark.parametrize("size", [(200, 300), (500, 600)])
def test_levels_of_grey_pack_by_filters(size):
    levels = hills(*size)
    ramp = np.arange(256, dtype=np.uint8)
    picture = Example(np.stack([ramp] * 3, axis=1), levels)
    data = Draft(picture, own=True).file()
    assert chunks(data)[b"IHDR"][9] == 0
    assert (decoded(data) == picture.rgba).all()
    assert len(data) < 0.6 * len(encode(picture))


@pytest.mark.parametrize("size", [(200, 300), (500, 600)])
def test_colors_in_the_order_of_their_use_pack_by_filters_too(size):
    levels = hills(*size)
    order = np.random.default_rng(1).permutation(256)
    colors = np.empty((256, 3), np.uint8)
    colors[order] = np.stack([np.arange(256), np.arange(256) // 2, 255 - np.arange(256)], axis=1)
    picture = Example(colors, order[levels].astype(np.uint8))
    data = Draft(picture, own=True).file()
    assert chunks(data)[b"IHDR"][9] == 3
    assert (decoded(data) == picture.rgba).all()
    assert len(data) < 0.6 * len(encode(picture))


@pytest.mark.parametrize(
    ("alpha", "ramps"), [([255], False), ([0, 255], False), ([0], False), ([254], True), ([0, 1], True)]
)
def test_translucent_colors_may_be_ramps(alpha, ramps):
    assert has_ramps(np.array([[1, 2, 3, a] for a in alpha], np.uint8)) == ramps
    assert not has_ramps(np.array([[1, 2, 3]], np.uint8))


def test_layouts_of_large_pictures_are_compared_quickly_and_packed_for_good(monkeypatch):
    pictures = [example(4, 60, 60), example(8, 60, 60), example(3, 50, 50, alpha=True), example(9, 50, 50, grey=True)]
    small = [encode(picture) for picture in pictures]
    monkeypatch.setattr(encode_module, "_SMALL", 0)
    assert [encode(picture) for picture in pictures] == small
    y, x = np.mgrid[:200, :200]
    waves = Example(example(200, 1, 1).colors, ((x * y // 50) % 200).astype(np.uint8))
    assert len(encode(waves, level=12)) < len(encode(waves, level=6)) < len(encode(waves, level=1))


@pytest.mark.parametrize("width", range(1, 9))
@pytest.mark.parametrize("k", [2, 4, 16])
def test_unused_bits_at_the_end_of_a_row_are_zero(k, width):
    picture = Example(example(k, 1, 1).colors, np.full((3, width), k - 1, np.uint8))
    data = encode(picture)
    depth = chunks(data)[b"IHDR"][8]
    used = width * depth % 8
    if used:
        rows = np.frombuffer(zlib.decompress(chunks(data)[b"IDAT"]), np.uint8).reshape(3, -1)
        assert (rows[:, -1] & ((1 << (8 - used)) - 1) == 0).all()
        assert (rows[:, 0] == 0).all()


def test_transparency_is_as_short_as_it_can_be():
    colors = np.array([[1, 2, 3, 255], [4, 5, 6, 0], [7, 8, 9, 255], [10, 11, 12, 90]], np.uint8)
    found = chunks(encode(Example(colors, np.arange(4, dtype=np.uint8).reshape(2, 2))))
    assert found[b"tRNS"] == bytes([0, 90])
    assert found[b"PLTE"] == bytes([4, 5, 6, 10, 11, 12, 1, 2, 3, 7, 8, 9])
    assert b"tRNS" not in chunks(encode(example(5, 3, 3)))


def test_grey_needs_no_palette():
    levels = np.arange(0, 256, 3, dtype=np.uint8)
    picture = Example(levels[:, np.newaxis].repeat(3, axis=1), (np.arange(400).reshape(20, 20) % 86).astype(np.uint8))
    data = encode(picture)
    assert b"PLTE" not in chunks(data)
    assert (decoded(data) == picture.rgba).all()
    noise = np.random.default_rng(0).integers(0, 2, (40, 40)).astype(np.uint8)
    black_and_white = Example(np.array([[255] * 3, [0] * 3], np.uint8), noise)
    assert chunks(encode(black_and_white))[b"IHDR"][8:10] == bytes([1, png.GREY])


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_greys_take_as_few_bits_as_they_can(depth):
    levels = np.linspace(0, 255, 1 << depth).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 1 << depth, (90, 90)).astype(np.uint8)
    picture = Example(levels[:, np.newaxis].repeat(3, axis=1), noise)
    data = encode(picture)
    assert chunks(data)[b"IHDR"][8:10] == bytes([depth, png.GREY])
    assert (decoded(data) == picture.rgba).all()


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_tinge_of_one_channel_is_no_grey(channel):
    colors = np.full((3, 3), 60, np.uint8)
    colors[1, channel] = 61
    picture = Example(colors, np.array([[0, 1, 2]], np.uint8))
    assert (decoded(encode(picture)) == picture.rgba).all()


@pytest.mark.parametrize("own", [False, True])
def test_grey_has_a_palette_beside_a_profile(own):
    """All profiles that are kept are of RGB, and PNG has none of these beside grey samples: viewers pass over them."""
    profile = samples.rgb_profile(samples.P3_PRIMARIES, 1.8)
    assert profile[16:20] == b"RGB "
    ramp = np.arange(256, dtype=np.uint8)[:, np.newaxis].repeat(3, axis=1)
    plain, kept = (Example(ramp, hills(90, 120), metadata) for metadata in (Metadata(), Metadata(profile=profile)))
    assert chunks(Draft(plain, own=own).file())[b"IHDR"][9] == png.GREY
    data = Draft(kept, own=own).file()
    assert chunks(data)[b"IHDR"][9] == png.INDEXED
    assert (decoded(data) == kept.rgba).all()
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == profile


@pytest.mark.parametrize(("format", "name"), [("webp", "_webp"), ("gif", "_gif")])
def test_a_file_whose_size_was_asked_for_is_not_made_again(format, name, monkeypatch):
    write, made = getattr(encode_module, name), []
    monkeypatch.setattr(encode_module, name, lambda *a: made.append(a) or write(*a))
    draft = Draft(example(9, 20, 30), format)
    assert draft.size == draft.rough_size == len(draft.file())
    assert draft.file() == encode(example(9, 20, 30), format)
    assert len(made) == 2


def test_what_survives_is_written():
    profile = b"profile" * 9
    picture = example(
        5,
        4,
        6,
        resolution=(300.0, 150.0),
        profile=profile,
        exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0",
        xmp=b"<x/>",
        text=(("Title", "naïve"), ("Comment", "日本")),
    )
    data = encode(picture)
    assert_valid_except_profile = chunks(data)
    assert assert_valid_except_profile[b"pHYs"] == bytes([0, 0, 0x2E, 0x23, 0, 0, 0x17, 0x12, 1])
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
        assert image.info["icc_profile"] == profile
        assert image.info["xmp"] == b"<x/>"
        assert image.text["Title"] == "naïve"
        assert image.text["Comment"] == "日本"
        assert image.info["exif"].endswith(b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    with Image.open(io.BytesIO(encode(picture, "webp"))) as image:
        assert image.info["icc_profile"] == profile
        assert image.info["xmp"] == b"<x/>"
        assert image.getexif()[0x011A] == pytest.approx(300, abs=0.02)  # EXIF: XResolution


def test_webp_keeps_exif_beside_the_resolution():
    exif = Image.Exif()
    exif[0x013B] = "Somebody"  # Artist
    picture = example(5, 4, 6, resolution=(300.0, 150.0), exif=exif.tobytes().removeprefix(b"Exif\0\0"))
    data = encode(picture, "webp")
    assert data[data.index(b"EXIF") + 8 :][:2] in (b"II", b"MM")  # no prefix, which is JPEG's
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif()[0x013B] == "Somebody"
        assert image.getexif()[0x011B] == pytest.approx(150, abs=0.02)  # YResolution


def test_opaque_webp_has_no_alpha():
    for alpha in (False, True):
        with Image.open(io.BytesIO(encode(example(5, 4, 6, alpha=alpha, seed=1), "webp"))) as image:
            assert image.mode == ("RGBA" if alpha else "RGB")


def test_text_that_png_cannot_hold_is_replaced():
    found = chunks(encode(example(2, 2, 2, text=(("日", "day"), ("Title", "\ud800")))))
    assert found[b"tEXt"] == b"?\0day"
    assert found[b"iTXt"] == b"Title\0\0\0\0\0?"


def test_a_resolution_beyond_png_is_the_highest():
    body = chunks(encode(example(2, 2, 2, resolution=(1e9, 1.0))))[b"pHYs"]
    assert body == bytes.fromhex("7fffffff 00000027 01")


def test_gif_takes_half_transparent_for_opaque():
    colors = np.array([[1, 2, 3, 127], [4, 5, 6, 128]], np.uint8)
    assert decoded(encode(Example(colors, np.array([[0, 1]], np.uint8)), "gif"))[..., 3].tolist() == [[0, 255]]


def test_gif_is_not_interlaced():
    with Image.open(io.BytesIO(encode(example(5, 40, 60), "gif"))) as image:
        assert not image.info.get("interlace")
        assert not image.tile[0][3][1]  # what the decoder is told


def test_colour_chunks_are_carried_into_png():
    picture = example(5, 4, 6, color_chunks=((b"gAMA", (100_000).to_bytes(4, "big")),))
    data = encode(picture)
    assert chunks(data)[b"gAMA"] == (100_000).to_bytes(4, "big")
    assert_valid(data)


def test_a_plain_picture_carries_nothing():
    assert set(chunks(encode(example(5, 4, 6)))) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_metadata_comes_back_from_what_was_written():
    kept = Metadata((72.0, 72.0), None, None, b"<x/>", (), (("Title", "naïve"), ("Comment", "日本")))
    back = read(encode(Example(np.array([[1, 2, 3]], np.uint8), np.zeros((2, 2), np.uint8), kept)), keep_metadata=True)
    assert back.metadata.text == kept.text
    assert back.metadata.xmp == kept.xmp
    assert back.metadata.resolution == pytest.approx(kept.resolution, abs=0.02)


def test_the_same_bytes_each_time():
    picture = example(100, 64, 64, alpha=True)
    for format in ("png", "webp", "gif"):
        assert encode(picture, format) == encode(picture, format)


def test_higher_levels_pack_smaller():
    rows, columns = np.mgrid[0:300, 0:300]
    picture = Example(example(200, 1, 1).colors, ((rows * columns // 50) % 200).astype(np.uint8))
    sizes = [len(encode(picture, level=level)) for level in (1, 6, 12)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0]


@pytest.mark.parametrize("format", ["jpeg", "avif", "PNG", ""])
def test_other_formats_are_refused(format):
    with pytest.raises(ValueError, match="format must be one of png, webp, gif"):
        encode(example(2, 2, 2), format)


@pytest.mark.parametrize("level", [0, 13, -1])
def test_levels_out_of_range_are_refused(level):
    with pytest.raises(ValueError, match=str(level)):
        encode(example(2, 2, 2), level=level)


@pytest.mark.parametrize(("format", "side"), [("WebP", 16383), ("GIF", 65535)])
def test_sides_that_a_format_holds(format, side):
    assert decoded(encode(example(2, 1, side), format.lower())).shape == (1, side, 4)
    with pytest.raises(ValueError, match=f"^{format} holds at most {side} pixels a side, not {side + 1} x 2$"):
        encode(example(2, 2, side + 1), format.lower())


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.png", "png"),
        ("a.WEBP", "webp"),
        ("b/a.gif", "gif"),
        ("a.apng", "png"),
        ("a", "png"),
        ("a.old", "png"),
        (".png", "png"),
    ],
)
def test_format_of_a_name(name, format):
    assert format_of(name) == format


def test_a_name_that_tells_nothing_leaves_the_format():
    assert format_of("a", "gif") == format_of("a.old", "gif") == "gif"
    assert format_of("a.apng", "gif") == "png"


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.avif", "a.tiff", "a.bmp", "a.svg"])
def test_names_of_other_formats_are_refused(name):
    with pytest.raises(ValueError, match=f"GIF, not {name[1:].lower()}$"):
        format_of(name)


def test_no_picture_that_is_read_is_written_under_a_false_name():
    for suffix in set(contents._SUFFIXES) - {".png", ".apng", ".webp", ".gif"}:
        with pytest.raises(ValueError, match="GIF, not"):
            format_of(f"a{suffix}")


def test_quick_packing_takes_the_shallowest_layout_at_once(monkeypatch):
    packed = []
    monkeypatch.setattr(Layout, "packed", lambda self, *_: packed.append(self) or bytearray())
    shadow = np.array([[0, 0, 0, alpha] for alpha in range(12)], np.uint8)
    greys = np.repeat(np.arange(0, 256, 85, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    for colors in (shadow, greys):
        encode(Example(colors, np.zeros((9, 9), np.uint8)), level=6)
    assert [(layout.depth, layout.color_type, layout.filtering) for layout in packed] == [
        (4, png.INDEXED, None),
        (2, png.GREY, None),
    ]
