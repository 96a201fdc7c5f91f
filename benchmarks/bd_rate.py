"""Bjontegaard's difference in rate: how many more bytes one method needs than another at equal score.

The mean, over the scores that both reach, of the difference in log-bytes between the methods' Pareto fronts, which
are taken as linear between their points; then exp(mean) - 1. Negative: smaller files.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

Points = Sequence[tuple[int, float]]  # (bytes, score)


def pareto_front(points: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points that no other beats in both, smallest first: bytes and score both rise."""
    front: list[tuple[int, float]] = []
    for size, score in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or score > front[-1][1]:
            front.append((size, score))
    return front


def common_range(ours: Points, theirs: Points, *, floor: float = -math.inf) -> tuple[float, float]:
    """The lowest and highest score that both fronts reach, from `floor` up; empty if low >= high."""
    fronts = [[score for _, score in pareto_front(points)] or [math.inf] for points in (ours, theirs)]
    return max(floor, *(front[0] for front in fronts)), min(front[-1] for front in fronts)


def bd_rate(ours: Points, theirs: Points, *, floor: float = -math.inf) -> float | None:
    """Bytes of ours over theirs at equal score, less 1; None if they have no range of scores in common."""
    low, high = common_range(ours, theirs, floor=floor)
    if low >= high:
        return None
    knots = [score for points in (ours, theirs) for _, score in pareto_front(points) if low < score < high]
    scores = np.array(sorted({low, high, *knots}))
    difference = log_bytes(ours, scores) - log_bytes(theirs, scores)
    return math.expm1(float(np.trapezoid(difference, scores)) / (high - low))


def log_bytes(points: Points, scores: np.ndarray) -> np.ndarray:
    """The logarithm of the bytes that a front needs for each score within its range."""
    sizes, reached = zip(*pareto_front(points), strict=True)
    return np.interp(scores, reached, np.log(sizes))
