"""The smallest result of a quality."""

from collections.abc import Callable, Sequence
from itertools import chain
from math import log, sqrt
from typing import TYPE_CHECKING, Final

from huepress.compression.compressor import CodingMode, Compressor, T
from huepress.compression.measures import ALIKE, BY_SCORE, fidelity
from huepress.compression.modes import UNDIFFUSED, found_by, searches
from huepress.compression.price_search import LEAST_PRICE, Goal, PriceSearch
from huepress.errors import TargetError

if TYPE_CHECKING:
    from huepress.compression.compressed import Compressed
    from huepress.compression.compressed_animation import CompressedAnimation

_SCORE_PRICE: Final = 1.4e-5  # (100 - score)^2 times this, by the root of the bits of a pixel: where a score is likely
_LEAST_BITS: Final = 0.01  # of a pixel: below, pictures are all but of one colour
_ABOVE: Final = 0.5  # how far above its target a quality may be
_LANDED: Final = 0.1  # so near above, no fewer bytes are sought
_DEAR: Final = 0.03  # of the bytes: from there on, what is far above its target is better than what is near it
_PROMISING: Final = 1.06  # times the bytes that two results promise: where there are more, they are joined
_TRANSLUCENCIES: Final = 8  # powers of two


def reaching(compressor: Compressor[T], plain: CodingMode, quality: float) -> "Compressed | CompressedAnimation":
    """The smallest result of this SSIMULACRA2 or more; raises TargetError, whose `best` is the best there is."""
    trials: list[T] = []
    goal = Goal(*(fidelity(score) for score in (quality, quality + _LANDED, quality + _ABOVE)))
    likely = max(LEAST_PRICE, _SCORE_PRICE * (100 - quality) ** 2 / sqrt(max(_LEAST_BITS, compressor.bits_per_pixel)))
    for search, others in searches(compressor, plain, BY_SCORE, goal, likely):
        trials += search.trials
        if search.mode is plain and all(trial.score < quality for trial in trials):
            trials.append(compressor.nearest())
            if trials[-1].score >= quality:
                others = [found_by(search.in_mode(UNDIFFUSED), log(likely))]  # errors that no entry makes good grow
        if good := _competing((trials, *others), quality):
            smallest = _smallest(compressor, good)
            if compressor.is_thorough:
                smallest = _lowered(search, [*trials, *chain(*others)], smallest, quality)
            return compressor.finished(_or_nearest(compressor, smallest, quality))
    best, colors = max(trials, key=lambda trial: trial.score), len(compressor.mapping.palette)
    raise TargetError(
        f"{compressor.picture.name}: quality {quality:g} is out of reach; the most that "
        f"{'1 colour gives' if colors == 1 else f'{colors} colours give'} is {best.score:.1f}",
        compressor.finished(best),
    )


def _competing(searches: Sequence[Sequence[T]], quality: float) -> list[T]:
    """Those of this quality of which the smallest is taken: of each search the least above it; all, if none is near."""
    good = [[trial for trial in trials if trial.score >= quality] for trials in searches]
    near = [[trial for trial in trials if trial.score <= quality + _ABOVE] for trials in good]
    landed = [[trial for trial in trials if trial.score <= quality + _LANDED] or trials for trials in near]
    return list(chain(*(landed if any(near) else good)))


def _lowered(search: PriceSearch[T], trials: Sequence[T], best: T, quality: float) -> T:
    """The best, or what is near the quality and smaller, or not dear where the best is far above it.

    What is between a trial above the quality and one below can be had by joining them. Two of them promise the least.
    """
    is_far = best.score > quality + _ABOVE
    good = [trial for trial in trials if trial.score >= quality]
    poor = [trial for trial in trials if trial.score < quality]
    pairs = [(trial, other) for trial in good for other in poor if other.rough_size < trial.rough_size]

    def expected(pair: tuple[T, T]) -> float:
        above, below = pair
        share = (above.score - quality) / (above.score - below.score)
        return above.rough_size + share * (below.rough_size - above.rough_size)

    least = min(pairs, key=expected, default=None)
    if not least or not (is_far or _PROMISING * expected(least) < best.rough_size):
        return best
    near = [trial for trial in (*trials, *search.join(*least)) if quality <= trial.score <= quality + _ABOVE]
    smallest = _smallest(search.compressor, near) if near else best
    return smallest if smallest.quick_size <= (1 + _DEAR * is_far) * best.quick_size else best


def _or_nearest(compressor: Compressor[T], trial: T, quality: float) -> T:
    """The trial, or nearest entries where these take less and are as good: more than 0.5 above then, they may be."""
    if compressor.is_exact:
        exact = compressor.nearest()
        return exact if exact.quick_size < trial.quick_size and exact.score >= quality else trial
    shadowed = compressor.shadowed
    return _shadowed(compressor, shadowed, trial, quality) if shadowed else trial


def _shadowed(compressor: Compressor[T], shadowed_at: Callable[[float], T], trial: T, quality: float) -> T:
    """The trial, or what takes less: nearest entries, as many of them translucent as the quality allows."""
    enough, too_many = -1, _TRANSLUCENCIES
    while too_many - enough > 1:
        middle = (enough + too_many) // 2
        shadowed = shadowed_at(2.0**middle)
        if shadowed.rough_size > ALIKE * trial.rough_size:
            break
        size, other_size = compressor.sizes((trial, shadowed))
        if other_size >= size:
            break
        if shadowed.score < quality:
            too_many = middle
        else:
            enough, trial = middle, shadowed
    return trial


def _smallest(compressor: Compressor[T], trials: list[T]) -> T:
    if compressor.is_thorough:  # where many compete
        least = min(trial.rough_size for trial in trials)
        trials = [trial for trial in trials if trial.rough_size <= ALIKE * least]
    if len(trials) == 1:
        return trials[0]
    sizes = compressor.sizes(trials)
    return trials[sizes.index(min(sizes))]
