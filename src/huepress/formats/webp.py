"""WebP at the level of chunks (RFC 9649): the frames of an animation, told from its file and put together.

Pixels are decoded and encoded by libwebp, through Pillow; here stands only what holds frames together.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_PLAYS: Final = 0xFFFF
MOST_DURATION: Final = 0xFFFFFF
_PROFILE, _ALPHA, _EXIF, _XMP, _ANIMATED = 0x20, 0x10, 0x08, 0x04, 0x02
_NO_BLENDING: Final = 0x02
_FRAME_HEADER: Final = 16
_PICTURE: Final = (b"VP8 ", b"VP8L", b"ALPH")


@dataclass(frozen=True)
class Webp:
    """An animated WebP: the durations of its frames in milliseconds, how often it is played (0: forever)."""

    durations: tuple[float, ...]
    plays: int

    @staticmethod
    def is_animated(head: bytes) -> bool:
        """Whether a file that begins so says that it is an animation."""
        return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & _ANIMATED)

    @classmethod
    def parse(cls, data: bytes, most_frames: int) -> "Webp":
        """Read the chunks, without decoding; ValueError for more frames than `most_frames`."""
        durations: list[float] = []
        plays = 1
        for kind, body in _chunks(memoryview(data)[12:]):
            if kind == b"ANIM" and len(body) >= 6:
                plays = int.from_bytes(body[4:6], "little")
            elif kind == b"ANMF" and len(body) >= _FRAME_HEADER:
                durations.append(float(int.from_bytes(body[12:15], "little")))
            if len(durations) > most_frames:
                raise ValueError(f"it has more than {most_frames:,} frames")
        return cls(tuple(durations), plays)


def _chunks(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The type and the data of each chunk."""
    position = 0
    while position + 8 <= len(view):
        size = int.from_bytes(view[position + 4 : position + 8], "little")
        yield bytes(view[position : position + 4]), view[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


# -- writing ---------------------------------------------------------------------------------------------------------


def frame(still: bytes, place: tuple[int, int, int, int], duration: int, *, over: bool) -> bytes:
    """The chunk of a frame that stays on the canvas, of the file of a still picture.

    place: left and top, even numbers of pixels, width and height. duration: in milliseconds.
    """
    left, top, width, height = place
    numbers = (left // 2, top // 2, width - 1, height - 1, duration)
    header = b"".join(number.to_bytes(3, "little") for number in numbers)
    picture = b"".join(_chunk(kind, body) for kind, body in _chunks(memoryview(still)[12:]) if kind in _PICTURE)
    return _chunk(b"ANMF", header + bytes([0 if over else _NO_BLENDING]) + picture)


def joined(
    size: tuple[int, int],
    plays: int,
    frames: list[bytes],
    *,
    alpha: bool,
    profile: bytes | None,
    exif: bytes | None,
    xmp: bytes | None,
) -> bytes:
    """A file of frames on a transparent canvas of this width and height."""
    flags = _ANIMATED | (_PROFILE if profile else 0) | (_ALPHA if alpha else 0)
    flags |= (_EXIF if exif else 0) | (_XMP if xmp else 0)
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in size)
    parts = [
        _chunk(b"VP8X", struct.pack("<I", flags) + canvas),
        *([_chunk(b"ICCP", profile)] if profile else ()),
        _chunk(b"ANIM", bytes(4) + struct.pack("<H", plays)),
        *frames,
        *([_chunk(b"EXIF", exif)] if exif else ()),
        *([_chunk(b"XMP ", xmp)] if xmp else ()),
    ]
    body = b"".join((b"WEBP", *parts))
    return b"".join((b"RIFF", struct.pack("<I", len(body)), body))


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    return b"".join((kind, struct.pack("<I", len(body)), body, bytes(len(body) % 2)))
