"""The canvas on which the frames of an animation are drawn, one after another."""

from typing import Literal

import numpy as np
from PIL import Image

from huepress.pixels import Pixels

Disposal = Literal["keep", "clear", "restore"]


class Canvas:
    """Begins transparent.

    Attributes:
        pixels: (H, W, 4) uint8.

    """

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Pixels = np.zeros((height, width, 4), np.uint8)

    def show(self, left: int, top: int, drawn: Pixels, *, over: bool, disposal: Disposal) -> Pixels:
        """A copy of the canvas with a frame (h, w, 4) on it, clipped; then the frame is disposed of.

        over: blend with what is there, in place of replacing it.
        """
        place = np.s_[top : top + drawn.shape[0], left : left + drawn.shape[1]]
        there = self.pixels[place]
        before = there.copy() if disposal == "restore" else None
        drawn = drawn[: there.shape[0], : there.shape[1]]
        there[...] = _blended(there, drawn) if over and there.size else drawn
        shown = self.pixels.copy()
        if before is not None:
            there[...] = before
        elif disposal == "clear":
            there[...] = 0
        return shown


def _blended(below: Pixels, drawn: Pixels) -> Pixels:
    """`drawn` over `below`, both not premultiplied."""
    alpha = drawn[..., 3]
    if ((alpha == 0) | (alpha == 255)).all():
        return np.where(alpha[..., np.newaxis] > 0, drawn, below)
    return np.asarray(Image.alpha_composite(Image.fromarray(below.copy()), Image.fromarray(drawn)))
