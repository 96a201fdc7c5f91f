"""Compression: the smallest file for what the eye sees, at a given quality or in a given number of bytes.

The knob is the price of a bit (see `huepress.lossy`). Targets are met by measuring results, not by estimates.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.animation import Animation, read_whole
from huepress.encode import BEST_LEVEL, FAST_LEVEL, FORMATS, Draft, Format, format_of
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.indexed_error import indexed_mse
from huepress.kmeans import Effort, Strategy, strategy_named
from huepress.learn import check_k, learn_exactly
from huepress.lossy import Mapped, Mapping, Scene, Way, is_binary, without_translucency
from huepress.mapping import map_picture, settle
from huepress.palette import Palette, fixed_colors
from huepress.quality import Judge, Scores, judge
from huepress.quantization import as_palette, check_dither, check_real

if TYPE_CHECKING:
    from huepress.animation.compression import CompressedAnimation

_DEFAULT: Final = 0.06  # the mean quality is above that of pngquant's default
_MOST_DEFAULT: Final = 9e-4  # above, soft shadows and smooth gradients begin to show stripes
_LEAST_DEFAULT: Final = 1e-5
_SMALL: Final = 1 << 18  # pixels, from which on the default price does not depend on their number
_FEW: Final = 1 << 16  # pixels, up to which a trial takes some milliseconds
_TRANSLUCENCY: Final = 16.0  # windows keep a score above what the default price gives them
_PLAIN: Final = Way(down=0.35, right=0.25)
_LOOKUPS: Final = 4
_FAST_LOOKUPS: Final = 1


@dataclass(frozen=True, eq=False)
class Compressed:
    """A compressed picture.

    Attributes:
        format: "png", "webp" or "gif".
        indexed: the palette and the indices.
        original: the picture it was made from.
        level: how hard the file is packed, 1 to 12.
        threads: to judge with; by default the usable processors.

    """

    format: Format
    indexed: IndexedPicture
    original: Picture
    level: int = field(default=BEST_LEVEL, repr=False)
    threads: int | None = field(default=None, repr=False)

    @cached_property
    def data(self) -> bytes:
        """The bytes of the file; packed when first asked for."""
        return self._draft.file()

    @cached_property
    def _draft(self) -> Draft:
        return Draft(self.indexed, self.format, self.level, _native.check_threads(self.threads))

    @cached_property
    def ssimulacra2(self) -> float:
        """SSIMULACRA2 of the result; measured when first asked for."""
        judge = Judge(self.original.pixels, threads=self.threads, cached=False)
        return judge.ssimulacra2(self.indices, self.palette.rgba)

    @property
    def palette(self) -> Palette:
        """The colours, most used first."""
        return self.indexed.palette

    @property
    def indices(self) -> NDArray[np.uint8]:
        """(H, W) the palette entry of each pixel."""
        return self.indexed.indices

    @property
    def k(self) -> int:
        """The number of colours."""
        return len(self.palette)

    @property
    def original_bytes(self) -> int | None:
        """The size of the original file; None if it was no file."""
        return self.original.source_bytes

    @cached_property
    def scores(self) -> Scores:
        """How the result compares with the original."""
        return judge(self.original.pixels, self.to_array(), bytes=len(self.data), threads=self.threads)

    def to_array(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, or (H, W, 4) RGBA if the palette has alpha; uint8."""
        return self.indexed.to_array()

    def to_pil(self) -> Any:
        """A Pillow image of mode "P"."""
        return self.indexed.to_pil()

    def save(self, path: str | PathLike[str], *, force: bool = True) -> None:
        """Write the file, whole or not at all; where the suffix is that of another format, the same picture in that.

        Raises:
            WriteError: it cannot be written, or exists and force is False.
            ValueError: the suffix is that of a picture that is not written, such as .jpg.

        """
        from huepress.files import write

        format = format_of(path, self.format)
        write(path, self.data if format == self.format else self.indexed.encode(format), force=force)

    def _repr_png_(self) -> bytes:
        return self.data if self.format == "png" else self.indexed.encode("png")


