"""The palette: up to 256 colours in a chosen order, and how many pixels have each."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_COLORS: Final = 256
OPAQUE_IN_GIF: Final = 128  # the least alpha that GIF, which knows no partial one, takes for opaque

_PLACES: Final = np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
_SWATCHES = '<div style="display:flex;flex-wrap:wrap;gap:4px;font:12px system-ui,sans-serif">{}</div>'
_SWATCH = (
    '<div style="width:5.5em"><div style="height:2.5em;border:1px solid #8888;border-radius:4px;'
    "background:linear-gradient({color},{color}),"
    'repeating-conic-gradient(#ccc 0 25%,#fff 0 50%) 0 0/12px 12px">'
    "</div>{color}{share}</div>"
)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Palette:
    """Up to 256 colours, in the order given, and the number of pixels of each.

    Args:
        colors: (k, 3) RGB or (k, 4) RGBA (not premultiplied), whole numbers 0..255, 1 <= k <= 256.
        counts: (k,) whole numbers >= 0, pixels per colour; zeros if not known.
        centers: numbers of the shape of colors: the clusters' means before rounding, of a palette that was learnt.
        inertia: the sum of weighted squared distances to these, of a palette that was learnt.

    Attributes:
        colors: (k, 3) or (k, 4) uint8, read-only.
        counts: (k,) int64, read-only.
        centers: (k, 3) or (k, 4) float64, 0..255, or None.
        inertia: float or None.

    Raises:
        ValueError: a shape, length or value is out of bounds.
        TypeError: colours or counts are no whole numbers.

    """

    colors: NDArray[np.uint8]
    counts: NDArray[np.int64]
    centers: NDArray[np.float64] | None
    inertia: float | None

    def __init__(
        self,
        colors: ArrayLike,
        counts: ArrayLike | None = None,
        *,
        centers: ArrayLike | None = None,
        inertia: float | None = None,
    ) -> None:
        checked = _check_colors(colors)
        numbers = np.zeros(len(checked), np.int64) if counts is None else _check_counts(counts, len(checked))
        means = None if centers is None else np.array(centers, np.float64)
        if means is not None and means.shape != checked.shape:
            raise ValueError(f"centres must have the shape of the colours, {checked.shape}, not {means.shape}")
        self._keep(checked, numbers, means, inertia)

    @classmethod
    def checked(
        cls,
        colors: NDArray[np.uint8],
        counts: NDArray[np.int64],
        centers: NDArray[np.float64] | None = None,
        inertia: float | None = None,
    ) -> "Palette":
        """A palette of arrays that are right already and that nobody else holds: they are not looked at."""
        palette = cls.__new__(cls)
        palette._keep(colors, counts, centers, inertia)
        return palette

    def _keep(self, colors: Any, counts: Any, centers: Any, inertia: float | None) -> None:
        colors.setflags(write=False)
        counts.setflags(write=False)
        if centers is not None:
            centers.setflags(write=False)
        self.__dict__.update(colors=colors, counts=counts, centers=centers, inertia=inertia)

    @classmethod
    def of(cls, colors: Iterable[Any]) -> Self:
        """The palette of 1 to 256 colours; counts are not known.

        Args:
            colors: each a text, such as "#d40000" or the name of a CSS colour, or 3 or 4 whole numbers 0..255.

        Raises:
            ValueError, TypeError: these are no colours, or too many.

        """
        return cls(parse_colors(colors))

    def ordered(self) -> "Palette":
        """The same colours, most used first; equally used ones by red, green, blue, alpha."""
        order = by_use(self.colors, self.counts)
        centers = None if self.centers is None else self.centers.take(order, 0)
        return Palette.checked(self.colors.take(order, 0), self.counts.take(order), centers, self.inertia)

    @property
    def has_alpha(self) -> bool:
        """Whether a colour is not opaque."""
        return self.colors.shape[1] == 4 and bool((self.colors[:, 3] < 255).any())

    @property
    def rgba(self) -> NDArray[np.uint8]:
        """(k, 4) uint8; alpha is 255 where the palette has none."""
        rgba = np.full((len(self.colors), 4), 255, np.uint8)
        rgba[:, : self.colors.shape[1]] = self.colors
        return rgba

    @property
    def hex(self) -> tuple[str, ...]:
        """The k colours as text, "#rrggbb" of an opaque colour, "#rrggbbaa" of another."""
        return tuple("#" + row.tobytes().hex().removesuffix("ff" if row[3] == 255 else "") for row in self.rgba)

    @property
    def shares(self) -> NDArray[np.float64]:
        """(k,) the part of the pixels that each colour has, 0..1; zeros if the counts are not known."""
        return self.counts / max(1, int(self.counts.sum()))

    def save(self, path: str | Path, *, force: bool = True) -> None:
        """Write a palette file, whole or not at all, in the format of its suffix (see `huepress.palette_files`).

        Raises:
            ValueError: no format has this suffix.
            WriteError: the file cannot be written, or exists and force is False.

        """
        from huepress.palette_files import save_palette

        save_palette(self, path, force=force)

    def to_listed_colormap(self, name: str = "huepress") -> Any:
        """A `matplotlib.colors.ListedColormap` of the colours (extra `plot`)."""
        from huepress.extras import require

        return require("matplotlib.colors", extra="plot").ListedColormap(self.rgba / 255, name=name)

    def __len__(self) -> int:
        return len(self.colors)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Palette):
            return NotImplemented
        return np.array_equal(self.colors, other.colors) and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        return hash((self.colors.shape, self.colors.tobytes(), self.counts.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        centers = None if self.centers is None else self.centers.copy()
        return Palette.checked, (self.colors.copy(), self.counts.copy(), centers, self.inertia)

    def __repr__(self) -> str:
        shown = ", ".join(self.hex[:8]) + (", ..." if len(self) > 8 else "")
        return f"<Palette of {len(self)}: {shown}>"

    def _repr_html_(self) -> str:
        known = self.counts.any()
        shares = [f"<br>{100 * share:.1f} %" if known else "" for share in self.shares]
        swatches = (_SWATCH.format(color=c, share=s) for c, s in zip(self.hex, shares, strict=True))
        return _SWATCHES.format("".join(swatches))

    def _repr_png_(self) -> bytes:
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(_swatch_grid(self.rgba)).save(buffer, "PNG")
        return buffer.getvalue()


def by_use(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.intp]:
    """The order of (k, 3|4) colours, most used first; equally used ones by red, green, blue, alpha."""
    return np.lexsort((numbers_of(colors), -counts))


def numbers_of(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(k,) numbers of (k, 3|4) colours, in the order of red, green, blue, alpha."""
    numbers: NDArray[np.uint32] = colors @ _PLACES[-colors.shape[1] :]
    return numbers


