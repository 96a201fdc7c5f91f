"""Makes the figures of "How it works", from the photograph that scikit-learn ships and from synthetic pictures.

    python docs/make_figures.py

Needs the extras sklearn and plot. The files go to docs/figures, compressed by huepress.
"""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import huepress
from huepress.plot import plot_color_cloud

FOLDER = Path(__file__).parent / "figures"
BLUE, ORANGE, GREEN = "#0b5cad", "#c2500a", "#2c7a3f"


def photograph() -> Path:
    return Path(find_spec("sklearn").submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


def save(figure: Figure, name: str) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=110)
    huepress.compress(buffer.getvalue(), quality=85).save(FOLDER / f"{name}.png")
    print(FOLDER / f"{name}.png")


# -- the histogram ---------------------------------------------------------------------------------------------


def histogram_figure(path: Path) -> Figure:
    """The photograph, its colours in the cube, and how many there are."""
    pixels = huepress.read(path).pixels
    counted = huepress.Histogram.of(pixels)
    figure = Figure(figsize=(9.5, 3.2), layout="constrained")
    grid = figure.add_gridspec(1, 3, width_ratios=(1.5, 1.1, 1.1))
    left = figure.add_subplot(grid[0])
    left.imshow(pixels)
    left.set(title="the picture")
    left.set_axis_off()
    middle = figure.add_subplot(grid[1], projection="3d")
    plot_color_cloud(counted, ax=middle)
    middle.set(title="its colours", xticklabels=[], yticklabels=[], zticklabels=[])
    right = figure.add_subplot(grid[2])
    bars = right.barh(["pixels", "distinct colours"], [counted.pixels, len(counted)], color=[ORANGE, BLUE])
    right.bar_label(bars, fmt="{:,.0f}", label_type="center", color="white")
    right.set(title="what K-means has to look at", xticks=[])
    right.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


# -- filtering -------------------------------------------------------------------------------------------------

SIDE, CELL = 256, 16


