"""How K-means converges: the picture's colours as a cloud, and where the centres are at each iteration."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.iteration import Iteration
from huepress.learn import learn
from huepress.report.cloud import cells
from huepress.web.originals import Original
from huepress.web.results import EFFORT
from huepress.web.workers import Check


def convergence(original: Original, *, k: int, fixed: tuple[str, ...], check: Check) -> dict[str, Any]:
    """The iterations of the search that makes the palette, with the cloud that they move through."""
    told: list[Iteration] = []

    def hear(iteration: Iteration) -> None:
        check()
        told.append(iteration)

    learn(original.histogram, k, effort=EFFORT, fixed=fixed, threads=original.threads, callback=hear)
    return {"colors": cells(original.histogram), "iterations": [_facts(one) for one in told]}


def _facts(one: Iteration) -> dict[str, Any]:
    return {"number": one.number, "inertia": one.inertia, "centers": _places(one.centers)}


def _places(centers: NDArray[np.float64]) -> list[list[float]]:
    return [[round(value, 1) for value in center[:3]] for center in centers.tolist()]
