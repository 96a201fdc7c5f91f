"""How much a result differs from its original.

Pictures are arrays (H, W, 3) or (H, W, 4) of uint8: sRGB, not premultiplied, of equal size. With alpha,
MSE, SSIM and CIEDE2000 are means over a black and a white background, and SSIMULACRA2 is the lower of the
scores over grey 26 and 230. MSE, PSNR, SSIM and CIEDE2000 rank dithered pictures too low; SSIMULACRA2 ranks
them as the eye does.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.color import ciede2000, psnr, srgb_to_lab
from huepress.histogram import Histogram
from huepress.perceived_errors import PerceivedErrors
from huepress.pixels import Pixels, canonical

Floats = NDArray[np.float64]

_GREYS: Final = (26, 230)
_CACHED_PIXELS: Final = 8_000_000  # over all backgrounds; 17 bytes each
_BAND_PIXELS: Final = 1 << 15  # rows are taken in bands that stay in the processor's cache


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How a result compares with its original.

    Attributes:
        mse: squared error in sRGB levels 0..255, summed over channels, per pixel: 0 if exact, at most 195075.
        psnr: 10 log10(3 * 255^2 / MSE) in dB; inf if exact.
        ssim: structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004), 1 if exact; nan if it was not asked for.
        ssimulacra2: (Sneyers 2022), 100 if exact, 90 visually lossless, 70 high, 50 medium; may be below 0.
        delta_e: mean CIEDE2000 (Sharma, Wu & Dalal 2005), 0 if exact; nan if it was not asked for.
        delta_e_95: 95th percentile of CIEDE2000, likewise.
        colors: distinct colours of the result.
        bytes: of the file of the result; None if its size is not known.
        bits_per_pixel: of the file of the result; None if its size is not known.

    """

    mse: float
    psnr: float
    ssim: float
    ssimulacra2: float
    delta_e: float
    delta_e_95: float
    colors: int
    bytes: int | None = None
    bits_per_pixel: float | None = None


def judge(
    original: Pixels,
    result: Pixels,
    *,
    bytes: int | None = None,
    threads: int | None = None,
    color_differences: bool = True,
) -> Scores:
    """The scores of a result; `bytes` is the size of its file. Raises ValueError if the sizes differ.

    Without `color_differences`, `delta_e` and `delta_e_95`, which take longest where there are many colours, are nan.
    """
    error = mse(original, result)
    mean, percentile = delta_e(original, result) if color_differences else (math.nan, math.nan)
    return Scores(
        mse=error,
        psnr=psnr(error),
        ssim=ssim(original, result, threads=threads),
        ssimulacra2=ssimulacra2(original, result, threads=threads),
        delta_e=mean,
        delta_e_95=percentile,
        colors=len(Histogram.of_pixels(canonical(result, keep_hidden=False), threads=threads)),
        bytes=bytes,
        bits_per_pixel=None if bytes is None else 8 * bytes / (result.shape[0] * result.shape[1]),
    )


def mse(original: Pixels, result: Pixels) -> float:
    """Squared error in sRGB levels 0..255, summed over channels, per pixel; exact up to the last division."""
    check_pair(original, result)
    pixels: int = original.shape[0] * original.shape[1]
    if not (_has_alpha(original) or _has_alpha(result)):
        bands = _bands(original[..., :3], result[..., :3])
        return sum(_square_sum(a.astype(np.int32) - b) for a, b in bands) / pixels
    total = sum(_square_sum_over_black_and_white(*_differing(a, b)) for a, b in _bands(original, result))
    return total / (2 * 255**2 * pixels)


def ssim(original: Pixels, result: Pixels, *, threads: int | None = None) -> float:
    """Structural similarity, mean over channels (Wang et al. 2004: Gaussian window, sigma 1.5, 11x11 pixels).

    The mean is taken where the whole window is inside. Below 11 pixels a side, pictures are padded by
    reflection. The number of threads changes no score.
    """
    check_pair(original, result)
    original, result = (_padded(pixels, _native.SSIM_WINDOW) for pixels in (original, result))
    greys = (0, 255) if _has_alpha(original) or _has_alpha(result) else (0,)
    threads = _native.check_threads(threads)
    sums = [_native.ssim_sum(original, result, grey=grey, threads=threads) for grey in greys]
    height, width = (side - _native.SSIM_WINDOW + 1 for side in original.shape[:2])
    return float(sum(sums) / len(sums) / (3 * height * width))


