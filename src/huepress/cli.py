"""The command's door: help and version at once, everything else by click, which is imported only then."""

import gc
import io
import os
import sys
from contextlib import suppress

from huepress._version import __version__
from huepress.help_text import HELP

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of malloc.h


def main() -> None:
    """Run `huepress` with the arguments of the process and end it with an exit code of `exit_codes`."""
    _fill_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):  # as of stderr: a name that an old encoding lacks is no failure
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(expanded(sys.argv[1:]) if os.name == "nt" else sys.argv[1:])
    except KeyboardInterrupt:
        code = _said("interrupted", 130)
    except OSError as error:
        code = _unwritable(error)
    gc.freeze()  # Python looks through all objects once more before it ends, which takes 12 ms
    sys.exit(_flushed(code))


def expanded(arguments: list[str]) -> list[str]:
    """With names in place of arguments with * and ?, which shells of Windows leave to programs; no name has those."""
    return [name for argument in arguments for name in _names(argument)]


def _names(argument: str) -> list[str]:
    if "*" not in argument and "?" not in argument:
        return [argument]
    from glob import glob

    return sorted(glob(argument.replace("[", "[[]"))) or [argument]  # noqa: PTH207 - names as they are written


def _run(arguments: list[str]) -> int:
    if arguments in (["--help"], ["-h"]):
        print(HELP, end="")
    elif arguments in (["--version"], ["-V"]):
        print(f"huepress {__version__}")
    else:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy starts a quarter sooner; nothing here uses BLAS much
        _keep_freed_memory()
        from huepress.interrupts import after_imports

        with after_imports():
            from huepress.commands import huepress
        return int(huepress.run(arguments))
    return 0


def _keep_freed_memory() -> None:
    """Keep freed memory for later use, by any thread: to get new pages from the system takes a twentieth of the time.

    Arrays of more than 32 MiB, and what is free beyond 128 MiB, still go back to the system.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError):  # C libraries other than glibc have no such settings
            set_option = ctypes.CDLL(None).mallopt
            for option, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, 1 << 25), (_M_TRIM_THRESHOLD, 1 << 27)):
                set_option(option, value)


def _fill_closed_streams() -> None:
    """Open stdin, stdout and stderr where they are closed: else the next files would get their numbers and output."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115 - until the process ends


def _flushed(code: int) -> int:
    """The code, or that of a stdout that cannot be written; Python itself would complain, and exit with 120."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            if stream:
                stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)  # takes what is left, or Python would try again
            code = code or (_unwritable(error) if number == 1 else 0)
    return code


def _unwritable(error: OSError) -> int:
    """The disk is full, or the reader of a pipe is gone."""
    from huepress.sentences import sentence

    return _said(sentence(error), 16)


def _said(message: str, code: int) -> int:
    from huepress.sentences import say

    say(message)
    return code
