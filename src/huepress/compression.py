"""Compression: the smallest file for what the eye sees, at a given quality or in a given number of bytes.

The knob is the price of a bit (see `huepress.lossy`). Targets are met by measuring results, not by estimates.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.encode import BEST_LEVEL, FAST_LEVEL, FORMATS, Format, encode
from huepress.errors import TargetError
from huepress.image import Picture, read
from huepress.indexed import IndexedPicture
from huepress.kmeans import Effort, strategy_named
from huepress.learn import check_k
from huepress.lossy import Diffusion, Mapped, Mapping, Scene
from huepress.palette import Palette, parse_colors
from huepress.quality import Judge, Scores, judge, mse
from huepress.quantization import as_palette

DEFAULT_PRICE: Final = 2.5e-4
_FIRST_PRICE: Final = 1e-3
_LEAST_PRICE: Final = 1e-5
_MOST_PRICE: Final = 1e2
_ABOVE: Final = 0.5  # how far above its target a quality may be
_BUDGET_USED: Final = 0.97
_EVALUATIONS: Final = 28
_SMOOTH_EVALUATIONS: Final = 12
_GOLDEN: Final = 0.618034
_NARROW: Final = 0.08  # of log prices
_PLAIN: Final = Diffusion(down=0.45, right=0.15)
_DITHERED: Final = Diffusion(down=0.45, right=0.4)
_GIF_THRESHOLD: Final = 128
_LOOKUPS: Final = 4
_FAST_LOOKUPS: Final = 1


@dataclass(frozen=True, eq=False)
class Compressed:
    """A compressed picture.

    Attributes:
        data: the bytes of the file.
        format: "png", "webp" or "gif".
        indexed: the palette and the indices.
        original: the picture it was made from.

    """

    data: bytes
    format: Format
    indexed: IndexedPicture
    original: Picture

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
        return judge(self.original.pixels, self.to_array(), bytes=len(self.data))

    def to_array(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, or (H, W, 4) RGBA if the palette has alpha; uint8."""
        return self.indexed.to_array()

    def to_pil(self) -> Any:
        """A Pillow image of mode "P"."""
        return self.indexed.to_pil()

    def save(self, path: str | PathLike[str], *, force: bool = True) -> None:
        """Write the file, whole or not at all.

        Raises:
            WriteError: it cannot be written, or exists and force is False.

        """
        from huepress.files import write

        write(path, self.data, force=force)

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
) -> Compressed:
    """The image in few bytes: indexed, its palette and its indices chosen for what the eye sees and deflate packs.

    Without a target, a safe default; an image of at most k colours stays exact then.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture`, or array (H, W[, 1|2|3|4]) of uint8, uint16 or float
            in 0..1.
        quality: the least SSIMULACRA2 of the result, up to 100 (90 visually lossless, 70 high, 50 medium): the
            smallest file that has it, measured.
        max_bytes: the most bytes of the file: the best quality that fits. With quality, that is the least there.
        k: number of colours at most, 1..256.
        effort: how long to look for a better palette, "fast", "balanced" or "best".
        dither: share of the errors that is passed on to the next pixel, 0..1; it costs bytes, and pays only above the
            quality that k colours reach without. A quality out of reach without is sought with it.
        palette: a Palette or palette file to map to; not together with fixed.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        weights: (H, W) >= 0, importance of each pixel.
        format: "png", "webp" (lossless) or "gif"; png by default.
        seed: of the search for the palette. Results are deterministic.
        threads: by default the usable processors; changes no result.
        callback: gets the number of each trial, from 0, before it is made. What it raises ends the search.

    Raises:
        TargetError: the target is out of reach; `best` is the nearest result.
        ReadError: the image cannot be read. ValueError, TypeError: an option is out of its range.

    References:
        Chou, Lookabaugh & Gray 1989 (entropy-constrained vector quantisation); Sneyers 2022 (SSIMULACRA2).

    """
    k, threads = check_k(k), _native.check_threads(threads)
    strategy_named(effort)
    if format is not None and format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    _check_targets(quality, max_bytes, dither)
    if palette is not None and fixed is not None:
        raise ValueError("palette and fixed do not go together: a given palette stays as it is")
    picture = image if isinstance(image, Picture) else read(image)
    importance = None if weights is None else _check_weights(weights, picture.pixels.shape[:2])
    workshop = _Workshop(picture, importance, format or "png", threads, callback)
    workshop.prepare(k, effort, None if palette is None else as_palette(palette), parse_colors(fixed or ()), seed)
    plain = Diffusion(_PLAIN.down, max(_PLAIN.right, dither))
    if max_bytes is not None:
        return _fitting(workshop, plain, int(max_bytes), quality)
    if quality is not None:
        return _reaching(workshop, plain, float(quality))
    if workshop.is_exact:
        return workshop.finished(workshop.exact())
    workshop.level, workshop.lookups = FAST_LEVEL, _FAST_LOOKUPS  # about 1 % more bytes in half the time
    return workshop.finished(workshop.trial(DEFAULT_PRICE, plain))


