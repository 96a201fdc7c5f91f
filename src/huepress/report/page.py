"""The report: one self-contained page that shows what k colours make of a picture, with figures and words."""

import base64
import io
import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from string import Template
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huepress import _native
from huepress._version import __version__
from huepress.curve import elbow
from huepress.errors import printable
from huepress.formats.names import MOST_SIDE
from huepress.histogram import Histogram
from huepress.image import ImageLike, Picture, read
from huepress.kmeans import Effort
from huepress.palette import Palette
from huepress.report.cloud import cells, rows
from huepress.report.curves import curve_cards
from huepress.report.measured import Measured, bytes_of, measure
from huepress.report.observations import observations, quality
from huepress.result_row import score_cells
from huepress.sentences import in_a_row, numbered, percent, size

_SHOWN_PIXELS: Final = 4_000_000  # of larger ones, and of those too long for WebP, every second, third ... is shown
_ENLARGED_BELOW: Final = 256  # pixels a side: smaller pictures are shown enlarged
_STYLES: Final = ("page.css", "report.css")
_SCRIPTS: Final = ("compare.js", "copy.js", "cloud.js", "report.js")
_ELBOW_KS: Final = range(1, 21)


def report_page(
    image: ImageLike,
    *,
    ks: Iterable[int] = (3, 10, 20),
    effort: Effort = "balanced",
    seed: int = 0,
    threads: int | None = None,
) -> str:
    """The report on a picture as the text of an HTML page that needs no other file and no network.

    Pictures in it are lossless; of those above 4 megapixels it shows every second, third ... pixel, and says so.

    Args:
        image: an image as in `quantize`.
        ks: numbers of colours, each 1..256.
        effort: as in `quantize`.
        seed: as there.
        threads: as there.

    Raises:
        ReadError: the image cannot be read.
        ValueError, TypeError: an option is out of its range.

    """
    threads = _native.check_threads(threads)
    picture = read(image)
    results = measure(picture, ks, effort=effort, seed=seed, threads=threads)
    if not results:
        raise ValueError("ks must name a k at least")
    histogram = Histogram.of_pixels(picture.pixels, threads=threads)
    curve = elbow(picture, ks=_ELBOW_KS, effort=effort, seed=seed, threads=threads)
    return Template(_part("report.html")).substitute(
        _pictures(picture, results)
        | {
            "title": escape(_title(picture, results)),
            "facts": _facts(picture, len(histogram)),
            "style": "".join(map(_part, _STYLES)),
            "script": "\n".join(map(_part, _SCRIPTS)),
            "observations": _paragraphs(observations(picture, len(histogram), results, curve)),
            "table": _table(picture, results),
            "palettes": "".join(map(_palette, results)),
            "charts": curve_cards(results, curve),
            "version": __version__,
        }
        | _cloud(histogram, results)
    )


def _title(picture: Picture, results: Sequence[Measured]) -> str:
    return f"{printable(PurePath(picture.name).name)} at k = {in_a_row([str(one.k) for one in results])}"


def _part(name: str) -> str:
    return files("huepress").joinpath("page", name).read_text("utf-8")


