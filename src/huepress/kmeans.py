"""K-means on the histogram, searched to near its global optimum over all pixels.

The search runs on coarse levels, where points are the weighted means of cells, small ones where the error is, and ends
on the colours themselves: split by largest gain, merge by least cost (Ward 1963), over-relaxed Lloyd iterations (Lloyd
1982) with filtering (Kanungo et al. 2002), exchanges of points between small clusters (Hartigan 1975), random swaps
with exact removal costs (Franti 2018; Lattanzi & Sohler 2019). Budgets are counts, so results do not depend on time.
Points on a line, as greys are, need no search.
"""

from dataclasses import dataclass, replace
from math import isqrt
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress._native import Found, Points, Step
from huepress.iteration import Listener
from huepress.line import optimal_centers

Effort = Literal["fast", "balanced", "best"]

_FEWEST_SWAPS: Final = 16  # centres for each; fewer swaps bring less than the iterations after them cost
_FEWEST_POINTS: Final = 12  # of a level, for each centre: with fewer it tells too little of the colours
_SMALL_LEVEL: Final = 256  # points; one of fewer takes hardly less time
_FREE_VISITS: Final = 5120  # of points, by swaps
_MOST_MERGED: Final = 1024  # centres; to find those to merge takes time by the square of their number
_RELAXATION: Final = 1.8
_STILL: Final = 0.01 * 64  # grid units; centres that would move less stay
_SURPLUS: Final = 1.5  # centres to begin with for each that is wanted; then those that cost least are merged


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How long to look for a better palette, in counts.

    Attributes:
        stages: points per centre, and random swaps, on one level after another; a level is the coarsest with at least
            that many points per centre. Swaps end where 16 for each centre have failed in a row.
        colors_per_swap: cuts the swaps of a stage to one for so many colours, and a few more where the level is so
            small that they cost nothing, but to k / 4 at most: else small pictures would wait for nothing but swaps.
        most_swaps: of a stage, for each centre: few centres have few places to be in.
        each_center: one swap for so many colours of each centre instead, as swaps cost more where k is large; no k / 4,
            and none where they would be fewer than k / 16.
        root_share: cuts the levels of stages to one point for so many colours over the root of the number of all, but
            not below 12 for a centre: the fewer colours, the less time is there in which a search could hide.
        last_iterations, last_tolerance: Lloyd iterations over the colours themselves.

    """

    stages: tuple[tuple[int, int], ...]
    colors_per_swap: int
    most_swaps: int
    each_center: bool = False
    root_share: int = 1
    last_iterations: int
    last_tolerance: float

    def without_swaps(self) -> "Strategy":
        """The same without random swaps."""
        return replace(self, stages=tuple((size, 0) for size, _ in self.stages))


STRATEGIES: Final = {
    "fast": Strategy(
        stages=((40, 80),), colors_per_swap=1024, most_swaps=20, root_share=700,
        last_iterations=10, last_tolerance=1e-4,
    ),
    "balanced": Strategy(
        stages=((50, 40), (150, 800)), colors_per_swap=1, most_swaps=24, last_iterations=10, last_tolerance=2e-5,
    ),
    "best": Strategy(
        stages=((50, 500), (400, 7000), (1600, 5500)), colors_per_swap=1, most_swaps=250,
        last_iterations=100, last_tolerance=1e-6,
    ),
}  # fmt: skip
BATCH_STRATEGY: Final = Strategy(
    stages=((14, 64),), colors_per_swap=32, most_swaps=20, each_center=True, last_iterations=3, last_tolerance=2e-5,
)  # fmt: skip


class Clustering(NamedTuple):
    """What K-means found.

    Attributes:
        centers: (k, d) float64, the means of the clusters, on the points' grid.
        classes: (k,) uint8, the class of each centre's points.
        weights: (k,) int64, the weight of each cluster.
        error: sum of weighted squared distances to the centres, in grid units.
        iterations: Lloyd iterations over all points.

    """

    centers: NDArray[np.float64]
    classes: NDArray[np.uint8]
    weights: NDArray[np.int64]
    error: float
    iterations: int


def strategy_named(effort: Effort | Strategy) -> Strategy:
    """The strategy of that name, or the one given; ValueError for another name."""
    if isinstance(effort, Strategy):
        return effort
    if not isinstance(effort, str) or effort not in STRATEGIES:
        raise ValueError(f"effort must be 'fast', 'balanced' or 'best', not {effort!r}")
    return STRATEGIES[effort]


def level_of(points: Points, k: int, size: int, plan: Strategy) -> int:
    """The coarsest level with so many points for each of k centres, or with as many as the strategy grants.

    The finest, if that has not twice as many.
    """
    granted = max(_FEWEST_POINTS * k, isqrt(points.count**3) // plan.root_share)
    least = max(_SMALL_LEVEL, min(size * k, granted))
    if least > points.count // 2:
        return points.finest
    return next(bits for bits, count in enumerate(points.level_sizes) if count >= least)


def relaxed(bits: int, iterations: int, tolerance: float, *, silent: bool = False) -> Step:
    """Over-relaxed Lloyd iterations on a level."""
    return Step(Step.LLOYD, bits, iterations, silent, tolerance, _RELAXATION, _STILL)


def swaps_of(points: Points, k: int, plan: Strategy, level: int, most: int) -> int:
    """The number of swaps on a level: at most so many, and fewer where there are few colours."""
    per_swap = plan.colors_per_swap * (k if plan.each_center else 1)
    few = points.count // per_swap + _FREE_VISITS // points.level_sizes[level]
    most = min(most, plan.most_swaps * k)
    if plan.each_center:
        return min(most, few) if few >= k // _FEWEST_SWAPS else 0
    return min(most, max(few, k // 4))


def start_of(level: int, k: int, fixed: int) -> list[Step]:
    """The steps to the first k centres, of which some are fixed."""
    surplus = int(k * _SURPLUS)
    if surplus == k or k > _MOST_MERGED or k == fixed:
        return [Step(Step.SPLIT, level, k)]
    return [Step(Step.SPLIT, level, surplus), relaxed(level, 1, 0.0, silent=True), Step(Step.MERGE, level, k)]


def steps_of(points: Points, k: int, plan: Strategy, fixed: int = 0) -> list[Step]:
    """The steps of a search by the strategy, the last one over the points themselves."""
    level = 0
    steps: list[Step] = []
    for size, swaps in plan.stages:
        before, level = level, level_of(points, k, size, plan)
        swaps = swaps_of(points, k, plan, level, swaps)
        if not steps:
            steps += start_of(level, k, fixed)
        if level > before:
            steps.append(relaxed(level, 100, 1e-4 if swaps else 3e-5))
        if swaps:
            steps.append(Step(Step.SWAPS, level, swaps))
    return [*steps, relaxed(points.finest, plan.last_iterations, plan.last_tolerance)]


def cluster(
    points: Points,
    k: int,
    strategy: Strategy,
    *,
    fixed: NDArray[np.float64] | None = None,
    fixed_classes: NDArray[np.uint8] | None = None,
    seed: int = 0,
    threads: int = 1,
    listener: Listener | None = None,
) -> Clustering:
    """Up to k clusters, searched by the strategy, or those of least error where they can be found at once.

    The first centres are the fixed ones.
    """
    if fixed is None or fixed_classes is None:
        fixed, fixed_classes = np.zeros((0, points.dimensions)), np.zeros(0, np.uint8)
    if not len(fixed) and (optimal := optimal_centers(points, k)) is not None:
        return lloyd(points, optimal, np.full(k, min(points.present), np.uint8), threads, listener)
    steps = steps_of(points, k, strategy, len(fixed))
    found = points.search(
        steps, fixed, fixed_classes, k=steps[0].count, fixed=len(fixed), seed=seed, threads=threads,
        progress=listener.beside(len(fixed)) if listener else None,
    )  # fmt: skip
    return _clustering(found)


def _clustering(found: Found) -> Clustering:
    return Clustering(found.centers, found.classes, found.sums[:, 0], found.error, found.iterations)


def lloyd(
    points: Points,
    centers: NDArray[np.float64],
    classes: NDArray[np.uint8],
    threads: int,
    listener: Listener | None = None,
) -> Clustering:
    """Plain Lloyd iterations from these centres to their fixed point."""
    step = Step(Step.LLOYD, points.finest, 1 << 30, 0, 0.0, 1.0, 0.0)
    progress = listener.beside() if listener else None
    return _clustering(points.search([step], centers, classes, threads=threads, progress=progress))