def delta_e(original: Pixels, result: Pixels) -> tuple[float, float]:
    """Mean and 95th percentile of CIEDE2000 over the pixels (Sharma et al. 2005; white D65)."""
    check_pair(original, result)
    found = [pairs for a, b in _bands(original, result, pixels=1 << 20) for pairs in _band_differences(a, b)]
    differences, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(differences)
    reached = np.cumsum(counts[order])
    percentile = differences[order[np.searchsorted(reached, 0.95 * reached[-1])]]
    return float(differences @ counts / reached[-1]), float(percentile)


def ssimulacra2(original: Pixels, result: Pixels, *, threads: int | None = None) -> float:
    """SSIMULACRA2 (Sneyers 2022): 100 if exact, 90 visually lossless, 70 high, 50 medium; can be negative.

    Below 8 pixels a side, pictures are padded by reflection. For many results of one original, use `Judge`.
    """
    return Judge(original, threads=threads, cached=False).ssimulacra2(result)


class Judge:
    """Scores many results of one original: its planes are kept, which saves a quarter of the time.

    They take about 17 bytes a pixel, twice that with alpha. Above 8 megapixels (4 with alpha) nothing is kept,
    and scoring takes about 8 bytes a pixel. The number of threads changes no score.
    """

    def __init__(self, original: Pixels, *, threads: int | None = None, cached: bool = True) -> None:
        check_pair(original, original)
        self._original = np.ascontiguousarray(original)  # once, not for each score
        self._alpha = _has_alpha(original)
        self._threads = threads
        planes = original.shape[0] * original.shape[1] * (1 + self._alpha)
        self._cached = cached and planes <= _CACHED_PIXELS
        self._caches: dict[int, NDArray[np.float32]] = {}

    def ssimulacra2(self, result: Pixels, palette: Pixels | None = None) -> float:
        """The score of a result (H, W, 3|4), or of indices (H, W) into a palette (k, 4), which saves decoding them.

        With alpha in either picture the lower over grey 26 and 230.
        """
        return self.errors(result, palette).score

    def errors(self, result: Pixels, palette: Pixels | None = None) -> PerceivedErrors:
        """What the score is told from."""
        if palette is None:
            check_pair(self._original, result)
        else:
            _check_indices(self._original, result, palette)
        greys = _GREYS if self._alpha or _has_alpha(result if palette is None else palette) else _GREYS[:1]
        original, result = _padded(self._original, 8), _padded(result, 8)
        caches = [self._cache(original, grey) for grey in greys] if self._cached else None
        sums = _native.ssimulacra2_sums(
            original, result, greys=greys, palette=palette, caches=caches, threads=self._threads
        )
        return PerceivedErrors(sums, *original.shape[:2])

    def _cache(self, original: Pixels, grey: int) -> NDArray[np.float32]:
        grey = grey if self._alpha else _GREYS[0]  # an opaque original is the same over each
        if grey not in self._caches:
            self._caches[grey] = _native.ssimulacra2_cache(original, grey=grey, threads=self._threads)
        return self._caches[grey]


def check_pair(original: Pixels, result: Pixels) -> None:
    """Raises TypeError or ValueError unless both are pictures (H, W, 3|4) of uint8 and of equal size."""
    for pixels, name in ((original, "original"), (result, "result")):
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            raise TypeError(f"the {name} must be an array of uint8, not {getattr(pixels, 'dtype', type(pixels))}")
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or 0 in pixels.shape:
            raise ValueError(f"the {name} must have shape (H, W, 3) or (H, W, 4), not {pixels.shape}")
    if original.shape[:2] != result.shape[:2]:
        (h, w), (other_h, other_w) = original.shape[:2], result.shape[:2]
        raise ValueError(f"the original is {w} x {h} pixels and the result {other_w} x {other_h}; they must be equal")


def _check_indices(original: Pixels, indices: Pixels, palette: Pixels) -> None:
    if indices.shape != original.shape[:2] or int(indices.max()) >= len(palette):
        raise ValueError(f"indices must have shape {original.shape[:2]}, below {len(palette)}")


def _has_alpha(pixels: Pixels) -> bool:
    return pixels.shape[-1] == 4 and int(pixels[..., 3].min()) < 255


