"""A compressed animation: what `compress` returns of one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from huepress.animation.animation import Animation
from huepress.animation.indexed import IndexedAnimation
from huepress.animation.quality import judge_frames
from huepress.animation.reading import read_whole
from huepress.cached import cached_property
from huepress.formats.names import Format, check_format, format_of
from huepress.histogram import Histogram
from huepress.mapping import label_colors, map_picture
from huepress.palette import Palette
from huepress.quality import Scores, mse


@dataclass(frozen=True, eq=False)
class CompressedAnimation:
    """A compressed animation.

    Attributes:
        data: the bytes of the file.
        format: "gif", "png" or "webp".
        original: the animation it was made from.
        threads: to judge with, by default 1.

    """

    data: bytes = field(repr=False)
    format: Format
    original: Animation
    threads: int = field(default=1, repr=False)

    @cached_property
    def _histogram(self) -> Histogram:
        return Histogram.sum(Histogram.of_pixels(pixels, threads=self.threads) for pixels in self.frames())

    @cached_property
    def palette(self) -> Palette:
        """The colours of all frames, most used first."""
        return Palette(self._histogram.colors, self._histogram.counts).ordered()

    @cached_property
    def indexed(self) -> IndexedAnimation:
        """The palette of all frames, and the indices."""
        pairs = zip(self.original.frames(), self.frames(), strict=True)
        error = sum(mse(original, result) for original, result in pairs) / len(self)
        return IndexedAnimation(self.palette, self.original, error, float("nan"), 0, self._indices)

    def _indices(self) -> Iterator[NDArray[np.uint8]]:
        labels = label_colors(self._histogram, self.palette).labels
        return (map_picture(pixels, self._histogram, labels, self.threads) for pixels in self.frames())

    @property
    def k(self) -> int:
        """The number of colours."""
        return len(self.palette)

    @property
    def durations(self) -> tuple[float, ...]:
        """Of each frame as written, in milliseconds."""
        return self._read.durations

    @property
    def original_bytes(self) -> int | None:
        """The size of the original file."""
        return self.original.source_bytes

    @cached_property
    def scores(self) -> Scores:
        """How all frames compare with the original's, as in `compare`."""
        return judge_frames(self.original.frames(), self.frames(), bytes=len(self.data), threads=self.threads)

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.original)

    @cached_property
    def _read(self) -> Animation:
        pixels = len(self) * self.original.width * self.original.height  # however few bytes they take
        found = read_whole(self.data, name="result", max_pixels=pixels, max_bytes=len(self.data))
        assert isinstance(found, Animation)
        return found

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame as it is seen, (H, W, 3|4) uint8: decoded from the file."""
        return self._read.frames()

    def save(self, path: str | PathLike[str], *, format: Format | None = None, force: bool = True) -> None:
        """Write the file, whole or not at all.

        Raises:
            WriteError: it cannot be written, or exists and force is False.
            ValueError: another format is asked for, or the suffix is that of another kind of picture.

        """
        from huepress.files import write

        if (asked := check_format(format or format_of(path, self.format))) != self.format:
            raise ValueError(f"{path}: this is a {self.format} file; compress(format={asked!r}) makes the other")
        write(path, self.data, force=force)
