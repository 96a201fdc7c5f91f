"""The charts of the page: the elbow, and quality for the bytes, with a mark where the shown result is."""

from huepress.chart import Line, line_chart
from huepress.web.originals import Original
from huepress.web.results import Result

_ELBOW_END = 20  # colours that the chart shows at least


def elbow_chart(original: Original, result: Result | None) -> str:
    """SVG: the MSE that K-means leaves against k, the knee and the result marked."""
    curve, pixels = original.elbow(), original.histogram.pixels
    here = result.options.k if result else 0
    end = next((k for k in curve if k >= max(_ELBOW_END, here)), 256)
    points = [(float(k), inertia / pixels) for k, inertia in curve.items() if k <= end]
    labels = ["knee" if k == curve.knee else "" for k in curve if k <= end]
    lines = [Line("MSE", points, labels)]
    said = f"From {points[0][1]:.4g} at one colour to {points[-1][1]:.4g} at {points[-1][0]:.0f}."
    if result:
        lines.append(Line("result", [(float(len(result.indexed.palette)), result.indexed.mse)], ["here"]))
        said += f" The result: {result.indexed.mse:.4g} at {len(result.indexed.palette)} colours."
    return line_chart(lines, title="Elbow", x_label="colours", y_label="MSE", description=said)
