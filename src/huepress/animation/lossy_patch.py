"""Rate-distortion optimised mapping of patches: what `lossy` does for a picture, for what changes in an animation.

Pixels that do not change are transparent for the mapping, and so are those whose entry on the canvas is nearly as good
as a new one.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.animation.color_table import ColorTable
from huepress.animation.patch import Detail, Patch
from huepress.animation.scene import AnimationMapping
from huepress.lossy import Diffusion, squared_distances
from huepress.rate import Costs
from huepress.scene import SPACE, Indices, bands_of

_SLACK: Final = 14.0  # bits that an entry may cost more than the cheapest: in GIFs, strings of what stays are long
_KEPT_BITS: Final = 6.0  # about those of a literal: what a new entry must be worth

Entries = NDArray[np.float32]


class LossyPatches:
    """Chooses the entries of patches at a price of a bit."""

    def __init__(
        self, mapping: AnimationMapping, price: float, diffusion: Diffusion, lookups: int, table: ColorTable
    ) -> None:
        self._scene, self._diffusion, self._lookups = mapping.scene, diffusion, lookups
        self._scale = 1 / (price * SPACE.scale**2)
        self._table = table
        colors = table.colors[:, : mapping.scene.points.channels]
        self._translucent = table.colors[:, 3] < 255
        self._entries = mapping.scene.entries(colors)
        self._apart = mapping.scene.entries_apart(colors)
        self._costs = Costs.measured(mapping.table_statistics)

    def eased(self, patch: Patch) -> Patch:
        """The patch, with more pixels kept: those whose entry on the canvas costs little more than the nearest one."""
        features, weights = _given(patch)
        worse = squared_distances(features, self._entries, patch.before)
        worse -= squared_distances(features, self._entries, patch.indices)
        opaque = ~self._translucent
        good = opaque[patch.before] & opaque[patch.indices] & ~patch.fixed
        good &= worse * weights * np.float32(self._scale) <= np.float32(_KEPT_BITS)
        indices = np.where(good, patch.before, patch.indices)
        return replace(patch, kept=patch.kept | good, indices=indices).cropped()

    def symbols(self, patch: Patch, *, over: bool) -> Indices:
        """(h, w) entries that deflate packs well; `over`: the transparent one leaves the canvas as it is."""
        if not over:
            found = self._mapped(patch, patch.indices, *self._as_they_are(patch))
            return np.where(patch.kept, patch.indices, found)
        return self._mapped(patch, self._table.left_out(patch), *self._left_out(patch))

    def for_lzw(self, patch: Patch) -> _native.Lossy:
        """What the LZW coder chooses from; all that it may choose is opaque."""
        features, weights = _given(patch)
        entries = np.ascontiguousarray(self._entries[:, :3])
        bits = weights * np.float32(self._scale)
        return _native.Lossy(features[:3], bits, entries, self._diffusion.down, _SLACK, patch.before)

    def _as_they_are(self, patch: Patch) -> tuple[NDArray[np.int16], Entries, int]:
        """Features and entries of what is drawn in place of the canvas, and the last coordinate of what is opaque."""
        features, _ = _given(patch)
        entries = self._apart.copy()
        if self._table.transparent is not None and len(features) == 3:
            entries[self._table.transparent] = _native.APART  # nothing is transparent
        return features, entries, self._scene.opaque

    def _left_out(self, patch: Patch) -> tuple[NDArray[np.int16], Entries, int]:
        """The same of what is opaque and drawn over the canvas; a fourth coordinate keeps apart what stays."""
        features, _ = _given(patch)
        drawn = np.where(patch.kept, np.int16(0), np.int16(1))
        entries = np.full((len(self._entries), 4), _native.APART, np.float32)
        entries[~self._translucent, :3] = self._entries[~self._translucent, :3]
        if self._table.transparent is not None:
            entries[self._table.transparent] = (0, 0, 0, -_native.APART)
        return np.concatenate([features[:3] * drawn, drawn[np.newaxis]]), entries, 1

    def _mapped(
        self, patch: Patch, nearest: Indices, features: NDArray[np.int16], entries: Entries, opaque: int
    ) -> Indices:
        _, weights = _given(patch)
        return _native.map_lossy(
            features, weights, nearest, entries, *self._costs, scale=self._scale, down=self._diffusion.down,
            right=self._diffusion.right, bands=bands_of(*nearest.shape), lookups=self._lookups, opaque=opaque,
            threads=self._scene.threads,
        )  # fmt: skip


def _given(patch: Patch) -> Detail:
    """What the pixels of a patch look like."""
    assert patch.detail is not None
    return patch.detail
