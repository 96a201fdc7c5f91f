"""Line charts as inline SVG, coloured by the page's style: they need no library, print, and follow dark mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 30, 18, 56
_LETTER, _LINE = 8, 16  # of names on a narrow page, where they are largest: the mean width, and the height
_MARKS: Final = ("circle", "square", "diamond")


@dataclass(frozen=True)
class Line:
    """Points (x, y), joined; `labels` name the points."""

    name: str
    points: Sequence[tuple[float, float]]
    labels: Sequence[str] = ()


def line_chart(
    lines: Sequence[Line], *, title: str, x_label: str, y_label: str, description: str, marked: int | None = None
) -> str:
    """An SVG element; `description` is for who cannot see it. `marked`: the point of the first line to stand out."""
    xs, ys = ([p[axis] for line in lines for p in line.points] for axis in (0, 1))
    across, up = _Axis(xs, _LEFT, _WIDTH - _RIGHT), _Axis(ys, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}. {escape(description)}">',
        *(
            f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(v)}</text>'
            for v, y in up.ticks()
        ),
        *(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{_short(v)}</text>'
            for v, x in across.ticks()
        ),
        f'<text class="axis" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 10}" text-anchor="middle">'
        f"{escape(x_label)}</text>",
        f'<text class="axis" transform="translate(14 {(_HEIGHT - _BOTTOM + _TOP) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(y_label)}</text>',
        *(_drawn(line, i, across, up, marked if i == 0 else None) for i, line in enumerate(lines)),
        "</svg>",
    ]
    return "".join(parts)


def _drawn(line: Line, number: int, across: "_Axis", up: "_Axis", marked: int | None) -> str:
    places = [(across.place(x), up.place(y)) for x, y in line.points]
    joined = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    mark = _MARKS[number % len(_MARKS)]
    dots = [] if len(places) > 40 else [_dot(mark, x, y, i == marked) for i, (x, y) in enumerate(places)]
    is_rising = places[-1][1] < places[0][1]
    named = [_Name.beside(*place, label, is_rising) for place, label in zip(places, line.labels, strict=False) if label]
    names = [
        f'<text class="name" x="{name.x:.1f}" y="{name.y:.1f}" text-anchor="{name.anchor}">{escape(name.text)}</text>'
        for name in _apart(named)
    ]
    return f'<g class="line-{number % 3}"><path class="line" d="M{joined}"/>{"".join(dots)}{"".join(names)}</g>'


@dataclass(frozen=True)
class _Name:
    """What a point is called, and where that is written: from x on, or up to there."""

    x: float
    y: float
    text: str
    anchor: str

    @classmethod
    def beside(cls, x: float, y: float, text: str, is_rising: bool) -> "_Name":
        """Above the line, left of the point where it rises, right where it falls; without room, opposite and below."""
        width = _LETTER * len(text)
        has_room = x - 10 - width > _LEFT if is_rising else x + 10 + width < _WIDTH
        height = max(y - 8, 12.0) if has_room else min(y + 18, _HEIGHT - _BOTTOM - 4.0)
        return cls(x - 10, height, text, "end") if is_rising == has_room else cls(x + 10, height, text, "start")

    def is_clear_of(self, other: "_Name") -> bool:
        """Whether the two do not lie on each other."""
        (start, end), (other_start, other_end) = self._extent(), other._extent()
        return end < other_start or other_end < start or abs(self.y - other.y) > _LINE

    def _extent(self) -> tuple[float, float]:
        start = self.x - _LETTER * len(self.text) * (self.anchor == "end")
        return start, start + _LETTER * len(self.text)


def _apart(names: Sequence[_Name]) -> list[_Name]:
    """The names that lie on no other: the last one, and of those before it the first."""
    kept: list[_Name] = []
    for name in (*names[-1:], *names[:-1]):
        if all(name.is_clear_of(other) for other in kept):
            kept.append(name)
    return kept


def _dot(mark: str, x: float, y: float, marked: bool) -> str:
    size = 7 if marked else 4
    kind = ' class="marked"' if marked else ""
    if mark == "circle":
        return f'<circle{kind} cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if mark == "diamond" else ""
    return f'<rect{kind} x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}"{turn}/>'


class _Axis:
    """Maps values to places between `start` and `end`, round numbers at its ticks."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        if low > 0 and low < 0.5 * high:
            low = 0.0
        if low == high:
            low, high = (low - 1, high + 1) if low else (0.0, 1.0)  # no error is below 0
        self.step = _round_step((high - low) / 4)
        self.low = floor(low / self.step + 1e-9) * self.step
        self.high = ceil(high / self.step - 1e-9) * self.step
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, float]]:
        count = floor((self.high - self.low) / self.step + 1e-9) + 1
        return [(v, self.place(v)) for v in (self.low + i * self.step for i in range(count))]


def _round_step(step: float) -> float:
    power = 10.0 ** floor(log10(step))
    return next(f for f in (1, 2, 2.5, 5, 10) if f * power >= step * 0.999) * power


def _short(value: float) -> str:
    """A number for an axis: 1500000 as 1.5M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.4g}{letter}"
    return f"{value:.4g}"
