"""Learning a palette: the colours of a histogram become points, K-means clusters them, centres become colours."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress import _native, kmeans
from huepress._native import Points
from huepress.color_points import ColorPoints, cluster_pixels, seeing
from huepress.histogram import Histogram
from huepress.iteration import Callback, Iteration, Listener
from huepress.kmeans import Effort
from huepress.palette import MAX_COLORS, Palette, fixed_colors
from huepress.space import Space, SpaceName, space_named
from huepress.weights import as_numbers


class Learned(NamedTuple):
    """A palette and how it was found.

    Attributes:
        palette: rounded to 8 bits, without repeats; counts are the pixels of each cluster.
        inertia: sum of weighted squared distances to the unrounded centres, in the space's units.
        iterations: Lloyd iterations over all colours.
        points: the points that were clustered, if they are all colours of the histogram in its order.
        separate: whether k is enough for entries of transparent, partial and opaque colours apart.

    """

    palette: Palette
    inertia: float
    iterations: int
    points: Points | None = None
    separate: bool = True


def learn_palette(
    image: Any,
    k: int,
    *,
    effort: Effort = "balanced",
    space: SpaceName = "srgb",
    fixed: Iterable[Any] | None = None,
    weights: ArrayLike | None = None,
    init: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    callback: Callback | None = None,
) -> Palette:
    """The palette of up to k colours that K-means finds, most used first.

    Args:
        image: a `Histogram`, or an image as in `quantize`, of an animation the first frame.
        k: number of colours, 1..256.
        effort: how long to search, "fast", "balanced" or "best"; greys get the optimum at once.
        space: "srgb" or "oklab" (Ottosson 2020, unscaled), where distances are taken.
        fixed: colours that stay in the palette untouched, used or not; they count towards k.
        weights: (H, W) >= 0, importance of each pixel; counts stay pixel counts. Not with a `Histogram`, which has its
            own.
        init: (k, 3|4) centres, 0..255: plain Lloyd iterations from these to their fixed point, no search.
        seed: of the search. Results are deterministic.
        threads: by default the usable processors; changes no result.
        callback: gets each `Iteration` while the search runs; changes no result. What it raises ends the search.

    Returns:
        Palette: its counts are the pixels of each cluster, its centers the means before rounding, its inertia that of
        these. Equal entries are merged, so it may have fewer colours.

    Raises:
        ReadError: the image cannot be read.
        ValueError, TypeError: an option is out of its range.

    References:
        Lloyd 1982; Kanungo et al. 2002 (filtering); Fränti 2018, Lattanzi & Sohler 2019 (swaps); Wang & Song 2011
        (greys).

    """
    threads = _native.check_threads(threads)
    if isinstance(image, Histogram):
        if weights is not None:
            raise ValueError("weights go with an image: a histogram has its own")
        histogram = image
    else:
        histogram = Histogram.of(image, weights=weights, threads=threads)
    found = learn(
        histogram, k, effort=effort, space=space, fixed=fixed, init=init, seed=seed, threads=threads, callback=callback
    )
    return _counted(histogram, found, seeing(space_named(space), histogram, k), threads).ordered()


def check_k(k: Any) -> int:
    """K as a whole number 1..256."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise TypeError(f"k must be a whole number, not {k!r}")
    if not 1 <= k <= MAX_COLORS:
        raise ValueError(f"k must be 1 to {MAX_COLORS}, not {k}")
    return int(k)


def fixed_within(fixed: Iterable[Any] | None, k: int) -> NDArray[np.uint8]:
    """The fixed colours (n, 3|4), each once; ValueError if they are more than k."""
    kept = fixed_colors(fixed)
    if len(kept) > k:
        raise ValueError(f"there are {len(kept)} fixed colours, more than k = {k}")
    return kept


def learn(
    histogram: Histogram,
    k: int,
    *,
    effort: Effort = "balanced",
    space: SpaceName | Space = "srgb",
    fixed: Iterable[Any] | None = None,
    init: ArrayLike | None = None,
    seed: int = 0,
    threads: int = 1,
    callback: Callback | None = None,
) -> Learned:
    """As `learn_palette`, from a histogram, with the inertia."""
    k, strategy, seed = check_k(k), kmeans.strategy_named(effort), _native.check_seed(seed)
    where = seeing(space if isinstance(space, Space) else space_named(space), histogram, k)
    kept = fixed_within(fixed, k)
    if len(kept) and init is not None:
        raise ValueError("init and fixed do not go together: all centres of init move")
    if not len(histogram):
        raise ValueError("the histogram is empty: there is nothing to learn from")
    if init is None and (exact := learn_exactly(histogram, k, kept)) is not None:
        if callback:
            callback(Iteration(0, 0.0, exact.palette.colors.astype(np.float64), 0.0))
        return exact
    colors = ColorPoints.of(histogram, where, k, kept)
    listener = Listener(callback, where, colors.weight_scale) if callback else None
    if init is not None:
        result = colors.lloyd(_check_init(init, k), threads, listener)
    else:
        result = kmeans.cluster(
            colors.points, k, strategy, fixed=colors.coordinates(kept) if len(kept) else None,
            fixed_classes=colors.classes_of(kept) if len(kept) else None, seed=seed, threads=threads, listener=listener,
        )  # fmt: skip
    palette = colors.palette(result, kept)
    return Learned(
        palette, palette.inertia or 0.0, result.iterations, colors.points if colors.whole else None, colors.separate
    )


def _counted(histogram: Histogram, found: Learned, space: Space, threads: int) -> Palette:
    """The palette with the pixels of each cluster, where its counts are weights, or are rounded to fit the kernel."""
    palette = found.palette
    if palette.counts.sum() == histogram.pixels:
        return palette
    counts = cluster_pixels(histogram, space, palette, threads, separate=found.separate)
    return Palette(palette.colors, counts, centers=palette.centers, inertia=palette.inertia)


def learn_exactly(histogram: Histogram, k: int, kept: NDArray[np.uint8]) -> Learned | None:
    """The fixed colours (n, 3|4) and all others that there are, if they are no more than k together."""
    if len(histogram) > k:
        return None
    fixed_keys = _native.keys_of_colors(kept).tolist() if len(kept) else []
    keys = list(dict.fromkeys([*fixed_keys, *histogram.keys.tolist()]))
    if len(keys) > k:
        return None
    used = dict(zip(histogram.keys.tolist(), histogram.counts.tolist(), strict=True))
    channels = 4 if histogram.has_alpha or kept.shape[1] == 4 else 3
    exact = _native.colors_of_keys(np.array(keys, np.uint32), channels)
    counts = np.array([used.get(key, 0) for key in keys], np.int64)
    return Learned(Palette(exact, counts, centers=exact, inertia=0.0), 0.0, 0)


def _check_init(init: ArrayLike, k: int) -> NDArray[np.float64]:
    centers = as_numbers(init, "init").astype(np.float64)
    if centers.ndim != 2 or centers.shape[1] not in (3, 4) or len(centers) != k:
        raise ValueError(f"init must be ({k}, 3) or ({k}, 4) centres, not {centers.shape}")
    wrong = centers[~((centers >= 0) & (centers <= 255))]
    if wrong.size:
        raise ValueError(f"centres must be 0 to 255, not {wrong[0]}")
    return centers
