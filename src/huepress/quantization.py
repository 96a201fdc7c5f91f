"""Plain K-means from image to indexed picture: every pixel becomes its nearest colour."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native
from huepress.animation import Animation, read_whole
from huepress.animation.indexed import IndexedAnimation
from huepress.animation.quantization import quantize_animation
from huepress.color_quantization import quantize_colors
from huepress.dither import diffuse
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.indexed import IndexedPicture, without_unused
from huepress.indexed_error import indexed_mse
from huepress.iteration import Callback
from huepress.kmeans import Effort
from huepress.learn import check_k
from huepress.mapping import map_picture
from huepress.palette import Palette, fixed_colors, listed
from huepress.parts import label_counts, looked_up
from huepress.pixels import with_alpha
from huepress.scene import without_translucency
from huepress.space import SpaceName

DEFAULT_K: Final = 16


def quantize(
    image: Any,
    *,
    k: int | None = None,
    effort: Effort = "balanced",
    space: SpaceName = "srgb",
    dither: float = 0.0,
    palette: Palette | str | Path | None = None,
    fixed: Iterable[Any] | None = None,
    weights: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    callback: Callback | None = None,
    first_frame: bool = False,
) -> IndexedPicture | IndexedAnimation:
    """The image with only k colours, found by K-means over all its pixels.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture`, or array (H, W[, 1|2|3|4]) of uint8, uint16, bool or
            float in 0..1. Of an animated GIF, PNG or WebP file, or an `Animation`, all frames get one palette; the
            result is an `IndexedAnimation`.
        k: number of colours, 1..256, by default 16. With no more than k colours in the image the result is exact.
        effort: how long to search for a better palette, "fast", "balanced" or "best".
        space: "srgb" or "oklab", where K-means takes its distances; mapping is nearest in sRGB.
        dither: strength of serpentine error diffusion in sRGB, 0..1; pixels whose colour is in the palette stay.
        palette: a Palette or palette file to map to; not together with k or fixed. Without a transparent colour it
            makes transparent pixels visible, and a warning says so.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        weights: (H, W) >= 0, importance of each pixel for learning; counts stay pixel counts.
        seed: of the search. Results are deterministic.
        threads: by default the usable processors; changes no result.
        callback: gets each `Iteration` while the search runs; changes no result. What it raises ends the search.
        first_frame: take the first frame of an animation.

    Raises:
        ReadError: the image cannot be read.
        ValueError, TypeError: an option is out of its range.

    """
    check_given_palette(palette, k, fixed)
    k = check_k(DEFAULT_K if k is None else k)
    check_dither(dither)
    options: dict[str, Any] = {
        "palette": None if palette is None else as_palette(palette), "fixed": listed(fixed),
        "effort": effort, "space": space, "dither": dither, "weights": weights, "seed": seed, "callback": callback,
        "threads": _native.check_threads(threads),
    }  # fmt: skip
    found = read_whole(image, first_frame=first_frame)
    if isinstance(found, Animation):
        return quantize_animation(found, k=k, **options)
    return quantize_picture(found, k=k, **options)


def quantize_picture(
    picture: Picture,
    *,
    k: int,
    effort: Effort = "balanced",
    space: SpaceName = "srgb",
    dither: float = 0.0,
    palette: Palette | None = None,
    fixed: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    callback: Callback | None = None,
    histogram: Histogram | None = None,
) -> IndexedPicture:
    """As `quantize`, with options in their ranges, of one picture; `histogram`: its own, if it is counted already."""
    threads = _native.check_threads(threads)
    if histogram is None:
        histogram = Histogram.of_pixels(picture.pixels, weights=weights, threads=threads)
    colors, found, inertia, iterations = quantize_colors(
        histogram, k=k, effort=effort, space=space, palette=palette, fixed=fixed, seed=seed, threads=threads,
        callback=callback,
    )  # fmt: skip
    indices = map_picture(picture.pixels, histogram, found.labels, threads)
    error = found.error / indices.size
    if dither:
        indices = diffuse(picture.pixels, colors, indices, dither)
        error = indexed_mse(picture.pixels, colors, indices, threads)
        if palette is None:
            colors, indices = without_unused(colors.colors, indices, _is_among(colors, fixed_colors(fixed)))
        else:
            colors = Palette(colors.colors, label_counts(indices, len(colors)))
    return IndexedPicture(colors, indices, error, inertia, iterations, picture.metadata)


def shown_by_gif(indexed: IndexedPicture, original: NDArray[np.uint8], threads: int) -> IndexedPicture:
    """What a GIF shows of an indexed picture, as it has no partial transparency, with the error of that."""
    shown = without_translucency(indexed.palette.rgba)
    if np.array_equal(shown, indexed.palette.rgba):
        return indexed
    colors, entries = np.unique(shown, axis=0, return_inverse=True)
    indices = looked_up(entries.reshape(-1).astype(np.uint8), indexed.indices)
    palette, indices = without_unused(colors, indices, np.ones(len(colors), bool))
    return replace(indexed, palette=palette, indices=indices, mse=indexed_mse(original, palette, indices, threads))


def _is_among(colors: Palette, kept: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each colour is one of those to be kept, (n, 3|4)."""
    among: NDArray[np.bool_] = (colors.rgba[:, np.newaxis] == with_alpha(kept)).all(axis=2).any(axis=1)
    return among


def check_real(value: Any, name: str) -> None:
    """Raise TypeError for what is no number."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}")


def check_dither(dither: Any) -> None:
    """Raise TypeError or ValueError for what is no strength of diffusion."""
    check_real(dither, "dither")
    if not 0 <= dither <= 1:
        raise ValueError(f"dither must be between 0 and 1, not {dither}")


def check_given_palette(palette: Any, k: Any, fixed: Any) -> None:
    """Raise ValueError for a palette beside what another one would be learnt from."""
    for value, name in ((k, "k"), (fixed, "fixed")):
        if palette is not None and value is not None:
            raise ValueError(f"palette and {name} do not go together: a given palette stays as it is")


def as_palette(palette: Palette | str | Path) -> Palette:
    """The palette, read from a file if it is a path."""
    if isinstance(palette, Palette):
        return palette
    if not isinstance(palette, str | PathLike):
        raise TypeError(f"palette must be a Palette or the path of a palette file, not {type(palette).__name__}")
    from huepress.palette_files import load_palette

    return load_palette(palette)
