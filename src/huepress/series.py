"""K-means for many k at once: each search starts from the result of the next larger k.

From the largest k, found as usual, the way down merges the two clusters whose merger raises the inertia least (Ward
1963), refines and swaps a few centres. Merging from above finds better clusters than splitting from below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native import Found, Points, Step
from huepress.kmeans import Effort, level_of, relaxed, strategy_named

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
class Fit:
    """The clusters for one k: centres (k, d) on the points' grid, and the inertia there, over all points."""

    k: int
    centers: NDArray[np.float64]
    error: float


def series(points: Points, ks: Sequence[int], *, effort: Effort, seed: int = 0, threads: int = 1) -> list[Fit]:
    """The clusters for each of ks, which ascend and are below the number of points; the error never rises with k.

    All points are of one class.
    """
    strategy_named(effort)
    if not ks:
        return []
    search = _Search(points, _PLANS[effort], level_of(points, _COARSE_POINTS * ks[-1]), seed, threads)
    steps: list[Fit] = []
    for k, found in reversed(list(search.down(ks))):
        step = search.finish(k, found)
        if steps and step.error > steps[-1].error:
            step = Fit(step.k, steps[-1].centers, steps[-1].error)
        steps.append(step)
    return steps


@dataclass(frozen=True)
class _Search:
    points: Points
    plan: _Plan
    level: int
    seed: int
    threads: int

    def down(self, ks: Sequence[int]) -> Iterator[tuple[int, Found]]:
        """Each k and a state for it on the coarse level, the largest first."""
        state = self.points.search(
            [Step(Step.SPLIT, self.level), relaxed(self.level, 100, 1e-4), *self.swaps(self.plan.first_swaps)],
            np.zeros((0, self.points.dimensions)), np.zeros(0, np.uint8), k=ks[-1], seed=self.seed,
            threads=self.threads,
        )  # fmt: skip
        yield ks[-1], state
        for k in reversed(ks[:-1]):
            gone = max(0, len(state.centers) - k)
            centers = merged(state.centers, state.sums[:, 0], k)
            steps = self.swaps(min(gone * self.plan.swaps, self.plan.first_swaps))
            state = self.search(centers, steps)
            yield k, state

    def swaps(self, trials: int) -> list[Step]:
        return [Step(Step.SWAPS, self.level, trials), relaxed(self.level, 100, 1e-4)]

    def search(self, centers: NDArray[np.float64], steps: list[Step]) -> Found:
        return self.points.search(steps, centers, self.classes(len(centers)), seed=self.seed, threads=self.threads)

    def finish(self, k: int, state: Found) -> Fit:
        fine = level_of(self.points, _FINE_POINTS * k)
        steps = [relaxed(self.points.finest, self.plan.last_iterations, 2e-5)]
        if fine > self.level:
            steps.insert(0, relaxed(fine, 2, 1e-4))
        last = self.search(state.centers, steps)
        weights = last.sums[:, :1]
        means = last.sums[:, 1 : 1 + self.points.dimensions] / np.maximum(1, weights)
        return Fit(k, np.where(weights > 0, means, last.centers), max(0.0, last.error))

    def classes(self, k: int) -> NDArray[np.uint8]:
        return np.full(k, min(self.points.present), np.uint8)


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
