"""The mapped animation: a palette, and the entries that each frame is to be drawn with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from huepress import _native
from huepress.animation.color_table import ColorTable
from huepress.animation.patch import Indices, Patch, Wanted
from huepress.palette import Palette


class Chooser(Protocol):
    """Chooses entries by rate and distortion; see `lossy_patch`."""

    def eased(self, patch: Patch) -> Patch:
        """The patch, with more pixels kept as they are on the canvas."""
        ...

    def symbols(self, patch: Patch, *, over: bool) -> Indices:
        """(h, w) entries that deflate packs well; `over`: the transparent one leaves the canvas as it is."""
        ...

    def for_lzw(self, patch: Patch) -> _native.Lossy:
        """What the LZW coder chooses from."""
        ...


@dataclass(frozen=True, eq=False)
class MappedAnimation:
    """An animation as it is to be written.

    Attributes:
        palette: the colours of all frames.
        frames: makes the frames anew.
        choosing: makes what chooses other entries of a file's table than the wanted ones; None: these are written.

    """

    palette: Palette
    frames: Callable[[], Iterable[Wanted]]
    choosing: Callable[[ColorTable], Chooser] | None = None
