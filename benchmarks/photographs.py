"""Where an indexed picture is the wrong choice: bytes at equal SSIMULACRA2 against JPEG, WebP and AVIF.

    python benchmarks/photographs.py [--pictures FILE_OR_FOLDER...] [--write PAGE]

Without pictures: the two photographs that scikit-learn ships, a drawn screenshot and a drawn chart. Each codec gets the
least quality setting (of Pillow's, 1 to 100) whose result reaches the score, with full and with halved chroma, of which
the smaller file counts. Needs scikit-learn, and a Pillow with AVIF.
"""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import huepress
from huepress.quality import Judge
from published import markdown, numbers, parser_of, photograph, pixels_of, publish

TARGETS = (50, 70, 90)
_JPEG = {"optimize": True, "progressive": True}
CODECS: dict[str, list[dict[str, Any]]] = {
    "JPEG": [_JPEG | {"subsampling": "4:2:0"}, _JPEG | {"subsampling": "4:4:4"}],
    "WEBP": [{"method": 6}, {"method": 6, "use_sharp_yuv": True}],
    "AVIF": [{"subsampling": "4:2:0"}, {"subsampling": "4:4:4"}],
}
HEAD = ("picture", "SSIMULACRA2", "huepress, PNG", "huepress, WebP", "JPEG", "WebP, lossy", "AVIF", "smallest")
ABOUT = """
Bytes of the smallest file that each way makes at this SSIMULACRA2 or more, judged on what the file decodes to. A dash:
out of reach. JPEG is progressive with optimised tables, WebP is lossy with method 6, AVIF has Pillow's speed; JPEG and
AVIF are tried with full and halved chroma, WebP with and without its sharp conversion, and the smaller file counts.
"""

Pixels = NDArray[np.uint8]


def screenshot() -> Pixels:
    """A window with text, buttons and a list."""
    image = Image.new("RGB", (800, 500), "#f3f4f6")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=15)
    draw.rectangle((0, 0, 800, 40), fill="#1f2937")
    draw.text((16, 11), "Settings / Appearance", "#ffffff", font)
    for i in range(9):
        top = 60 + 46 * i
        draw.rounded_rectangle((20, top, 260, top + 36), 6, fill="#2563eb" if i == 2 else "#ffffff", outline="#d1d5db")
        draw.text((34, top + 9), f"Section {i + 1}, of nine", "#ffffff" if i == 2 else "#111827", font)
        draw.text((300, top + 9), f"An option with its explanation, number {i}", "#374151", font)
        draw.ellipse((740, top + 8, 760, top + 28), fill="#16a34a" if i % 3 else "#dc2626")
    return np.asarray(image)


def chart() -> Pixels:
    """Curves over a grid, smoothed by drawing them four times as large."""
    image = Image.new("RGB", (2800, 1800), "white")
    draw = ImageDraw.Draw(image)
    for place in range(200, 2800, 400):
        draw.line((place, 100, place, 1700), "#dddddd", 4)
    for place in range(100, 1800, 400):
        draw.line((200, place, 2700, place), "#dddddd", 4)
    x = np.linspace(0, 9, 600)
    for i, color in enumerate(("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")):
        y = 900 - 600 * np.sin(x * (0.6 + 0.3 * i)) * np.exp(-x / 9)
        draw.line(list(zip((200 + 277 * x).tolist(), y.tolist(), strict=True)), color, 12)
    return np.asarray(image.resize((700, 450), Image.Resampling.LANCZOS))


def encoded(pixels: Pixels, codec: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, codec, **options)
    return file.getvalue()


def least(encode: Callable[..., bytes], target: float, score: Callable[[bytes], float]) -> int | None:
    """The bytes at the least quality setting that reaches the target; None if none does."""
    low, high = 1, 101
    while low < high:
        middle = (low + high) // 2
        if score(encode(quality=middle)) >= target:
            high = middle
        else:
            low = middle + 1
    return len(encode(quality=low)) if low <= 100 else None


def theirs(pixels: Pixels, codec: str, target: float, score: Callable[[bytes], float]) -> int | None:
    found = [least(partial(encoded, pixels, codec, **options), target, score) for options in CODECS[codec]]
    return min((size for size in found if size), default=None)


def ours(pixels: Pixels, target: float, format: str) -> int | None:
    try:
        return len(huepress.compress(pixels, quality=target, format=format).data)
    except huepress.TargetError:
        return None


def rows(name: str, pixels: Pixels, targets: list[int]) -> Iterator[list[str]]:
    judge = Judge(pixels)

    def score(data: bytes) -> float:
        with Image.open(io.BytesIO(data)) as image:
            return judge.ssimulacra2(np.asarray(image.convert("RGB")))

    for target in targets:
        sizes = [ours(pixels, target, "png"), ours(pixels, target, "webp")]
        sizes += [theirs(pixels, codec, target, score) for codec in CODECS]
        reached = {size: way for way, size in zip(HEAD[2:], sizes, strict=False) if size}
        smallest = reached[min(reached)] if reached else ""
        yield [name, str(target), *(f"{size:,}" if size else "–" for size in sizes), smallest]


def pictures(paths: list[Path]) -> Iterator[tuple[str, Pixels]]:
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    for file in files or [photograph(), photograph().with_name("flower.jpg")]:
        yield file.name, pixels_of(file)
    if not files:
        yield from (("screenshot, drawn", screenshot()), ("chart, drawn", chart()))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--pictures", nargs="*", type=Path, default=[])
    parser.add_argument("--targets", type=numbers, default=list(TARGETS))
    options = parser.parse_args()
    found = [row for name, pixels in pictures(options.pictures) for row in rows(name, pixels, options.targets)]
    publish("Indexed pictures against JPEG, WebP and AVIF", ABOUT, markdown(HEAD, found), options.write)


if __name__ == "__main__":
    main()
