"""K-means for many k at once: each search starts from the result of the next larger k.

From the largest k, found as usual, the way down merges the two clusters whose merger raises the inertia least (Ward
1963), refines and swaps a few centres. Merging from above finds better clusters than splitting from below. The least
inertia falls about as a power of k, whose logarithm is convex: where that of a result is not, that k is searched anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native import Centers, Points, Step
from huepress.iteration import cluster_means
from huepress.kmeans import Effort, Strategy, cluster, level_of, relaxed, strategy_named, swaps_of
from huepress.line import optimal_centers

_SHARES: Final = {"fast": 4, "balanced": 12, "best": 12}  # of a search's own swaps, below the largest k: one in so many
_ANEW: Final = 5  # the same of a search from another start: it is the start that matters
_BUMP: Final = 0.001  # of the logarithm over its neighbours' chord: where it is lower, hardly any search gains
_MANY: Final = 16  # times as many points as the level has: there its centres are good enough to be judged as they are


@dataclass(frozen=True)
class Fit:
    """The clusters for one k: centres (k, d) on the points' grid, and the inertia there, over all points."""

    k: int
    centers: NDArray[np.float64]
    error: float


def series(points: Points, ks: Sequence[int], *, effort: Effort, seed: int = 0, threads: int = 1) -> list[Fit]:
    """The clusters for each of ks, which ascend and are below the number of points; the error never rises with k.

    All points are of one class.
    """
    if not ks:
        return []
    fits = _descended(points, ks, effort, seed, threads)
    if effort != "fast":  # whose searches are so short that to look back would cost more than the way down
        fits = _anew(points, fits, _shortened(strategy_named(effort)), seed, threads)
    return list(accumulate(fits, _no_worse))


def _descended(points: Points, ks: Sequence[int], effort: Effort, seed: int, threads: int) -> list[Fit]:
    strategy = strategy_named(effort)
    if optimal_centers(points, ks[-1]) is not None:
        return [_optimal(points, k, strategy, threads) for k in ks]
    found = cluster(points, ks[-1], strategy, seed=seed, threads=threads)
    heard = {ks[-1]: Fit(ks[-1], found.centers, max(0.0, found.error))}
    steps, ends = _plan(points, ks, strategy, _SHARES[effort])

    def hear(step: int, centers: Centers, error: float, sums: NDArray[np.int64]) -> None:
        heard[ends[step]] = Fit(ends[step], cluster_means(sums, centers), max(0.0, error))

    if steps:
        points.search(steps, found.centers, found.classes, seed=seed, threads=threads, progress=hear)
    return [heard[k] for k in ks]


def _optimal(points: Points, k: int, strategy: Strategy, threads: int) -> Fit:
    found = cluster(points, k, strategy, threads=threads)
    return Fit(k, found.centers, max(0.0, found.error))


def _plan(points: Points, ks: Sequence[int], strategy: Strategy, share: int) -> tuple[list[Step], dict[int, int]]:
    """The steps from the clusters for the largest k down, and for those that are not silent the k that they end."""
    steps: list[Step] = []
    ends: dict[int, int] = {}
    above = ks[-1]
    size, swaps = max(strategy.stages, key=lambda stage: stage[1])
    level = level_of(points, ks[-1], size, strategy)
    for k in reversed(ks[:-1]):
        trials = swaps_of(points, k, strategy, level, swaps) * min(above - k, share)
        if not steps:  # to merge takes the sums of the clusters
            steps.append(relaxed(level, 0, 0.0, silent=True))
        steps += [
            Step(Step.MERGE, level, k, 1),
            Step(Step.SWAPS, level, -(-trials // share), 1),
            relaxed(level, 30, 1e-4, silent=True),
            relaxed(points.finest, int(points.count < _MANY * points.level_sizes[level]), 0.0),
        ]
        ends[len(steps) - 1] = above = k
    return steps, ends


def _shortened(strategy: Strategy) -> Strategy:
    stages = tuple((size, swaps // _ANEW) for size, swaps in strategy.stages)
    most = strategy.most_swaps // _ANEW
    return replace(strategy, stages=stages, most_swaps=most, last_iterations=2)


def _anew(points: Points, fits: list[Fit], strategy: Strategy, seed: int, threads: int) -> list[Fit]:
    """The fits; where one lies clearly above the chord of its neighbours, the better of it and a search of its own."""
    found = list(fits)
    for i in range(1, len(fits) - 1):
        low, fit, high = found[i - 1], found[i], fits[i + 1]
        if _above_chord(low, fit, high) > _BUMP:
            own = cluster(points, fit.k, strategy, seed=seed, threads=threads)
            found[i] = min(fit, Fit(fit.k, own.centers, own.error), key=lambda one: one.error)
    return found


def _above_chord(low: Fit, fit: Fit, high: Fit) -> float:
    """By how much the logarithm of the error lies above the chord of its neighbours'; 0 where there is none."""
    if min(low.error, fit.error, high.error) <= 0:
        return 0.0
    share = (fit.k - low.k) / (high.k - low.k)
    return log(fit.error) - (1 - share) * log(low.error) - share * log(high.error)


def _no_worse(below: Fit, fit: Fit) -> Fit:
    return fit if fit.error <= below.error else replace(below, k=fit.k)
