from itertools import combinations, pairwise

import numpy as np
import pytest

import huepress
from huepress import Histogram, _native, line
from huepress.color_points import ColorPoints
from huepress.space import space_named

NONE = np.zeros((0, 3), np.uint8)
GREY = np.array([1, 1, 1])


def picture(levels, way=GREY):
    """A column of pixels of these levels along a way through the colours."""
    return (np.asarray(levels)[:, None, None] * way).astype(np.uint8)


def points_of(pixels, space="srgb", k=2):
    return ColorPoints.of(Histogram.of_pixels(pixels), space_named(space), k, NONE).points


def error_of(values):
    return ((values - values.mean()) ** 2).sum()


def least_error(levels, k):
    """The least sum of squared errors of k runs of the levels, of all ways to cut them."""
    distinct = np.unique(levels)
    cuts = [[-np.inf, *cut, np.inf] for cut in combinations(distinct[1:], k - 1)]
    runs = ([levels[(levels >= a) & (levels < b)] for a, b in pairwise(cut)] for cut in cuts)
    return min(sum(map(error_of, run)) for run in runs)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_greys_have_the_least_error_of_all_ways_to_part_them(seed, k, effort):
    rng = np.random.default_rng(seed)
    levels = rng.choice(rng.integers(0, 256, 13), 300, p=rng.dirichlet(np.full(13, 0.3)))
    if len(np.unique(levels)) <= k:
        levels[: k + 1] = np.arange(k + 1)
    found = huepress.learn_palette(picture(levels), k, effort=effort)
    assert found.inertia == pytest.approx(3 * least_error(levels, k))


def error_of_runs(places, weights, starts):
    runs = np.split(np.arange(len(places)), starts[1:])
    means = [np.average(places[run], weights=weights[run]) for run in runs]
    return sum(weights[run] @ (places[run] - mean) ** 2 for run, mean in zip(runs, means, strict=True))


@pytest.mark.parametrize("count", [2, 40, 120])
@pytest.mark.parametrize("seed", range(4))
def test_runs_have_the_error_that_trying_all_last_runs_finds(count, seed):
    rng = np.random.default_rng(seed)
    places = np.sort(rng.integers(-16000, 16000, count) // rng.choice([1, 900]))
    weights = rng.integers(1, rng.choice([2, 9, 30_000_000]), count).astype(np.uint32)
    errors = np.full((count + 1, count + 1), np.inf)
    for start, end in combinations(range(count + 1), 2):
        errors[start, end] = error_of_runs(places[start:end], weights[start:end].astype(float), [0])
    least = errors[0]
    for k in range(1, count + 1):
        starts = _native.runs_of_least_error(places, weights, k)
        assert starts[0] == 0
        assert (np.diff(starts) > 0).all()
        assert error_of_runs(places, weights.astype(float), starts) == pytest.approx(least[count], rel=1e-6, abs=1e3)
        least = (least[:, None] + errors).min(axis=0)


@pytest.mark.parametrize("space", ["srgb", "oklab"])
@pytest.mark.parametrize("k", [4, 16, 64])
def test_no_run_of_scikit_learn_finds_less_among_greys(space, k):
    cluster = pytest.importorskip("sklearn.cluster")
    levels = np.random.default_rng(k).normal(120, 50, 20000).clip(0, 255).astype(int)
    palette = huepress.learn_palette(picture(levels), k, space=space)
    points = points_of(picture(levels), space)
    rows = points.coordinates[:, : points.count].T.astype(float) / space_named(space).scale
    model = cluster.KMeans(k, n_init=20, random_state=0).fit(rows, sample_weight=points.weights)
    assert palette.inertia <= model.inertia_ * (1 + 1e-9)


@pytest.mark.parametrize("way", [GREY, (1, 0, 0), (0, 2, 1), (1, 2, 3)])
def test_any_line_will_do(way):
    levels = np.random.default_rng(1).choice([0, 3, 4, 9, 30, 31, 50, 80], 200, p=np.arange(1, 9) / 36)
    found = huepress.learn_palette(picture(levels, np.array(way)), 3, effort="fast")
    assert found.inertia == pytest.approx((np.array(way) ** 2).sum() * least_error(levels, 3))


def test_a_line_may_lead_down():
    levels = np.random.default_rng(1).choice([0, 3, 4, 9, 30, 31, 50, 80], 200, p=np.arange(1, 9) / 36)
    pixels = picture(levels, np.array([1, 0, 2])) + picture(200 - levels, np.array([0, 1, 0]))
    assert huepress.learn_palette(pixels, 3).inertia == pytest.approx(6 * least_error(levels, 3))


def test_weights_count_among_greys():
    levels, weights = np.array([0, 1, 9, 10]), np.array([[1.0], [1], [1], [3]])
    palette = huepress.learn_palette(picture(levels), 2, weights=weights)
    assert sorted(palette.centers[:, 0].tolist()) == pytest.approx([0.5, 9.75])
    assert palette.inertia == pytest.approx(3 * (0.5 + 0.75))


def test_the_elbow_of_greys_is_that_of_the_least_errors():
    levels = np.random.default_rng(3).choice([0, 3, 4, 9, 30, 31, 50, 80, 81, 200], 300)
    found = huepress.elbow(picture(levels), ks=range(1, 7))
    assert found.inertias == pytest.approx([3 * least_error(levels, k) for k in range(1, 7)])


def test_a_callback_hears_of_greys_too():
    told = []
    palette = huepress.learn_palette(picture(np.arange(100) % 37), 5, callback=told.append)
    assert told[-1].inertia == pytest.approx(palette.inertia)


def test_fixed_colours_stay_among_greys():
    palette = huepress.learn_palette(picture(np.arange(100)), 4, fixed=["#ff0000", "#0a0a0a"])
    assert {"#ff0000", "#0a0a0a"} <= set(palette.hex)


@pytest.mark.parametrize(
    ("pixels", "k"),
    [
        (np.random.default_rng(0).integers(0, 256, (40, 1, 3), np.uint8), 4),
        (picture([5, 6, 7]), 3),
        (np.concatenate([picture(np.arange(50)), [[[49, 49, 50]]]]).astype(np.uint8), 4),
        (np.concatenate([picture(np.arange(9), np.array([1, 1, 1, 0])), picture(np.arange(9), np.ones(4)) + 246]), 4),
        (picture([0, 7, 14], (0, 0, 0, 1)), 2),  # on a line, but of two classes of alpha
    ],
)
def test_other_points_are_searched(pixels, k):
    assert line.optimal_centers(points_of(pixels.astype(np.uint8), k=k), k) is None


@pytest.mark.parametrize(
    ("places", "weights", "k", "message"),
    [
        ([], [], 1, "number of places"),
        ([0, 1], [1, 1], 3, "number of places"),
        ([0, 1], [1, 1], 0, "number of places"),
        (range(1025), [1] * 1025, 2, "at most 1024"),
        ([1, 0], [1, 1], 1, "ascend"),
        ([0, 1 << 14], [1, 1], 1, "below 16384"),
        ([-(1 << 63), 0], [1, 1], 1, "below 16384"),
        ([0, 1], [0, 1], 1, "at least 1"),
        ([0, 1], [1 << 31, 1 << 31], 1, "sum"),
        ([0, 1], [1], 1, "shape"),
    ],
)
def test_runs_of_what_are_no_weighted_places_are_refused(places, weights, k, message):
    with pytest.raises(ValueError, match=message):
        _native.runs_of_least_error(np.array(places, np.int64), np.array(weights, np.uint32), k)
