import numpy as np
import pytest

from huepress.animation.timing import seconds, whole_units

MOST = 65535  # of 16 bits


@pytest.mark.parametrize("duration", [0.001, 0.5, 10, 1000 / 60, 100 / 3, 1234.567, 7777.7, 65_535_000, 1e9])
def test_the_fraction_is_the_nearest_of_all(duration):
    numerator, denominator = seconds(duration)
    assert 1 <= numerator <= MOST
    assert 1 <= denominator <= MOST
    denominators = np.arange(1, MOST + 1)
    numerators = np.clip(np.rint(duration / 1000 * denominators), 1, MOST)
    nearest = np.abs(numerators / denominators - duration / 1000).min()
    assert abs(numerator / denominator - duration / 1000) == pytest.approx(nearest, rel=1e-6, abs=1e-12)


def test_ends_are_rounded_so_that_errors_do_not_add_up():
    ends = np.cumsum(whole_units([33.3] * 100, 10, MOST))
    assert np.abs(10 * ends - 33.3 * np.arange(1, 101)).max() <= 5


def test_what_browsers_show_as_it_is_stays_so():
    """What takes 10 ms or less they show for 100: sixty frames a second cannot be had in hundredths."""
    assert whole_units([1000 / 60] * 60, 10, MOST) == [2] * 60
    assert whole_units([10.0, 10.0, 10.5, 10.5], 1, MOST) == [10, 10, 11, 11]
    assert whole_units([10.0, 11.0], 10, MOST) == [1, 2]
    assert whole_units([0.2, 0.2, 1e9], 1, 50) == [1, 1, 50]
