"""Saving: how much smaller a picture file could be, kept in its own format."""

from dataclasses import dataclass
from typing import Any

from huepress.compression import compress
from huepress.errors import TargetError
from huepress.formats.names import FORMAT_IN_PILLOW
from huepress.image import read


@dataclass(frozen=True)
class Saving:
    """A picture file and what it could be: `size` is its bytes, `data` the smaller file."""

    path: str
    size: int
    data: bytes

    @property
    def share(self) -> float:
        """The part of its bytes that it could do without, 0..1."""
        return 1 - len(self.data) / self.size


def saving(path: str, *, max_pixels: int, **options: Any) -> Saving | None:
    """What a picture file could save with these options of `compress`; None if nothing.

    Nothing is saved where the picture is in a format that is not written, is an animation, cannot have the quality
    that is asked for in fewer colours, or would become larger.

    Raises ReadError if it cannot be read.
    """
    picture = read(path, max_pixels=max_pixels)
    format, size = FORMAT_IN_PILLOW.get(picture.format or ""), picture.source_bytes
    if format is None or size is None or picture.frames > 1:
        return None
    try:
        data = compress(picture, format=format, **options).data
    except TargetError:
        return None
    return Saving(path, size, data) if len(data) < size else None
