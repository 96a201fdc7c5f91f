from dataclasses import replace

import numpy as np
import pytest

import oracles
from huepress import _native
from huepress.space import SRGB

ROUNDING = 4**0.5 / SRGB.scale  # of two points of four coordinates, by half a step each


def colors_of_all_alphas():
    colors = np.random.default_rng(0).integers(0, 256, (400, 4)).astype(np.uint8)
    colors[:40, 3] = 0
    colors[40:90, 3] = 255
    return colors[np.argsort(_native.keys_of_colors(colors))]


def points_of(space, colors):
    keys = _native.keys_of_colors(colors)
    return space.points(keys, 4)[:, : len(keys)].T.astype(np.float64)


def test_points_under_alpha_are_as_far_from_each_other_as_colours_over_black_and_white():
    colors = colors_of_all_alphas()
    points = points_of(SRGB, colors) / SRGB.scale
    lengths = np.sqrt(((points[:, None] - points) ** 2).sum(-1))
    assert np.abs(lengths - np.sqrt(oracles.distances(colors, colors))).max() <= ROUNDING


@pytest.mark.parametrize("hidden", [False, True])
def test_points_of_many_colours_are_those_of_each(hidden):
    space, colors = replace(SRGB, hidden=hidden), colors_of_all_alphas()
    assert np.array_equal(points_of(space, colors), np.rint(space.coordinates(colors)))


def test_points_that_do_not_fit_are_refused():
    keys, tables = np.zeros(3, np.uint32), np.zeros((2, 256))
    levels = np.zeros(256, np.int16)
    with pytest.raises(ValueError, match="contiguous"):
        _native.levels_under_alpha(keys, *tables, 0.0, 1.0, levels, np.zeros((4, 9), np.int16)[:, ::2])
    with pytest.raises(ValueError, match="room for 3 points, not 2"):
        _native.levels_under_alpha(keys, *tables, 0.0, 1.0, levels, np.zeros((4, 2), np.int16))
    with pytest.raises(ValueError, match="a table must have shape"):
        _native.levels_under_alpha(keys, *tables[:, 1:], 0.0, 1.0, levels, np.zeros((4, 3), np.int16))
