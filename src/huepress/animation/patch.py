"""The patch: the rectangle of an animation's canvas that a frame has to draw, and what in it may stay as it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Place = tuple[slice, slice]


class Detail(NamedTuple):
    """Features (d, h, w) and weights (h, w) of pixels; see `lossy`."""

    features: NDArray[np.int16]
    weights: NDArray[np.float32]

    def cut(self, place: Place) -> "Detail":
        """The same of a place inside."""
        return Detail(np.ascontiguousarray(self.features[:, *place]), np.ascontiguousarray(self.weights[place]))


@dataclass(frozen=True, eq=False)
class Wanted:
    """A frame to be written.

    Attributes:
        indices: (H, W) the entry of each pixel; where it is free, the nearest.
        unchanged: (H, W) pixels that must look as in the frame before; None: those whose entry is the same.
        detail: what the pixels in a place look like, if they may take other entries than the nearest.

    """

    indices: Indices
    unchanged: Mask | None = None
    detail: Callable[[Place], Detail] | None = None

    def with_indices(self, indices: Indices) -> "Wanted":
        """The same frame with other entries."""
        return replace(self, indices=indices)


@dataclass(frozen=True, eq=False)
class Patch:
    """What a frame draws.

    Attributes:
        place: rows and columns.
        indices: (h, w) the entries that are wanted in the place.
        detail: what the pixels in the place look like, if they may take other entries.
        kept: (h, w) pixels that are on the canvas already, and stay. before: (h, w) entries that are on the canvas.
        fixed: (h, w) pixels that are not on the canvas any more, and must take the entry that is wanted.
        clears: whether the place becomes transparent after the frame was shown.
        grid: what left and top are multiples of.

    """

    place: Place
    indices: Indices
    detail: Detail | None
    kept: Mask
    fixed: Mask
    before: Indices
    clears: bool = False
    grid: int = 1

    @property
    def rectangle(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""
        rows, columns = self.place
        return columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start

    def cropped(self) -> "Patch":
        """The patch without edges that are kept, unless all of it is to be cleared."""
        if self.clears:
            return self
        (rows, columns), inner = self.place, place_of(~self.kept, self.grid)
        detail = self.detail and self.detail.cut(inner)
        return replace(
            self, place=(_moved(inner[0], rows.start), _moved(inner[1], columns.start)), indices=self.indices[inner],
            detail=detail, kept=self.kept[inner], fixed=self.fixed[inner], before=self.before[inner],
        )  # fmt: skip


class Drawing:
    """The canvas of an animation while it is written: cuts patches, and holds what is seen."""

    def __init__(self, size: tuple[int, int], empty: int | None, grid: int = 1) -> None:
        """For a canvas of `size`, width and height, that begins with the entry `empty`; None: the first frame is whole.

        Places begin on a `grid`.
        """
        self._empty, self._grid = empty, grid
        self._canvas = np.full(size[::-1], empty or 0, np.uint8)
        self._seen, self._is_new = self._canvas.copy(), True

    def patch(self, wanted: Wanted, *, gone: Mask | None = None) -> Patch:
        """What is to be drawn now; `gone`: pixels that must be in the place, which is cleared afterwards."""
        unchanged = self._unchanged(wanted)
        indices = np.where(unchanged, self._seen, wanted.indices)
        there = unchanged & (self._canvas == self._seen)
        kept = there if self._empty is None else there | ((self._canvas == self._empty) & (indices == self._empty))
        needed = ~kept if gone is None else ~kept | gone
        place = place_of(needed, self._grid)
        return Patch(
            place, indices[place], wanted.detail and wanted.detail(place), kept[place],
            (unchanged & ~kept)[place], self._canvas[place].copy(), gone is not None, self._grid,
        )  # fmt: skip

    def _unchanged(self, wanted: Wanted) -> Mask:
        if self._is_new:
            return np.zeros(wanted.indices.shape, bool)
        return self._seen == wanted.indices if wanted.unchanged is None else wanted.unchanged

    def draw(self, patch: Patch, seen: Indices) -> None:
        """Put the entries (h, w) that are seen in a place onto the canvas."""
        self._canvas[patch.place] = seen
        self._seen, self._is_new = self._canvas.copy(), False
        if patch.clears and self._empty is not None:
            self._canvas[patch.place] = self._empty


def with_next(frames: Iterable[Wanted]) -> Iterator[tuple[Wanted, Wanted | None]]:
    """Each frame with the one after it."""
    last: Wanted | None = None
    for frame in frames:
        if last is not None:
            yield last, frame
        last = frame
    if last is not None:
        yield last, None


def place_of(needed: Mask, grid: int = 1) -> Place:
    """The smallest rectangle with all that is needed, at least one pixel, that begins on the grid."""
    rows, columns = (np.flatnonzero(needed.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    top, left = (int(found[0]) // grid * grid for found in (rows, columns))
    return slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)


def wider(place: Place, margin: int, shape: tuple[int, ...]) -> Place:
    """The place and what is around it, on a canvas of this height and width."""
    rows, columns = (
        slice(max(0, span.start - margin), min(most, span.stop + margin))
        for span, most in zip(place, shape, strict=True)
    )
    return rows, columns


def within(place: Place, outer: Place) -> Place:
    """The place as seen from one that holds it."""
    return _moved(place[0], -outer[0].start), _moved(place[1], -outer[1].start)


def _moved(span: slice, by: int) -> slice:
    return slice(span.start + by, span.stop + by)
