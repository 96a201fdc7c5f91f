"""GIF at the level of blocks (GIF89a, CompuServe 1990): parsed as browsers do, and written.

Browsers do not keep to the letter of the specification, and files are made for browsers: the canvas begins
transparent, whatever the background colour is; a first frame larger than the screen enlarges it, later ones are
clipped; disposal 4 is taken for 3; a file may end after any whole frame.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEEP: Final = 1
CLEAR: Final = 2
RESTORE: Final = 3
MOST_LOOPS: Final = 0xFFFF
_DISPOSALS: Final = {CLEAR: CLEAR, RESTORE: RESTORE, 4: RESTORE}
_APPLICATIONS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
# Of a file whose indices alone matter; were it a ramp of greys, Pillow would look it up.
_ANY_PALETTE: Final = bytes(768)


@dataclass(frozen=True)
class GifFrame:
    """A frame as it stands in the file: its place, its colours as RGB triples, what becomes of it afterwards.

    `delay` is in hundredths of a second; `disposal` is KEEP, CLEAR or RESTORE; `data` are the code size and the
    blocks of LZW codes.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool = False
    palette: bytes = b""
    transparent: int | None = None
    delay: int = 0
    disposal: int = KEEP
    data: bytes = b""

    def still(self) -> bytes:
        """A GIF of this frame alone, whose indices are its; its colours are not."""
        size = (self.width, self.height)
        parts = (
            *(b"GIF89a", struct.pack("<HHBBB", *size, 0xF7, 0, 0), _ANY_PALETTE),
            *(b",", struct.pack("<HHHHB", 0, 0, *size, 0x40 if self.interlaced else 0), self.data, b";"),
        )
        return b"".join(parts)

    def colors(self) -> NDArray[np.uint8]:
        """(256, 4) RGBA; black beyond the palette."""
        table = np.zeros((256, 4), np.uint8)
        rgb = np.frombuffer(self.palette, np.uint8).reshape(-1, 3)
        table[: len(rgb), :3] = rgb
        table[:, 3] = 255
        if self.transparent is not None:
            table[self.transparent] = 0
        return table


@dataclass(frozen=True)
class Gif:
    """A GIF file: the size of its canvas, its frames, how often it is repeated (0: forever, None: not said)."""

    width: int
    height: int
    frames: tuple[GifFrame, ...]
    loops: int | None

    @classmethod
    def parse(cls, data: bytes, most_frames: int) -> "Gif":
        """Read all blocks, without decoding; ValueError for damage or for more frames than `most_frames`."""
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        position = 13
        size = _palette_size(flags)
        palette = data[position : position + size]
        reader = _Reader(data, position + size, palette, most_frames)
        reader.run()
        if not reader.frames:
            raise ValueError("it has no frame")
        first = reader.frames[0]
        canvas = max(width, first.left + first.width), max(height, first.top + first.height)
        return cls(*canvas, tuple(reader.frames), reader.loops)


def _palette_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


