"""Layouts of a PNG: bits for each pixel, grey in place of a palette, filtered rows.

Eight bits per pixel often pack smaller than four or two, as repeats then start at bytes. Filters foretell levels:
those of grey, those of soft shadows, whose entries are in the order of their alpha, and entries from near to near
colour where each pixel has its own; they do nothing for entries chosen for their repeats.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.formats import png
from huepress.formats.packing import packed
from huepress.formats.png_rows import Filtering, Samples, different_pairs, entropy, packed_rows, sums, toured
from huepress.parts import looked_up

OF_SHADOWS: Final = (Filtering((0, 1, 2), different_pairs), Filtering((0, 1, 2), sums))
_OF_LEVELS: Final = (
    *(Filtering((0, 1, 2, 3, 4), disorder) for disorder in (sums, entropy)),
    *(Filtering((kind,)) for kind in (1, 2, 4)),
)


class Layout(NamedTuple):
    """A way to write the pixels: a sample of `depth` bits for each palette entry, and what explains it."""

    color_type: int
    depth: int
    samples: Samples  # (k,)
    chunks: bytes = b""
    filtering: Filtering | None = None  # with 8 bits only

    def packed(self, indices: Samples, level: int, threads: int) -> bytes | bytearray:
        """The image data of a picture (H, W)."""
        samples = reindexed(self.samples, indices)
        rows = self.filtering.rows(samples) if self.filtering else packed_rows(samples, self.depth)
        return packed(rows, level, threads)


def has_ramps(colors: NDArray[np.uint8]) -> bool:
    """Whether some of (k, 3|4) colours are translucent, as in soft shadows and edges: PNG's filters may pack these."""
    alpha = colors[:, 3:]
    return bool(((alpha > 0) & (alpha < 255)).any())


def indexed_layouts(colors: Samples, of_shadows: Sequence[Filtering]) -> list[Layout]:
    """With a palette: by alpha, so that the tRNS chunk ends with the last entry that is not opaque."""
    samples, chunks = _palette(colors, np.argsort(colors[:, 3], kind="stable"))
    depth = next(bits for bits in (1, 2, 4, 8) if len(colors) <= 1 << bits)
    layouts = [Layout(png.INDEXED, bits, samples, chunks) for bits in sorted({depth, 8})]
    if has_ramps(colors):
        layouts += [Layout(png.INDEXED, 8, samples, chunks, filtering) for filtering in of_shadows]
    return layouts


def level_layouts(colors: Samples, *, grey: bool) -> list[Layout]:
    """With filters, which foretell levels: of grey, or of a palette from near to near."""
    if grey:
        return [Layout(png.GREY, 8, colors[:, 0], filtering=filtering) for filtering in _OF_LEVELS]
    samples, chunks = _palette(colors, toured(colors))
    return [Layout(png.INDEXED, 8, samples, chunks, filtering) for filtering in _OF_LEVELS]


def grey_layouts(colors: Samples) -> list[Layout]:
    """Without a palette, if all entries are opaque and grey and the depth has just these greys."""
    if not _is_grey(colors):
        return []
    grey = colors[:, 0]
    steps = {bits: 255 // ((1 << bits) - 1) for bits in (1, 2, 4, 8)}
    depth = next(bits for bits, step in steps.items() if not (grey % step).any())
    return [Layout(png.GREY, bits, grey // np.uint8(steps[bits])) for bits in sorted({depth, 8})]


def _palette(colors: Samples, order: NDArray[np.intp]) -> tuple[Samples, bytes]:
    """The sample of each entry in this order, and the chunks."""
    samples = np.empty(len(colors), np.uint8)
    samples[order] = np.arange(len(colors), dtype=np.uint8)
    alpha = colors[order, 3]
    chunks = png.chunk(b"PLTE", colors[order, :3].tobytes())
    if alpha.min() < 255:
        chunks += png.chunk(b"tRNS", alpha[: 1 + np.flatnonzero(alpha < 255)[-1]].tobytes())
    return samples, chunks


def _is_grey(colors: Samples) -> bool:
    return bool((colors[:, :3] == colors[:, :1]).all() and (colors[:, 3] == 255).all())


def reindexed(samples: Samples, indices: Samples) -> Samples:
    """The indices, with `samples` in place of their entries."""
    return indices if (samples == np.arange(len(samples))).all() else looked_up(samples, indices)
