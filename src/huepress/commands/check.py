"""`huepress check FOLDER...`: fails when pictures could be much smaller; with --fix it makes them smaller."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from huepress import table
from huepress.batch.tree import File, walk
from huepress.commands.options import HELP_NAMES, QUALITY, Parsed, max_pixels_option, threads_option
from huepress.errors import printable
from huepress.exit_codes import FAILURES, ExitCode, exit_code
from huepress.files import write
from huepress.reporter import print_json
from huepress.saving import Saving, saving
from huepress.sentences import numbered, percent, say, sentence


def parse_share(text: str) -> float:
    """A part of a whole: "10%" is 0.1."""
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%", text.strip())
    share = float(found[1]) / 100 if found else -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"a saving is like 10%, from 0% to 100%, not {text!r}")
    return share


@click.command(context_settings=HELP_NAMES)
@click.argument("pictures", nargs=-1, required=True, metavar="FOLDER_OR_PICTURE...")
@click.option("--max-saving", type=Parsed("share", parse_share), default="10%", show_default=True,
              help="The part of its bytes that a picture may waste.")  # fmt: skip
@click.option("-q", "--quality", type=QUALITY, help="Judge by results of this quality or more.")
@click.option("--fix", is_flag=True, help="Replace the pictures that fail by smaller ones.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each picture that fails, on stdout.")
@click.option("--quiet", is_flag=True, help="Only the exit code, and failures.")
@threads_option
@max_pixels_option
def check(
    pictures: Sequence[str], max_saving: float, fix: bool, as_json: bool, quiet: bool, **options: Any
) -> ExitCode:
    """Fail, with exit code 98, when PNG, WebP or GIF pictures could be much smaller; of folders, all in them.

    Animations and pictures of other formats pass.
    """
    checked = _Checked(max_saving, fix)
    for file in _files(pictures, checked):
        checked.take(file, **options)
    if as_json:
        for facts in checked.wasteful:
            print_json(facts, sys.stdout)
    elif not quiet:
        checked.show()
    return checked.code()


class _Checked:
    """What was found so far."""

    def __init__(self, max_saving: float, fix: bool) -> None:
        self._max_saving, self._fix = max_saving, fix
        self._pictures = 0
        self._failures: list[ExitCode] = []
        self.wasteful: list[dict[str, Any]] = []  # what JSON tells of each; the smaller files are not held

    def take(self, file: File, **options: Any) -> None:
        """Examine a picture, and replace it if that is wanted."""
        try:
            found = saving(file.path, **options)
            self._pictures += 1
            if found and found.share > self._max_saving:
                if self._fix:
                    write(found.path, found.data, source=found.path, in_place=True)
                self.wasteful.append(_facts(found, self._fix))
        except FAILURES as error:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Tell of a failure; the other files go on."""
        self._failures.append(exit_code(error))
        say(sentence(error))

    def show(self) -> None:
        """A table of the pictures that fail, and a line that sums up."""
        if self.wasteful:
            headings = ("file", "bytes", "is now" if self._fix else "could be", "saved" if self._fix else "saving")
            table.show(headings, [_cells(**facts) for facts in self.wasteful], sys.stderr)
        what = "made smaller" if self._fix else f"could be smaller by more than {self._max_saving * 100:g} %"
        pictures = numbered(self._pictures, "picture")
        say(f"{pictures}, {len(self.wasteful) or 'none'} {what}")

    def code(self) -> ExitCode:
        """The first failure's, or that of pictures that are larger than need be."""
        return next(iter(self._failures), ExitCode.LARGER if self.wasteful and not self._fix else ExitCode.OK)


def _files(paths: Sequence[str], checked: _Checked) -> Iterator[File]:
    """The pictures that are named, and those in folders."""
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - Path would raise for some names
            yield File.at(path)
            continue
        for folder in walk(path):
            for error in folder.failures:
                checked.fail(error)
            yield from (file for file in folder.files if file.is_picture())


def _facts(found: Saving, fixed: bool) -> dict[str, Any]:
    sizes = {"original_bytes": found.size, "bytes": len(found.data), "saving": found.share}
    return {"input": found.path, **sizes, "fixed": fixed}


def _cells(input: str, original_bytes: int, bytes: int, saving: float, **_: Any) -> list[str]:
    return [printable(input), f"{original_bytes:,}", f"{bytes:,}", percent(saving)]
