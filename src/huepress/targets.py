"""Targets: the smallest result of a quality, or the best in a number of bytes, met by measuring results."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any, Final, Protocol

import numpy as np

from huepress.errors import TargetError
from huepress.lossy import Diffusion, Mapping

_FIRST_PRICE: Final = 1e-3
LEAST_PRICE: Final = 1e-5
_MOST_PRICE: Final = 1e2
_ABOVE: Final = 0.5  # how far above its target a quality may be
_BUDGET_USED: Final = 0.97
_NARROWINGS: Final = 16
_NEAR: Final = 0.3  # log prices where one palette serves as well as the other
_NEAREST: Final = 0.03  # likewise, where results are not joined
_WIDENINGS: Final = 4
_SAMPLES: Final = 16
_GOLDEN: Final = 0.618034
_DITHERED: Final = Diffusion(down=0.45, right=0.4)


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


@dataclass(frozen=True)
class Tried:
    """A trial, where it was made on the axis of a search, and its measure."""

    place: float
    value: float
    trial: Measurable


class Search:
    """Seeks the trial whose measure, which falls as the price of a bit rises, is inside `low` .. `high`.

    First prices are tried, each with the palette merged for it, until two near each other enclose the target; then
    prices around these with one palette, for merging makes steps in the measure. Two results near each other are
    joined: the upper rows are those of the higher price, the others those of the lower one, and the row where they meet
    is sought. That needs no further mapping, and meets even where the measure jumps over the target, as when a large
    flat area changes its colour.
    """

    def __init__(
        self,
        workshop: Any,
        diffusion: Diffusion,
        measure: Callable[[Measurable], float],
        low: float,
        high: float,
        slope: float,
    ) -> None:
        """`slope`: expected change of the measure per unit of log price."""
        self._workshop, self._diffusion, self._measure = workshop, diffusion, measure
        self._low, self._high, self._slope = low, high, slope
        self._aim = low + 0.4 * (high - low)
        self.trials: list[Measurable] = []

    def run(self, first: float) -> bool:
        """Try, from this price on; whether a trial is inside."""
        above, below = self._enclose(log(first), self._merging, near=_NEAR)
        if above and below:
            above, below = self._narrow(above, below, self._merging, _NEAR)
        if above and above.place < log(_MOST_PRICE) and not self._has_met():
            above, below = self._enclose(above.place + _NEAR / 2, self._with(above.trial.mapping), above)
        if above and below and not self._has_met():
            near = _NEAR if self._workshop.joining else _NEAREST
            above, below = self._narrow(above, below, self._with(above.trial.mapping), near)
        if above and below and not self._has_met():
            self._join(above, below)
        return self._has_met()

    def _join(self, above: Tried, below: Tried) -> None:
        """Join `below` and `above`, or one of a lower price; an animation has one price, and takes samples near it."""
        if self._workshop.joining is None:
            at, places = self._with(above.trial.mapping), (np.arange(_SAMPLES) * _GOLDEN % 1.0 - 0.25) * _NEAR
            any(self._is_inside(at(above.place + float(place)).value) for place in places)
            return
        for _ in range(_WIDENINGS):
            self._narrow(replace(above, place=0.0), replace(below, place=1.0), self._joining(above, below), 0.0)
            if self._has_met():
                return
            above = self._with(above.trial.mapping)(above.place - _NEAR)
            if above.value <= self._high:  # a lower price may look worse
                return

    def _joining(self, above: Tried, below: Tried) -> Callable[[float], Tried]:
        joined = self._workshop.joining(above.trial.mapping, below.trial, above.trial)
        return lambda share: self._tried(share, joined(share))

    def _has_met(self) -> bool:
        return self._is_inside(self._measure(self.trials[-1]))

    def _is_inside(self, value: float) -> bool:
        return self._low <= value <= self._high

    def _merging(self, place: float) -> Tried:
        return self._try(place, exp(place), None)

    def _with(self, mapping: Mapping) -> Callable[[float], Tried]:
        return lambda place: self._try(place, exp(place), mapping)

    def _try(self, place: float, price: float, mapping: Mapping | None) -> Tried:
        return self._tried(place, self._workshop.trial(price, self._diffusion, mapping))

    def _tried(self, place: float, trial: Measurable) -> Tried:
        self.trials.append(trial)
        return Tried(place, self._measure(trial), trial)

    def _enclose(
        self, place: float, at: Callable[[float], Tried], above: Tried | None = None, near: float = 0.0
    ) -> tuple[Tried | None, Tried | None]:
        """The nearest trials above and below the target; None where one is inside, or the prices end.

        Only the one above where the target is expected to be this near to it.
        """
        least, most = log(LEAST_PRICE), log(_MOST_PRICE)
        below: Tried | None = None
        previous = above
        while above is None or below is None:
            place = min(most, max(least, place))
            tried = at(place)
            if self._is_inside(tried.value):
                return None, None
            if tried.value > self._high:
                above = tried
            else:
                below = tried
            if place == (most if tried is above else least):
                return above, below
            distance = self._distance(tried, previous)
            if previous and 0 < distance <= near:
                return above, None
            # To be sure to pass the target, and not to creep towards a ceiling.
            place += distance * (1.5 if previous else 1.2) + (0.15 if distance > 0 else -0.15)
            previous = tried
        return above, below

    def _distance(self, tried: Tried, previous: Tried | None) -> float:
        """How far the target is expected to be from a trial."""
        slope = self._slope
        if previous is not None:
            slope = min(-1e-3, (tried.value - previous.value) / (tried.place - previous.place))
        if tried.value > self._high:
            slope = min(slope, self._slope / 2)  # measures fall ever faster: the slope so far leads far too far
        return (self._aim - tried.value) / slope

    def _narrow(self, above: Tried, below: Tried, at: Callable[[float], Tried], near: float) -> tuple[Tried, Tried]:
        """Closer trials around the target, until one is inside or they are this near.

        By false position, and by halves after a step that left more than half of the interval, as steep places do.
        """
        halve = False
        for _ in range(_NARROWINGS):
            width = below.place - above.place
            if width <= near:
                break
            share = (above.value - self._aim) / (above.value - below.value)
            share = 0.5 if halve else min(0.9, max(0.1, share))
            tried = at(above.place + width * share)
            if self._is_inside(tried.value):
                break
            above, below = (tried, below) if tried.value > self._high else (above, tried)
            halve = below.place - above.place > width / 2
        return above, below


def _score(trial: Measurable) -> float:
    return trial.score


def _log_bytes(trial: Measurable) -> float:
    return log(len(trial.data))


def reaching(workshop: Any, plain: Diffusion, quality: float) -> Any:
    """The smallest result of this SSIMULACRA2 or more; raises TargetError, whose `best` is the best there is."""
    trials: list[Measurable] = []
    for diffusion, first in ((plain, _FIRST_PRICE), (_DITHERED, LEAST_PRICE)):
        search = Search(workshop, diffusion, _score, quality, quality + _ABOVE, -8.0)
        search.run(first)
        trials += search.trials
        if diffusion is plain and all(trial.score < quality for trial in trials):
            trials.append(workshop.exact())
        good = [trial for trial in trials if trial.score >= quality]
        if good:
            near = [trial for trial in good if trial.score <= quality + _ABOVE]
            return workshop.finished(_or_exact(workshop, _smallest(near or good), quality))
    best = max(trials, key=lambda trial: trial.score)
    raise TargetError(
        f"{workshop.picture.name}: quality {quality:g} is out of reach; the most that "
        f"{len(workshop.mapping.palette)} colours give is {best.score:.1f}",
        workshop.finished(best),
    )


def _or_exact(workshop: Any, trial: Measurable, quality: float) -> Measurable:
    """The trial, or the nearest entries where these take less and are as good: more than 0.5 above then, it may be."""
    if not workshop.may_be_small_exactly:
        return trial
    exact: Measurable = workshop.exact()
    return exact if exact.quick_size < trial.quick_size and exact.score >= quality else trial


def _smallest(trials: list[Measurable]) -> Measurable:
    return trials[0] if len(trials) == 1 else min(trials, key=lambda trial: trial.quick_size)


def fitting(workshop: Any, plain: Diffusion, budget: int, quality: float | None) -> Any:
    """The best result of at most `budget` bytes; raises TargetError, also if it is below `quality`."""
    trials = [workshop.exact()]
    if workshop.is_exact and len(trials[0].data) <= budget:
        return workshop.finished(trials[0])
    for diffusion, first in ((plain, _FIRST_PRICE), (_DITHERED, LEAST_PRICE)):
        search = Search(workshop, diffusion, _log_bytes, log(_BUDGET_USED * budget), log(budget), -0.45)
        is_met = search.run(first)
        trials += search.trials
        if is_met:
            break
        if all(len(trial.data) > budget for trial in trials):
            break
    fitting = [trial for trial in trials if len(trial.data) <= budget]
    if not fitting:
        least = min(trials, key=lambda trial: len(trial.data))
        raise TargetError(
            f"{workshop.picture.name}: {budget} bytes are out of reach; the least is {len(least.data)}",
            workshop.finished(least),
        )
    filling = [trial for trial in fitting if len(trial.data) >= _BUDGET_USED * budget]
    best = max(filling or fitting, key=_score)
    if quality is not None and best.score < quality:
        raise TargetError(
            f"{workshop.picture.name}: quality {quality:g} is out of reach in {budget} bytes; "
            f"the most there is {best.score:.1f}",
            workshop.finished(best),
        )
    return workshop.finished(best)
