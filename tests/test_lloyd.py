import numpy as np
import pytest

from huepress.estimator.lloyd import lloyd, plus_plus, random_rows
from huepress.estimator.rows import rows_of

RANDOM = np.random.default_rng(0)
VALUES, WEIGHTS = RANDOM.normal(size=(300, 3)), RANDOM.uniform(0.5, 2, 300)


def textbook(values, weights, centers):
    """Lloyd's algorithm to its fixed point; counts the assignments."""
    labels, count = None, 0
    while True:
        new = ((values[:, None] - centers[None]) ** 2).sum(axis=2).argmin(axis=1)
        count += 1
        if labels is not None and (new == labels).all():
            return centers, count
        labels = new
        centers = np.array([np.average(values[labels == c], axis=0, weights=weights[labels == c]) for c in range(4)])


def test_it_reaches_the_fixed_point_of_the_textbook():
    start = VALUES[:4]
    fit = lloyd(rows_of(VALUES, 1), WEIGHTS, start, max_iter=300, tolerance=0.0)
    centers, count = textbook(VALUES, WEIGHTS, start)
    np.testing.assert_allclose(fit.centers, centers, rtol=1e-12)
    assert fit.iterations == count
    distances = ((VALUES[:, None] - centers[None]) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(fit.inertia, (WEIGHTS * distances).sum(), rtol=1e-12)


def test_inertia_never_rises_and_each_iteration_is_told():
    lines = []
    lloyd(rows_of(VALUES, 1), WEIGHTS, VALUES[:9], max_iter=99, tolerance=0.0, say=lines.append)
    told = [float(line.split()[-1].rstrip(".")) for line in lines[:-1]]
    assert len(told) > 3
    assert told == sorted(told, reverse=True)
    assert "strict convergence" in lines[-1]


def test_tolerance_and_limit_stop_it():
    rows = rows_of(VALUES, 1)
    assert lloyd(rows, WEIGHTS, VALUES[:9], max_iter=2, tolerance=0.0).iterations == 2
    assert lloyd(rows, WEIGHTS, VALUES[:9], max_iter=99, tolerance=np.inf).iterations == 1


def test_empty_clusters_take_the_farthest_rows():
    values = np.array([[-10, -9.5, -9, -8.5, -8, -1, 1, 9, 9.5, 10]]).T
    fit = lloyd(rows_of(values, 1), np.ones(10), np.full((3, 1), -10.0), max_iter=1, tolerance=0.0)
    assert fit.centers.ravel().tolist() == [-36 / 8, 10.0, 9.5]


def test_no_cluster_is_robbed_of_its_only_row():
    fit = lloyd(
        rows_of(np.array([[0.0], [9.0]]), 1), np.ones(2), np.array([[1.0], [50], [60]]), max_iter=9, tolerance=0
    )
    assert sorted(fit.centers.ravel()) == [0.0, 9.0, 60.0]
    assert fit.inertia == 0


@pytest.mark.parametrize("start", [plus_plus, random_rows])
def test_starts_are_different_rows_drawn_by_weight(start):
    weights = WEIGHTS.copy()
    weights[::2] = 0
    for seed in range(20):
        centers = start(rows_of(VALUES, 1), weights, 8, np.random.RandomState(seed))
        places = [np.flatnonzero((center == VALUES).all(axis=1)).item() for center in centers]
        assert len(set(places)) == 8
        assert all(place % 2 for place in places)


def test_first_centres_follow_the_weights():
    values, weights = np.arange(4.0)[:, None], np.array([1.0, 2.0, 3.0, 4.0])
    for start in (plus_plus, random_rows):
        drawn = [start(rows_of(values, 1), weights, 1, np.random.RandomState(seed))[0, 0] for seed in range(1000)]
        np.testing.assert_allclose(np.bincount(np.array(drawn, int)) / 1000, weights / 10, atol=0.04)


def test_plus_plus_finds_far_clusters():
    blobs = np.concatenate([RANDOM.normal(c, 0.1, (50, 2)) for c in ((0, 0), (0, 9), (9, 0), (9, 9))])
    for seed in range(20):
        centers = plus_plus(rows_of(blobs, 1), np.ones(200), 4, np.random.RandomState(seed))
        assert len(np.unique(np.rint(centers / 9), axis=0)) == 4