def kept_candidates(low: np.ndarray, high: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """The centres that can be nearest somewhere in the box (Kanungo et al. 2002)."""
    best = centers[np.square(centers - (low + high) / 2).sum(axis=1).argmin()]
    corners = np.where(centers > best, high, low)  # of the box, the corner that favours each centre most
    return np.square(corners - centers).sum(axis=1) <= np.square(corners - best).sum(axis=1)


def filtering_figure(path: Path) -> Figure:
    """A plane of colours, cut into cells: how many centres each has to look at."""
    points = huepress.read(path).pixels.reshape(-1, 3)[:, [0, 2]].astype(np.float64)
    model = huepress.KMeans(n_clusters=10, random_state=0).fit(points)
    places, which, counts = np.unique(points // CELL, axis=0, return_inverse=True, return_counts=True)
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    shown = points[:: len(points) // 6000]
    left.scatter(*shown.T, s=2, color="#9aa4b1", linewidths=0)
    lefts = []
    for place, count in zip(places, counts, strict=True):
        cell = points[which == len(lefts)]
        low, high = cell.min(axis=0), cell.max(axis=0)
        lefts.append((int(kept_candidates(low, high, model.cluster_centers_).sum()), int(count)))
        color = {1: GREEN, 2: "#e0b300"}.get(lefts[-1][0], ORANGE)
        right.add_patch(Rectangle(place * CELL, CELL, CELL, color=color, alpha=0.75, ec="white", linewidth=0.6))
    for axes in (left, right):
        axes.plot(*model.cluster_centers_.T, "o", color="white", markeredgecolor="black", markersize=8)
        axes.set(xlim=(0, SIDE), ylim=(0, SIDE), aspect="equal", xlabel="red", ylabel="blue")
    candidates, weights = np.array(lefts).T
    one, two = (weights[candidates == n].sum() / weights.sum() for n in (1, 2))
    left.set(title=f"{len(points):,} pixels, 10 centres")
    said = f"one centre left (green): {one:.0%} of the pixels,\ntwo (yellow): {two:.0%}, more: {1 - one - two:.0%}"
    right.set(title=said)
    return figure


# -- swaps -----------------------------------------------------------------------------------------------------


def told(histogram: huepress.Histogram, k: int, **options) -> list[tuple[int, float]]:
    steps = []
    huepress.learn_palette(histogram, k, callback=steps.append, **options)
    return [(step.number, step.inertia / histogram.pixels) for step in steps]


def swaps_figure(path: Path, k: int = 16, starts: int = 12) -> Figure:
    """Plain Lloyd from random starts, and the search."""
    histogram, random = huepress.Histogram.of(path), np.random.default_rng(0)
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    ends = []
    for _ in range(starts):
        start = histogram.colors[random.choice(len(histogram), k, replace=False)]
        steps = told(histogram, k, init=start)
        left.plot(*zip(*steps, strict=True), color="#9aa4b1", linewidth=1)
        ends.append(steps[-1][1])
    search = told(histogram, k)
    left.plot(*zip(*search, strict=True), color=BLUE, linewidth=2)
    best = search[-1][1]
    left.set(title=f"K-means at k = {k}: plain from {starts} random starts (grey), and the search (blue)")
    left.title.set_fontsize(10)
    left.set(xlabel="iteration", ylabel="inertia per pixel", ylim=(0.97 * best, 1.45 * best), xlim=(0, 120))
    right.barh(range(starts + 1), [100 * (end / best - 1) for end in [*sorted(ends, reverse=True), best]],
               color=["#9aa4b1"] * starts + [BLUE])  # fmt: skip
    right.set(xlabel="% above the end of the search", yticks=[])
    return figure


# -- rate and distortion ---------------------------------------------------------------------------------------


def rate_figure(path: Path) -> Figure:
    """Quality against bytes of both mappings, and a part of two files of about equal size."""
    picture = huepress.read(path)
    plain = [huepress.quantize(picture, k=k) for k in (4, 8, 16, 32, 64, 128, 256)]
    files = [one.encode() for one in plain]
    scores = [huepress.compare(picture, one.to_array()).ssimulacra2 for one in plain]
    chosen = [huepress.compress(picture, quality=quality) for quality in (20, 30, 40, 50, 60, 70)]
    figure = Figure(figsize=(9.5, 3.9), layout="constrained")
    left, *others = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
    left.plot([len(file) / 1000 for file in files], scores, "o-", color="#7d8794", label="nearest colour")
    left.plot([len(c.data) / 1000 for c in chosen], [c.scores.ssimulacra2 for c in chosen], "o-", color=BLUE,
              label="by rate and distortion")  # fmt: skip
    left.set(xlabel="kB", ylabel="SSIMULACRA2", ylim=(0, 92), title="the photograph, as PNG")
    left.legend(loc="lower right")
    nearest = plain[3]
    budget = huepress.compress(picture, max_bytes=len(files[3]))
    window = np.s_[60:230, 170:340]
    said = "nearest of 32 colours", f"by rate and distortion, {budget.k} colours"
    reached = (len(files[3]), scores[3]), (len(budget.data), budget.scores.ssimulacra2)
    shown = nearest.to_array(), budget.to_array()
    for axes, pixels, name, (size, score) in zip(others, shown, said, reached, strict=True):
        axes.imshow(pixels[window], interpolation="nearest")
        axes.set_title(f"{name}\n{size / 1000:.1f} kB, SSIMULACRA2 {score:.0f}", fontsize=9)
        axes.set_axis_off()
    return figure


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    path = photograph()
    makers = {"histogram": histogram_figure, "filtering": filtering_figure, "swaps": swaps_figure, "rate": rate_figure}
    for name, make in makers.items():
        save(make(path), name)


if __name__ == "__main__":
    main()
