"""The charts of the page: the elbow, and quality for the bytes, with a mark where the shown result is."""

from typing import Final

from huepress.curve import Elbow
from huepress.report.chart import Line, line_chart
from huepress.web.originals import Original
from huepress.web.results import Result, measured
from huepress.web.workers import Check

_ELBOW_END: Final = 20  # colours that the chart shows at least
_LOWEST: Final = -100  # a score that is as bad as any: lower ones would squeeze the chart


def elbow_chart(original: Original, result: Result | None) -> str:
    """SVG: the MSE that K-means leaves against k, the result marked, and the knee of what is shown."""
    curve, pixels = original.elbow(), original.histogram.pixels
    here = result.options.k if result else 0
    end = next((k for k in curve if k >= max(_ELBOW_END, here)), 256)
    count = sum(k <= end for k in curve)
    shown = Elbow(curve.ks[:count], curve.inertias[:count], curve.centers[:count], curve.channels)
    points = [(float(k), inertia / pixels) for k, inertia in shown.items()]
    labels = ["knee" if k == shown.knee else "" for k in shown]
    lines = [Line("MSE", points, labels)]
    said = f"From {points[0][1]:.4g} at one colour to {points[-1][1]:.4g} at {points[-1][0]:.0f}."
    if result:
        lines.append(Line("result", [(float(len(result.indexed.palette)), result.indexed.mse)]))
        said += f" The result: {result.indexed.mse:.4g} at {len(result.indexed.palette)} colours."
    return line_chart(lines, title="Elbow", x_label="colours", y_label="MSE", description=said)


def quality_chart(original: Original, result: Result | None, check: Check) -> str:
    """SVG: the SSIMULACRA2 of the PNGs of some k against their bytes, the result marked."""
    found = measured(original, check)
    points = [(float(size), max(_LOWEST, score)) for _, size, score in found]
    lines = [Line("K-means", points, [str(k) for k, _, _ in found])]
    said = ", ".join(f"{score:.1f} in {size} bytes with {k} colours" for k, size, score in found)
    if result and result.score is not None:
        lines.append(Line("result", [(float(len(result.data)), max(_LOWEST, result.score))]))
        said += f". The result: {result.score:.1f} in {len(result.data)} bytes"
    return line_chart(
        lines, title="Quality for the bytes", x_label="bytes", y_label="SSIMULACRA2", description=f"{said}."
    )
