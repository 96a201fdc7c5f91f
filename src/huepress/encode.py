"""Encode: an indexed picture becomes the bytes of a PNG, a lossless WebP or a GIF.

PNG is written here: libdeflate, and of the plausible layouts (bits per pixel; grey in place of a palette; filtered
rows) the smallest. Eight bits per pixel often pack smaller than four or two, as repeats then start at bytes. Filters
foretell levels: those of grey, those of soft shadows, whose entries are in the order of their alpha, and entries from
near to near colour where each pixel has its own; they do nothing for entries chosen for their repeats. WebP and GIF
are written by Pillow.
"""

import io
import struct
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import PurePath
from typing import Any, Final, Literal, Protocol, get_args

import deflate
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import _native
from huepress.formats import png
from huepress.formats.png_rows import Filtering, different_pairs, entropy, packed_rows, sums, toured
from huepress.image import Pixels
from huepress.metadata import Metadata
from huepress.palette import OPAQUE_IN_GIF
from huepress.parts import looked_up

Format = Literal["png", "webp", "gif"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
FAST_LEVEL: Final = 10  # a third of the time of the default, 0.2 % more bytes
BEST_LEVEL: Final = 12
TRIAL_LEVEL: Final = 6  # a tenth of the time, 5 to 10 % more bytes

_SMALL: Final = 1 << 18  # pixels: up to here the layouts are compared at the final level
_CLOSE: Final = 1.08  # sizes of layouts at the trial level, whose order the final level may turn
_PART: Final = 500_000  # bytes: a part that is packed by itself has at least as many
_MOST_PARTS: Final = {FAST_LEVEL: 4, 11: 2, BEST_LEVEL: 2}  # by level; below, packing takes little time
_ZLIB_HEADER: Final = b"\x78\xda"
_OF_SHADOWS: Final = (Filtering((0, 1, 2), different_pairs), Filtering((0, 1, 2), sums))
_OF_LEVELS: Final = (
    *(Filtering((0, 1, 2, 3, 4), disorder) for disorder in (sums, entropy)),
    *(Filtering((kind,)) for kind in (1, 2, 4)),
)
FORMAT_OF_SUFFIX: Final[dict[str, Format]] = {".png": "png", ".apng": "png", ".webp": "webp", ".gif": "gif"}
_OTHER_SUFFIXES: Final = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".jxl", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp"),
    *(".ico", ".tga", ".pcx", ".qoi", ".ppm", ".pgm", ".pbm", ".pnm", ".psd", ".svg", ".pdf"),
)


class Colored(Protocol):
    """A palette."""

    @property
    def colors(self) -> NDArray[np.uint8]:
        """(k, 3) or (k, 4) uint8, most used first."""
        ...


class Indexed(Protocol):
    """What is encoded; an attribute `metadata` of type `Metadata`, if there, is written too."""

    @property
    def palette(self) -> Colored:
        """At most 256 colours."""
        ...

    @property
    def indices(self) -> NDArray[np.uint8]:
        """(H, W) uint8, the palette entry of each pixel."""
        ...


def encode(indexed: Indexed, format: str = "png", *, level: int = BEST_LEVEL, threads: int | None = None) -> bytes:
    """The bytes of an indexed picture as "png", lossless "webp" or "gif".

    level: how hard to pack a PNG, 1 to 12, as in libdeflate; up to 6 in the simplest layout, without trials of others;
    from 10 on large ones in parts, which threads may pack side by side. threads: by default the usable processors;
    changes no result. PNG and WebP decode to exactly the colours of the palette. GIF knows no partial transparency:
    entries with alpha below 128 become transparent, all others opaque.

    Raises ValueError for another format, a level out of range, a picture too large for the format, or a colour profile
    in a GIF.
    """
    return Draft(indexed, format, level, _native.check_threads(threads)).file()


