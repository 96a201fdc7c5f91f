"""Read: any common image becomes a `Picture`, 8-bit sRGB pixels plus what must survive.

A file is identified by its content, never by its name alone. Its pixels come from Pillow; what Pillow leaves
open is settled here: orientation, colour profile, depth, alpha, limits. Colour with 16 bits a channel is what
Pillow makes of it: the higher 8 bits; grey with 16 bits is rounded.
"""

from dataclasses import dataclass, field
from os import PathLike
from typing import IO, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import decode, profiles
from huepress.contents import MAX_BYTES
from huepress.decode import MAX_PIXELS
from huepress.errors import ReadError
from huepress.formats.png import Png
from huepress.metadata import Metadata, metadata_of
from huepress.pixels import (
    Pixels,
    canonical,
    colored,
    eight_bits,
    from_16_bits,
    from_floats,
    refuse_masked,
    upright,
    with_alpha,
)

_ORIENTATION: Final = 0x0112  # the EXIF tag
_DEPTHS: Final = 258  # TIFF tags
_PHOTOMETRIC: Final = 262


@dataclass(frozen=True, eq=False)
class Picture:
    """What was read: the first frame, upright, 8 bits a channel.

    Attributes:
        pixels: (H, W, 3) uint8 if every pixel is opaque, else (H, W, 4) uint8, not premultiplied, in sRGB (or in
            `metadata.profile`); where alpha is 0, RGB is 0 unless hidden colours were asked for. It may share memory
            with the array that was read.
        name: for messages.
        format: of the source, in Pillow's words; None of an array.
        mode: of the source, in Pillow's words; None of an array.
        source_bytes: the size of the source; None if it was no file and no bytes.
        frames: of an animation; 2 stands for any number more than 1 in a GIF.
        metadata: what a result may keep besides pixels.

    Raises:
        TypeError, ValueError: the pixels are no such array; `read` makes a `Picture` of any other.

    """

    pixels: Pixels
    name: str = "picture"
    format: str | None = None
    mode: str | None = None
    source_bytes: int | None = None
    frames: int = 1
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        pixels = self.pixels
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            raise TypeError("pixels must be an array of uint8; huepress.read takes others")
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or not pixels.size:
            raise ValueError(f"pixels must have shape (H, W, 3) or (H, W, 4), and one at least, not {pixels.shape}")

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.pixels.shape[1])

    @property
    def default_format(self) -> Literal["png"]:
        """The format that a result has if no other is asked for."""
        return "png"

    @property
    def has_alpha(self) -> bool:
        """Whether some pixel is not opaque."""
        return bool(self.pixels.shape[2] == 4)

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Dots per inch, (x, y), if the source says."""
        return self.metadata.resolution


ImageLike = str | bytes | PathLike[str] | IO[bytes] | Image.Image | NDArray[Any] | Picture


def read(
    image: ImageLike,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    keep_profile: bool = False,
    keep_hidden: bool = False,
    keep_metadata: bool = False,
) -> Picture:
    """Read a path, bytes, a binary file, a Pillow image or an array as a `Picture`.

    Arrays are (H, W), or (H, W, c) with c = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA), of uint8, uint16,
    bool or float in 0..1; an RGB uint8 array is not copied. Of an animation or a multi-page file the first
    frame is read.

    Args:
        image: the path and so on; a `Picture` passes as it is.
        name: for messages, by default the file's.
        max_pixels: refuse larger pictures before they are decoded; by default 100 million.
        max_bytes: refuse larger files; by default 500 million.
        keep_profile: leave RGB pixels in their own colour space and keep the profile, instead of converting to sRGB.
        keep_hidden: keep the RGB of fully transparent pixels.
        keep_metadata: keep EXIF, XMP and text.

    Raises:
        ReadError: the image is missing, damaged, too large or no picture.
        TypeError, ValueError: an array is no image.

    """
    keep = Keep(keep_profile, keep_hidden, keep_metadata)
    if isinstance(image, Picture):
        return image
    if isinstance(image, Image.Image):
        source = decode.Source(image, name or "image")
        decode.check_pixels(image.size, source.name, max_pixels)
        if 0 in image.size:
            raise ValueError(f"{source.name} has no pixels: its size is {image.size}")
        return picture_of(source, keep)
    if hasattr(image, "__array__"):
        name = name or "array"
        refuse_masked(image, name)
        return Picture(_from_array(np.asarray(image), name, max_pixels, keep_hidden), name)
    with decode.quiet(), decode.opened(image, name, max_pixels, max_bytes) as source:
        return picture_of(source, keep)


class Keep(NamedTuple):
    """What `read` is asked to keep."""

    profile: bool = False
    hidden: bool = False
    metadata: bool = False


# -- arrays --------------------------------------------------------------------------------------------------


def _from_array(array: NDArray[Any], name: str, max_pixels: int, keep_hidden: bool) -> Pixels:
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ValueError(f"{name} must have shape (H, W) or (H, W, 1..4), not {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{name} has no pixels: its shape is {array.shape}")
    decode.check_pixels((array.shape[1], array.shape[0]), name, max_pixels)
    return canonical(colored(eight_bits(array, name)), keep_hidden)


# -- Pillow images -------------------------------------------------------------------------------------------


def picture_of(source: decode.Source, keep: Keep) -> Picture:
    """The picture that an opened Pillow image shows."""
    image, name = source.image, source.name
    mode, format = image.mode, image.format
    with decode.refusing(name):
        frames, drawn = _frames(source), _drawn(source)
        turned = orientation_of(image)
        image.load()  # which turns a TIFF upright, and it is so from then on
        if source.png and not source.is_complete:
            _check_complete(image, source.png)
        profile = _profile(source)
        pixels, kept = _pixels(image, name, profile, keep.profile)
        pixels = pixels if drawn is None else _on_nothing(pixels, drawn)
        pixels = _with_deep_key(pixels, source.png, name) if source.png and source.png.deep_key else pixels
        metadata = metadata_of(source, kept, turned, keep.metadata)
    pixels = np.ascontiguousarray(upright(pixels, orientation_of(image)))
    return Picture(canonical(pixels, keep.hidden), name, format, mode, source.size, frames, metadata)


def _check_complete(image: Image.Image, png: Png) -> None:
    """Pillow takes image data that end early for complete; libpng does not. Rows that are missing are all zero."""
    width, height = image.size
    last_row = np.asarray(image.crop((0, height - 1, width, height)))
    if (png.interlaced or not last_row.any()) and not png.is_complete():
        raise ValueError("its image data end early")


def _frames(source: decode.Source) -> int:
    """Frames of an animation; pages of a document and views of a stereo photograph are none."""
    if source.png:
        return max(1, source.png.frames)
    if source.image.format not in ("GIF", "WEBP", "AVIF", "PNG"):
        return 1
    if source.image.format == "GIF":  # to count them, Pillow would go through the whole file
        return 2 if getattr(source.image, "is_animated", False) else 1
    return int(getattr(source.image, "n_frames", 1))


def _drawn(source: decode.Source) -> tuple[slice, slice] | None:
    """The part of its canvas that the first frame of a GIF draws, if the rest has any colour; None of all others.

    Browsers show nothing there; Pillow does so too where a colour is transparent, else it takes the first one.
    """
    image: Any = source.image
    if source.size is None or image.format != "GIF" or "transparency" in image.info or not image.tile:
        return None
    left, top, right, bottom = image.tile[0][1]
    return None if (right - left, bottom - top) == image.size else (slice(top, bottom), slice(left, right))


def _on_nothing(pixels: Pixels, drawn: tuple[slice, slice]) -> Pixels:
    """The pixels, transparent but for what is drawn."""
    shown = np.zeros((*pixels.shape[:2], 4), np.uint8)
    shown[drawn] = with_alpha(pixels[drawn])
    return shown


def _with_deep_key(pixels: Pixels, png: Png, name: str) -> Pixels:
    """The pixels, opaque where their lower bytes are not the key's: to Pillow, all with its higher bytes are clear."""
    lower = np.asarray(decode.lower_bytes(png, name))
    opaque = (lower != np.array(png.deep_key, np.uint16).astype(np.uint8)).any(axis=2)
    return np.dstack([pixels[..., :3], np.where(opaque, np.uint8(255), pixels[..., 3])])


