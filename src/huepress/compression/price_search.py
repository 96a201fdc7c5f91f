"""A search for the price of a bit at which a result meets a goal: by measuring results, not by estimates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any, Final, Generic

import numpy as np
from numpy.typing import NDArray

from huepress.compression.compressor import CodingMode, Compressor, Joined, T, Trial

LEAST_PRICE: Final = 1e-7  # of a bit: between these ends any goal is sought
_MOST_PRICE: Final = 1e2
_NARROWINGS: Final = 16  # steps, after which a search ends with what it has
_FINEST: Final = 1 / 16  # rows between two joined results, nearer than which none is sought
_PLACES: Final = 1023  # between two, of which the next is chosen
_LANDINGS: Final = 3  # joined results, after which what is good enough is taken
_ENOUGH: Final = 5  # prices, after which what is good enough is taken
_NEAR: Final = 0.3  # log prices where one palette serves as well as the other
_NEAREST: Final = 0.03  # likewise, where results are not joined
_SHORT: Final = 0.08  # log prices by which the next palette is rather too good than too coarse
_UNMERGED: Final = 0.6  # of the slope, with the palette kept
_FLAT: Final = 1 / 8  # of the change that was expected, or is still missing
_WIDENINGS: Final = 4  # pairs of results that are joined, each wider apart than the last
_MOSTLY_MERGED: Final = 10.0  # times the price: in such modes the palette is what changes the measure
_SAMPLES: Final = 16  # prices near one, where results are not joined
_GOLDEN: Final = 0.618034  # the golden ratio, whose multiples modulo 1 are spread evenly however many they are


@dataclass(frozen=True)
class Tried(Generic[T]):
    """A trial, where it was made on the axis of a search, and its measure."""

    place: float
    value: float
    trial: T


@dataclass(frozen=True)
class Measure(Generic[T]):
    """What is measured of trials.

    Attributes:
        foretold: what tells it of joined trials, by upper rows; but for a factor and a constant.
        slope: its expected change per unit of log price.
        size: the bytes of a trial, as exactly as one in another mode must be better to be followed.

    """

    of: Callable[[T], float]
    foretold: Callable[[Joined[T]], NDArray[np.float64]]
    slope: float
    size: Callable[[Trial], int]


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


class PriceSearch(Generic[T]):
    """Seeks the trial whose measure, which falls as the price of a bit rises, meets a goal.

    First prices are tried, each with the palette merged for it, until one is near the goal; then prices around it with
    its palette, for merging makes steps in the measure. Two results near each other are joined: the upper
    rows are those of the higher price, the others those of the lower one, and the row where they meet is sought. That
    needs no further mapping, and meets even where the measure jumps over the target, as when a large flat area changes
    its colour.
    """

    def __init__(self, compressor: Compressor[T], mode: CodingMode, measure: Measure[T], goal: Goal) -> None:
        self.compressor, self.mode, self.measure, self._goal = compressor, mode, measure, goal
        self._slope = measure.slope
        self._priced: list[Tried[T]] = []
        self._found: list[Tried[T]] = []

    def in_mode(self, mode: CodingMode) -> "PriceSearch[T]":
        """A new search for the same in another mode."""
        return PriceSearch(self.compressor, mode, self.measure, self._goal)

    @property
    def trials(self) -> list[T]:
        """All that were made, in their order."""
        return [tried.trial for tried in self._found]

    @property
    def nearest(self) -> list[Tried[T]]:
        """The two trials nearest to the goal, of those that are not joined."""
        return sorted(self._priced, key=self._missing)[:2]

    @property
    def has_met(self) -> bool:
        """Whether a trial meets the goal."""
        return any(self._goal.is_met(tried.value) for tried in self._found)

    def join(self, good: T, poor: T) -> list[T]:
        """Trials between one above the goal and one below it, nearer and nearer to the goal."""
        alone = self.in_mode(self.mode)
        alone._narrow(*(Tried(0.0, self.measure.of(trial), trial) for trial in (good, poor)))
        return alone.trials

    def probe(self, price: float) -> T:
        """The trial at a price with the palette merged for it; a run from there goes on from it."""
        return self._try(log(price), None).trial

    def run(self, first: float) -> bool:
        """Try, from this price on; whether a trial meets the goal."""
        start = self._approach(log(first), _NEAR / 2, self._priced)
        lower = self._close_in(start) if start else None
        if lower and (start := self._approach(lower.place, 0.0)):
            self._close_in(start)
        return self.has_met

    def _approach(self, place: float, reach: float, probed: Sequence[Tried[T]] = ()) -> Tried[T] | None:
        """A trial near the goal, with the palette merged for its price; None if the price at an end does not reach it.

        One below the goal is near if a price that is lower by less than `reach` is expected to meet it.
        """
        found = [*probed]
        for narrowing in range(_NARROWINGS):
            if narrowing or not found:
                found.append(self._try(place, None))
            above, below = self._enclosing(found)
            expected = self._expected(above, below, found)
            if above and expected - above.place <= _NEAR:
                break
            if below and below.place - expected < reach:
                above = below
                break
            if (place == log(LEAST_PRICE) and not above) or (place == log(_MOST_PRICE) and not below):
                return None
            place = _clipped(expected - _SHORT)
        if len(found) > 1:
            nearest, next_nearest = sorted(found, key=self._missing)[:2]
            self._slope = _slope(nearest, next_nearest, self._slope)
        return above

    def _close_in(self, start: Tried[T]) -> Tried[T] | None:
        """Try prices of one palette around one trial, then join those that enclose the goal.

        What is returned is a trial at whose price another palette is called for, as this one does not reach the goal.
        """
        near = _NEAR if self.compressor.joining else _NEAREST
        found = [start]
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
            if above and not below and self._is_stuck(found):
                self._merge_on(start)
                break
            found.append(self._try(_clipped(self._beyond(above, below, found)), start.trial.mapping))
            if found[-1].place == found[-2].place:
                break
        return None

    def _is_stuck(self, found: Sequence[Tried[T]]) -> bool:
        """Whether the measure hardly falls from the first to the last, in a mode whose palette is to change it."""
        if self.compressor.joining is None or self.mode.merging < _MOSTLY_MERGED:
            return False
        first, last = found[0], found[-1]
        expected = _FLAT * self.measure.slope * (last.place - first.place)
        return last.place > first.place + _NEAR and last.value - first.value > expected

    def _merge_on(self, above: Tried[T]) -> None:
        """Merge further and further, till a trial is below the goal, and join it and one above that is near it."""
        below, step = above, _NEAR
        while below.value >= self._goal.low:
            if below.place == log(_MOST_PRICE):
                return
            above, below = below, self._try(_clipped(below.place + step), None)
            step *= 2
        while below.place - above.place > _NEAR:
            middle = self._try((above.place + below.place) / 2, None)
            above, below = (middle, below) if middle.value >= self._goal.low else (above, middle)
        if not self.has_met:
            self._join(above, below)

    def _beyond(self, above: Tried[T] | None, below: Tried[T] | None, found: Sequence[Tried[T]]) -> float:
        """Where the aim is expected; if it is not enclosed yet, a bit further."""
        expected = self._expected(above, below, found)
        if above and below:
            return expected
        if below:
            return max(below.place - _NEAR, expected - 0.1)
        return expected + 0.2 * (expected - found[-1].place) + 0.03

    def _join(self, above: Tried[T], below: Tried[T]) -> None:
        """Join `below` and `above`, or one of a lower price; an animation has one price, and takes samples near it.

        Of an animation what meets the goal already is good enough: each sample takes as long as a trial.
        """
        if self.compressor.joining is None:
            if self.has_met:
                return
            places = above.place + (np.arange(_SAMPLES) * _GOLDEN % 1.0 - 0.25) * _NEAR
            any(self._goal.is_met(self._try(float(place), above.trial.mapping).value) for place in places)
            return
        for _ in range(_WIDENINGS):
            self._narrow(above, below)
            if self.has_met:
                return
            above = self._try(above.place - _NEAR, above.trial.mapping)
            if above.value <= self._goal.high:  # a lower price may look worse
                return

    def _narrow(self, good: Tried[T], poor: Tried[T]) -> None:
        """Join the upper rows of `poor` to `good`: ever nearer to the aim, till one is there, or good after a few.

        By false position on what is foretold, and by halves of it after a step that left more than half. It ends where
        the measure jumps over the goal within a part of a row.
        """
        joining = self.compressor.joining
        assert joining, "where there is none, nothing is joined"
        joined = joining(poor.trial, good.trial)
        foretold = self.measure.foretold(joined)
        above, below, halve = replace(good, place=0.0), replace(poor, place=float(len(foretold) - 1)), False
        for n in range(_NARROWINGS):
            if below.place - above.place < _FINEST or (n >= _LANDINGS and self.has_met):
                return
            places = np.linspace(above.place, below.place, _PLACES + 2)
            fallen = _fallen(np.interp(places, np.arange(len(foretold)), foretold))
            nearest = 1 + int(np.abs(fallen[1:-1] - (0.5 if halve else self._share(above, below))).argmin())
            rows = float(places[nearest])
            tried = self._tried(rows, joined.at(rows))
            if self._goal.is_landed(tried.value):
                return
            is_above = tried.value > self._goal.landed
            above, below = (tried, below) if is_above else (above, tried)
            halve = not halve and bool(fallen[nearest] < 0.5) == is_above

    def _share(self, above: Tried[T], below: Tried[T]) -> float:
        """Where between two trials the aim is expected; not at their very places."""
        return min(0.9, max(0.1, (above.value - self._goal.aim) / (above.value - below.value)))

    def _expected(self, above: Tried[T] | None, below: Tried[T] | None, found: Sequence[Tried[T]]) -> float:
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

    def _is_flat(self, a: Tried[T], b: Tried[T]) -> bool:
        """Whether the measure hardly changes between two trials: where it does is far away, if anywhere."""
        expected = min(abs(self._slope * (a.place - b.place)), self._missing(a))
        return abs(a.value - b.value) < _FLAT * expected

    def _missing(self, tried: Tried[T]) -> float:
        return abs(tried.value - self._goal.aim)

    def _enclosing(self, found: Sequence[Tried[T]]) -> tuple[Tried[T] | None, Tried[T] | None]:
        """The trial below the goal at the lowest price, and the last one before it that is above."""
        below = min((t for t in found if t.value < self._goal.low), key=_place, default=None)
        above = (t for t in found if t.value >= self._goal.low and (below is None or t.place < below.place))
        return max(above, key=_place, default=None), below

    def _try(self, place: float, mapping: Any) -> Tried[T]:
        """The trial at a price with this mapping; None: with the palette merged for it."""
        self._priced.append(self._tried(place, self.compressor.trial(exp(place), self.mode, mapping)))
        return self._priced[-1]

    def _tried(self, place: float, trial: T) -> Tried[T]:
        self._found.append(Tried(place, self.measure.of(trial), trial))
        return self._found[-1]


def _fallen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the way from the first to the last of them that each has gone."""
    way = values[-1] - values[0]
    return (values - values[0]) / way if way else np.linspace(0, 1, len(values))


def _place(tried: Tried[Any]) -> float:
    return tried.place


def _slope(a: Tried[Any], b: Tried[Any], expected: float) -> float:
    """Of the measure between two trials, if it is plausible."""
    if a.place == b.place or (a.value - b.value) / (a.place - b.place) >= 0:
        return expected
    return min(expected / 4, max(expected * 2, (a.value - b.value) / (a.place - b.place)))


def _clipped(place: float) -> float:
    return min(log(_MOST_PRICE), max(log(LEAST_PRICE), place))
