"""Points of the rate-distortion plane: the bytes of a file and what SSIMULACRA2 and Butteraugli say of it."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from huepress.quality import Judge

GREYS = (26, 230)


@dataclass(frozen=True)
class Point:
    """A result: what made it, its bytes and its scores (Butteraugli's 3-norm: lower is better, None if not known)."""

    label: str
    bytes: int
    ssimulacra2: float
    butteraugli: float | None


class Original:
    """A picture (H, W, 3|4) that results are judged against."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self._judge = Judge(pixels, threads=1)
        self._folder = tempfile.TemporaryDirectory()
        self._alpha = pixels.shape[2] == 4

    def point(self, label: str, file_bytes: int, pixels: np.ndarray, *, butteraugli: bool = True) -> Point:
        """The point of a result of `file_bytes` bytes that decodes to `pixels`."""
        second = self._butteraugli(pixels) if butteraugli else None
        return Point(label, file_bytes, self._judge.ssimulacra2(pixels), second)

    def _butteraugli(self, pixels: np.ndarray) -> float | None:
        """The 3-norm; with alpha in either picture the worse over two greys."""
        if shutil.which("butteraugli_main") is None:
            return None
        greys = GREYS if self._alpha or pixels.shape[2] == 4 else GREYS[:1]
        norms = [self._butteraugli_over(pixels, grey) for grey in greys]
        return None if None in norms else max(norms)

    def _butteraugli_over(self, pixels: np.ndarray, grey: int) -> float | None:
        original, result = (Path(self._folder.name) / f"{name}-{grey}.ppm" for name in ("original", "result"))
        if not original.exists():
            Image.fromarray(over(self.pixels, grey)).save(original)
        Image.fromarray(over(pixels, grey)).save(result)
        done = subprocess.run(["butteraugli_main", original, result], capture_output=True, text=True)
        found = re.search(r"3-norm: ([\d.]+)", done.stdout)  # it fails on some tiny pictures
        return float(found[1]) if found else None


def over(pixels: np.ndarray, grey: int) -> np.ndarray:
    """RGB over a grey level."""
    if pixels.shape[2] == 3:
        return pixels
    color, alpha = pixels[..., :3].astype(int), pixels[..., 3:].astype(int)
    return ((color * alpha + grey * (255 - alpha) + 127) // 255).astype(np.uint8)


def read(path: Path) -> np.ndarray:
    """The pixels of a file: RGB if it is opaque, else RGBA; its colour profile is not looked at."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGBA"))
    if pixels[..., 3].min() == 255:
        return np.ascontiguousarray(pixels[..., :3])
    return np.where(pixels[..., 3:] > 0, pixels, 0).astype(np.uint8)
