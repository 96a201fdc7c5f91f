from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from huepress.compression.price_search import Goal, PriceSearch
from huepress.compression.targets import _BY_BYTES, _BY_SCORE, _best, _lowered, _or_nearest


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
