import numpy as np
import pytest

from huepress import parts

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(parts, "_CACHED", 7)
    monkeypatch.setattr(parts, "_SUMMED", 7)


@pytest.mark.parametrize("shape", [(3, 5), (7, 1), (40,)])
@pytest.mark.parametrize("entry", [(), (4,)])
def test_looking_up_is_indexing(shape, entry):
    table, indices = RNG.integers(0, 256, (20, *entry), np.uint8), RNG.integers(0, 20, shape, np.uint8)
    found = parts.looked_up(table, indices)
    assert found.dtype == table.dtype
    assert np.array_equal(found, table[indices])


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
