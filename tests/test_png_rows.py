import itertools
import tracemalloc

import numpy as np
import pytest
from scipy.stats import entropy as nats

import png_oracle
from huepress.formats import png_rows
from huepress.formats.png_rows import Filtering, different_pairs, entropy, sums, toured

CHANCE = np.random.default_rng(0)


@pytest.mark.parametrize("filters", [(0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4), (1, 4)])
@pytest.mark.parametrize("at_a_time", [1, 40, 1 << 15])
def test_filtered_rows_are_undone_as_the_specification_says(filters, at_a_time, monkeypatch):
    monkeypatch.setattr(png_rows, "_AT_A_TIME", at_a_time)
    monkeypatch.setattr(png_rows, "_SHORT", 1)
    samples = CHANCE.integers(0, 256, (19, 5), dtype=np.uint8)
    samples[7:] %= 5  # where what filters foretell is often equally near
    rows = Filtering(filters, sums if len(filters) > 1 else None).rows(samples)
    assert set(rows[:, 0]) <= set(filters)
    back, _ = png_oracle._unfiltered(rows.tobytes(), 0, 5, 19, 8, 1)
    assert (np.asarray(back).reshape(samples.shape) == samples).all()


def test_entropy_is_that_of_the_bytes_of_a_row():
    rows = CHANCE.integers(0, 1 << np.arange(1, 9).reshape(2, 4, 1), (2, 4, 300)).astype(np.uint8)
    for found, row in zip(entropy(rows).reshape(-1), rows.reshape(-1, 300), strict=True):
        assert found / 256 == pytest.approx(300 * nats(np.bincount(row), base=2), abs=1)


def test_filters_are_chosen_by_sums_or_by_different_pairs():
    rows = CHANCE.integers(0, 1 << np.arange(1, 9).reshape(2, 4, 1), (2, 4, 300)).astype(np.uint8)
    for measure in (sums, different_pairs):
        assert measure(rows).shape == (2, 4)
    for row, total, pairs in zip(rows.reshape(-1, 300), sums(rows).flat, different_pairs(rows).flat, strict=True):
        assert total == sum(min(value, 256 - value) for value in row.tolist())
        assert pairs == len(set(itertools.pairwise(row.tolist())))
    assert different_pairs(rows[..., :1]).tolist() == [[0] * 4] * 2


def test_many_short_rows_take_little_memory():
    samples = CHANCE.integers(0, 256, (30_000, 1), dtype=np.uint8)
    tracemalloc.start()
    try:
        Filtering((0, 1, 2, 3, 4), entropy).rows(samples)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_tour_goes_along_ramps_those_with_alpha_first():
    ramp = np.arange(0, 250, 5)
    shadow = np.stack([0 * ramp, 0 * ramp, 0 * ramp, ramp], axis=1)
    reds = np.stack([ramp, 0 * ramp, 0 * ramp, 0 * ramp + 255], axis=1)
    colors = np.concatenate([shadow, reds])
    shuffled = CHANCE.permutation(100)
    assert (colors[shuffled][toured(colors[shuffled].astype(np.uint8))] == colors).all()


def test_a_tour_goes_from_the_darkest_to_the_nearest_that_is_left():
    colors = CHANCE.integers(0, 256, (60, 4), dtype=np.uint8)
    colors[:30, 3] %= 255
    colors[30:, 3] = 255
    seen = np.column_stack([colors[:, :3] * (colors[:, 3:] / 255), colors[:, 3]])  # over black, and its alpha
    order = toured(colors)
    assert set(order[:30]) == set(range(30))
    for group in (order[:30], order[30:]):
        assert tuple(seen[group[0], [3]]) == tuple(seen[group, 3:].min(axis=0))
        for n, at in enumerate(group[:-1], 1):
            distances = np.linalg.norm(seen[group[n:]] - seen[at], axis=1)
            assert distances[0] <= distances.min() + 1e-9
    assert seen[order[30], :3].sum() == seen[order[30:], :3].sum(axis=1).min()


def test_a_tour_comes_everywhere_once():
    for k in (1, 2, 256):
        colors = CHANCE.integers(0, 256, (k, 4), dtype=np.uint8)
        assert sorted(toured(colors)) == list(range(k))
