"""K-means on the histogram, searched to near its global optimum over all pixels.

The search runs on coarse levels, where points are the weighted means of cells, and ends on the colours themselves:
split by largest gain, over-relaxed Lloyd iterations (Lloyd 1982) with filtering (Kanungo et al. 2002), random swaps
with exact removal costs (Franti 2018; Lattanzi & Sohler 2019). Budgets are counts, so results do not depend on time.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from huepress._native import Points, Progress
from huepress.iteration import Listener

Effort = Literal["fast", "balanced", "best"]

_LAST_WEIGHT: Final = (1 << 32) - 1
_LARGE_LEVEL: Final = 1 << 22  # points; more would take too much memory beside the colours themselves
STILL: Final = 0.01 * 64  # grid units; centres that would move less stay


@dataclass(frozen=True)
class Strategy:
    """How long to look for a better palette, in counts.

    Levels are chosen by points per centre: the coarsest with at least that many.

    Attributes:
        coarse_points, coarse_swaps: of the level where the search begins.
        middle_points, middle_swaps: of the level where it goes on.
        fine_iterations, fine_tolerance: Lloyd iterations at 7 bits of each coordinate.
        last_iterations, last_tolerance: Lloyd iterations over the colours themselves.

    """

    coarse_points: int
    coarse_swaps: int
    middle_points: int
    middle_swaps: int
    fine_iterations: int
    fine_tolerance: float
    last_iterations: int
    last_tolerance: float


STRATEGIES: Final[dict[str, Strategy]] = {
    "fast": Strategy(50, 64, 100, 0, 0, 0.0, 3, 2e-5),
    "balanced": Strategy(50, 40, 150, 400, 5, 2e-5, 10, 2e-5),
    "best": Strategy(24, 500, 100, 1500, 60, 3e-6, 100, 1e-6),
}


@dataclass(frozen=True)
class Clustering:
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


def strategy_named(effort: Effort) -> Strategy:
    """The strategy of that name; ValueError for another."""
    if effort not in STRATEGIES:
        raise ValueError(f"effort must be 'fast', 'balanced' or 'best', not {effort!r}")
    return STRATEGIES[effort]


def level_of(points: Points, size: int) -> int:
    """The coarsest level with at least `size` points, else the finest."""
    sizes = points.level_sizes
    return next((bits for bits in range(len(sizes) // 2, len(sizes)) if sizes[bits] >= size), len(sizes) - 1)


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
    """Up to k clusters, searched by the strategy; the first centres are the fixed ones."""
    if fixed is None or fixed_classes is None:
        fixed, fixed_classes = np.zeros((0, points.dimensions)), np.zeros(0, np.uint8)
    return _Search(points, strategy, len(fixed), seed, threads, listener).run(k, fixed, fixed_classes)


@dataclass(frozen=True)
class _Search:
    points: Points
    strategy: Strategy
    fixed: int
    seed: int
    threads: int
    listener: Listener | None

    def run(self, k: int, fixed: NDArray[np.float64], fixed_classes: NDArray[np.uint8]) -> Clustering:
        plan = self.strategy
        coarse, middle = (level_of(self.points, size * k) for size in (plan.coarse_points, plan.middle_points))
        state = self.points.split(coarse, k, fixed, fixed_classes)
        state = self.lloyd(coarse, state, 100, 1e-4)
        state = self.swaps(coarse, state, plan.coarse_swaps)
        state = self.lloyd(coarse, state, 60, 2e-5)
        if middle > coarse:
            state = self.lloyd(middle, state, 100, 1e-4 if plan.middle_swaps else 3e-5)
        if plan.middle_swaps:
            state = self.swaps(middle, state, plan.middle_swaps)
            state = self.lloyd(middle, state, 60, 2e-5)
        fine = self.points.finest * 7 // 8
        if middle < fine and plan.fine_iterations and self.points.level_sizes[fine] <= _LARGE_LEVEL:
            state = self.lloyd(fine, state, plan.fine_iterations, plan.fine_tolerance)
        return self.finish(state)

    def lloyd(self, bits: int, state: Any, iterations: int, tolerance: float) -> Any:
        centers, classes = state
        done = self.points.lloyd(
            bits, centers, classes, fixed=self.fixed, iterations=iterations, tolerance=tolerance, relaxation=1.8,
            still=STILL, threads=self.threads, progress=self.progress(bits, centers),
        )  # fmt: skip
        return done.centers, classes

    def progress(self, bits: int, centers: NDArray[np.float64]) -> Progress | None:
        return self.listener.at(bits, centers, self.fixed) if self.listener else None

    def swaps(self, bits: int, state: Any, trials: int) -> Any:
        return self.points.swaps(bits, *state, fixed=self.fixed, trials=trials, seed=self.seed, threads=self.threads)

    def finish(self, state: Any) -> Clustering:
        centers, classes = state
        done = self.points.lloyd(
            self.points.finest, centers, classes, fixed=self.fixed, iterations=self.strategy.last_iterations,
            tolerance=self.strategy.last_tolerance, relaxation=1.8, still=STILL, threads=self.threads,
            progress=self.progress(self.points.finest, centers),
        )  # fmt: skip
        return Clustering(done.centers, classes, done.sums[:, 0], done.error, done.iterations)


def lloyd(
    points: Points,
    centers: NDArray[np.float64],
    classes: NDArray[np.uint8],
    threads: int,
    listener: Listener | None = None,
) -> Clustering:
    """Plain Lloyd iterations from these centres to their fixed point."""
    progress = listener.at(points.finest, centers) if listener else None
    done = points.lloyd(
        points.finest, centers, classes, iterations=1 << 30, tolerance=0.0, threads=threads, progress=progress
    )
    return Clustering(done.centers, classes, done.sums[:, 0], done.error, done.iterations)
