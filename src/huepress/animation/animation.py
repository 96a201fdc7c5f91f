"""The animation: its frames are read composited, one at a time, as often as needed.

Frames of small animations are kept; of large ones only the file stays in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import decode
from huepress.cached import cached_property
from huepress.formats.names import FORMAT_IN_PILLOW, Format
from huepress.metadata import Metadata
from huepress.pixels import Pixels, with_alpha

MAX_FRAMES: Final = 10_000  # each takes a while, however small it is
_HELD_BYTES: Final = 64_000_000  # of all frames together, up to which they are kept
_OVERHEAD: Final = 200  # bytes of an array beside its pixels


def _no_frames() -> Iterator[Pixels]:
    return iter(())


@dataclass(frozen=True, eq=False)
class Animation:
    """An animation that was read.

    Attributes:
        name: for messages.
        format: "GIF", "PNG" or "WEBP", in Pillow's words.
        width: of the canvas, in pixels.
        height: of the canvas, in pixels.
        durations: of each frame in milliseconds; a duration of 0 is read as browsers show it, 100.
        plays: how often it is played; 0 is forever.
        source_bytes: the size of the file.
        metadata: what a result may keep besides pixels.

    """

    name: str
    format: str
    width: int
    height: int
    durations: tuple[float, ...]
    plays: int
    source_bytes: int
    metadata: Metadata = field(default_factory=Metadata)
    _open: Callable[[], Iterator[Pixels]] = field(default=_no_frames, repr=False)  # pickled with it

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.durations)

    @property
    def default_format(self) -> Format:
        """The format of its own, which a result has if no other is asked for."""
        return FORMAT_IN_PILLOW[self.format]

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


def with_each_frame(animation: Animation, change: Callable[[Pixels], Pixels]) -> Animation:
    """The same with each frame changed, but not its size."""
    return replace(animation, _open=partial(_changed, animation, change))


def _changed(animation: Animation, change: Callable[[Pixels], Pixels]) -> Iterator[Pixels]:
    return map(change, animation.frames())


def unchanged_pixels(frames: Iterable[Pixels]) -> Iterator[tuple[Pixels, NDArray[np.bool_]]]:
    """Each frame, and the pixels (H, W) that are as in the frame before; none in the first."""
    before: NDArray[np.uint32] | None = None
    for pixels in frames:
        packed = with_alpha(pixels).view(np.uint32)[..., 0]
        yield pixels, np.zeros(packed.shape, bool) if before is None else packed == before
        before = packed
