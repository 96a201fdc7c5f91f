"""The elbow curve: inertia against the number of colours, which shows where more of them begin to bring little."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from huepress import _native
from huepress.byte_rows import distinct_bytes, search
from huepress.image import ImageLike, Picture, Pixels, read
from huepress.kmeans import Effort

Channels = Literal["rgb", "rgba"]


@dataclass(frozen=True)
class Elbow(Mapping[int, float]):
    """The inertia of each k: `curve[10]` is that of 10 colours.

    Attributes:
        ks: the numbers of colours, as asked for.
        inertias: the inertia of each: the sum over the pixels of the squared distance to the nearest centre, in levels
            0..255 of the channels.
        channels: what a point was: "rgb" or "rgba".

    """

    ks: tuple[int, ...]
    inertias: tuple[float, ...]
    channels: Channels

    def __getitem__(self, k: int) -> float:
        return dict(zip(self.ks, self.inertias, strict=True))[k]

    def __iter__(self) -> Iterator[int]:
        return iter(self.ks)

    def __len__(self) -> int:
        return len(self.ks)

    @property
    def knee(self) -> int:
        """The k whose point lies furthest below the straight line between the ends of the curve."""
        x, y = np.array(self.ks, float), np.array(self.inertias)
        line = np.interp(x, [x[0], x[-1]], [y[0], y[-1]]) if x[0] < x[-1] else y
        return self.ks[int(np.argmax(line - y))]


def elbow(
    image: ImageLike | Picture,
    *,
    ks: Iterable[int] = range(1, 11),
    channels: Channels = "rgb",
    effort: Effort = "fast",
    seed: int = 0,
    threads: int | None = None,
) -> Elbow:
    """The inertia of K-means for each k.

    Args:
        image: path, bytes, binary file, Pillow image, `Picture` or array, as for `quantize`.
        ks: numbers of colours, each at least 1, ascending.
        channels: "rgb" drops alpha; "rgba" takes alpha as a fourth column like the others, not premultiplied.
        effort: how long to search for each k, "fast", "balanced" or "best".
        seed: of the search. Results are deterministic.
        threads: by default the usable processors; changes no result.

    Raises:
        ReadError: the image cannot be read. ValueError, TypeError: an option is out of its range.

    """
    wanted, threads = _checked(ks), _native.check_threads(threads)
    if channels not in ("rgb", "rgba"):
        raise ValueError(f'channels must be "rgb" or "rgba", not {channels!r}')
    picture = image if isinstance(image, Picture) else read(image, keep_hidden=True)
    data = distinct_bytes(_columns(picture.pixels, channels), None, threads)
    count = len(data.weights)

    def inertia(k: int) -> float:
        if k >= count:
            return 0.0
        return float(search(data.rows, data.weights, k, effort=effort, seed=seed, threads=threads).inertia)

    return Elbow(wanted, tuple(inertia(k) for k in wanted), channels)


def _checked(ks: Iterable[int]) -> tuple[int, ...]:
    wanted = tuple(ks)
    for k in wanted:
        if isinstance(k, bool) or not isinstance(k, int | np.integer):
            raise TypeError(f"each of ks must be a whole number, not {k!r}")
    if not wanted or min(wanted) < 1 or any(a >= b for a, b in pairwise(wanted)):
        raise ValueError(f"ks must be whole numbers of at least 1, ascending, not {wanted}")
    return tuple(map(int, wanted))


def _columns(pixels: Pixels, channels: Channels) -> Pixels:
    """(n, 3) or (n, 4): the pixels as rows; an alpha that is 255 everywhere moves no point, and may be missing."""
    flat = pixels.reshape(-1, pixels.shape[2])
    return flat if channels == "rgba" else np.ascontiguousarray(flat[:, :3])
