import zlib

import numpy as np
import pytest

from huepress import rate
from huepress.rate import Costs, Statistics, merge_entries


def test_length_and_distance_codes_are_those_of_rfc_1951():
    # Table of section 3.2.5: code, extra bits, first value.
    lengths = {3: (0, 0), 10: (7, 0), 11: (8, 1), 18: (11, 1), 19: (12, 2), 130: (23, 4), 131: (24, 5), 257: (27, 5)}
    for length, (code, extra) in {**lengths, 258: (28, 0)}.items():
        assert (rate._LENGTH_CODES[length], rate._LENGTH_EXTRA[code]) == (code, extra)
    distances = {1: (0, 0), 4: (3, 0), 5: (4, 1), 7: (5, 1), 9: (6, 2), 513: (18, 8), 769: (19, 8), 24577: (29, 13)}
    for distance, (code, extra) in {**distances, 32768: (29, 13)}.items():
        assert (rate._DISTANCE_CODES[distance], rate._DISTANCE_EXTRA[code]) == (code, extra)


def test_rare_literals_cost_more_and_none_more_than_deflate_allows():
    costs = Costs.measured(Statistics(np.array([1000.0, 10.0, 0.0]), np.ones(29), np.ones(30)))
    assert costs.literals[0] < costs.literals[1] < costs.literals[2] <= 15
    assert (costs.lengths[:3] > 1e6).all()
    assert (
        np.diff(Costs.measured(Statistics(np.zeros(256), np.zeros(29), np.zeros(30))).lengths[3:258]) >= -1e-6
    ).all()


def test_like_entries_merge_and_unlike_ones_stay():
    entries = np.array([[0.0, 0, 0], [1.0, 0, 0], [500.0, 0, 0]])
    statistics = Statistics(np.array([50.0, 50.0, 50.0]), np.zeros(29), np.zeros(30))
    merged = merge_entries(entries, np.array([100.0, 100.0, 100.0]), statistics, price=1.0)
    assert merged.kept.sum() == 2
    assert merged.kept[2]
    assert merged.coordinates[merged.kept][0, 0] == pytest.approx(0.5)
    assert merged.literals[merged.kept].sum() == 150


def test_fixed_entries_neither_move_nor_go():
    entries = np.array([[0.0, 0, 0], [1.0, 0, 0], [2.0, 0, 0]])
    statistics = Statistics(np.full(3, 50.0), np.zeros(29), np.zeros(30))
    merged = merge_entries(entries, np.array([1.0, 1.0, 1e6]), statistics, price=1e9, fixed=2)
    assert merged.kept.tolist() == [True, True, False]
    np.testing.assert_array_equal(merged.coordinates[:2], entries[:2])


def test_what_merges_into_a_fixed_entry_goes_all_the_way():
    entries = np.array([[0.0, 0, 0], [10.0, 0, 0]])
    statistics = Statistics(np.array([0.0, 50.0]), np.zeros(29), np.zeros(30))
    for price, kept in ((0.1, [True, True]), (1e3, [True, False])):  # 100 pixels by a squared distance of 100
        assert merge_entries(entries, np.array([0.0, 100.0]), statistics, price, fixed=1).kept.tolist() == kept


def test_nothing_merges_when_bits_are_nearly_free():
    rng = np.random.default_rng(0)
    entries = rng.integers(0, 16000, (40, 3)).astype(float)
    statistics = Statistics(rng.integers(1, 99, 40).astype(float), np.ones(29), np.ones(30))
    assert merge_entries(entries, np.ones(40), statistics, price=1e-9).kept.all()


def test_the_estimate_of_a_noisy_row_is_near_what_deflate_takes():
    rng = np.random.default_rng(1)
    data = np.minimum(rng.geometric(0.05, 20000), 63).astype(np.uint8)
    counts = np.bincount(data, minlength=64).astype(float)
    costs = Costs.measured(Statistics(counts, np.zeros(29), np.zeros(30)))
    coder = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
    taken = len(coder.compress(data.tobytes()) + coder.flush())
    assert costs.literals[data].sum() / 8 == pytest.approx(taken, rel=0.05)
