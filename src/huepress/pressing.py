"""From a picture or animation and what the options say to the bytes of a result: what the command does for a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from huepress.animation import Animation
from huepress.compression import compress
from huepress.exit_codes import CommandError, ExitCode
from huepress.image import Picture
from huepress.outputs import Output
from huepress.palette import MAX_COLORS
from huepress.quantization import quantize


@dataclass(frozen=True)
class Options:
    """What the options say of every picture: how to read it, how to choose its colours, what to reach, how to write.

    Without targets, `learning` goes to `quantize` where `plain`, else to `compress`.
    """

    reading: Mapping[str, Any]
    learning: Mapping[str, Any]
    plain: bool
    force: bool = False
    preserve: bool = False

    def using(self, threads: int) -> "Options":
        """The same with this number of threads, which changes no result."""
        return replace(self, learning={**self.learning, "threads": threads})


@dataclass(frozen=True)
class Pressed:
    """The bytes of a result, the number of its colours, its MSE, and what only plain K-means can tell."""

    data: bytes
    colors: int
    mse: float
    more: dict[str, Any] = field(default_factory=dict)


def press(picture: Picture | Animation, output: Output, options: Options) -> Pressed:
    """The result for an output; raises a CommandError if it would be larger than its input."""
    pressed = _pressed(picture, output, options)
    if not options.force:
        _check_smaller(picture, pressed.data, output)
    return pressed


def _pressed(picture: Picture | Animation, output: Output, options: Options) -> Pressed:
    k = output.k or MAX_COLORS
    if not options.plain:
        small = compress(picture, k=k, format=output.format, **options.learning)
        return Pressed(small.data, small.k, small.indexed.mse)
    result = quantize(picture, k=k, **options.learning)
    more = {"inertia": result.inertia, "n_iter": result.n_iter}
    return Pressed(result.encode(output.format), len(result.palette), result.mse, more)


def _check_smaller(picture: Picture | Animation, data: bytes, output: Output) -> None:
    """Without -k, a result must be smaller than its input, unless another format was asked for."""
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
