import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

import huepress
import oracles
from huepress import IndexedPicture, Palette, ReadError, compress, quantize, read
from huepress.quality import mse
from samples import blobs, cleared, noise, saved


def same(a, b):
    return np.array_equal(a.indices, b.indices) and np.array_equal(a.palette.colors, b.palette.colors)


@pytest.mark.parametrize("pixels", [blobs(), blobs(alpha=True)], ids=["opaque", "alpha"])
def test_any_kind_of_image_gives_the_same(pixels, tmp_path):
    data = saved(pixels, "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    expected = quantize(pixels, k=8)
    for image in (path, str(path), data, io.BytesIO(data), Image.open(path), pixels.astype(np.uint16) * 257):
        assert same(quantize(image, k=8), expected)
    assert same(quantize(pixels / 255, k=8), expected)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("k", [1, 3, 16, 64])
def test_the_figures_are_those_of_the_result(alpha, k, recwarn):
    pixels = blobs(alpha=alpha)
    q = quantize(pixels, k=k)
    flat, result = pixels.reshape(-1, pixels.shape[-1]), q.to_array().reshape(pixels.shape[0] * pixels.shape[1], -1)
    distances = np.concatenate(
        [np.diagonal(oracles.distances(flat[i : i + 500], result[i : i + 500])) for i in range(0, len(flat), 500)]
    )
    assert q.mse == pytest.approx(distances.mean(), rel=1e-9)
    assert q.psnr == pytest.approx(10 * np.log10(3 * 255**2 / q.mse))
    assert len(q.palette) <= k
    assert q.inertia / len(flat) == pytest.approx(q.mse, rel=0.05, abs=0.5)


def test_rounding_the_palette_costs_little():
    q = quantize(blobs(300, 400), k=64)
    assert q.mse - q.inertia / q.indices.size < 0.3


@pytest.mark.parametrize("format", ["PNG", "WebP", "GIF"])
@pytest.mark.parametrize("clear", [0, 3])
def test_pillow_saves_one_transparent_colour_in_any_format(format, clear):
    colors = np.array([[9, 8, 7, 255], [200, 0, 0, 255], [0, 200, 0, 255], [0, 0, 200, 255]], np.uint8)
    colors[clear] = 0
    q = IndexedPicture(Palette(colors), np.arange(20, dtype=np.uint8).reshape(4, 5) % 4, 0.0, 0.0, 0)
    buffer = io.BytesIO()
    q.to_pil().save(buffer, format, lossless=True)
    with Image.open(buffer) as image:
        assert np.array_equal(cleared(np.asarray(image.convert("RGBA"))), q.to_array())


@pytest.mark.parametrize("format", ["png", "webp"])
@pytest.mark.parametrize("alpha", [False, True])
def test_the_file_decodes_to_the_result(tmp_path, format, alpha):
    q = quantize(blobs(alpha=alpha), k=20)
    path = tmp_path / f"result.{format}"
    q.save(path)
    with Image.open(path) as image:
        decoded = np.asarray(image.convert("RGBA" if alpha else "RGB"))
    expected = q.to_array()
    visible = decoded[..., 3:] > 0 if alpha else True
    assert np.array_equal(np.where(visible, decoded, 0), expected)
    assert np.array_equal(np.asarray(q.to_pil().convert("RGBA" if alpha else "RGB")), expected)


def test_transparent_stays_transparent_and_opaque_opaque():
    pixels = blobs(alpha=True)
    for k in (3, 4, 8, 40):
        alpha = quantize(pixels, k=k).to_array()[..., 3]
        assert np.array_equal(alpha == 0, pixels[..., 3] == 0)
        assert np.array_equal(alpha == 255, pixels[..., 3] == 255)


def test_too_few_colours_for_the_classes_is_said():
    with pytest.warns(UserWarning, match="k = 2"):
        q = quantize(blobs(alpha=True), k=2)
    assert len(q.palette) <= 2


@pytest.mark.parametrize("function", [quantize, huepress.learn_palette, huepress.compress])
def test_a_warning_names_the_line_that_called(function):
    with pytest.warns(UserWarning, match="too few") as found:
        function(blobs(alpha=True), k=2)
    assert {warning.filename for warning in found} == {__file__}


def with_hidden():
    """Pixels of all classes of alpha, with a photograph under the fully transparent ones."""
    return np.dstack([blobs(seed=1), blobs(alpha=True)[..., 3]])


def test_hidden_colours_do_not_matter():
    assert same(quantize(with_hidden(), k=12), quantize(cleared(with_hidden()), k=12))


@pytest.mark.parametrize("make", [quantize, compress])
@pytest.mark.parametrize("k", [3, 16, 100])
def test_hidden_colours_are_kept_on_request(make, k):
    pixels = with_hidden()
    result = make(read(pixels, keep_hidden=True), k=k)
    found = result.to_array()
    assert np.array_equal(found[..., 3] == 0, pixels[..., 3] == 0)
    assert np.array_equal(found[..., 3] == 255, pixels[..., 3] == 255)
    assert len(result.palette) <= k
    hidden, kept = (array[pixels[..., 3] == 0, :3].astype(float) for array in (pixels, found))
    if make is quantize:  # a cluster's centre is its mean; compress takes means in Oklab, weighted for the eye
        assert np.abs(hidden.mean(axis=0) - kept.mean(axis=0)).max() < 4
    alone = quantize(hidden.astype(np.uint8)[np.newaxis], k=max(1, k // 8)).mse  # they have a fifth of the pixels
    assert np.square(hidden - kept).sum(axis=1).mean() <= alone * 1.1
    encoded = result.data if make is compress else result.encode("webp")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded)).convert("RGBA")), found)


