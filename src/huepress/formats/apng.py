"""APNG at the level of chunks (PNG, third edition): the frames of an animation, parsed and written."""

import struct
from dataclasses import dataclass, replace
from typing import Final

from huepress.formats import png
from huepress.formats.png import Png

KEEP: Final = 0
CLEAR: Final = 1
RESTORE: Final = 2
SOURCE: Final = 0
OVER: Final = 1
MOST_PLAYS: Final = 0x7FFFFFFF
_CONTROL: Final = ">IIIIIHHBB"


@dataclass(frozen=True)
class ApngFrame:
    """A frame: its place, how long it is shown in seconds (as a fraction), how it is drawn and left, its picture."""

    left: int
    top: int
    delay: tuple[int, int]
    disposal: int
    over: bool
    png: Png

    @property
    def milliseconds(self) -> float:
        """How long it is shown; a denominator of 0 means 100."""
        return 1000 * self.delay[0] / (self.delay[1] or 100)


@dataclass(frozen=True)
class Apng:
    """An animated PNG: its frames and how often they are played (0: forever)."""

    frames: tuple[ApngFrame, ...]
    plays: int

    @classmethod
    def parse(cls, data: bytes, most_frames: int) -> "Apng":
        """Read all chunks, without decoding; ValueError for damage or for more frames than `most_frames`."""
        still = Png.parse(data)
        count, plays = struct.unpack(">II", still.before[b"acTL"][:8].ljust(8, b"\0"))
        reader = _Reader(still, min(count, most_frames + 1))
        for kind, body in png.chunks_of(data):
            reader.take(kind, body)
        frames = reader.finished()
        if len(frames) > most_frames:
            raise ValueError(f"it has more than {most_frames:,} frames")
        return cls(frames, plays)


class _Reader:
    """Collects frames from the chunks of a file."""

    def __init__(self, still: Png, count: int) -> None:
        self._still, self._count = still, count
        self._frames: list[ApngFrame] = []
        self._control: bytes | None = None
        self._data: list[bytes] = []
        self._sequence = 0

    def take(self, kind: bytes, body: bytes) -> None:
        if kind == b"fcTL":
            self._finish_frame()
            self._check_sequence(body)
            self._control = body
        elif kind == b"IDAT" and self._control is not None:
            self._data.append(body)
        elif kind == b"fdAT":
            self._check_sequence(body)
            self._data.append(body[4:])

    def finished(self) -> tuple[ApngFrame, ...]:
        self._finish_frame()
        if not self._frames:
            raise ValueError("its animation has no frame")
        return tuple(self._frames)

    def _check_sequence(self, body: bytes) -> None:
        if int.from_bytes(body[:4], "big") != self._sequence:
            raise ValueError(f"the parts of frame {len(self._frames) + 1} are out of order")
        self._sequence += 1

    def _finish_frame(self) -> None:
        if self._control is None or len(self._frames) == self._count:
            return
        number = len(self._frames) + 1
        if len(self._control) != 26 or not self._data:
            raise ValueError(f"frame {number} is damaged")
        _, width, height, left, top, delay, unit, disposal, blend = struct.unpack(_CONTROL, self._control)
        if not (0 < width <= self._still.width - left and 0 < height <= self._still.height - top):
            raise ValueError(f"frame {number} lies outside of the canvas")
        if disposal > RESTORE or blend > OVER:
            raise ValueError(f"frame {number} names an unknown operation")
        picture = replace(self._still, width=width, height=height, image_data=tuple(self._data))
        self._frames.append(ApngFrame(left, top, (delay, unit), disposal, blend == OVER, picture))
        self._control, self._data = None, []


# -- writing ---------------------------------------------------------------------------------------------------------


def animation_control(frames: int, plays: int) -> bytes:
    """The chunk that makes a PNG an animation."""
    return png.chunk(b"acTL", struct.pack(">II", frames, plays))


def frame_control(
    sequence: int, place: tuple[int, int, int, int], delay: tuple[int, int], *, over: bool = False
) -> bytes:
    """The chunk before a frame; `place`: left, top, width, height. The frame stays on the canvas."""
    left, top, width, height = place
    return png.chunk(
        b"fcTL", struct.pack(_CONTROL, sequence, width, height, left, top, *delay, KEEP, OVER if over else SOURCE)
    )


def frame_data(sequence: int, packed: bytes | bytearray) -> bytes:
    """The chunk of a frame's image data; those of the first frame stand in IDAT."""
    return png.chunk(b"fdAT", struct.pack(">I", sequence), packed)
