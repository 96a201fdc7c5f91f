"""Plain K-means from histogram to labelled colours: what a picture, an animation and a huge picture are mapped by."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from huepress.histogram import Histogram
from huepress.iteration import Callback
from huepress.kmeans import Effort
from huepress.learn import learn
from huepress.mapping import Labels, label_colors, settle
from huepress.palette import Palette
from huepress.space import SpaceName


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
    fixed: Sequence[Any],
    seed: int,
    threads: int,
    callback: Callback | None = None,
) -> QuantizedColors:
    """As `huepress.quantize`: each colour becomes its nearest entry of the palette that is given, or else learnt."""
    if palette is not None:
        found = label_colors(histogram, palette, threads=threads)
        return QuantizedColors(Palette(palette.colors, found.counts), found, float("nan"), 0)
    learned = learn(
        histogram, k, effort=effort, space=space, fixed=fixed, seed=seed, threads=threads, callback=callback
    )
    colors, found = settle(histogram, learned.palette, len(fixed), points=learned.points, threads=threads)
    return QuantizedColors(colors, found, learned.inertia, learned.iterations)
