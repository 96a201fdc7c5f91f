"""Encode: indexed frames become an animated GIF, PNG or WebP, each frame a patch on what is seen already.

Frames are written as they come, so that memory holds no more than a few of them, and what is written: they are packed
beside the drawing of those after them. Every frame stays on the canvas and is drawn over it, or replaces its rectangle
where that is smaller or pixels become transparent; GIF, which cannot replace, clears the rectangle of the frame before.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from huepress import _native
from huepress.animation.animation import Animation
from huepress.animation.color_table import ColorTable
from huepress.animation.indexed import IndexedAnimation
from huepress.animation.mapped import MappedAnimation
from huepress.animation.patch import Drawing, Indices, Mask, Patch, Wanted, with_next
from huepress.animation.timing import seconds, whole_units
from huepress.cached import cached_property
from huepress.encode import ancillary_chunks, check_profile, color_chunks, lossless_webp
from huepress.formats import apng, gif, packing, png, webp
from huepress.formats.names import Format, check_format, check_side
from huepress.formats.packing import BEST_LEVEL, TRIAL_LEVEL
from huepress.formats.png_rows import packed_rows
from huepress.parts import looked_up
from huepress.tasks import Task, Tasks

Rectangle = tuple[int, int, int, int]


class AnimationFile(ABC):
    """An animation while it is written.

    Attributes:
        table: its colours.

    """

    binary = False
    grid = 1
    most_plays: int

    def __init__(self, animation: Animation, mapped: MappedAnimation, level: int, threads: int) -> None:
        """See `encode_mapped`."""
        self.animation, self.size, self.level = animation, (animation.width, animation.height), level
        self.table = ColorTable(mapped.palette, binary=self.binary)
        self.chooser = mapped.choosing(self.table) if mapped.choosing else None
        self._threads = threads
        self._written: list[Task[bytes]] = []

    @property
    def plays(self) -> int:
        """How often it is played; 0 is forever, and so is what the format cannot count."""
        return self.animation.plays if self.animation.plays <= self.most_plays else 0

    def draw(self, frames: Iterable[Wanted]) -> None:
        """Write the frames."""
        drawing = Drawing(self.size, self.table.transparent if self.binary else None, self.grid)
        with Tasks(self._threads) as tasks:
            for frame, following in with_next(self._sampled(frames)):
                patch = drawing.patch(frame, gone=self._gone(frame, following))
                if self.chooser and self._written:
                    patch = self.chooser.eased(patch)
                seen, write = self.encode(patch, len(self._written))
                self._written.append(tasks.begin(write))
                self._written[-self._threads :][0].result()  # so many are waited for, no more
                drawing.draw(patch, seen)

    def _sampled(self, frames: Iterable[Wanted]) -> Iterator[Wanted]:
        for frame in frames:
            yield frame.with_indices(looked_up(self.table.samples, frame.indices))

    def _gone(self, frame: Wanted, following: Wanted | None) -> Mask | None:
        """Pixels that must become transparent, which only clearing can do; None if there are none."""
        if not self.binary or following is None or self.table.transparent is None:
            return None
        gone = (following.indices == self.table.transparent) & (frame.indices != self.table.transparent)
        return gone if gone.any() else None

    @abstractmethod
    def encode(self, patch: Patch, number: int) -> tuple[Indices, Callable[[], bytes]]:
        """The entries (h, w) of a frame that are seen, and what packs the frame, when called."""

    @abstractmethod
    def finished(self) -> bytes:
        """The file, of the frames that were written."""

    def _frames(self) -> list[bytes]:
        """What is written of each frame."""
        return [written.result() for written in self._written]


# -- GIF -------------------------------------------------------------------------------------------------------------


class _Gif(AnimationFile):
    binary = True
    most_plays = 1 + gif.MOST_LOOPS

    def encode(self, patch: Patch, number: int) -> tuple[Indices, Callable[[], bytes]]:
        states = np.where(patch.fixed, _native.FIXED, np.where(patch.kept, _native.KEPT, _native.FREE))
        lossy = self.chooser.for_lzw(patch) if self.chooser else None
        indices, transparent = patch.indices, self.table.transparent
        most = len(self.table.colors) if lossy else int(indices.max()) + 1
        code_size = gif.code_size(most)
        symbols, codes = _native.lzw(
            indices, code_size, states=states.astype(np.uint8), lossy=lossy,
            transparent=-1 if transparent is None else transparent,
        )  # fmt: skip
        seen = symbols if transparent is None else np.where(symbols == transparent, patch.before, symbols)
        frame = gif.GifFrame(
            *patch.rectangle,
            transparent=transparent,
            delay=self._delays[number],
            disposal=gif.CLEAR if patch.clears else gif.KEEP,
            data=gif.blocks(code_size, codes),
        )
        return seen, partial(gif.frame, frame)

    @cached_property
    def _delays(self) -> list[int]:
        return whole_units(self.animation.durations, 10, 0xFFFF)

    def finished(self) -> bytes:
        loops = None if self.plays == 1 else max(0, self.plays - 1)
        return gif.joined((gif.header(*self.size, self.table.colors[:, :3], loops), *self._frames()))


# -- formats that can replace what is there --------------------------------------------------------------------------


class _Replacing(AnimationFile):
    """A frame is drawn over the canvas or replaces its rectangle: whichever is smaller."""

    def encode(self, patch: Patch, number: int) -> tuple[Indices, Callable[[], bytes]]:
        ways = list(self._ways(patch, number))
        symbols, over = ways[0]
        if not number:
            self.begin(symbols)
        seen = self._seen(symbols, patch) if over else symbols
        return seen, partial(self._smallest, ways, patch.rectangle, number)

    def _ways(self, patch: Patch, number: int) -> Iterator[tuple[Indices, bool]]:
        """Entries that may be written, all of which look the same, and whether they are drawn over."""
        over = bool(number) and self._can_be_over(patch)
        if self.chooser:
            symbols = self.chooser.symbols(patch, over=over)
            yield symbols, over
            if over and patch.kept.any():
                yield self._seen(symbols, patch), False
            return
        if over:
            yield self.table.left_out(patch), True
        if not over or patch.kept.any():
            yield patch.indices, False

    def _seen(self, symbols: Indices, patch: Patch) -> Indices:
        """What is seen of entries that are drawn over the canvas."""
        return np.where(symbols == self.table.transparent, patch.before, symbols)

    def _smallest(self, ways: Sequence[tuple[Indices, bool]], rectangle: Rectangle, number: int) -> bytes:
        packed, over = min(((self.packed(symbols), over) for symbols, over in ways), key=lambda way: len(way[0]))
        return self.framed(packed, rectangle, number, over=over)

    def begin(self, symbols: Indices) -> None:
        """Prepare for the file of which these are the pixels of the first frame."""

    def _can_be_over(self, patch: Patch) -> bool:
        """Whether all that changes becomes opaque: over what is there, nothing else replaces it."""
        changed = patch.indices[~patch.kept]
        return self.table.transparent is not None and bool((self.table.colors[changed, 3] == 255).all())

    @abstractmethod
    def packed(self, symbols: Indices) -> bytes:
        """The pixels of a rectangle."""

    @abstractmethod
    def framed(self, packed: bytes, rectangle: Rectangle, number: int, *, over: bool) -> bytes:
        """What is written of a frame."""


class _Png(_Replacing):
    most_plays = apng.MOST_PLAYS
    _depth = 8

    def begin(self, symbols: Indices) -> None:
        least = next(bits for bits in (1, 2, 4, 8) if len(self.table.colors) <= 1 << bits)
        if least < 8:
            self._depth = min((8, least), key=lambda depth: len(self._deflated(symbols, depth)))

    def packed(self, symbols: Indices) -> bytes:
        return self._deflated(symbols, self._depth)

    def _deflated(self, symbols: Indices, depth: int) -> bytes:
        return bytes(packing.packed(packed_rows(symbols, depth), self.level, 1))

    def framed(self, packed: bytes, rectangle: Rectangle, number: int, *, over: bool) -> bytes:
        sequence = max(0, 2 * number - 1)
        control = apng.frame_control(sequence, rectangle, seconds(self.animation.durations[number]), over=over)
        data = apng.frame_data(sequence + 1, packed) if number else png.chunk(b"IDAT", packed)
        return control + data

    def finished(self) -> bytes:
        colors = self.table.colors
        alpha = colors[colors[:, 3] < 255, 3].tobytes()
        return png.joined(
            (
                png.chunk(b"IHDR", png.header(*self.size, self._depth, png.INDEXED)),
                *color_chunks(self.animation.metadata),
                png.chunk(b"PLTE", colors[:, :3].tobytes()),
                *([png.chunk(b"tRNS", alpha)] if alpha else ()),
                apng.animation_control(len(self._written), self.plays),
                *ancillary_chunks(self.animation.metadata),
                *self._frames(),
                png.chunk(b"IEND"),
            )
        )


class _Webp(_Replacing):
    grid = 2
    most_plays = webp.MOST_PLAYS

    def packed(self, symbols: Indices) -> bytes:
        return lossless_webp(looked_up(self.table.colors, symbols), quick=self.level <= TRIAL_LEVEL)

    def framed(self, packed: bytes, rectangle: Rectangle, number: int, *, over: bool) -> bytes:
        return webp.frame(packed, rectangle, self._durations[number], over=over)

    @cached_property
    def _durations(self) -> list[int]:
        return whole_units(self.animation.durations, 1, webp.MOST_DURATION)

    def finished(self) -> bytes:
        metadata = self.animation.metadata
        kept = {"profile": metadata.profile, "exif": metadata.exif_with_resolution(), "xmp": metadata.xmp}
        alpha = bool((self.table.colors[:, 3] < 255).any())
        return webp.joined(self.size, self.plays, self._frames(), alpha=alpha, **kept)


_FILES: Final[dict[Format, type[AnimationFile]]] = {"png": _Png, "webp": _Webp, "gif": _Gif}


def encode_mapped(
    animation: Animation, mapped: MappedAnimation, format: Format, *, level: int = BEST_LEVEL, threads: int = 1
) -> bytes:
    """The bytes of an animation that is mapped so; ValueError if its canvas is too large for the format.

    level: how hard to pack a PNG, 1 to 12, or a WebP, up to TRIAL_LEVEL and above. threads: to pack with; changes no
    result.
    """
    check_side(format, animation.height, animation.width)
    if format == "gif":
        check_profile(animation.metadata)
    file = _FILES[format](animation, mapped, level, threads)
    file.draw(mapped.frames())
    return file.finished()


def encode_frames(indexed: IndexedAnimation, format: str, *, threads: int | None = None) -> bytes:
    """The bytes of an indexed animation; ValueError for another format than "gif", "png" or "webp".

    threads: by default the usable processors; changes no result.
    """
    mapped = MappedAnimation(indexed.palette, lambda: map(Wanted, indexed.indices()))
    return encode_mapped(indexed.source, mapped, check_format(format), threads=_native.check_threads(threads))
