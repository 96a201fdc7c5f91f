"""Values of options that click does not know: lists of k, colours, numbers of pixels and of bytes."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

import click

from huepress.decode import MAX_PIXELS

HELP_NAMES: Final = {"help_option_names": ["-h", "--help"]}
BATCH: Final = ("recursive", "jobs", "dry_run", "timeout", "scheduler")  # options that ask for a batch
MAX_K: Final = 256  # as `palette.MAX_COLORS`, whose file imports NumPy


class Parsed(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click only
    """A text that a function understands; its ValueError becomes click's sentence, which names the option."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value that the text stands for."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def number(name: str, kind: type[int] | type[float], least: float, most: float) -> Parsed:
    """A number within bounds, refused in a plainer sentence than that of click's ranges."""
    word = "a whole number" if kind is int else "a number"

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"must be {word} from {least} to {most}, not {text!r}")
        return value

    return Parsed(name, parse)


def parse_filled(text: str) -> str:
    """Any text but none, as of a shell's variable that is not set."""
    if not text:
        raise ValueError("must not be empty")
    return text


def parse_ks(text: str) -> tuple[int, ...]:
    """Numbers of colours: "16", "10,20" or "1-10"."""
    return tuple(k for part in text.split(",") for k in _parse_range(part))


def parse_k(text: str) -> int:
    """A number of colours: "16"."""
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not 1 <= int(text) <= MAX_K:
        raise ValueError(f"k must be a whole number from 1 to {MAX_K}, not {text!r}")
    return int(text)


def _parse_range(text: str) -> range:
    found = re.fullmatch(r"\s*([0-9]{1,9})(?:-([0-9]{1,9}))?\s*", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if found and first > last:
        raise ValueError(f"a range of k goes up, as 2-8, not {text!r}")
    if not 1 <= first <= last <= MAX_K:
        raise ValueError(f"k must be a whole number from 1 to {MAX_K}, or a range such as 2-8, not {text!r}")
    return range(first, last + 1)


def parse_pixels(text: str) -> int:
    """A number of pixels: "100MP", "2.5M", "40000"."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([kmg]?)p?x?", text.strip().lower())
    pixels = _scaled(found[1], found[2], 1000) if found else 0
    if pixels < 1:
        raise ValueError(f"a number of pixels is like 100MP or 250000, not {text!r}")
    return pixels


def parse_bytes(text: str) -> int:
    """A number of bytes: "100kB", "1.5 MB", "64KiB", "40000"; kB is 1000 bytes, KiB 1024."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?:([kmg])(i?))?b?", text.strip().lower())
    size = _scaled(found[1], found[2], 1024 if found[3] else 1000) if found else 0
    if size < 1:
        raise ValueError(f"a size is like 100kB (kB = 1000), 64KiB (KiB = 1024) or 40000, not {text!r}")
    return size


def _scaled(digits: str, letter: str | None, base: int) -> int:
    """A number times a power of the base: none, or the first, second or third for the letters k, m and g."""
    whole, _, decimals = digits.partition(".")  # no float, in which 1.001 * 1000 is less than 1001
    power: int = base ** " kmg".index(letter or " ")
    return int(whole + decimals.ljust(9, "0")) * power // 10**9


def parse_colors(text: str) -> list[str]:
    """Colours, separated by commas outside of brackets: "#d40000,white,rgb(1,2,3)"."""
    from huepress.palette import parse_color

    colors = [part.strip() for part in re.split(r",(?![^(]*\))", text)]
    for color in colors:
        parse_color(color)
    return colors


FILLED: Final = Parsed("text", parse_filled)
K: Final = Parsed("k", parse_k)
K_LIST: Final = Parsed("k", parse_ks)
PIXELS: Final = Parsed("pixels", parse_pixels)
BYTES: Final = Parsed("size", parse_bytes)
COLORS: Final = Parsed("colors", parse_colors)
QUALITY: Final = number("q", float, -1000, 100)
STRENGTH: Final = number("d", float, 0, 1)
SEED: Final = number("n", int, 0, 2**63 - 1)
PROCESSORS: Final = number("n", int, 1, 1024)
PORT: Final = number("n", int, 0, 65535)
SECONDS: Final = number("s", float, 0.001, 1_000_000)

# What several subcommands take.
effort_option: Final = click.option(
    "--effort", type=click.Choice(["fast", "balanced", "best"]), default="balanced", show_default=True,
    help="How long to search for better colours.",
)  # fmt: skip
seed_option: Final = click.option(
    "--seed", type=SEED, default=0, show_default=True, help="Of the search; the same seed gives the same result."
)
threads_option: Final = click.option("--threads", type=PROCESSORS, help="Processors to use; changes no result.")
max_pixels_option: Final = click.option(
    "--max-pixels", type=PIXELS, default=MAX_PIXELS, help="Refuse larger pictures (default 100MP)."
)
