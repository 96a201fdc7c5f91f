"""Read: an animated GIF, PNG or WebP becomes an `Animation`, whose frames are read composited, one at a time.

Frames can be gone through as often as needed: only the file stays in memory.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import decode
from huepress.decode import MAX_BYTES, MAX_PIXELS, Source
from huepress.errors import ReadError
from huepress.image import ImageLike, Keep, Picture, Pixels, picture_of, read, with_alpha
from huepress.metadata import Metadata

MAX_FRAMES: Final = 10_000  # each takes a while, however small it is
_MOST_WORK: Final = 100  # times the most pixels of a frame: what all frames together may have
_PIXELS_A_BYTE: Final = 10_000  # more are had by small frames on a huge canvas only, to take long
_HELD_BYTES: Final = 64_000_000
_OVERHEAD: Final = 200  # bytes of an array beside its pixels
_HEAD: Final = 32
_NEW_SUBFILE_TYPE: Final = 254  # of TIFF: bits for previews, pages and masks
_PAGES: Final = (0, 2)

_FORMATS: Final[dict[str, Literal["gif", "png", "webp"]]] = {"GIF": "gif", "PNG": "png", "WEBP": "webp"}


@dataclass(frozen=True, eq=False)
class Animation:
    """An animation that was read.

    Attributes:
        name: for messages. format: "GIF", "PNG" or "WEBP".
        width, height: of the canvas, in pixels.
        durations: of each frame in milliseconds; a duration of 0 is read as browsers show it, 100.
        plays: how often it is played; 0 is forever.
        metadata: what a result may keep besides pixels. source_bytes: the size of the file.

    """

    name: str
    format: str
    width: int
    height: int
    durations: tuple[float, ...]
    plays: int
    source_bytes: int
    metadata: Metadata = field(default_factory=Metadata)
    _open: Callable[[], Iterator[Pixels]] = field(default=lambda: iter(()), repr=False)

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.durations)

    @property
    def default_format(self) -> Literal["gif", "png", "webp"]:
        """The format that a result has if no other is asked for: its own."""
        return _FORMATS[self.format]

    def frames(self) -> Iterator[Pixels]:
        """Each frame as it is seen: (H, W, 3) uint8 if all is opaque, else (H, W, 4), as in `Picture`; read-only.

        Raises:
            ReadError: a frame is damaged.

        """
        return iter(self._held) if self._is_small else self._decoded()

    @property
    def _is_small(self) -> bool:
        return len(self) * (4 * self.width * self.height + _OVERHEAD) <= _HELD_BYTES

    @cached_property
    def _held(self) -> tuple[Pixels, ...]:
        """The frames, where they take little memory: they are gone through a dozen times and more."""
        return tuple(self._decoded())

    def _decoded(self) -> Iterator[Pixels]:
        with decode.quiet():
            for pixels in self._open():
                frame = np.ascontiguousarray(pixels)  # without the alpha that opaque frames were drawn with
                frame.flags.writeable = False  # the next user sees the same
                yield frame


def read_whole(
    image: ImageLike | Animation | Source,
    *,
    first_frame: bool = False,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    keep_profile: bool = False,
    keep_hidden: bool = False,
    keep_metadata: bool = False,
) -> Picture | Animation:
    """As `huepress.read`, but an animated GIF, PNG or WebP as an `Animation`, unless only its first frame is wanted.

    Arrays and Pillow images are always one picture. Options and errors as in `read`; no frame may have more than
    `max_pixels`, nor all together, but for files that have a byte for each 10,000 pixels: all their frames may have a
    hundred times as many (and at least ten thousand megapixels). An animation has at most 10,000 frames.
    ValueError: keep_hidden is asked for of an animation, whose frames leave such pixels out.
    """
    options: dict[str, Any] = {
        "name": name, "max_pixels": max_pixels, "max_bytes": max_bytes,
        "keep_profile": keep_profile, "keep_hidden": keep_hidden, "keep_metadata": keep_metadata,
    }  # fmt: skip
    keep = Keep(keep_profile, keep_hidden, keep_metadata)
    if isinstance(image, Animation):
        return image
    if isinstance(image, Source):  # opened and checked before
        with decode.quiet(), image.image:
            return picture_of(image, keep)
    if first_frame or isinstance(image, Picture | Image.Image) or hasattr(image, "__array__"):
        return read(image, **options)
    data, name, format = decode.contents(image, name, max_bytes)
    options["name"] = name
    with decode.quiet(), decode.refusing(name):
        animation = _animation(data, name, format, keep)
        if format == "TIFF":
            _check_pages(data, name)
    if animation is None:
        return read(data, **options)
    if keep_hidden:
        raise ValueError(f"{name}: --keep-hidden (keep_hidden) is for still pictures, not for animations")
    decode.check_pixels((animation.width, animation.height), name, max_pixels)
    if len(animation) == 1:  # of a PNG beside whose default image there is one frame, which browsers show
        return replace(read(data, **options), pixels=next(animation.frames()))
    _check_work(animation, max_pixels)
    return animation


def _animation(data: bytes, name: str, format: str, keep: Keep) -> Animation | None:
    """The animation in a file, None if it does not move."""
    if format not in _FORMATS or (format == "PNG" and b"acTL" not in data):
        return None
    from huepress.animation.files import READERS  # few pictures move

    return READERS[format](data, name, keep)


def _check_work(animation: Animation, max_pixels: int) -> None:
    """Refuse what would take very long, and all the more where few bytes ask for it."""
    width, height, size = animation.width, animation.height, animation.source_bytes
    most = min(_MOST_WORK * max(max_pixels, MAX_PIXELS), max(max_pixels, _PIXELS_A_BYTE * size))
    if len(animation) * width * height > most:
        raise ReadError(
            f"{animation.name}: {len(animation):,} frames of {width} x {height} pixels are over the limit of {most:,} "
            f"pixels together for a file of {size:,} bytes (max_pixels)"
        )


def default_format(path: str) -> Literal["gif", "png", "webp"]:
    """The format of the results of a file: its own if it is named and made as an animated GIF or WebP, else PNG.

    No pixel is decoded, and no other file opened.
    """
    if Path(path).suffix.lower() not in (".gif", ".webp"):
        return "png"
    try:
        from huepress.formats.gif import Gif
        from huepress.formats.webp import Webp

        with open(path, "rb") as file:  # noqa: PTH123 - Path would change some names
            head = file.read(_HEAD)
            if head.startswith(b"GIF8"):
                return "gif" if len(Gif.parse(head + file.read(MAX_BYTES), MAX_FRAMES).frames) > 1 else "png"
    except (OSError, ValueError, struct.error, IndexError):  # reading will tell
        return "png"
    return "webp" if Webp.is_animated(head) else "png"


def unchanged_pixels(frames: Iterable[Pixels]) -> Iterator[tuple[Pixels, NDArray[np.bool_]]]:
    """Each frame, and the pixels (H, W) that are as in the frame before; none in the first."""
    before: NDArray[np.uint32] | None = None
    for pixels in frames:
        packed = with_alpha(pixels).view(np.uint32)[..., 0]
        yield pixels, np.zeros(packed.shape, bool) if before is None else packed == before
        before = packed


def _check_pages(data: bytes, name: str) -> None:
    """Refuse a document: a result has one page. Previews and masks are no pages."""
    image: Any = decode.source_of(data, name, "TIFF").image
    with decode.refusing(name):
        pages = 0
        for number in range(image.n_frames):
            image.seek(number)
            pages += image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) in _PAGES
    if pages > 1:
        raise ReadError(f"{name}: has {pages} pages; take the first (first_frame, --first-frame) or part them first")
