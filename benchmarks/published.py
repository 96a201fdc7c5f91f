"""What these commands share: pictures, the demo's photograph, tables in Markdown and the page that holds them."""

import argparse
import importlib.util
import platform
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress._native import usable_cpus


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) of a file; its alpha and its colour profile are not looked at."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def photograph() -> Path:
    """The demo's photograph, 640 x 427, which scikit-learn ships."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("scikit-learn ships the photograph: pip install 'huepress[bench]'")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


def machine() -> str:
    """The machine in general terms: processor, cores, system, versions."""
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return f"{_processor()}, {usable_cpus()} cores, {platform.system()}, {versions}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in (head, rule, *rows))


def command() -> str:
    """The command that was given, with the names of files and folders but not where they are."""
    words = [Path(word).name if "/" in word and not word.startswith("-") else word for word in sys.argv[1:]]
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *_without_write(words)])


def _without_write(words: list[str]) -> list[str]:
    at = words.index("--write") if "--write" in words else len(words)
    return words[:at] + words[at + 2 :]


def parser_of(doc: str) -> argparse.ArgumentParser:
    """What reads the arguments of a command that publishes, whose help is the docstring of its file."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables to a page, too")
    return parser


def sections(parts: Mapping[str, tuple[str, Callable[[], str]]], only: Sequence[str] | None) -> str:
    """The parts of a page, each measured when its turn comes: those that are asked for, or all."""
    return "\n\n".join(f"## {title}\n\n{measured()}" for title, measured in (parts[name] for name in only or parts))


def publish(title: str, about: str, body: str, target: Path | None) -> None:
    """Print the tables; with a target, write the page that holds them, the machine and the command."""
    print(body)
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        page = f"# {title}\n\n{about.strip()}\n\nOn {machine()}:\n\n    {command()}\n\n{body}\n"
        target.write_text(page, encoding="utf-8")


def numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(word) for word in text.split(",")]
