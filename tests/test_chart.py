"""Charts, read back from their SVG: where points, ticks and labels are."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from huepress.report.chart import Line, line_chart

LETTERS = {"k": 1e3, "M": 1e6, "G": 1e9}


def drawn(lines, **options):
    texts = {"title": "t", "x_label": "across", "y_label": "up", "description": "d"}
    svg = ElementTree.fromstring(line_chart(lines, **texts, **options))
    _, _, width, height = map(float, svg.get("viewBox").split())
    return svg, width, height


def number(text):
    return float(text.rstrip("kMG")) * LETTERS.get(text[-1], 1)


def ticks(svg):
    """(value, place) of the ticks up and across; those up have a line of the grid at their place."""
    texts = [e for e in svg.iter("text") if e.get("class") is None]
    up = [(number(e.text), float(e.get("y")) - 4) for e in texts if e.get("text-anchor") == "end"]
    across = [(number(e.text), float(e.get("x"))) for e in texts if e.get("text-anchor") == "middle"]
    grid = [float(re.match(r"M[\d.]+ ([\d.]+)H", e.get("d"))[1]) for e in svg.iter("path") if e.get("class") == "grid"]
    assert grid == pytest.approx([place for _, place in up], abs=0.1)
    return up, across


def points(svg):
    paths = [e.get("d") for e in svg.iter("path") if e.get("class") == "line"]
    return [np.array([pair.split() for pair in path.removeprefix("M").split("L")], float) for path in paths]


def test_there_is_nothing_below_no_error():
    up, _ = ticks(drawn([Line("line", [(1, 0.0), (2, 0.0), (3, 0.0)])])[0])
    assert min(up)[0] == 0


@pytest.mark.parametrize(
    "values",
    [
        [(1, 5.0), (2, 3.0), (10, 0.5)],
        [(1000.0, 30.2), (2500.0, 34.9), (90_000.0, 41.0)],
        [(0, 1.5e6), (1, 2.5e9)],
        [(3, 7.0)],
        [(1, -40.0), (2, -3.0)],
        [(1, 90.0), (2, 92.5)],
    ],
)
def test_points_are_where_the_ticks_say(values):
    svg, width, height = drawn([Line("line", values)])
    (found,) = points(svg)
    for axis, marks in zip((1, 0), ticks(svg), strict=True):
        assert 2 <= len(marks) <= 7
        numbers, places = np.array(sorted(marks)).T
        assert np.allclose(np.diff(numbers), numbers[1] - numbers[0])
        for value, place in zip(values, found, strict=True):
            scale = np.polyfit(numbers, places, 1)
            assert np.polyval(scale, value[axis]) == pytest.approx(place[axis], abs=0.3)
            assert numbers[0] <= value[axis] <= numbers[-1]
            assert 0 < place[axis] < (width, height)[axis]


@pytest.mark.parametrize("count", [1, 2, 3, 12, 40])
def test_names_lie_on_no_other(count):
    """On a narrow page a name is 16 pixels high, and its letters half as wide in the mean."""
    labels = [f"k = {n}" for n in range(2, 2 + count)]
    values = [(500.0 + 90 * n, 40 * np.log1p(n)) for n in range(count)]
    svg, _, _ = drawn([Line("line", values, labels)])
    names = [(float(e.get("x")), float(e.get("y")), e.text) for e in svg.iter("text") if e.get("class") == "name"]
    boxes = [(x - 8 * len(text), x, y - 16, y) for x, y, text in names]
    for i, (left, right, top, bottom) in enumerate(boxes):
        assert all(right <= a or b <= left or bottom <= c or d <= top for a, b, c, d in boxes[:i])
    told = {text for _, _, text in names}
    assert {labels[0], labels[-1]} <= told <= set(labels)
    assert len(told) == count if count <= 3 else len(told) > 5


def test_each_line_has_marks_of_its_own_and_one_stands_out():
    lines = [Line(name, [(0, 1.0 + n), (1, 2.0 + n)]) for n, name in enumerate("abc")]
    svg, _, _ = drawn(lines, marked=1)
    marks = [[child for child in group if child.tag != "path"] for group in svg.iter("g")]
    assert [{mark.tag for mark in own} for own in marks] == [{"circle"}, {"rect"}, {"rect"}]
    assert [{"transform" in mark.attrib for mark in own} for own in marks] == [{False}, {False}, {True}]
    marked = [e for e in svg.iter() if e.get("class") == "marked"]
    assert len(marked) == 1
    assert float(marked[0].get("r")) > float(next(e for e in svg.iter("circle") if e.get("class") is None).get("r"))
    assert (float(marked[0].get("cx")), float(marked[0].get("cy"))) == tuple(points(svg)[0][1])


@pytest.mark.parametrize(("last", "anchor"), [(9.0, "end"), (1.0, "start")])
def test_names_stand_beside_their_points(last, anchor):
    """Where the line leaves room: to the left where it rises, to the right where it falls."""
    svg, _, _ = drawn([Line("line", [(0, 5.0), (2, (5 + last) / 2), (4, last)], ["", "k = <4>", ""])])
    (name,) = [e for e in svg.iter("text") if e.get("class") == "name"]
    place = points(svg)[0][1]
    assert (name.text, name.get("text-anchor")) == ("k = <4>", anchor)
    assert (float(name.get("x")) < place[0]) == (anchor == "end")
    assert np.hypot(float(name.get("x")) - place[0], float(name.get("y")) - place[1]) < 20


@pytest.mark.parametrize("last", [9.0, 1.0, 5.1])
def test_names_at_the_edges_lie_on_no_number_and_are_not_cut_off(last):
    svg, width, _ = drawn([Line("line", [(1, 5.0), (90, (5 + last) / 2), (100, last)], ["k = 1", "", "k = 100"])])
    names = [e for e in svg.iter("text") if e.get("class") == "name"]
    assert [name.text for name in names] == ["k = 100", "k = 1"]
    axis = float(re.match(r"M([\d.]+) ", next(e.get("d") for e in svg.iter("path")))[1])
    _, bottom = min(ticks(svg)[0])
    for name in names:
        x, length = float(name.get("x")), 8 * len(name.text)
        start = x - length if name.get("text-anchor") == "end" else x
        assert axis < start < start + length < width
        assert float(name.get("y")) < bottom


def test_many_points_have_no_marks():
    for count, marks in ((40, 40), (41, 0)):
        svg, _, _ = drawn([Line("line", [(n, float(n)) for n in range(count)])])
        assert len(list(svg.iter("circle"))) == marks
