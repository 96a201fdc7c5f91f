"""Read: an animated GIF, PNG or WebP becomes an `Animation`, all else a `Picture`."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PIL import Image

from huepress import decode
from huepress.animation.animation import MAX_FRAMES, Animation
from huepress.contents import MAX_BYTES, contents
from huepress.decode import MAX_PIXELS, Source
from huepress.errors import ReadError
from huepress.formats.names import FORMAT_IN_PILLOW, Format
from huepress.image import ImageLike, Keep, Picture, picture_of, read

_MOST_WORK: Final = 100  # times the most pixels of a frame: what all frames together may have
_PIXELS_A_BYTE: Final = 10_000  # more are had by small frames on a huge canvas only, to take long
_HEAD: Final = 32  # bytes, which tell whether a WebP moves
_NEW_SUBFILE_TYPE: Final = 254  # of TIFF: bits for previews, pages and masks
PAGES: Final = (0, 2)  # what these are of a page


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

    Raises:
        ReadError: as in `read`, or an animation is over these limits, or a TIFF file has several pages.
        ValueError: keep_hidden is asked for of an animation, whose frames leave such pixels out.

    """
    options: dict[str, Any] = {
        "name": name, "max_pixels": max_pixels, "max_bytes": max_bytes,
        "keep_profile": keep_profile, "keep_hidden": keep_hidden, "keep_metadata": keep_metadata,
    }  # fmt: skip
    keep = Keep(keep_profile, keep_hidden, keep_metadata)
    if isinstance(image, Animation):
        return _first_of(image) if first_frame else image
    if isinstance(image, Source):  # opened and checked before
        with decode.quiet(), image.image:
            return picture_of(image, keep)
    if first_frame or isinstance(image, Picture | Image.Image) or hasattr(image, "__array__"):
        return read(image, **options)
    data, name, format = contents(image, name, max_bytes)
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


def _first_of(animation: Animation) -> Picture:
    return Picture(
        next(animation.frames()), animation.name, animation.format, None, animation.source_bytes, len(animation),
        animation.metadata,
    )  # fmt: skip


def _animation(data: bytes, name: str, format: str, keep: Keep) -> Animation | None:
    """The animation in a file, None if it does not move."""
    if format not in FORMAT_IN_PILLOW or (format == "PNG" and b"acTL" not in data):
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


def default_format(path: str) -> Format:
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


def _check_pages(data: bytes, name: str) -> None:
    """Refuse a document: a result has one page. Previews and masks are no pages."""
    image: Any = decode.source_of(data, name, "TIFF").image
    with decode.refusing(name):
        pages = 0
        for number in range(image.n_frames):
            image.seek(number)
            pages += image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) in PAGES
    if pages > 1:
        raise ReadError(f"{name}: has {pages} pages; take the first (first_frame, --first-frame) or part them first")
