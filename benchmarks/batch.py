"""Files per second of whole folders against pngquant, and against pngquant and oxipng: one command, one page.

    python benchmarks/batch.py FOLDER... [--crops 2000] [--only PART] [--work FOLDER] [--peers FOLDER] [--write PAGE]

makes crops of each folder's pictures, then runs one after another, on two processors each: `huepress -r -k 256` and
`xargs -P2 pngquant`; `huepress -r` and pngquant with `oxipng -o2`; `-j 2` and two processes of `-j 1` side by side;
`-j 2` and a Dask cluster of two workers.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from huepress.quality import mse, ssimulacra2
from peers import environment
from published import markdown, parser_of, publish, sections

SIDES = (64, 128, 256, 512)
OXIPNG = "import oxipng, sys; [oxipng.optimize(path, level=2) for path in sys.argv[1:]]"
HUEPRESS = (sys.executable, "-m", "huepress")
Judge = Callable[[np.ndarray, np.ndarray], float]
JUDGES = {mse: "MSE", ssimulacra2: "SSIMULACRA2"}
ABOUT = """
Square crops of pictures, 64 to 512 pixels a side, as PNG files in a tree; each way has two processors, and the ways
take turns on the same machine. pngquant and oxipng have their defaults and `-o2`, by `xargs -P2 -n20`, on copies of the
crops. Times are of whole commands, starting and ending included; bytes, MSE (of RGBA, summed over channels) and
SSIMULACRA2 (the higher the better) are means over the files.
"""


def make_crops(source: Path, folder: Path, number: int) -> None:
    """Square crops of the pictures below `source`, in sub-folders of 100; what is no picture is left out."""
    chance = random.Random(0)
    pictures = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
    made = 0
    while made < number and pictures:
        source = pictures[made % len(pictures)]
        try:
            with Image.open(source) as opened:
                image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
            pictures.remove(source)
            continue
        side = min(chance.choice(SIDES), *image.size)
        left, top = (chance.randint(0, length - side) for length in image.size)
        path = folder / f"{made // 100:03}" / f"{made:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.crop((left, top, left + side, top + side)).save(path)
        made += 1


def crops_of(source: Path, folder: Path, number: int) -> Path:
    """The folder with the crops of a folder, made if it is missing."""
    crops = folder / f"{source.name}-{number}"
    if not crops.exists():
        make_crops(source, crops, number)
    return crops


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


def pngquant(crops: Path, output: Path, python: Path, *, oxipng: bool = False) -> Callable[[], None]:
    """On copies of the crops, as it writes beside its inputs; then oxipng."""
    shutil.copytree(crops, output)
    files = sorted(output.rglob("*.png"))

    def run() -> None:
        xargs(files, str(python.with_name("pngquant")), "--force", "--ext", ".png")
        if oxipng:
            xargs(files, str(python), "-c", OXIPNG)

    return run


def means(crops: Path, output: Path, judge: Judge) -> tuple[float, float]:
    """Bytes of the results, and what the judge says of them."""
    sources = sorted(crops.rglob("*.png"))
    results = [output / path.relative_to(crops) for path in sources]
    with ThreadPoolExecutor(2) as pool:
        judged = list(pool.map(lambda pair: judge(*map(pixels, pair)), zip(sources, results, strict=True)))
    return float(np.mean([result.stat().st_size for result in results])), float(np.mean(judged))


def pixels(path: Path) -> np.ndarray:
    """RGBA."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def race(
    names: Sequence[str], crops: Path, repeats: int, judge: Judge, *ways: Callable[[Path], Callable[[], None]]
) -> str:
    """Files per second (the median of the turns), bytes and judgement of two ways, and their ratios."""
    number = len(list(crops.rglob("*.png")))
    with tempfile.TemporaryDirectory(dir=crops.parent) as name:
        turns = [[Path(name) / f"{turn}-{way}" for way in range(len(ways))] for turn in range(repeats)]
        seconds = [[timed(way(output)) for way, output in zip(ways, turn, strict=True)] for turn in turns]
        medians = [statistics.median(found) for found in zip(*seconds, strict=True)]
        rows = [
            (number / median, *means(crops, output, judge)) for median, output in zip(medians, turns[-1], strict=True)
        ]
    ratios = [ours / theirs for ours, theirs in zip(*rows, strict=True)]
    lines = [
        (name, f"{speed:.1f}", f"{size:,.0f}", f"{error:.2f}")
        for name, (speed, size, error) in zip(names, rows, strict=True)
    ]
    ratio = ("ratio", *(f"{value:.2f}" for value in ratios))
    table = markdown((f"{number} files", "files per second", "bytes", JUDGES[judge]), [*lines, ratio])
    return table if repeats == 1 else f"{table}\n\nMedians of {repeats} turns."


