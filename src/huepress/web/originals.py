"""A picture that was uploaded, with what is derived from it once."""

import hashlib
import threading
from typing import Any, Final

import deflate
import numpy as np
from numpy.typing import NDArray

from huepress._native import usable_cpus
from huepress.cached import cached_property
from huepress.curve import Elbow, elbow
from huepress.formats import png
from huepress.histogram import Histogram
from huepress.image import Picture, read
from huepress.quality import Judge
from huepress.web.limits import Limits
from huepress.web.workers import Check

_JUDGE_PIXELS: Final = 4_000_000  # up to here the judge keeps its planes, 17 bytes a pixel
_SHOWN_LEVEL: Final = 1  # of packing, the quickest: it goes to a browser on this machine
_ELBOW_KS: Final = (*range(1, 21), 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256)


class Original:
    """A picture, its colours, and what judges results against it; several threads may use it at once.

    `name` is the hash of its file. `measured`: bytes and score of the PNG of some k, filled while `measuring` is held.
    """

    def __init__(self, picture: Picture, histogram: Histogram, name: str) -> None:
        self.picture, self.histogram, self.name = picture, histogram, name
        self.threads = usable_cpus()
        self._lock, self._elbow_lock, self._shown_lock = threading.Lock(), threading.Lock(), threading.Lock()
        self.measuring = threading.Lock()
        self.measured: dict[int, tuple[int, float]] = {}

    @classmethod
    def of(cls, data: bytes, limits: Limits, check: Check) -> "Original":
        """Decode a file and count its colours."""
        picture = read(data, name="this file", max_pixels=limits.pixels, max_bytes=limits.upload_bytes)
        check()
        return cls(picture, Histogram.of_pixels(picture.pixels), hashlib.sha256(data).hexdigest())

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about: pixels, their PNG, the judge's planes, colours."""
        pixels = self.picture.width * self.picture.height
        planes = 60 * (1 + self.picture.has_alpha) if pixels <= _JUDGE_PIXELS else 0
        return 2 * self.picture.pixels.nbytes + pixels * planes + 12 * len(self.histogram) + 1000

    def score(self, result: NDArray[np.uint8]) -> float:
        """SSIMULACRA2 of a result."""
        with self._lock:  # the judge fills its planes at first use
            return self._judge.ssimulacra2(result)

    @cached_property
    def _judge(self) -> Judge:
        pixels = self.picture.width * self.picture.height
        return Judge(self.picture.pixels, threads=self.threads, cached=pixels <= _JUDGE_PIXELS)

    def elbow(self) -> Elbow:
        """The inertia of some k from 1 to 256."""
        with self._elbow_lock:
            return self._elbow

    @cached_property
    def _elbow(self) -> Elbow:
        return elbow(self.picture, ks=_ELBOW_KS, effort="fast", threads=self.threads)

    def shown(self) -> bytes:
        """The picture as it was read, upright and in sRGB, as a PNG that is made quickly, once for all who ask."""
        with self._shown_lock:
            return self._shown

    @cached_property
    def _shown(self) -> bytes:
        height, width, channels = self.picture.pixels.shape
        rows = np.zeros((height, 1 + width * channels), np.uint8)
        rows[:, 1:] = self.picture.pixels.reshape(height, -1)
        return png.joined(
            (
                png.chunk(b"IHDR", png.header(width, height, 8, png.RGBA if channels == 4 else png.RGB)),
                *(png.chunk(kind, body) for kind, body in self.picture.metadata.color_chunks),
                png.chunk(b"IDAT", deflate.zlib_compress(rows, _SHOWN_LEVEL)),
                png.chunk(b"IEND"),
            )
        )

    def facts(self) -> dict[str, Any]:
        """What the page tells of it."""
        picture = self.picture
        return {
            "id": self.name,
            "width": picture.width,
            "height": picture.height,
            "bytes": picture.source_bytes,
            "format": picture.format,
            "alpha": picture.has_alpha,
            "frames": picture.frames,
            "colors": len(self.histogram),
        }
