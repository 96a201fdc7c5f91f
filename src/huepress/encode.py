"""Encode: an indexed picture becomes the bytes of a PNG, a lossless WebP or a GIF.

PNG is written here, in the smallest of the plausible layouts, and GIF; WebP is written by Pillow.
"""

import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import deflate
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import _native
from huepress.cached import cached_property
from huepress.formats import gif, png
from huepress.formats.names import check_format, check_side
from huepress.formats.packing import BEST_LEVEL, TRIAL_LEVEL
from huepress.formats.png_layout import OF_SHADOWS, Layout, grey_layouts, indexed_layouts, level_layouts, reindexed
from huepress.indexed import IndexedPicture
from huepress.metadata import Metadata
from huepress.palette import OPAQUE_IN_GIF
from huepress.parts import looked_up
from huepress.pixels import Pixels, with_alpha
from huepress.tasks import Tasks

_SMALL: Final = 1 << 18  # pixels: up to here the layouts are compared at the final level
_CLOSE: Final = 1.08  # sizes of layouts at the trial level, whose order the final level may turn

_Packed = tuple[Layout, bytes | bytearray]


def encode(
    indexed: IndexedPicture, format: str = "png", *, level: int = BEST_LEVEL, threads: int | None = None
) -> bytes:
    """The bytes of an indexed picture as "png", lossless "webp" or "gif".

    level: how hard to pack a PNG, 1 to 9 as in libdeflate, 10 to 12 by a search for the fewest bits, which threads may
    do side by side; up to 6 in the simplest layout, without trials of others.
    threads: by default the usable processors; changes no result. PNG and WebP decode to exactly the colours of the
    palette. GIF knows no partial transparency: entries with alpha below 128 become transparent, all others opaque.

    Raises ValueError for another format, a level out of range, a picture too large for the format, or a colour profile
    in a GIF.
    """
    return Draft(indexed, format, level, _native.check_threads(threads)).file()


class Draft:
    """A picture on its way into a file: what its size is told from is not found out again when it is packed.

    `format` and `level` are those of `encode`. threads: to try the layouts of a PNG with; changes no result.
    own: whether pixels have entries of their own colours, so that near pixels have near ones. codes: those of the
    indices in a GIF, if they are known.
    """

    def __init__(
        self,
        indexed: IndexedPicture,
        format: str = "png",
        level: int = BEST_LEVEL,
        threads: int = 1,
        *,
        own: bool = False,
        codes: bytes | None = None,
    ) -> None:
        check_format(format)
        if not 1 <= level <= 12:
            raise ValueError(f"level must be between 1 and 12, not {level}")
        self._indices, self._format, self._level, self._threads = indexed.indices, format, level, threads
        self._own, self._codes = own, codes
        self._colors = with_alpha(indexed.palette.colors)
        self._metadata = indexed.metadata

    @cached_property
    def size(self) -> int:
        """About the bytes of the file, in a fraction of the time: what results are told apart by."""
        if self._format == "png":
            return min(map(_size, self._finals if self._is_small else self._roughly))
        return len(self._other)

    @property
    def rough_size(self) -> int:
        """Roughly the bytes of the file, of a PNG packed less hard: by what they exceed others by, not to a byte."""
        return min(map(_size, self._roughly)) if self._format == "png" else self.size

    def file(self) -> bytes:
        """The file."""
        if self._format == "png":
            return _png(*min(self._finals, key=_size), self._indices.shape, self._metadata)
        return self._other

    @cached_property
    def _other(self) -> bytes:
        """The file of another format than PNG, which has no size before it is packed."""
        if self._format == "webp":
            return _webp(self._colors, self._indices, self._metadata)
        return _gif(self._colors, self._indices, self._metadata, self._codes)

    @property
    def _is_small(self) -> bool:
        return self._indices.size <= _SMALL

    @cached_property
    def _layouts(self) -> list[Layout]:
        of_shadows = OF_SHADOWS[: 2 if self._is_small else 1]
        grey = [] if self._metadata.profile else grey_layouts(self._colors)  # profiles are of RGB: they fit no grey
        layouts = [*indexed_layouts(self._colors, of_shadows), *grey]
        if self._level <= TRIAL_LEVEL:
            return [min(layouts, key=_simplicity)]
        return [*layouts, *level_layouts(self._colors, grey=bool(grey))] if self._own else layouts

    @cached_property
    def _roughly(self) -> list[_Packed]:
        """All layouts, and the pixels in each."""
        return self._packed(self._layouts, min(self._level, TRIAL_LEVEL))

    @cached_property
    def _finals(self) -> list[_Packed]:
        """The layouts that may take the fewest bytes, and the pixels in each."""
        if self._level <= TRIAL_LEVEL:
            return self._roughly
        return self._packed(self._layouts if len(self._layouts) == 1 else self._promising, self._level)

    @property
    def _promising(self) -> list[Layout]:
        """Those near the best at the trial level; in large pictures the best of each kind that may win there."""
        most = _CLOSE * min(map(_size, self._roughly))
        near = [found[0] for found in sorted(self._roughly, key=_size) if _size(found) <= most]
        plain = [layout for layout in near if not layout.filtering]
        filtered = [layout for layout in near if layout.filtering]
        if self._is_small:
            return [*plain, *filtered[:1]]
        return [*plain[:1], *filtered[:1]] if self._own else near[:1]

    def _packed(self, layouts: Sequence[Layout], level: int) -> list[_Packed]:
        threads = min(self._threads, len(layouts))
        each = self._threads if len(layouts) == 1 else 1
        with Tasks(threads - 1) as tasks:
            packed = tasks.map(lambda layout: layout.packed(self._indices, level, each), layouts)
            return list(zip(layouts, packed, strict=True))


# -- PNG ---------------------------------------------------------------------------------------------------


def _size(found: _Packed) -> int:
    layout, packed = found
    return len(layout.chunks) + len(packed)


def _simplicity(layout: Layout) -> tuple[bool, int, int]:
    """Least where the fewest bytes are to be packed, without filters."""
    return layout.filtering is not None, layout.depth, len(layout.chunks)


def _png(layout: Layout, packed: bytes | bytearray, shape: tuple[int, ...], metadata: Metadata) -> bytes:
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
    check_side("webp", *indices.shape)
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


def _gif(colors: Pixels, indices: Pixels, metadata: Metadata, codes: bytes | None) -> bytes:
    check_side("gif", *indices.shape)
    check_profile(metadata)
    clear = np.flatnonzero(colors[:, 3] < OPAQUE_IN_GIF)
    size = gif.code_size(len(colors))
    if codes is None:
        _, codes = _native.lzw(_with_one_clear(clear, colors, indices), size)
    height, width = indices.shape
    transparent = int(clear[0]) if len(clear) else None
    frame = gif.GifFrame(0, 0, width, height, transparent=transparent, data=gif.blocks(size, codes))
    return gif.joined((gif.header(width, height, colors[:, :3], None), gif.only_frame(frame)))


def _with_one_clear(clear: NDArray[np.intp], colors: Pixels, indices: Pixels) -> Pixels:
    """The indices, those of transparent entries as that of the first: GIF knows one."""
    merged = np.arange(len(colors), dtype=np.uint8)
    merged[clear] = clear[:1]
    return reindexed(merged, indices)


def _saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
