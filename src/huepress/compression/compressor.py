"""A compressor: makes results of one picture or animation at prices of a bit, among which a search chooses."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from huepress.animation import Animation
from huepress.cached import cached_property
from huepress.formats.names import Format
from huepress.formats.packing import BEST_LEVEL, FAST_LEVEL
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.kmeans import Effort, Strategy
from huepress.learn import learn_exactly
from huepress.lossy import Diffusion
from huepress.palette import Palette, fixed_colors
from huepress.scene import is_binary, without_translucency

if TYPE_CHECKING:
    from huepress.compression.compressed import Compressed
    from huepress.compression.compressed_animation import CompressedAnimation

_LOOKUPS: Final = 4
_FAST_LOOKUPS: Final = 1  # with the fast level about 1 % more bytes in half the time


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all results of one picture or animation have in common.

    Attributes:
        k: colours at most, those of `fixed` (n, 3|4) among them. palette: what is mapped to, if it is not to be learnt.
        strategy, seed: of the search for the palette.
        importance: (H, W) of each pixel, 0..1.
        callback: gets the number of each trial.
        effort, has_target: what was asked for.

    """

    k: int
    strategy: Strategy
    palette: Palette | None
    fixed: NDArray[np.uint8]
    seed: int
    importance: NDArray[np.float32] | None
    format: Format
    threads: int
    callback: Callable[[int], Any] | None
    effort: Effort
    has_target: bool

    @property
    def in_haste(self) -> bool:
        """Whether files that are not exact are mapped and packed less hard."""
        return not self.has_target and self.effort != "best"

    @property
    def binary(self) -> bool:
        """Whether pixels and entries are opaque or transparent, and nothing between."""
        return is_binary(self.format, self.palette)

    @property
    def most(self) -> int | None:
        """How many colours there may be; None: those of the given palette."""
        return self.k if self.palette is None else None

    @property
    def kept(self) -> NDArray[np.uint8]:
        """(n, 3|4) the colours that stay as they are."""
        return self.fixed if self.palette is None else self.palette.colors

    def as_written(self) -> "Settings":
        """The same with colours as the format has them."""
        if not self.binary:
            return self
        palette = self.palette and Palette(without_translucency(self.palette.colors))
        return replace(self, palette=palette, fixed=fixed_colors(without_translucency(self.fixed)))


class CodingMode(NamedTuple):
    """How a result is made at a price of a bit: its palette is merged for `merging` times that price.

    Which mode is best differs from picture to picture: the mode decision of video coders (Sullivan & Wiegand 1998).
    """

    diffusion: Diffusion
    merging: float = 1.0


class Trial(ABC):
    """A result that may be taken, and what is known of it."""

    mapping: Any  # what it comes from; None if no mapping was needed

    @property
    @abstractmethod
    def score(self) -> float:
        """SSIMULACRA2 of what the file decodes to."""

    @property
    @abstractmethod
    def data(self) -> bytes:
        """The file."""

    @property
    @abstractmethod
    def quick_size(self) -> int:
        """About the bytes of the file: what results are told apart by."""

    @property
    def rough_size(self) -> int:
        """Roughly those: what results are told apart by that differ much."""
        return self.quick_size

    @property
    def dearness_of_nearest(self) -> float:
        """How many times its bytes nearest entries of its palette take, roughly; infinite where that is not known."""
        return inf


T = TypeVar("T", bound=Trial)  # of one kind


class Joined(ABC, Generic[T]):
    """Results between two: the upper rows of one, the other rows of the other."""

    @abstractmethod
    def at(self, rows: float) -> T:
        """The result with so many upper rows, and that fraction of the next."""

    @property
    @abstractmethod
    def scores(self) -> NDArray[np.float64]:
        """(H + 1,) about the score with 0 .. H upper rows."""

    @property
    @abstractmethod
    def errors(self) -> NDArray[np.float64]:
        """(H + 1,) about the error that 0 .. H upper rows add."""


class Compressor(ABC, Generic[T]):
    """Makes trials of one picture or animation; what they share is made once."""

    def __init__(self, picture: Picture | Animation, settings: Settings) -> None:
        self.picture, self.settings = picture, settings.as_written()
        self._trials = 0

    @property
    def level(self) -> int:
        """How hard files are packed."""
        return FAST_LEVEL if self.settings.in_haste and not self.is_exact else BEST_LEVEL

    @property
    def lookups(self) -> int:
        """How many places of like pixels the mapping looks at for each pixel."""
        return _FAST_LOOKUPS if self.settings.in_haste else _LOOKUPS

    @property
    @abstractmethod
    def histogram(self) -> Histogram:
        """The colours as they are written."""

    @cached_property
    def exact_colors(self) -> Palette | None:
        """The fixed colours and all others as a palette, if they are few enough."""
        given = self.settings
        learned = None if given.palette else learn_exactly(self.histogram, given.k, given.fixed)
        return learned and learned.palette

    @property
    def is_exact(self) -> bool:
        """Whether a result can have all colours."""
        return self.exact_colors is not None

    @property
    @abstractmethod
    def mapping(self) -> Any:
        """To the palette that results at a price start from."""

    @property
    def bits_per_pixel(self) -> float:
        """What a pixel takes at its nearest entry, about; in the mean, where that is not known."""
        return 2.0

    @abstractmethod
    def default(self, mode: CodingMode) -> T:
        """The result without a target."""

    @abstractmethod
    def trial(self, price: float, mode: CodingMode, mapping: Any = None) -> T:
        """The result at a price, by default with the palette merged for it."""

    @abstractmethod
    def nearest(self) -> T:
        """Every pixel as its nearest entry."""

    @property
    def is_thorough(self) -> bool:
        """Whether more trials are made than pay in most pictures."""
        return False

    @property
    def shadowed(self) -> Callable[[float], T] | None:
        """Makes nearest entries of a palette in which translucent colours count so many times; None: no use here."""
        return None

    @property
    def joining(self) -> Callable[[T, T], Joined[T]] | None:
        """Joins the upper rows of a trial to the lower ones of another; None where it cannot."""
        return None

    def sizes(self, trials: Sequence[T]) -> list[int]:
        """About the bytes of the file of each."""
        return [trial.quick_size for trial in trials]

    @abstractmethod
    def finished(self, trial: T) -> "Compressed | CompressedAnimation":
        """What a trial came to, for those who asked for it."""

    def _tell(self) -> None:
        """Say that a trial is made."""
        if self.settings.callback:
            self.settings.callback(self._trials)
        self._trials += 1
