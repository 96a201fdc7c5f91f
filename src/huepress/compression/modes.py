"""Coding modes: results are sought in the plain one, and in others that may suit a picture better."""

from collections.abc import Callable, Iterator
from math import exp, inf, log
from typing import Any, Final

from huepress.compression.compressor import CodingMode, Compressor, T, Trial
from huepress.compression.measures import fidelity, rough_size_of
from huepress.compression.price_search import LEAST_PRICE, Goal, Measure, PriceSearch, Tried
from huepress.lossy import Diffusion

_DITHERED: Final = CodingMode(Diffusion(down=0.45, right=0.4))
UNDIFFUSED: Final = CodingMode(Diffusion(down=0.0, right=0.0))
_EXCHANGE: Final = 1.0  # logarithm of bytes for a fidelity, about
_MODES_APART: Final = 0.5  # log prices, up for the mapping and down for its palette or the other way round
FEW_COLORS: Final = CodingMode(UNDIFFUSED.diffusion, merging=exp(8 * _MODES_APART))  # mapped nearly to the nearest
FEW_COLORS_LOWER: Final = 4 * _MODES_APART  # log prices, by which such a mapping may give a like quality
_IN_VAIN: Final = 1.15  # times its bytes: where nearest entries take no more, a mapping saves next to nothing
_UNDIFFUSED_LOWER: Final = 1.0  # log prices, by which a mapping without diffusion looks about as good as one with it
_WORTH: Final = 0.06  # logarithm of bytes, from which on a second search is worth its time: one trial tells no more
_HOPELESS: Final = -0.1  # the same, told by rough sizes: exact ones take long, and seldom say otherwise


def searches(
    compressor: Compressor[T], plain: CodingMode, measure: Measure[Any], goal: Goal, first_price: float
) -> Iterator[tuple[PriceSearch[T], list[list[T]]]]:
    """A search in the plain mode, and what those in others find; then, if that is asked for, one with dither."""
    search = PriceSearch(compressor, plain, measure, goal)
    yield search, in_other_modes(search, first_price) if search.run(first_price) else []
    search = search.in_mode(_DITHERED)
    search.run(LEAST_PRICE)
    yield search, []


def in_other_modes(search: PriceSearch[T], first_price: float = inf) -> list[list[T]]:
    """What searches in other modes find: in all of them, or in one for which a trial speaks by its score and size.

    Which mode is best changes from one quality to the next, and one trial of each is a poor guide to it: above all one
    that looks much better or worse. Where lossy copies save next to nothing, a search ends at far too high a price: few
    colours are tried from its first one then.
    """
    at, *others = search.nearest
    in_vain = at.trial.dearness_of_nearest <= _IN_VAIN
    few = (FEW_COLORS, min(at.place, log(first_price)) - FEW_COLORS_LOWER)
    if search.compressor.is_thorough:
        modes = [(mode, at.place + shift) for mode, shift in _other_modes(search.mode)]
        return [found_by(search.in_mode(mode), place) for mode, place in (*modes, *[few] * in_vain)]
    mode, place = few if in_vain else (UNDIFFUSED, max(log(LEAST_PRICE), at.place - _UNDIFFUSED_LOWER))
    other = search.in_mode(mode)
    trial = other.probe(exp(place))
    if _gain(rough_size_of, trial, at, *others) < _HOPELESS or _gain(search.measure.size, trial, at, *others) < _WORTH:
        return []
    return [found_by(other, place)]


def found_by(search: PriceSearch[T], place: float) -> list[T]:
    """All trials of a search from this log price on."""
    search.run(exp(place))
    return search.trials


def _other_modes(mode: CodingMode) -> list[tuple[CodingMode, float]]:
    """Modes, each with the change of the log price where it may give a like quality.

    Errors that are passed on differ from place to place, and so do entries, where the picture repeats itself exactly,
    as sheets of sprites do. Text and repeats, which lossy copies spoil, want few colours mapped at a low price.
    """
    coarse, coarser = exp(2 * _MODES_APART), exp(4 * _MODES_APART)
    return [
        (UNDIFFUSED, 0.0),
        (UNDIFFUSED._replace(merging=coarse), -_MODES_APART),
        (UNDIFFUSED._replace(merging=coarser), -2 * _MODES_APART),
        (mode._replace(merging=coarse), -_MODES_APART),
    ]


def _gain(size: Callable[[Trial], int], trial: T, at: Tried[T], *others: Tried[T]) -> float:
    """How much better a trial is than another, as a logarithm of bytes; others of its search tell what these buy."""
    saved, gained = _apart(trial, at.trial, size)
    more, better = _apart(others[0].trial, at.trial, size) if others else (0.0, 0.0)
    exchange = min(2 * _EXCHANGE, max(_EXCHANGE / 5, -more / better)) if better else _EXCHANGE
    return saved + exchange * gained


def _apart(trial: Trial, other: Trial, size: Callable[[Trial], int]) -> tuple[float, float]:
    """How much smaller and how much better a trial is than another, in logarithms."""
    return log(size(other) / size(trial)), fidelity(trial.score) - fidelity(other.score)