@pytest.mark.parametrize("dither", [0.0, 1.0])
def test_hidden_pixels_get_their_nearest_hidden_entry(dither):
    pixels = with_hidden()
    result = quantize(read(pixels, keep_hidden=True), k=40, dither=dither)
    hidden = pixels[..., 3] == 0
    distances = np.square(pixels[hidden][:, np.newaxis, :3].astype(int) - result.palette.colors[:, :3]).sum(axis=2)
    shown = result.palette.colors[:, 3] > 0
    assert np.count_nonzero(~shown) > 5
    distances[:, shown] = 1 << 20
    assert (distances == distances.min(axis=1, keepdims=True))[np.arange(hidden.sum()), result.indices[hidden]].all()
    if not dither:
        assert result.mse == pytest.approx(mse(pixels, result.to_array()))


@pytest.mark.parametrize("make", [quantize, compress])
def test_few_colours_with_hidden_ones_stay_exact(make):
    pixels = noise(20, 30, channels=3, levels=2) * 255
    pixels = np.dstack([pixels, noise(20, 30, channels=1, levels=2, seed=1) * 255])
    result = make(read(pixels, keep_hidden=True), k=16)
    assert np.array_equal(result.to_array(), pixels)
    assert len(result.palette) == 16


def test_where_classes_share_an_entry_no_pixel_is_kept_from_it():
    pixels = np.full((40, 40, 4), 255, np.uint8)
    pixels[:15, :, :3] = (0, 0, 160)
    pixels[0, :12], pixels[0, 12:16] = (0, 0, 0, 0), (0, 0, 160, 128)  # clear, and a soft edge
    with pytest.warns(UserWarning, match="too few"):
        two = quantize(pixels, k=2)
    assert len(np.unique(two.indices[1:15])) == len(np.unique(two.indices[15:])) == 1
    assert two.indices[1, 0] != two.indices[15, 0]
    assert two.mse < 2000


@pytest.mark.filterwarnings("ignore:k = ")
def test_where_classes_share_an_entry_fixed_colours_stay_as_they_are():
    pixels = np.full((40, 40, 4), 255, np.uint8)
    pixels[:15, :, :3] = (0, 0, 160)
    pixels[0, :12], pixels[0, 12:16] = (0, 0, 0, 0), (0, 0, 160, 128)
    palette = quantize(pixels, k=4, fixed=["white", "lime", "yellow"]).palette
    assert {"#ffffff", "#00ff00", "#ffff00"} < set(palette.hex)  # though no pixel takes the last
    (learnt,) = set(palette.rgba[:, 3].tolist()) - {255}
    assert 0 < learnt < 255


@pytest.mark.filterwarnings("ignore:k = ")
@pytest.mark.parametrize("alpha", [0, 255])
def test_where_classes_share_an_entry_that_few_pixels_lack_it_stays_of_the_others(alpha):
    pixels = np.full((40, 40, 4), (0, 0, 0, 0) if alpha == 0 else (10, 200, 30, 255), np.uint8)
    usual = pixels[1, 1].tolist()
    pixels[0, 0] = (200, 10, 10, 255 - alpha) if alpha == 0 else 0
    assert quantize(pixels, k=1).palette.rgba.tolist() == [usual]


