"""Our SSIMULACRA2 against the package of that name: largest difference and ratio of speed.

    python benchmarks/quality_metric.py PICTURES...

PICTURES are files or folders of PNG. Each is set against itself with 256, 64 and 16 colours, dithered and not, and
as JPEG at quality 90, 60 and 30. Both run on one thread; ours is timed with the original's planes kept, as in a search,
and without. The differences are of scores over 0.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import ssimulacra2 as package
from PIL import Image

from huepress.quality import Judge, ssimulacra2
from judged import read


def results(image: Image.Image) -> Iterator[Image.Image]:
    for colors in (256, 64, 16):
        palette = image.quantize(colors, dither=Image.Dither.NONE)
        yield palette.convert("RGB")
        yield image.quantize(colors, palette=palette, dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")
    for quality in (90, 60, 30):
        file = io.BytesIO()
        image.save(file, "jpeg", quality=quality)
        yield Image.open(file).convert("RGB")


def timed(function, *arguments, **options) -> tuple[float, float]:
    start = time.perf_counter()
    value = function(*arguments, **options)
    return value, time.perf_counter() - start


def measure(path: Path, folder: Path) -> Iterator[tuple[float, float, float, float, float]]:
    """The package's score and ours, then the seconds of the package, of ours, of ours with planes kept."""
    original = read(path)[..., :3]
    files = [str(folder / "original.png"), str(folder / "result.png")]
    Image.fromarray(original).save(files[0])
    judge = Judge(original, threads=1)
    judge.ssimulacra2(original)
    for result in results(Image.fromarray(original)):
        result.save(files[1])
        theirs, their_time = timed(package.compute_ssimulacra2, *files)
        ours, our_time = timed(ssimulacra2, original, np.asarray(result), threads=1)
        kept, kept_time = timed(judge.ssimulacra2, np.asarray(result))
        assert kept == ours
        yield theirs, ours, their_time, our_time, kept_time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    paths = parser.parse_args().pictures
    files = [file for path in paths for file in (sorted(path.glob("*.png")) if path.is_dir() else [path])]
    print("| picture | largest difference | package, s | ours, ms | planes kept, ms | ms a megapixel | times as fast |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            rows = np.array(list(measure(file, Path(folder))))
            over = rows[rows[:, 0] > 0]
            difference = np.abs(over[:, 0] - over[:, 1]).max(initial=0.0)
            theirs, ours, kept = np.median(rows[:, 2:], axis=0)
            width, height = Image.open(file).size
            per_megapixel = kept * 1e9 / (width * height)
            print(
                f"| {file.stem} | {difference:.5f} | {theirs:.2f} | {1000 * ours:.1f} | {1000 * kept:.1f} "
                f"| {per_megapixel:.0f} | {theirs / kept:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
