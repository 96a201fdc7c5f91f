"""Spaces in which colours are points, so that squared distance says how much they differ.

With alpha the distance is the mean of the squared errors over black and over white. For a premultiplied colour
f = c * a and white W that is the plain squared distance of the points (f - a * W / 2, a * |W| / 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from huepress import _native
from huepress.cached import cached_property
from huepress.color import oklab_to_srgb, srgb_to_oklab

Floats = NDArray[np.float64]
SpaceName = Literal["srgb", "oklab"]

TRANSPARENT, PARTIAL, OPAQUE = range(3)
_CLASS_OF_ALPHA: Final = np.array([TRANSPARENT, *[PARTIAL] * 254, OPAQUE], np.uint8)
_BLOCK: Final = 1 << 12


@dataclass(frozen=True)
class Space:
    """A colour space on the kernel's grid.

    Attributes:
        scale: grid units per unit of the space.
        white: (3,) the space's white.
        low: least coordinates of opaque colours; low_alpha: of f - a * W / 2.
        forward: from (n, 3) sRGB 0..255 to the space.
        backward: from the space to (n, 3) sRGB 0..255, not rounded.
        whole_steps: whether the space is sRGB itself: channel by channel, opaque levels being whole grid steps.
        hidden: whether colours under full transparency are told apart, by the distance of opaque ones.

    """

    scale: float
    white: tuple[float, float, float]
    low: tuple[float, float, float]
    low_alpha: tuple[float, float, float]
    forward: Callable[[NDArray[Any]], Floats]
    backward: Callable[[Floats], Floats]
    whole_steps: bool = False
    hidden: bool = False

    def points(self, keys: NDArray[np.uint32], channels: int) -> NDArray[np.int16]:
        """(d, n + LANES) grid coordinates of the colours of keys; d is 3 if all are opaque, else 4, as channels."""
        points = np.zeros((channels, len(keys) + _native.LANES), np.int16)
        if channels == 4 and self.whole_steps:
            seen, less, alphas = self._by_alpha
            _native.levels_under_alpha(keys, seen, less, self.low_alpha[0], self.scale, alphas, points)
            return points
        for start in range(0, len(keys), _BLOCK):  # blocks stay in the processor's cache
            part = keys[start : start + _BLOCK]
            colors = _native.colors_of_keys(part, channels)
            points[:, start : start + len(part)] = np.rint(self.coordinates(colors).T)
        return points

    def coordinates(self, colors: NDArray[Any]) -> Floats:
        """(n, d) grid coordinates, not rounded, of (n, d) colours 0..255."""
        values = self.forward(colors[:, :3])
        if colors.shape[1] == 3:
            return (values - self.low) * self.scale
        alpha = colors[:, 3:] / 255
        seen = self._seen(alpha)
        color_part = values * seen - seen * self.white / 2 - self.low_alpha
        return np.hstack([color_part, alpha * self._full_alpha]) * self.scale

    def colors(self, coordinates: Floats) -> Floats:
        """(n, d) colours 0..255, not rounded, at grid coordinates (n, d)."""
        values = coordinates / self.scale
        if coordinates.shape[1] == 3:
            return self.backward(values + self.low if any(self.low) else values)
        colors, alpha = np.zeros_like(values), values[:, 3:] / self._full_alpha
        seen = self._seen(alpha)
        premultiplied = values[:, :3] + self.low_alpha + seen * self.white / 2
        np.divide(premultiplied, seen, out=colors[:, :3], where=seen > 0)
        colors[:, :3] = self.backward(colors[:, :3])
        np.multiply(alpha, 255, out=colors[:, 3:])
        return colors

    @cached_property
    def _by_alpha(self) -> tuple[Floats, Floats, NDArray[np.int16]]:
        """For each alpha what a channel is multiplied by, what that is lessened by, and the fourth grid coordinate."""
        alpha = np.arange(256) / 255
        seen = self._seen(alpha)
        alphas = np.rint(alpha * self._full_alpha * self.scale)
        return seen, seen * self.white[0] / 2, alphas.astype(np.int16)

    @cached_property
    def _full_alpha(self) -> float:
        """The fourth coordinate of opaque colours."""
        return float(np.linalg.norm(self.white)) / 2

    def _seen(self, alpha: Floats) -> Floats:
        return np.where(alpha > 0, alpha, 1) if self.hidden else alpha


def oklab_space(chroma: float = 1.0) -> Space:
    """Oklab with its a and b multiplied by `chroma` (1 .. 1.5)."""
    factor = np.array([1.0, chroma, chroma])
    return Space(
        scale=16000.0,
        white=(1.0, 0.0, 0.0),
        low=(0.0, -0.5, -0.5),
        low_alpha=(-0.5, -0.5, -0.5),
        forward=lambda srgb: srgb_to_oklab(srgb) * factor,
        backward=lambda values: oklab_to_srgb(values / factor),
    )


SRGB: Final = Space(
    scale=float(_native.LEVEL_STEP),
    white=(255.0, 255.0, 255.0),
    low=(0.0, 0.0, 0.0),
    low_alpha=(-127.5, -127.5, -127.5),
    forward=lambda srgb: srgb.astype(np.float64),
    backward=lambda values: values,
    whole_steps=True,
)


def space_named(name: SpaceName) -> Space:
    """The space of that name; ValueError for another."""
    if name == "srgb":
        return SRGB
    if name == "oklab":
        return oklab_space()
    raise ValueError(f"space must be 'srgb' or 'oklab', not {name!r}")


def classes_of(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """TRANSPARENT, PARTIAL or OPAQUE for each alpha 0..255, bytes or numbers that are not rounded."""
    if alpha.dtype == np.uint8:
        return _CLASS_OF_ALPHA.take(alpha)
    classes: NDArray[np.uint8] = (alpha > 0).astype(np.uint8) + (alpha == 255)
    return classes
