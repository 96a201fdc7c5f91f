"""What the eye sees of the errors of a result, as SSIMULACRA2 weighs them (Sneyers 2022)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.cached import cached_property

Floats = NDArray[np.float64]

_EVENLY: Final = 1e-30  # beside sums: those of bands without errors are shared out evenly


class PerceivedErrors:
    """The sums of a result that its score is told from, at up to six scales, by rows."""

    def __init__(self, sums: Sequence[Floats], height: int, width: int) -> None:
        """`sums`: those of `_native.ssimulacra2_sums`; of pictures of at least 8 x 8 pixels."""
        self._sums, self._height, self._width = sums, height, width

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2: 100 if there are none; the lowest over the grey levels that the pictures were laid over."""
        return float(self._scores([scale.sum(axis=1, keepdims=True) for scale in self._sums])[0])

    def scores_below(self, upper: "PerceivedErrors") -> Floats:
        """(height + 1,) about the scores of results whose first 0 .. height rows are another's, and the rest these."""
        edges = np.minimum(np.arange(self._sums[0].shape[1] + 1) * _native.SSIMULACRA2_BAND, self._height)
        bands = np.interp(np.arange(self._height + 1), edges, np.arange(len(edges)))
        joined = []
        for own, other in zip(self._by_finest_bands(), upper._by_finest_bands(), strict=True):
            below, above = _before(bands, own), _before(bands, other)
            joined.append(np.maximum(above + (below[:, -1:] - below), 0))  # but for what differences round
        return self._scores(joined)

    def _by_finest_bands(self) -> list[Floats]:
        """The sums of each scale as ones of the bands of the first, shared out as those of the scale before are."""
        spread = [self._sums[0]]
        for scale, sums in enumerate(self._sums[1:], start=1):
            finer = spread[-1] + _EVENLY
            bands = np.arange(finer.shape[1])
            whole = np.add.reduceat(finer, bands[:: 1 << scale], axis=1)
            spread.append((sums / whole)[:, bands >> scale] * finer)
        return spread

    def _scores(self, sums: Sequence[Floats]) -> Floats:
        """(n,) of sums (greys, n, 3 channels, 3 maps, 2) over the whole of each scale."""
        pixels = [-(-self._height >> scale) * -(-self._width >> scale) for scale in range(len(sums))]
        means = np.stack([scale / count for scale, count in zip(sums, pixels, strict=True)])
        means[..., 1] = np.sqrt(np.sqrt(means[..., 1]))
        terms = means.transpose(3, 0, 5, 4, 1, 2).reshape(-1, *means.shape[1:3])
        weights = _WEIGHTS[: len(terms), np.newaxis, np.newaxis]  # with fewer scales they close up
        distances = 0.9562382616834844 * np.cumsum(weights * terms, axis=0)[-1]  # in one order everywhere
        distances *= 2.326765642916932 + distances * (6.248496625763138e-05 * distances - 0.020884521182843837)
        # Rounded, because powers differ in their last bit between platforms and a search decides by the score.
        scores = np.round(100 - 10 * np.maximum(distances, 0) ** 0.6276336467831387, 6)
        lowest: Floats = scores.min(axis=0)
        return lowest


def _before(places: Floats, sums: Floats) -> Floats:
    """(greys, n, ...) what sums (greys, bands, ...) come to before places, in bands."""
    reached = np.zeros((sums.shape[0], sums.shape[1] + 1, *sums.shape[2:]))
    np.cumsum(sums, axis=1, out=reached[:, 1:])
    first = np.minimum(places.astype(np.intp), sums.shape[1] - 1)
    share = (places - first).reshape(-1, 1, 1, 1)
    before: Floats = reached[:, first] * (1 - share) + reached[:, first + 1] * share
    return before


# Six scales each of X, Y and B; per scale the means of ssim, artifact and detail lost, then their 4-norms.
# fmt: off
_WEIGHTS: Final = np.array((
    0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0,
    0, 0.0004371155730107379, 0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
    0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0,
    0.0007989109436015163, 0.000176816438078653, 0, 1.8787594979546387, 10.94906990605142, 0,
    0.0007289346991508072, 0.9677937080626833, 0,
    0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
    0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0,
    0, 0, 0, 7.466890328078848, 0, 17.445833984131262,
    0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264,
    225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
    176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
    0, 0, 0, 34.77906344483772, 44.835625328877896, 0,
    0, 0, 0, 0, 0, 0,
    0, 0.0008680556573291698, 0, 0, 0, 0,
    0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0,
    0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0,
    0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0,
    95.1080498811086, 0.9863978034400682, 0.9834382792465353,
    0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
    0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537,
))
# fmt: on
