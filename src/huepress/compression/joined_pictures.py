"""Results between two trials of a picture: the upper rows of one, the lower rows of the other."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from huepress.compression.compressor import Joined
from huepress.compression.picture_trial import PictureTrial
from huepress.lossy import Mapped, Mapping
from huepress.scene import Scene


class JoinedPictures(Joined[PictureTrial]):
    """Results between two of a picture, with the palette of the lower rows."""

    def __init__(self, scene: Scene, upper: PictureTrial, lower: PictureTrial, tell: Callable[[], None]) -> None:
        """`tell` is called before each result."""
        self._mapping = Mapping(scene, lower.mapped.palette, fixed=lower.mapped.fixed)
        self._upper, self._lower = lower.with_pixels(self._mapping.adopted(upper.mapped)), lower
        self._codings = upper.mapped.coding, lower.mapped.coding
        self._tell = tell

    def at(self, rows: float) -> PictureTrial:
        """The result with so many upper rows, and that fraction of the next."""
        self._tell()
        return self._lower.with_pixels(self._joined(rows))

    def _joined(self, rows: float) -> Mapped:
        return self._upper.mapped.above(self._lower.mapped, rows)

    @property
    def scores(self) -> NDArray[np.float64]:
        """(H + 1,) about the score with 0 .. H upper rows."""
        rows = len(self._lower.mapped.indices)
        return self._lower.perceived.scores_below(self._upper.perceived)[: rows + 1]  # the smallest are padded to score

    @property
    def errors(self) -> NDArray[np.float64]:
        """(H + 1,) about the error that 0 .. H upper rows add."""
        return self._mapping.added_above(self._upper.mapped, self._lower.mapped)


class JoinedCodes(JoinedPictures):
    """The same of a GIF, whose codes hang together: all rows are coded anew, at the prices of either."""

    def _joined(self, rows: float) -> Mapped:
        upper, lower = self._codings
        if not (upper and lower):
            return super()._joined(rows)
        share = np.clip(rows - np.arange(len(lower.prices)), 0, 1)
        prices = (1 - share) * lower.prices + share * upper.prices  # powers differ from machine to machine
        return self._mapping.coded(prices, lower.diffusion)