def _padded(pixels: Pixels, side: int) -> Pixels:
    """At least `side` pixels a side, by reflection."""
    height, width = pixels.shape[:2]
    if height >= side and width >= side:
        return pixels
    sides = ((0, max(0, side - height)), (0, max(0, side - width)), (0, 0))
    return np.pad(pixels, sides[: pixels.ndim], mode="symmetric")


def _bands(a: Pixels, b: Pixels, *, pixels: int = _BAND_PIXELS) -> Iterator[tuple[Pixels, Pixels]]:
    rows = max(1, pixels // a.shape[1])
    for y in range(0, a.shape[0], rows):
        yield a[y : y + rows], b[y : y + rows]


def _square_sum(differences: NDArray[Any]) -> int:
    return int(np.square(differences, dtype=np.int64).sum())


def _differing(a: Pixels, b: Pixels) -> tuple[Pixels, Pixels]:
    """The pixels (n, 1, 4) that are not equal, if they are few, as in flat graphics; else all."""
    if a.shape != b.shape:
        return a, b
    whole_a, whole_b = (np.ascontiguousarray(pixels).view(np.uint32).reshape(-1) for pixels in (a, b))
    places = np.flatnonzero(whole_a != whole_b)
    if 4 * len(places) > len(whole_a):
        return a, b
    unequal = (whole[places].view(np.uint8).reshape(-1, 1, 4) for whole in (whole_a, whole_b))
    return next(unequal), next(unequal)


def _square_sum_over_black_and_white(a: Pixels, b: Pixels) -> int:
    """In units of 1 / 255 of a level, so that all is whole numbers."""
    black = _premultiplied(a) - _premultiplied(b)
    white = black - 255 * (_alpha(a) - _alpha(b))
    return _square_sum(black) + _square_sum(white)


def _alpha(pixels: Pixels) -> NDArray[np.int32]:
    if pixels.shape[2] == 3:
        return np.full((*pixels.shape[:2], 1), 255, np.int32)
    return pixels[..., 3:].astype(np.int32)


def _premultiplied(pixels: Pixels) -> NDArray[np.int32]:
    return pixels[..., :3] * _alpha(pixels)


def _backgrounds(original: Pixels, result: Pixels) -> list[tuple[Pixels, Pixels]]:
    """Both as RGB over black and over white; once if both are opaque, where that is the same."""
    if not (_has_alpha(original) or _has_alpha(result)):
        return [(original[..., :3], result[..., :3])]
    return [(_over(original, grey), _over(result, grey)) for grey in (0, 255)]


def _over(pixels: Pixels, grey: int) -> Pixels:
    """RGB over a grey level, rounded to the nearest level."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint16)
    total = pixels[..., :3] * alpha
    total += grey * (255 - alpha) + np.uint16(127)
    total += (total >> 8) + np.uint16(1)  # what the next line divides by is so 255
    return (total >> 8).astype(np.uint8)


def _band_differences(a: Pixels, b: Pixels) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """CIEDE2000 and how often it occurs, over both backgrounds."""
    if np.array_equal(a, b):
        yield np.zeros(1), np.full(1, 2 * a.shape[0] * a.shape[1])
        return
    pairs = _backgrounds(a, b)
    for pair in pairs:
        differences, counts = _color_differences(*pair)
        yield differences, 2 // len(pairs) * counts


def _color_differences(a: Pixels, b: Pixels) -> tuple[Floats, NDArray[np.int64]]:
    """CIEDE2000 of each pair of colours that occurs, and how often it does: there are far fewer pairs than pixels."""
    pairs, counts = np.unique(_packed(a) << 24 | _packed(b), return_counts=True)
    parts = [pairs[start : start + _BAND_PIXELS] for start in range(0, len(pairs), _BAND_PIXELS)]
    differences = [ciede2000(srgb_to_lab(_unpacked(part >> 24)), srgb_to_lab(_unpacked(part))) for part in parts]
    return np.concatenate(differences), counts


def _packed(pixels: Pixels) -> NDArray[np.int64]:
    return pixels[..., 0].astype(np.int64) << 16 | pixels[..., 1].astype(np.int64) << 8 | pixels[..., 2]


def _unpacked(packed: NDArray[np.int64]) -> Pixels:
    return np.stack([packed >> shift & 255 for shift in (16, 8, 0)], axis=-1).astype(np.uint8)
