"""The command's door: help and version at once, everything else by click, which is imported only then."""

import sys

from huepress._version import __version__
from huepress.help_text import HELP


def main() -> None:
    """Run `huepress` with the arguments of the process and end it with an exit code of `exit_codes`."""
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(HELP, end="")
    elif arguments in (["--version"], ["-V"]):
        print(f"huepress {__version__}")
    else:
        try:
            from huepress.commands import huepress
        except KeyboardInterrupt:
            sys.exit(_interrupted())
        huepress.main(arguments)


def _interrupted() -> int:
    """Interrupted while the rest of the command was imported."""
    print("huepress: interrupted", file=sys.stderr)
    return 130
