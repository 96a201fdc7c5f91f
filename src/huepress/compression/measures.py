"""Measures of results, by which searches look for them and by which they are told apart."""

from math import log
from typing import Any, Final

import numpy as np

from huepress.compression.compressor import Trial
from huepress.compression.price_search import Measure

ALIKE: Final = 1.05  # rough sizes, whose order exact ones may turn


def score_of(trial: Trial) -> float:
    """SSIMULACRA2."""
    return trial.score


def rough_size_of(trial: Trial) -> int:
    """The bytes, roughly."""
    return trial.rough_size


def log_bytes_of(trial: Trial) -> float:
    """The logarithm of the bytes."""
    return log(len(trial.data))


def fidelity(score: float) -> float:
    """What falls about evenly as the logarithm of the price rises."""
    return -log(max(0.05, 100 - score))


BY_SCORE: Final = Measure[Any](
    of=lambda trial: fidelity(trial.score),
    foretold=lambda joined: np.array([fidelity(score) for score in joined.scores.tolist()]),
    slope=-0.42,
    size=lambda trial: trial.quick_size,
)
BY_BYTES: Final = Measure[Any](
    of=log_bytes_of, foretold=lambda joined: -joined.errors, slope=-0.45, size=lambda trial: len(trial.data)
)
