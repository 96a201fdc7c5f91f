"""Puts pictures side by side with their names and sizes: side_by_side.py original.jpg k10.png k20.png -o out.png."""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

MARGIN = 16
LINE = 44


def label(path: str, first: bool) -> str:
    """What is written under a picture: name, colours, bytes."""
    with Image.open(path) as image:
        colors = image.convert("RGB").getcolors(1 << 24) or []
    what = "original" if first else Path(path).name
    return f"{what}: {len(colors):,} colours, {Path(path).stat().st_size / 1000:.1f} kB"


def side_by_side(paths: list[str]) -> Image.Image:
    """The pictures in a row, each above its label."""
    pictures = [Image.open(path).convert("RGB") for path in paths]
    width = sum(picture.width + MARGIN for picture in pictures) + MARGIN
    height = max(picture.height for picture in pictures) + MARGIN + LINE
    sheet = Image.new("RGB", (width, height), "white")
    draw, font, left = ImageDraw.Draw(sheet), ImageFont.load_default(size=22), MARGIN
    for path, picture in zip(paths, pictures, strict=True):
        sheet.paste(picture, (left, MARGIN))
        middle = (left + picture.width // 2, MARGIN + picture.height + LINE // 2)
        draw.text(middle, label(path, path == paths[0]), "black", font, anchor="mm")
        left += picture.width + MARGIN
    return sheet


def main() -> None:
    """Read the arguments and save the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    side_by_side(arguments.pictures).save(arguments.output)
    print(f"{arguments.output}: look at this one")


if __name__ == "__main__":
    main()
