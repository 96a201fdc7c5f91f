"""Results: what options make of a picture, in stages, and what the page tells of it."""

import hashlib
import math
import shlex
import time
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from huepress.compression import Compressed, compress
from huepress.encode import encode
from huepress.errors import TargetError
from huepress.formats.names import Format, check_side
from huepress.formats.packing import BEST_LEVEL
from huepress.histogram import class_starts
from huepress.indexed import IndexedPicture
from huepress.kmeans import Effort
from huepress.palette import Palette
from huepress.quantization import quantize_picture, shown_by_gif
from huepress.web.originals import Original
from huepress.web.refusal import Refused
from huepress.web.workers import Check

EFFORT: Final[Effort] = "fast"
_DRAFT_LEVEL: Final = 1  # of packing, the quickest: a draft is looked at while a slider moves
_MEASURED_KS: Final = (4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Options:
    """What is wanted; fields as the parameters of the same names (see `huepress.web.parameters`)."""

    k: int
    fixed: tuple[str, ...]
    quality: float | None
    max_bytes: int | None
    dither: float
    format: Format
    draft: bool

    @property
    def has_target(self) -> bool:
        """Whether a file of a quality or size is sought, rather than k colours."""
        return self.quality is not None or self.max_bytes is not None

    @property
    def mapping(self) -> tuple[Any, ...]:
        """What decides about the pixels of a result without target."""
        return self.k, self.fixed, self.dither

    def arguments(self) -> list[str]:
        """With these, `huepress PICTURE ...` writes the same bytes."""
        found = [] if self.has_target and self.k == 256 else ["-k", str(self.k)]
        found += [] if self.quality is None else ["-q", _number(self.quality)]
        found += [] if self.max_bytes is None else ["--max-bytes", str(self.max_bytes)]
        found += [] if self.has_target else ["--effort", EFFORT]
        found += ["--dither", _number(self.dither)] if self.dither else []
        found += ["--fixed", ",".join(self.fixed)] if self.fixed else []
        return found + ([] if self.format == "png" else ["--format", self.format])


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


@dataclass(frozen=True, eq=False)
class Result:
    """A file, and how it came about.

    Attributes:
        source_bytes: of the original's file. frames: that it has. The original itself is not held, as its memory
            counts by itself.
        indexed: its palette and indices, as they are seen.
        mapped: the same as K-means made it, for files of any format; None if a target was sought.
        data: its bytes. format: of these.
        score: SSIMULACRA2; None of a draft.
        seconds: that learning, mapping and encoding took.
        notice: what the user should know; None if all is as wanted.
        is_reached: False if a target is out of reach, and this the nearest result.

    """

    source_bytes: int | None
    frames: int
    options: Options
    indexed: IndexedPicture
    mapped: IndexedPicture | None
    data: bytes
    format: Format
    score: float | None
    seconds: float
    notice: str | None = None
    is_reached: bool = True

    @property
    def name(self) -> str:
        """The hash of the file's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def media_type(self) -> str:
        """Of the file."""
        return f"image/{self.format}"

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return len(self.data) + sum(map(size_of, {self.indexed, self.mapped or self.indexed}))

    def _arguments(self) -> list[str]:
        arguments = self.options.arguments()
        if self.frames > 1:
            arguments.append("--first-frame")
        larger = self.source_bytes is not None and len(self.data) > self.source_bytes
        return [*arguments, "--force"] if larger and "-k" not in arguments else arguments

    def facts(self) -> dict[str, Any]:
        """What the page tells of it."""
        indexed, fixed = self.indexed, set(Palette.of(self.options.fixed).hex) if self.options.fixed else set()
        palette, source = indexed.palette, self.source_bytes
        return {
            "file": f"/api/results/{self.name}",
            "sha256": self.name,
            "draft": self.options.draft,
            "format": self.format,
            "bytes": len(self.data),
            "saved": 1 - len(self.data) / source if source and self.frames == 1 else None,
            "colors": len(palette),
            "mse": indexed.mse,
            "psnr": None if math.isinf(indexed.psnr) else indexed.psnr,
            "ssimulacra2": self.score,
            "seconds": self.seconds,
            "arguments": shlex.join(self._arguments()) if self.is_reached else None,
            "notice": self.notice,
            "palette": [
                {"color": color, "count": count, "share": share, "fixed": color in fixed}
                for color, count, share in zip(
                    palette.hex, palette.counts.tolist(), palette.shares.tolist(), strict=True
                )
            ],
        }


def size_of(indexed: IndexedPicture) -> int:
    """Bytes that an indexed picture takes in memory, about."""
    return indexed.indices.size + 10_000


def press(original: Original, options: Options, mapped: IndexedPicture | None, check: Check) -> Result:
    """The result; `mapped`: the indexed picture of these options, if it is at hand.

    Raises Refused if the picture is too large for the format.
    """
    start = time.perf_counter()
    _check_side(original, options.format)
    if options.has_target:
        return _sought(original, replace(options, draft=False), start, check)
    mapped = mapped or _mapped(original, options)
    check()
    is_gif = options.format == "gif"
    seen = shown_by_gif(mapped, original.picture.pixels, original.threads) if is_gif else mapped
    if options.draft:
        data = encode(seen, "png", level=_DRAFT_LEVEL, threads=original.threads)
    else:
        data = encode(mapped, options.format, level=BEST_LEVEL, threads=original.threads)
    seconds = time.perf_counter() - start
    check()
    format: Format = "png" if options.draft else options.format
    score = None if options.draft else original.score(seen.to_array())
    source, notice = original.picture, _too_few(original, options.k)
    return Result(source.source_bytes, source.frames, options, seen, mapped, data, format, score, seconds, notice)


def _check_side(original: Original, format: Format) -> None:
    try:
        check_side(format, original.picture.height, original.picture.width)
    except ValueError as error:
        raise Refused(422, str(error)) from error


def _too_few(original: Original, k: int) -> str | None:
    """What is said when k does not suffice to keep the classes of alpha apart."""
    classes = int((np.diff(class_starts(original.histogram.keys)) > 0).sum())
    if k >= classes:
        return None
    return f"{k} colour{'s are' if k > 1 else ' is'} too few to keep transparent, translucent and opaque pixels apart."


def _mapped(original: Original, options: Options) -> IndexedPicture:
    return quantize_picture(
        original.picture,
        histogram=original.histogram,
        k=options.k,
        effort=EFFORT,
        dither=options.dither,
        fixed=options.fixed or None,
        threads=original.threads,
    )


def measured(original: Original, check: Check) -> list[tuple[int, int, float]]:
    """(k, bytes, SSIMULACRA2) of the PNGs of some k; what a stopped job has measured already is not lost."""
    with original.measuring:
        for k in (k for k in _MEASURED_KS if k not in original.measured):
            check()
            plain = Options(k, (), None, None, 0.0, "png", draft=False)
            made = press(original, plain, None, check)
            original.measured[k] = len(made.data), made.score or 0.0
        return [(k, *original.measured[k]) for k in _MEASURED_KS]


def _sought(original: Original, options: Options, start: float, check: Check) -> Result:
    missed = None
    try:
        made = compress(
            original.picture,
            k=options.k,
            quality=options.quality,
            max_bytes=options.max_bytes,
            fixed=options.fixed or None,
            dither=options.dither,
            format=options.format,
            effort=EFFORT,
            threads=original.threads,
            callback=lambda _: check(),
        )
    except TargetError as error:
        made, missed = error.best, _sentence(str(error))
    assert isinstance(made, Compressed)
    seconds = time.perf_counter() - start
    score = original.score(made.to_array())
    notice = missed or _too_few(original, options.k)
    source = original.picture
    return Result(
        source.source_bytes, source.frames, options, made.indexed, None, made.data, made.format, score, seconds,
        notice, not missed,
    )  # fmt: skip


def _sentence(message: str) -> str:
    """The message without the name of the picture, which the server does not know."""
    said = message.partition(": ")[2]
    return f"{said[:1].upper()}{said[1:]}. This is the nearest result."
