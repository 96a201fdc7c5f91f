"""What the command says of a failure, or in passing: one line on stderr; sizes, shares and numbers in words."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from huepress.errors import printable


def say(message: str) -> None:
    """Print one line to stderr, if that can be."""
    with suppress(OSError):
        print(f"huepress: {printable(message)}", file=sys.stderr)


def say_warning(message: Warning | str, *_: object, **__: object) -> None:
    """What is to take the place of `warnings.showwarning`."""
    say(str(message))


def sentence(error: BaseException) -> str:
    """What a failure says, in one line."""
    text = " ".join(str(error).splitlines())
    if isinstance(error, MemoryError):
        return f"out of memory ({printable(text)})" if text else "out of memory"
    if isinstance(error, OSError) and not error.filename:  # files have errors of their own
        return f"stdout: cannot be written ({error.strerror or printable(text)})"
    return printable(text) or type(error).__name__


def sentence_on(error: BaseException, *names: str) -> str:
    """The same, with the first of these names in front if it begins with none of them."""
    text = sentence(error)
    begins = ("stdin: ", "stdout: ", *map(printable, names))
    return text if text.startswith(begins) else f"{printable(names[0])}: {text}"


def size(count: int) -> str:
    """Bytes as people write them: 1 kB is 1000 bytes."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:,.2f} MB"


def numbered(count: int, noun: str) -> str:
    """A number of things in words."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def in_a_row(words: Sequence[str]) -> str:
    """Words as in a sentence: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def percent(share: float, digits: int = 1) -> str:
    """A part of a whole, in percent."""
    return f"{100 * share:.{digits}f} %"