def _paragraphs(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _facts(picture: Picture, distinct: int) -> str:
    facts = [f"{picture.width} × {picture.height} pixels", numbered(distinct, "colour")]
    if picture.format:
        facts.insert(0, picture.format)
    if picture.source_bytes:
        facts.append(size(picture.source_bytes))
    if picture.has_alpha:
        facts.append("with transparency")
    if picture.frames > 1:
        facts.append("an animation, of which this is the first frame")
    return escape(", ".join(facts))


# --- pictures ---------------------------------------------------------------------------------------------------


def _pictures(picture: Picture, results: Sequence[Measured]) -> dict[str, str]:
    """The original and the results as figures, and what chooses among them."""
    too_many = math.sqrt(picture.width * picture.height / _SHOWN_PIXELS)
    too_long = max(picture.pixels.shape) / MOST_SIDE["webp"]
    step = math.ceil(max(too_many, too_long))
    shown = picture.pixels[::step, ::step]
    height, width = shown.shape[:2]
    looks = {
        "width": str(width),
        "height": str(height),
        "pixelated": " pixelated" if max(width, height) < _ENLARGED_BELOW else "",
        "shown": f' style="max-width: {max(width, _ENLARGED_BELOW)}px"' if width < 768 else "",
    }
    note = "" if step == 1 else f" (every {step}. pixel of each row and column)"
    told = "first frame" if picture.frames > 1 else "as it was given"
    original = size(original_bytes) if (original_bytes := bytes_of(picture)) else told
    figures = [_figure("original", shown, "Original", f"Original, {original}{note}", looks)]
    for one in results:
        count, judged = numbered(len(one.result.palette), "colour"), quality(one.scores.ssimulacra2)
        caption = f"k = {one.k}: {count}, {size(len(one.data))}, {judged if one.scores.mse else 'exact'}{note}"
        figures.append(_figure(f"k{one.k}", one.result.to_array()[::step, ::step], _named(one), caption, looks))
    choices = _choices("result", [(f"k{one.k}", _named(one)) for one in results])
    return looks | {"figures": "\n".join(figures), "choices": choices}


def _named(one: Measured) -> str:
    count = len(one.result.palette)
    return numbered(count, "colour") if count == one.k else f"k = {one.k} ({numbered(count, 'colour')})"


def _figure(name: str, pixels: NDArray[np.uint8], alt: str, caption: str, looks: dict[str, str]) -> str:
    return (
        f'<figure class="card"><img class="picture{looks["pixelated"]}" id="{name}" alt="{escape(alt)}" '
        f'width="{looks["width"]}" height="{looks["height"]}" src="{_data_uri(pixels)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _data_uri(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", lossless=True, method=4, exact=True)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def _choices(group: str, named: Sequence[tuple[str, str]]) -> str:
    last = len(named) - 1
    return "".join(
        f'<label><input type="radio" name="{group}" value="{value}" data-name="{escape(name)}"'
        f"{' checked' if i == last else ''}><span>{escape(name)}</span></label>"
        for i, (value, name) in enumerate(named)
    )


# --- figures ----------------------------------------------------------------------------------------------------


def _table(picture: Picture, results: Sequence[Measured]) -> str:
    heads = ("k", "colours", "bytes", "ratio", "MSE", "PSNR dB", "SSIM", "SSIMULACRA2", "CIEDE2000", "iterations")
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(picture, one)) + "</tr>" for one in results
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(picture: Picture, one: Measured) -> tuple[str, ...]:
    colors, length, *scores = score_cells(one.scores)
    original = bytes_of(picture)
    ratio = f"{original / len(one.data):.2f}" if original else "–"
    return str(one.k), colors, length, ratio, *scores, f"{one.scores.delta_e:.2f}", str(one.iterations[-1].number)


def _palette(one: Measured) -> str:
    palette = one.result.palette
    swatches = "".join(
        f'<li><button type="button" class="swatch" data-hex="{color}"><i style="--color: {color}"></i>'
        f'<span><span class="hidden-text">copy </span><code>{color}</code><br>{percent(share)}</span></button></li>'
        for color, share in zip(palette.hex, palette.shares, strict=True)
    )
    head = f"k = {one.k}: {numbered(len(palette), 'colour')}"
    return f'<div class="card"><h3>{head}</h3><ul class="palette">{swatches}</ul></div>'


# --- the cloud --------------------------------------------------------------------------------------------------


def _cloud(histogram: Histogram, results: Sequence[Measured]) -> dict[str, str]:
    colors = cells(histogram)
    centers = {f"k{one.k}": _centers(one.result.palette) for one in results}
    data = json.dumps({"colors": colors, "centers": centers}, separators=(",", ":")).replace("<", "\\u003c")
    spread = ", ".join(results[-1].result.palette.hex)
    return {
        "data": data,
        "cloud_label": f"The picture's colours in the RGB cube, with the centres {spread}",
        "cloud_choices": _choices("centers", [(f"k{one.k}", f"k = {one.k}") for one in results]),
    }


def _centers(palette: Palette) -> list[list[float]]:
    seen = palette.rgba[:, 3] > 0  # what is fully transparent has no place in the cube
    return rows(palette.rgba[seen], palette.shares[seen])
