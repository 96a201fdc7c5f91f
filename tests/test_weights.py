import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from huepress import Histogram, learn_palette
from huepress.weights import exact_weights, summing_exactly, whole_weights

MOST = (1 << 32) - 1  # what the kernel's weights may come to


@pytest.mark.parametrize("factor", [1e-300, 1.0, 1e300])
def test_whole_weights_are_those_given_but_for_a_factor(factor):
    weights = np.random.default_rng(0).uniform(0.01, 1, 100_000) * factor
    whole, scale = whole_weights(weights)
    assert whole.dtype == np.uint32
    assert whole.min() >= 1
    assert 0.99 * MOST < whole.sum(dtype=np.int64) <= MOST
    assert np.abs(whole - weights * scale).max() <= 1


def test_counts_are_whole_weights_as_they_are_unless_one_is_0():
    counts = np.array([3, 1, 2], np.uint32)
    assert whole_weights(counts) == (counts, 1.0)
    assert whole_weights(np.array([3, 0, 2], np.uint32))[0].min() == 1


def test_weights_matter_by_their_proportions_alone():
    weights = np.random.default_rng(0).exponential(size=1000)
    exact, small = (exact_weights(weights * factor) for factor in (1.0, 2.0**-60))
    assert np.abs(exact - weights).max() <= weights.max() * 2**-32
    assert np.array_equal(small * 2.0**60, exact)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.float16, np.float32, np.float64])
def test_weights_are_rounded_part_by_part_as_together(dtype):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 4, (1100, 1000, 3), np.uint8)  # more than a part
    weights = (random.random(pixels.shape[:2]) * 255 // 3 * 3).astype(dtype)  # some are 0
    found = Histogram.of_pixels(pixels, weights=weights)
    exact = exact_weights(weights.astype(np.float64)).reshape(-1)
    codes = pixels.reshape(-1, 3) @ [16, 4, 1]
    expected = np.bincount(codes, exact, 64)
    np.testing.assert_array_equal(found.weights, expected[found.colors @ [16, 4, 1]])


@pytest.mark.parametrize("kind", [Fraction, Decimal, str])
def test_weights_of_any_type_that_holds_numbers(kind):
    pixels = np.arange(9, dtype=np.uint8).reshape(1, 3, 3)
    found = Histogram.of_pixels(pixels, weights=[[kind("0.5"), kind("0"), kind("2")]])
    assert found.weights.tolist() == [0.5, 0, 2]


@pytest.mark.parametrize("wrong", ["heavy", [["a", "b", "c"]], np.ones((1, 3), complex), [[1, 2], [3]], [[{}] * 3]])
def test_what_are_no_weights_is_told_in_a_sentence(wrong):
    with pytest.raises(TypeError, match=r"^weights must be an array of numbers, not "):
        Histogram.of_pixels(np.zeros((1, 3, 3), np.uint8), weights=wrong)


def test_weights_whose_scale_would_be_infinite_are_named():
    pixels = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    for weight in (5e-324, 1e-310, 1e-300):
        with pytest.raises(ValueError, match=f"largest of the weights must be at least 1e-290, not {weight}"):
            learn_palette(pixels, 2, weights=np.full((2, 5), weight))
    tiny = learn_palette(pixels, 2, weights=np.full((2, 5), 1e-289))
    assert tiny.hex == learn_palette(pixels, 2).hex


def test_a_weight_of_0_stays_0_and_no_other_becomes_it():
    assert exact_weights(np.array([0.0, 1e-300, 1.0, 0.25])).tolist() == [0, 2.0**-31, 1, 0.25]
    assert exact_weights(np.zeros(3)).tolist() == [0, 0, 0]
    assert exact_weights(np.zeros(0)).tolist() == []


def test_weights_take_no_memory_that_grows_with_the_pixels():
    pixels = np.zeros((4000, 1000, 3), np.uint8)
    weights = np.ones(pixels.shape[:2], np.float32)
    tracemalloc.start()
    try:
        Histogram.of_pixels(pixels, weights=weights)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < weights.size * 8  # what a copy in double precision would take


def test_sums_of_rounded_weights_are_exact_in_any_order():
    rounded = summing_exactly(np.random.default_rng(0).exponential(size=1000))
    exact = float(sum(map(Fraction, rounded.tolist())))
    assert rounded.sum() == rounded[::-1].sum() == sum(rounded.tolist()) == exact
