"""The best result in a number of bytes."""

from collections.abc import Sequence
from itertools import chain
from math import inf, log
from typing import TYPE_CHECKING, Final

from huepress.compression.compressor import CodingMode, Compressor, T
from huepress.compression.measures import ALIKE, BY_BYTES, BY_SCORE, fidelity, log_bytes_of, score_of
from huepress.compression.modes import FEW_COLORS, FEW_COLORS_LOWER, found_by, in_other_modes, searches
from huepress.compression.price_search import Goal, PriceSearch
from huepress.errors import TargetError

if TYPE_CHECKING:
    from huepress.compression.compressed import Compressed
    from huepress.compression.compressed_animation import CompressedAnimation

_FIRST_PRICE: Final = 1e-3  # middling: sizes tell the way from there
_BUDGET_USED: Final = 0.97  # the part of a budget that a result is to use: to fill the rest gains too little
_BETTER: Final = 2.0  # points of a score, by which a result within a budget is to be bettered
_BETTERINGS: Final = 3  # at most
_CLEARLY: Final = 1.0  # points of a score: what is better by less is not worth leaving a part of a budget


def fitting(
    compressor: Compressor[T], plain: CodingMode, budget: int, quality: float | None
) -> "Compressed | CompressedAnimation":
    """The best result of at most `budget` bytes; raises TargetError, also if it is below `quality`."""
    best = _within(compressor, plain, budget, -inf if quality is None else quality)
    if quality is not None and best.score < quality:
        raise TargetError(
            f"{compressor.picture.name}: quality {quality:g} is out of reach in {budget} bytes; "
            f"the most there is {best.score:.1f}",
            compressor.finished(best),
        )
    return compressor.finished(best)


def _within(compressor: Compressor[T], plain: CodingMode, budget: int, quality: float) -> T:
    """The best trial of at most `budget` bytes, of this quality if one is; raises TargetError if none is so small."""
    trials, is_uneven = [compressor.nearest()], False
    if compressor.is_exact and len(trials[0].data) <= budget:
        return trials[0]
    goal = Goal(log(_BUDGET_USED * budget), log(budget), log(budget))
    for search, others in searches(compressor, plain, BY_BYTES, goal, _FIRST_PRICE):
        if search.mode is plain and not search.has_met and len(trials[0].data) > budget:
            # in flat areas, errors that are passed on take more bytes than any price saves
            others = [found_by(search.in_mode(FEW_COLORS), log(_FIRST_PRICE) - FEW_COLORS_LOWER)]
        trials += chain(search.trials, *others)
        is_uneven |= bool(others)
        if any(map(goal.is_met, map(log_bytes_of, trials))) or all(len(trial.data) > budget for trial in trials):
            break
    least = min(trials, key=log_bytes_of)
    if len(least.data) > budget:
        raise TargetError(
            f"{compressor.picture.name}: {budget} bytes are out of reach; the least is {len(least.data)}",
            compressor.finished(least),
        )
    best = _best(search, trials, budget, quality, is_uneven=is_uneven)
    return _bettered(search, best, budget, quality)


def _bettered(search: PriceSearch[T], best: T, budget: int, quality: float) -> T:
    """The best, or, where more trials are made, what searches for a better score find within the budget.

    A search by bytes ends with a palette whose price was near, though a coarser or finer one, at another price, may
    look far better for as many bytes. In large pictures it seldom does.
    """
    for _ in range(_BETTERINGS if search.compressor.is_thorough else 0):
        bettered = _best(search, [best, *_better(search, best, budget)], budget, quality)
        if bettered is best:  # and would be again
            break
        best = bettered
    return best


def _better(search: PriceSearch[T], best: T, budget: int) -> list[T]:
    """What fits and has a better score, if a search for a score finds some."""
    scores = (best.score + _BETTER, best.score + 1.5 * _BETTER, best.score + 2 * _BETTER)
    goal = Goal(*map(fidelity, scores))

    def fits(trial: T) -> bool:
        return trial.score > best.score and trial.quick_size <= ALIKE * budget and len(trial.data) <= budget

    again = PriceSearch(search.compressor, search.mode, BY_SCORE, goal)
    found = [*filter(fits, found_by(again, search.nearest[0].place))]
    return found or [*filter(fits, chain(*in_other_modes(again)))]


def _best(
    search: PriceSearch[T],
    trials: Sequence[T],
    budget: int,
    quality: float = -inf,
    *,
    is_uneven: bool = False,
) -> T:
    """The best trial within a budget of those that use it up and have the quality, unless another is clearly better.

    In a small picture, and where results are of several searches (`is_uneven`), what is between one that fits and one
    that takes too much may be better still.
    """
    within = [trial for trial in trials if len(trial.data) <= budget]
    best = max(within, key=score_of)
    filling = [trial for trial in within if len(trial.data) >= _BUDGET_USED * budget]
    if filling and (filled := max(filling, key=score_of)).score >= max(quality, best.score - _CLEARLY):
        best = filled
    if not (search.compressor.joining and (search.compressor.is_thorough or is_uneven)):
        return best
    over = [trial for trial in trials if len(trial.data) > budget and trial.score > best.score]
    pairs = [(trial, other) for trial in over for other in within]

    def expected(pair: tuple[T, T]) -> float:
        above, below = pair
        share = (len(above.data) - budget) / (len(above.data) - len(below.data))
        return above.score + share * (below.score - above.score)

    most = max(pairs, key=expected, default=None)
    if not most or (best in filling and expected(most) < best.score + _BETTER):
        return best
    return max([best, *(trial for trial in search.join(*most) if len(trial.data) <= budget)], key=score_of)
