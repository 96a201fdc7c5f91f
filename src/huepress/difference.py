"""The difference picture: what a result changed, and where it changed most."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from huepress.pixels import Pixels
from huepress.quality import check_pair

_PANEL: Final = 640  # pixels a side at most
_REGION: Final = 64  # pixels a side of the worst region at most
_LEAST_CROP: Final = 256  # pixels a side that the worst region is enlarged to at least
_GAP: Final = 8
_LABEL: Final = 24
_INK, _PAPER, _MARK = (240, 240, 240), (32, 32, 32), (255, 208, 0)


def difference(original: Pixels, result: Pixels) -> Image.Image:
    """Original, result, amplified difference and the worst region of both, side by side with labels.

    Pictures are (H, W, 3|4) uint8 of equal size; transparent ones lie on a checkerboard. The difference is absolute,
    amplified by a power of 2 that its label names; the worst region, 64 pixels a side at most, is framed wherever it is
    shown. Panels are at most 640 pixels a side: larger pictures are shrunk, smaller ones enlarged by a whole number.
    Raises ValueError if the sizes differ.
    """
    check_pair(original, result)
    before, after = _on_checkerboard(original), _on_checkerboard(result)
    error = np.abs(before.astype(np.int16) - after)
    panels = [("original", _fitted(before, _PANEL)), ("result", _fitted(after, _PANEL))]
    if not error.any():
        return _labelled([*panels, ("no difference", _fitted(error.astype(np.uint8), _PANEL))])
    factor = _amplification(error)
    amplified = (error.astype(np.int32) * factor).clip(0, 255).astype(np.uint8)
    panels.append((f"difference x {factor}", _fitted(amplified, _PANEL)))
    x, y, side = _worst_region(error)
    for _, panel in panels:
        _frame(panel, panel.width / error.shape[1], x, y, side)
    room = max(_LEAST_CROP, (panels[0][1].height - _GAP) // 2)
    crops = [_fitted(pixels[y : y + side, x : x + side], room) for pixels in (before, after)]
    return _labelled([*panels, (f"worst {side} x {side} pixels, at {x}, {y}: original, result below", _stacked(crops))])


def _on_checkerboard(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 3:
        return pixels
    y, x = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    board = np.where((x // 8 + y // 8) % 2, 204, 255)[..., None]
    color, alpha = pixels[..., :3].astype(np.int32), pixels[..., 3:].astype(np.int32)
    return ((color * alpha + board * (255 - alpha) + 127) // 255).astype(np.uint8)


def _amplification(error: NDArray[np.int16]) -> int:
    """The power of 2, at most 64, that makes all but the largest errors visible without clipping them."""
    large = max(1.0, float(np.percentile(error.max(axis=2), 99)))
    return int(2 ** np.clip(np.floor(np.log2(255 / large)), 0, 6))


def _worst_region(error: NDArray[np.int16]) -> tuple[int, int, int]:
    """Left, top and side of the square with the largest squared error."""
    height, width = error.shape[:2]
    side = max(1, min(_REGION, height // 2, width // 2))
    sums = np.zeros((height + 1, width + 1), np.int64)
    sums[1:, 1:] = np.square(error, dtype=np.int64).sum(axis=2).cumsum(axis=0).cumsum(axis=1)
    squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    y, x = np.unravel_index(np.argmax(squares), squares.shape)
    return int(x), int(y), side


def _fitted(pixels: Pixels, side: int) -> Image.Image:
    """The pixels shrunk into a square, or enlarged by a whole number."""
    image = Image.fromarray(pixels)
    scale = side / max(image.size)
    if scale >= 1:
        return image.resize((image.width * int(scale), image.height * int(scale)), Image.Resampling.NEAREST)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def _frame(panel: Image.Image, scale: float, x: int, y: int, side: int) -> None:
    """A light line between dark ones around the region: seen on any picture."""
    left, top, right, bottom = (round(scale * edge) for edge in (x, y, x + side, y + side))
    for out, color in ((1, _PAPER), (2, _MARK), (3, _MARK), (4, _PAPER)):
        ImageDraw.Draw(panel).rectangle((left - out, top - out, right - 1 + out, bottom - 1 + out), outline=color)


def _stacked(images: list[Image.Image]) -> Image.Image:
    height = sum(image.height for image in images) + _GAP * (len(images) - 1)
    sheet = Image.new("RGB", (max(image.width for image in images), height), _PAPER)
    y = 0
    for image in images:
        sheet.paste(image, (0, y))
        y += image.height + _GAP
    return sheet


def _labelled(panels: list[tuple[str, Image.Image]]) -> Image.Image:
    """The panels in a row, each below its label."""
    font: Any = ImageFont.load_default(size=14)
    widths = [max(panel.width, int(font.getlength(label)) + 1) for label, panel in panels]
    height = max(panel.height for _, panel in panels)
    sheet = Image.new("RGB", (sum(widths) + _GAP * (len(widths) + 1), height + _LABEL + 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    x = _GAP
    for (label, panel), width in zip(panels, widths, strict=True):
        draw.text((x, _GAP), label, _INK, font)
        sheet.paste(panel, (x, _GAP + _LABEL))
        x += width + _GAP
    return sheet
