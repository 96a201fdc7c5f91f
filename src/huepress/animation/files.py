"""Read: the animation in a GIF, PNG or WebP file, None if it does not move."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from huepress import decode
from huepress.animation.animation import MAX_FRAMES, Animation
from huepress.animation.canvas import Canvas, Disposal
from huepress.decode import MAX_PIXELS
from huepress.formats import apng, gif
from huepress.formats.apng import Apng
from huepress.formats.gif import Gif
from huepress.formats.webp import Webp
from huepress.image import Keep, orientation_of, picture_of
from huepress.pixels import Pixels, canonical, upright, with_alpha

_SHORTEST: Final = 100.0  # milliseconds that browsers show a frame of duration 0
_GIF_DISPOSALS: Final[dict[int, Disposal]] = {gif.KEEP: "keep", gif.CLEAR: "clear", gif.RESTORE: "restore"}
_APNG_DISPOSALS: Final[dict[int, Disposal]] = {apng.KEEP: "keep", apng.CLEAR: "clear", apng.RESTORE: "restore"}


def _canonical(shown: Pixels) -> Pixels:
    """As in a `Picture`; nothing that is drawn on a canvas has a colour under full transparency."""
    return canonical(shown, keep_hidden=True)


def _shown(durations: Any) -> tuple[float, ...]:
    return tuple(float(duration) or _SHORTEST for duration in durations)


# -- GIF -------------------------------------------------------------------------------------------------------------


def _gif(data: bytes, name: str, _: Keep) -> Animation | None:
    parsed = Gif.parse(data, MAX_FRAMES)
    if len(parsed.frames) < 2:
        return None
    plays = 1 if parsed.loops is None else parsed.loops + 1 if parsed.loops else 0
    return Animation(
        name,
        "GIF",
        parsed.width,
        parsed.height,
        _shown(10 * frame.delay for frame in parsed.frames),
        plays,
        len(data),
        _open=partial(_gif_frames, parsed, name),
    )


def _gif_frames(parsed: Gif, name: str) -> Iterator[Pixels]:
    canvas = Canvas(parsed.width, parsed.height)
    for number, frame in enumerate(parsed.frames, 1):
        if frame.width and frame.height:
            with decode.refusing(f"{name}, frame {number}"):
                decode.check_pixels((frame.width, frame.height), name, MAX_PIXELS)
                drawn = frame.colors()[np.asarray(decode.source_of(frame.still(), name, "GIF").image)]
        else:
            drawn = np.zeros((0, 0, 4), np.uint8)
        shown = canvas.show(frame.left, frame.top, drawn, over=True, disposal=_GIF_DISPOSALS[frame.disposal])
        yield _canonical(shown)


# -- PNG -------------------------------------------------------------------------------------------------------------


def _apng(data: bytes, name: str, keep: Keep) -> Animation | None:
    still = decode.source_of(data, name, "PNG")
    assert still.png is not None
    alone = b"fcTL" in still.png.before  # the default image is the first frame, and may be the only one
    if still.png.frames < 1 + alone:
        return None
    parsed = Apng.parse(data, MAX_FRAMES)
    if len(parsed.frames) < 1 + alone:
        return None
    orientation = orientation_of(still.image)
    width, height = still.image.size if orientation < 5 else still.image.size[::-1]
    return Animation(
        name,
        "PNG",
        width,
        height,
        _shown(frame.milliseconds for frame in parsed.frames),
        parsed.plays,
        len(data),
        picture_of(still, keep).metadata,
        _open=partial(_apng_frames, parsed, still.image.size, orientation, name, keep),
    )


def _apng_frames(parsed: Apng, size: tuple[int, int], orientation: int, name: str, keep: Keep) -> Iterator[Pixels]:
    canvas = Canvas(*size)
    for number, frame in enumerate(parsed.frames, 1):
        png = replace(frame.png, exif=None)  # the canvas is turned, not the frames
        picture = picture_of(decode.source_of_png(png, f"{name}, frame {number}"), keep)
        drawn = with_alpha(picture.pixels)
        shown = canvas.show(frame.left, frame.top, drawn, over=frame.over, disposal=_APNG_DISPOSALS[frame.disposal])
        yield _canonical(np.ascontiguousarray(upright(shown, orientation)))


# -- WebP ------------------------------------------------------------------------------------------------------------


def _webp(data: bytes, name: str, keep: Keep) -> Animation | None:
    """Composited by libwebp, through Pillow."""
    parsed = Webp.parse(data, MAX_FRAMES)
    if len(parsed.durations) < 2:
        return None
    with decode.source_of(data, name, "WEBP").image as image:
        first = picture_of(decode.Source(image, name), keep)
    return Animation(
        name,
        "WEBP",
        first.width,
        first.height,
        _shown(parsed.durations),
        parsed.plays,
        len(data),
        first.metadata,
        _open=partial(_webp_frames, data, len(parsed.durations), name, keep),
    )


def _webp_frames(data: bytes, count: int, name: str, keep: Keep) -> Iterator[Pixels]:
    source = decode.source_of(data, name, "WEBP")
    for number in range(count):
        with decode.refusing(f"{name}, frame {number + 1}"):
            source.image.seek(number)
        yield picture_of(source, keep).pixels


READERS: Final = {"GIF": _gif, "PNG": _apng, "WEBP": _webp}
