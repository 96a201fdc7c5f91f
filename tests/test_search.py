import numpy as np
import pytest
from sklearn.cluster import KMeans as Theirs

from huepress import KMeans
from huepress.estimator.byte_rows import Bytes, distinct_bytes
from huepress.estimator.rows import DenseRows
from huepress.estimator.search import search, searched_centers
from huepress.kmeans import STRATEGIES

RANDOM = np.random.default_rng(0)


def searched(values, k, weights=None):
    weights = np.ones(len(values)) if weights is None else weights
    return searched_centers(DenseRows(values, 1), weights, k, STRATEGIES["fast"], seed=0, threads=1)


def inertia(values, centers):
    return ((values[:, None] - centers) ** 2).sum(axis=2).min(axis=1).sum()


@pytest.mark.parametrize("features", [1, 2, 3, 4])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_all_blobs_are_found(features, scale):
    """So many, and so far apart, that no start by luck finds each of them."""
    grid = np.stack(np.meshgrid(*[np.arange(25.0 if features == 1 else 5.0)] * min(features, 2)), axis=-1)
    true = np.pad(grid.reshape(25, -1), ((0, 0), (0, max(0, features - 2)))) * 10 - 7
    values = np.repeat(true, 80, axis=0) + RANDOM.normal(0, 0.3, (2000, features))
    found = searched(values * scale, 25) / scale
    assert inertia(values, found) <= inertia(values, true)


@pytest.mark.parametrize(("effort", "most"), [("fast", 1.015), ("balanced", 1.005)])
@pytest.mark.parametrize("name", ["normal", "exponential", "uniform"])
def test_one_search_is_about_as_good_as_the_best_of_ten_runs_of_scikit_learn(name, effort, most):
    values = getattr(np.random.default_rng(3), name)(size=(3000, 3))
    theirs = Theirs(20, n_init=10, random_state=0).fit(values)
    assert KMeans(20, random_state=0, effort=effort).fit(values).inertia_ < most * theirs.inertia_


def test_rows_of_which_few_are_far_from_most_are_searched_as_others():
    ratios = []
    for seed in range(4):
        values = np.exp(2.5 * np.random.default_rng(seed).normal(size=(3000, 2)))
        theirs = [Theirs(100, n_init=1, random_state=state).fit(values).inertia_ for state in range(3)]
        ratios.append(KMeans(100, random_state=0, effort="fast").fit(values).inertia_ / np.median(theirs))
    assert np.mean(ratios) < 0.95


def test_weights_count():
    values, weights = RANDOM.normal(size=(500, 2)), RANDOM.integers(1, 9, 500)
    weighted, repeated = searched(values, 8, weights), searched(np.repeat(values, weights, axis=0), 8)
    assert inertia(values, weighted) != pytest.approx(inertia(values, searched(values, 8)))
    rows = np.repeat(values, weights, axis=0)
    assert inertia(rows, weighted) == pytest.approx(inertia(rows, repeated), rel=0.02)


OUTLIER = np.append(RANDOM.uniform(size=(99, 2)), [[1e9, 0]], axis=0)


@pytest.mark.parametrize(
    "values", [OUTLIER, OUTLIER * 1e299, np.array([[-1e308], [0], [1e308]]), np.array([[0], [5e-324]])]
)
def test_a_grid_that_is_too_coarse_is_not_trusted(values):
    assert searched(values, 2 if len(values) < 9 else 4) is None


def test_rows_that_no_grid_suits_are_clustered_all_the_same():
    theirs = Theirs(4, n_init=1, random_state=0).fit(OUTLIER)
    assert KMeans(4, random_state=0).fit(OUTLIER).inertia_ < 1.2 * theirs.inertia_


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_search_reports_the_inertia_of_its_centres(width):
    values = np.random.default_rng(width).integers(0, 256, (3000, width)).astype(np.uint8)
    data = distinct_bytes(Bytes(values), None, 1)
    for k in (1, 2, 7):
        fit = search(data.rows, data.weights, k, effort="fast", seed=0, threads=1)
        assert fit.centers.shape == (k, width)
        inertia = ((values[:, None] - fit.centers[None]) ** 2).sum(axis=2).min(axis=1).sum()
        np.testing.assert_allclose(fit.inertia, inertia, rtol=1e-3)


def test_search_finds_the_clusters_that_are_there():
    random = np.random.default_rng(0)
    true = np.array([[20, 20, 20, 9], [200, 20, 20, 9], [20, 200, 20, 9], [20, 20, 200, 200]])
    values = (true[random.integers(0, 4, 5000)] + random.integers(-9, 10, (5000, 4))).clip(0, 255).astype(np.uint8)
    data = distinct_bytes(Bytes(values), None, 1)
    fit = search(data.rows, data.weights, 4, effort="fast", seed=0, threads=1)
    np.testing.assert_allclose(fit.centers[np.lexsort(fit.centers.T)], true[np.lexsort(true.T)], atol=1)


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9, 1e300])
def test_weights_of_any_size_weigh_alike(factor):
    random = np.random.default_rng(0)
    values, weights = random.integers(0, 256, (500, 3)).astype(np.uint8), random.uniform(0.1, 9, 500)
    data = distinct_bytes(Bytes(values), weights, 1)
    plain = search(data.rows, data.weights, 5, effort="fast", seed=0, threads=1)
    scaled = search(data.rows, data.weights * factor, 5, effort="fast", seed=0, threads=1)
    np.testing.assert_allclose(scaled.centers, plain.centers, atol=1e-3)
