"""Rate-distortion optimised mapping: indices that look like the picture and that deflate, or a GIF's LZW, packs well.

A lossy Lempel-Ziv parse: each row is cut into literals and copies of earlier pixels by dynamic programming, so that the
sum of weighted squared distances (Oklab with chroma times 1.25, premultiplied, mean over black and white) and of price
times bits is small. A part of the errors is passed on to the row below and to the next pixel, which keeps means right.

For a GIF, strings of LZW's dictionary (Welch 1984) take the place of copies: indices and codes are found together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import fsum
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.cached import cached_property
from huepress.formats import gif
from huepress.indexed import without_unused
from huepress.palette import Palette, without_hue
from huepress.parts import label_sums, looked_up
from huepress.rate import Costs, Statistics, merge_entries
from huepress.scene import SPACE, Indices, Scene, bands_of, lossless_statistics, without_translucency
from huepress.space import PARTIAL

_SLACK: Final = 8.0  # bits that an entry may cost more in a GIF than the cheapest: of more, hardly any are worth it
_SAMPLED_PIXELS: Final = 1 << 17  # about, of which errors are told


class Diffusion(NamedTuple):
    """Shares of a pixel's error, 0..1: to the row below (a quarter, a half, a quarter), and to the next pixel."""

    down: float
    right: float

    @property
    def all_down(self) -> float:
        """Both, for a coder that passes errors on to the row below alone."""
        return self.down + self.right


class Coding(NamedTuple):
    """How indices are coded in a GIF: their codes, and what these were chosen by.

    Attributes:
        codes: of the indices.
        prices: (H,) of a bit, in each row.
        diffusion: of errors.

    """

    codes: bytes
    prices: NDArray[np.float64]
    diffusion: Diffusion


@dataclass(frozen=True, eq=False)
class Mapped:
    """Indices (H, W) into a palette's colours, of which the first `fixed` are kept, used or not.

    `coding`: that of the indices, where they were chosen for it.
    """

    palette: Palette
    indices: Indices
    fixed: int = 0
    coding: Coding | None = None

    @cached_property
    def written(self) -> "Mapped":
        """The same pixels with the palette as it is written: most used first, without unused entries."""
        colors = self.palette.colors
        return Mapped(*without_unused(colors, self.indices, np.arange(len(colors)) < self.fixed))

    def above(self, other: "Mapped", row: float) -> "Mapped":
        """The same above a row, and in that fraction of it; below, the pixels of another to the same palette."""
        indices, count = other.indices.copy(), round(row * self.indices.shape[1])
        indices.reshape(-1)[:count] = self.indices.reshape(-1)[:count]
        return Mapped(self.palette, indices, self.fixed)


def squared_distances(
    features: Iterable[NDArray[np.int16]], entries: NDArray[np.float32], indices: Indices
) -> NDArray[np.float32]:
    """Those of features, d arrays of the shape of the indices, from the entries (k, d) that these name."""
    distances = np.zeros(indices.shape, np.float32)
    for values, axis in zip(features, entries.T, strict=True):
        distances += (values - np.take(axis, indices)) ** 2
    return distances