def parse_color(value: Any) -> tuple[int, ...]:
    """The colour as 3 or 4 whole numbers 0..255.

    Args:
        value: "#d40000", "d40000", "#d40000ff", "#d40", "rgb(212, 0, 0)", "hsl(0, 100%, 42%)",
            a CSS colour name, or 3 or 4 whole numbers 0..255.

    Raises:
        ValueError: it is no such colour.

    """
    if isinstance(value, str):
        return _parse_text(value)
    try:
        return tuple(int(n) for n in _whole_numbers(value, "a colour", (3, 4), 255))
    except (TypeError, ValueError):
        raise ValueError(
            f"a colour is 3 or 4 whole numbers from 0 to 255 or a text like #d40000, not {value!r}"
        ) from None


def listed(values: Iterable[Any] | None) -> list[Any]:
    """Colours, given as a list, an array, a palette or not at all, as a list."""
    if isinstance(values, Palette):
        return list(values.colors)
    if isinstance(values, str):
        raise TypeError(f"colours must be a list, not the text {values!r}")
    if values is None:
        return []
    try:
        return list(values)
    except TypeError:
        raise TypeError(f"colours must be a list, not {values!r}") from None


def parse_colors(values: Iterable[Any] | None) -> NDArray[np.uint8]:
    """(n, 3) uint8, or (n, 4) if one of the colours has alpha, of what `parse_color` understands.

    A fully transparent colour has no hue: it becomes (0, 0, 0, 0).
    """
    colors = [parse_color(value) for value in listed(values)]
    if not colors:
        return np.zeros((0, 3), np.uint8)
    width = max(len(color) for color in colors)
    rows = [(*color, 255)[:width] for color in colors]
    return without_hue(np.array(rows, np.uint8))


