"""pngquant, then oxipng, in child processes from an environment of their own; results are cached, for they are slow."""

import hashlib
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from judged import Original, Point, read

ENVIRONMENT = Path(__file__).parent / ".peers"
PACKAGES = ("pngquant-cli==3.0.3", "pyoxipng>=9.1,<10")
VERSION = "pngquant-3.0.3 --speed 3, oxipng-9 -o2"
COLORS = (256, 160, 96, 48, 24, 12)
DITHERS = {"none": "--nofs", "half": "--floyd=0.5", "full": "--floyd=1"}
DEFAULT = "256 full"
OXIPNG = "import oxipng, sys; oxipng.optimize(sys.argv[1], level=2)"


class Peers:
    """The peers of an environment's Python, and the folder where their points are kept."""

    def __init__(self, python: Path, cache: Path) -> None:
        self._python = python
        self._cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def points(self, pixels: np.ndarray, original: Original) -> list[Point]:
        """The points of a picture, at each number of colours and strength of dither."""
        key = hashlib.sha256(VERSION.encode() + str(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:24]
        kept = self._cache / f"{key}.json"
        if not kept.exists():
            points = [asdict(point) for point in self._compute(pixels, original)]
            partial = kept.with_suffix(".partial")
            partial.write_text(json.dumps(points, indent=1))
            partial.rename(kept)
        return [Point(**point) for point in json.loads(kept.read_text())]

    def _compute(self, pixels: np.ndarray, original: Original) -> list[Point]:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source.png"
            Image.fromarray(pixels).save(source)
            points = []
            for colors in COLORS:
                for dither, option in DITHERS.items():
                    result = Path(folder) / "result.png"
                    self._compress(source, result, colors, option)
                    points.append(original.point(f"{colors} {dither}", result.stat().st_size, read(result)))
            return points

    def _compress(self, source: Path, result: Path, colors: int, dither: str) -> None:
        pngquant = self._python.with_name("pngquant")
        options = ["--speed", "3", dither, "--force", "--output", str(result), str(colors)]
        subprocess.run([pngquant, *options, source], check=True)
        subprocess.run([self._python, "-c", OXIPNG, result], check=True)


def environment(folder: Path, packages: Sequence[str] = PACKAGES) -> Path:
    """The Python of an environment that holds the packages; made if it is missing."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python
