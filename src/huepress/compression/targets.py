"""Targets: the smallest result of a quality, or the best in a number of bytes."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import exp, inf, log, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from huepress.compression.compressor import CodingMode, Compressor, T, Trial
from huepress.compression.price_search import LEAST_PRICE, Goal, Measure, PriceSearch, Tried
from huepress.errors import TargetError
from huepress.lossy import Diffusion

if TYPE_CHECKING:
    from huepress.compression.compressed import Compressed
    from huepress.compression.compressed_animation import CompressedAnimation

_FIRST_PRICE: Final = 1e-3
_SCORE_PRICE: Final = 1.4e-5  # (100 - score)^2 times this, by the root of the bits of a pixel: where a score is likely
_LEAST_BITS: Final = 0.01  # of a pixel: below, pictures are all but of one colour
_SCORE_SLOPE: Final = -0.42  # of a fidelity, per unit of log price
_ABOVE: Final = 0.5  # how far above its target a quality may be
_LANDED: Final = 0.1  # so near above, no fewer bytes are sought
_BUDGET_USED: Final = 0.97
_TRANSLUCENCIES: Final = 8  # powers of two
_DITHERED: Final = CodingMode(Diffusion(down=0.45, right=0.4))
_UNDIFFUSED: Final = CodingMode(Diffusion(down=0.0, right=0.0))
_DEAR: Final = 0.03  # of the bytes: from there on, what is far above its target is better than what is near it
_EXCHANGE: Final = 1.0  # logarithm of bytes for a fidelity, about
_ALIKE: Final = 1.05  # rough sizes, whose order exact ones may turn
_MODES_APART: Final = 0.5  # log prices, up for the mapping and down for its palette or the other way round
_BETTER: Final = 2.0  # points of a score, by which a result within a budget is to be bettered
_BETTERINGS: Final = 3  # at most
_CLEARLY: Final = 1.0  # points of a score: what is better by less is not worth leaving a part of a budget
_UNDIFFUSED_LOWER: Final = 1.0  # log prices, by which a mapping without diffusion looks about as good as one with it
_WORTH: Final = 0.06  # logarithm of bytes, from which on a second search is worth its time: one trial tells no more
_HOPELESS: Final = -0.1  # the same, told by rough sizes: exact ones take long, and seldom say otherwise


def _score(trial: Trial) -> float:
    return trial.score


def _quick_size(trial: Trial) -> int:
    return trial.quick_size


def _rough_size(trial: Trial) -> int:
    return trial.rough_size


def _exact_size(trial: Trial) -> int:
    return len(trial.data)


def _log_bytes(trial: Trial) -> float:
    return log(len(trial.data))


def _fidelity(score: float) -> float:
    """What falls about evenly as the logarithm of the price rises."""
    return -log(max(0.05, 100 - score))


_BY_SCORE: Final = Measure[Any](
    of=lambda trial: _fidelity(trial.score),
    foretold=lambda joined: np.array([_fidelity(score) for score in joined.scores.tolist()]),
)
_BY_BYTES: Final = Measure[Any](of=_log_bytes, foretold=lambda joined: -joined.errors)


def _apart(trial: Trial, other: Trial, size: Callable[[Trial], int]) -> tuple[float, float]:
    """How much smaller and how much better a trial is than another, in logarithms."""
    return log(size(other) / size(trial)), _fidelity(trial.score) - _fidelity(other.score)


def _otherwise(
    compressor: Compressor[T],
    search: PriceSearch[T],
    again: Callable[[CodingMode], PriceSearch[T]],
    size: Callable[[Trial], int] = _quick_size,
) -> list[list[T]]:
    """What searches in other modes find: in all of them, or in one for which a trial speaks by its score and size.

    Which mode is best changes from one quality to the next, and one trial of each is a poor guide to it: above all one
    that looks much better or worse.
    """
    at, *others = search.nearest
    if compressor.is_thorough:
        return [_found(again(mode), at.place + shift) for mode, shift in _other_modes(search.mode)]
    other, place = again(_UNDIFFUSED), max(log(LEAST_PRICE), at.place - _UNDIFFUSED_LOWER)
    trial = other.probe(exp(place))
    if _gain(_rough_size, trial, at, *others) < _HOPELESS or _gain(size, trial, at, *others) < _WORTH:
        return []
    return [_found(other, place)]


def _found(search: PriceSearch[T], place: float) -> list[T]:
    search.run(exp(place))
    return search.trials


def _other_modes(mode: CodingMode) -> list[tuple[CodingMode, float]]:
    """Modes, each with the change of the log price where it may give a like quality.

    Errors that are passed on differ from place to place, and so do entries, where the picture repeats itself exactly,
    as sheets of sprites do. Text and repeats, which lossy copies spoil, want few colours mapped at a low price.
    """
    coarse, coarser = exp(2 * _MODES_APART), exp(4 * _MODES_APART)
    return [
        (_UNDIFFUSED, 0.0),
        (_UNDIFFUSED._replace(merging=coarse), -_MODES_APART),
        (_UNDIFFUSED._replace(merging=coarser), -2 * _MODES_APART),
        (mode._replace(merging=coarse), -_MODES_APART),
    ]


def _gain(size: Callable[[Trial], int], trial: T, at: Tried[T], *others: Tried[T]) -> float:
    """How much better a trial is than another, as a logarithm of bytes; others of its search tell what these buy."""
    saved, gained = _apart(trial, at.trial, size)
    more, better = _apart(others[0].trial, at.trial, size) if others else (0.0, 0.0)
    exchange = min(2 * _EXCHANGE, max(_EXCHANGE / 5, -more / better)) if better else _EXCHANGE
    return saved + exchange * gained


class _Target(NamedTuple):
    """A measure, where it is to be, how it is expected to change per unit of log price, and the price to begin with.

    size: what trials are told apart by that speak for a mode.
    """

    measure: Measure[Any]
    goal: Goal
    slope: float
    first_price: float
    size: Callable[[Trial], int]


def _searches(
    compressor: Compressor[T], plain: CodingMode, target: _Target
) -> Iterator[tuple[PriceSearch[T], list[list[T]]]]:
    """A search in the plain mode, and what those in others find; then, if that is asked for, one with dither."""

    def searching(mode: CodingMode) -> PriceSearch[T]:
        return PriceSearch(compressor, mode, target.measure, target.goal, target.slope)

    search = searching(plain)
    yield search, _otherwise(compressor, search, searching, target.size) if search.run(target.first_price) else []
    search = searching(_DITHERED)
    search.run(LEAST_PRICE)
    yield search, []


def reaching(compressor: Compressor[T], plain: CodingMode, quality: float) -> "Compressed | CompressedAnimation":
    """The smallest result of this SSIMULACRA2 or more; raises TargetError, whose `best` is the best there is."""
    trials: list[T] = []
    goal = Goal(*(_fidelity(score) for score in (quality, quality + _LANDED, quality + _ABOVE)))
    likely = max(LEAST_PRICE, _SCORE_PRICE * (100 - quality) ** 2 / sqrt(max(_LEAST_BITS, compressor.bits_per_pixel)))
    for search, others in _searches(compressor, plain, _Target(_BY_SCORE, goal, _SCORE_SLOPE, likely, _quick_size)):
        trials += search.trials
        if search.mode is plain and all(trial.score < quality for trial in trials):
            trials.append(compressor.exact())
        if good := _competing((trials, *others), quality):
            smallest = _smallest(compressor, good)
            if compressor.is_thorough and smallest.score > quality + _ABOVE:
                smallest = _lowered(compressor, search, [*trials, *chain(*others)], smallest, quality)
            return compressor.finished(_or_nearest(compressor, smallest, quality))
    best, colors = max(trials, key=lambda trial: trial.score), len(compressor.mapping.palette)
    raise TargetError(
        f"{compressor.picture.name}: quality {quality:g} is out of reach; the most that "
        f"{'1 colour gives' if colors == 1 else f'{colors} colours give'} is {best.score:.1f}",
        compressor.finished(best),
    )


def _competing(searches: Sequence[Sequence[T]], quality: float) -> list[T]:
    """Those of this quality of which the smallest is taken: of each search the least above it; all, if none is near."""
    good = [[trial for trial in trials if trial.score >= quality] for trials in searches]
    near = [[trial for trial in trials if trial.score <= quality + _ABOVE] for trials in good]
    landed = [[trial for trial in trials if trial.score <= quality + _LANDED] or trials for trials in near]
    return list(chain(*(landed if any(near) else good)))


def _lowered(compressor: Compressor[T], search: PriceSearch[T], trials: Sequence[T], best: T, quality: float) -> T:
    """The best, which is far above the quality, or what is near and not dear: between it and what is below, perhaps."""
    size, excess = best.rough_size, best.score - quality

    def expected(trial: T) -> float:
        return size + (trial.rough_size - size) * excess / (best.score - trial.score)

    below = [trial for trial in trials if trial.score < quality and trial.rough_size < size]
    joined = search.join(best, min(below, key=expected)) if below else []
    near = [trial for trial in (*trials, *joined) if quality <= trial.score <= quality + _ABOVE]
    smallest = _smallest(compressor, near) if near else best
    return smallest if smallest.quick_size <= (1 + _DEAR) * best.quick_size else best


def _or_nearest(compressor: Compressor[T], trial: T, quality: float) -> T:
    """The trial, or nearest entries where these take less and are as good: more than 0.5 above then, they may be."""
    if compressor.is_exact:
        exact = compressor.exact()
        return exact if exact.quick_size < trial.quick_size and exact.score >= quality else trial
    shadowed = compressor.shadowed
    return _shadowed(compressor, shadowed, trial, quality) if shadowed else trial


def _shadowed(compressor: Compressor[T], shadowed_at: Callable[[float], T], trial: T, quality: float) -> T:
    """The trial, or what takes less: nearest entries, as many of them translucent as the quality allows."""
    enough, too_many = -1, _TRANSLUCENCIES
    while too_many - enough > 1:
        middle = (enough + too_many) // 2
        shadowed = shadowed_at(2.0**middle)
        if shadowed.rough_size > _ALIKE * trial.rough_size:
            break
        size, other_size = compressor.sizes((trial, shadowed))
        if other_size >= size:
            break
        if shadowed.score < quality:
            too_many = middle
        else:
            enough, trial = middle, shadowed
    return trial


def _smallest(compressor: Compressor[T], trials: list[T]) -> T:
    if compressor.is_thorough:  # where many compete
        least = min(trial.rough_size for trial in trials)
        trials = [trial for trial in trials if trial.rough_size <= _ALIKE * least]
    if len(trials) == 1:
        return trials[0]
    sizes = compressor.sizes(trials)
    return trials[sizes.index(min(sizes))]


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
    trials = [compressor.exact()]
    if compressor.is_exact and len(trials[0].data) <= budget:
        return trials[0]
    goal = Goal(log(_BUDGET_USED * budget), log(budget), log(budget))
    for search, others in _searches(compressor, plain, _Target(_BY_BYTES, goal, -0.45, _FIRST_PRICE, _exact_size)):
        trials += chain(search.trials, *others)
        if search.has_met or all(len(trial.data) > budget for trial in trials):
            break
    least = min(trials, key=_log_bytes)
    if len(least.data) > budget:
        raise TargetError(
            f"{compressor.picture.name}: {budget} bytes are out of reach; the least is {len(least.data)}",
            compressor.finished(least),
        )
    return _bettered(compressor, search, _best(compressor, search, trials, budget, quality), budget, quality)


def _bettered(compressor: Compressor[T], search: PriceSearch[T], best: T, budget: int, quality: float) -> T:
    """The best, or, where more trials are made, what searches for a better score find within the budget.

    A search by bytes ends with a palette whose price was near, though a coarser or finer one, at another price, may
    look far better for as many bytes. In large pictures it seldom does.
    """
    for _ in range(_BETTERINGS if compressor.is_thorough else 0):
        found = _better(compressor, search, best, budget)
        if not found:
            break
        best = _best(compressor, search, [best, *found], budget, quality)
    return best


def _better(compressor: Compressor[T], search: PriceSearch[T], best: T, budget: int) -> list[T]:
    """What fits and has a better score, if a search for a score finds some."""
    scores = (best.score + _BETTER, best.score + 1.5 * _BETTER, best.score + 2 * _BETTER)
    goal = Goal(*map(_fidelity, scores))

    def searching(mode: CodingMode) -> PriceSearch[T]:
        return PriceSearch(compressor, mode, _BY_SCORE, goal, _SCORE_SLOPE)

    def fits(trial: T) -> bool:
        return trial.score > best.score and trial.quick_size <= _ALIKE * budget and len(trial.data) <= budget

    again = searching(search.mode)
    found = [*filter(fits, _found(again, search.nearest[0].place))]
    return found or [*filter(fits, chain(*_otherwise(compressor, again, searching)))]


def _best(
    compressor: Compressor[T], search: PriceSearch[T], trials: Sequence[T], budget: int, quality: float = -inf
) -> T:
    """The best trial within a budget of those that use it up and have the quality, unless another is clearly better.

    In a small picture, what is between that one and one that takes too much may be better still.
    """
    within = [trial for trial in trials if len(trial.data) <= budget]
    best = max(within, key=_score)
    filling = [trial for trial in within if len(trial.data) >= _BUDGET_USED * budget]
    if filling and (filled := max(filling, key=_score)).score >= max(quality, best.score - _CLEARLY):
        return filled
    over = [trial for trial in trials if len(trial.data) > budget and trial.score > best.score]
    if compressor.is_thorough and over:
        joined = search.join(min(over, key=_log_bytes), best)
        best = max([best, *(trial for trial in joined if len(trial.data) <= budget)], key=_score)
    return best