def _profile(source: decode.Source) -> bytes | None:
    if source.png:
        return profiles.of_png(source.png)
    if source.image.mode == "LAB":
        return profiles.lab()
    profile = source.image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile else None


def _pixels(image: Image.Image, name: str, profile: bytes | None, keep_profile: bool) -> tuple[Pixels, bytes | None]:
    """RGB or RGBA pixels, and the profile in whose space they are if it was kept."""
    shallow = _shallow(image, name)
    kept = None
    if profile and keep_profile and profiles.is_rgb(profile):
        kept = profile
    elif profile:
        shallow = profiles.to_srgb(shallow, profile) or shallow
    if shallow.mode not in ("RGB", "RGBA"):
        shallow = shallow.convert("RGBA" if shallow.mode == "LA" else "RGB")
    return np.asarray(shallow), kept


def _shallow(image: Image.Image, name: str) -> Image.Image:
    """The image with 8 bits a channel and alpha as a channel: in L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _deep(image, name)
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB") and "transparency" not in image.info:
        return image
    if image.mode == "1" and "transparency" not in image.info:
        return image.convert("L")
    if image.mode == "La":
        return image.convert("LA")
    if image.mode == "P":
        image = image.copy()  # to convert it, Pillow changes its palette
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _deep(image: Image.Image, name: str) -> Image.Image:
    """Grey of 16 bits, or of 32 bits that hold 16, or of floats (0..1, clipped), rounded to 8 bits."""
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})
    white_is_zero = tags.get(_PHOTOMETRIC) == 0  # which Pillow heeds up to 8 bits
    if image.mode == "F":
        if np.isnan(values).any():
            raise ReadError(f"{name}: holds pixels that are not a number (NaN)")
        return Image.fromarray(from_floats(1 - values if white_is_zero else values))
    if image.mode == "I" and (values.min() < 0 or values.max() > 65535):
        raise ReadError(f"{name}: its grey values ({values.min()}..{values.max()}) are not in 0..65535")
    values = values.astype(np.uint16, copy=False)
    if tags.get(_DEPTHS) == (12,):
        values = (values.astype(np.uint32) * 65535 // 4095).astype(np.uint16)
    grey = Image.fromarray(from_16_bits(65535 - values if white_is_zero else values))
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(Image.fromarray((values != key).view(np.uint8) * np.uint8(255)))
    return grey


# -- orientation ---------------------------------------------------------------------------------------------


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) to 8; 1 if it is missing or unreadable."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF hurts no pixel
        return 1
    return value if value in range(1, 9) else 1
