"""Rate-distortion optimised mapping: indices that look like the picture and that deflate packs well.

A lossy Lempel-Ziv parse: each row is cut into literals and copies of earlier pixels by dynamic programming, so that the
sum of weighted squared distances (Oklab with chroma times 1.25, premultiplied, mean over black and white) and of price
times bits is small. A part of the errors is passed on to the row below and to the next pixel, which keeps means right.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native, kmeans
from huepress.histogram import Histogram
from huepress.indexed import without_unused
from huepress.kmeans import Strategy
from huepress.learn import Outline, seeing
from huepress.masking import LOW_PRICE, masked_at, masking_weights
from huepress.palette import OPAQUE_IN_GIF, Palette, without_hue
from huepress.parts import label_sums, looked_up, parts_of
from huepress.rate import Costs, Statistics, merge_entries
from huepress.space import OPAQUE, PARTIAL, TRANSPARENT, Space, oklab_space
from huepress.weights import summing_exactly

SPACE: Final[Space] = oklab_space(1.25)
_SAMPLED_PIXELS: Final = 1 << 17
_BAND_PIXELS: Final = 1 << 17
_MOST_LEVELS: Final = 1024

Indices = NDArray[np.uint8]


@dataclass(frozen=True)
class Diffusion:
    """Shares of a pixel's error, 0..1: to the row below (a quarter, a half, a quarter), and to the next pixel."""

    down: float
    right: float


@dataclass(frozen=True, eq=False)
class Mapped:
    """Indices (H, W) into a palette's colours, of which the first `fixed` are kept, used or not."""

    palette: Palette
    indices: Indices
    fixed: int = 0

    @cached_property
    def written(self) -> "Mapped":
        """The same pixels with the palette as it is written: most used first, without unused entries."""
        colors = self.palette.colors
        return Mapped(*without_unused(colors, self.indices, np.arange(len(colors)) < self.fixed))

    def above(self, other: "Mapped", row: float) -> "Mapped":
        """The same above a row, and in that fraction of it; below, the pixels of another to the same palette."""
        indices, count = other.indices.copy(), round(row * self.indices.shape[1])
        indices.reshape(-1)[:count] = self.indices.reshape(-1)[:count]
        return replace(self, indices=indices)


