import io

import numpy as np
import pytest
from PIL import Image

import oracles
from huepress import IndexedPicture, Palette, ReadError, quantize
from samples import blobs, noise, saved


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


def test_hidden_colours_do_not_matter():
    pixels = blobs(alpha=True)
    hidden = np.where(pixels[..., 3:] == 0, noise(90, 120, 4), pixels)
    hidden[..., 3] = pixels[..., 3]
    assert same(quantize(hidden, k=12), quantize(pixels, k=12))


def test_a_given_palette_keeps_its_order_and_unused_entries():
    palette = Palette([[255, 255, 255], [255, 0, 255], [0, 0, 0]])
    q = quantize(np.zeros((4, 4, 3), np.uint8), palette=palette)
    assert q.palette.colors.tolist() == palette.colors.tolist()
    assert q.palette.counts.tolist() == [0, 0, 16]


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
        ({"effort": "slow"}, "slow"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        quantize(blobs(), **options)


@pytest.mark.parametrize("image", [np.zeros((0, 5, 3), np.uint8), np.zeros((2, 2, 5), np.uint8), np.zeros(3)])
def test_bad_arrays_are_refused(image):
    with pytest.raises((ValueError, ReadError)):
        quantize(image)


def test_it_shows_itself():
    q = quantize(blobs(), k=3)
    assert isinstance(q, IndexedPicture)
    assert q._repr_png_()[:4] == b"\x89PNG"