def of_each(made: Sequence[tuple[str, Path]], measured: Callable[[Path], str]) -> str:
    """What is measured of the crops of each folder."""
    return "\n\n".join(f"Crops of {name}:\n\n{measured(crops)}" for name, crops in made)


def plain(crops: Path, python: Path, repeats: int) -> str:
    """K-means against pngquant."""
    return race(
        ("huepress -k 256", "pngquant"),
        crops,
        repeats,
        mse,
        lambda output: huepress(crops, output, "-k", "256", "-j", "2"),
        lambda output: pngquant(crops, output, python),
    )


def default(crops: Path, python: Path) -> str:
    """The default mode against pngquant and oxipng."""
    return race(
        ("huepress", "pngquant, oxipng -o2"),
        crops,
        1,
        ssimulacra2,
        lambda output: huepress(crops, output, "-j", "2"),
        lambda output: pngquant(crops, output, python, oxipng=True),
    )


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


def in_turns(folder: Path, repeats: int, *works: Callable[[Path], Callable[[], None]]) -> list[float]:
    """The median of the seconds of each, which take turns, each time with a new folder for the results."""
    seconds: list[list[float]] = [[] for _ in works]
    for number in range(repeats):
        for found, work in zip(seconds, works, strict=True):
            output = folder / f"turn{number}"
            found.append(timed(work(output)))
            shutil.rmtree(output)
    return [statistics.median(found) for found in seconds]


def jobs(crops: Path, folder: Path, repeats: int) -> str:
    """One job, two jobs, and two processes of one job."""
    both, plainly = halves(crops, folder / "halves"), ("-k", "256")
    one, two, apart = in_turns(
        folder,
        repeats,
        lambda output: huepress(crops, output, *plainly, "-j", "1"),
        lambda output: huepress(crops, output, *plainly, "-j", "2"),
        lambda output: lambda: two_processes(both, output, *plainly),
    )
    rows = [("`-j 1`", one), ("`-j 2`", two), ("two processes of `-j 1`, half of the files each", apart)]
    table = markdown(("", "seconds", "speed against theirs"), [(n, f"{s:.1f}", f"{apart / s:.0%}") for n, s in rows])
    return f"{table}\n\nMedians of {repeats} turns."


def scheduler(crops: Path, folder: Path, repeats: int) -> str:
    """The same batch by two workers here, and by a Dask cluster of two on this machine, each started before."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        address = ("-k", "256", "--scheduler", client.scheduler.address)
        timed(huepress(crops, folder / "warm", *address))  # starts the workers' children
        here, there = in_turns(
            folder,
            repeats,
            lambda output: huepress(crops, output, "-k", "256", "-j", "2"),
            lambda output: huepress(crops, output, *address),
        )
    rows = [("`-j 2`", f"{here:.1f}", ""), ("a cluster of two workers", f"{there:.1f}", f"{there / here - 1:+.0%}")]
    return f"{markdown(('', 'seconds', 'overhead'), rows)}\n\nMedians of {repeats} turns."


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", type=Path, nargs="+", help="folders; jobs and a cluster take the first alone")
    parser.add_argument("--crops", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3, help="turns, but of the smallest files")
    parser.add_argument("--work", type=Path, help="a folder for the crops, which are made if they are missing")
    parser.add_argument("--peers", type=Path, help="an environment with pngquant and oxipng; made if missing")
    parser.add_argument("--only", choices=["plain", "default", "jobs", "scheduler"], action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as name:
        folder = Path(name)
        python = environment(options.peers or folder / "peers")
        made = [(source.name, crops_of(source, options.work or folder, options.crops)) for source in options.pictures]
        crops = made[0][1]
        parts = {
            "plain": (
                "K-means, 256 colours",
                lambda: of_each(made, lambda crops: plain(crops, python, options.repeats)),
            ),
            "default": ("Smallest files", lambda: of_each(made, lambda crops: default(crops, python))),
            "jobs": ("From one job to two", lambda: jobs(crops, folder, options.repeats)),
            "scheduler": ("A cluster", lambda: scheduler(crops, folder, options.repeats)),
        }
        body = sections(parts, options.only)
    publish("Folders of pictures", ABOUT, body, options.write)


if __name__ == "__main__":
    main()
