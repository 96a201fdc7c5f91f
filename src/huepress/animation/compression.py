"""Compression of animations: as `compression` does it for a picture, all frames with one palette and one price."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.animation.animation import Animation
from huepress.animation.encode import animation_file
from huepress.animation.indexed import IndexedAnimation
from huepress.animation.lossy_patch import LossyPatches
from huepress.animation.quality import judge_frames, lowest_score
from huepress.animation.reading import read_whole
from huepress.animation.scene import AnimationMapping, AnimationScene
from huepress.encode import BEST_LEVEL, TRIAL_LEVEL, Format, format_of
from huepress.histogram import Histogram
from huepress.kmeans import Strategy
from huepress.lossy import Diffusion, is_binary
from huepress.palette import Palette
from huepress.quality import Scores, mse

_MOST_LEARNT = 255  # colours: one entry more leaves pixels as they are


@dataclass(frozen=True, eq=False)
class CompressedAnimation:
    """A compressed animation.

    Attributes:
        data: the bytes of the file.
        format: "gif", "png" or "webp".
        original: the animation it was made from.
        threads: to judge with.

    """

    data: bytes
    format: Format
    original: Animation
    threads: int = field(default=1, repr=False)

    @cached_property
    def palette(self) -> Palette:
        """The colours of all frames, most used first."""
        histogram = Histogram.sum(Histogram.of_pixels(pixels, threads=self.threads) for pixels in self.frames())
        return Palette(histogram.colors, histogram.counts).ordered()

    @cached_property
    def indexed(self) -> IndexedAnimation:
        """The palette of all frames, and the indices."""
        pairs = zip(self.original.frames(), self.frames(), strict=True)
        error = sum(mse(original, result) for original, result in pairs) / len(self)
        return IndexedAnimation(self.palette, self.original, error, float("nan"), 0, self._indices)

    def _indices(self) -> Iterator[NDArray[np.uint8]]:
        keys = _native.keys_of_colors(self.palette.rgba)
        order = np.argsort(keys)
        for pixels in self.frames():
            flat = pixels.reshape(-1, pixels.shape[2])
            labels = _native.map_pixels(flat, keys[order], order.astype(np.uint8), self.threads)
            yield labels.reshape(pixels.shape[:2])

    @property
    def k(self) -> int:
        """The number of colours."""
        return len(self.palette)

    @property
    def durations(self) -> tuple[float, ...]:
        """Of each frame as written, in milliseconds."""
        return self._read.durations

    @property
    def original_bytes(self) -> int | None:
        """The size of the original file."""
        return self.original.source_bytes

    @cached_property
    def scores(self) -> Scores:
        """How the result compares with the original; see `judge_frames`."""
        return judge_frames(self.original.frames(), self.frames(), bytes=len(self.data), threads=self.threads)

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.original)

    @cached_property
    def _read(self) -> Animation:
        pixels = len(self) * self.original.width * self.original.height  # however few bytes they take
        found = read_whole(self.data, name="result", max_pixels=pixels, max_bytes=len(self.data))
        assert isinstance(found, Animation)
        return found

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame as it is seen, (H, W, 3|4) uint8: decoded from the file."""
        return self._read.frames()

    def save(self, path: str | PathLike[str], *, force: bool = True) -> None:
        """Write the file, whole or not at all.

        Raises:
            WriteError: it cannot be written, or exists and force is False.
            ValueError: the suffix is that of another kind of picture.

        """
        from huepress.files import write

        if (asked := format_of(path, self.format)) != self.format:
            raise ValueError(f"{path}: this is a {self.format} file; compress(format={asked!r}) makes the other")
        write(path, self.data, force=force)


