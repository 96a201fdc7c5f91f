"""Observations in words about results at several k, computed from their figures."""

from collections.abc import Sequence
from itertools import pairwise

from huepress.curve import Elbow
from huepress.image import Picture
from huepress.report.measured import Measured, bytes_of
from huepress.sentences import numbered, percent, size


def observations(picture: Picture, distinct: int, results: Sequence[Measured], elbow: Elbow) -> list[str]:
    """Sentences on a picture of so many distinct colours, and on its results in ascending k."""
    told = _up_to_exact(results)
    said = [*(_result(picture, one, distinct) for one in told), *(_step(*two) for two in pairwise(told))]
    if elbow.inertias[0] > 0 and len(elbow) > 2:
        left = percent(elbow[elbow.knee] / elbow.inertias[0])
        more = "bring less and less" if elbow[elbow.knee] else "bring nothing"
        said.append(
            f"The inertia over k = {elbow.ks[0]} to {elbow.ks[-1]} bends most at k = {elbow.knee}, where {left} "
            f"of that of k = {elbow.ks[0]} is left: more colours than that {more}."
        )
    last = results[-1]
    said.append(_palette(last))
    if len(last.iterations) > 1:
        first, end = last.iterations[0].inertia, last.iterations[-1].inertia
        said.append(
            f"At k = {last.k}, K-means lowered the inertia by {percent(1 - end / first)} in "
            f"{numbered(last.iterations[-1].number, 'iteration')} after its first assignment."
        )
    return said


def _up_to_exact(results: Sequence[Measured]) -> Sequence[Measured]:
    """The results without those after an exact one, which are the same."""
    exact = next((i for i, one in enumerate(results) if not one.scores.mse), len(results))
    return results[: exact + 1]


def quality(ssimulacra2: float) -> str:
    """What a score of SSIMULACRA2 means, in its author's words."""
    for least, word in ((90, "visually lossless"), (70, "high quality"), (50, "medium quality"), (30, "low quality")):
        if ssimulacra2 >= least:
            return word
    return "very low quality"


def _result(picture: Picture, one: Measured, distinct: int) -> str:
    said = f"A PNG of {numbered(len(one.result.palette), 'colour')} takes {size(len(one.data))}"
    if original := bytes_of(picture):
        ratio = original / len(one.data)
        said += f", {ratio:.1f} times smaller than the original" if ratio >= 1 else ", larger than the original"
    if not one.scores.mse:
        return f"{said}, and nothing is lost: the picture has no more than {numbered(distinct, 'colour')}."
    score = one.scores.ssimulacra2
    return f"{said}, at {one.scores.psnr:.1f} dB and a SSIMULACRA2 of {score:.1f}: {quality(score)}."


def _step(fewer: Measured, more: Measured) -> str:
    growth = len(more.data) / len(fewer.data) - 1
    gain = more.scores.ssimulacra2 - fewer.scores.ssimulacra2
    part = percent(abs(growth), 0)
    bytes_said = f"costs {part} more bytes" if growth >= 0 else f"saves {part} of the bytes"
    return f"Going from k = {fewer.k} to {more.k} {bytes_said} and brings {gain:+.1f} points of SSIMULACRA2" + (
        "." if not more.scores.mse else f" and {more.scores.psnr - fewer.scores.psnr:+.1f} dB."
    )


def _palette(one: Measured) -> str:
    palette = one.result.palette
    first = palette.hex[0] if palette.rgba[0, 3] else "full transparency"
    said = f"At k = {one.k} the most used colour is {first}, with {percent(palette.shares[0])} of the pixels"
    if len(palette) < 3:
        return said + "."
    half = int((palette.shares.cumsum() < 0.5).sum()) + 1
    cover = f"; {half} of {len(palette)} colours cover half of the picture" if half > 1 else ""
    return f"{said}{cover}; the least used, {palette.hex[-1]}, has {percent(palette.shares[-1], 2)}."
