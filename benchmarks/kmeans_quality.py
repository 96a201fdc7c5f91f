"""How good the palettes are: inertia of each effort at each K, beside the best published method.

    python benchmarks/kmeans_quality.py --pictures FOLDER

FOLDER holds any of cq100/*.png with cq100/iokm.csv (the data set CQ100, and per picture what incremental online
K-means reaches: Abernathy & Celebi 2022), kodak/*.png and seed/Image.png. Inertia and MSE are per pixel, summed over
R, G and B; inertia is to the unrounded centres, MSE to the 8-bit palette that is written.
"""

import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from huepress import quantize
from published import markdown, numbers, parser_of, pixels_of, publish

ABOUT = """
Mean over the pictures; IOKM is incremental online K-means (Abernathy & Celebi 2022), the best published, on the same
pictures. The worst picture is the one with the highest ratio of our inertia to IOKM's. Inertia is per pixel, to the
unrounded centres; MSE is that of the 8-bit palette; CPU time is of one thread, from decoded array to indexed picture.
"""
KODAK_KS = (16, 64, 256)
SINGLE_KS = (10, 20, 64, 256)


@dataclass(frozen=True)
class Run:
    """One picture at one K and effort: inertia and MSE per pixel, PSNR in dB, CPU time in ms."""

    picture: str
    inertia: float
    mse: float
    psnr: float
    milliseconds: float


def measure(path: Path, k: int, effort: str) -> Run:
    pixels = pixels_of(path)
    start = time.process_time()
    found = quantize(pixels, k=k, effort=effort, threads=1)
    seconds = time.process_time() - start
    return Run(path.stem, found.inertia / found.indices.size, found.mse, found.psnr, seconds * 1000)


def mean(runs: list[Run], name: str) -> float:
    return float(np.mean([getattr(run, name) for run in runs]))


def measure_all(files: list[Path], k: int, effort: str) -> list[Run]:
    runs = []
    for number, path in enumerate(files, 1):
        print(f"\r{effort}, K = {k}: {number} of {len(files)} ", end="", file=sys.stderr, flush=True)
        runs.append(measure(path, k, effort))
    print(file=sys.stderr)
    return runs


def published_inertias(folder: Path) -> dict[str, dict[str, float]]:
    """IOKM's MSE of each picture, by column."""
    with (folder / "iokm.csv").open(newline="") as file:
        return {row.pop("image"): {name: float(value) for name, value in row.items()} for row in csv.DictReader(file)}


def cq100_row(runs: list[Run], iokm: dict[str, float], k: int, effort: str) -> list[str]:
    ours, theirs = mean(runs, "inertia"), float(np.mean([iokm[run.picture] for run in runs]))
    worst = max(runs, key=lambda run: run.inertia / iokm[run.picture])
    excess = 100 * (worst.inertia / iokm[worst.picture] - 1)
    mse = mean(runs, "mse")
    return [
        effort, f"{k}", f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.4f}", f"{excess:+.3f} % ({worst.picture})",
        f"{mse:.2f}", f"{mse - ours:+.3f}", f"{mean(runs, 'milliseconds'):.0f}",
    ]  # fmt: skip


def cq100(folder: Path, ks: list[int], efforts: list[str]) -> Iterator[str]:
    iokm = published_inertias(folder)
    files = [path for path in sorted(folder.glob("*.png")) if path.stem in iokm]
    rows = []
    for effort in efforts:
        for k in ks:
            known = {name: columns[f"iokm{k}"] for name, columns in iokm.items() if f"iokm{k}" in columns}
            if not known:
                sys.exit(f"{folder / 'iokm.csv'} has no figures for K = {k}")
            rows.append(cq100_row(measure_all(files, k, effort), known, k, effort))
    head = ("effort", "K", "inertia", "IOKM", "ratio", "worst picture", "MSE", "rounding", "CPU ms")
    yield f"## CQ100, {len(files)} pictures\n\n{markdown(head, rows)}"


def kodak(files: list[Path], efforts: list[str]) -> Iterator[str]:
    rows = []
    for effort in efforts:
        for k in KODAK_KS:
            runs = measure_all(files, k, effort)
            means = [f"{mean(runs, name):.2f}" for name in ("psnr", "mse")]
            rows.append([effort, k, *means, f"{mean(runs, 'milliseconds'):.0f}"])
    head = ("effort", "K", "mean PSNR, dB", "MSE", "CPU ms")
    yield f"## Kodak, {len(files)} pictures\n\n{markdown(head, rows)}"


def single(path: Path, efforts: list[str]) -> Iterator[str]:
    rows = []
    for effort in efforts:
        for k in SINGLE_KS:
            run = measure(path, k, effort)
            rows.append([effort, k, f"{run.inertia:.3f}", f"{run.mse:.3f}", f"{run.milliseconds:.0f}"])
    yield f"## {path.name}\n\n{markdown(('effort', 'K', 'inertia', 'MSE', 'CPU ms'), rows)}"


def tables(folder: Path, ks: list[int], efforts: list[str]) -> Iterator[str]:
    if (folder / "cq100" / "iokm.csv").exists():
        yield from cq100(folder / "cq100", ks, efforts)
    if files := sorted((folder / "kodak").glob("*.png")):
        yield from kodak(files, efforts)
    if (path := folder / "seed" / "Image.png").exists():
        yield from single(path, efforts)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--pictures", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--k", type=numbers, default="4,16,64,256", help="numbers of colours for CQ100")
    parser.add_argument("--effort", type=lambda text: text.split(","), default="fast,balanced,best")
    options = parser.parse_args()
    found = list(tables(options.pictures, options.k, options.effort))
    if not found:
        parser.error(f"{options.pictures} holds none of cq100/iokm.csv, kodak/*.png, seed/Image.png")
    publish("The quality of K-means", ABOUT, "\n\n".join(found), options.write)


if __name__ == "__main__":
    main()
