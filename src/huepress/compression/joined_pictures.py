"""Results between two trials of a picture: the upper rows of one, the lower rows of the other."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from huepress.compression.compressor import Joined
from huepress.compression.picture_trial import PictureTrial
from huepress.lossy import Mapping

if TYPE_CHECKING:
    from huepress.compression.picture_compressor import PictureCompressor


class JoinedPictures(Joined[PictureTrial]):
    """Results between two of a picture, with the palette of the lower rows."""

    def __init__(self, compressor: "PictureCompressor", upper: PictureTrial, lower: PictureTrial) -> None:
        self._compressor, self._lower = compressor, lower
        self._mapping = Mapping(compressor.mapping.scene, lower.mapped.palette, fixed=lower.mapped.fixed)
        self._upper = PictureTrial(compressor, lower.mapping, self._mapping.adopted(upper.mapped))

    def at(self, rows: float) -> PictureTrial:
        """The result with so many upper rows, and that fraction of the next."""
        return self._compressor.joined(self._upper.mapped, self._lower, rows)

    @property
    def scores(self) -> NDArray[np.float64]:
        """(H + 1,) about the score with 0 .. H upper rows."""
        rows = len(self._lower.mapped.indices)
        return self._lower.perceived.scores_below(self._upper.perceived)[: rows + 1]  # the smallest are padded to score

    @property
    def errors(self) -> NDArray[np.float64]:
        """(H + 1,) about the error that 0 .. H upper rows add."""
        return self._mapping.added_above(self._upper.mapped, self._lower.mapped)
