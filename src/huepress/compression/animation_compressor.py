"""The compressor of an animation: all frames have one palette and one price."""

from functools import cached_property, partial
from typing import Final

from huepress.animation.animation import Animation
from huepress.animation.encode import encode_wanted
from huepress.animation.lossy_patch import LossyPatches
from huepress.animation.scene import AnimationMapping, AnimationScene
from huepress.compression.animation_trial import AnimationTrial
from huepress.compression.compressed_animation import CompressedAnimation
from huepress.compression.compressor import CodingMode, Compressor
from huepress.formats.packing import TRIAL_LEVEL
from huepress.lossy import Diffusion

_MOST_LEARNT: Final = 255  # colours: one entry more leaves pixels as they are
_DEFAULT_PRICE: Final = 2.5e-4


class AnimationCompressor(Compressor[AnimationTrial]):
    """All that trials of one animation share."""

    picture: Animation

    def _scene(self, *, masked: bool) -> AnimationScene:
        given = self.settings
        return AnimationScene(
            self.picture, given.importance, given.most, given.kept, given.threads, binary=given.binary, masked=masked
        )

    @cached_property
    def _plain_scene(self) -> AnimationScene:
        return self._scene(masked=False)

    @cached_property
    def is_exact(self) -> bool:
        """Whether the colours suffice for all that there are."""
        return self.settings.palette is None and len(self._plain_scene.histogram) <= self.settings.k

    @cached_property
    def mapping(self) -> AnimationMapping:
        """To the palette to start from."""
        return self._mapping(self._scene(masked=True))

    def _mapping(self, scene: AnimationScene) -> AnimationMapping:
        given = self.settings
        most = given.k if self.is_exact else min(given.k, max(_MOST_LEARNT, len(given.fixed)))
        palette = given.palette or scene.learn(most, given.strategy, given.fixed, given.seed)
        return AnimationMapping(scene, palette, fixed=len(given.kept))

    def default(self, mode: CodingMode) -> AnimationTrial:
        """The result without a target."""
        return self.trial(_DEFAULT_PRICE, mode)

    def trial(self, price: float, mode: CodingMode, mapping: AnimationMapping | None = None) -> AnimationTrial:
        """The result at a price, by default with the palette merged for it."""
        return self._trial(mapping or self.mapping.merged(mode.merging * price), (price, mode.diffusion))

    def exact(self) -> AnimationTrial:
        """Every pixel as its nearest entry."""
        return self._trial(self._mapping(self._plain_scene) if self.is_exact else self.mapping, None)

    def _trial(self, mapping: AnimationMapping, cost: tuple[float, Diffusion] | None) -> AnimationTrial:
        self._tell()
        quick_level = self.level if self.settings.format == "gif" else TRIAL_LEVEL  # GIF knows one way to pack
        return AnimationTrial(partial(self._drawn, mapping, cost), mapping, self.level, quick_level)

    def _drawn(
        self, mapping: AnimationMapping, cost: tuple[float, Diffusion] | None, level: int
    ) -> CompressedAnimation:
        animation, given = self.picture, self.settings
        data = encode_wanted(
            animation, mapping.palette, mapping.scene.wanted(mapping.labels, price=cost[0] if cost else None),
            given.format, level=level, threads=given.threads,
            choosing=partial(LossyPatches, mapping, *cost, self.lookups) if cost else None,
        )  # fmt: skip
        return CompressedAnimation(data, given.format, animation, given.threads)

    def finished(self, trial: AnimationTrial) -> CompressedAnimation:
        """The result of a trial."""
        return trial.result