class AnimationTrial:
    """A result, drawn when its file, its size or its score is asked for; `draw` takes how hard to pack it."""

    def __init__(
        self, draw: Callable[[int], CompressedAnimation], mapping: AnimationMapping, level: int, quick_level: int
    ) -> None:
        self._draw, self.mapping = cache(draw), mapping
        self._level, self._quick_level = level, quick_level

    @cached_property
    def result(self) -> CompressedAnimation:
        """The file, packed for good."""
        return self._draw(self._level)

    @property
    def _quick(self) -> CompressedAnimation:
        """The same animation in a file that takes less time, unless it is packed for good already."""
        return self._draw(self._level if "result" in vars(self) else self._quick_level)

    @property
    def data(self) -> bytes:
        """The file."""
        return self.result.data

    @property
    def quick_size(self) -> int:
        """About the bytes of the file."""
        return len(self._quick.data)

    rough_size = quick_size

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of the lowest frame, of what the file decodes to."""
        quick = replace(self._quick)  # so that the frames that it decodes are not held
        return lowest_score(quick.original.frames(), quick.frames(), quick.threads)


class AnimationWorkshop:
    """All that trials of one animation share."""

    joining = None  # a price is that of all frames
    has_shadows = False
    is_small = False
    default_price = 2.5e-4

    def __init__(
        self,
        animation: Animation,
        weights: NDArray[np.float64] | None,
        format: Format,
        threads: int,
        callback: Callable[[int], Any] | None,
    ) -> None:
        self.picture, self.format, self.threads = animation, format, threads
        self._weights, self._callback, self._trials = weights, callback, 0
        self.level, self.lookups = BEST_LEVEL, 4

    def prepare(self, k: int, strategy: Strategy, palette: Palette | None, fixed: NDArray[np.uint8], seed: int) -> None:
        """Set what the palette is to be; it is learnt when it is needed."""
        self._k, self._strategy, self._palette, self._fixed, self._seed = k, strategy, palette, fixed, seed

    def _scene(self, *, masked: bool) -> AnimationScene:
        k, kept = (self._k, self._fixed) if self._palette is None else (None, self._palette.colors)
        binary = is_binary(self.format, self._palette)
        return AnimationScene(self.picture, self._weights, k, kept, self.threads, binary=binary, masked=masked)

    @cached_property
    def _plain_scene(self) -> AnimationScene:
        return self._scene(masked=False)

    @cached_property
    def is_exact(self) -> bool:
        """Whether the colours suffice for all that there are."""
        return self._palette is None and len(self._plain_scene.histogram) <= self._k

    @cached_property
    def mapping(self) -> AnimationMapping:
        """To the palette to start from."""
        return self._mapping(self._scene(masked=True))

    def _mapping(self, scene: AnimationScene) -> AnimationMapping:
        most = self._k if self.is_exact else min(self._k, max(_MOST_LEARNT, len(self._fixed)))
        learned = self._palette or scene.learn(most, self._strategy, self._fixed, self._seed)
        return AnimationMapping(scene, learned, fixed=len(self._fixed if self._palette is None else learned))

    def default(self, diffusion: Diffusion) -> AnimationTrial:
        """The result without a target."""
        return self.trial(self.default_price, diffusion)

    def trial(self, price: float, diffusion: Diffusion, mapping: AnimationMapping | None = None) -> AnimationTrial:
        """The result at a price, with the palette merged for it, or of the given mapping."""
        return self._trial(mapping or self.mapping.merged(price), (price, diffusion))

    def sizes(self, trials: Sequence[AnimationTrial]) -> list[int]:
        """About the bytes of the file of each."""
        return [trial.quick_size for trial in trials]

    def exact(self) -> AnimationTrial:
        """Every pixel as its nearest entry."""
        return self._trial(self._mapping(self._plain_scene) if self.is_exact else self.mapping, None)

    def _trial(self, mapping: AnimationMapping, cost: tuple[float, Diffusion] | None) -> AnimationTrial:
        if self._callback:
            self._callback(self._trials)
        self._trials += 1
        quick_level = self.level if self.format == "gif" else TRIAL_LEVEL  # GIF knows one way to pack
        return AnimationTrial(partial(self._drawn, mapping, cost), mapping, self.level, quick_level)

    def _drawn(
        self, mapping: AnimationMapping, cost: tuple[float, Diffusion] | None, level: int
    ) -> CompressedAnimation:
        animation = self.picture
        file = animation_file(
            self.format, (animation.width, animation.height), mapping.palette, animation.durations, animation.plays,
            animation.metadata, level, self.threads,
        )  # fmt: skip
        if cost:
            file.chooser = LossyPatches(mapping, file.table, *cost, self.lookups)
        for _ in file.draw(mapping.scene.wanted(mapping.labels, price=cost[0] if cost else None)):
            pass
        return CompressedAnimation(file.finished(), self.format, animation, self.threads)

    def finished(self, trial: AnimationTrial) -> CompressedAnimation:
        """The result of a trial."""
        return trial.result
