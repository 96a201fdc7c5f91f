"""The indexed picture: a palette and one index per pixel."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import color
from huepress.metadata import Metadata
from huepress.palette import Palette, by_use
from huepress.parts import label_counts, looked_up


@dataclass(frozen=True, eq=False)
class IndexedPicture:
    """A picture of up to 256 colours.

    Attributes:
        palette: the colours, most used first (`quantize` keeps the order of a palette that is given), with the number
            of pixels of each.
        indices: (H, W) uint8, the palette entry of each pixel.
        mse: mean over the pixels of the squared distance between original and result, 0..195075, measured on the 8-bit
            palette after mapping, in sRGB whatever the space, weights or dither.
        inertia: sum of weighted squared distances to the unrounded centres, in the space that was clustered; nan with
            a given palette, and of what `compress` makes.
        n_iter: K-means iterations over all colours; 0 where the inertia is nan.
        metadata: what survives of the source: resolution, and on request profile, EXIF, XMP and text.

    Raises:
        TypeError, ValueError: the indices are no such array, or name an entry that the palette does not have.

    """

    palette: Palette
    indices: NDArray[np.uint8]
    mse: float
    inertia: float
    n_iter: int
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        if not isinstance(self.palette, Palette):
            raise TypeError(f"palette must be a Palette, not {type(self.palette).__name__}")
        indices = self.indices
        if not isinstance(indices, np.ndarray) or indices.dtype != np.uint8:
            raise TypeError("indices must be an array of uint8")
        if indices.ndim != 2 or not indices.size:
            raise ValueError(f"indices must have shape (H, W), and a pixel at least, not {indices.shape}")
        if (last := int(indices.max())) >= len(self.palette):
            raise ValueError(f"indices must be below {len(self.palette)}, the colours of the palette, not {last}")

    @property
    def psnr(self) -> float:
        """10 log10(3 * 255^2 / MSE) in dB; infinite for an exact copy."""
        return color.psnr(self.mse)

    def to_array(self) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, or (H, W, 4) RGBA if the palette has alpha; uint8."""
        return looked_up(self.palette.colors, self.indices)

    def to_pil(self) -> Any:
        """A Pillow image of mode "P", with its transparency.

        Pillow can save it as GIF if one colour is fully transparent, and all others opaque.
        """
        from PIL import Image

        image = Image.fromarray(self.indices)  # greyscale; with a palette it becomes mode P
        image.putpalette(self.palette.colors[:, :3].tobytes(), "RGB")
        alpha = self.palette.rgba[:, 3]
        under = np.flatnonzero(alpha < 255)
        if len(under):
            is_binary = len(under) == 1 and not alpha[under[0]]  # Pillow writes GIF of an entry's number alone
            image.info["transparency"] = int(under[0]) if is_binary else alpha.tobytes()
        return image

    def encode(self, format: str = "png") -> bytes:
        """The bytes of a "png", lossless "webp" or "gif" file.

        GIF knows no partial transparency: entries with alpha below 128 become transparent, all others opaque.

        Raises:
            ValueError: another format, a picture too large for the format, or a colour profile in a GIF.

        """
        from huepress.encode import encode

        return encode(self, format)

    def save(self, path: str | Path, *, format: str | None = None, force: bool = True) -> None:
        """Write a file, whole or not at all; the format by the suffix, else PNG.

        Raises:
            WriteError: the file cannot be written, or exists and force is False.
            ValueError: as of `encode`, or the suffix is that of a picture that is not written, such as .jpg.

        """
        from huepress.files import write
        from huepress.formats.names import format_of

        write(path, self.encode(format or format_of(path)), force=force)

    def _repr_png_(self) -> bytes:
        return self.encode("png")


def without_unused(
    colors: NDArray[np.uint8], indices: NDArray[np.uint8], keep: NDArray[np.bool_]
) -> tuple[Palette, NDArray[np.uint8]]:
    """The colours that pixels have or that are to be kept, most used first, and the indices (H, W) into them."""
    counts = label_counts(indices, len(colors))
    used = np.flatnonzero((counts > 0) | keep)
    order = used[by_use(colors[used], counts[used])]
    table = np.zeros(len(colors), np.uint8)
    table[order] = np.arange(len(order), dtype=np.uint8)
    return Palette(colors[order], counts[order]), looked_up(table, indices)