def _check_targets(quality: float | None, max_bytes: int | None, dither: float) -> None:
    if quality is not None and not -1000 <= quality <= 100:
        raise ValueError(f"quality must be at most 100, not {quality}")
    if max_bytes is not None and not max_bytes >= 1:
        raise ValueError(f"max_bytes must be at least 1, not {max_bytes}")
    if not 0 <= dither <= 1:
        raise ValueError(f"dither must be between 0 and 1, not {dither}")


def _check_weights(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    values = np.asarray(weights, np.float64)
    if values.shape != shape:
        raise ValueError(f"weights must have the shape of the image, {shape}, not {values.shape}")
    if not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise ValueError("weights must be finite, at least 0, and not all 0")
    return values


class _Trial:
    """A mapping, and its score and bytes when asked for."""

    def __init__(self, workshop: "_Workshop", mapping: Mapping, mapped: Mapped) -> None:
        self._workshop = workshop
        self.mapping = mapping
        self.mapped = mapped

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of what the file decodes to."""
        return self._workshop.judge.ssimulacra2(self.mapped.palette.colors[self.mapped.indices])

    @cached_property
    def data(self) -> bytes:
        """The file."""
        return self._workshop.encoded(self.mapped)


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

    def prepare(self, k: int, effort: Effort, palette: Palette | None, fixed: NDArray[np.uint8], seed: int) -> None:
        """Learn the palette to start from."""
        pixels = self.picture.pixels
        if self.format == "gif" and self.picture.has_alpha:
            pixels = _without_translucency(pixels)
        scene = Scene(pixels, self._weights, k, fixed if palette is None else palette.colors, self.threads)
        learned = palette or scene.learn(k, effort, fixed, seed)
        self.is_exact = palette is None and len(scene.histogram) <= k
        self.mapping = Mapping(scene, learned, fixed=len(fixed) if palette is None else len(learned))

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.picture.pixels, threads=self.threads)

    def trial(self, price: float, diffusion: Diffusion, mapping: Mapping | None = None) -> _Trial:
        """The result at a price, with the palette merged for it, or of the given mapping."""
        self._tell()
        mapping = mapping or self.mapping.merged(price)
        return _Trial(self, mapping, mapping.at(price, diffusion, self.lookups))

    def exact(self) -> _Trial:
        """Every pixel as its nearest entry."""
        self._tell()
        return _Trial(self, self.mapping, self.mapping.plain())

    def _tell(self) -> None:
        if self._callback:
            self._callback(self._trials)
        self._trials += 1

    def encoded(self, mapped: Mapped) -> bytes:
        return encode(self._indexed(mapped, 0.0), self.format, level=self.level)

    def _indexed(self, mapped: Mapped, error: float) -> IndexedPicture:
        return IndexedPicture(mapped.palette, mapped.indices, error, float("nan"), 0, self.picture.metadata)

    def finished(self, trial: _Trial) -> Compressed:
        mapped = trial.mapped
        error = mse(self.picture.pixels, mapped.palette.colors[mapped.indices])
        return Compressed(trial.data, self.format, self._indexed(mapped, error), self.picture)


def _without_translucency(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opaque = pixels[..., 3:] >= _GIF_THRESHOLD
    return np.where(opaque, np.concatenate([pixels[..., :3], np.full_like(pixels[..., 3:], 255)], axis=2), 0)


# -- targets -------------------------------------------------------------------------------------------------------


class _Search:
    """Seeks the price at which a falling measure of the trials is inside `low` .. `high`.

    A secant on logarithms of prices inside a shrinking bracket. As merging makes steps in the measure, the palette is
    frozen once the bracket is narrow.
    """

    def __init__(
        self,
        workshop: _Workshop,
        diffusion: Diffusion,
        measure: Callable[[_Trial], float],
        low: float,
        high: float,
        slope: float,
    ) -> None:
        """`slope`: expected change of the measure per unit of log price."""
        self._workshop, self._diffusion, self._measure = workshop, diffusion, measure
        self._low, self._high, self._slope = low, high, slope
        self._aim = low + 0.4 * (high - low)
        self._left, self._right = log(_LEAST_PRICE), log(_MOST_PRICE)
        self._at_left: float | None = None
        self._at_right: float | None = None
        self._frozen: Mapping | None = None

    def run(self) -> list[_Trial]:
        """All trials made; the last is inside if one was."""
        trials: list[_Trial] = []
        place = log(_FIRST_PRICE)
        for step in range(_EVALUATIONS):
            trials.append(self._workshop.trial(exp(place), self._diffusion, self._frozen))
            value = self._measure(trials[-1])
            if self._low <= value <= self._high or place == self._end(value):
                break
            self._take(place, value, trials[-1])
            place = self._next(place, value, step)
        return trials

    def _end(self, value: float) -> float:
        """The end of all prices on the side that the value asks for."""
        return log(_MOST_PRICE) if value > self._high else log(_LEAST_PRICE)

    def _take(self, place: float, value: float, trial: _Trial) -> None:
        if value > self._high:
            self._left, self._at_left = place, value
            self._best = trial.mapping
        else:
            self._right, self._at_right = place, value
        narrow = self._right - self._left < _NARROW and self._at_left is not None
        if narrow and self._frozen is None:
            self._frozen, self._right, self._at_right = self._best, self._right + 10 * _NARROW, None

    def _next(self, place: float, value: float, step: int) -> float:
        if step >= _SMOOTH_EVALUATIONS and self._at_left is not None:  # a small picture, where chance rules: sample
            return self._left + _NARROW * ((step * _GOLDEN) % 1.0 - 0.25)
        if self._at_left is None or self._at_right is None:
            if self._frozen is not None:
                return min(self._right, self._left + _NARROW * 2)
            move = (self._aim - value) / self._slope * (1 + 0.5 * step)
            if value < self._low:  # the measure may have a ceiling: do not creep towards it
                move = min(move, -1.0 - 2.0 * step)
            return min(self._right, max(self._left, place + move))
        share = (self._at_left - self._aim) / (self._at_left - self._at_right)
        share = 0.5 if step % 3 == 2 and step > 4 else min(0.9, max(0.1, share))
        return self._left + (self._right - self._left) * share


def _score(trial: _Trial) -> float:
    return trial.score


def _log_bytes(trial: _Trial) -> float:
    return log(len(trial.data))


def _reaching(workshop: _Workshop, plain: Diffusion, quality: float) -> Compressed:
    trials: list[_Trial] = []
    for diffusion in (plain, _DITHERED):
        trials += _Search(workshop, diffusion, _score, quality, quality + _ABOVE, -8.0).run()
        if workshop.is_exact or diffusion is plain:
            trials.append(workshop.exact())
        good = [trial for trial in trials if trial.score >= quality]
        if good:
            good = [trial for trial in good if trial.score <= quality + _ABOVE] or good
            return workshop.finished(min(good, key=lambda trial: len(trial.data)))
    best = max(trials, key=lambda trial: trial.score)
    raise TargetError(
        f"{workshop.picture.name}: quality {quality:g} is out of reach; the most that "
        f"{len(workshop.mapping.palette)} colours give is {best.score:.1f}",
        workshop.finished(best),
    )


def _fitting(workshop: _Workshop, plain: Diffusion, budget: int, quality: float | None) -> Compressed:
    trials = [workshop.exact()]
    if workshop.is_exact and len(trials[0].data) <= budget:
        return workshop.finished(trials[0])
    for diffusion in (plain, _DITHERED):
        trials += _Search(workshop, diffusion, _log_bytes, log(_BUDGET_USED * budget), log(budget), -0.45).run()
        if any(_BUDGET_USED * budget <= len(trial.data) <= budget for trial in trials):
            break
        if all(len(trial.data) > budget for trial in trials):
            break
    fitting = [trial for trial in trials if len(trial.data) <= budget]
    if not fitting:
        least = min(trials, key=lambda trial: len(trial.data))
        raise TargetError(
            f"{workshop.picture.name}: {budget} bytes are out of reach; the least is {len(least.data)}",
            workshop.finished(least),
        )
    filling = [trial for trial in fitting if len(trial.data) >= _BUDGET_USED * budget]
    best = max(filling or fitting, key=_score)
    if quality is not None and best.score < quality:
        raise TargetError(
            f"{workshop.picture.name}: quality {quality:g} is out of reach in {budget} bytes; "
            f"the most there is {best.score:.1f}",
            workshop.finished(best),
        )
    return workshop.finished(best)
