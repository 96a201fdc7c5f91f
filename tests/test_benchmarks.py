import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from animations import film, gif_file, same_frames, saved_frames
from bd_rate import bd_rate, common_range, pareto_front
from frames import frames_of_gif, frames_of_png
from huepress import read_whole
from judged import Point, over
from rate_distortion import missed, row, table

THEIRS = [(1000, 50.0), (2000, 60.0), (4000, 70.0), (8000, 80.0)]


def scaled(points, factor):
    return [(round(size * factor), score) for size, score in points]


@pytest.mark.parametrize("name", sorted(path.stem for path in Path(sys.path[0]).glob("*.py")))
def test_what_others_are_needed_for_is_asked_only_when_it_runs(name):
    """So that `--help` works in an environment without the extra `bench`."""
    importlib.import_module(name)


def test_the_front_keeps_what_no_other_point_beats():
    assert pareto_front([(30, 3), (10, 1), (20, 1), (30, 2), (40, 3), (50, 5)]) == [(10, 1), (30, 3), (50, 5)]


@pytest.mark.parametrize("factor", [0.5, 1, 1.25])
def test_bd_rate_of_scaled_bytes_is_the_scale(factor):
    assert bd_rate(scaled(THEIRS, factor), THEIRS) == pytest.approx(factor - 1)


def test_bd_rate_integrates_over_the_common_scores_only():
    # Equal up to 60, then half the bytes at 70 and 80: the difference of logarithms falls from 0 to -log 2 and stays.
    ours = [(500, 40.0), (1999, 60.0), (2000, 70.0), (4000, 80.0)]
    mean = (0.5 * -math.log(2) + -math.log(2)) / 2
    assert bd_rate(ours, THEIRS, floor=60) == pytest.approx(math.expm1(mean), abs=1e-3)
    assert common_range(ours, THEIRS, floor=60) == (60, 80)


@pytest.mark.parametrize("ours", [[(1, 10.0), (2, 40.0)], [(1, 95.0)], [(1, 60.0)], []])
def test_bd_rate_without_common_scores_is_none(ours):
    assert bd_rate(ours, THEIRS) is None


def points(values, label="256 full"):
    return [Point(label, size, score, (100 - score) / 20) for size, score in values]


def test_a_row_holds_all_three_differences():
    ours = [*points(scaled(THEIRS, 0.5), "-q"), Point("score of the default", 300, 50.1, None)]
    found = row("picture", ours, points(THEIRS[:1]) + points(THEIRS[1:], "other"))
    assert found.ssimulacra2 == pytest.approx(-0.5)
    assert found.butteraugli == pytest.approx(-0.5)
    assert found.default == pytest.approx(-0.7)
    assert "| picture | -50.0 % | -50.0 % | -70.0 % | - | - |" in table([found])


def test_no_target_is_compared_with_the_default_and_counts_for_nothing_else():
    ours = [*points(scaled(THEIRS, 0.5), "-q"), Point("no target", 300, 48.0, None)]
    found = row("picture", ours, points(THEIRS[:1]) + points(THEIRS[1:], "other"))
    assert found.ssimulacra2 == pytest.approx(-0.5)
    assert found.no_target == pytest.approx((-0.7, -2.0))


def test_results_too_far_above_their_quality_are_missed_unless_they_are_exact():
    reached = [Point("-q 50", 1, 50.5, None), Point("-q 60", 1, 60.6, None), Point("-q 70", 1, 69.9, None)]
    assert missed([*reached, Point("-q 95", 1, 100.0, None)]) == ["-q 60 (60.60)", "-q 70 (69.90)"]


def test_short_ranges_are_listed_and_left_out():
    found = row("short", points([(900, 76.0), (1000, 90.0)]), points(THEIRS))
    assert found.ssimulacra2 is None
    assert "Left out: short, common scores 76.0 .. 80.0" in table([found])


def test_a_default_whose_score_is_not_reached_is_left_out():
    assert row("low", points(THEIRS[:3]), points(THEIRS[3:])).default is None


def test_over_a_grey_level():
    pixels = np.array([[(10, 20, 30, 0), (10, 20, 30, 255), (0, 0, 0, 51)]], np.uint8)
    assert over(pixels, 230).tolist() == [[[230] * 3, [10, 20, 30], [184] * 3]]


def random_gif(seed):
    chance = np.random.default_rng(seed)
    places = [
        (*chance.integers(0, 6, 2), chance.integers(0, 4, chance.integers(1, 5, 2)), chance.integers(0, 5), 5, hole)
        for hole in (None, 0, 3, None)
    ]
    return gif_file((5, 4), places)


@pytest.mark.parametrize("seed", range(8))
def test_the_judge_of_conformance_composites_as_huepress_does(seed):
    options = {"disposal": seed % 3, "blend": seed % 2, "default_image": seed > 3}
    pairs = [
        (random_gif(seed), frames_of_gif),
        (saved_frames(film(alpha=True), "PNG", **options), frames_of_png),
    ]
    for data, frames in pairs:
        assert same_frames(frames(data), read_whole(data).frames())


def test_the_judge_takes_one_frame_for_a_still_picture():
    still = film(1)
    assert frames_of_png(saved_frames(still, "PNG")) is None
    assert frames_of_gif(saved_frames(still, "GIF")) is None
