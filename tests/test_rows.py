import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

from huepress import _native
from huepress.estimator.rows import distinct, rows_of, total

SHAPES = [(1, 1, 1), (5, 3, 2), (17, 4, 5), (33, 7, 16), (2000, 2, 300)]


def differences(rows, centers):
    """Squared distances, the features added one after another."""
    found = np.zeros((len(rows), len(centers)))
    for column, feature in zip(rows.T, centers.T, strict=True):
        found += (column[:, None] - feature[None]) ** 2
    return found


@pytest.fixture(params=SHAPES, ids=str)
def data(request):
    n, d, k = request.param
    random = np.random.default_rng(n)
    return random.normal(size=(n, d)), random.normal(size=(k, d))


def test_kernel_agrees_with_numpy_to_the_last_bit(data):
    rows, centers = data
    expected = differences(rows, centers)
    for level in _native.supported_simd_levels():
        _native.use_simd_level(level)
        for threads in (1, 3):
            labels, distances = _native.rows_nearest(rows, centers, threads)
            assert (labels == expected.argmin(axis=1)).all()
            assert (distances == expected.min(axis=1)).all()
            assert (_native.rows_distances(rows, centers, threads) == expected).all()


def test_ties_go_to_the_lower_centre():
    labels, distances = _native.rows_nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [-1.0], [1.0]]), 1)
    assert labels.tolist() == [0, 0]
    assert distances.tolist() == [1.0, 16.0]


def test_sums_are_those_of_numpy(data):
    rows, centers = data
    labels = _native.rows_nearest(rows, centers, 1)[0]
    weights = np.random.default_rng(1).random(len(rows))
    sums = _native.rows_sums(rows, weights, labels, len(centers))
    expected = np.zeros_like(centers)
    np.add.at(expected, labels, weights[:, None] * rows)
    np.testing.assert_allclose(sums, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "centers", "error", "words"),
    [
        (np.zeros((0, 2)), np.zeros((1, 2)), ValueError, "a row and a feature"),
        (np.zeros((2, 0)), np.zeros((1, 0)), ValueError, "a row and a feature"),
        (np.zeros((2, 2)), np.zeros((0, 2)), ValueError, "a row and a feature"),
        (np.zeros((2, 2)), np.zeros((1, 3)), ValueError, "shape"),
        (np.zeros((2, 2), np.float32), np.zeros((1, 2)), TypeError, "float32"),
    ],
)
def test_the_kernel_is_not_called_with_wrong_arrays(rows, centers, error, words):
    with pytest.raises(error, match=words):
        _native.rows_nearest(rows, centers, 1)
    with pytest.raises(error, match=words):
        _native.rows_distances(rows, centers, 1)


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_out_of_range_are_refused(label):
    with pytest.raises(ValueError, match="labels must be 0 to 1"):
        _native.rows_sums(np.zeros((1, 1)), np.ones(1), np.array([label], np.int32), 2)


@pytest.mark.parametrize("kind", [csr_array, csr_matrix])
def test_sparse_rows_are_the_dense_ones(data, kind):
    values, centers = data
    values = np.where(np.abs(values) < 0.5, 0, values)
    weights = np.random.default_rng(2).random(len(values))
    dense, sparse = rows_of(values, 1), rows_of(kind(values), 1)
    labels = dense.nearest(centers)[0]
    np.testing.assert_allclose(sparse.keys(), dense.keys(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sparse.distances(centers), dense.distances(centers), atol=1e-12)
    np.testing.assert_allclose(sparse.nearest(centers)[1], dense.nearest(centers)[1], atol=1e-12)
    np.testing.assert_allclose(
        sparse.sums(weights, labels, len(centers)), dense.sums(weights, labels, len(centers)), atol=1e-12
    )
    np.testing.assert_allclose(sparse.mean_variance(weights), dense.mean_variance(weights), atol=1e-12)
    assert (sparse.dense(slice(None)) == values).all()


def test_mean_variance_is_that_of_repeated_rows():
    values, weights = np.random.default_rng(0).normal(size=(9, 4)), np.arange(1.0, 10.0)
    repeated = np.repeat(values, weights.astype(int), axis=0)
    np.testing.assert_allclose(rows_of(values, 1).mean_variance(weights), repeated.var(axis=0).mean())


@pytest.mark.parametrize("collide", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_distinct_rows_are_found_counted_and_spread(kind, collide, monkeypatch):
    if collide:  # rows with the same sum have the same key
        monkeypatch.setattr("huepress.estimator.rows._factors", np.ones)
    random = np.random.default_rng(0)
    values = random.integers(-2, 3, (500, 3)) / 2
    found = distinct(rows_of(kind(values), 1), None)
    expected, counts = np.unique(values, axis=0, return_counts=True)
    rows = found.rows.dense(slice(None))
    order = np.lexsort(rows.T[::-1])
    assert (rows[order] == expected).all()
    assert (found.weights[order] == counts).all()
    assert (rows[found.spread(np.arange(len(rows), dtype=np.int32))] == values).all()


@pytest.mark.parametrize("collide", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_order_and_repetition_of_rows_do_not_matter(kind, collide, monkeypatch):
    if collide:  # all keys are the same
        monkeypatch.setattr("huepress.estimator.rows._factors", np.zeros)
    random = np.random.default_rng(0)
    values, weights = random.normal(size=(50, 3)), random.integers(1, 5, 50)
    repeated = random.permutation(np.repeat(values, weights, axis=0))
    once, often = distinct(rows_of(kind(values), 1), weights * 1.0), distinct(rows_of(kind(repeated), 1), None)
    assert (once.rows.dense(slice(None)) == often.rows.dense(slice(None))).all()
    assert (once.weights == often.weights).all()


@pytest.mark.parametrize("scale", [1e308, 5e-324])
def test_rows_of_any_size_are_told_apart(scale):
    values = np.array([[1.0, 1.0], [1.5, 1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]) * scale
    values[1, 0] = 1.5 * scale if scale > 1 else 2 * scale
    assert sorted(distinct(rows_of(values, 1), None).weights) == [1.0, 1.0, 1.0, 2.0]


def test_minus_zero_is_zero():
    assert distinct(rows_of(np.array([[0.0], [-0.0]]), 1), None).rows.shape == (1, 1)


def test_total_is_the_weighted_sum():
    assert total(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11.0
