"""Plots, as matplotlib figures (extra `plot`).

Each function draws into `ax` if given, else into a figure of its own, and returns the figure. Nothing here touches
pyplot, so no display is needed and no figure stays behind; notebooks show what is returned.
"""

import io
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from huepress.curve import Elbow
from huepress.extras import require
from huepress.histogram import Histogram
from huepress.image import ImageLike, read
from huepress.indexed import IndexedPicture
from huepress.iteration import Iteration
from huepress.palette import Palette
from huepress.sentences import numbered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")

_CLOUD_POINTS: Final = 4000


def plot_elbow(curve: Elbow, *, title: str = "elbow curve", ax: Any = None) -> "Figure":
    """The inertia against k, with the knee marked: the point furthest below the line between the ends, if any."""
    figure, axes = _axes(ax)
    ks, knee = list(curve), curve.knee
    axes.plot(ks, curve.inertias, "o-")
    axes.plot([ks[0], ks[-1]], [curve.inertias[0], curve.inertias[-1]], color="gray", linestyle=":", linewidth=1)
    if ks[0] < knee:  # else no point is below the line
        said = f"knee: k = {knee},\nfurthest below the dotted line"
        axes.annotate(said, (knee, curve[knee]), xytext=(12, 24), textcoords="offset points",
                      arrowprops={"arrowstyle": "->"})  # fmt: skip
    axes.set(title=title, xlabel="k, the number of colours", ylabel=f"inertia, {curve.channels.upper()}")
    _count_along(axes)
    axes.set_ylim(bottom=0)
    return figure


def plot_palette(palette: Palette, *, title: str = "", ax: Any = None) -> "Figure":
    """A strip of the colours in their order, each as wide as its share (equally wide if counts are not known).

    What is not opaque lies over a chequered ground.
    """
    figure, axes = _axes(ax, (7, 1.8))
    shares = palette.shares if palette.counts.any() else np.full(len(palette), 1 / len(palette))
    lefts = np.cumsum(shares) - shares
    if (palette.rgba[:, 3] < 255).any():
        squares = np.indices((6, 48)).sum(axis=0) % 2
        axes.imshow(squares, extent=(0, 1, 0, 1), aspect="auto", cmap="gray", vmin=-4, vmax=1, interpolation="nearest")
    axes.bar(lefts, 1, shares, align="edge", color=palette.rgba / 255)
    for left, share, color in zip(lefts, shares, palette.hex, strict=True):
        if share >= 0.02:
            axes.text(
                left + share / 2, -0.06, color, rotation=90, ha="center", va="top", fontsize=7, family="monospace"
            )
    axes.set(xlim=(0, 1), ylim=(0, 1), title=title, xticks=[], yticks=[])
    return figure


def plot_color_cloud(image: ImageLike | Histogram, palette: Palette | None = None, *, ax: Any = None) -> "Figure":
    """The colours of an image in the RGB cube, and the colours of a palette as larger ringed balls.

    The area of a dot is the colour's share of the pixels. Of more than 4000 colours, 4000 stand for all: evenly spaced
    ones in the order of the histogram. `ax` must have three dimensions.
    """
    figure, axes = _axes(ax, (6, 6), projection="3d")
    if not hasattr(axes, "zaxis"):
        raise ValueError("ax must have three dimensions: make it with projection='3d'")
    histogram = image if isinstance(image, Histogram) else Histogram.of(image)
    some = np.linspace(0, len(histogram) - 1, min(len(histogram), _CLOUD_POINTS)).astype(int)
    colors, counts = histogram.colors[some, :3], histogram.counts[some]
    axes.scatter(*colors.T, c=colors / 255, s=np.clip(2000 * counts / counts.sum(), 2, 200), alpha=0.6, linewidths=0)
    if palette is not None:
        rgb, sizes = palette.colors[:, :3], 60 + 400 * palette.shares
        axes.scatter(*rgb.T, c=rgb / 255, s=sizes, edgecolors="black", linewidths=1.2, depthshade=False)
    axes.set(xlabel="red", ylabel="green", zlabel="blue", xlim=(0, 255), ylim=(0, 255), zlim=(0, 255))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.labelpad = 8  # else labels lie on numbers
    axes.set_box_aspect(None, zoom=0.85)  # else the label of the third axis is cut off
    return figure


