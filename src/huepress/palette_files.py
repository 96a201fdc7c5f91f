"""Palette files: read .hex, .gpl, .pal, .act, .json and .png; write these, .ase and .css.

| suffix | format                                         | alpha                              |
|--------|------------------------------------------------|------------------------------------|
| .hex   | Lospec: a colour a line, rrggbb                | as rrggbbaa                        |
| .gpl   | GIMP palette                                   | as Aseprite does: "Channels: RGBA" |
| .pal   | JASC (Paint Shop Pro), version 0100            | dropped; a fourth column is read   |
| .act   | Adobe colour table, 768 or 772 bytes           | of one transparent entry           |
| .json  | {"colors": ["#d40000", ...], "counts": [7, ...]} | as #rrggbbaa                     |
| .png   | indexed: its palette; else its colours, in order of appearance | kept               |
| .ase   | Adobe swatch exchange 1.0, written only        | dropped                            |
| .css   | custom properties `--color-1` ..., written only | as #rrggbbaa                       |

An entry keeps its place whatever happens to its alpha. Counts are kept in .json, where they may be missing,
and nowhere else.

Sources: developer.gimp.org/core/standards/gpl; "GIMP palette file format extension" in Aseprite's
documentation; "Color Table" in Adobe's Photoshop File Formats Specification; PNG (W3C), 11.2.2 and 11.3.1.
Adobe has published nothing on .ase: these are the big-endian blocks that GIMP and Krita read.
"""

import io
import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress.errors import ReadError, printable
from huepress.files import write
from huepress.formats import png
from huepress.palette import MAX_COLORS, Palette, without_hue

_MOST_BYTES: Final = 64_000_000  # of a PNG that shows colours; files of the other formats have some kilobytes
_NO_TRANSPARENT: Final = 0xFFFF  # of .act
_SQUARE: Final = 16  # pixels a side of a colour in a .png
_ASE_COLOR: Final = 1
_ASE_NORMAL: Final = 2


class Format(NamedTuple):
    """How a format is written and read, and which alpha it keeps: "all", one transparent entry, or "none"."""

    dump: Callable[[Palette, str], bytes]
    load: Callable[[bytes], Palette] | None
    alpha: str


def load_palette(path: str | Path) -> Palette:
    """The palette in a file, in the format of its suffix: .hex, .gpl, .pal, .act, .json or .png.

    Raises:
        ReadError: the file is missing, damaged, of another format, or has not 1 to 256 colours.

    """
    path = Path(path)
    load = FORMATS[path.suffix.lower()].load if path.suffix.lower() in FORMATS else None
    if load is None:
        readable = ", ".join(suffix for suffix, kind in FORMATS.items() if kind.load)
        raise ReadError(f"{printable(path)}: cannot read a palette from a file of this suffix; known are {readable}")
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ReadError(f"{printable(path)}: cannot be read ({error.strerror or error})") from error
    return _parse(load, data, path)


def save_palette(palette: Palette, path: str | Path, *, force: bool = True) -> None:
    """Write a palette file, whole or not at all, in the format of its suffix: those of `load_palette`, .ase or .css.

    Raises:
        ValueError: the suffix is none of these.
        WriteError: the file cannot be written, or exists and `force` is False.

    """
    write(path, dump_palette(palette, Path(path).suffix, name=Path(path).stem), force=force)


def dump_palette(palette: Palette, suffix: str, *, name: str = "huepress") -> bytes:
    """The palette as the bytes of a file of that suffix, such as ".gpl"; `name` is its title if it has one.

    Raises:
        ValueError: the suffix is not known.

    """
    return _format(suffix).dump(palette, printable(" ".join(name.split())))


def alpha_lost(palette: Palette, suffix: str) -> bool:
    """Whether a file of that suffix shows colours as opaque that are not."""
    kept, alpha = _format(suffix).alpha, palette.rgba[:, 3]
    partial, transparent = ((alpha > 0) & (alpha < 255)).any(), (alpha == 0).sum()
    return kept != "all" and bool(partial or transparent > (kept == "one"))


def _format(suffix: str) -> Format:
    if suffix.lower() not in FORMATS:
        raise ValueError(f"no palette format has the suffix {suffix!r}; known are {', '.join(FORMATS)}")
    return FORMATS[suffix.lower()]


