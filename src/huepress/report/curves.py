"""The curves of the report, each a card with a chart."""

from collections.abc import Sequence

import numpy as np

from huepress.curve import Elbow
from huepress.report.chart import Line, line_chart
from huepress.report.measured import Measured
from huepress.sentences import in_a_row, numbered, size


def curve_cards(results: Sequence[Measured], curve: Elbow) -> str:
    """HTML: quality for the bytes, the elbow, how the last search converged; what there is of these."""
    charts = [_convergence(one) for one in results[-1:] if len(one.iterations) > 1]
    if curve.inertias[0]:
        charts = [_inertia(curve), *charts]
    lossy = [one for one in results if one.scores.mse]
    if len(lossy) > 1:
        charts = [*_rate_distortion(lossy), *charts]
    cards = "\n".join(f'<div class="card"><h3>{title}</h3>{svg}</div>' for title, svg in charts)
    return cards or "<p>There is nothing to draw: one colour, and no error.</p>"


def _rate_distortion(results: Sequence[Measured]) -> list[tuple[str, str]]:
    charts = []
    for title, name in (("PSNR for the bytes", "psnr"), ("SSIMULACRA2 for the bytes", "ssimulacra2")):
        values = [getattr(one.scores, name) for one in results]
        points = [(float(len(one.data)), value) for one, value in zip(results, values, strict=True)]
        said = in_a_row([f"{v:.1f} at {size(len(one.data))}" for one, v in zip(results, values, strict=True)])
        line = Line(title, points, [f"k = {one.k}" for one in results])
        y_label = "PSNR, dB" if name == "psnr" else "SSIMULACRA2"
        charts.append(
            (title, line_chart([line], title=title, x_label="bytes", y_label=y_label, description=f"{said}."))
        )
    return charts


def _inertia(curve: Elbow) -> tuple[str, str]:
    points = [(float(k), inertia) for k, inertia in curve.items()]
    knee = int(np.flatnonzero(curve.ks == curve.knee)[0])
    labels = ["knee" if i == knee else "" for i in range(len(points))]
    said = f"From {curve.inertias[0]:.3g} at k = {curve.ks[0]} to {curve.inertias[-1]:.3g} at k = {curve.ks[-1]}."
    svg = line_chart(
        [Line("inertia", points, labels)], title="Elbow", x_label="k", y_label="inertia", description=said, marked=knee
    )
    return f"Elbow: inertia against k, knee at {curve.knee}", svg


def _convergence(one: Measured) -> tuple[str, str]:
    points = [(float(step.number), step.inertia) for step in one.iterations]
    said = f"From {points[0][1]:.4g} to {points[-1][1]:.4g} in {numbered(len(points) - 1, 'iteration')}."
    title = f"Convergence of the inertia at k = {one.k}"
    return title, line_chart(
        [Line("inertia", points)], title=title, x_label="iteration", y_label="inertia", description=said
    )
