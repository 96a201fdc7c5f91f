"""A picture as the rate-distortion optimised mapping sees it: features of its pixels, and what errors in them count."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native, kmeans
from huepress.cached import cached_property
from huepress.color_points import Outline, SortedColors, seeing
from huepress.histogram import Histogram
from huepress.kmeans import Strategy
from huepress.masking import LOW_PRICE, masked_at, masking_weights
from huepress.palette import OPAQUE_IN_GIF, Palette
from huepress.parts import label_sums, looked_up, parts_of
from huepress.rate import Statistics
from huepress.space import OPAQUE, PARTIAL, TRANSPARENT, Space, oklab_space
from huepress.tasks import Tasks
from huepress.weights import summing_exactly

SPACE: Final[Space] = oklab_space(1.25)
_BAND_PIXELS: Final = 1 << 17  # of a band at least, as bands cannot copy from each other
_MOST_LEVELS: Final = 1024  # translucent colours

Indices = NDArray[np.uint8]


class Scene:
    """A picture as the mapping sees it.

    Attributes:
        histogram: its colours. points: these, in the order of `rank`. places: (H, W) the colour of each pixel.
        features: (d, H, W) int16, the pixels' coordinates.
        binary: whether pixels and entries are opaque or transparent, and nothing between.
        weights: (H, W) float32, what a squared error counts at low prices.
        sums: (n,) the weights, summed over the pixels of each colour.

    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        histogram: Histogram,
        importance: NDArray[np.float32] | None,
        k: int | None,
        fixed: NDArray[np.uint8],
        threads: int,
        *,
        binary: bool = False,
    ) -> None:
        self.threads, self.histogram, self.binary = threads, histogram, binary
        shape, flat = pixels.shape[:2], pixels.reshape(-1, pixels.shape[2])
        outline = Outline.of(histogram.keys, seeing(SPACE, histogram, k), k, fixed, has_alpha=histogram.has_alpha)
        self.features = np.empty((outline.channels, *shape), np.int16)
        with Tasks(1) as tasks:
            finding = tasks.begin(lambda: _native.find_colors(flat, histogram.keys, threads))
            coordinates = outline.coordinates()
            copies = coordinates.copy()
            sorting = tasks.begin(lambda: _with_rank(outline.sorted(copies)))  # takes longest, and needs no weights
            places = finding.result()
            for values, feature in zip(coordinates, self.features.reshape(outline.channels, -1), strict=True):
                looked_up(values, places, out=feature, threads=threads)
            self._masking = masking_weights(self.features, SPACE.scale, threads)
            self._importance = importance
            self.weights = self.weights_at(LOW_PRICE)
            self.sums = label_sums(places, self.weights, len(histogram))
            importances = importance_of(self.sums)
            self.places, (colors, self.rank) = places.reshape(shape), sorting.result()
            self.points = colors.weighing(importances)

    @cached_property
    def opaque(self) -> int:
        """The last coordinate of an opaque pixel, or -1 if classes of alpha are not kept apart."""
        return int(np.rint(SPACE.coordinates(np.full((1, 4), 255))[0, 3])) if self.points.separate else -1

    def weights_at(self, price: float) -> NDArray[np.float32]:
        """(H, W) what a squared error counts where a bit costs `price`."""
        masked = masked_at(price, self._masking)
        return masked if self._importance is None else masked * self._importance

    def sums_at(self, price: float) -> NDArray[np.float64]:
        """(n,) what a squared error counts where a bit costs `price`, summed over the pixels of each colour."""
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

    def moments(
        self, labels: Indices, weights: NDArray[np.float64], k: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums over the colours of each label: (k,) of their weights, and (k, d) of their coordinates times these."""
        columns = (looked_up(values, self.rank) for values in self.points.points.coordinates)
        sums = [label_sums(labels, weights * values, k) for values in columns]
        return label_sums(labels, weights, k), np.stack(sums, axis=1)


def _with_rank(colors: SortedColors) -> tuple[SortedColors, NDArray[np.uint32]]:
    return colors, colors.rank


def lossless_statistics(indices: Indices, k: int, threads: int) -> Statistics:
    """What deflate takes for these indices (H, W), below k."""
    return Statistics.of(_native.parse(indices, bands_of(*indices.shape), threads), k)


def bands_of(height: int, width: int) -> int:
    """How many bands the rows of a picture are cut into, each of which is parsed and mapped by itself."""
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
