"""Arrays of other libraries go in, and palettes come out as theirs."""

import dask.array
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
from matplotlib.colors import ListedColormap
from skimage.util import img_as_float, img_as_float32, img_as_ubyte, img_as_uint

import huepress
from samples import blobs

PIXELS = blobs()
DIRECT = huepress.quantize(PIXELS, k=9)


@pytest.mark.parametrize(
    "array",
    [
        xarray.DataArray(PIXELS, dims=("y", "x", "band")),
        dask.array.from_array(PIXELS, chunks=(32, 50, 3)),
        np.asfortranarray(PIXELS),
        img_as_float(PIXELS),
        img_as_float32(PIXELS),
        img_as_uint(PIXELS),
    ],
    ids=["xarray", "dask", "Fortran order", "float64", "float32", "uint16"],
)
def test_the_same_pixels_give_the_same_picture(array):
    quantized = huepress.quantize(array, k=9)
    np.testing.assert_array_equal(quantized.palette.colors, DIRECT.palette.colors)
    np.testing.assert_array_equal(quantized.indices, DIRECT.indices)


def test_masked_values_are_refused_and_a_mask_of_none_is_not():
    masked = np.ma.masked_greater(PIXELS, 200)
    importance = np.ma.masked_less(np.ones(PIXELS.shape[:2]), 2)
    for read in (huepress.read, huepress.quantize, huepress.elbow, huepress.Histogram.of, huepress.compress):
        with pytest.raises(ValueError, match="array must have no masked values"):
            read(masked)
    with pytest.raises(ValueError, match="weights must have no masked values"):
        huepress.quantize(PIXELS, weights=importance)
    whole = huepress.quantize(np.ma.masked_array(PIXELS), k=9, weights=np.ma.filled(importance, 1))
    np.testing.assert_array_equal(whole.indices, DIRECT.indices)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.bool_, np.uint8])
def test_ranges_are_those_of_scikit_image(dtype):
    array = (PIXELS > 100) if dtype is np.bool_ else PIXELS if dtype is np.uint8 else (PIXELS / 255).astype(dtype)
    np.testing.assert_array_equal(huepress.read(array).pixels, img_as_ubyte(array))


def test_a_palette_is_a_colormap_of_matplotlib():
    colormap = DIRECT.palette.to_listed_colormap()
    assert isinstance(colormap, ListedColormap)
    assert len(DIRECT.palette) == colormap.N
    figure, axes = plt.subplots()
    drawn = axes.imshow(DIRECT.indices, cmap=colormap, vmin=0, vmax=colormap.N - 1).make_image(None, unsampled=True)
    plt.close(figure)
    np.testing.assert_array_equal(drawn[0][..., :3], DIRECT.to_array())
