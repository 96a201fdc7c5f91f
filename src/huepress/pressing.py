"""From a picture or animation and what the options say to the bytes of a result: what the command does for a file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from huepress._native import check_threads
from huepress.animation import Animation
from huepress.animation.quantization import frames_shown_by_gif
from huepress.color import psnr
from huepress.compression import Compressed, compress
from huepress.encode import encode
from huepress.exit_codes import CommandError, ExitCode
from huepress.formats.packing import BEST_LEVEL
from huepress.image import Picture
from huepress.indexed import IndexedPicture
from huepress.outputs import Output
from huepress.quality import Scores
from huepress.quantization import quantize, shown_by_gif
from huepress.tasks import Tasks


@dataclass(frozen=True)
class Options:
    """What the options say of every picture: how to read it, how to choose its colours, what to reach, how to write.

    Without targets, `learning` goes to `quantize` where `plain`, else to `compress`. `level` is how hard a plain result
    is packed, 1 to 12.
    """

    reading: Mapping[str, Any]
    learning: Mapping[str, Any]
    plain: bool
    level: int = BEST_LEVEL
    force: bool = False
    preserve: bool = False

    def using(self, threads: int) -> "Options":
        """The same with this number of threads, which changes no result."""
        return replace(self, learning={**self.learning, "threads": threads})


@dataclass(frozen=True)
class Pressed:
    """The bytes of a result, the number of its colours, its MSE, what only plain K-means can tell, and scores if known.

    The scores lack SSIM and CIEDE2000.
    """

    data: bytes
    colors: int
    mse: float
    more: dict[str, Any] = field(default_factory=dict)
    scores: Scores | None = None


def press(picture: Picture | Animation, output: Output, options: Options, *, judged: bool = False) -> Pressed:
    """The result for an output; raises a CommandError if it would be larger than its input.

    If `judged`, a compressed picture is judged while it is packed, which takes one thread alone.
    """
    pressed = _pressed(picture, output, options, judged=judged)
    if not (options.force or options.plain):
        _check_smaller(picture, pressed.data, output)
    return pressed


def _pressed(picture: Picture | Animation, output: Output, options: Options, *, judged: bool) -> Pressed:
    if not options.plain:
        small = compress(picture, k=output.k, format=output.format, **options.learning)
        scores = _judged_and_packed(small) if judged and isinstance(small, Compressed) else None
        return Pressed(small.data, small.k, small.indexed.mse, scores=scores)
    result, threads = quantize(picture, k=output.k, **options.learning), check_threads(options.learning["threads"])
    more = {"inertia": result.inertia, "n_iter": result.n_iter}
    if isinstance(result, IndexedPicture):
        assert isinstance(picture, Picture)
        data = encode(result, output.format, level=options.level, threads=threads)
        result = shown_by_gif(result, picture.pixels, threads) if output.format == "gif" else result
    else:
        from huepress.animation.encode import encode_frames  # few pictures move

        data = encode_frames(result, output.format, threads=threads)
        result = frames_shown_by_gif(result, threads) if output.format == "gif" else result
    return Pressed(data, len(result.palette), result.mse, more)


def _judged_and_packed(small: Compressed) -> Scores:
    """The scores, measured on another thread while this one packs the file."""
    with Tasks(1) as tasks:
        score = tasks.begin(lambda: small.ssimulacra2)
        size = len(small.data)
    error = small.indexed.mse
    return Scores(
        mse=error, psnr=psnr(error), ssim=math.nan, ssimulacra2=score.result(), delta_e=math.nan, delta_e_95=math.nan,
        colors=int((small.palette.counts > 0).sum()), bytes=size,
        bits_per_pixel=8 * size / small.indices.size,
    )  # fmt: skip


def _check_smaller(picture: Picture | Animation, data: bytes, output: Output) -> None:
    """Where no colours were asked for, a result must be smaller than its input, unless another format was."""
    if output.k is not None or picture.source_bytes is None or len(data) <= picture.source_bytes:
        return
    if output.format_asked and output.format.upper() != picture.format:
        return
    hint = "a photograph like this is best left as it is" if picture.format == "JPEG" else "it is left as it is"
    raise CommandError(
        ExitCode.LARGER,
        f"{picture.name}: the result would be larger ({len(data):,} bytes, not {picture.source_bytes:,}); {hint}, "
        "--force writes the result",
    )
