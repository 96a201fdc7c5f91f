"""Durations of frames in the units of a file, without drift."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

SHOWN_AS_WRITTEN: Final = 10.0  # milliseconds: browsers show frames of no more for 100
_MOST: Final = 0xFFFF  # of both numbers of a fraction in an APNG


def whole_units(durations: Iterable[float], unit: int, most: int) -> list[int]:
    """Durations in milliseconds as whole numbers of units of `unit` milliseconds, at least 1 and at most `most`.

    Ends of frames are rounded, not durations, so that errors do not add up. What is longer than 10 milliseconds stays
    so, for browsers show shorter frames for 100.
    """
    total, written, units = 0.0, 0, []
    for duration in durations:
        total += duration
        least = 1 + int(SHOWN_AS_WRITTEN) // unit if duration > SHOWN_AS_WRITTEN else 1
        count = max(least, round(total / unit) - written)
        written += count
        units.append(min(count, most))
    return units


def seconds(duration: float) -> tuple[int, int]:
    """A duration in milliseconds as a fraction of seconds of two whole numbers up to 65535; exact if it can be."""
    whole = Fraction(duration) / 1000
    limit = max(1, min(_MOST, int(_MOST / max(whole, Fraction(1, 1000)))))
    nearest = whole.limit_denominator(limit)
    return (min(_MOST, nearest.numerator), nearest.denominator) if nearest else (1, _MOST)
