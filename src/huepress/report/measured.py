"""Results at several k, measured: what the report shows and speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass

from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.iteration import Iteration
from huepress.kmeans import Effort
from huepress.learn import check_k
from huepress.quality import Scores, judge
from huepress.quantization import quantize_picture


@dataclass(frozen=True)
class Measured:
    """The result for one k.

    Attributes:
        k: number of colours asked for; `scores.colors` is what there is.
        result: the indexed picture.
        data: its PNG file.
        scores: of the result against the picture, with the file's bytes.
        iterations: of the search.

    """

    k: int
    result: IndexedPicture
    data: bytes
    scores: Scores
    iterations: tuple[Iteration, ...]


def bytes_of(picture: Picture) -> int | None:
    """The bytes that a result's are compared with; None of an animation, whose file holds more than its first frame."""
    return picture.source_bytes if picture.frames == 1 else None


def measure(
    picture: Picture, ks: Iterable[int], *, effort: Effort = "balanced", seed: int = 0, threads: int | None = None
) -> list[Measured]:
    """What `quantize` makes of a picture at each of ks, in ascending order; options as there."""
    return [_at(picture, k, effort, seed, threads) for k in sorted({check_k(k) for k in ks})]


def _at(picture: Picture, k: int, effort: Effort, seed: int, threads: int | None) -> Measured:
    told: list[Iteration] = []
    result = quantize_picture(picture, k=k, effort=effort, seed=seed, threads=threads, callback=told.append)
    data = result.encode("png")
    scores = judge(picture.pixels, result.to_array(), bytes=len(data), threads=threads)
    return Measured(k, result, data, scores, tuple(told))
