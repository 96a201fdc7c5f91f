import numpy as np
import pytest

from huepress.animation.canvas import Canvas

DISPOSALS = ("keep", "clear", "restore")


def over(below, drawn):
    """Source-over of pixels that are not premultiplied (Porter & Duff 1984), in floats."""
    below, drawn = below / 255, drawn / 255
    part = below[..., 3:] * (1 - drawn[..., 3:])
    alpha = drawn[..., 3:] + part
    color = (drawn[..., :3] * drawn[..., 3:] + below[..., :3] * part) / np.maximum(alpha, 1e-9)
    return 255 * np.concatenate([color, alpha], axis=2)


def pixels(seed, shape, alphas):
    """Random colours with these alphas, none under full transparency."""
    rng = np.random.default_rng(seed)
    alpha = rng.choice(np.array(alphas, np.uint8), shape)
    return np.dstack([rng.integers(0, 256, (*shape, 3), dtype=np.uint8) * (alpha > 0)[..., np.newaxis], alpha])


@pytest.mark.parametrize("alphas", [[0, 255], [255], [0, 90, 255], [60, 200], [1, 254]])
def test_what_is_drawn_over_blends(alphas):
    canvas = Canvas(5, 4)
    below = canvas.show(0, 0, pixels(1, (4, 5), [0, 100, 255]), over=False, disposal="keep")
    drawn = pixels(2, (4, 5), alphas)
    shown = canvas.show(0, 0, drawn, over=True, disposal="keep")
    expected = over(below, drawn)
    visible = expected[..., 3] > 40  # what is fainter has colours that rounding moves far
    assert np.abs(shown[..., 3] - expected[..., 3]).max() <= 1
    assert np.abs(shown - expected)[visible].max() <= 2


@pytest.mark.parametrize("disposal", DISPOSALS)
@pytest.mark.parametrize("is_over", [False, True])
def test_a_frame_is_clipped_shown_and_disposed_of(disposal, is_over):
    canvas = Canvas(4, 3)
    below = canvas.show(0, 0, pixels(3, (3, 4), [255]), over=False, disposal="keep")
    drawn = pixels(4, (3, 3), [0, 255])
    shown = canvas.show(2, 1, drawn, over=is_over, disposal=disposal)
    expected = below.copy()
    for y, x in np.ndindex(2, 2):
        if drawn[y, x, 3] or not is_over:
            expected[1 + y, 2 + x] = drawn[y, x]
    assert np.array_equal(shown, expected)
    left = {"keep": expected, "restore": below, "clear": below.copy()}[disposal]
    if disposal == "clear":
        left[1:, 2:] = 0
    assert np.array_equal(canvas.show(0, 0, np.zeros((0, 0, 4), np.uint8), over=True, disposal="keep"), left)


def test_a_canvas_begins_transparent():
    assert not Canvas(3, 2).show(0, 0, np.zeros((0, 0, 4), np.uint8), over=True, disposal="keep").any()
