import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from huepress.estimator.byte_rows import Bytes, bytes_of, distinct_bytes

bytes_arrays = st.integers(1, 4).flatmap(
    lambda width: arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.just(width)), elements=st.integers(0, 3))
)


@pytest.mark.parametrize(
    ("values", "bytes_"),
    [
        (np.array([[0, 255]], np.uint8), True),
        (np.arange(200, dtype=np.uint8).reshape(50, 4)[:, :3], True),
        (np.arange(200, dtype=np.uint8).reshape(4, 50).T, True),
        (np.array([[0.0, 255.0]]), True),
        (np.array([[0.0, 255.0]], np.float32), True),
        (np.array([[-0.0, 255.0]]), True),
        (np.array([[0, 255]]), True),
        (np.array([[0, 255]], np.int32), True),
        (np.arange(60000.0).reshape(20000, 3) % 256, True),
        (np.asfortranarray(np.arange(60000).reshape(20000, 3) % 256), True),
        (np.array([[0.5, 1.0]]), False),
        (np.array([[-1.0]]), False),
        (np.array([[256.0]]), False),
        (np.array([[1e300]]), False),
        (np.array([[np.nan]]), False),
        (np.array([[np.inf]], np.float32), False),
        (np.array([[2**40]]), False),
        (np.array([[-1]], np.int32), False),
        (np.append(np.zeros(99), 0.5)[:, None], False),
        (np.append(np.zeros(99999), 256)[:, None], False),
        (np.append(np.zeros(99999, np.int32), 256)[:, None].astype(np.int32), False),
        (np.zeros((2, 5)), False),
    ],
)
def test_bytes_are_recognised(values, bytes_):
    found = bytes_of(values, 2)
    assert (found is not None) == bytes_
    if bytes_:
        assert found.values.dtype == np.uint8
        assert found.unit == 1
        assert (found.values == values).all()


LEVELS = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)


@pytest.mark.parametrize(
    "values", [LEVELS / 255, LEVELS.astype(np.float32) / 255, (LEVELS / 255).astype(np.float32), LEVELS * (1 / 255)]
)
def test_bytes_divided_by_255_are_recognised(values):
    found = bytes_of(values, 1)
    assert found.unit == 1 / 255
    assert np.array_equal(found.values, LEVELS)


@pytest.mark.parametrize("wrong", [1e-5, 1e-19, -1e-19, -1 / 255, 1.1, 1e300, np.nan, np.inf, 0.5])
def test_other_shares_are_no_bytes(wrong):
    assert bytes_of(np.append(LEVELS.ravel() / 255, wrong)[:, None], 1) is None


@given(values=bytes_arrays, weighted=st.booleans(), lying=st.sampled_from(["packed", "apart", "transposed"]))
def test_distinct_bytes_are_those_of_numpy(values, weighted, lying):
    if lying == "transposed":
        values = np.asfortranarray(values)
    elif lying == "apart" and values.shape[1] == 3:
        values = np.pad(values, ((0, 0), (0, 1)), constant_values=77)[:, :3]
    weights = np.arange(1.0, len(values) + 1) if weighted else None
    found = distinct_bytes(Bytes(values), weights, 1)
    expected, inverse = np.unique(values, axis=0, return_inverse=True)
    rows = found.rows.dense(slice(None))
    order = np.lexsort(rows.T[::-1])
    assert (rows[order] == expected).all()
    assert (found.weights[order] == np.bincount(inverse.ravel(), weights)).all()
    assert (rows[found.spread(np.arange(len(rows), dtype=np.int32))] == values).all()


def test_labels_above_255_are_spread():
    values = np.stack(np.divmod(np.arange(600), 256), axis=1).astype(np.uint8)
    found = distinct_bytes(Bytes(values), None, 1)
    labels = found.spread(np.arange(600, dtype=np.int32))
    assert sorted(labels) == list(range(600))
    assert (found.rows.dense(labels) == values).all()