class Mapping:
    """A scene and a palette: maps at any price of a bit, in squared distance of Oklab times masking weight."""

    def __init__(self, scene: Scene, palette: Palette, *, fixed: int = 0) -> None:
        self.scene, self.palette, self.fixed = scene, palette, fixed

    @cached_property
    def labels(self) -> Indices:
        """(n,) the nearest entry of each colour."""
        return self.scene.labels(self.palette.colors)

    @cached_property
    def nearest(self) -> Indices:
        """Every pixel mapped to its nearest entry."""
        return looked_up(self.labels, self.scene.places, threads=self.scene.threads)

    @cached_property
    def statistics(self) -> Statistics:
        """Of the nearest entries."""
        return lossless_statistics(self.nearest, len(self.palette), self.scene.threads)

    @cached_property
    def bits_per_pixel(self) -> float:
        """What deflate is expected to take for the nearest entries."""
        return self.statistics.bits(Costs.measured(self.statistics)) / self.nearest.size

    @cached_property
    def exchange(self) -> float:
        """The squared distance that the palette itself costs, for each bit; told from a part of the rows."""
        bits = self.bits_per_pixel * self.nearest[:: self._sampled_step].size
        return self.sampled_error(self.nearest) / SPACE.scale**2 / max(1.0, bits)

    @property
    def _sampled_step(self) -> int:
        return max(1, self.scene.weights.size // _SAMPLED_PIXELS)

    def sampled_error(self, indices: Indices) -> float:
        """The sum of weighted squared distances in a part of the rows, which is the same for all palettes."""
        part = np.s_[:: self._sampled_step]
        distances = self.distances(indices, part)
        return fsum(np.bincount(indices[part].reshape(-1), distances.reshape(-1)))  # in one order everywhere

    def distances(self, indices: Indices, part: Any) -> NDArray[np.float32]:
        """Weighted squared distances of the pixels of `part`, a slice of (H, W), from their entries."""
        scene = self.scene
        features = (values[part] for values in scene.features)
        distances = squared_distances(features, scene.entries(self.palette.colors), indices[part])
        distances *= scene.weights[part]
        return distances

    def added_above(self, mapped: Mapped, other: Mapped) -> NDArray[np.float64]:
        """(H + 1,) of the error that `mapped` has and `other` has not, the share above each row; from some columns."""
        part = np.s_[:, :: max(1, mapped.indices.size // _SAMPLED_PIXELS)]
        rows = np.repeat(np.arange(len(mapped.indices)), mapped.indices[part].shape[1])
        errors = [np.bincount(rows, self.distances(m.indices, part).reshape(-1)) for m in (mapped, other)]
        reached = np.cumsum(np.maximum(errors[0] - errors[1], 0))
        even = np.linspace(0, 1, len(reached) + 1)  # a little of it, for rows that add nothing
        return 0.01 * even + 0.99 * np.concatenate([[0], reached]) / reached[-1] if reached[-1] else even

    def adopted(self, mapped: Mapped) -> Mapped:
        """The same picture, but for each entry that this palette lacks the nearest that it has."""
        scene, colors = self.scene, mapped.palette.colors
        if mapped.palette is self.palette:
            return mapped
        distances = np.zeros((len(colors), len(self.palette)))
        for theirs, own in zip(scene.entries_apart(colors).T, scene.entries_apart(self.palette.colors).T, strict=True):
            distances += (theirs.astype(np.float64)[:, np.newaxis] - own) ** 2
        nearest = distances.argmin(axis=1).astype(np.uint8)
        return Mapped(self.palette, looked_up(nearest, mapped.indices), self.fixed)

    def plain(self) -> Mapped:
        """Every pixel mapped to its nearest entry."""
        return Mapped(self.palette, self.nearest, self.fixed)

    def at(self, price: float, diffusion: Diffusion, lookups: int = 4) -> Mapped:
        """The mapping where a bit costs `price`; more `lookups` (1 ..) find better copies and take longer."""
        scene = self.scene
        indices = _native.map_lossy(
            scene.features, scene.weights_at(price), self.nearest, scene.entries_apart(self.palette.colors),
            *Costs.measured(self.statistics), scale=1 / (price * SPACE.scale**2), down=diffusion.down,
            right=diffusion.right, bands=bands_of(*self.nearest.shape), lookups=lookups, opaque=scene.opaque,
            threads=scene.threads,
        )  # fmt: skip
        return Mapped(self.palette, indices, self.fixed)

    def coded(self, prices: NDArray[np.float64], diffusion: Diffusion) -> Mapped:
        """The mapping for a GIF where a bit costs so much in each row (H,); errors are passed on to the row below."""
        scene, colors = self.scene, self.palette.colors
        entries = scene.entries(colors)[:, :3]
        clear = self.palette.rgba[:, 3] == 0
        entries[clear] = _native.APART
        bits = np.empty(self.nearest.shape, np.float32)
        for price in np.unique(prices).tolist():
            rows = prices == price
            bits[rows] = scene.weights_at(price)[rows] / np.float32(price * SPACE.scale**2)
        lossy = _native.Lossy(scene.features[:3], bits, np.ascontiguousarray(entries), diffusion.all_down, _SLACK)
        states = clear[self.nearest] * np.uint8(_native.FIXED)
        size = gif.code_size(len(colors))
        indices, codes = _native.lzw(self.nearest, size, states=states, lossy=lossy)
        return Mapped(self.palette, indices, self.fixed, Coding(codes, prices, diffusion))

    def refined(self, mapped: Mapped, price: float) -> Mapped:
        """The same indices, and each entry that is not fixed where the pixels that have it are in the mean."""
        scene, colors = self.scene, mapped.palette.colors
        weights = scene.weights_at(price).astype(np.float64)
        sums = label_sums(mapped.indices, weights, len(colors))
        moments = np.stack([label_sums(mapped.indices, weights * axis, len(colors)) for axis in scene.features], axis=1)
        return replace(mapped, palette=Palette(self._centered(colors, mapped.fixed, sums, moments)))

    def merged(self, price: float) -> Self:
        """The mapping with the entries merged that are not worth their bits."""
        scene, colors = self.scene, self.palette.colors
        entries, sums = scene.entries(colors).astype(np.float64), scene.sums_at(price)
        merged = merge_entries(
            entries, label_sums(self.labels, sums, len(colors)), self.statistics, price * SPACE.scale**2,
            classes=scene.points.classes_of(colors), fixed=self.fixed,
        )  # fmt: skip
        kept = merged.kept
        if kept.all():
            return self
        moved = (merged.coordinates != entries).any(axis=1)
        changed = self._recentered(self._moved(colors[kept], merged.coordinates[kept], moved[kept]), sums)
        _, first, same = np.unique(changed, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        literals = np.bincount(same.reshape(-1), merged.literals[kept])[order].astype(np.float64)
        result = type(self)(scene, Palette(changed[first[order]]), fixed=self.fixed)
        result.statistics = replace(self.statistics, literals=literals)  # a parse of its own would say the same
        return result

    def _recentered(self, colors: NDArray[np.uint8], sums: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Each entry that is not fixed where the colours nearest to it are in the mean; `sums`: what an error counts.

        A step of Lloyd's algorithm: where two entries merge, others are the nearest ones of some of their colours.
        """
        return self._centered(colors, self.fixed, *self.scene.moments(self.scene.labels(colors), sums, len(colors)))

    def _centered(
        self, colors: NDArray[np.uint8], fixed: int, weights: NDArray[np.float64], moments: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        """Each entry that is not fixed and has a weight (k,) at its mean; moments: coordinates (k, d) times weights."""
        moved = (weights > 0) & (np.arange(len(colors)) >= fixed)
        return self._moved(colors, moments / np.where(moved, weights, 1)[:, np.newaxis], moved)

    def _moved(
        self, colors: NDArray[np.uint8], coordinates: NDArray[np.float64], moved: NDArray[np.bool_]
    ) -> NDArray[np.uint8]:
        """The colours, and in place of those that moved what is at their coordinates; each keeps its class of alpha."""
        colors = np.array(colors)
        colors[moved] = self._rounded(coordinates[moved], colors[moved])
        return colors

    def _rounded(self, coordinates: NDArray[np.float64], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What is at these coordinates as 8-bit colours, each of the class of alpha that `colors` have."""
        points = self.scene.points
        rounded = np.clip(np.rint(points.space.colors(coordinates)), 0, 255).astype(np.uint8)[:, : colors.shape[1]]
        if colors.shape[1] == 4 and points.separate:
            partial = points.classes_of(colors) == PARTIAL
            rounded[:, 3] = np.where(partial, np.clip(rounded[:, 3], 1, 254), colors[:, 3])
        if self.scene.binary:
            rounded = without_translucency(rounded)
        return rounded if points.space.hidden else without_hue(rounded)
