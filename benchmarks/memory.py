"""The memory that quantize takes beyond the decoded array and the indices. On Linux.

    python benchmarks/memory.py [PICTURE ...] [--megapixels 4,16,32]

Each case runs in a process of its own: the peak of its resident memory during one call, less what was resident before,
less the indices. Beside the pictures: random noise, RGB and RGBA, in which nearly every pixel has a colour of its own.
The bound is 160 MB and 24 bytes per distinct colour, whatever the number of threads.
"""

import argparse
import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from huepress import Histogram, quantize
from huepress.image import Picture, read
from published import markdown, numbers, parser_of, publish

BOUND, BOUND_PER_COLOR = 160e6, 24
ABOUT = """
The peak of resident memory during `quantize`, beyond the decoded array and the indices; each row is a process of its
own. The bound is 160 MB and 24 bytes per distinct colour.
"""
HEAD = ("picture", "megapixels", "colours", "K", "effort", "threads", "peak, MB", "bound, MB", "of the bound")


@dataclass(frozen=True)
class Case:
    """A picture file, or noise of so many megapixels if it has no name; and the options of quantize."""

    picture: str
    channels: int
    megapixels: int
    k: int
    effort: str
    threads: int


def picture_of(case: Case) -> Picture:
    """The decoded array: without alpha if all is opaque, without colours under full transparency."""
    if not case.picture:
        height = case.megapixels * 1000
        return read(np.random.default_rng(0).integers(0, 256, (height, 1000, case.channels), np.uint8))
    with Image.open(case.picture) as image:
        return read(image.convert("RGBA" if case.channels == 4 else "RGB"))


def resident(name: str) -> int:
    """Bytes: VmRSS, or VmHWM, its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def measure(case: Case) -> dict[str, float]:
    """The peak of one call, in bytes, and what the picture is; in the process that was started for it."""
    picture = picture_of(case)
    quantize(picture.pixels[:8, :8], k=2)  # what is loaded at the first call is not of the picture
    ctypes.CDLL(None).malloc_trim(0)  # freed memory that is still resident would hide some of the peak
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    found = quantize(picture, k=case.k, effort=case.effort, threads=case.threads)
    peak = resident("VmHWM") - before - found.indices.nbytes
    return {"peak": peak, "pixels": found.indices.size, "colors": len(Histogram.of_pixels(picture.pixels))}


def row(case: Case) -> list[str]:
    words = [sys.executable, __file__, "--child", json.dumps(case.__dict__)]
    found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    bound = BOUND + BOUND_PER_COLOR * found["colors"]
    name = Path(case.picture).name or "noise"
    return [
        f"{name}, {'RGBA' if case.channels == 4 else 'RGB'}", f"{found['pixels'] / 1e6:.1f}", f"{found['colors']:,}",
        f"{case.k}", case.effort, f"{case.threads}", f"{found['peak'] / 1e6:.0f}", f"{bound / 1e6:.0f}",
        f"{found['peak'] / bound:.2f}",
    ]  # fmt: skip


def cases(options: argparse.Namespace) -> Iterator[Case]:
    named = [(str(picture), 0) for picture in options.pictures]
    noise = [("", megapixels) for megapixels in options.megapixels]
    for picture, megapixels in [*named, *noise]:
        for channels in options.channels:
            for k in options.k:
                for threads in options.threads:
                    yield Case(picture, channels, megapixels, k, options.effort, threads)


def arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, metavar="PICTURE")
    parser.add_argument("--megapixels", type=numbers, default="4,16,32", help="of the noise")
    parser.add_argument("--channels", type=numbers, default="3,4")
    parser.add_argument("--threads", type=numbers, default="1,8")
    parser.add_argument("--k", type=numbers, default="256")
    parser.add_argument("--effort", default="balanced")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.child:
        print(json.dumps(measure(Case(**json.loads(options.child)))))
    else:
        publish("The memory of K-means", ABOUT, markdown(HEAD, map(row, cases(options))), options.write)


if __name__ == "__main__":
    main()
