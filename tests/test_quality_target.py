from math import log
from types import SimpleNamespace

import pytest

from huepress.compression.measures import BY_SCORE
from huepress.compression.price_search import Goal, PriceSearch
from huepress.compression.quality_target import _competing, _lowered, _or_nearest, _smallest
from trials import Jumps, made


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


@pytest.mark.parametrize(("dear", "is_near"), [(30, True), (170, True), (200, False)])
def test_what_is_far_above_its_quality_is_taken_where_it_takes_much_less(dear, is_near):
    trials = [made(40, 700), made(49, 950), made(50.1, 1100), made(60, 1000)]
    compressor = Jumps(dear)
    goal = Goal(*(-log(100 - score) for score in (50.0, 50.1, 50.5)))
    search = PriceSearch(compressor, None, BY_SCORE, goal)
    found = _lowered(search, trials, trials[-1], 50.0)
    assert (found.score <= 50.5) == is_near
    assert found.quick_size <= 1030


@pytest.mark.parametrize("size", [1200, 880])
def test_what_is_between_two_results_is_taken_where_it_takes_less_than_what_is_near(size):
    trials = [made(40, 700), made(50.1, size), made(60, 1000)]
    search = PriceSearch(Jumps(0), None, BY_SCORE, Goal(*(-log(100 - score) for score in (50.0, 50.1, 50.5))))
    found = _lowered(search, trials, trials[1], 50.0)
    assert 50 <= found.score <= 50.5
    assert (found is trials[1]) == (size == 880)  # of 850, which the two others promise
    assert found.quick_size <= 880


@pytest.mark.parametrize("size", [999, 1000, 1001])
@pytest.mark.parametrize("score", [89.9, 90.0])
def test_an_exact_result_is_taken_where_it_is_smaller_and_good_enough(size, score):
    trial, exact = made(90.3, 1000), made(score, size)
    compressor = SimpleNamespace(is_exact=True, nearest=lambda: exact)
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
