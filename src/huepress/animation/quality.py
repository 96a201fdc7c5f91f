"""How much an animation differs from its original, frame by frame."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress.animation.animation import Animation
from huepress.color import psnr
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.pixels import Pixels
from huepress.quality import Scores, delta_e, judge, mse, ssim, ssimulacra2

Frames = Iterable[NDArray[np.uint8]]


def judge_whole(
    original: Picture | Animation,
    result: Picture | Animation,
    *,
    threads: int | None = None,
    color_differences: bool = True,
) -> Scores:
    """All scores of a result: of all frames if both are animations, else of the first of each."""
    options: Any = {"bytes": result.source_bytes, "threads": threads, "color_differences": color_differences}
    if not (isinstance(original, Animation) and isinstance(result, Animation)):
        return judge(first_pixels(original), first_pixels(result), **options)
    if len(original) != len(result):
        raise ValueError(f"the original has {len(original)} frames and the result {len(result)}; they must be equal")
    return judge_frames(original.frames(), result.frames(), **options)


def first_pixels(picture: Picture | Animation) -> Pixels:
    """The pixels of a picture, or of the first frame of an animation."""
    return next(picture.frames()) if isinstance(picture, Animation) else picture.pixels


def lowest_score(originals: Frames, results: Frames, threads: int | None = None) -> float:
    """SSIMULACRA2 of the frame that has the lowest."""
    lowest, seen = 100.0, _Pair()
    for original, result in zip(originals, results, strict=True):
        if seen.is_new(original, result):
            lowest = min(lowest, ssimulacra2(original, result, threads=threads))
    return lowest


def judge_frames(
    originals: Frames,
    results: Frames,
    *,
    bytes: int | None = None,
    threads: int | None = None,
    color_differences: bool = True,
) -> Scores:
    """All scores: of MSE, PSNR and mean CIEDE2000 those of all pixels of all frames, of the others the lowest frame's.

    `delta_e_95` is the highest frame's; `colors` and `bits_per_pixel` are of all frames together. Without
    `color_differences`, `delta_e` and `delta_e_95` are nan. Raises ValueError if the animations differ in size or
    number of frames.
    """
    seen, rows, colors, pixels = _Pair(), [], [], 0
    for original, result in zip(originals, results, strict=True):
        if seen.is_new(original, result):
            colors.append(Histogram.of_pixels(result, threads=threads))
            similarity, score = (measure(original, result, threads=threads) for measure in (ssim, ssimulacra2))
            differences = delta_e(original, result) if color_differences else (math.nan, math.nan)
            rows.append((mse(original, result), similarity, score, *differences))
        else:
            rows.append(rows[-1])
        pixels += original.shape[0] * original.shape[1]
    errors, similarities, scores, means, percentiles = zip(*rows, strict=True)
    error = sum(errors) / len(rows)
    return Scores(
        mse=error,
        psnr=psnr(error),
        ssim=min(similarities),
        ssimulacra2=min(scores),
        delta_e=sum(means) / len(rows),
        delta_e_95=max(percentiles),
        colors=len(Histogram.sum(colors)),
        bytes=bytes,
        bits_per_pixel=None if bytes is None else 8 * bytes / pixels,
    )


class _Pair:
    """Remembers the last frames: many animations stand still for a while."""

    def __init__(self) -> None:
        self._last: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None

    def is_new(self, original: NDArray[np.uint8], result: NDArray[np.uint8]) -> bool:
        """Whether the frames differ from the ones before."""
        same = self._last is not None and all(map(np.array_equal, self._last, (original, result)))
        self._last = (original, result)
        return not same