def compress(
    image: Any,
    *,
    quality: float | None = None,
    max_bytes: int | None = None,
    k: int = 256,
    effort: Effort = "fast",
    dither: float = 0.0,
    palette: Palette | str | Path | None = None,
    fixed: Iterable[Any] | None = None,
    weights: ArrayLike | None = None,
    format: Format | None = None,
    seed: int = 0,
    threads: int | None = None,
    callback: Callable[[int], Any] | None = None,
    first_frame: bool = False,
) -> "Compressed | CompressedAnimation":
    """The image in few bytes: indexed, its palette and its indices chosen for what the eye sees and deflate packs.

    Without a target, a safe default; an image of at most k colours stays exact then.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture`, or array (H, W[, 1|2|3|4]) of uint8, uint16 or float
            in 0..1. Of an animated GIF, PNG or WebP file, or an `Animation`, all frames get one palette; its
            quality is that of the frame that has the lowest.
        quality: the least SSIMULACRA2 of the result, up to 100 (90 visually lossless, 70 high, 50 medium): the
            smallest file that has it, measured; and at most 0.5 above it, if any trial is, unless an exact copy, or
            the nearest of k colours in a picture with soft shadows, takes less.
        max_bytes: the most bytes of the file: the best quality that fits. With quality, that is the least there.
        k: number of colours at most, 1..256.
        effort: how long to look for a better palette, "fast", "balanced" or "best".
        dither: share of the errors that is passed on to the next pixel, 0..1; it costs bytes, and pays only above the
            quality that k colours reach without. A quality out of reach without is sought with it.
        palette: a Palette or palette file to map to; not together with fixed.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        weights: (H, W) >= 0, importance of each pixel.
        format: "png", "webp" (lossless) or "gif"; png by default, of an animation its own.
        seed: of the search for the palette. Results are deterministic.
        threads: by default the usable processors; changes no result.
        callback: gets the number of each trial, from 0, before it is made. What it raises ends the search.
        first_frame: take the first frame of an animation.

    Raises:
        TargetError: the target is out of reach; `best` is the nearest result.
        ReadError: the image cannot be read. ValueError, TypeError: an option is out of its range.

    References:
        Chou, Lookabaugh & Gray 1989 (entropy-constrained vector quantisation); Sneyers 2022 (SSIMULACRA2).

    """
    k, threads = check_k(k), _native.check_threads(threads)
    strategy = strategy_named(effort)
    if format is not None and format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    _check_targets(quality, max_bytes, dither)
    if palette is not None and fixed is not None:
        raise ValueError("palette and fixed do not go together: a given palette stays as it is")
    found = read_whole(image, first_frame=first_frame)
    importance = None if weights is None else _check_weights(weights, (found.height, found.width))
    workshop = _workshop(found, importance, format, threads, callback)
    if effort == "fast" and quality is None and max_bytes is None:
        strategy = strategy.without_swaps()  # a third of the time; merging makes good for it
    given = None if palette is None else as_palette(palette)
    workshop.prepare(k, strategy, given, fixed_colors(fixed), seed)
    result: Compressed | CompressedAnimation = _result(workshop, _diffusion(dither), quality, max_bytes)
    return result


def _workshop(found: Picture | Animation, importance: Any, format: Format | None, threads: int, callback: Any) -> Any:
    if isinstance(found, Picture):
        return _Workshop(found, importance, format or "png", threads, callback)
    from huepress.animation.compression import AnimationWorkshop  # most pictures do without

    return AnimationWorkshop(found, importance, format or found.default_format, threads, callback)


def _result(workshop: Any, plain: Way, quality: float | None, max_bytes: int | None) -> Any:
    if max_bytes is not None:
        from huepress.targets import fitting  # imported when used, as results without a target do without

        return fitting(workshop, plain, int(max_bytes), quality)
    if quality is not None:
        from huepress.targets import reaching

        return reaching(workshop, plain, float(quality))
    if workshop.is_exact:
        return workshop.finished(workshop.exact())
    workshop.level, workshop.lookups = FAST_LEVEL, _FAST_LOOKUPS  # about 1 % more bytes in half the time
    return workshop.finished(workshop.default(plain))


def _diffusion(dither: float) -> Way:
    """Shares whose sum is at most 1: errors that no palette entry can make good would grow without end."""
    right = max(_PLAIN.right, dither)
    return Way(min(_PLAIN.down, 1 - right), right)


def _check_targets(quality: float | None, max_bytes: int | None, dither: float) -> None:
    for value, name in ((quality, "quality"), (max_bytes, "max_bytes")):
        if value is not None:
            check_real(value, name)
    if quality is not None and not -1000 <= quality <= 100:
        raise ValueError(f"quality must be at most 100, not {quality}")
    if max_bytes is not None and not max_bytes >= 1:
        raise ValueError(f"max_bytes must be at least 1, not {max_bytes}")
    check_dither(dither)


