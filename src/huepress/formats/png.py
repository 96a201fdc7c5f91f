"""PNG at the level of chunks (ISO/IEC 15948): parsed for reading, as strict as libpng, and for writing."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import deflate

Data = bytes | bytearray | memoryview

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
GREY: Final = 0
RGB: Final = 2
INDEXED: Final = 3
RGBA: Final = 6
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_CRITICAL: Final = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_TEXT: Final = (b"tEXt", b"zTXt", b"iTXt")
_MAX_PROFILE: Final = 1 << 24  # bytes unpacked; real profiles have a few megabytes at most
_MAX_TEXT: Final = 1 << 20
_MAX_TEXTS: Final = 1 << 24  # of all together
_MAX_CHUNKS: Final = 200_000
_MAX_STORED: Final = 1 << 26  # bytes; twice as many are in memory beside the pixels
_BLOCK: Final = 65_535  # most bytes in a block that is not packed
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def chunk(kind: bytes, *parts: Data) -> bytes:
    """A chunk: length, type, data, CRC."""
    return b"".join(_framed(kind, *parts))


def _framed(kind: bytes, *parts: Data) -> tuple[Data, ...]:
    crc = deflate.crc32(kind)
    for part in parts:
        crc = deflate.crc32(part, crc)  # a tenth of zlib's time
    return struct.pack(">I", sum(map(len, parts))), kind, *parts, struct.pack(">I", crc)


@dataclass(frozen=True)
class Png:
    """A PNG whose critical chunks are sound: what its header says, its image data, other chunks.

    Only ancillary chunks with a right checksum that stand before the image data are in `before`; `frames`
    counts the frames of an animation (0: it is none), beside which `image_data` may stand as a default image.
    """

    width: int
    height: int
    depth: int
    color_type: int
    interlaced: bool
    palette: bytes
    image_data: tuple[Data, ...]
    before: dict[bytes, bytes]
    text: tuple[tuple[bytes, bytes], ...]
    exif: bytes | None
    frames: int

    @classmethod
    def parse(cls, data: bytes) -> "Png":
        """Check the chunks as libpng does; raises ValueError for what makes a picture unreadable."""
        chunks = chunks_of(data)
        if not chunks or chunks[0][0] != b"IHDR":
            raise ValueError("its header is missing")
        width, height, depth, color_type, interlace = _header(chunks[0][1])
        first = next((i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT"), None)
        if first is None:
            raise ValueError("it has no image data")
        last = next(i for i in range(first, len(chunks)) if chunks[i][0] != b"IDAT")
        before: dict[bytes, bytes] = {}
        for kind, body in chunks[1:first]:
            if kind == b"IHDR" or (kind == b"PLTE" and kind in before):
                raise ValueError(f"it has two {kind.decode()} chunks")
            before.setdefault(kind, body)
        palette = before.pop(b"PLTE", b"") if color_type == INDEXED else b""
        if color_type == INDEXED and (not palette or len(palette) % 3 or len(palette) > 768):
            raise ValueError("its palette is missing or damaged")
        return cls(
            width=width,
            height=height,
            depth=depth,
            color_type=color_type,
            interlaced=bool(interlace),
            palette=palette[: 3 << depth],
            image_data=tuple(body for _, body in chunks[first:last]),
            before=before,
            text=tuple((kind, body) for kind, body in chunks if kind in _TEXT),
            exif=next((body for kind, body in reversed(chunks) if kind == b"eXIf"), None),  # as Pillow takes it
            frames=sum(kind == b"fcTL" for kind, _ in chunks) if _says_frames(before) else 0,
        )

    def cleaned(self) -> bytes:
        """The same picture as a plain PNG that Pillow reads as libpng would: only sound chunks."""
        parts = [
            SIGNATURE,
            chunk(b"IHDR", header(self.width, self.height, self.depth, self.color_type, self.interlaced)),
        ]
        if self.palette:  # indices beyond the palette are black, as in libpng
            parts.append(chunk(b"PLTE", self.palette.ljust(3 << self.depth, b"\0")))
        if key := self._transparency():
            parts.append(chunk(b"tRNS", key))
        if len(self.before.get(b"pHYs", b"")) == 9:
            parts.append(chunk(b"pHYs", self.before[b"pHYs"]))
        if self.exif:
            parts.append(chunk(b"eXIf", self.exif))
        return b"".join((*parts, *_framed(b"IDAT", *self.image_data), chunk(b"IEND")))

    def profile(self) -> bytes | None:
        """The ICC profile, if it is there and sound."""
        _, _, packed = self.before.get(b"iCCP", b"").partition(b"\0")
        return _unpacked(packed[1:], _MAX_PROFILE) if packed[:1] == b"\0" else None

    def texts(self) -> tuple[tuple[str, str], ...]:
        """Keywords and values of the text chunks that are sound and of reasonable size, each and together."""
        room, found = _MAX_TEXTS, []
        for kind, body in self.text:
            pair = _text(kind, body)
            room -= sum(map(len, pair)) if pair else len(body)
            if pair and room >= 0:
                found.append(pair)
            if room < 0:
                break
        return tuple(found)

    def _transparency(self) -> bytes:
        """The data of tRNS, empty if missing or wrong; a colour key scaled as Pillow scales samples."""
        key = self.before.get(b"tRNS", b"")
        if self.color_type == INDEXED:
            return key if len(key) <= len(self.palette) // 3 else b""
        if len(key) != {GREY: 2, RGB: 6}.get(self.color_type):
            return b""
        values = struct.unpack(f">{len(key) // 2}H", key)
        if self.color_type == RGB and self.depth == 16:
            values = tuple(v >> 8 for v in values)
        elif self.depth in (2, 4):
            values = tuple((v & (1 << self.depth) - 1) * 255 // ((1 << self.depth) - 1) for v in values)
        return struct.pack(f">{len(values)}H", *values)

    @property
    def deep_key(self) -> tuple[int, ...] | None:
        """The colour, of 16 bits a channel, that is transparent; None if there is none or it has fewer bits."""
        key = self.before.get(b"tRNS", b"")
        return struct.unpack(">3H", key) if (self.color_type, self.depth, len(key)) == (RGB, 16, 6) else None

    def stored(self) -> "Png | None":
        """The same with image data that are not packed, which saves Pillow's slower unpacking.

        None if they are incomplete, damaged, or so large that this would take much memory.
        """
        size = self._raw_size()
        if size > _MAX_STORED:
            return None
        try:
            rows = deflate.zlib_decompress(b"".join(self.image_data), size)
        except deflate.DeflateError:
            return None
        return replace(self, image_data=tuple(_not_packed(rows))) if len(rows) == size else None

    def is_complete(self) -> bool:
        """Whether the image data unpack to all rows."""
        needed = self._raw_size()
        unpacker = zlib.decompressobj()
        for body in self.image_data:
            while body and needed > 0 and not unpacker.eof:
                needed -= len(unpacker.decompress(body, 1 << 20))
                body = unpacker.unconsumed_tail
        return needed - len(unpacker.flush()) <= 0 if needed > 0 else True

    def _raw_size(self) -> int:
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        bits = self.depth * _SAMPLES[self.color_type]
        sizes = ((-(-(self.width - x) // dx), -(-(self.height - y) // dy)) for x, y, dx, dy in passes)
        return sum(h * (1 + -(-w * bits // 8)) for w, h in sizes if w > 0 and h > 0)


def _not_packed(data: bytes | bytearray) -> Iterator[bytes | memoryview]:
    """The parts of a zlib stream that packs nothing (RFC 1950; RFC 1951, 3.2.4), without a copy of the data."""
    yield b"\x78\x01"
    view = memoryview(data)
    for start in range(0, len(data), _BLOCK):
        part = view[start : start + _BLOCK]
        yield struct.pack("<BHH", start + _BLOCK >= len(data), len(part), len(part) ^ 0xFFFF)
        yield part
    yield deflate.adler32(data).to_bytes(4, "big")


def header(width: int, height: int, depth: int, color_type: int, interlaced: bool = False) -> bytes:
    """The data of an IHDR chunk."""
    return struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlaced)


def _header(body: bytes) -> tuple[int, int, int, int, int]:
    if len(body) != 13:
        raise ValueError("its header is damaged")
    width, height, depth, color_type, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise ValueError(f"its header says {width} x {height} pixels")
    if depth not in _DEPTHS.get(color_type, ()):
        raise ValueError(f"its header says colour type {color_type} with {depth} bits")
    if compression or filtering or interlace > 1:
        raise ValueError("its header names an unknown method")
    return width, height, depth, color_type, interlace


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Type and data of each chunk up to IEND; without ancillary chunks whose checksum is wrong."""
    found: list[tuple[bytes, bytes]] = []
    view = memoryview(data)
    position = len(SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise ValueError("it is truncated")
        length, kind = struct.unpack_from(">I4s", data, position)
        if not kind.isalpha():
            raise ValueError("a chunk has no valid type")
        critical = not kind[0] & 0x20
        if critical and kind not in _CRITICAL:
            raise ValueError(f"it needs an unknown chunk, {kind.decode()}")
        end = position + 8 + length
        if end + 4 > len(data):
            raise ValueError("it is truncated")
        body = data[position + 8 : end]
        sound = deflate.crc32(view[position + 4 : end]) == int.from_bytes(data[end : end + 4], "big")
        if critical and not sound:
            raise ValueError(f"the checksum of its {kind.decode()} chunk is wrong")
        if sound:
            found.append((kind, body))
        if kind == b"IEND":
            return found
        if len(found) > _MAX_CHUNKS:
            raise ValueError("it has too many chunks")
        position = end + 4


def _says_frames(before: dict[bytes, bytes]) -> bool:
    """Whether a picture is an animation; a number of frames that no file can have makes it a still one."""
    return 0 < int.from_bytes(before.get(b"acTL", b"")[:4], "big") < 1 << 31


def _unpacked(packed: bytes, limit: int) -> bytes | None:
    """The data of a zlib stream; None if it is damaged or larger than the limit."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, limit)
    except zlib.error:
        return None
    return data if unpacker.eof else None


def _text(kind: bytes, body: bytes) -> tuple[str, str] | None:
    keyword, _, rest = body.partition(b"\0")
    encoding, packed = "latin-1", kind == b"zTXt"
    if packed:
        rest = rest[1:]
    elif kind == b"iTXt":
        encoding, packed = "utf-8", rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]
    value = _unpacked(rest, _MAX_TEXT) if packed else rest[: _MAX_TEXT + 1]
    if value is None or len(value) > _MAX_TEXT or not 0 < len(keyword) < 80:
        return None
    return keyword.decode("latin-1"), value.decode(encoding, "replace")


def joined(chunks: Iterable[bytes]) -> bytes:
    """A file of these chunks."""
    return b"".join((SIGNATURE, *chunks))
