"""The time of the command on one picture, the whole program: huepress beside pngquant and then oxipng.

    python benchmarks/command_speed.py PICTURES...

For each picture `huepress PICTURE` and `huepress PICTURE -q 75` take turns with pngquant --speed 3 at its default (256
colours, its dither) followed by oxipng -o2, as programs of their own, Python's start included. Printed are the median
and the least of the seconds, the ratio of the medians, the processor's seconds, and the bytes.
"""

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from PIL import Image

from peers import ENVIRONMENT, OXIPNG, environment
from published import markdown, parser_of, publish

QUALITY = 75
OUT_OF_REACH = 99  # the command's exit code
ABOUT = f"""
Seconds of whole programs on one picture, Python's start included, in turns: `huepress PICTURE`, `huepress PICTURE
-q {QUALITY}`, and pngquant 3.0.3 (`--speed 3`, 256 colours, its dither) followed by oxipng -o2. "Ratio": of the median
to that of pngquant and oxipng. "CPU": seconds of all processors together, the median.
"""
try:
    from resource import RUSAGE_CHILDREN, getrusage
except ImportError:
    sys.exit("the processor's seconds of child processes are known on Unix only")


@dataclass
class Timing:
    """A way to compress, the seconds of its runs, and the bytes that it gives."""

    name: str
    run: Callable[[Path, Path], None]
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    size: int | None = None  # none: out of reach

    def time(self, picture: Path, result: Path) -> None:
        """Run once more."""
        result.unlink(missing_ok=True)
        before, start = processor_seconds(), time.perf_counter()
        self.run(picture, result)
        self.seconds.append(time.perf_counter() - start)
        self.processor.append(processor_seconds() - before)
        self.size = result.stat().st_size if result.exists() else None

    def cells(self, other: "Timing") -> tuple[object, ...]:
        """Of a table, beside another's."""
        ratio = median(self.seconds) / median(other.seconds)
        times = (median(self.seconds), min(self.seconds), median(self.processor))
        size = "out of reach" if self.size is None else f"{self.size:,}"
        return self.name, *(f"{seconds:.3f}" for seconds in times), f"{ratio:.2f}", size


def processor_seconds() -> float:
    """Of the child processes that have ended."""
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peers(python: Path) -> Callable[[Path, Path], None]:
    """What compresses a picture by pngquant, then oxipng."""

    def run(picture: Path, result: Path) -> None:
        options = ["--speed", "3", "--force", "--output", result, "256"]
        subprocess.run([python.with_name("pngquant"), *options, picture], check=True)
        subprocess.run([python, "-c", OXIPNG, result], check=True)

    return run


def huepress(command: Sequence[str], *words: str) -> Callable[[Path, Path], None]:
    """What compresses a picture by the command with these options."""

    def run(picture: Path, result: Path) -> None:
        done = subprocess.run([*command, picture, "-o", result, *words], stderr=subprocess.DEVNULL)
        if done.returncode not in (0, OUT_OF_REACH):
            done.check_returncode()

    return run


def timings(picture: Path, python: Path, command: Sequence[str], repeats: int) -> list[Timing]:
    """The peers first."""
    found = [
        Timing("pngquant, oxipng", peers(python)),
        Timing("huepress", huepress(command)),
        Timing(f"huepress -q {QUALITY}", huepress(command, "-q", str(QUALITY))),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repeats):
            for timing in found:
                timing.time(picture, Path(folder) / "result.png")
    return found


def section(picture: Path, found: Sequence[Timing]) -> str:
    """Markdown of one picture."""
    with Image.open(picture) as image:
        width, height = image.size
    head = ("program", "seconds, median", "least", "CPU", "ratio", "bytes")
    return f"## {picture.name}, {width} x {height}\n\n{markdown(head, [timing.cells(found[0]) for timing in found])}"


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, help="Python of an environment with pngquant-cli and pyoxipng")
    parser.add_argument("--huepress", help="the command (default: that of this Python's environment)")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    command = shlex.split(options.huepress) if options.huepress else [Path(sys.executable).with_name("huepress")]
    python = options.peers or environment(ENVIRONMENT)
    found = (section(path, timings(path, python, command, options.repeats)) for path in options.pictures)
    publish("The speed of the command", ABOUT, "\n\n".join(found), options.write)


if __name__ == "__main__":
    main()
