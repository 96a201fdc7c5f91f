"""Inputs: the pictures and folders that are named, and the names of their results, checked against each other."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from huepress.animation import default_format
from huepress.batch.tree import File, Folder, walk
from huepress.cached import cached_property
from huepress.contents import STREAM
from huepress.errors import printable
from huepress.exit_codes import bad_option
from huepress.formats.names import Format
from huepress.outputs import Output, Target, is_folder, joined, place_of, would_replace
from huepress.remote import is_url


@dataclass(frozen=True)
class Inputs:
    """Pictures and folders, and where their results go: `output` is None for beside the inputs.

    If not `recursive`, no folders are named, and results are those of a run without a batch.
    """

    paths: Sequence[str]
    ks: Sequence[int] = ()
    output: str | None = None
    format: Format | None = None
    force: bool = False
    default: Callable[[str], Format] = default_format
    recursive: bool = True

    @cached_property
    def into_folder(self) -> bool:
        """Whether `output` is a folder."""
        return is_folder(self.output, single=not self.recursive and len(self.paths) == 1 and len(self.ks) < 2)

    @cached_property
    def _named_places(self) -> frozenset[str]:
        """Where the files lie that are named; folders are kept apart from the output as a whole."""
        return frozenset(place_of(path) for path in self.paths if os.path.isfile(path))  # noqa: PTH113 - Path would raise for some names

    @property
    def copies(self) -> bool:
        """Whether what would become larger is copied, so that the tree is whole."""
        return self.recursive and self.into_folder and not self.ks

    def folders(self) -> Iterator[Folder]:
        """All folders of files; a file that is named itself makes a folder of its own."""
        apart = None if self.output is None or is_url(self.output) else self.output
        for path in self.paths:
            if is_url(path):
                yield Folder(path.rpartition("/")[0], "", [File(path, named=True)])
            elif os.path.isdir(path):  # noqa: PTH112 - Path would raise for some names
                yield from walk(path, apart=apart)
            else:
                yield Folder(str(Path(path).parent), "", [File.at(path)])

    def outputs(self, folder: Folder, file: File) -> list[Output]:
        """The outputs of a file."""
        place = self._place(folder)
        return Target(self.ks, place, self.format, self.into_folder, self.force, self.default).outputs(file.path)

    def _place(self, folder: Folder) -> str | None:
        if self.output is None or not folder.inner:
            return self.output
        return joined(self.output, folder.inner)

    def check(self) -> "Totals":
        """Count the files; raises a CommandError if two results would take one name, or one that of an input."""
        _ = self.into_folder  # a file in its place is refused even if there is nothing to do
        for path in self.paths:
            self._check_apart(path)
        totals, taken = Totals(), dict[str, File]()
        try:
            for folder in self.folders():
                if len(self.paths) == 1:
                    taken.clear()  # names of other folders cannot clash with those of this one
                for file in folder.files:
                    totals.add(file)
                    self._check_names(folder, file, taken)
        except ValueError as error:
            raise bad_option(f"-o {error}") from error
        return totals

    def _check_apart(self, path: str) -> None:
        if path == STREAM:
            raise bad_option("stdin is no part of a batch: name files and folders")
        if self.output is None or is_url(path) or is_url(self.output):
            return
        output, root = os.path.realpath(self.output), os.path.realpath(path)
        if os.path.isdir(root) and Path(output).is_relative_to(root):  # noqa: PTH112
            where = "is the input itself" if output == root else f"lies inside of the input {printable(path)}"
            raise bad_option(f"-o {printable(self.output)}: {where}; name a folder beside it")

    def _check_names(self, folder: Folder, file: File, taken: dict[str, File]) -> None:
        for output in self.outputs(folder, file):
            if self._named_places and os.path.lexists(output.path) and place_of(output.path) in self._named_places:
                raise would_replace(output)
            place = os.path.normcase(output.path)
            first = taken.setdefault(place, file)
            if first is file or not file.is_picture():
                continue
            if first.is_picture():
                message = f"{printable(first.path)} and {printable(file.path)} would both be written to {output.path}"
                raise bad_option(message)
            taken[place] = file


@dataclass
class Totals:
    """Files and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, file: File) -> None:
        """Count a file."""
        self.files += 1
        self.bytes += file.size
