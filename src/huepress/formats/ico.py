"""ICO at the level of entries: which of its pictures is read, as browsers choose it."""

import struct
from typing import Final, NamedTuple

from huepress.formats import png

_HEADER: Final = "<HHH"
_ENTRY: Final = "<BBBBHHII"
_START: Final = struct.calcsize(_HEADER) + struct.calcsize(_ENTRY)  # of the picture in a file of one
_DEEPEST: Final = 32  # bits a pixel


class _Entry(NamedTuple):
    """A picture as it stands in the file: its sides (0: 256), its place, and fields that tell nothing."""

    width: int
    height: int
    colors: int
    reserved: int
    planes: int
    bits: int
    size: int
    offset: int


def shown(data: bytes) -> bytes:
    """The largest picture of a file, of the largest the deepest: a PNG, or an ICO that Pillow reads rightly.

    Raises ValueError, struct.error if the file is damaged.
    """
    count = struct.unpack_from(_HEADER, data)[2]
    entries = [_Entry(*struct.unpack_from(_ENTRY, data, 6 + 16 * number)) for number in range(count)]
    if not entries:
        raise ValueError("it holds no picture")
    best = max(entries, key=lambda entry: ((entry.width or 256) * (entry.height or 256), _bits(data, entry)))
    picture = data[best.offset :]
    if picture.startswith(png.SIGNATURE):
        return picture
    bits = _bits(data, best)
    if bits == _DEEPEST and not _has_alpha(picture):
        bits = 24  # so that Pillow takes the mask in place of alpha
    entry = best._replace(bits=bits, offset=_START)
    return b"".join((struct.pack(_HEADER, 0, 1, 1), struct.pack(_ENTRY, *entry), picture))


def _bits(data: bytes, entry: _Entry) -> int:
    """Of a pixel, as the picture itself says."""
    head = data[entry.offset : entry.offset + 16]
    return _DEEPEST if head.startswith(png.SIGNATURE) else int.from_bytes(head[14:16], "little")


def _has_alpha(bitmap: bytes) -> bool:
    """Whether some pixel of 32 bits is not fully transparent; of old pictures, the mask alone tells what is."""
    start, width, height = struct.unpack_from("<Iii", bitmap)
    return bool(bitmap[start + 3 : start + 2 * width * abs(height) : 4].strip(b"\0"))  # the mask is half of the height
