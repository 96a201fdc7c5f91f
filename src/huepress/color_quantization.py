"""Plain K-means from histogram to labelled colours: what a picture, an animation and a huge picture are mapped by."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from huepress.histogram import Histogram
from huepress.iteration import Callback
from huepress.kmeans import Effort
from huepress.learn import Learned, learn
from huepress.mapping import Labels, label_colors, settle, warn_of_no_transparency
from huepress.palette import Palette, fixed_colors
from huepress.space import SpaceName

_CLASSES_WORTH: Final = 0.75  # of the error: for less, what is opaque or transparent is not made translucent


class QuantizedColors(NamedTuple):
    """The colours of a histogram as entries of a palette.

    Attributes:
        palette: with the pixels of each entry; learnt ones most used first.
        found: the entry of each colour.
        inertia: of the search; nan with a given palette.
        iterations: of the search.

    """

    palette: Palette
    found: Labels
    inertia: float
    iterations: int


def quantize_colors(
    histogram: Histogram,
    *,
    k: int,
    effort: Effort,
    space: SpaceName,
    palette: Palette | None,
    fixed: Iterable[Any] | None,
    seed: int,
    threads: int,
    callback: Callback | None = None,
) -> QuantizedColors:
    """As `huepress.quantize`: each colour becomes its nearest entry of the palette that is given, or else learnt."""
    if palette is not None:
        warn_of_no_transparency(histogram, palette)
        found = label_colors(histogram, palette, threads=threads)
        return QuantizedColors(Palette(palette.colors, found.counts), found, float("nan"), 0)
    kept = fixed_colors(fixed)
    learned = learn(histogram, k, effort=effort, space=space, fixed=kept, seed=seed, threads=threads, callback=callback)
    colors, found = _settled(histogram, learned, len(kept), threads)
    return QuantizedColors(colors, found, learned.inertia, learned.iterations)


def _settled(histogram: Histogram, learned: Learned, fixed: int, threads: int) -> tuple[Palette, Labels]:
    """The palette and the entry of each colour.

    Where k is too small for an entry of each class, an opaque or a transparent entry keeps the pixels of its class from
    better ones, which are means of several classes: if that costs much, all entries are made translucent.
    """
    colors, found = settle(histogram, learned.palette, fixed, points=learned.points, threads=threads)
    if learned.separate:
        return colors, found
    rgba = learned.palette.rgba.copy()
    rgba[fixed:, 3] = rgba[fixed:, 3].clip(1, 254)
    translucent = Palette(rgba, learned.palette.counts)
    others, labels = settle(histogram, translucent, fixed, points=learned.points, threads=threads)
    return (others, labels) if labels.error < _CLASSES_WORTH * found.error else (colors, found)
