"""The colour table of an animation's file: a palette in the order that suits files, with an entry for what stays."""

import numpy as np

from huepress.animation.patch import Indices, Patch
from huepress.palette import MAX_COLORS, OPAQUE_IN_GIF, Palette


class ColorTable:
    """The colours as they stand in a file: the transparent entry first, translucent ones next.

    Attributes:
        colors: (n, 4) uint8. transparent: the entry that can leave pixels as they are, 0 or None.
        samples: (k,) the entry of each colour of the palette.

    """

    def __init__(self, palette: Palette, *, binary: bool) -> None:
        """`binary`: there is no partial transparency: what is nearer to it is transparent, the rest opaque."""
        rgba = palette.rgba
        clear = rgba[:, 3] < (OPAQUE_IN_GIF if binary else 1)
        others = np.flatnonzero(~clear)
        if not binary:
            others = others[np.argsort(rgba[others, 3] == 255, kind="stable")]
        room = clear.any() or len(palette) < MAX_COLORS
        self.transparent = 0 if room else None
        self.colors = np.concatenate([np.zeros((int(room), 4), np.uint8), rgba[others]])
        if binary:
            self.colors[int(room) :, 3] = 255
        self.samples = np.zeros(len(palette), np.uint8)
        self.samples[others] = np.arange(room, len(self.colors))

    def left_out(self, patch: Patch) -> Indices:
        """The entries of a patch (h, w), transparent where the canvas may stay as it is."""
        if self.transparent is None:
            return patch.indices
        return np.where(patch.kept, np.uint8(self.transparent), patch.indices)
