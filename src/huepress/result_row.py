"""The row of the table that tells of one result."""

import math
from dataclasses import dataclass
from typing import Final

from huepress.errors import printable
from huepress.quality import Scores

HEADINGS: Final = ("file", "colours", "bytes", "ratio", "MSE", "PSNR dB", "SSIM", "SSIMULACRA2", "time")


@dataclass(frozen=True)
class Row:
    """One result; `original_bytes` is None if the size of its source is not known."""

    file: str
    original_bytes: int | None
    scores: Scores
    seconds: float

    @property
    def ratio(self) -> float | None:
        """Bytes in per byte out."""
        if self.original_bytes is None or self.scores.bytes is None:
            return None
        return self.original_bytes / self.scores.bytes

    @property
    def is_larger(self) -> bool:
        """Whether the result is larger than what it was made from."""
        return self.ratio is not None and self.ratio < 1

    def cells(self) -> tuple[str, ...]:
        """The row as text, one for each heading."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}" + (" larger" if self.is_larger else "")
        colors, size, *scores = score_cells(self.scores)
        return (printable(self.file), colors, size, ratio, *scores, f"{self.seconds:.2f} s")


def score_cells(scores: Scores) -> tuple[str, ...]:
    """Colours, bytes, MSE, PSNR, SSIM and SSIMULACRA2 as text."""
    return (
        f"{scores.colors:,}",
        "" if scores.bytes is None else f"{scores.bytes:,}",
        f"{scores.mse:.2f}",
        "exact" if math.isinf(scores.psnr) else f"{scores.psnr:.2f}",
        "" if math.isnan(scores.ssim) else f"{scores.ssim:.4f}",
        f"{scores.ssimulacra2:.1f}",
    )
