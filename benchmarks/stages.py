"""Where the time of a batch goes: `python benchmarks/stages.py FOLDER [--limit N]` prints a table of processor time.

For each stage of `-k 256` with effort "fast", and for the default mode as a whole, on one thread: milliseconds a
picture, nanoseconds a pixel.
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from huepress import compress
from huepress.batch.run import LEVEL
from huepress.encode import encode
from huepress.files import write
from huepress.histogram import Histogram
from huepress.image import Picture, read
from huepress.indexed import IndexedPicture
from huepress.kmeans import BATCH_STRATEGY
from huepress.learn import learn
from huepress.mapping import map_picture, settle

Seconds = Counter[str]


class Watch:
    """Adds the processor time since the last look to the name of a stage."""

    def __init__(self) -> None:
        self.seconds: Seconds = Counter()
        self._last = time.process_time()

    def __call__(self, stage: str) -> None:
        """Look."""
        now = time.process_time()
        self.seconds[stage] += now - self._last
        self._last = time.process_time()


def plain(path: Path, output: Path, watch: Watch) -> Picture:
    """One picture through `-k 256`."""
    watch("")
    picture = read(path)
    watch("read")
    histogram = Histogram.of_pixels(picture.pixels, threads=1)
    watch("count")
    learned = learn(histogram, 256, effort=BATCH_STRATEGY, threads=1)
    watch("learn")
    palette, found = settle(histogram, learned.palette, points=learned.points, threads=1)
    indices = map_picture(picture.pixels, histogram, found.labels, 1)
    watch("map")
    data = encode(IndexedPicture(palette, indices, 0.0, 0.0, 0), "png", level=LEVEL)
    watch("encode")
    write(output, data, force=True)
    watch("write")
    return picture


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--limit", type=int, default=200)
    arguments = parser.parse_args()
    suffixes = (".png", ".jpg", ".jpeg", ".webp")
    paths = sorted(path for path in arguments.pictures.rglob("*") if path.suffix.lower() in suffixes)[: arguments.limit]
    watch, pixels = Watch(), 0
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            picture = plain(path, Path(folder) / "out.png", watch)
            pixels += picture.width * picture.height
            watch("")
            compress(picture, threads=1)
            watch("default mode, without reading and writing")
    print(f"{len(paths)} pictures of {pixels / len(paths) / 1e6:.3f} MP in the mean\n")
    print("| stage | ms a picture | ns a pixel |\n|---|---|---|")
    del watch.seconds[""]
    for stage, seconds in watch.seconds.items():
        print(f"| {stage} | {seconds / len(paths) * 1e3:.2f} | {seconds / pixels * 1e9:.1f} |")


if __name__ == "__main__":
    main()