class _Reader:
    """Goes through the blocks after the header."""

    def __init__(self, data: bytes, position: int, palette: bytes, most_frames: int) -> None:
        self._data, self._position, self._palette, self._most = data, position, palette, most_frames
        self._control = GifFrame(0, 0, 0, 0)
        self.frames: list[GifFrame] = []
        self.loops: int | None = None

    def run(self) -> None:
        while self._position < len(self._data):
            kind = self._data[self._position]
            self._position += 1
            if kind == 0x2C:
                self._frame()
            elif kind == 0x21:
                self._extension()
            elif kind:  # a trailer, or what browsers take for the end; stray zeros are passed over
                return

    def _frame(self) -> None:
        number = len(self.frames) + 1
        if number > self._most:
            raise ValueError(f"it has more than {self._most:,} frames")
        if self._position + 10 > len(self._data):
            raise ValueError(f"frame {number} ends early")
        left, top, width, height, flags = struct.unpack_from("<HHHHB", self._data, self._position)
        start = self._position + 9 + _palette_size(flags)
        palette = self._data[self._position + 9 : start] or self._palette
        end = self._end_of_blocks(start + 1)
        if end is None:
            raise ValueError(f"frame {number} ends early")
        place = {"left": left, "top": top, "width": width, "height": height}
        data = self._data[start:end]
        self.frames.append(replace(self._control, **place, interlaced=bool(flags & 0x40), palette=palette, data=data))
        self._control = GifFrame(0, 0, 0, 0)
        self._position = end

    def _extension(self) -> None:
        start, end = self._position + 1, self._end_of_blocks(self._position + 1)
        if end is None:  # after the last frame, what is cut off tells nothing
            self._position = len(self._data)
            return
        label, size = self._data[self._position], self._data[start]
        if label == 0xF9 and size == 4:
            flags, delay, transparent = struct.unpack_from("<BHB", self._data, start + 1)
            disposal = _DISPOSALS.get(flags >> 2 & 7, KEEP)
            seen = transparent if flags & 1 else None
            self._control = GifFrame(0, 0, 0, 0, transparent=seen, delay=delay, disposal=disposal)
        elif label == 0xFF and self._data[start + 1 : start + 12] in _APPLICATIONS:
            block = self._data[start + 12 : start + 16]
            if block[:2] == b"\3\1" and len(block) == 4:
                self.loops = int.from_bytes(block[2:4], "little")
        self._position = end

    def _end_of_blocks(self, position: int) -> int | None:
        """The place after the empty block that ends these; None if the file ends before."""
        while position < len(self._data):
            size = self._data[position]
            position += 1 + size
            if not size:
                return position
        return None


# -- writing ---------------------------------------------------------------------------------------------------------


def header(width: int, height: int, colors: NDArray[np.uint8], loops: int | None) -> bytes:
    """What stands before the frames: the canvas, (k, 3) colours, repetitions (0: forever, None: none)."""
    bits = table_bits(len(colors))
    table = colors.tobytes().ljust(3 << bits, b"\0")
    parts = [b"GIF89a", struct.pack("<HHBBB", width, height, 0xF0 | bits - 1, 0, 0), table]
    if loops is not None:
        parts.append(b"!\xff\x0bNETSCAPE2.0\3\1" + struct.pack("<H", loops) + b"\0")
    return b"".join(parts)


def table_bits(count: int) -> int:
    """The bits of an index into a table of so many colours."""
    return max(1, (count - 1).bit_length())


def code_size(count: int) -> int:
    """The bits of a symbol where there are so many."""
    return max(2, table_bits(count))


def frame(wanted: GifFrame) -> bytes:
    """A frame of an animation, that takes its colours from the file's table."""
    seen = wanted.transparent is not None
    control = struct.pack("<BHBB", wanted.disposal << 2 | seen, wanted.delay, wanted.transparent or 0, 0)
    return b"".join((b"!\xf9\4", control, _picture(wanted)))


def only_frame(wanted: GifFrame) -> bytes:
    """The frame of a picture that is none."""
    return _picture(wanted) if wanted.transparent is None else frame(wanted)


def _picture(wanted: GifFrame) -> bytes:
    place = struct.pack("<HHHHB", wanted.left, wanted.top, wanted.width, wanted.height, 0)
    return b"".join((b",", place, wanted.data))


def blocks(code_size: int, codes: bytes) -> bytes:
    """LZW codes as they stand in a frame."""
    return b"".join((bytes([code_size]), *_blocks(codes), b"\0"))


def _blocks(codes: bytes) -> Iterator[bytes]:
    for start in range(0, len(codes), 255):
        block = codes[start : start + 255]
        yield bytes([len(block)]) + block


def joined(parts: Iterable[bytes]) -> bytes:
    """A file of a header and frames."""
    return b"".join((*parts, b";"))