def _parse(load: Callable[[bytes], Palette], data: bytes, path: Path) -> Palette:
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("too large to be a palette file")
        return load(data)
    except RecursionError as error:  # its words differ from Python to Python
        raise ReadError(f"{printable(path)}: nested too deeply to be a palette file") from error
    except (ValueError, TypeError) as error:
        raise ReadError(f"{printable(path)}: {error}") from error


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, stripped, with their numbers."""
    lines = enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1)
    return ((number, line.strip()) for number, line in lines if line.strip())


def _palette(rows: Iterable[list[int]]) -> Palette:
    """The palette of rows of 3 or 4 numbers."""
    return _narrowed(np.array([(*row, 255)[:4] for row in rows]).reshape(-1, 4))


def _narrowed(rgba: NDArray[Any]) -> Palette:
    """The palette of (k, 4) colours, in 3 columns if all are opaque."""
    return Palette(rgba[:, :3] if (rgba[:, 3] == 255).all() else without_hue(rgba))


def _row(number: int, line: str, widths: tuple[int, ...]) -> list[int]:
    """The numbers that a line begins with, `widths` of them."""
    found = re.match(rf"\d{{1,3}}(?:[ \t]+\d{{1,3}}){{{widths[0] - 1},{widths[-1] - 1}}}(?=\s|$)", line, re.ASCII)
    if not found:
        raise ValueError(f"line {number} is no colour: {line[:40]!r}")
    return [int(text) for text in found[0].split()]


def _load_hex(data: bytes) -> Palette:
    return _palette(_hex_row(number, line) for number, line in _lines(data))


def _hex_row(number: int, line: str) -> list[int]:
    if not re.fullmatch(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{8})", line):
        raise ValueError(f"line {number} is no colour like d40000: {line[:40]!r}")
    return list(bytes.fromhex(line.removeprefix("#")))


def _dump_hex(palette: Palette, _name: str) -> bytes:
    return "".join(f"{color[1:]}\n" for color in palette.hex).encode()


def _load_gpl(data: bytes) -> Palette:
    lines = list(_lines(data))
    if not lines or not lines[0][1].startswith("GIMP Palette"):
        raise ValueError("not a GIMP palette: the first line must be 'GIMP Palette'")
    widths = (4,) if any(re.fullmatch(r"Channels:\s*RGBA", line) for _, line in lines) else (3,)
    entries = [(n, line) for n, line in lines[1:] if not re.match(r"#|(Name|Columns|Channels):", line)]
    return _palette(_row(number, line, widths) for number, line in entries)


def _dump_gpl(palette: Palette, name: str) -> bytes:
    channels = "Channels: RGBA\n" if palette.has_alpha else ""
    colors = palette.rgba if palette.has_alpha else palette.rgba[:, :3]
    rows = (" ".join(f"{n:3d}" for n in color) for color in colors.tolist())
    entries = "".join(f"{row}\t{color}\n" for row, color in zip(rows, palette.hex, strict=True))
    return f"GIMP Palette\nName: {name}\nColumns: {min(16, len(palette))}\n{channels}#\n{entries}".encode()


def _load_pal(data: bytes) -> Palette:
    lines = list(_lines(data))
    if [line for _, line in lines[:2]] != ["JASC-PAL", "0100"]:
        raise ValueError("not a JASC palette: it must begin with the lines 'JASC-PAL' and '0100'")
    colors = [_row(number, line, (3, 4)) for number, line in lines[3:]]
    if len(lines) < 3 or lines[2][1] != str(len(colors)):
        announced = lines[2][1][:40] if len(lines) > 2 else "nothing"
        raise ValueError(f"the number of colours is {len(colors)}, but {announced} is announced in line 3")
    return _palette(colors)


def _dump_pal(palette: Palette, _name: str) -> bytes:
    rows = [" ".join(map(str, color)) for color in palette.rgba[:, :3].tolist()]
    return "".join(f"{line}\r\n" for line in ("JASC-PAL", "0100", len(rows), *rows)).encode()


def _load_act(data: bytes) -> Palette:
    if len(data) not in (768, 772):
        raise ValueError(f"a colour table has 768 or 772 bytes, not {len(data)}")
    count, transparent = struct.unpack(">HH", data[768:] or struct.pack(">HH", MAX_COLORS, _NO_TRANSPARENT))
    if count > MAX_COLORS:
        raise ValueError(f"a palette has 1 to {MAX_COLORS} colours, not {count}")
    colors = [[*data[3 * n : 3 * n + 3], 0 if n == transparent else 255] for n in range(count)]
    return _palette(colors)


def _dump_act(palette: Palette, _name: str) -> bytes:
    table = palette.rgba[:, :3].tobytes().ljust(768, b"\0")
    transparent = np.flatnonzero(palette.rgba[:, 3] == 0)
    if len(palette) == MAX_COLORS and not len(transparent):
        return table
    return table + struct.pack(">HH", len(palette), transparent[0] if len(transparent) else _NO_TRANSPARENT)


def _load_json(data: bytes) -> Palette:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ValueError(f"is no JSON ({error})") from error
    if not isinstance(value, dict) or not isinstance(value.get("colors"), list):
        raise ValueError('a palette in JSON is like {"colors": ["#d40000", "#ffffff"]}')
    palette = Palette.of(value["colors"])
    return Palette(palette.colors, value["counts"]) if value.get("counts") is not None else palette


def _dump_json(palette: Palette, _name: str) -> bytes:
    value = {"colors": palette.hex, "counts": palette.counts.tolist()}
    return (json.dumps(value if palette.counts.any() else {"colors": palette.hex}, indent=1) + "\n").encode()


def _load_png(data: bytes) -> Palette:
    from huepress.image import read

    if (indexed := _indexed_colors(data)) is not None:
        return Palette(without_hue(indexed))
    try:
        pixels = read(data, name="PNG").pixels
    except ReadError as error:
        raise ValueError(str(error).removeprefix("PNG: ")) from error
    missing = 4 - pixels.shape[2]
    rgba = np.pad(pixels.reshape(-1, pixels.shape[2]), ((0, 0), (0, missing)), constant_values=255)
    _, first = np.unique(rgba.view(np.uint32), return_index=True)
    return _narrowed(rgba[np.sort(first)])


def _indexed_colors(data: bytes) -> NDArray[np.uint8] | None:
    """(k, 3) or (k, 4) uint8: the chunks PLTE and tRNS of an indexed PNG; None for another file."""
    if not data.startswith(png.SIGNATURE):
        return None
    picture = png.Png.parse(data)
    if picture.color_type != png.INDEXED:
        return None
    colors = np.frombuffer(picture.palette, np.uint8).reshape(-1, 3)
    alpha = picture.before.get(b"tRNS")
    if alpha is None:
        return colors
    return np.column_stack([colors, np.frombuffer(alpha[: len(colors)].ljust(len(colors), b"\xff"), np.uint8)])


def _dump_png(palette: Palette, _name: str) -> bytes:
    from PIL import Image

    squares = np.arange(len(palette), dtype=np.uint8).repeat(_SQUARE)
    image = Image.fromarray(np.tile(squares, (_SQUARE, 1)))
    image.putpalette(palette.rgba[:, :3].tobytes())
    buffer = io.BytesIO()
    options = {"transparency": palette.rgba[:, 3].tobytes()} if palette.has_alpha else {}
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def _dump_ase(palette: Palette, _name: str) -> bytes:
    blocks = [_ase_block(color, name) for color, name in zip(palette.rgba.tolist(), palette.hex, strict=True)]
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def _ase_block(color: list[int], name: str) -> bytes:
    """Type, size; name in UTF-16 with its final zero, after its length in units; model, values, kind."""
    title = struct.pack(">H", len(name) + 1) + f"{name}\0".encode("utf-16-be")
    body = title + b"RGB " + struct.pack(">fffH", *(n / 255 for n in color[:3]), _ASE_NORMAL)
    return struct.pack(">HI", _ASE_COLOR, len(body)) + body


def _dump_css(palette: Palette, _name: str) -> bytes:
    rows = "".join(f"  --color-{n}: {color};\n" for n, color in enumerate(palette.hex, 1))
    return f":root {{\n{rows}}}\n".encode()


FORMATS: Final = {
    ".hex": Format(_dump_hex, _load_hex, "all"),
    ".gpl": Format(_dump_gpl, _load_gpl, "all"),
    ".pal": Format(_dump_pal, _load_pal, "none"),
    ".act": Format(_dump_act, _load_act, "one"),
    ".json": Format(_dump_json, _load_json, "all"),
    ".png": Format(_dump_png, _load_png, "all"),
    ".ase": Format(_dump_ase, None, "none"),
    ".css": Format(_dump_css, None, "all"),
}
