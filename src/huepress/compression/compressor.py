"""A compressor: makes results of one picture or animation at prices of a bit, among which a search chooses."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from huepress.animation import Animation
from huepress.formats.names import Format
from huepress.formats.packing import BEST_LEVEL
from huepress.image import Picture
from huepress.kmeans import Strategy
from huepress.lossy import Diffusion
from huepress.palette import Palette

if TYPE_CHECKING:
    from huepress.compression.compressed import Compressed
    from huepress.compression.compressed_animation import CompressedAnimation


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

    lookups = 4  # of the mapping
    takes_time = False  # whether it is to look for long

    def __init__(
        self,
        picture: Picture | Animation,
        weights: NDArray[np.float32] | None,
        format: Format,
        threads: int,
        callback: Callable[[int], Any] | None,
    ) -> None:
        """`weights`: (H, W), importance of each pixel, 0..1. callback: gets the number of each trial."""
        self.picture, self.format, self.threads = picture, format, threads
        self.level = BEST_LEVEL  # how hard files are packed
        self._weights, self._callback, self._trials = weights, callback, 0

    @abstractmethod
    def prepare(self, k: int, strategy: Strategy, palette: Palette | None, fixed: NDArray[np.uint8], seed: int) -> None:
        """Set what the palette is to be: given, or of up to k colours, the fixed ones among them."""

    @property
    @abstractmethod
    def is_exact(self) -> bool:
        """Whether the colours suffice for all that there are."""

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
    def exact(self) -> T:
        """Every pixel as its nearest entry."""

    @property
    def is_thorough(self) -> bool:
        """Whether more trials are made than pay in most pictures."""
        return False

    @property
    def shadowed(self) -> Callable[[float], T] | None:
        """Makes nearest entries of a palette where translucent colours count so often; None where it is of no use."""
        return None

    @property
    def joining(self) -> Callable[[T, T], Joined[T]] | None:
        """Joins the upper rows of a trial to the lower ones of another; None where it cannot."""
        return None

    @abstractmethod
    def sizes(self, trials: Sequence[T]) -> list[int]:
        """About the bytes of the file of each."""

    @abstractmethod
    def finished(self, trial: T) -> "Compressed | CompressedAnimation":
        """What a trial came to, for those who asked for it."""

    def _tell(self) -> None:
        """Say that a trial is made."""
        if self._callback:
            self._callback(self._trials)
        self._trials += 1