def plot_convergence(iterations: Sequence[Iteration], *, title: str = "convergence", ax: Any = None) -> "Figure":
    """The inertia after each iteration that a `callback` was told of."""
    figure, axes = _axes(ax)
    axes.plot([one.number for one in iterations], [one.inertia for one in iterations], ".-")
    axes.set(title=title, xlabel="iteration", ylabel="inertia")
    _count_along(axes)
    return figure


def plot_comparison(image: ImageLike, results: Sequence[IndexedPicture]) -> "Figure":
    """The original and results of it, side by side, each with its number of colours and PSNR."""
    count = 1 + len(results)
    figure = _new_figure((3.2 * count, 3.4))
    named = [("original", read(image).pixels)]
    named += [(_told(one), one.to_array()) for one in results]
    for axes, (name, pixels) in zip(figure.subplots(1, count, squeeze=False)[0], named, strict=True):
        axes.imshow(pixels, interpolation="nearest" if max(pixels.shape) < 256 else "antialiased")
        axes.set_title(name, fontsize=10)
        axes.set_axis_off()
    return figure


def _told(one: IndexedPicture) -> str:
    return f"{numbered(len(one.palette), 'colour')}, {f'{one.psnr:.1f} dB' if one.mse else 'exact'}"


def plot_rate_distortion(
    sizes: Sequence[float] | NDArray[Any],
    scores: Sequence[float] | NDArray[Any],
    *,
    labels: Sequence[str] = (),
    score_name: str = "SSIMULACRA2",
    least: float | None = None,
    title: str = "quality for the bytes",
    ax: Any = None,
) -> "Figure":
    """The scores of results against the bytes of their files; `labels` name the points, such as "k = 16".

    Where several results share a point, it has the label of the first. A label that would lie on another is left out.
    No score below `least` is shown.
    """
    figure, axes = _axes(ax)
    axes.plot(sizes, scores, "o-")
    axes.margins(0.08)  # room for the labels of the points at the ends
    points = zip(sizes, scores, strict=True)
    first = dict(reversed(list(zip(points, labels, strict=False))))
    axes.set(title=title, xlabel="bytes", ylabel=score_name)
    axes.xaxis.set_major_formatter(require("matplotlib.ticker", extra="plot").EngFormatter())
    if least is not None:
        axes.set_ylim(bottom=least)
    named = [axes.annotate(label, point, xytext=(5, -12), textcoords="offset points", fontsize=8)
             for point, label in first.items()]  # fmt: skip
    _thin(figure, named[-1:] + named[:-1])  # the ends say more than what is between
    return figure


def _thin(figure: Any, texts: Sequence[Any]) -> None:
    """Remove the texts that lie on one before them, as the figure is laid out now."""
    if len(texts) > 1:
        figure.figure.draw_without_rendering()
    kept: list[Any] = []
    for text in texts:
        box = text.get_window_extent()
        if any(box.overlaps(other) for other in kept):
            text.remove()
        else:
            kept.append(box)


def rendered(figure: "Figure", suffix: str) -> bytes:
    """The figure as the bytes of a file of this suffix: .png, .svg or .pdf; ValueError for any other."""
    if suffix.lower() not in SUFFIXES:
        raise ValueError(f"a plot is written to {', '.join(SUFFIXES)}, not {suffix!r}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix.lower().removeprefix("."), dpi=144)
    return buffer.getvalue()


def _axes(ax: Any, size: tuple[float, float] = (7, 4.2), **options: Any) -> tuple["Figure", Any]:
    """The figure and axes to draw into."""
    if ax is not None:
        return ax.figure, ax
    figure = _new_figure(size)
    return figure, figure.add_subplot(**options)


def _count_along(axes: Any) -> None:
    """Whole numbers along the axis from left to right, even if it is the one of a single point."""
    locator = require("matplotlib.ticker", extra="plot").MaxNLocator(integer=True, min_n_ticks=1)
    axes.xaxis.set_major_locator(locator)


def _new_figure(size: tuple[float, float]) -> "Figure":
    made: Any = require("matplotlib.figure", extra="plot").Figure(figsize=size, layout="constrained")
    made._repr_png_ = partial(rendered, made, ".png")  # IPython shows figures by itself only where pyplot is imported
    figure: Figure = made
    return figure