class Scene:
    """A picture as the mapping sees it.

    Attributes:
        histogram: its colours. points: these, in the order of `rank`. places: (H, W) the colour of each pixel.
        features: (d, H, W) int16, the pixels' coordinates.
        opaque: the last coordinate of an opaque pixel, or -1 if classes of alpha are not kept apart.
        binary: whether pixels and entries are opaque or transparent, and nothing between.
        weights: (H, W) float32, what a squared error counts at low prices.
        sums: (n,) that, summed over the pixels of each colour.

    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        histogram: Histogram,
        importance: NDArray[np.float64] | None,
        k: int | None,
        fixed: Any,
        threads: int,
        *,
        binary: bool = False,
    ) -> None:
        self.threads, self.histogram, self.binary = threads, histogram, binary
        shape, flat = pixels.shape[:2], pixels.reshape(-1, pixels.shape[2])
        outline = Outline.of(histogram.keys, seeing(SPACE, histogram, k), k, fixed, has_alpha=histogram.has_alpha)
        self.features = np.empty((outline.channels, *shape), np.int16)
        with ThreadPoolExecutor(1) as pool:
            finding = pool.submit(_native.find_colors, flat, histogram.keys, threads)
            coordinates = outline.coordinates()
            sorting = pool.submit(outline.sorted, coordinates.copy())  # takes longest, and needs no weights
            ranking = pool.submit(lambda: sorting.result().rank)
            places = finding.result()
            for values, feature in zip(coordinates, self.features.reshape(outline.channels, -1), strict=True):
                looked_up(values, places, out=feature, threads=threads)
            self._masking = masking_weights(self.features, SPACE.scale, threads)
            self._importance = None if importance is None else (importance / importance.max()).astype(np.float32)
            self.weights = self.weights_at(LOW_PRICE)
            self.sums = label_sums(places, self.weights, len(histogram))
            importances = importance_of(self.sums)
            self.places, self.rank = places.reshape(shape), ranking.result()
            self.points = sorting.result().weighing(importances)
        opaque = int(np.rint(SPACE.coordinates(np.full((1, 4), 255))[0, 3]))
        self.opaque = opaque if self.points.separate else -1

    @property
    def bands(self) -> int:
        """How many bands the rows are cut into; a matter of the picture alone."""
        return bands_of(*self.weights.shape)

    def weights_at(self, price: float) -> NDArray[np.float32]:
        """(H, W) what a squared error counts where a bit costs `price`."""
        masked = masked_at(price, self._masking)
        return masked if self._importance is None else masked * self._importance

    def sums_at(self, price: float) -> NDArray[np.float64]:
        """(n,) that, summed over the pixels of each colour."""
        if price <= LOW_PRICE:
            return self.sums
        return label_sums(self.places, self.weights_at(price), len(self.histogram))

    @property
    def has_levels(self) -> bool:
        """Whether there are translucent colours, so few that they may be levels of soft shadows."""
        if not self.points.separate:
            return False
        first, end = self.points.points.class_starts[PARTIAL : PARTIAL + 2]
        return bool(0 < end - first <= _MOST_LEVELS)

    def learn(
        self, k: int, strategy: Strategy, fixed: NDArray[np.uint8], seed: int, *, translucency: float = 1.0
    ) -> Palette:
        """The palette of up to k colours that represents the picture best, without regard to bits.

        `translucency`: how often an error in translucent colours counts.
        """
        points = self.points if translucency == 1 else self.points.favoring(PARTIAL, translucency)
        found = kmeans.cluster(
            points.points, k, strategy, fixed=self.points.coordinates(fixed),
            fixed_classes=self.points.classes_of(fixed), seed=seed, threads=self.threads,
        )  # fmt: skip
        palette = points.palette(found, fixed)
        return Palette(without_translucency(palette.colors), palette.counts) if self.binary else palette

    def entries(self, colors: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(k, d) features of palette entries."""
        return np.rint(self.points.coordinates(colors)).astype(np.float32)

    def entries_apart(self, colors: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(k, d) features of palette entries, with the classes of alpha as the kernel keeps them apart."""
        entries = self.entries(colors)
        if entries.shape[1] == 4 and self.opaque >= 0:
            classes = self.points.classes_of(colors)
            entries[classes == OPAQUE, 3] = _native.APART
            entries[classes == TRANSPARENT, 3] = -_native.APART
        return entries

    def labels(self, colors: NDArray[np.uint8]) -> Indices:
        """(n,) the nearest of the colours for each colour of the histogram."""
        done = self.points.points.lloyd(
            np.rint(self.points.coordinates(colors)), self.points.classes_of(colors), fixed=len(colors), iterations=0,
            threads=self.threads, labels=True,
        )  # fmt: skip
        return looked_up(done.labels.astype(np.uint8), self.rank)

    def statistics(self, indices: Indices, k: int) -> Statistics:
        """What deflate takes for these indices."""
        return lossless_statistics(indices, k, self.bands, self.threads)


def lossless_statistics(indices: Indices, k: int, bands: int, threads: int) -> Statistics:
    """What deflate takes for these indices (H, W), below k."""
    return Statistics.of(_native.parse(indices, bands, threads), k)


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
        return self.scene.statistics(self.nearest, len(self.palette))

    def entry_weights(self, price: float) -> NDArray[np.float64]:
        """(k,) what a squared error counts at a price, summed over the pixels nearest to each entry."""
        return label_sums(self.labels, self.scene.sums_at(price), len(self.palette))

    @cached_property
    def exchange(self) -> float:
        """The squared distance that the palette itself costs, for each bit; told from a part of the rows."""
        rows = len(range(0, len(self.nearest), self._sampled_step))
        bits = self.statistics.bits(Costs.measured(self.statistics)) * rows / len(self.nearest)
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
        scene, chosen = self.scene, indices[part]
        entries = scene.entries(self.palette.colors)
        distances = np.zeros(chosen.shape, np.float32)
        for axis, values in enumerate(scene.features):
            distances += (values[part] - np.take(entries[:, axis], chosen)) ** 2
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
        scene, costs = self.scene, Costs.measured(self.statistics)
        indices = _native.map_lossy(
            scene.features, scene.weights_at(price), self.nearest, scene.entries_apart(self.palette.colors),
            costs.literals, costs.lengths, costs.distances, scale=1 / (price * SPACE.scale**2), down=diffusion.down,
            right=diffusion.right, bands=scene.bands, lookups=lookups, opaque=scene.opaque, threads=scene.threads,
        )  # fmt: skip
        return Mapped(self.palette, indices, self.fixed)

    def refined(self, mapped: Mapped, price: float) -> Mapped:
        """The same indices, and each entry that is not fixed where the pixels that have it are in the mean."""
        scene, colors = self.scene, np.array(mapped.palette.colors)
        weights = scene.weights_at(price).astype(np.float64)
        sums = label_sums(mapped.indices, weights, len(colors))
        moved = (sums > 0) & (np.arange(len(colors)) >= mapped.fixed)
        means = [label_sums(mapped.indices, weights * axis, len(colors))[moved] for axis in scene.features]
        colors[moved] = self._rounded(np.stack(means, axis=1) / sums[moved, np.newaxis], colors[moved])
        return replace(mapped, palette=Palette(colors))

    def merged(self, price: float) -> "Mapping":
        """The mapping with the entries merged that are not worth their bits."""
        scene, colors = self.scene, self.palette.colors
        entries = scene.entries(colors).astype(np.float64)
        merged = merge_entries(
            entries, self.entry_weights(price), self.statistics, price * SPACE.scale**2,
            classes=scene.points.classes_of(colors), fixed=self.fixed,
        )  # fmt: skip
        if merged.kept.all():
            return self
        moved = (merged.coordinates != entries).any(axis=1) & merged.kept
        changed = np.array(colors)
        changed[moved] = self._rounded(merged.coordinates[moved], colors[moved])
        _, first, same = np.unique(changed[merged.kept], axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        literals = np.bincount(same.reshape(-1), merged.literals[merged.kept])[order].astype(np.float64)
        result = type(self)(scene, Palette(changed[merged.kept][first[order]]), fixed=self.fixed)
        result.statistics = replace(self.statistics, literals=literals)  # a parse of its own would say the same
        return result

    def _rounded(self, coordinates: NDArray[np.float64], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Merged entries as colours; each keeps its class of alpha."""
        points = self.scene.points
        rounded = np.clip(np.rint(points.space.colors(coordinates)), 0, 255).astype(np.uint8)[:, : colors.shape[1]]
        if colors.shape[1] == 4 and points.separate:
            partial = points.classes_of(colors) == PARTIAL
            rounded[:, 3] = np.where(partial, np.clip(rounded[:, 3], 1, 254), colors[:, 3])
        if self.scene.binary:
            rounded = without_translucency(rounded)
        return rounded if points.space.hidden else without_hue(rounded)


def bands_of(height: int, width: int) -> int:
    """How many bands the rows of a picture are cut into."""
    return int(np.clip(height * width // _BAND_PIXELS, 1, max(1, height // 64)))


def is_binary(format: str, palette: Palette | None) -> bool:
    """Whether pixels become opaque or transparent: in a GIF, or if a given palette has both, and nothing else."""
    return format == "gif" or (palette is not None and set(palette.rgba[:, 3].tolist()) == {0, 255})


def without_translucency(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels or colours (..., 3|4) as a GIF has them: opaque or transparent."""
    if pixels.shape[-1] == 3:
        return pixels
    opaque = pixels[..., 3] >= OPAQUE_IN_GIF
    result: NDArray[np.uint8] = pixels * opaque[..., np.newaxis]
    result[..., 3] = opaque * np.uint8(255)
    return result


def importance_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) weights of colours to learn from, of what errors in their pixels count in sum.

    To the 0.8th power for the sake of rare colours. Rounded to 20 bits, for libm differs in last bits, and so that
    sums are exact.
    """
    importance = np.empty(len(sums))
    for part in parts_of(len(sums)):
        mantissa, exponent = np.frexp(sums[part] ** 0.8)
        importance[part] = np.maximum(np.ldexp(np.rint(mantissa * 2**20), exponent - 20), 1e-6)
    return summing_exactly(importance, out=importance)
