"""Targets: the smallest result of a quality, or the best in a number of bytes, met by measuring results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import exp, log
from typing import Any, Final, Protocol

import numpy as np

from huepress.errors import TargetError
from huepress.lossy import Mapping, Way

_FIRST_PRICE: Final = 1e-3
_SCORE_PRICE: Final = 9e-6  # times the square of the points below 100: where the mean picture has that score
_LEAST_PRICE: Final = 1e-7
_MOST_PRICE: Final = 1e2
_ABOVE: Final = 0.5  # how far above its target a quality may be
_LANDED: Final = 0.1  # so near above, no fewer bytes are sought
_BUDGET_USED: Final = 0.97
_NARROWINGS: Final = 16
_LANDINGS: Final = 3
_ENOUGH: Final = 5  # prices, after which what is good enough is taken
_NEAR: Final = 0.3  # log prices where one palette serves as well as the other
_NEAREST: Final = 0.03  # likewise, where results are not joined
_SHORT: Final = 0.08  # log prices by which the next palette is rather too good than too coarse
_UNMERGED: Final = 0.6  # of the slope, with the palette kept
_FLAT: Final = 1 / 8  # of the change that was expected, or is still missing
_WIDENINGS: Final = 4
_SAMPLES: Final = 16
_GOLDEN: Final = 0.618034
_TRANSLUCENCIES: Final = 8  # powers of two
_DITHERED: Final = Way(down=0.45, right=0.4)
_NONE: Final = Way(down=0.0, right=0.0)
_DEAR: Final = 0.03  # of the bytes: from there on, what is far above its target is better than what is near it
_EXCHANGE: Final = 1.0  # logarithm of bytes for a fidelity, about
_ALIKE: Final = 1.05  # rough sizes, whose order exact ones may turn
_WAYS_APART: Final = 0.5  # log prices, up for the mapping and down for its palette or the other way round
_CLEARLY: Final = 1.0  # points of a score: what is better by less is not worth leaving a part of a budget
_WORTH: Final = 0.06  # logarithm of bytes, from which on a second search is worth its time: one trial tells no more
_HOPELESS: Final = -0.1  # the same, told by rough sizes: exact ones take long, and seldom say otherwise


class Measurable(Protocol):
    """A trial of a picture or of an animation."""

    @property
    def mapping(self) -> Any:
        """What it comes from; None if no mapping was needed."""

    @property
    def score(self) -> float:
        """SSIMULACRA2 of what its file decodes to."""

    @property
    def data(self) -> bytes:
        """Its file."""

    @property
    def quick_size(self) -> int:
        """About the bytes of its file."""

    @property
    def rough_size(self) -> int:
        """Roughly those."""


@dataclass(frozen=True)
class Tried:
    """A trial, where it was made on the axis of a search, and its measure."""

    place: float
    value: float
    trial: Measurable


@dataclass(frozen=True)
class Goal:
    """Where a measure is to be: inside `low` .. `high`, and rather not above `landed`."""

    low: float
    landed: float
    high: float

    @property
    def aim(self) -> float:
        """What is sought."""
        return (self.low + self.landed) / 2

    def is_met(self, value: float) -> bool:
        """Whether a measure is good enough."""
        return self.low <= value <= self.high

    def is_landed(self, value: float) -> bool:
        """Whether a measure is as near as is worth while."""
        return self.low <= value <= self.landed


class Search:
    """Seeks the trial whose measure, which falls as the price of a bit rises, meets a goal.

    First prices are tried, each with the palette merged for it, until one is near the goal; then prices around it with
    its palette, for merging makes steps in the measure. Two results near each other are joined: the upper
    rows are those of the higher price, the others those of the lower one, and the row where they meet is sought. That
    needs no further mapping, and meets even where the measure jumps over the target, as when a large flat area changes
    its colour.
    """

    def __init__(
        self,
        workshop: Any,
        way: Way,
        measure: Callable[[Measurable], float],
        goal: Goal,
        slope: float,
    ) -> None:
        """`slope`: expected change of the measure per unit of log price."""
        self._workshop, self.way, self._measure = workshop, way, measure
        self._goal, self._slope = goal, slope
        self._priced: list[Tried] = []
        self._found: list[Tried] = []

    @property
    def trials(self) -> list[Measurable]:
        """All that were made, in their order."""
        return [tried.trial for tried in self._found]

    @property
    def nearest(self) -> list[Tried]:
        """The two trials nearest to the goal, of those that are not joined."""
        return sorted(self._priced, key=self._missing)[:2]

    @property
    def has_met(self) -> bool:
        """Whether a trial meets the goal."""
        return any(self._goal.is_met(tried.value) for tried in self._found)

    def join(self, good: Measurable, poor: Measurable) -> list[Measurable]:
        """Trials between one above the goal and one below it, nearer and nearer to the goal."""
        made = len(self._found)
        above, below = (Tried(place, self._measure(trial), trial) for place, trial in ((0.0, good), (1.0, poor)))
        self._narrow(above, below, self._joining(above, below))
        return self.trials[made:]

    def run(self, first: float) -> bool:
        """Try, from this price on; whether a trial meets the goal."""
        start = self._approach(log(first), _NEAR / 2)
        lower = self._close_in(start) if start else None
        if lower and (start := self._approach(lower.place, 0.0)):
            self._close_in(start)
        return self.has_met

    def _approach(self, place: float, reach: float) -> Tried | None:
        """A trial near the goal, with the palette merged for its price; None if the price at an end does not reach it.

        One below the goal is near if a price that is lower by less than `reach` is expected to meet it.
        """
        found: list[Tried] = []
        for _ in range(_NARROWINGS):
            found.append(self._merging(place))
            above, below = self._enclosing(found)
            expected = self._expected(above, below, found)
            if above and expected - above.place <= _NEAR:
                break
            if below and below.place - expected < reach:
                above = below
                break
            if (place == log(_LEAST_PRICE) and not above) or (place == log(_MOST_PRICE) and not below):
                return None
            place = _clipped(expected - _SHORT)
        if len(found) > 1:
            nearest, next_nearest = sorted(found, key=self._missing)[:2]
            self._slope = _slope(nearest, next_nearest, self._slope)
        return above

    def _close_in(self, start: Tried) -> Tried | None:
        """Try prices of one palette around one trial, then join those that enclose the goal.

        What is returned is a trial at whose price another palette is called for, as this one does not reach the goal.
        """
        near = _NEAR if self._workshop.joining else _NEAREST
        at, found = self._with(start.trial.mapping), [start]
        slope, self._slope = self._slope, _UNMERGED * self._slope
        while not self._goal.is_landed(found[-1].value):
            above, below = self._enclosing(found)
            if above and below and (below.place - above.place <= near or len(found) > _NARROWINGS):
                self._join(above, below)
                break
            if (len(self._priced) >= _ENOUGH and self.has_met) or len(found) > _NARROWINGS:
                break
            if not above and len(found) > 1:
                self._slope = slope
                return found[-1]
            found.append(at(_clipped(self._beyond(above, below, found))))
            if found[-1].place == found[-2].place:
                break
        return None

    def _beyond(self, above: Tried | None, below: Tried | None, found: Sequence[Tried]) -> float:
        """Where the aim is expected; if it is not enclosed yet, a bit further."""
        expected = self._expected(above, below, found)
        if above and below:
            return expected
        if below:
            return max(below.place - _NEAR, expected - 0.1)
        return expected + 0.2 * (expected - found[-1].place) + 0.03

    def _join(self, above: Tried, below: Tried) -> None:
        """Join `below` and `above`, or one of a lower price; an animation has one price, and takes samples near it.

        Of an animation what meets the goal already is good enough: each sample takes as long as a trial.
        """
        if self._workshop.joining is None:
            if self.has_met:
                return
            at, places = self._with(above.trial.mapping), (np.arange(_SAMPLES) * _GOLDEN % 1.0 - 0.25) * _NEAR
            any(self._goal.is_met(at(above.place + float(place)).value) for place in places)
            return
        for _ in range(_WIDENINGS):
            self._narrow(replace(above, place=0.0), replace(below, place=1.0), self._joining(above, below))
            if self.has_met:
                return
            above = self._with(above.trial.mapping)(above.place - _NEAR)
            if above.value <= self._goal.high:  # a lower price may look worse
                return

    def _joining(self, above: Tried, below: Tried) -> Callable[[float], Tried]:
        joined = self._workshop.joining(below.trial, above.trial)
        return lambda share: self._tried(share, joined(share))

    def _narrow(self, above: Tried, below: Tried, at: Callable[[float], Tried]) -> None:
        """Closer trials around the aim, until one is there, or meets the goal after a few.

        By false position, and by halves after a step that left more than half of the interval, as steep places do.
        """
        halve = False
        for n in range(_NARROWINGS):
            if n >= _LANDINGS and self.has_met:
                return
            width = below.place - above.place
            tried = at(above.place + width * (0.5 if halve else self._share(above, below)))
            if self._goal.is_landed(tried.value):
                return
            above, below = (tried, below) if tried.value > self._goal.landed else (above, tried)
            halve = below.place - above.place > width / 2

    def _share(self, above: Tried, below: Tried) -> float:
        """Where between two trials the aim is expected; not at their very places."""
        return min(0.9, max(0.1, (above.value - self._goal.aim) / (above.value - below.value)))

    def _expected(self, above: Tried | None, below: Tried | None, found: Sequence[Tried]) -> float:
        """The place where the aim is expected."""
        if above and below:
            return above.place + (below.place - above.place) * self._share(above, below)
        nearest, *others = sorted(found, key=_place, reverse=below is None)
        slope = _slope(nearest, others[0], self._slope) if others else self._slope
        if above:
            slope = min(slope, 0.75 * self._slope)  # measures fall ever faster: the slope so far leads too far
        step = (self._goal.aim - nearest.value) / slope * (1.3 if below and others else 1.0)
        if len(others) > 1 and self._is_flat(nearest, others[0]) and self._is_flat(others[0], others[1]):
            last = nearest.place - others[0].place
            step = max(step, 2 * last) if last > 0 else min(step, 2 * last)
        return nearest.place + step

    def _is_flat(self, a: Tried, b: Tried) -> bool:
        """Whether the measure hardly changes between two trials: where it does is far away, if anywhere."""
        expected = min(abs(self._slope * (a.place - b.place)), self._missing(a))
        return abs(a.value - b.value) < _FLAT * expected

    def _missing(self, tried: Tried) -> float:
        return abs(tried.value - self._goal.aim)

    def _enclosing(self, found: Sequence[Tried]) -> tuple[Tried | None, Tried | None]:
        """The trial below the goal at the lowest price, and the last one before it that is above."""
        below = min((t for t in found if t.value < self._goal.low), key=_place, default=None)
        above = (t for t in found if t.value >= self._goal.low and (below is None or t.place < below.place))
        return max(above, key=_place, default=None), below

    def _merging(self, place: float) -> Tried:
        return self._try(place, None)

    def _with(self, mapping: Mapping) -> Callable[[float], Tried]:
        return lambda place: self._try(place, mapping)

    def _try(self, place: float, mapping: Mapping | None) -> Tried:
        self._priced.append(self._tried(place, self._workshop.trial(exp(place), self.way, mapping)))
        return self._priced[-1]

    def _tried(self, place: float, trial: Measurable) -> Tried:
        self._found.append(Tried(place, self._measure(trial), trial))
        return self._found[-1]


def _place(tried: Tried) -> float:
    return tried.place


def _slope(a: Tried, b: Tried, expected: float) -> float:
    """Of the measure between two trials, if it is plausible."""
    if a.place == b.place or (a.value - b.value) / (a.place - b.place) >= 0:
        return expected
    return min(expected / 4, max(expected * 2, (a.value - b.value) / (a.place - b.place)))


def _clipped(place: float) -> float:
    return min(log(_MOST_PRICE), max(log(_LEAST_PRICE), place))


def _score(trial: Measurable) -> float:
    return trial.score


def _log_bytes(trial: Measurable) -> float:
    return log(len(trial.data))


def _fidelity(score: float) -> float:
    """What falls about evenly as the logarithm of the price rises."""
    return -log(max(0.05, 100 - score))


def _quick_size(trial: Measurable) -> int:
    return trial.quick_size


def _rough_size(trial: Measurable) -> int:
    return trial.rough_size


def _apart(trial: Measurable, other: Measurable, size: Callable[[Measurable], int]) -> tuple[float, float]:
    """How much smaller and how much better a trial is than another, in logarithms."""
    return log(size(other) / size(trial)), _fidelity(trial.score) - _fidelity(other.score)


def _otherwise(workshop: Any, search: Search, again: Callable[[Way], Search]) -> list[Measurable]:
    """What a search in another way finds: of a large picture without diffusion, if a trial says that it finds better.

    Errors that are passed on differ from place to place, and so do entries, where the picture repeats itself exactly,
    as sheets of sprites do. Of a small picture there is a search in the best of several ways in any case.
    """
    at, *others = search.nearest
    ways = _other_ways(search.way) if workshop.is_small else [(_NONE, 0.0)]
    places = [at.place + shift for _, shift in ways]
    trials = [
        workshop.trial(exp(place), way, None if workshop.is_small else at.trial.mapping)
        for place, (way, _) in zip(places, ways, strict=True)
    ]
    if not workshop.is_small and _gain(_rough_size, trials[0], at, *others) < _HOPELESS:
        return []
    gains = [_gain(_quick_size, trial, at, *others) for trial in trials]
    best = gains.index(max(gains))
    if not workshop.is_small and gains[best] < _WORTH:
        return []
    other = again(ways[best][0])
    other.run(exp(places[best]))
    return [*other.trials, *trials]


def _other_ways(way: Way) -> list[tuple[Way, float]]:
    """Ways, each with the change of the log price where it may give a like quality.

    Text and repeats, which lossy copies spoil, want few colours mapped at a low price, soft shading the contrary.
    """
    coarse, fine = exp(2 * _WAYS_APART), exp(-2 * _WAYS_APART)
    return [
        (replace(_NONE, merging=coarse), -_WAYS_APART),
        (replace(_NONE, merging=fine), _WAYS_APART),
        (replace(way, merging=fine), _WAYS_APART),
    ]


def _gain(size: Callable[[Measurable], int], trial: Measurable, at: Tried, *others: Tried) -> float:
    """How much better a trial is than another, as a logarithm of bytes; others of its search tell what these buy."""
    saved, gained = _apart(trial, at.trial, size)
    more, better = _apart(others[0].trial, at.trial, size) if others else (0.0, 0.0)
    exchange = min(2 * _EXCHANGE, max(_EXCHANGE / 5, -more / better)) if better else _EXCHANGE
    return saved + exchange * gained


def reaching(workshop: Any, plain: Way, quality: float) -> Any:
    """The smallest result of this SSIMULACRA2 or more; raises TargetError, whose `best` is the best there is."""
    trials: list[Measurable] = []
    goal = Goal(*(_fidelity(score) for score in (quality, quality + _LANDED, quality + _ABOVE)))
    likely = max(_LEAST_PRICE, _SCORE_PRICE * (100 - quality) ** 2)

    def searching(way: Way) -> Search:
        return Search(workshop, way, lambda trial: _fidelity(trial.score), goal, -0.42)

    for way, first in ((plain, likely), (_DITHERED, _LEAST_PRICE)):
        search = searching(way)
        is_met = search.run(first)
        trials += search.trials
        if way is plain and all(trial.score < quality for trial in trials):
            trials.append(workshop.exact())
        other = _otherwise(workshop, search, searching) if is_met and way is plain else []
        good = _competing((trials, other), quality)
        if good:
            smallest = _smallest(workshop, good)
            if workshop.is_small and smallest.score > quality + _ABOVE:
                smallest = _lowered(workshop, search, [*trials, *other], smallest, quality)
            return workshop.finished(_or_nearest(workshop, smallest, quality))
    best, colors = max(trials, key=lambda trial: trial.score), len(workshop.mapping.palette)
    raise TargetError(
        f"{workshop.picture.name}: quality {quality:g} is out of reach; the most that "
        f"{'1 colour gives' if colors == 1 else f'{colors} colours give'} is {best.score:.1f}",
        workshop.finished(best),
    )


def _competing(searches: Sequence[Sequence[Measurable]], quality: float) -> list[Measurable]:
    """Those of this quality of which the smallest is taken: of each search the least above it; all, if none is near."""
    good = [[trial for trial in trials if trial.score >= quality] for trials in searches]
    near = [[trial for trial in trials if trial.score <= quality + _ABOVE] for trials in good]
    landed = [[trial for trial in trials if trial.score <= quality + _LANDED] or trials for trials in near]
    return list(chain(*(landed if any(near) else good)))


def _lowered(
    workshop: Any, search: Search, trials: Sequence[Measurable], best: Measurable, quality: float
) -> Measurable:
    """The best, which is far above the quality, or what is near and not dear: between it and what is below, perhaps."""
    size, excess = best.rough_size, best.score - quality

    def expected(trial: Measurable) -> float:
        return size + (trial.rough_size - size) * excess / (best.score - trial.score)

    below = [trial for trial in trials if trial.score < quality and trial.rough_size < size]
    joined = search.join(best, min(below, key=expected)) if below else []
    near = [trial for trial in (*trials, *joined) if quality <= trial.score <= quality + _ABOVE]
    smallest = _smallest(workshop, near) if near else best
    return smallest if smallest.quick_size <= (1 + _DEAR) * best.quick_size else best


def _or_nearest(workshop: Any, trial: Measurable, quality: float) -> Measurable:
    """The trial, or nearest entries where these take less and are as good: more than 0.5 above then, they may be."""
    if workshop.is_exact:
        exact: Measurable = workshop.exact()
        return exact if exact.quick_size < trial.quick_size and exact.score >= quality else trial
    return _shadowed(workshop, trial, quality) if workshop.has_shadows else trial


def _shadowed(workshop: Any, trial: Measurable, quality: float) -> Measurable:
    """The trial, or what takes less: nearest entries, as many of them translucent as the quality allows."""
    enough, too_many = -1, _TRANSLUCENCIES
    while too_many - enough > 1:
        middle = (enough + too_many) // 2
        shadowed = workshop.shadowed(2.0**middle)
        if shadowed.rough_size > _ALIKE * trial.rough_size:
            break
        size, other_size = workshop.sizes((trial, shadowed))
        if other_size >= size:
            break
        if shadowed.score < quality:
            too_many = middle
        else:
            enough, trial = middle, shadowed
    return trial


def _smallest(workshop: Any, trials: list[Measurable]) -> Measurable:
    least = min(trial.rough_size for trial in trials)
    trials = [trial for trial in trials if trial.rough_size <= _ALIKE * least]
    if len(trials) == 1:
        return trials[0]
    sizes: list[int] = workshop.sizes(trials)
    return trials[sizes.index(min(sizes))]


def fitting(workshop: Any, plain: Way, budget: int, quality: float | None) -> Any:
    """The best result of at most `budget` bytes; raises TargetError, also if it is below `quality`."""
    trials = [workshop.exact()]
    if workshop.is_exact and len(trials[0].data) <= budget:
        return workshop.finished(trials[0])
    goal = Goal(log(_BUDGET_USED * budget), log(budget), log(budget))

    def searching(way: Way) -> Search:
        return Search(workshop, way, _log_bytes, goal, -0.45)

    for way, first in ((plain, _FIRST_PRICE), (_DITHERED, _LEAST_PRICE)):
        search = searching(way)
        is_met = search.run(first)
        trials += search.trials
        if is_met and way is plain:
            trials += _otherwise(workshop, search, searching)
        if is_met:
            break
        if all(len(trial.data) > budget for trial in trials):
            break
    least = min(trials, key=_log_bytes)
    if len(least.data) > budget:
        raise TargetError(
            f"{workshop.picture.name}: {budget} bytes are out of reach; the least is {len(least.data)}",
            workshop.finished(least),
        )
    best = _best(workshop, search, trials, budget)
    if quality is not None and best.score < quality:
        raise TargetError(
            f"{workshop.picture.name}: quality {quality:g} is out of reach in {budget} bytes; "
            f"the most there is {best.score:.1f}",
            workshop.finished(best),
        )
    return workshop.finished(best)


def _best(workshop: Any, search: Search, trials: Sequence[Measurable], budget: int) -> Measurable:
    """The best trial within a budget of those that use it up, unless one that does not is clearly better.

    In a small picture, what is between that one and one that takes too much may be better still.
    """
    fitting = [trial for trial in trials if len(trial.data) <= budget]
    best = max(fitting, key=_score)
    filling = [trial for trial in fitting if len(trial.data) >= _BUDGET_USED * budget]
    if filling and (filled := max(filling, key=_score)).score >= best.score - _CLEARLY:
        return filled
    over = [trial for trial in trials if len(trial.data) > budget and trial.score > best.score]
    if workshop.is_small and over:
        joined = search.join(min(over, key=_log_bytes), best)
        best = max([best, *(trial for trial in joined if len(trial.data) <= budget)], key=_score)
    return best