class Draft:
    """A picture on its way into a file: what its size is told from is not found out again when it is packed.

    `format` and `level` are those of `encode`. threads: to try the layouts of a PNG with; changes no result.
    own: whether pixels have entries of their own colours, so that near pixels have near ones.
    """

    def __init__(
        self, indexed: Indexed, format: str = "png", level: int = BEST_LEVEL, threads: int = 1, *, own: bool = False
    ) -> None:
        if format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
        if not 1 <= level <= 12:
            raise ValueError(f"level must be between 1 and 12, not {level}")
        self._indices, self._format, self._level, self._threads = indexed.indices, format, level, threads
        self._own = own
        self._colors = _rgba(indexed.palette.colors)
        self._metadata = getattr(indexed, "metadata", None) or Metadata()

    @cached_property
    def size(self) -> int:
        """About the bytes of the file, in a fraction of the time: what results are told apart by."""
        if self._format == "png":
            return min(map(_size, self._finals if self._is_small else self._roughly))
        return len(self.file())

    @property
    def rough_size(self) -> int:
        """Roughly the bytes of the file, of a PNG packed less hard: by what they exceed others by, not to a byte."""
        return min(map(_size, self._roughly)) if self._format == "png" else self.size

    def file(self) -> bytes:
        """The file."""
        if self._format == "webp":
            return _webp(self._colors, self._indices, self._metadata)
        if self._format == "gif":
            return _gif(self._colors, self._indices, self._metadata)
        return _png(*min(self._finals, key=_size), self._indices.shape, self._metadata)

    @property
    def _is_small(self) -> bool:
        return self._indices.size <= _SMALL

    @cached_property
    def _layouts(self) -> "list[_Layout]":
        of_shadows = _OF_SHADOWS[: 2 if self._is_small else 1]
        layouts = [*_indexed_layouts(self._colors, of_shadows), *_grey_layouts(self._colors)]
        if self._level <= TRIAL_LEVEL:
            return [min(layouts, key=_simplicity)]
        return [*layouts, *_level_layouts(self._colors)] if self._own else layouts

    @cached_property
    def _roughly(self) -> "list[_Packed]":
        """All layouts, and the pixels in each."""
        return self._packed(self._layouts, min(self._level, TRIAL_LEVEL))

    @cached_property
    def _finals(self) -> "list[_Packed]":
        """The layouts that may take the fewest bytes, and the pixels in each."""
        if self._level <= TRIAL_LEVEL:
            return self._roughly
        return self._packed(self._layouts if len(self._layouts) == 1 else self._promising, self._level)

    @property
    def _promising(self) -> "list[_Layout]":
        """Those near the best at the trial level; in large pictures the best of each kind that may win there."""
        most = _CLOSE * min(map(_size, self._roughly))
        near = [found[0] for found in sorted(self._roughly, key=_size) if _size(found) <= most]
        plain = [layout for layout in near if not layout.filtering]
        filtered = [layout for layout in near if layout.filtering]
        if self._is_small:
            return [*plain, *filtered[:1]]
        return [*plain[:1], *filtered[:1]] if self._own else near[:1]

    def _packed(self, layouts: "Sequence[_Layout]", level: int) -> "list[_Packed]":
        threads = min(self._threads, len(layouts))
        each = self._threads if len(layouts) == 1 else 1
        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            packed = (pool.map if pool else map)(lambda layout: layout.packed(self._indices, level, each), layouts)
            return list(zip(layouts, packed, strict=True))


def is_named_as_picture(path: str | PathLike[str]) -> bool:
    """Whether a name ends as those of pictures do."""
    suffix = PurePath(path).suffix.lower()
    return suffix in _OTHER_SUFFIXES or suffix in FORMAT_OF_SUFFIX


def format_of(path: str | PathLike[str], default: Format = "png") -> Format:
    """The format that a file name asks for, else `default`; ValueError for a name of another kind of picture."""
    suffix = PurePath(path).suffix.lower()
    if suffix in _OTHER_SUFFIXES:
        raise ValueError(f"huepress writes PNG, lossless WebP and GIF, not {suffix}")
    return FORMAT_OF_SUFFIX.get(suffix, default)


def has_ramps(colors: NDArray[np.uint8]) -> bool:
    """Whether some of (k, 3|4) colours are translucent, as in soft shadows and edges: PNG's filters may pack these."""
    alpha = colors[:, 3:]
    return bool(((alpha > 0) & (alpha < 255)).any())


def _rgba(colors: NDArray[np.uint8]) -> Pixels:
    rgba = np.full((len(colors), 4), 255, np.uint8)
    rgba[:, : colors.shape[1]] = colors
    return rgba


