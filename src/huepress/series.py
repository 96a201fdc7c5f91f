"""K-means for many k at once: each search starts from the result of the next larger k.

From the largest k, found as usual, the way down merges the two clusters whose merger raises the inertia least (Ward
1963), refines and swaps a few centres. Merging from above finds better clusters than splitting from below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress._native import Lloyd, Points
from huepress.kmeans import STILL, Effort, level_of, strategy_named

_COARSE_POINTS: Final = 50  # per centre of the largest k: the level where the search goes on
_FINE_POINTS: Final = 400  # per centre: the level of the last steps before all points


@dataclass(frozen=True)
class _Plan:
    """Swaps for the largest k, for each k below it per centre that goes, and Lloyd iterations over all points."""

    first_swaps: int
    swaps: int
    last_iterations: int


_PLANS: Final[dict[str, _Plan]] = {
    "fast": _Plan(100, 8, 0),
    "balanced": _Plan(300, 40, 5),
    "best": _Plan(1000, 300, 50),
}


@dataclass(frozen=True)
class Step:
    """The clusters for one k: centres (k, d) on the points' grid, and the inertia there, over all points."""

    k: int
    centers: NDArray[np.float64]
    error: float


def series(points: Points, ks: Sequence[int], *, effort: Effort, seed: int = 0, threads: int = 1) -> list[Step]:
    """The clusters for each of ks, which ascend and are below the number of points; the error never rises with k.

    All points are of one class.
    """
    strategy_named(effort)
    if not ks:
        return []
    search = _Search(points, _PLANS[effort], level_of(points, _COARSE_POINTS * ks[-1]), seed, threads)
    steps: list[Step] = []
    for k, found in reversed(list(search.down(ks))):
        step = search.finish(k, found)
        if steps and step.error > steps[-1].error:
            step = Step(step.k, steps[-1].centers, steps[-1].error)
        steps.append(step)
    return steps


@dataclass(frozen=True)
class _Search:
    points: Points
    plan: _Plan
    level: int
    seed: int
    threads: int

    def down(self, ks: Sequence[int]) -> Iterator[tuple[int, Lloyd]]:
        """Each k and a state for it on the coarse level, the largest first."""
        none = np.zeros((0, self.points.dimensions)), np.zeros(0, np.uint8)
        state = self.lloyd(self.points.split(self.level, ks[-1], *none)[0])
        state = self.swaps(state.centers, self.plan.first_swaps)
        yield ks[-1], state
        for k in reversed(ks[:-1]):
            gone = max(0, len(state.centers) - k)
            centers = merged(state.centers, state.sums[:, 0], k)
            state = self.swaps(centers, min(gone * self.plan.swaps, self.plan.first_swaps))
            yield k, state

    def lloyd(self, centers: NDArray[np.float64], level: int | None = None, **stop: Any) -> Lloyd:
        stop = {"iterations": 100, "tolerance": 1e-4} | stop
        return self.points.lloyd(
            self.level if level is None else level, centers, self.classes(len(centers)), relaxation=1.8, still=STILL,
            threads=self.threads, **stop,
        )  # fmt: skip

    def swaps(self, centers: NDArray[np.float64], trials: int) -> Lloyd:
        centers, _ = self.points.swaps(
            self.level, centers, self.classes(len(centers)), fixed=0, trials=trials, seed=self.seed,
            threads=self.threads,
        )  # fmt: skip
        return self.lloyd(centers)

    def finish(self, k: int, state: Lloyd) -> Step:
        fine = level_of(self.points, _FINE_POINTS * k)
        if fine > self.level:
            state = self.lloyd(state.centers, fine, iterations=2)
        last = self.lloyd(state.centers, self.points.finest, iterations=self.plan.last_iterations, tolerance=2e-5)
        weights = last.sums[:, :1]
        means = last.sums[:, 1 : 1 + self.points.dimensions] / np.maximum(1, weights)
        return Step(k, np.where(weights > 0, means, last.centers), max(0.0, last.error))

    def classes(self, k: int) -> NDArray[np.uint8]:
        return np.full(k, np.flatnonzero(np.diff(self.points.class_starts))[0], np.uint8)


def merged(centers: NDArray[np.float64], weights: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """(k, d) centres: of more (n, d), with weights (n,), the two that cost least to merge are merged until k are left.

    Merging two clusters of weights v and w raises the inertia by v w / (v + w) times the squared distance of
    their centres.
    """
    centers, sizes = centers.copy(), np.maximum(1.0, weights)
    costs = ((centers[:, None] - centers) ** 2).sum(axis=2) * (sizes[:, None] * sizes / (sizes[:, None] + sizes))
    np.fill_diagonal(costs, np.inf)
    left = np.arange(len(centers))
    while len(left) > k:
        one, other = left[list(np.unravel_index(costs[np.ix_(left, left)].argmin(), (len(left), len(left))))]
        centers[one] = np.average(centers[[one, other]], axis=0, weights=sizes[[one, other]])
        sizes[one] += sizes[other]
        left = left[left != other]
        row = ((centers - centers[one]) ** 2).sum(axis=1) * (sizes * sizes[one] / (sizes + sizes[one]))
        row[one] = np.inf
        costs[one], costs[:, one] = row, row
    return centers[left]
