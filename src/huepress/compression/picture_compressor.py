"""The compressor of a picture: counts, learns and maps it once, and makes trials of it."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from huepress.cached import cached_property
from huepress.compression.compressed import Compressed
from huepress.compression.compressor import CodingMode, Compressor
from huepress.compression.picture_trial import PictureTrial
from huepress.encode import Draft
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.indexed_error import indexed_mse
from huepress.lossy import Mapped, Mapping
from huepress.mapping import label_colors, map_picture
from huepress.perceived_errors import PerceivedErrors
from huepress.pixels import Pixels
from huepress.quality import Judge
from huepress.scene import Scene, without_translucency
from huepress.tasks import Tasks

if TYPE_CHECKING:
    from huepress.compression.joined_pictures import JoinedPictures

_DEFAULT: Final = 0.06  # the mean quality is above that of pngquant's default
_MOST_DEFAULT: Final = 9e-4  # above, soft shadows and smooth gradients begin to show stripes
_LEAST_DEFAULT: Final = 1e-5
_SMALL: Final = 1 << 18  # pixels, from which on the default price does not depend on their number
_FEW: Final = 1 << 16  # pixels, up to which a trial takes some milliseconds
_FREE: Final = 2e-7  # of a bit: up to there strings of a GIF save nothing, and errors may go to the next pixel as well
_TRANSLUCENCY: Final = 16.0  # windows keep a score above what the default price gives them


class PictureCompressor(Compressor[PictureTrial]):
    """All that trials of one picture share."""

    picture: Picture

    @cached_property
    def _pixels(self) -> Pixels:
        """Those of the picture, as the format has them."""
        return without_translucency(self.picture.pixels) if self.settings.binary else self.picture.pixels

    @cached_property
    def histogram(self) -> Histogram:
        """The colours of the picture as it is written."""
        return Histogram.of_pixels(self._pixels, threads=self.settings.threads)

    @cached_property
    def _scene(self) -> Scene:
        given = self.settings
        return Scene(
            self._pixels, self.histogram, given.importance, given.most, given.kept, given.threads, binary=given.binary
        )

    @cached_property
    def mapping(self) -> Mapping:
        """What results at a price start from; learnt when first asked for, as an exact result does without."""
        return self._learned()

    def _learned(self, translucency: float = 1.0) -> Mapping:
        given, scene = self.settings, self._scene
        palette = given.palette or scene.learn(
            given.k, given.strategy, given.fixed, given.seed, translucency=translucency
        )
        return Mapping(scene, palette, fixed=len(given.kept))

    @property
    def bits_per_pixel(self) -> float:
        """What a pixel takes at its nearest entry, about."""
        return self.mapping.bits_per_pixel

    @property
    def shadowed(self) -> Callable[[float], PictureTrial] | None:
        """Where soft shadows are likely: PNG's filters pack the nearest entries of their levels.

        The more levels of a shadow have entries of their own, the better filters foretell one from another.
        """
        is_likely = self.settings.format == "png" and not self.is_exact and self._scene.has_levels
        return self._shadowed if is_likely else None

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.picture.pixels, threads=self.settings.threads)

    @property
    def default_price(self) -> float:
        """Of a bit without a target: the geometric mean of a fixed one and of what the palette costs for each bit.

        So pictures that 256 colours render all but exactly stay so, and coarsely rendered ones are not packed in vain.
        Below 512 x 512 pixels it falls with the 0.375th power of their number, as the same error costs small pictures
        more of their score.
        """
        price = min(_MOST_DEFAULT, max(_LEAST_DEFAULT, _DEFAULT * sqrt(self.mapping.exchange)))
        share = min(1.0, self.picture.width * self.picture.height / _SMALL)
        return price * sqrt(sqrt(share * sqrt(share)))  # square roots are the same on every machine, powers are not

    def default(self, mode: CodingMode) -> PictureTrial:
        """The result without a target, or nearest entries that take and lose less: filters may pack these.

        They are tried where shadows are likely, and where more trials are made, of which the judge is asked, too.
        """
        trial, shadowed = self._plain_trial(self.default_price, mode), self.shadowed
        if self.settings.format != "png" or not (shadowed or self.is_thorough):
            return trial
        nearest = shadowed(_TRANSLUCENCY) if shadowed else self.nearest()
        if self._error(nearest.mapped) > self._error(trial.mapped):
            return trial
        nearest_size, size = self.sizes((nearest, trial))
        if nearest_size >= size or (self.is_thorough and nearest.score < trial.score):
            return trial
        return nearest

    def sizes(self, trials: Sequence[PictureTrial]) -> list[int]:
        """About the bytes of the file of each, found beside each other."""
        with Tasks(min(len(trials), self.settings.threads) - 1) as tasks:
            return list(tasks.map(lambda trial: trial.quick_size, trials))

    def trial(self, price: float, mode: CodingMode, mapping: Mapping | None = None) -> PictureTrial:
        """The result at a price; by default with the palette merged for it.

        Where more trials are made, that or its palette refined, whichever is better: with few colours, that gains most.
        """
        trial = self._plain_trial(price, mode, mapping)
        if not self.is_thorough:
            return trial
        refined = trial.with_pixels(self.mapping.refined(trial.mapped, price))
        return refined if refined.score > trial.score else trial

    def _plain_trial(self, price: float, mode: CodingMode, mapping: Mapping | None = None) -> PictureTrial:
        self._tell()
        mapping = mapping or self.mapping.merged(mode.merging * price)
        if self.settings.format == "gif" and price > _FREE:
            return self._trial(mapping, mapping.coded(np.full(self.picture.height, price), mode.diffusion))
        return self._trial(mapping, mapping.at(price, mode.diffusion, self.lookups))

    @property
    def is_thorough(self) -> bool:
        """Whether more trials are made: of small pictures, where they take little time, and with the longest effort."""
        return self.settings.effort == "best" or self.picture.width * self.picture.height <= _FEW

    def joining(self, upper: PictureTrial, lower: PictureTrial) -> "JoinedPictures":
        """Results with the palette of `lower`, which is the finer one."""
        from huepress.compression.joined_pictures import JoinedCodes, JoinedPictures  # without a target not needed

        joined = JoinedCodes if self.settings.format == "gif" else JoinedPictures
        return joined(self._scene, upper, lower, self._tell)

    def _error(self, mapped: Mapped) -> float:
        """What of the picture is lost, as the mapping sees it."""
        return Mapping(self._scene, mapped.palette).sampled_error(mapped.indices)

    def nearest(self) -> PictureTrial:
        """Every pixel as its nearest entry."""
        self._tell()
        if not self.exact_colors:
            return self._trial(None, self.mapping.plain())
        palette, given = self.exact_colors, self.settings
        labels = label_colors(self.histogram, palette, threads=given.threads).labels
        indices = map_picture(self._pixels, self.histogram, labels, given.threads)
        return self._trial(None, Mapped(palette, indices, len(given.fixed)))

    def _shadowed(self, translucency: float) -> PictureTrial:
        self._tell()
        return self._trial(None, self._learned(translucency).plain())

    def _trial(self, mapping: Mapping | None, mapped: Mapped) -> PictureTrial:
        return PictureTrial(mapping, mapped, self._perceived, self._draft)

    def _perceived(self, mapped: Mapped) -> PerceivedErrors:
        return self._judge.errors(mapped.indices, mapped.palette.rgba)

    def _draft(self, mapped: Mapped, is_nearest: bool) -> Draft:
        """The file on its way; nearest entries may be in an order that filters pack."""
        own = is_nearest and (self.is_exact or self.is_thorough)
        given, coding = self.settings, mapped.coding
        indexed = self._indexed(mapped if coding else mapped.written, 0.0)
        codes = coding.codes if coding else None
        return Draft(indexed, given.format, self.level, given.threads, own=own, codes=codes)

    def _indexed(self, mapped: Mapped, error: float) -> IndexedPicture:
        return IndexedPicture(mapped.palette, mapped.indices, error, float("nan"), 0, self.picture.metadata)

    def finished(self, trial: PictureTrial) -> Compressed:
        """What a trial came to; what it knows already is not found out again."""
        mapped, given = trial.mapped.written, self.settings
        error = indexed_mse(self.picture.pixels, mapped.palette, mapped.indices, given.threads)
        result = Compressed(given.format, self._indexed(mapped, error), self.picture, self.level, given.threads)
        found = vars(trial)
        known = {"data": found.get("data"), "ssimulacra2": found.get("score"), "_draft": trial.draft}
        vars(result).update({name: value for name, value in known.items() if value is not None})
        return result
