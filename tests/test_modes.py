from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from huepress.compression.compressor import CodingMode
from huepress.compression.measures import BY_SCORE
from huepress.compression.modes import _gain, in_other_modes
from huepress.compression.price_search import Tried
from huepress.lossy import Diffusion
from trials import made


@pytest.mark.parametrize(
    ("other", "exchange"),
    [(None, 1), ((90, 1500), log(1.5) / log(2)), ((90, 10), 0.2), ((90, 99_999), 2), ((80, 1500), 1)],
)
def test_gains_are_bytes_and_what_fidelity_costs_in_bytes(other, exchange):
    at, others = Tried(0.0, 0.0, made(80, 1000)), [Tried(0.0, 0.0, made(*other))] if other else []
    assert _gain(BY_SCORE.size, made(80, 500), at, *others) == pytest.approx(log(2))
    assert _gain(BY_SCORE.size, made(90, 1000), at, *others) == pytest.approx(exchange * log(2))


PLAIN = CodingMode(Diffusion(down=0.2, right=0.2))


def found_beside(is_thorough, size=None, dearness_of_nearest=2.0):
    """What is found in other modes beside a result of score 80 and 1000 bytes; what was tried; what was searched."""
    tried, searched = [], []

    def in_mode(mode):
        def probe(price):
            tried.append((mode, price))
            return made(80, size)

        return SimpleNamespace(probe=probe, run=lambda price: searched.append((mode, price)), trials=["found"])

    nearest = Tried(log(1e-3), 0.0, made(80, 1000, dearness_of_nearest))
    compressor = SimpleNamespace(is_thorough=is_thorough)
    search = SimpleNamespace(compressor=compressor, nearest=[nearest], mode=PLAIN, measure=BY_SCORE, in_mode=in_mode)
    return in_other_modes(search), tried, searched


@pytest.mark.parametrize(("size", "is_worth_it"), [(900, True), (1000, False), (1200, False)])
def test_there_is_a_search_without_diffusion_where_a_trial_speaks_for_it(size, is_worth_it):
    found, [(mode, price)], searched = found_beside(False, size)
    assert mode == CodingMode(Diffusion(down=0.0, right=0.0))
    assert price == pytest.approx(1e-3 / np.e)
    assert searched == ([(mode, price)] if is_worth_it else [])
    assert found == ([["found"]] if is_worth_it else [])


def test_where_lossy_copies_save_next_to_nothing_few_colours_are_tried():
    _, [(mode, price)], _ = found_beside(False, 900, 1.1)
    assert mode.diffusion == Diffusion(down=0.0, right=0.0)
    assert [price, mode.merging * price] == pytest.approx([1e-3 / np.e**2, 1e-3 * np.e**2])


@pytest.mark.parametrize("few", [False, True])
def test_where_more_trials_are_made_there_is_a_search_in_each_other_mode(few):
    found, tried, searched = found_beside(True, dearness_of_nearest=1.1 if few else 2.0)
    count = 4 + few
    assert found == [["found"]] * count
    assert not tried
    assert [mode.diffusion == PLAIN.diffusion for mode, _ in searched] == [False, False, False, True, False][:count]
    prices = np.array([(price, mode.merging * price) for mode, price in searched])  # of a bit, and for the palette
    apart = np.exp(0.5 * np.array([0, 1, 2, 1, 4]))[:count]
    assert prices / 1e-3 == pytest.approx(np.column_stack([1 / apart, apart]))
