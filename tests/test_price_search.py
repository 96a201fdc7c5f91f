from math import exp, log
from types import SimpleNamespace

import numpy as np
import pytest

from huepress.compression.compressor import CodingMode
from huepress.compression.price_search import Goal, Measure, PriceSearch
from huepress.lossy import Diffusion

ROWS = 100
MEASURE = Measure(
    of=lambda trial: -log(100 - trial.score),
    foretold=lambda joined: np.array([-log(100 - s) for s in joined.scores]),
    slope=-0.42,
    size=None,
)


def joined(at, upper, lower):
    """Results joined; the score is foretold to change evenly with the rows."""
    return SimpleNamespace(at=lambda rows: at(rows / ROWS), scores=np.linspace(lower.score, upper.score, ROWS + 1))


class Worse:
    """A compressor whose results jump over the target, and look worse, not better, at the lowest prices."""

    def trial(self, price, mode, mapping=None):
        score = 60.0 if price > 1e-3 or price < 8e-4 else 80.0
        return SimpleNamespace(score=score, mapping=mapping or "one", price=price)

    def joining(self, upper, lower):
        def at(share):
            return SimpleNamespace(score=(lower if share < 0.5 else upper).score, mapping=lower.mapping)

        return joined(at, upper, lower)


def search_for(compressor, quality):
    goal = Goal(*(-log(100 - score) for score in (quality, quality + 0.1, quality + 0.5)))
    return PriceSearch(compressor, CodingMode(Diffusion(0.35, 0.25)), MEASURE, goal)


def test_a_goal_holds_its_ends():
    goal = Goal(1.0, 1.5, 2.0)
    values = [0.999, 1.0, 1.5, 1.501, 2.0, 2.001]
    assert [goal.is_met(value) for value in values] == [False, True, True, True, True, False]
    assert [goal.is_landed(value) for value in values] == [False, True, True, False, False, False]


def test_joining_ends_where_lower_prices_look_worse():
    search = search_for(Worse(), 70.0)
    above, below = (search._try(log(price), None) for price in (9e-4, 1.1e-3))
    assert (above.trial.score, below.trial.score) == (80.0, 60.0)
    search._join(above, below)
    assert not any(70 <= trial.score <= 70.5 for trial in search.trials)


class Noisy:
    """A compressor whose scores fall with the price, by slopes and waves, and depend on the palette's price too."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.slope, self.shift, self.wave, self.flat = rng.uniform((8, -3, 0, 0), (20, 3, 3, 1))
        self.prices = 0

    def trial(self, price, mode, mapping=None):
        self.prices += 1
        mapping = mapping or price
        place = 0.4 * log(mapping) + 0.6 * log(price) + self.shift
        score = 99 - 10 * self.flat - np.logaddexp(0, self.slope * (place + 8)) + self.wave * np.sin(40 * log(mapping))
        return SimpleNamespace(score=float(score), mapping=mapping)

    def joining(self, upper, lower):
        def at(share):
            score = lower.score + share**2 * (upper.score - lower.score)
            return SimpleNamespace(score=score, mapping=lower.mapping)

        return joined(at, upper, lower)


@pytest.mark.parametrize("quality", [10.0, 50.0, 80.0])
def test_targets_are_met_in_few_trials_and_closely(quality):
    prices, above = [], []
    for seed in range(40):
        compressor = Noisy(seed)
        search = search_for(compressor, quality)
        assert search.run(1e-3)
        above.append(min(t.score - quality for t in search.trials if quality <= t.score))
        prices.append(compressor.prices)
    assert max(above) <= 0.5
    assert np.mean(above) < 0.15
    assert np.mean(prices) < 8


@pytest.mark.parametrize("seed", range(10))
def test_a_run_goes_on_from_what_was_probed(seed):
    probed, plain = search_for(Noisy(seed), 60.0), search_for(Noisy(seed), 60.0)
    first = probed.probe(1e-3)
    assert probed.run(1e-3) == plain.run(1e-3)
    assert probed.trials[0] is first
    assert probed.trials == plain.trials


class Unjoined(Noisy):
    """A compressor of an animation: nothing is joined, and scores differ a little from price to price."""

    joining = None

    def trial(self, price, mode, mapping=None):
        trial = super().trial(price, mode, mapping)
        trial.score += 0.4 * np.sin(1e4 * log(price))
        return trial


def test_where_nothing_is_joined_prices_near_the_goal_are_tried():
    prices, met = [], 0
    for seed in range(40):
        compressor = Unjoined(seed)
        search = search_for(compressor, 80.0)
        met += search.run(1e-3)
        prices.append(compressor.prices)
    assert met == 40
    assert np.mean(prices) < 8


class Capped:
    """A compressor whose palettes each cap the score a little above that of the price they are merged for."""

    joining = Noisy.joining

    def trial(self, price, mode, mapping=None):
        mapping = mapping or price
        score, cap = (20 - 8 * log(at) for at in (price, mapping))
        return SimpleNamespace(score=min(score, cap + 0.05), mapping=mapping)


@pytest.mark.parametrize("above", [0.5, 1.0, 5.0])
def test_a_palette_too_coarse_for_the_target_gives_way_to_one_of_a_lower_price(above):
    search = search_for(Capped(), 70.0)
    assert search.run(exp(-50 / 8) * exp(above / 8))
    assert len(search.trials) < 12


def test_a_target_out_of_reach_ends_the_search():
    compressor = Noisy(0)
    assert not search_for(compressor, 99.0).run(1e-3)
    assert compressor.prices < 20


class Level:
    """A compressor whose scores do not depend on the price until far from where the search begins."""

    joining = Noisy.joining

    def __init__(self):
        self.prices = 0

    def trial(self, price, mode, mapping=None):
        self.prices += 1
        score = 77 - np.logaddexp(0, 3 * (log(price) + 6.5)) + 0.02 * np.sin(40 * log(price))
        return SimpleNamespace(score=float(score), mapping=mapping or price)


def test_where_the_score_is_level_the_search_makes_long_steps():
    compressor = Level()
    assert search_for(compressor, 75.0).run(1e-7)
    assert compressor.prices <= 14
    compressor = Level()
    assert not search_for(compressor, 80.0).run(1e-3)
    assert compressor.prices <= 8