def test_the_seed_decides_the_search():
    found = [quantize(noise(60, 60), k=20, seed=seed) for seed in (1, 1, 2)]
    assert same(found[0], found[1])
    assert not same(found[1], found[2])


def test_a_given_palette_has_no_inertia_of_a_search():
    assert np.isnan(quantize(noise(), palette=Palette([[0, 0, 0], [255, 255, 255]])).inertia)


def test_too_few_colours_for_hidden_ones_drop_them():
    picture = read(with_hidden(), keep_hidden=True)
    with pytest.warns(UserWarning, match="k = 2"):
        q = quantize(picture, k=2)
    assert len(q.palette) <= 2
    two = read(np.where(with_hidden()[..., 3:] > 0, 255, with_hidden()), keep_hidden=True)
    assert quantize(two, k=2).palette.hex == ("#ffffff", "#00000000")


def test_a_given_palette_keeps_its_order_and_unused_entries():
    palette = Palette([[255, 255, 255], [255, 0, 255], [0, 0, 0]])
    q = quantize(np.zeros((4, 4, 3), np.uint8), palette=palette)
    assert q.palette.colors.tolist() == palette.colors.tolist()
    assert q.palette.counts.tolist() == [0, 0, 16]


@pytest.mark.parametrize("format", ["png", "gif"])
def test_a_file_has_the_table_of_a_given_palette(format):
    palette = Palette(np.random.default_rng(0).integers(0, 256, (20, 3)))
    q = quantize(palette.colors[[[7, 3, 7], [19, 0, 3]]], palette=palette)
    with Image.open(io.BytesIO(q.encode(format))) as image:
        assert image.getpalette()[:60] == palette.colors.ravel().tolist()
        assert np.asarray(image).tolist() == [[7, 3, 7], [19, 0, 3]]


def test_fixed_colours_stay_beside_few_others():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[1:] = 255
    for make in (quantize, compress):
        q = make(pixels, k=4, fixed=["#123456", "#123456", "#000"])
        assert sorted(q.palette.hex) == ["#000000", "#123456", "#ffffff"]
        assert np.array_equal(q.to_array(), pixels)


def half_clear():
    """Opaque noise below rows that are transparent."""
    pixels = noise(40, 30, channels=4)
    pixels[..., 3] = 255
    pixels[:10] = 0
    return pixels


@pytest.mark.filterwarnings("ignore:k = ")
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 256])
def test_as_many_fixed_colours_as_k_or_one_less_leave_no_room_for_more(k, effort, alpha):
    pixels, fixed = half_clear() if alpha else noise(40, 30), noise(16, 16, seed=5).reshape(-1, 3)[:k].tolist()
    for kept in (fixed, fixed[1:]):
        colors = quantize(pixels, k=k, fixed=kept, effort=effort).palette.rgba[:, :3].tolist()
        assert len(colors) <= k
        assert all(color in colors for color in kept)
        assert compress(pixels, k=k, fixed=kept, effort=effort).k <= k


def test_a_transparent_picture_stays_so_if_the_fixed_colours_leave_room(recwarn):
    pixels = half_clear()
    q = quantize(pixels, k=3, fixed=["red", "blue"])
    assert np.array_equal(q.to_array()[..., 3], pixels[..., 3])
    assert not recwarn
    with pytest.warns(UserWarning, match="k = 2 is too few to keep .* apart, beside 2 fixed"):
        quantize(pixels, k=2, fixed=["red", "blue"])


@pytest.mark.parametrize("make", [quantize, partial(compress, format="gif"), partial(compress, quality=-500)])
def test_a_palette_without_a_transparent_colour_is_told_to_make_pixels_visible(make, recwarn):
    pixels, opaque = half_clear(), Palette.of(["red", "#123456"])
    with pytest.warns(UserWarning, match="the palette has no transparent colour") as told:
        assert make(pixels, palette=opaque).to_array().shape[2] == 3
    assert told[0].filename == __file__
    make(pixels[10:], palette=opaque)
    assert not make(pixels, palette=Palette.of([*opaque.hex, "#00000000"])).to_array()[:10].any()
    assert not recwarn


