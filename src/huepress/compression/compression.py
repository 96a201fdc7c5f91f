"""Compression: the smallest file for what the eye sees, at a given quality or in a given number of bytes.

The knob is the price of a bit (see `huepress.lossy`). Targets are met by measuring results, not by estimates.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.animation import Animation, read_whole
from huepress.compression.compressed import Compressed
from huepress.compression.compressor import CodingMode, Compressor, Settings
from huepress.compression.picture_compressor import PictureCompressor
from huepress.formats.names import Format, check_format
from huepress.image import Picture
from huepress.kmeans import Effort, strategy_named
from huepress.learn import check_k, fixed_within
from huepress.lossy import Diffusion
from huepress.mapping import warn_of_no_transparency
from huepress.palette import MAX_COLORS, Palette
from huepress.parts import parts_of
from huepress.quantization import as_palette, check_dither, check_given_palette, check_real
from huepress.weights import checked_importance

if TYPE_CHECKING:
    from huepress.compression.compressed_animation import CompressedAnimation

_PLAIN: Final = Diffusion(down=0.35, right=0.25)
_LEAST_IMPORTANCE: Final = 1e-3  # or no price would make pixels of weight 0 look better, and no quality be in reach


def compress(
    image: Any,
    *,
    quality: float | None = None,
    max_bytes: int | None = None,
    k: int | None = None,
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
    """The image in few bytes: indexed, its palette and its indices chosen for what the eye sees and the format packs.

    Without a target, on average of more quality than pngquant's default; an image of at most k colours stays exact
    then.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture`, or array (H, W[, 1|2|3|4]) of uint8, uint16, bool or
            float in 0..1. Of an animated GIF, PNG or WebP file, or an `Animation`, all frames get one palette; its
            quality is that of the frame that has the lowest.
        quality: the least SSIMULACRA2 of the result, up to 100 (90 visually lossless, 70 high, 50 medium): the
            smallest file that has it, measured; and at most 0.5 above it, if any trial is, unless an exact copy, or
            the nearest of k colours in a picture with soft shadows, takes less.
        max_bytes: the most bytes of the file: the best quality that fits. With quality, that is the least there.
        k: number of colours at most, 1..256, by default 256.
        effort: how long to look for a better palette, "fast", "balanced" or "best"; with "best", for better mappings,
            too: on average some 3 % fewer bytes, more in drawings than in photographs, in ten times the time or more.
        dither: share of the errors that is passed on to the next pixel, 0..1; it costs bytes, and pays only above the
            quality that k colours reach without. A quality out of reach without is sought with it.
        palette: a Palette or palette file to map to; not together with k or fixed. Without a transparent colour it
            makes transparent pixels visible, and a warning says so.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        weights: (H, W) >= 0, importance of each pixel; at least a thousandth of the greatest is taken.
        format: "png", "webp" (lossless) or "gif"; png by default, of an animation its own.
        seed: of the search for the palette. Results are deterministic.
        threads: by default the usable processors; changes no result.
        callback: gets the number of each trial, from 0, before it is made. What it raises ends the search.
        first_frame: take the first frame of an animation.

    Raises:
        TargetError: the target is out of reach; `best` is the nearest result.
        ReadError: the image cannot be read.
        ValueError, TypeError: an option is out of its range.

    References:
        Chou, Lookabaugh & Gray 1989 (entropy-constrained vector quantisation); Welch 1984 (LZW, for GIF); Sneyers 2022
        (SSIMULACRA2).

    """
    check_given_palette(palette, k, fixed)
    k, threads = check_k(MAX_COLORS if k is None else k), _native.check_threads(threads)
    strategy, has_target = strategy_named(effort), quality is not None or max_bytes is not None
    if format is not None:
        check_format(format)
    _check_targets(quality, max_bytes, dither)
    found = read_whole(image, first_frame=first_frame)
    if isinstance(found, Picture) and hasattr(image, "__array__"):  # whose memory may hold another picture by the time
        found = replace(found, pixels=found.pixels.copy())  # that the result's scores are asked for
    importance = None if weights is None else _importance(weights, (found.height, found.width))
    if effort == "fast" and not has_target:
        strategy = strategy.without_swaps()  # a third of the time; merging makes good for it
    settings = Settings(
        k=k, strategy=strategy, palette=None if palette is None else as_palette(palette), fixed=fixed_within(fixed, k),
        seed=seed, importance=importance, format=format or found.default_format, threads=threads, callback=callback,
        effort=effort, has_target=has_target,
    )  # fmt: skip
    compressor = _compressor(found, settings)
    if settings.palette is not None:
        warn_of_no_transparency(compressor.histogram, settings.palette)
    return _result(compressor, CodingMode(_diffusion(dither)), quality, max_bytes)


def _compressor(found: Picture | Animation, settings: Settings) -> Compressor[Any]:
    if isinstance(found, Picture):
        return PictureCompressor(found, settings)
    from huepress.compression.animation_compressor import AnimationCompressor  # most pictures do without

    return AnimationCompressor(found, settings)


def _result(
    compressor: Compressor[Any], plain: CodingMode, quality: float | None, max_bytes: int | None
) -> "Compressed | CompressedAnimation":
    if max_bytes is not None:
        from huepress.compression.byte_budget import fitting  # as results without a target do without

        return fitting(compressor, plain, int(max_bytes), quality)
    if quality is not None:
        from huepress.compression.quality_target import reaching

        return reaching(compressor, plain, float(quality))
    if compressor.is_exact:
        return compressor.finished(compressor.nearest())
    return compressor.finished(compressor.default(plain))


def _diffusion(dither: float) -> Diffusion:
    """Shares whose sum is at most 1: errors that no palette entry can make good would grow without end."""
    right = max(_PLAIN.right, dither)
    return Diffusion(min(_PLAIN.down, 1 - right), right)


def _check_targets(quality: float | None, max_bytes: int | None, dither: float) -> None:
    for value, name in ((quality, "quality"), (max_bytes, "max_bytes")):
        if value is not None:
            check_real(value, name)
    if quality is not None and not -1000 <= quality <= 100:
        raise ValueError(f"quality must be between -1000 and 100, not {quality}")
    if max_bytes is not None and not 1 <= max_bytes < math.inf:
        raise ValueError(f"max_bytes must be a finite number of at least 1, not {max_bytes}")
    check_dither(dither)


def _importance(weights: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(H, W) of each pixel, 1 of the most important ones."""
    values = checked_importance(weights, shape).reshape(-1)
    importance, most = np.empty(values.size, np.float32), float(values.max())
    for part in parts_of(values.size):
        importance[part] = np.maximum(np.divide(values[part], most, dtype=np.float64), _LEAST_IMPORTANCE)
    return importance.reshape(shape)
