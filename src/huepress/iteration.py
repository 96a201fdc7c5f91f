"""Convergence made visible: each iteration of K-means, told to a callback while the search runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress._native import Progress
from huepress.space import Space

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Iteration:
    """What K-means has come to after an iteration.

    Attributes:
        number: 0 is the first assignment to the starting centres; counts on through all stages of a search. With
            `init=`, the last number is that of the iterations needed.
        inertia: sum of weighted squared distances to these centres, in the space's units. A search begins on merged
            colours: there it is that of all colours when each goes where its cell goes. Its over-relaxed steps can
            raise it for an iteration; plain Lloyd (`init=`) never does.
        centers: (k, 3|4) float64, 0..255: the means of the clusters; fixed colours as they are.
        moved: the largest distance from a centre that was assigned to, to the mean of its cluster, in the space's
            units.

    """

    number: int
    inertia: float
    centers: Floats
    moved: float


Callback = Callable[[Iteration], Any]


class Listener:
    """Makes iterations of what the kernel tells, and hands them to a callback.

    Args:
        callback: gets each `Iteration`; what it raises ends the search and is raised there.
        space: of the kernel's points.
        weight_scale: their weights are the pixels' times this.

    """

    def __init__(self, callback: Callback, space: Space, weight_scale: float) -> None:
        self._callback, self._space = callback, space
        self._unit = space.scale**2 * weight_scale
        self._number = 0

    def beside(self, fixed: int = 0) -> Progress:
        """What the kernel tells to; the first `fixed` centres never move."""

        def hear(_: int, centers: Floats, error: float, sums: NDArray[np.int64]) -> None:
            means = cluster_means(sums, centers, fixed)
            moved = float(np.sqrt(((means - centers) ** 2).sum(axis=1).max())) / self._space.scale
            inertia = max(0.0, error) / self._unit
            self._callback(Iteration(self._number, inertia, self._space.colors(means), moved))
            self._number += 1

        return hear


def cluster_means(sums: NDArray[np.int64], centers: Floats, fixed: int = 0) -> Floats:
    """(k, d) the means of clusters with these sums (k, 5); the centre of an empty one, and of the first `fixed`."""
    weights = sums[:, :1]
    movable = (weights > 0) & (np.arange(len(sums))[:, None] >= fixed)
    return np.where(movable, sums[:, 1 : 1 + centers.shape[1]] / np.maximum(1, weights), centers)
