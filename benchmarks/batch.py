"""Files per second of whole folders against pngquant, and against pngquant and oxipng: one command, one table.

    python benchmarks/batch.py FOLDER [--crops 2000] [--peers ENVIRONMENT]

makes crops of the folder's pictures, then runs one after another, on two processors each: `huepress -r -k 256` and
`xargs -P2 pngquant`; `huepress -r` and pngquant with `oxipng -o2`; `-j 2` and two processes of `-j 1` side by side.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from huepress.quality import mse
from peers import environment

SIDES = (64, 128, 256, 512)
OXIPNG = "import oxipng, sys; [oxipng.optimize(path, level=2) for path in sys.argv[1:]]"
HUEPRESS = (sys.executable, "-m", "huepress")


@dataclass(frozen=True)
class Line:
    """A way to press the crops: files per second, and means of bytes and MSE."""

    name: str
    files: float
    bytes: float
    mse: float

    def __str__(self) -> str:
        return f"| {self.name} | {self.files:.1f} | {self.bytes:,.0f} | {self.mse:.2f} |"


def make_crops(source: Path, folder: Path, number: int) -> None:
    """Square crops of the pictures below `source`, in sub-folders of 100."""
    chance = random.Random(0)
    pictures = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
    for i in range(number):
        image = Image.open(pictures[i % len(pictures)])
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        side = min(chance.choice(SIDES), *image.size)
        left, top = (chance.randint(0, length - side) for length in image.size)
        path = folder / f"{i // 100:03}" / f"{i:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.crop((left, top, left + side, top + side)).save(path)


def timed(work: Callable[[], None]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def huepress(source: Path, output: Path, *options: str) -> Callable[[], None]:
    """A batch of huepress."""
    command = [*HUEPRESS, str(source), "-r", "-o", str(output), "--quiet", *options]
    return lambda: check(subprocess.run(command).returncode)


def check(code: int) -> None:
    """What became larger, or what pngquant would not touch, is no failure."""
    if code not in (0, 98, 99, 123):
        sys.exit(f"a command ended with {code}")


def xargs(files: list[Path], *command: str) -> None:
    """The command on all files, by two processes at a time."""
    names = b"\0".join(os.fsencode(path) for path in files)
    check(subprocess.run(["xargs", "-0", "-P2", "-n20", *command], input=names).returncode)


def pngquant(crops: Path, output: Path, python: Path, *, oxipng: bool) -> Callable[[], None]:
    """On copies of the crops, as it writes beside its inputs; then oxipng."""
    shutil.copytree(crops, output)
    files = sorted(output.rglob("*.png"))

    def run() -> None:
        xargs(files, str(python.with_name("pngquant")), "--force", "--ext", ".png")
        if oxipng:
            xargs(files, str(python), "-c", OXIPNG)

    return run


def line(name: str, crops: Path, output: Path, work: Callable[[], None]) -> Line:
    """Do the work and measure what came out."""
    seconds = timed(work)
    sources = sorted(crops.rglob("*.png"))
    results = [output / path.relative_to(crops) for path in sources]
    errors = [mse(pixels(path), pixels(result)) for path, result in zip(sources, results, strict=True)]
    sizes = [result.stat().st_size for result in results]
    return Line(name, len(sources) / seconds, float(np.mean(sizes)), float(np.mean(errors)))


def pixels(path: Path) -> np.ndarray:
    """RGBA."""
    return np.asarray(Image.open(path).convert("RGBA"))


def halves(crops: Path, folder: Path) -> list[Path]:
    """Two folders with half of the crops each."""
    for i, path in enumerate(sorted(crops.rglob("*.png"))):
        half = folder / str(i % 2) / path.relative_to(crops)
        half.parent.mkdir(parents=True, exist_ok=True)
        half.hardlink_to(path)
    return [folder / "0", folder / "1"]


def two_processes(parts: list[Path], folder: Path, *options: str) -> None:
    """A batch of one job for each part, side by side."""
    started = []
    for number, part in enumerate(parts):
        command = [*HUEPRESS, str(part), "-r", "-o", str(folder / f"half{number}"), "--quiet", "-j", "1", *options]
        started.append(subprocess.Popen(command))
    for process in started:
        check(process.wait())


def scheduler(crops: Path, folder: Path) -> str:
    """The same batch by two workers here, and by a Dask cluster of two on this machine, each started before."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        address = client.scheduler.address
        timed(huepress(crops, folder / "warm", "-k", "256", "--scheduler", address))  # starts the workers' children
        there = timed(huepress(crops, folder / "there", "-k", "256", "--scheduler", address))
    here = timed(huepress(crops, folder / "here", "-k", "256", "-j", "2"))
    return f"-j 2: {here:.1f} s, a cluster of two workers: {there:.1f} s; {there / here - 1:+.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--crops", type=int, default=2000)
    parser.add_argument("--peers", type=Path, help="an environment with pngquant and oxipng; made if missing")
    parser.add_argument("--only", choices=["plain", "default", "jobs", "scheduler"], action="append")
    arguments = parser.parse_args()
    parts = arguments.only or ["plain", "default", "jobs", "scheduler"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = environment(arguments.peers or folder / "peers")
        crops = folder / "crops"
        make_crops(arguments.pictures, crops, arguments.crops)
        print("| | files per second | bytes | MSE |\n|---|---|---|---|", flush=True)
        plain = ("-k", "256", "-j", "2")
        if "plain" in parts:
            ours = line("huepress -k 256", crops, folder / "plain", huepress(crops, folder / "plain", *plain))
            theirs = line("pngquant", crops, folder / "q", pngquant(crops, folder / "q", python, oxipng=False))
            print(
                f"{ours}\n{theirs}\n| ratio | {ours.files / theirs.files:.2f} | {ours.bytes / theirs.bytes:.2f} "
                f"| {ours.mse / theirs.mse:.2f} |",
                flush=True,
            )
        if "default" in parts:
            ours = line("huepress", crops, folder / "default", huepress(crops, folder / "default", "-j", "2"))
            theirs = line(
                "pngquant, oxipng -o2", crops, folder / "o", pngquant(crops, folder / "o", python, oxipng=True)
            )
            print(
                f"{ours}\n{theirs}\n| ratio | {ours.files / theirs.files:.2f} | {ours.bytes / theirs.bytes:.2f} "
                f"| {ours.mse / theirs.mse:.2f} |",
                flush=True,
            )
        if "jobs" in parts:
            one = timed(huepress(crops, folder / "one", "-k", "256", "-j", "1"))
            two = timed(huepress(crops, folder / "two", *plain))
            both = halves(crops, folder / "halves")
            apart = timed(lambda: two_processes(both, folder, "-k", "256"))
            print(
                f"-j 1: {one:.1f} s, -j 2: {two:.1f} s, two processes of -j 1: {apart:.1f} s; "
                f"-j 2 reaches {apart / two:.0%} of them"
            )
        if "scheduler" in parts:
            print(scheduler(crops, folder))


if __name__ == "__main__":
    main()
