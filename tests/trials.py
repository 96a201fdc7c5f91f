"""Trials and a compressor that are made up."""

from types import SimpleNamespace

import numpy as np


def made(score, size, dearness_of_nearest=2.0):
    """A trial of a score and a size."""
    return SimpleNamespace(
        score=score, quick_size=size, rough_size=size, data=bytes(size), mapping=None,
        dearness_of_nearest=dearness_of_nearest,
    )  # fmt: skip


class Jumps:
    """A compressor of a small picture whose joined results are halfway between two, but for some more bytes."""

    is_thorough = True

    def __init__(self, dear):
        self.dear = dear

    def joining(self, upper, lower):
        def at(rows):
            share = rows / 100
            size = round(self.dear + share * upper.quick_size + (1 - share) * lower.quick_size)
            return made(share * upper.score + (1 - share) * lower.score, size)

        scores = np.array([at(rows).score for rows in range(101)])
        return SimpleNamespace(at=at, scores=scores, errors=np.linspace(0, 7, 101))

    def sizes(self, trials):
        return [trial.quick_size for trial in trials]
