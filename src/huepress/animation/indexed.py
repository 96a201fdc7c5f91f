"""The indexed animation: one palette for all frames, and for each frame an index per pixel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from huepress import color
from huepress.animation.animation import Animation
from huepress.metadata import Metadata
from huepress.palette import Palette
from huepress.parts import looked_up


@dataclass(frozen=True, eq=False)
class IndexedAnimation:
    """An animation of up to 256 colours.

    The indices are made anew, frame by frame, each time they are gone through: an animation is longer than memory.

    Attributes:
        palette: the colours of all frames, in the order of an `IndexedPicture`'s, with the number of pixels of each in
            all frames.
        source: the animation it was made from.
        mse: mean over the pixels of all frames of the squared distance, as of an `IndexedPicture`.
        inertia: of the search, as of an `IndexedPicture`.
        n_iter: of the search, as of an `IndexedPicture`.

    """

    palette: Palette
    source: Animation
    mse: float
    inertia: float
    n_iter: int
    _map: Callable[[], Iterator[NDArray[np.uint8]]] = field(repr=False)

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.source)

    @property
    def durations(self) -> tuple[float, ...]:
        """Of each frame, in milliseconds."""
        return self.source.durations

    @property
    def plays(self) -> int:
        """How often it is played; 0 is forever."""
        return self.source.plays

    @property
    def metadata(self) -> Metadata:
        """What survives of the source besides pixels."""
        return self.source.metadata

    @property
    def psnr(self) -> float:
        """10 log10(3 * 255^2 / MSE) in dB; infinite for an exact copy."""
        return color.psnr(self.mse)

    def indices(self) -> Iterator[NDArray[np.uint8]]:
        """(H, W) uint8 of each frame. A pixel that does not change in the source keeps its index."""
        return self._map()

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame as it is seen: (H, W, 3) RGB, or (H, W, 4) RGBA if the palette has alpha; uint8."""
        return (looked_up(self.palette.colors, indices) for indices in self.indices())

    def encode(self, format: str | None = None) -> bytes:
        """The bytes of an animated "gif", "png" or lossless "webp" file; by default of the source's format.

        GIF knows no partial transparency: entries with alpha below 128 become transparent, all others opaque. Durations
        are rounded to its hundredths of a second.

        Raises:
            ValueError: another format, a canvas too large for the format, or a colour profile in a GIF.

        """
        from huepress.animation.encode import encode_frames

        return encode_frames(self, format or self.source.default_format)

    def save(self, path: str | Path, *, format: str | None = None, force: bool = True) -> None:
        """Write a file, whole or not at all; the format by the suffix, else that of the source.

        Raises:
            WriteError: the file cannot be written, or exists and force is False.
            ValueError: as of `encode`, or the suffix is that of a picture that is not written, such as .jpg.

        """
        from huepress.files import write
        from huepress.formats.names import format_of

        write(path, self.encode(format or format_of(path, self.source.default_format)), force=force)
