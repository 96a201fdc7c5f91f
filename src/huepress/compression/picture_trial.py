"""A trial of a picture: indices into a palette, and what a search wants to know of them, found when it is asked for."""

from collections.abc import Callable

from huepress.cached import cached_property
from huepress.compression.compressor import Trial
from huepress.encode import Draft
from huepress.lossy import Mapped, Mapping
from huepress.perceived_errors import PerceivedErrors


class PictureTrial(Trial):
    """A result, the mapping it comes from if one was needed, and its score and bytes when asked for."""

    def __init__(
        self,
        mapping: Mapping | None,
        mapped: Mapped,
        perceive: Callable[[Mapped], PerceivedErrors],
        draft: Callable[[Mapped, bool], Draft],
    ) -> None:
        """`perceive` tells what is seen of errors; `draft` makes the file, and is told whether entries are nearest."""
        self.mapping, self.mapped = mapping, mapped
        self._perceive, self._draft = perceive, draft

    def with_pixels(self, mapped: Mapped) -> "PictureTrial":
        """The same with other pixels."""
        return PictureTrial(self.mapping, mapped, self._perceive, self._draft)

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of what the file decodes to."""
        return self.perceived.score

    @cached_property
    def perceived(self) -> PerceivedErrors:
        """What the score is told from."""
        return self._perceive(self.mapped)

    @cached_property
    def data(self) -> bytes:
        """The file."""
        return self.draft.file()

    @cached_property
    def draft(self) -> Draft:
        """The file before it is packed for good."""
        return self._draft(self.mapped, self.mapping is None)

    @property
    def quick_size(self) -> int:
        """About the bytes of the file: what results are told apart by."""
        return self.draft.size

    @property
    def rough_size(self) -> int:
        """Roughly those: what results are told apart by that differ much."""
        return self.draft.rough_size

    @property
    def dearness_of_nearest(self) -> float:
        """How many times its bytes nearest entries of its palette take, roughly."""
        return self._draft(self.mapping.plain(), False).rough_size / self.rough_size if self.mapping else 1.0
