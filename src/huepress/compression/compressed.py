"""A compressed picture: what `compress` returns."""

from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.cached import cached_property
from huepress.encode import Draft
from huepress.formats.names import Format, format_of
from huepress.formats.packing import BEST_LEVEL
from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.palette import Palette
from huepress.quality import Judge, Scores, judge


@dataclass(frozen=True, eq=False)
class Compressed:
    """A compressed picture.

    Attributes:
        format: "png", "webp" or "gif".
        indexed: the palette and the indices.
        original: the picture it was made from.
        level: how hard the file is packed, 1 to 12.
        threads: to judge with; by default the usable processors.

    """

    format: Format
    indexed: IndexedPicture
    original: Picture
    level: int = field(default=BEST_LEVEL, repr=False)
    threads: int | None = field(default=None, repr=False)

    @cached_property
    def data(self) -> bytes:
        """The bytes of the file; packed when first asked for."""
        return self._draft.file()

    @cached_property
    def _draft(self) -> Draft:
        return Draft(self.indexed, self.format, self.level, _native.check_threads(self.threads))

    @cached_property
    def ssimulacra2(self) -> float:
        """SSIMULACRA2 of the result; measured when first asked for."""
        judge = Judge(self.original.pixels, threads=self.threads, cached=False)
        return judge.ssimulacra2(self.indices, self.palette.rgba)

    @property
    def palette(self) -> Palette:
        """The colours, most used first."""
        return self.indexed.palette

    @property
    def indices(self) -> NDArray[np.uint8]:
        """(H, W) the palette entry of each pixel."""
        return self.indexed.indices

    @property
    def k(self) -> int:
        """The number of colours."""
        return len(self.palette)

    @property
    def original_bytes(self) -> int | None:
        """The size of the original file; None if it was no file."""
        return self.original.source_bytes

    @cached_property
    def scores(self) -> Scores:
        """How the result compares with the original."""
        return judge(self.original.pixels, self.to_array(), bytes=len(self.data), threads=self.threads)

    def to_array(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, or (H, W, 4) RGBA if the palette has alpha; uint8."""
        return self.indexed.to_array()

    def to_pil(self) -> Any:
        """A Pillow image of mode "P"."""
        return self.indexed.to_pil()

    def save(self, path: str | PathLike[str], *, format: Format | None = None, force: bool = True) -> None:
        """Write the file, whole or not at all; in another format, asked for or by the suffix, the same picture in that.

        Raises:
            WriteError: it cannot be written, or exists and force is False.
            ValueError: another format, or the suffix is that of a picture that is not written, such as .jpg.

        """
        from huepress.files import write

        format = format or format_of(path, self.format)
        write(path, self.data if format == self.format else self.indexed.encode(format), force=force)

    def _repr_png_(self) -> bytes:
        return self.data if self.format == "png" else self.indexed.encode("png")
