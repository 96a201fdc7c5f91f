from math import inf, log

import pytest

from huepress.compression import byte_budget
from huepress.compression.byte_budget import _best, _bettered
from huepress.compression.measures import BY_BYTES
from huepress.compression.price_search import Goal, PriceSearch
from trials import Jumps, made


def test_within_a_budget_fewer_bytes_may_be_clearly_better():
    trials = [made(46.6, 512), made(68.5, 456), made(75.0, 530)]
    compressor = Jumps(0)
    search = PriceSearch(compressor, None, BY_BYTES, Goal(log(490), log(512), log(512)))
    found = _best(search, trials, 512)
    assert 68.5 < found.score < 75
    assert 490 <= found.quick_size <= 512
    near = [made(59.8, 505), made(60.1, 460)]
    assert [_best(search, near, 512, quality).score for quality in (50, 60)] == [59.8, 60.1]
    trials = [made(74.0, 512), *trials[1:]]
    assert _best(search, trials, 512) is trials[0]


@pytest.mark.parametrize(
    ("better", "scores"),
    [([], [60]), ([made(60.5, 450)], [60]), ([made(65, 450)], [60, 65]), ([made(60.5, 505)], [60, 60.5])],
)
def test_a_better_score_is_sought_again_only_where_one_was_taken(better, scores, monkeypatch):
    asked = []

    def found(search, best, budget):
        asked.append(best.score)
        return [trial for trial in better if trial.score > best.score]

    monkeypatch.setattr(byte_budget, "_better", found)
    search = PriceSearch(Jumps(0), None, BY_BYTES, Goal(log(490), log(512), log(512)))
    assert _bettered(search, made(60, 505), 512, -inf).score == scores[-1]
    assert asked == scores
