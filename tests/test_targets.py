from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from huepress.compression.compressor import CodingMode
from huepress.compression.price_search import Goal, PriceSearch, Tried
from huepress.compression.targets import (
    _BY_BYTES,
    _BY_SCORE,
    _best,
    _competing,
    _gain,
    _lowered,
    _or_nearest,
    _otherwise,
    _quick_size,
    _smallest,
)
from huepress.lossy import Diffusion


@pytest.mark.parametrize(
    ("quality", "translucency"), [(90.0, 128.0), (93.0, 32.0), (94.9, 2.0), (95.2, 1.0), (95.6, None)]
)
def test_soft_shadows_get_as_many_entries_as_the_quality_allows(quality, translucency):
    def shadowed(factor):
        size = 100 / (1 + factor)
        return SimpleNamespace(factor=factor, score=95.4 - 0.45 * log(factor, 2), quick_size=size, rough_size=size)

    def sizes(trials):
        return [trial.quick_size for trial in trials]

    compressor = SimpleNamespace(is_exact=False, shadowed=shadowed, sizes=sizes)
    for size in (1000, 1):
        trial = SimpleNamespace(factor=None, score=quality, quick_size=size, rough_size=size)
        found = _or_nearest(compressor, trial, quality)
        assert found.factor == (translucency if size == 1000 else None)


def made(score, size):
    return SimpleNamespace(score=score, quick_size=size, rough_size=size, data=bytes(size), mapping=None)


class Jumps:
    """A compressor of a small picture whose joined results are halfway between two, but for some more bytes."""

    is_thorough = True

    def __init__(self, dear):
        self.dear = dear

    def joining(self, upper, lower):
        def at(rows):
            share = rows / 100
            size = round(self.dear + share * upper.quick_size + (1 - share) * lower.quick_size)
            return made(share * upper.score + (1 - share) * lower.score, size)

        scores = np.array([at(rows).score for rows in range(101)])
        return SimpleNamespace(at=at, scores=scores, errors=np.linspace(0, 7, 101))

    def sizes(self, trials):
        return [trial.quick_size for trial in trials]


@pytest.mark.parametrize(("dear", "is_near"), [(30, True), (170, True), (200, False)])
def test_what_is_far_above_its_quality_is_taken_where_it_takes_much_less(dear, is_near):
    trials = [made(40, 700), made(49, 950), made(50.1, 1100), made(60, 1000)]
    compressor = Jumps(dear)
    goal = Goal(*(-log(100 - score) for score in (50.0, 50.1, 50.5)))
    search = PriceSearch(compressor, None, _BY_SCORE, goal, -0.42)
    found = _lowered(compressor, search, trials, trials[-1], 50.0)
    assert (found.score <= 50.5) == is_near
    assert found.quick_size <= 1030


def test_within_a_budget_fewer_bytes_may_be_clearly_better():
    trials = [made(46.6, 512), made(68.5, 456), made(75.0, 530)]
    compressor = Jumps(0)
    search = PriceSearch(compressor, None, _BY_BYTES, Goal(log(490), log(512), log(512)), -0.45)
    found = _best(compressor, search, trials, 512)
    assert 68.5 < found.score < 75
    assert 490 <= found.quick_size <= 512
    near = [made(59.8, 505), made(60.1, 460)]
    assert [_best(compressor, search, near, 512, quality).score for quality in (50, 60)] == [59.8, 60.1]
    trials[0] = made(68.0, 512)
    assert _best(compressor, search, trials, 512) is trials[0]


@pytest.mark.parametrize("size", [999, 1000, 1001])
@pytest.mark.parametrize("score", [89.9, 90.0])
def test_an_exact_result_is_taken_where_it_is_smaller_and_good_enough(size, score):
    trial, exact = made(90.3, 1000), made(score, size)
    compressor = SimpleNamespace(is_exact=True, exact=lambda: exact)
    found = _or_nearest(compressor, trial, 90.0)
    assert found is (exact if size < 1000 and score >= 90 else trial)


def test_of_each_search_the_nearest_results_of_the_quality_compete():
    below, just, landed, near, far = (made(score, 1) for score in (59.9, 60.0, 60.1, 60.5, 60.6))
    assert _competing(([far, near, landed, just, below], [near, far]), 60.0) == [landed, just, near]
    assert _competing(([far, below], [near]), 60.0) == [near]
    assert _competing(([far, below], []), 60.0) == [far]
    assert _competing(([below], []), 60.0) == []


@pytest.mark.parametrize("is_thorough", [True, False])
def test_where_many_compete_only_results_of_like_rough_sizes_are_packed(is_thorough):
    trials = [SimpleNamespace(rough_size=rough, quick_size=quick) for rough, quick in ((100, 99), (105, 95), (106, 1))]
    compressor = SimpleNamespace(is_thorough=is_thorough, sizes=lambda trials: [trial.quick_size for trial in trials])
    assert _smallest(compressor, trials) is trials[1 if is_thorough else 2]
    assert _smallest(compressor, trials[:1]) is trials[0]


@pytest.mark.parametrize(
    ("other", "exchange"),
    [(None, 1), ((90, 1500), log(1.5) / log(2)), ((90, 10), 0.2), ((90, 99_999), 2), ((80, 1500), 1)],
)
def test_gains_are_bytes_and_what_fidelity_costs_in_bytes(other, exchange):
    at, others = Tried(0.0, 0.0, made(80, 1000)), [Tried(0.0, 0.0, made(*other))] if other else []
    assert _gain(_quick_size, made(80, 500), at, *others) == pytest.approx(log(2))
    assert _gain(_quick_size, made(90, 1000), at, *others) == pytest.approx(exchange * log(2))


PLAIN = CodingMode(Diffusion(down=0.2, right=0.2))


def otherwise(is_thorough, size=None):
    """What is found in other modes beside a result of score 80 and 1000 bytes; what was tried; what was searched."""
    tried, searched = [], []

    def again(mode):
        def probe(price):
            tried.append((mode, price))
            return made(80, size)

        return SimpleNamespace(probe=probe, run=lambda price: searched.append((mode, price)), trials=["found"])

    nearest = Tried(log(1e-3), 0.0, made(80, 1000))
    search = SimpleNamespace(nearest=[nearest], mode=PLAIN)
    found = _otherwise(SimpleNamespace(is_thorough=is_thorough), search, again)
    return found, tried, searched


@pytest.mark.parametrize(("size", "is_worth_it"), [(900, True), (1000, False), (1200, False)])
def test_there_is_a_search_without_diffusion_where_a_trial_speaks_for_it(size, is_worth_it):
    found, [(mode, price)], searched = otherwise(False, size)
    assert mode == CodingMode(Diffusion(down=0.0, right=0.0))
    assert price == pytest.approx(1e-3 / np.e)
    assert searched == ([(mode, price)] if is_worth_it else [])
    assert found == ([["found"]] if is_worth_it else [])


def test_where_more_trials_are_made_there_is_a_search_in_each_other_mode():
    found, tried, searched = otherwise(True)
    assert found == [["found"]] * 4
    assert not tried
    assert [mode.diffusion == PLAIN.diffusion for mode, _ in searched] == [False, False, False, True]
    prices = np.array([(price, mode.merging * price) for mode, price in searched])  # of a bit, and for the palette
    apart = np.exp(0.5 * np.arange(3))[[0, 1, 2, 1]]
    assert prices / 1e-3 == pytest.approx(np.column_stack([1 / apart, apart]))
