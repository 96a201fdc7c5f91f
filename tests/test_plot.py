import io
import itertools
import pickle

import numpy as np
import pytest
from PIL import Image

import huepress
from samples import gradient

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'huepress[plot]'")

from matplotlib.figure import Figure

from huepress import plot


def shown(axes):
    """The points of the first line."""
    return axes.lines[0].get_xydata()


def test_elbow():
    curve = huepress.elbow(gradient(), ks=[1, 2, 4])
    axes = plot.plot_elbow(curve).axes[0]
    np.testing.assert_array_equal(shown(axes), list(curve.items()))
    assert f"knee: k = {curve.knee}," in axes.texts[0].get_text()
    assert axes.texts[0].xy == (curve.knee, curve[curve.knee])


@pytest.mark.parametrize("ks", [[3], [1, 5]])
def test_an_elbow_without_a_bend_has_no_knee_and_whole_numbers_along_it(ks):
    axes = plot.plot_elbow(huepress.elbow(gradient(), ks=ks)).axes[0]
    assert not axes.texts
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_palette_widths_are_shares():
    palette = huepress.Palette([[255, 0, 0], [0, 0, 255]], [3, 1])
    bars = plot.plot_palette(palette).axes[0].patches
    assert [bar.get_width() for bar in bars] == [0.75, 0.25]
    assert [bar.get_facecolor() for bar in bars] == [(1, 0, 0, 1), (0, 0, 1, 1)]


@pytest.mark.parametrize(("color", "count"), [([0, 0, 0, 0], 2), ([255, 0, 0, 128], 2), ([255, 255, 255, 255], 1)])
def test_transparent_colors_of_a_palette_do_not_look_like_white(color, count):
    figure = plot.plot_palette(huepress.Palette([color, [0, 0, 0, 255]], [1, 1]))
    with Image.open(io.BytesIO(plot.rendered(figure, ".png"))) as image:
        pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    inside = pixels[height // 4 : height // 2, width // 8 : 3 * width // 8].reshape(-1, 3)
    _, counts = np.unique(inside, axis=0, return_counts=True)
    assert (counts > 0.2 * len(inside)).sum() == count


def test_color_cloud():
    pixels = gradient()[..., :3].copy()
    palette = huepress.learn_palette(pixels, 5)
    axes = plot.plot_color_cloud(pixels, palette).axes[0]
    cloud, centers = axes.collections
    assert len(cloud.get_offsets()) == len(huepress.Histogram.of(pixels))
    assert len(centers.get_offsets()) == 5


def test_labels_of_a_cloud_lie_on_no_number_and_are_whole():
    figure = plot.plot_color_cloud(gradient())
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        label = axis.label.get_window_extent()
        numbers = [tick.label1.get_window_extent() for tick in axis.majorTicks]  # where they are drawn
        assert not any(label.overlaps(number) for number in numbers)
        assert figure.bbox.containsx(label.x1)
        assert figure.bbox.containsy(label.y0)


def test_a_cloud_wants_three_dimensions():
    flat = plot.plot_elbow(huepress.elbow(gradient(), ks=[1, 2])).axes[0]
    with pytest.raises(ValueError, match="ax must have three dimensions"):
        plot.plot_color_cloud(gradient(), ax=flat)


def test_convergence():
    told = []
    huepress.quantize(gradient(), k=5, callback=told.append)
    np.testing.assert_array_equal(
        shown(plot.plot_convergence(told).axes[0]), [(one.number, one.inertia) for one in told]
    )


def test_comparison():
    pixels = gradient()
    result = huepress.quantize(pixels, k=3)
    left, right = plot.plot_comparison(pixels, [result]).axes
    assert left.get_title() == "original"
    assert right.get_title() == f"3 colours, {result.psnr:.1f} dB"
    np.testing.assert_array_equal(right.images[0].get_array(), result.to_array())


def test_rate_distortion():
    axes = plot.plot_rate_distortion([100, 200], [50, 70], labels=["k = 2", "k = 4"]).axes[0]
    np.testing.assert_array_equal(shown(axes), [(100, 50), (200, 70)])
    assert sorted(text.get_text() for text in axes.texts) == ["k = 2", "k = 4"]


def test_labels_lie_on_no_other_and_the_ends_have_theirs():
    sizes = np.linspace(20_000, 140_000, 40)
    figure = plot.plot_rate_distortion(sizes, sizes**0.5, labels=[f"k = {k}" for k in range(1, 41)])
    figure.draw_without_rendering()
    texts = figure.axes[0].texts
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert {"k = 1", "k = 40"} < {text.get_text() for text in texts}
    assert len(texts) > 8


def test_scores_below_the_least_are_not_shown():
    axes = plot.plot_rate_distortion([100, 200, 300], [-500, 50, 70], least=-100).axes[0]
    low, high = axes.get_ylim()
    assert low == -100
    assert 70 < high < 200


def test_results_that_are_one_point_are_named_once():
    axes = plot.plot_rate_distortion([100, 200, 200], [50, 100, 100], labels=["1", "2", "3"]).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["1", "2"]


def test_axes_of_the_caller_are_drawn_into():
    figure = Figure()
    axes = figure.subplots()
    assert plot.plot_palette(huepress.Palette([[1, 2, 3]]), ax=axes) is figure
    assert len(axes.patches) == 1


def test_notebooks_show_a_figure_without_pyplot():
    formatters = pytest.importorskip("IPython.core.formatters")
    figure = plot.plot_palette(huepress.Palette([[1, 2, 3]]))
    for one in (figure, pickle.loads(pickle.dumps(figure))):
        shown, _ = formatters.DisplayFormatter().format(one)
        assert shown["image/png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", plot.SUFFIXES)
def test_rendered(suffix):
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert plot.rendered(plot.plot_palette(huepress.Palette([[1, 2, 3]])), suffix).startswith(magic)


def test_rendered_as_nothing_known():
    with pytest.raises(ValueError, match=r"not '\.gif'"):
        plot.rendered(Figure(), ".gif")
