import itertools
import zlib

import numpy as np
import pytest

from huepress import _native, rate
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


def test_a_torn_copy_takes_more_the_rarer_symbols_are():
    def torn_bits(literals, copies):
        lengths = np.zeros(29)
        lengths[27] = copies  # of 227 to 257 pixels, 242 in the mean
        return Statistics(np.array([literals]), lengths, np.full(30, copies / 30)).torn_bits

    assert torn_bits(50.0, 0.0) == 0
    assert torn_bits(0.0, 9.0) == pytest.approx(12 * (1 - 1 / 242) ** 8)
    assert torn_bits(242.0, 3.0) == pytest.approx(12 * (1 - 245 / 968) ** 8)


def merged_one_by_one(coordinates, weights, literals, symbols, torn_bits, price, classes, fixed):
    """The rows (coordinates, weight, literals) that are left, by the definition: all pairs anew after each merge."""
    left = {i: (coordinates[i], weights[i], literals[i]) for i in range(len(coordinates))}

    def bits(n):
        return -n * np.rint(np.log2((n + 0.3) / symbols) * 1024) / 1024

    def gain(pair):
        (at, w, n), (other_at, other_w, other_n) = (left[i] for i in pair)
        moved = w * other_w / (w + other_w) if pair[0] >= fixed else other_w
        saved = bits(n) + bits(other_n) - bits(n + other_n) + torn_bits * min(n, other_n) + 28
        return price * saved - ((at - other_at) ** 2).sum() * moved

    while True:
        pairs = [p for p in itertools.combinations(left, 2) if classes[p[0]] == classes[p[1]] and p[1] >= fixed]
        best = max(pairs, key=gain, default=None)
        if best is None or gain(best) <= 0:
            return left
        keep, go = best if best[0] < fixed or weights_of(left, best[0]) > weights_of(left, best[1]) else best[::-1]
        (at, w, n), (other_at, other_w, other_n) = left[keep], left.pop(go)
        if keep >= fixed:
            at = (at * w + other_at * other_w) / (w + other_w)
        left[keep] = at, w + other_w, n + other_n


def weights_of(left, i):
    return left[i][1]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("alike", [False, True])
def test_entries_merge_in_the_order_of_what_merges_gain(seed, alike):
    rng = np.random.default_rng(seed)
    k, fixed = int(rng.integers(1, 24)), int(rng.integers(0, 3))
    coordinates, weights = rng.integers(0, 4000, (k, 3 + seed % 2)).astype(float), rng.exponential(100, k) + 1
    literals, classes = rng.integers(0, 200, k).astype(float), rng.integers(0, 2, k).astype(np.uint8)
    if alike:  # many pairs gain equally: the first of them merges
        coordinates, weights, literals = coordinates // 1300 * 1000, np.full(k, 64.0), np.full(k, 64.0)
    statistics, price = Statistics(literals, np.full(29, 9.0), np.ones(30)), float(np.exp(rng.uniform(9, 15)))
    found = merge_entries(coordinates, weights, statistics, price, classes=classes, fixed=min(fixed, k))
    symbols, torn_bits = statistics.symbols, statistics.torn_bits
    wanted = merged_one_by_one(coordinates, weights, literals, symbols, torn_bits, price, classes, fixed)
    assert np.flatnonzero(found.kept).tolist() == sorted(wanted)
    for i, (at, _, n) in wanted.items():
        np.testing.assert_allclose(found.coordinates[i], at, rtol=1e-9)
        assert found.literals[i] == n


@pytest.mark.parametrize(
    "change",
    [
        {"coordinates": np.full((4, 3), np.nan)}, {"coordinates": np.zeros((0, 3))}, {"weights": np.full(4, -1.0)},
        {"literals": np.full(4, np.inf)}, {"literals": np.ones(3)}, {"classes": np.zeros(5, np.uint8)}, {"fixed": 5},
        {"fixed": -1}, {"symbols": 0.0}, {"price": np.nan}, {"torn_bits": np.inf}, {"entry_bits": -1.0},
    ],
)  # fmt: skip
def test_the_kernel_merges_nothing_that_does_not_fit(change):
    given = {"coordinates": np.zeros((4, 3)), "weights": np.ones(4), "literals": np.ones(4), "symbols": 9.0}
    given |= {"classes": np.zeros(4, np.uint8), "price": 1.0, "fixed": 0}
    given |= {"torn_bits": 6.0, "entry_bits": 28.0}
    assert _native.merge_entries(**given)[0].sum() == 1
    with pytest.raises(ValueError, match=r"must|there are"):
        _native.merge_entries(**(given | change))


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
