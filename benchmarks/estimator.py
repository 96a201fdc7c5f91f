"""The scikit-learn cells of the original notebook, with sklearn.cluster.KMeans and with huepress.KMeans.

    python benchmarks/estimator.py [PICTURE] [--write FILE]

Each cell is run three times with either, in turn; the least time counts. Without a picture: the demo's photograph.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import KMeans as Theirs

from huepress import KMeans as Ours
from huepress.color import srgb_to_lab
from published import markdown, parser_of, photograph, publish

ABOUT = """
The cells of a notebook on K-means and pictures, with `from sklearn.cluster import KMeans` and with
`from huepress import KMeans`: `KMeans(n_clusters=k, random_state=0).fit(pixels).inertia_`, where `pixels` are the
picture's bytes as rows, as Pillow gives them; then as floats, divided by 255 and in CIELAB. Each cell is run three
times with either, in turn, and the least time counts. The last column is huepress' inertia as a share of
scikit-learn's, the largest of the cell.
"""
HEAD = ("cell", "scikit-learn, ms", "huepress, ms", "times faster", "inertia")
CELLS: dict[str, Sequence[int]] = {"K = 3": [3], "K = 10": [10], "K = 20": [20], "elbow, K = 1..10": range(1, 11)}
RUNS = 3


def run(kind: type, pixels: NDArray[Any], ks: Sequence[int]) -> tuple[float, list[float]]:
    """Seconds taken, and the inertia for each k."""
    start = time.perf_counter()
    inertia = [kind(n_clusters=k, random_state=0).fit(pixels).inertia_ for k in ks]
    return time.perf_counter() - start, inertia


def row(name: str, pixels: NDArray[Any], ks: Sequence[int]) -> list[str]:
    """The least seconds of either, and the largest ratio of inertia."""
    pairs = [(run(Theirs, pixels, ks), run(Ours, pixels, ks)) for _ in range(RUNS)]
    theirs, ours = (min(pair[side] for pair in pairs) for side in (0, 1))
    worst = max(np.divide(ours[1], theirs[1]))
    times = [f"{seconds * 1000:.1f}" for seconds in (theirs[0], ours[0])]
    return [name, *times, f"{theirs[0] / ours[0]:.1f}", f"{worst:.6f}"]


def rows(path: Path) -> Iterator[list[str]]:
    with Image.open(path) as image:
        rgba = np.asarray(image.convert("RGBA")).reshape(-1, 4)
    rgb = rgba[:, :3]
    for name, pixels in (("RGB", rgb), ("RGBA", rgba), ("RGB / 255", rgb / 255), ("CIELAB", srgb_to_lab(rgb))):
        for cell, ks in CELLS.items():
            yield row(f"{name}, {cell}", pixels, ks)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("picture", nargs="?", type=Path, metavar="PICTURE")
    options = parser.parse_args()
    path = options.picture or photograph()
    publish("The estimator and scikit-learn", ABOUT, f"## {path.name}\n\n{markdown(HEAD, rows(path))}", options.write)


if __name__ == "__main__":
    main()
