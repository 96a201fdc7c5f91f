"""Plots, as matplotlib figures (extra `plot`)."""

import io
from typing import TYPE_CHECKING, Final

from huepress.elbow_curve import Elbow
from huepress.extras import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")


def plot_elbow(curve: Elbow, *, title: str = "elbow curve") -> "Figure":
    """The inertia against k, with the knee marked: the point furthest below the straight line between the ends."""
    figure: Figure = require("matplotlib.figure", extra="plot").Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    ks, knee = list(curve), curve.knee
    axes.plot(ks, curve.inertias, "o-")
    axes.plot([ks[0], ks[-1]], [curve.inertias[0], curve.inertias[-1]], color="gray", linestyle=":", linewidth=1)
    axes.annotate(f"knee: k = {knee}", (knee, curve[knee]), xytext=(12, 24), textcoords="offset points",
                  arrowprops={"arrowstyle": "->"})  # fmt: skip
    axes.set(title=title, xlabel="k, the number of colours", ylabel=f"inertia, {curve.channels.upper()}")
    axes.xaxis.set_major_locator(require("matplotlib.ticker", extra="plot").MaxNLocator(integer=True))
    axes.set_ylim(bottom=0)
    return figure


def rendered(figure: "Figure", suffix: str) -> bytes:
    """The figure as the bytes of a file of that suffix; ValueError unless it is one of `SUFFIXES`."""
    if suffix.lower() not in SUFFIXES:
        raise ValueError(f"a plot is written to {', '.join(SUFFIXES)}, not {suffix!r}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix.lower().removeprefix("."), dpi=144)
    return buffer.getvalue()
