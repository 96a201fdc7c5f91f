"""The compressor of an animation: all frames have one palette and one price."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress.animation.animation import Animation, with_each_frame
from huepress.animation.encode import encode_mapped
from huepress.animation.lossy_patch import LossyPatches
from huepress.animation.mapped import MappedAnimation
from huepress.animation.patch import Wanted
from huepress.animation.scene import AnimationMapping, AnimationScene
from huepress.cached import cached_property
from huepress.compression.animation_trial import AnimationTrial
from huepress.compression.compressed_animation import CompressedAnimation
from huepress.compression.compressor import CodingMode, Compressor
from huepress.formats.packing import BEST_LEVEL, TRIAL_LEVEL
from huepress.histogram import Histogram
from huepress.mapping import map_picture, settle
from huepress.palette import MAX_COLORS
from huepress.scene import without_translucency

_MOST_LEARNT: Final = 255  # colours: one entry more leaves pixels as they are
_DEFAULT_PRICE: Final = 2.5e-4


class AnimationCompressor(Compressor[AnimationTrial]):
    """All that trials of one animation share."""

    picture: Animation

    @property
    def level(self) -> int:
        """The best: what changes from frame to frame is small, and takes longer to map than to pack."""
        return BEST_LEVEL

    @cached_property
    def _animation(self) -> Animation:
        """With pixels as the format has them."""
        return with_each_frame(self.picture, without_translucency) if self.settings.binary else self.picture

    @cached_property
    def histogram(self) -> Histogram:
        """The colours of all frames as they are written."""
        threads = self.settings.threads
        return Histogram.sum(Histogram.of_pixels(pixels, threads=threads) for pixels in self._animation.frames())

    @cached_property
    def mapping(self) -> AnimationMapping:
        """To the palette to start from."""
        given = self.settings
        scene = AnimationScene(
            self._animation, self.histogram, given.importance, given.most, given.kept, given.threads,
            binary=given.binary,
        )  # fmt: skip
        most = min(given.k, max(_MOST_LEARNT, len(given.fixed)))
        palette = given.palette or scene.learn(most, given.strategy, given.fixed, given.seed)
        return AnimationMapping(scene, palette, fixed=len(given.kept))

    def default(self, mode: CodingMode) -> AnimationTrial:
        """The result without a target, or nearest entries that take and lose less, which only few colours can have."""
        trial = self.trial(_DEFAULT_PRICE, mode)
        if len(self.histogram) > MAX_COLORS:
            return trial
        nearest = self.nearest()
        return nearest if nearest.quick_size < trial.quick_size and nearest.score >= trial.score else trial

    def trial(self, price: float, mode: CodingMode, mapping: AnimationMapping | None = None) -> AnimationTrial:
        """The result at a price, by default with the palette merged for it."""
        mapping = mapping or self.mapping.merged(mode.merging * price)
        frames = partial(mapping.scene.wanted, mapping.labels, price=price)
        choosing = partial(LossyPatches, mapping, price, mode.diffusion, self.lookups)
        return self._trial(MappedAnimation(mapping.palette, frames, choosing), mapping)

    def nearest(self) -> AnimationTrial:
        """Every pixel as its nearest entry."""
        exact, given = self.exact_colors, self.settings
        settled = exact and settle(self.histogram, exact, len(given.fixed), threads=given.threads)
        palette, found = settled or (self.mapping.palette, self.mapping)
        return self._trial(MappedAnimation(palette, partial(self._nearest, found.labels)))

    def _nearest(self, labels: NDArray[np.uint8]) -> Iterator[Wanted]:
        for pixels in self._animation.frames():
            yield Wanted(map_picture(pixels, self.histogram, labels, self.settings.threads))

    def _trial(self, mapped: MappedAnimation, mapping: AnimationMapping | None = None) -> AnimationTrial:
        self._tell()
        animation, given = self.picture, self.settings

        def drawn(level: int) -> CompressedAnimation:
            data = encode_mapped(animation, mapped, given.format, level=level, threads=given.threads)
            return CompressedAnimation(data, given.format, animation, given.threads)

        quick_level = self.level if given.format == "gif" else TRIAL_LEVEL  # GIF knows one way to pack
        return AnimationTrial(drawn, mapping, self.level, quick_level)

    def finished(self, trial: AnimationTrial) -> CompressedAnimation:
        """The result of a trial."""
        return trial.result