def test_fixed_colours_stay_though_no_pixel_takes_them():
    pixels = noise(40, 30) // 4  # dark
    q = quantize(pixels, k=8, fixed=["white", "#ffff00"])
    assert {"#ffffff", "#ffff00"} < set(q.palette.hex)
    assert q.palette.counts[[q.palette.hex.index("#ffffff"), q.palette.hex.index("#ffff00")]].tolist() == [0, 0]
    assert len(q.palette) == 8


@pytest.mark.parametrize("make", [quantize, compress])
def test_fixed_colours_are_a_list_an_array_or_a_palette(make):
    fixed = np.array([[1, 2, 3], [212, 0, 0]], np.uint8)
    expected = make(blobs(), k=6, fixed=["#010203", "#d40000"])
    for kept in (fixed, Palette(fixed), iter(fixed.tolist())):
        assert np.array_equal(make(blobs(), k=6, fixed=kept).palette.colors, expected.palette.colors)
    with pytest.raises(TypeError, match="colours must be a list, not 3"):
        make(blobs(), fixed=3)
    with pytest.raises(TypeError, match="colours must be a list, not the text 'red'"):
        make(blobs(), fixed="red")


@pytest.mark.parametrize("make", [quantize, compress])
def test_a_colour_fixed_twice_counts_once(make):
    twice, once = (
        make(blobs(), k=3, fixed=f) for f in (["red", "#ff0000", "#12345600", "#00000000"], ["red", "#0000"])
    )
    assert np.array_equal(twice.palette.colors, once.palette.colors)


def test_fixed_colours_stay_and_count():
    q = quantize(blobs(), k=6, fixed=["#d40000", "white"])
    colors = q.palette.colors.tolist()
    assert len(colors) <= 6
    assert [212, 0, 0] in colors
    assert [255, 255, 255] in colors


def test_a_small_important_colour_is_kept_by_weight():
    pixels = blobs()
    pixels[40:42, 50:52] = (255, 0, 255)
    weights = np.ones(pixels.shape[:2])
    weights[40:42, 50:52] = 1e4
    plain, weighted = quantize(pixels, k=4), quantize(pixels, k=4, weights=weights)
    error = [np.abs(q.to_array()[40, 50].astype(int) - (255, 0, 255)).max() for q in (plain, weighted)]
    assert error[1] < 20 < error[0]
    assert weighted.palette.counts.sum() == pixels[..., 0].size


@pytest.mark.parametrize("missing", [0, 1, 2])
@pytest.mark.parametrize("make", [quantize, compress])
def test_pixels_keep_their_class_of_alpha_though_all_of_it_weigh_nothing(make, missing):
    pixels = blobs(alpha=True)
    classes = np.sign(pixels[..., 3]).astype(int) + (pixels[..., 3] == 255)
    result = make(pixels, k=6, weights=classes != missing)
    alpha = result.to_array()[..., 3]
    assert np.array_equal(np.sign(alpha).astype(int) + (alpha == 255), classes)
    if make is quantize:  # and it has one entry, as all others are of use
        entries = result.palette.rgba[:, 3]
        assert (np.sign(entries).astype(int) + (entries == 255) == missing).sum() == 1


def test_oklab_differs_and_maps_to_the_nearest():
    pixels = blobs()
    q = quantize(pixels, k=8, space="oklab")
    assert not same(q, quantize(pixels, k=8))
    expected, _ = oracles.nearest(pixels.reshape(-1, 3), q.palette.colors)
    assert np.array_equal(q.indices.reshape(-1), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "0"),
        ({"k": 257}, "257"),
        ({"palette": Palette([[0, 0, 0]]), "fixed": ["red"]}, "palette and fixed"),
        ({"palette": Palette([[0, 0, 0]]), "k": 16}, "palette and k"),
        ({"effort": "slow"}, "slow"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        quantize(blobs(), **options)


@pytest.mark.parametrize(
    "image", [np.zeros((0, 5, 3), np.uint8), np.zeros((2, 2, 5), np.uint8), np.zeros(3), Image.new("RGB", (0, 0))]
)
def test_bad_arrays_are_refused(image):
    with pytest.raises((ValueError, ReadError)):
        quantize(image)


def test_it_shows_itself():
    q = quantize(blobs(), k=3)
    assert isinstance(q, IndexedPicture)
    assert q._repr_png_()[:4] == b"\x89PNG"
