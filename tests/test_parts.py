import numpy as np
import pytest

from huepress import parts

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(parts, "_CACHED", 7)
    monkeypatch.setattr(parts, "_SUMMED", 7)


@pytest.mark.parametrize("shape", [(3, 5), (7, 1), (0,), (400, 300)])
@pytest.mark.parametrize("index", [np.uint8, np.uint32])
@pytest.mark.parametrize(
    ("entry", "dtype"), [((), np.uint8), ((), np.int16), ((), np.uint32), ((3,), np.uint8), ((4,), np.uint8)]
)
@pytest.mark.parametrize("threads", [1, 3])
def test_looking_up_is_indexing(shape, index, entry, dtype, threads):
    table, indices = RNG.integers(0, 256, (20, *entry)).astype(dtype), RNG.integers(0, 20, shape).astype(index)
    found = parts.looked_up(table, indices, threads=threads)
    assert found.dtype == table.dtype
    assert np.array_equal(found, table[indices])


def test_indices_beyond_a_table_and_entries_that_are_too_large_are_refused():
    with pytest.raises(IndexError, match="below 2"):
        parts.looked_up(np.zeros(2, np.uint8), np.array([2], np.uint32))
    with pytest.raises(ValueError, match="1 to 4 bytes, not 8"):
        parts.looked_up(np.zeros(2), np.array([1], np.uint8))
    with pytest.raises(ValueError, match="shape"):
        parts.looked_up(np.zeros(2, np.uint8), np.array([1], np.uint8), out=np.zeros(2, np.uint8))
    with pytest.raises(ValueError, match="labels must be below 3"):
        parts.label_counts(np.array([3], np.uint8), 3)


def test_indices_may_be_replaced_by_what_they_stand_for():
    table, indices = RNG.permutation(50).astype(np.uint32), RNG.integers(0, 50, 33).astype(np.uint32)
    expected = table[indices]
    assert parts.looked_up(table, indices, out=indices) is indices
    assert np.array_equal(indices, expected)


def test_labels_are_counted_and_weighed():
    labels, weights = RNG.integers(0, 9, (6, 5), np.uint8), RNG.random((6, 5)).astype(np.float32)
    assert parts.label_counts(labels, 12).tolist() == [int((labels == label).sum()) for label in range(12)]
    sums = [weights[labels == label].sum(dtype=np.float64) for label in range(12)]
    assert parts.label_sums(labels, weights, 12) == pytest.approx(sums)