def _check_weights(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    values = np.asarray(weights, np.float64)
    if values.shape != shape:
        raise ValueError(f"weights must have the shape of the image, {shape}, not {values.shape}")
    if not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise ValueError("weights must be finite, at least 0, and not all 0")
    return values


class _Trial:
    """A result, the mapping it comes from if one was needed, and its score and bytes when asked for."""

    def __init__(self, workshop: "_Workshop", mapping: Mapping | None, mapped: Mapped) -> None:
        self._workshop = workshop
        self.mapping = mapping
        self.mapped = mapped

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of what the file decodes to."""
        return self._workshop.judge.ssimulacra2(self.mapped.indices, self.mapped.palette.rgba)

    @property
    def error(self) -> float:
        """What of the picture is lost, as the mapping sees it."""
        return self._workshop.error(self.mapped)

    @cached_property
    def data(self) -> bytes:
        """The file."""
        return self.draft.file()

    @cached_property
    def draft(self) -> Draft:
        """The file before it is packed for good."""
        return self._workshop.draft(self.mapped, is_nearest=self.mapping is None)

    @property
    def quick_size(self) -> int:
        """About the bytes of the file: what results are told apart by."""
        return self.draft.size

    @property
    def rough_size(self) -> int:
        """Roughly those: what results are told apart by that differ much."""
        return self.draft.rough_size


class _Workshop:
    """All that trials of one picture share."""

    def __init__(
        self,
        picture: Picture,
        weights: NDArray[np.float64] | None,
        format: Format,
        threads: int,
        callback: Callable[[int], Any] | None,
    ) -> None:
        self.picture, self.format, self.threads = picture, format, threads
        self._weights, self._callback, self._trials = weights, callback, 0
        self.level, self.lookups = BEST_LEVEL, _LOOKUPS
        self._exact: Mapped | None = None

    def prepare(self, k: int, strategy: Strategy, palette: Palette | None, fixed: NDArray[np.uint8], seed: int) -> None:
        """Count the colours, and take them as they are if they are few enough."""
        pixels, weights, threads = self.picture.pixels, self._weights, self.threads
        binary = is_binary(self.format, palette)
        if binary:
            pixels, fixed = without_translucency(pixels), fixed_colors(without_translucency(fixed))
            palette = palette and Palette(without_translucency(palette.colors))
        histogram = Histogram.of_pixels(pixels, threads=self.threads)

        def see() -> Scene:
            most, kept = (k, fixed) if palette is None else (None, palette.colors)
            return Scene(pixels, histogram, weights, most, kept, threads, binary=binary)

        def learn(scene: Scene, translucency: float) -> Mapping:
            learned = palette or scene.learn(k, strategy, fixed, seed, translucency=translucency)
            return Mapping(scene, learned, fixed=len(fixed if palette is None else palette))

        self._see, self._learn = see, learn  # which do not hold this object: its memory is free as soon as it is done
        learned = None if palette else learn_exactly(histogram, k, fixed)
        if learned:
            colors, found = settle(histogram, learned.palette, len(fixed), threads=self.threads)
            self._exact = Mapped(colors, map_picture(pixels, histogram, found.labels, self.threads), len(colors))

    @property
    def is_exact(self) -> bool:
        """Whether every colour of the picture is in its palette."""
        return self._exact is not None

    @cached_property
    def mapping(self) -> Mapping:
        """What results at a price start from; learnt when first asked for, as an exact result does without."""
        return self._learn(self._scene, 1.0)

    @cached_property
    def _scene(self) -> Scene:
        return self._see()

    @property
    def has_shadows(self) -> bool:
        """Whether soft shadows are likely: PNG's filters pack the nearest entries of their levels."""
        return self.format == "png" and not self.is_exact and self._scene.has_levels

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.picture.pixels, threads=self.threads)

    @property
    def default_price(self) -> float:
        """Of a bit without a target: the geometric mean of a fixed one and of what the palette costs for each bit.

        So pictures that 256 colours render all but exactly stay so, and coarsely rendered ones are not packed in vain.
        Below 512 x 512 pixels it falls with the 0.375th power of their number, as the same error costs small pictures
        more of their score.
        """
        price = min(_MOST_DEFAULT, max(_LEAST_DEFAULT, _DEFAULT * sqrt(self.mapping.exchange)))
        share = min(1.0, self.picture.width * self.picture.height / _SMALL)
        return price * sqrt(sqrt(share * sqrt(share)))  # square roots are the same on every machine, powers are not

    def default(self, way: Way) -> _Trial:
        """The result without a target, or nearest entries that take and lose less: filters may pack these.

        They are tried where shadows are likely, and of small pictures, whose judge is asked, too.
        """
        trial = self._plain_trial(self.default_price, way)
        if self.format != "png" or not (self.has_shadows or self.is_small):
            return trial
        nearest = self.shadowed(_TRANSLUCENCY) if self.has_shadows else self.exact()
        if nearest.error > trial.error:
            return trial
        nearest_size, size = self.sizes((nearest, trial))
        if nearest_size >= size or (self.is_small and nearest.score < trial.score):
            return trial
        return nearest

    def sizes(self, trials: Sequence[_Trial]) -> list[int]:
        """About the bytes of the file of each, found beside each other."""
        with ThreadPoolExecutor(min(len(trials), self.threads)) as pool:
            return list(pool.map(lambda trial: trial.quick_size, trials))

    def trial(self, price: float, way: Way, mapping: Mapping | None = None) -> _Trial:
        """The result at a price; by default with the palette merged for it.

        In small pictures, that or its palette refined, whichever is better: with few colours, that gains most.
        """
        trial = self._plain_trial(price, way, mapping)
        if not self.is_small:
            return trial
        refined = _Trial(self, trial.mapping, self.mapping.refined(trial.mapped, price))
        return refined if refined.score > trial.score else trial

    def _plain_trial(self, price: float, way: Way, mapping: Mapping | None = None) -> _Trial:
        self._tell()
        mapping = mapping or self.mapping.merged(way.merging * price)
        return _Trial(self, mapping, mapping.at(price, way, self.lookups))

    @property
    def is_small(self) -> bool:
        """Whether trials take so little time that more are made."""
        return self.picture.width * self.picture.height <= _FEW

    def joining(self, upper: _Trial, lower: _Trial) -> Callable[[float], _Trial]:
        """Results joined: the upper rows of one, until they add this share of its error to the other, with its palette.

        The other is that of the finer palette.
        """
        mapping = Mapping(self.mapping.scene, lower.mapped.palette, fixed=lower.mapped.fixed)
        mapped = mapping.adopted(upper.mapped)
        added = mapping.added_above(mapped, lower.mapped)

        def joined(share: float) -> _Trial:
            self._tell()
            row = float(np.interp(share, added, np.arange(len(added))))
            return _Trial(self, lower.mapping, mapped.above(lower.mapped, row))

        return joined

    def error(self, mapped: Mapped) -> float:
        return Mapping(self.mapping.scene, mapped.palette).sampled_error(mapped.indices)

    def exact(self) -> _Trial:
        """Every pixel as its nearest entry."""
        self._tell()
        return _Trial(self, None, self._exact or self.mapping.plain())

    def shadowed(self, translucency: float) -> _Trial:
        """Every pixel as its nearest entry of a palette where translucent colours count more.

        The more levels of a shadow have entries of their own, the better filters foretell one from another.
        """
        self._tell()
        return _Trial(self, None, self._learn(self._scene, translucency).plain())

    def _tell(self) -> None:
        if self._callback:
            self._callback(self._trials)
        self._trials += 1

    def draft(self, mapped: Mapped, *, is_nearest: bool) -> Draft:
        own = is_nearest and (self.is_exact or self.is_small)
        return Draft(self._indexed(mapped.written, 0.0), self.format, self.level, self.threads, own=own)

    def _indexed(self, mapped: Mapped, error: float) -> IndexedPicture:
        return IndexedPicture(mapped.palette, mapped.indices, error, float("nan"), 0, self.picture.metadata)

    def finished(self, trial: _Trial) -> Compressed:
        mapped = trial.mapped.written
        error = indexed_mse(self.picture.pixels, mapped.palette, mapped.indices, self.threads)
        result = Compressed(self.format, self._indexed(mapped, error), self.picture, self.level, self.threads)
        found = vars(trial)
        known = {"data": found.get("data"), "ssimulacra2": found.get("score"), "_draft": trial.draft}
        vars(result).update({name: value for name, value in known.items() if value is not None})
        return result