def fixed_colors(values: Iterable[Any] | None) -> NDArray[np.uint8]:
    """As `parse_colors`, each colour once."""
    colors = parse_colors(values)
    if len(colors) < 2:  # as most often: small pictures would wait for nothing
        return colors
    return colors[np.sort(np.unique(colors, axis=0, return_index=True)[1])]


def without_hue(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colours (n, 3|4), with black in place of what full transparency hides."""
    return colors if colors.shape[1] == 3 else np.where(colors[:, 3:] > 0, colors, np.uint8(0))


def _parse_text(text: str) -> tuple[int, ...]:
    from PIL import ImageColor

    known = "#" + text if re.fullmatch(r"[0-9a-fA-F]{6}|[0-9a-fA-F]{8}", text) else text.strip()
    try:
        if known.lower().startswith("rgba"):  # CSS has alpha in 0..1 there, Pillow in 0..255
            raise ValueError
        color = tuple(ImageColor.getrgb(known))
    except ValueError:
        color = (-1,)
    if not all(0 <= n <= 255 for n in color):
        raise ValueError(f"{text!r} is no colour: write #rrggbb, #rrggbbaa or a CSS colour name")
    return color


def _whole_numbers(value: Any, name: str, lengths: tuple[int, ...], highest: int | None = None) -> NDArray[Any]:
    """The value as an array whose last axis has one of the lengths, of whole numbers >= 0."""
    array = np.asarray(value)
    if array.dtype.kind not in "ui":
        raise TypeError(f"{name} must be whole numbers, not {array.dtype}")
    if not array.ndim or array.shape[-1] not in lengths:
        raise ValueError(f"{name} must have {' or '.join(map(str, lengths))} values, not the shape {array.shape}")
    wrong = array[(array < 0) | (array > (np.iinfo(np.int64).max if highest is None else highest))]
    if wrong.size:
        raise ValueError(f"{name} must be {'at least 0' if highest is None else f'0 to {highest}'}, not {wrong[0]}")
    return array


def _check_colors(colors: ArrayLike) -> NDArray[np.uint8]:
    array = np.asarray(colors)
    if array.ndim != 2 or array.shape[1] not in (3, 4):
        raise ValueError(f"palette colours must have shape (k, 3) or (k, 4), not {array.shape}")
    if not 1 <= len(array) <= MAX_COLORS:
        raise ValueError(f"a palette has 1 to {MAX_COLORS} colours, not {len(array)}")
    return _whole_numbers(array, "palette colours", (3, 4), 255).astype(np.uint8, order="C")


def _check_counts(counts: ArrayLike, k: int) -> NDArray[np.int64]:
    array = _whole_numbers(counts, "palette counts", (k,))
    if array.ndim != 1:
        raise ValueError(f"palette counts must have shape ({k},), not {array.shape}")
    return array.astype(np.int64)


def _swatch_grid(rgba: NDArray[np.uint8], side: int = 32, columns: int = 16) -> NDArray[np.uint8]:
    """(rows * side, columns * side, 4) uint8: a square for each colour, 16 in a row."""
    wide = min(columns, len(rgba))
    cells = np.zeros((-(-len(rgba) // wide) * wide, 4), np.uint8)
    cells[: len(rgba)] = rgba
    return cells.reshape(-1, wide, 4).repeat(side, axis=0).repeat(side, axis=1)
