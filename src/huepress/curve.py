"""The elbow: the inertia against k, and where it bends."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress._native import Points
from huepress.color_points import ColorPoints
from huepress.histogram import Histogram
from huepress.image import ImageLike, read
from huepress.kmeans import Effort
from huepress.learn import check_k
from huepress.points import level_points
from huepress.series import Fit, series
from huepress.space import SRGB

Channels = Literal["rgb", "rgba"]


class Elbow(Mapping[int, float]):
    """The inertia for each k: a mapping from k to the sum over the pixels of squared distances.

    Attributes:
        ks: (n,) int64, ascending.
        inertias: (n,) float64, never rising, in squared levels 0..255; `numpy.asarray(elbow)` gives them too.
        centers: n arrays (k, 3|4) float64, 0..255: the clusters' means, a column for each
            channel; fewer rows if there are fewer colours.
        channels: "rgb" or "rgba", the columns that distances are taken over.

    """

    def __init__(
        self, ks: Iterable[int], inertias: Iterable[float], centers: Iterable[NDArray[np.float64]], channels: Channels
    ) -> None:
        self.ks = np.array(list(ks), np.int64)
        self.inertias = np.array(list(inertias), np.float64)
        self.centers = tuple(centers)
        self.channels = channels

    @property
    def knee(self) -> int:
        """The k where the curve bends most, farthest below the chord from its first to its last point.

        Both axes are scaled to 0..1 first (Kneedle: Satopaa, Albrecht, Irwin & Raghavan 2011, without smoothing, for
        a curve that is exact needs none). It depends on the range of ks. Ties, and a straight line, give the
        lowest k.
        """
        across = _unit(self.ks.astype(np.float64))
        below = 1 - across - _unit(self.inertias)
        return int(self.ks[np.argmax(np.round(below, 12))])

    def __getitem__(self, k: int) -> float:
        found = np.flatnonzero(self.ks == k)
        if not len(found):
            raise KeyError(k)
        return float(self.inertias[found[0]])

    def __iter__(self) -> Iterator[int]:
        return iter(self.ks.tolist())

    def __len__(self) -> int:
        return len(self.ks)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.inertias, dtype, copy=True if copy is None else copy)

    def __repr__(self) -> str:
        return f"<Elbow of k {self.ks[0]} to {self.ks[-1]}, {self.channels}, knee at {self.knee}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'<b>' * (k == self.knee)}{k}{'</b> (knee)' * (k == self.knee)}</td><td>{inertia:,.0f}</td></tr>"
            for k, inertia in self.items()
        )
        return (
            f"<table><thead><tr><th>k</th><th>inertia ({self.channels})</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def elbow(
    image: ImageLike,
    *,
    ks: Iterable[int] = range(1, 11),
    channels: Channels = "rgb",
    effort: Effort = "balanced",
    seed: int = 0,
    threads: int | None = None,
) -> Elbow:
    """The inertia of K-means for each k, exact over all pixels.

    One search serves all ks, from the largest down, which costs less than a search for each. All of 1..20 cost
    about as much as two or three fits at k = 20; benchmarks/elbow.py shows that, and how near to separate fits the
    inertias are.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture`, or array as in `quantize`; of an animation the first
            frame.
        ks: numbers of colours, each 1..256; in any order, repeated ones count once.
        channels: "rgb" drops alpha: distances are over three columns. "rgba": the plain squared distance over the four
            columns as they are stored. Hidden colours, under alpha 0, count as they are in both.
        effort: how long to search, "fast", "balanced" or "best".
        seed: of the search. Results are deterministic.
        threads: by default the usable processors; changes no result.

    Raises:
        ReadError: the image cannot be read.
        ValueError, TypeError: an option is out of its range.

    """
    wanted = _check_ks(ks)
    if channels not in ("rgb", "rgba"):
        raise ValueError(f"channels must be 'rgb' or 'rgba', not {channels!r}")
    threads = _native.check_threads(threads)
    pixels = read(image, keep_hidden=True).pixels
    points = _points(pixels, channels, threads)
    searched = [k for k in wanted if k < points.count]
    steps = series(points, searched, effort=effort, seed=seed, threads=threads)
    steps += [_exact(points, k) for k in wanted[len(searched) :]]
    inertias = [step.error / SRGB.scale**2 for step in steps]
    alpha = 255 if pixels.shape[2] == 3 else pixels[0, 0, 3]  # one and the same where it is no column of the points
    missing = (0, 0), (0, len(channels) - points.dimensions)
    centers = [np.pad(step.centers / SRGB.scale, missing, constant_values=alpha) for step in steps]
    return Elbow(wanted, inertias, centers, channels)


def _check_ks(ks: Any) -> list[int]:
    try:
        given = list(ks)
    except TypeError:
        raise TypeError(f"ks must be a list or range of whole numbers, not {ks!r}") from None
    if not given:
        raise ValueError("ks must name a k at least")
    return sorted({check_k(k) for k in given})


def _exact(points: Points, k: int) -> Fit:
    return Fit(k, points.coordinates[:, : points.count].T.astype(np.float64), 0.0)


def _points(pixels: NDArray[np.uint8], channels: Channels, threads: int) -> Points:
    """The distinct colours as points of 3 columns, or 4 if wanted and there is alpha."""
    if channels == "rgb" or pixels.shape[2] == 3:
        histogram = Histogram.of_pixels(np.ascontiguousarray(pixels[..., :3]), threads=threads)
        return ColorPoints.of(histogram, SRGB, 1, np.zeros((0, 3), np.uint8)).points
    keys, counts = _native.count_colors(pixels.reshape(-1, 4), threads)
    return level_points(keys, counts)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled to 0..1; zeros if all are equal."""
    span = np.ptp(values)
    return (values - values.min()) / span if span else np.zeros_like(values)
