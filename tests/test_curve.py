from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import huepress
from huepress import series as series_module
from huepress._native import Step
from huepress.color_points import ColorPoints
from huepress.curve import Elbow
from huepress.histogram import Histogram
from huepress.kmeans import Clustering
from huepress.learn import learn
from huepress.series import Fit, series
from huepress.space import SRGB
from samples import gradient, window_shot


def noise(height=40, width=50, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def inertia(pixels, centers):
    """By NumPy: the sum over the pixels of the squared distance to the nearest centre."""
    rows = pixels.reshape(-1, pixels.shape[-1]).astype(float)
    return float(((rows[:, None] - centers) ** 2).sum(axis=2).min(axis=1).sum())


@pytest.mark.parametrize("channels", ["rgb", "rgba"])
def test_inertia_is_that_of_the_centres_over_all_pixels(channels):
    pixels = noise(channels=4)
    found = huepress.elbow(pixels, ks=[1, 2, 5, 20], channels=channels)
    for k, centers in zip(found, found.centers, strict=True):
        assert centers.shape == (k, len(channels))
        # The last assignment was to the centres before their last move: at most one step from nearest.
        assert found[k] == pytest.approx(inertia(pixels[..., : len(channels)], centers), rel=2e-3)
        assert found[k] >= inertia(pixels[..., : len(channels)], centers) * (1 - 1e-12)


def test_one_centre_is_the_mean():
    pixels = noise(channels=4)
    found = huepress.elbow(pixels, ks=[1], channels="rgba")
    rows = pixels.reshape(-1, 4).astype(float)
    assert found[1] == pytest.approx(((rows - rows.mean(axis=0)) ** 2).sum(), rel=1e-12)
    np.testing.assert_allclose(found.centers[0][0], rows.mean(axis=0))


def test_as_scikit_learn_finds_it(photograph):
    cluster = pytest.importorskip("sklearn.cluster")
    pixels = np.asarray(Image.open(photograph))[::8, ::8]
    found = huepress.elbow(pixels, ks=[1, 3, 8])
    for k in found:
        rival = cluster.KMeans(k, n_init=1, random_state=0).fit(pixels.reshape(-1, 3).astype(float))
        assert found[k] <= rival.inertia_ * 1.005


@pytest.mark.parametrize(("effort", "most"), [("fast", 0.03), ("balanced", 0.005)])
def test_near_separate_fits_and_never_rising(photograph, effort, most):
    found = huepress.elbow(photograph, ks=range(1, 21), effort=effort)
    histogram = Histogram.of(photograph)
    fits = [learn(histogram, k, effort=effort).inertia for k in found]
    excess = found.inertias / fits - 1
    assert excess.mean() < 0.005
    assert excess.max() < most
    assert (np.diff(found.inertias) <= 0).all()


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
def test_shades_that_coarse_levels_merge_are_found(effort):
    histogram = window_shot(0, 3000)
    points = ColorPoints.of(histogram, SRGB, 16, np.zeros((0, 3), np.uint8)).points
    fits = [learn(histogram, k, effort=effort).inertia for k in range(1, 17)]
    found = [fit.error / SRGB.scale**2 for fit in series(points, range(1, 17), effort=effort)]
    assert np.mean(np.divide(found, fits)) < 1.02


def test_one_search_costs_less_than_many(monkeypatch, photograph):
    points = huepress._native.Points
    swaps = []
    original = points.search

    def search(self, steps, *arguments, **options):
        swaps.extend(step.count for step in steps if step.kind == Step.SWAPS)
        return original(self, steps, *arguments, **options)

    monkeypatch.setattr(points, "search", search)
    huepress.elbow(photograph, ks=range(1, 21))
    warm = sum(swaps)
    swaps.clear()
    learn(Histogram.of(photograph), 20, effort="balanced")
    assert warm < 4 * sum(swaps)


def points_of(pixels):
    return ColorPoints.of(Histogram.of_pixels(pixels), SRGB, 16, np.zeros((0, 3), np.uint8)).points


@pytest.mark.parametrize("bad", [3, 4, 8, 12])
def test_a_k_whose_way_down_ended_badly_is_searched_anew(monkeypatch, bad):
    points, ks = points_of(noise()), [2, 3, 4, 8, 12, 16]
    good = series(points, ks, effort="balanced")
    spoiled = [replace(fit, error=1.5 * fit.error) if fit.k == bad else fit for fit in good]
    monkeypatch.setattr(series_module, "_descended", lambda *_: spoiled)
    found = series(points, ks, effort="balanced")
    assert [fit.k for fit in found] == ks
    assert [fit.error for fit in found] == pytest.approx([fit.error for fit in good], rel=0.02)


@pytest.mark.parametrize(
    ("errors", "anew"),
    [
        ({k: 1e6 * k**-0.7 for k in (1, 2, 3, 9, 20)}, []),
        ({k: 1e6 * np.exp(-k / 4) for k in (1, 2, 3, 9, 20)}, []),  # they are the chords themselves
        ({k: 1e6 * np.exp(-k / 4) * (1.005 if k == 3 else 1) for k in (1, 2, 3, 9, 20)}, [3]),
        ({k: 1e6 * np.exp(-k / 4) * (1.005 if k == 9 else 1) for k in (1, 2, 3, 9, 20)}, [9]),
        ({1: 8.0, 2: 1.0, 3: 0.0}, []),
        ({1: 8.0, 2: 0.0, 3: 0.0}, []),
    ],
)
def test_what_lies_above_the_chord_of_its_neighbours_is_searched_anew(monkeypatch, errors, anew):
    fits, searched = [Fit(k, np.zeros((k, 3)), error) for k, error in errors.items()], []

    def cluster(points, k, *arguments, **options):
        searched.append(k)
        return Clustering(np.ones((k, 3)), np.full(k, 2, np.uint8), np.ones(k, np.int64), np.inf, 1)

    monkeypatch.setattr(series_module, "_descended", lambda *_: fits)
    monkeypatch.setattr(series_module, "cluster", cluster)
    assert series(None, list(errors), effort="balanced") == fits  # the better one stays
    assert searched == anew


def test_where_more_centres_are_worse_the_fewer_serve_both(monkeypatch):
    fits = [Fit(k, np.zeros((k, 3)), error) for k, error in [(1, 9.0), (2, 10.0), (4, 11.0), (5, 3.0)]]
    monkeypatch.setattr(series_module, "_descended", lambda *_: fits)
    found = series(None, [1, 2, 4, 5], effort="fast")
    assert [(fit.k, len(fit.centers), fit.error) for fit in found] == [(1, 1, 9), (2, 1, 9), (4, 1, 9), (5, 5, 3)]


def test_the_seed_decides_the_search():
    found = [huepress.elbow(noise(), ks=[4, 12], seed=seed).inertias.tolist() for seed in (0, 1, 2, 0)]
    assert found[0] == found[3]
    assert found[0] != found[1] != found[2]


def test_rgb_drops_alpha_and_keeps_hidden_colours():
    pixels = noise(channels=4)
    pixels[:20, :, 3] = 0
    assert huepress.elbow(pixels, ks=[3])[3] == huepress.elbow(pixels[..., :3], ks=[3])[3]


def test_rgba_of_hidden_colours_counts_them():
    pixels = np.array([[[10, 20, 30, 0], [40, 20, 30, 0]]], np.uint8)
    assert huepress.elbow(pixels, ks=[1], channels="rgba")[1] == pytest.approx(2 * 15**2)


def test_rgba_of_an_opaque_picture_is_rgb():
    pixels = noise()
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    assert dict(huepress.elbow(opaque, channels="rgba")) == dict(huepress.elbow(pixels))


def test_rgba_of_one_alpha():
    pixels = np.dstack([noise(), np.full((40, 50), 90, np.uint8)])
    found = huepress.elbow(pixels, ks=[3], channels="rgba")
    assert (found.centers[0][:, 3] == 90).all()
    assert found[3] == huepress.elbow(pixels, ks=[3])[3]


def test_as_many_as_there_are_colours():
    found = huepress.elbow(np.array([[0, 255, 255]], np.uint8), ks=[1, 2, 3, 256])
    assert found[1] == pytest.approx(3 * 255**2 * 2 / 3)
    assert [found[2], found[3], found[256]] == [0, 0, 0]
    np.testing.assert_array_equal(found.centers[2], [[0, 0, 0], [255, 255, 255]])


def test_one_colour():
    found = huepress.elbow(np.full((5, 5, 3), 9, np.uint8))
    assert not found.inertias.any()
    assert found.knee == 1


@pytest.mark.parametrize("channels", ["rgb", "rgba"])
def test_threads_and_order_change_nothing(channels):
    pixels = gradient(200, 150)
    first = huepress.elbow(pixels, ks=[1, 4, 30], channels=channels, threads=1)
    second = huepress.elbow(pixels, ks=[30, 4, 1, 4], channels=channels, threads=3)
    assert first == second
    assert list(second) == [1, 4, 30]


@pytest.mark.parametrize("effort", ["balanced", "best"])
def test_more_effort_is_no_worse(effort, photograph):
    pixels = np.asarray(Image.open(photograph))[::4, ::4]
    fast = huepress.elbow(pixels, ks=[4, 8, 16])
    assert (huepress.elbow(pixels, ks=[4, 8, 16], effort=effort).inertias <= fast.inertias * 1.0005).all()


def test_a_mapping_and_an_array():
    found = Elbow([1, 2, 4], [9.0, 3.0, 1.0], [], "rgb")
    assert dict(found) == {1: 9.0, 2: 3.0, 4: 1.0}
    np.testing.assert_array_equal(np.asarray(found), [9, 3, 1])
    np.testing.assert_array_equal(np.asarray(found, np.float32), np.float32([9, 3, 1]))
    with pytest.raises(KeyError):
        found[3]
    assert 3 not in found
    assert "<b>2</b> (knee)" in found._repr_html_()
    assert repr(found) == "<Elbow of k 1 to 4, rgb, knee at 2>"


@pytest.mark.parametrize(
    ("ks", "inertias", "knee"),
    [
        ([5], [3], 5),
        ([1, 2], [3, 1], 1),
        ([1, 2, 3], [3, 2, 1], 1),
        ([1, 2, 3, 4, 5], [100, 20, 10, 5, 0], 2),
        ([1, 2, 3, 4, 5], [100, 60, 10, 5, 0], 3),
        ([1, 10, 100], [100, 5, 0], 10),
        (range(1, 101), [1 / k for k in range(1, 101)], 10),  # y = 1 / x bends at the root of the range
    ],
)
def test_knee(ks, inertias, knee):
    assert Elbow(ks, inertias, [], "rgb").knee == knee


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ks": []}, "a k at least"),
        ({"ks": [0]}, "k must be 1 to 256, not 0"),
        ({"ks": [257]}, "k must be 1 to 256, not 257"),
        ({"channels": "rbg"}, "channels must be 'rgb' or 'rgba', not 'rbg'"),
        ({"effort": "slow"}, "effort must be"),
        ({"threads": 0}, "threads must be"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        huepress.elbow(noise(), **options)


def test_one_k_is_no_list_of_them():
    with pytest.raises(TypeError, match="ks must be a list or range of whole numbers, not 3"):
        huepress.elbow(noise(), ks=3)
