"""A trial of an animation: a file that is drawn when it, or what a search wants to know of it, is asked for."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from huepress.animation.quality import lowest_score
from huepress.animation.scene import AnimationMapping
from huepress.cached import cached_property
from huepress.compression.compressed_animation import CompressedAnimation
from huepress.compression.compressor import Trial


class AnimationTrial(Trial):
    """A result, drawn when its file, its size or its score is asked for; `draw` takes how hard to pack it."""

    def __init__(
        self, draw: Callable[[int], CompressedAnimation], mapping: AnimationMapping | None, level: int, quick_level: int
    ) -> None:
        self._draw, self.mapping = cache(draw), mapping
        self._level, self._quick_level = level, quick_level

    @cached_property
    def result(self) -> CompressedAnimation:
        """The file, packed for good."""
        return self._draw(self._level)

    @property
    def _quick(self) -> CompressedAnimation:
        """The same animation in a file that takes less time, unless it is packed for good already."""
        return self._draw(self._level if "result" in vars(self) else self._quick_level)

    @property
    def data(self) -> bytes:
        """The file."""
        return self.result.data

    @property
    def quick_size(self) -> int:
        """About the bytes of the file."""
        return len(self._quick.data)

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of the lowest frame, of what the file decodes to."""
        quick = replace(self._quick)  # so that the frames that it decodes are not held
        return lowest_score(quick.original.frames(), quick.frames(), quick.threads)