def check_side(shape: tuple[int, ...], limit: int, name: str) -> None:
    """Raise ValueError if a side of a picture (H, W) is too long for a format."""
    if max(shape) > limit:
        raise ValueError(f"{name} holds at most {limit} pixels a side, not {shape[1]} x {shape[0]}")


# -- PNG ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    """A way to write the pixels: a sample of `depth` bits for each palette entry, and what explains it."""

    color_type: int
    depth: int
    samples: Pixels  # (k,)
    chunks: bytes = b""
    filtering: Filtering | None = None  # with 8 bits only

    def packed(self, indices: Pixels, level: int, threads: int) -> bytes | bytearray:
        samples = _looked_up(self.samples, indices)
        rows = self.filtering.rows(samples) if self.filtering else packed_rows(samples, self.depth)
        parts = min(rows.size // _PART, _MOST_PARTS.get(level, 1))
        return _in_parts(rows, level, parts, threads) if parts > 1 else deflate.zlib_compress(rows, level)


_Packed = tuple[_Layout, bytes | bytearray]


def _in_parts(rows: Pixels, level: int, parts: int, threads: int) -> bytes:
    """A zlib stream of rows that are packed apart: repeats do not reach from part to part, which costs 0.2 %."""
    with ThreadPoolExecutor(min(parts, threads)) as pool:
        streams = list(pool.map(lambda part: deflate.deflate_compress(part, level), np.array_split(rows, parts)))
    return b"".join((_ZLIB_HEADER, _native.join_deflate(streams, threads), deflate.adler32(rows).to_bytes(4, "big")))


def _size(found: _Packed) -> int:
    layout, packed = found
    return len(layout.chunks) + len(packed)


def _simplicity(layout: _Layout) -> tuple[bool, int, int]:
    """Least where the fewest bytes are to be packed, without filters."""
    return layout.filtering is not None, layout.depth, len(layout.chunks)


def _png(layout: _Layout, packed: bytes | bytearray, shape: tuple[int, ...], metadata: Metadata) -> bytes:
    return png.joined(
        (
            png.chunk(b"IHDR", png.header(shape[1], shape[0], layout.depth, layout.color_type)),
            *color_chunks(metadata),
            layout.chunks,
            *ancillary_chunks(metadata),
            png.chunk(b"IDAT", packed),
            png.chunk(b"IEND"),
        )
    )


def _indexed_layouts(colors: Pixels, of_shadows: Sequence[Filtering]) -> list[_Layout]:
    """With a palette: by alpha, so that the tRNS chunk ends with the last entry that is not opaque."""
    samples, chunks = _palette(colors, np.argsort(colors[:, 3], kind="stable"))
    depth = next(bits for bits in (1, 2, 4, 8) if len(colors) <= 1 << bits)
    layouts = [_Layout(png.INDEXED, bits, samples, chunks) for bits in sorted({depth, 8})]
    if has_ramps(colors):
        layouts += [_Layout(png.INDEXED, 8, samples, chunks, filtering) for filtering in of_shadows]
    return layouts


def _palette(colors: Pixels, order: NDArray[np.intp]) -> tuple[Pixels, bytes]:
    """The sample of each entry in this order, and the chunks."""
    samples = np.empty(len(colors), np.uint8)
    samples[order] = np.arange(len(colors), dtype=np.uint8)
    alpha = colors[order, 3]
    chunks = png.chunk(b"PLTE", colors[order, :3].tobytes())
    if alpha.min() < 255:
        chunks += png.chunk(b"tRNS", alpha[: 1 + np.flatnonzero(alpha < 255)[-1]].tobytes())
    return samples, chunks


def _level_layouts(colors: Pixels) -> list[_Layout]:
    """With filters, which foretell levels: of grey if all are grey, else of a palette from near to near."""
    if _is_grey(colors):
        return [_Layout(png.GREY, 8, colors[:, 0], filtering=filtering) for filtering in _OF_LEVELS]
    samples, chunks = _palette(colors, toured(colors))
    return [_Layout(png.INDEXED, 8, samples, chunks, filtering) for filtering in _OF_LEVELS]


def _is_grey(colors: Pixels) -> bool:
    return bool((colors[:, :3] == colors[:, :1]).all() and (colors[:, 3] == 255).all())


def _grey_layouts(colors: Pixels) -> list[_Layout]:
    """Without a palette, if all entries are opaque and grey and the depth has just these greys."""
    if not _is_grey(colors):
        return []
    grey = colors[:, 0]
    steps = {bits: 255 // ((1 << bits) - 1) for bits in (1, 2, 4, 8)}
    depth = next(bits for bits, step in steps.items() if not (grey % step).any())
    return [_Layout(png.GREY, bits, grey // np.uint8(steps[bits])) for bits in sorted({depth, 8})]


def _looked_up(samples: Pixels, indices: Pixels) -> Pixels:
    return indices if (samples == np.arange(len(samples))).all() else looked_up(samples, indices)


def color_chunks(metadata: Metadata) -> list[bytes]:
    """The PNG chunks that tell the colour space; they stand before the palette."""
    if metadata.profile:
        return [png.chunk(b"iCCP", b"ICC profile\0\0", deflate.zlib_compress(metadata.profile, BEST_LEVEL))]
    return [png.chunk(kind, body) for kind, body in metadata.color_chunks]


def ancillary_chunks(metadata: Metadata) -> list[bytes]:
    """The PNG chunks of the other metadata; they stand before the image data."""
    chunks = []
    if metadata.resolution:
        per_metre = (min(round(dpi / 0.0254), 0x7FFFFFFF) for dpi in metadata.resolution)
        chunks.append(png.chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if metadata.exif:
        chunks.append(png.chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append(png.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0", metadata.xmp))
    return chunks + [_text_chunk(*pair) for pair in metadata.text]


def _text_chunk(keyword: str, value: str) -> bytes:
    name = keyword.encode("latin-1", "replace")
    try:
        return png.chunk(b"tEXt", name, b"\0", value.encode("latin-1"))
    except UnicodeEncodeError:
        return png.chunk(b"iTXt", name, b"\0\0\0\0\0", value.encode("utf-8", "replace"))


# -- WebP and GIF ------------------------------------------------------------------------------------------


def _webp(colors: Pixels, indices: Pixels, metadata: Metadata) -> bytes:
    check_side(indices.shape, 16383, "WebP")
    kept = {"icc_profile": metadata.profile, "exif": metadata.exif_with_resolution(), "xmp": metadata.xmp}
    return lossless_webp(looked_up(colors, indices), {name: value for name, value in kept.items() if value})


def lossless_webp(pixels: Pixels, metadata: Mapping[str, bytes] | None = None, *, quick: bool = False) -> bytes:
    """A still WebP of (H, W, 4) pixels; `metadata` as Pillow names them.

    quick: some 6 % larger, in less than half of the time.
    """
    if (pixels[..., 3] == 255).all():
        pixels = np.ascontiguousarray(pixels[..., :3])
    return _saved(
        Image.fromarray(pixels),
        "WEBP",
        lossless=True,
        quality=25 if quick else 75,  # with method 4: 100 takes twice the time for 1 % fewer bytes,
        method=1 if quick else 4,  # and method 6 twenty times
        exact=True,  # the colours under full transparency are the palette's
        **(metadata or {}),
    )


def check_profile(metadata: Metadata) -> None:
    """Raise ValueError if the colours are of a space that a GIF cannot name."""
    if metadata.profile is not None:
        raise ValueError("GIF holds no colour profile: take PNG or WebP, or leave out --keep-profile (keep_profile)")


def _gif(colors: Pixels, indices: Pixels, metadata: Metadata) -> bytes:
    check_side(indices.shape, 65535, "GIF")
    check_profile(metadata)
    clear = np.flatnonzero(colors[:, 3] < OPAQUE_IN_GIF)
    options: dict[str, Any] = {}
    if len(clear):
        merged = np.arange(len(colors), dtype=np.uint8)
        merged[clear] = clear[0]
        indices = _looked_up(merged, indices)
        options["transparency"] = int(clear[0])
    image = Image.fromarray(indices)
    image.putpalette(colors[:, :3].tobytes())
    return _saved(image, "GIF", interlace=0, optimize=False, **options)


def _saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
