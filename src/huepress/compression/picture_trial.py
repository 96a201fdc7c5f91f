"""A trial of a picture: indices into a palette, and what a search wants to know of them, found when it is asked for."""

from typing import TYPE_CHECKING

from huepress.cached import cached_property
from huepress.compression.compressor import Trial
from huepress.encode import Draft
from huepress.lossy import Mapped, Mapping
from huepress.perceived_errors import PerceivedErrors

if TYPE_CHECKING:
    from huepress.compression.picture_compressor import PictureCompressor


class PictureTrial(Trial):
    """A result, the mapping it comes from if one was needed, and its score and bytes when asked for."""

    def __init__(self, compressor: "PictureCompressor", mapping: Mapping | None, mapped: Mapped) -> None:
        self._compressor = compressor
        self.mapping = mapping
        self.mapped = mapped

    @cached_property
    def score(self) -> float:
        """SSIMULACRA2 of what the file decodes to."""
        return self.perceived.score

    @cached_property
    def perceived(self) -> PerceivedErrors:
        """What the score is told from."""
        return self._compressor.judge.errors(self.mapped.indices, self.mapped.palette.rgba)

    @property
    def error(self) -> float:
        """What of the picture is lost, as the mapping sees it."""
        return self._compressor.error(self.mapped)

    @cached_property
    def data(self) -> bytes:
        """The file."""
        return self.draft.file()

    @cached_property
    def draft(self) -> Draft:
        """The file before it is packed for good."""
        return self._compressor.draft(self.mapped, is_nearest=self.mapping is None)

    @property
    def quick_size(self) -> int:
        """About the bytes of the file: what results are told apart by."""
        return self.draft.size

    @property
    def rough_size(self) -> int:
        """Roughly those: what results are told apart by that differ much."""
        return self.draft.rough_size
