"""The ledger: which outputs are to be made, by what the manifest says of them and by what is there."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from huepress._version import __version__
from huepress.batch.inputs import Inputs
from huepress.batch.job import Outcome, copy_of
from huepress.batch.manifest import Entry, Manifest
from huepress.batch.tree import File
from huepress.errors import HuepressError, exists_already
from huepress.exit_codes import ExitCode
from huepress.files import check_writable
from huepress.outputs import Output
from huepress.pressing import Options
from huepress.remote import files_below, is_url


class Ledger:
    """Decides which outputs are to be made, and keeps the manifest."""

    def __init__(self, inputs: Inputs, options: Options, manifest: Manifest | None) -> None:
        self._inputs, self._manifest = inputs, manifest
        self._options, self._forces = fingerprint(options), options.force
        output = inputs.output
        self._root = f"{output or ''}{os.sep}"
        # Asked for once: where names are far away, to ask for each takes longer than to press it.
        self._remote = files_below(output) if output is not None and is_url(output) else frozenset[str]()

    def settle(self, output: Output, file: File) -> Outcome | Output:
        """The output if it is to be made (and whether it may overwrite), else what became of it."""
        entry = self._manifest.entry(self._name(output)) if self._manifest else None
        if entry and not self._inputs.force and self._is_complete(entry, output, file):
            is_copy = entry.written != self._name(output)
            return Outcome("unchanged", file.path, copy_of(output) if is_copy else output.path)
        ours = self._inputs.force or entry is not None
        try:
            for path in (output.path, *([copy_of(output)] if self._inputs.copies else [])):
                self._check(path, file, ours)
        except HuepressError as error:
            return Outcome.failed(error, file.path, output.path)
        # What a power cut leaves empty has not the size that the manifest says, and is made again.
        return replace(output, force=ours, flush=self._manifest is None)

    def _check(self, path: str, file: File, ours: bool) -> None:
        if path in self._remote and not ours:
            raise exists_already(path)
        if not is_url(path) and os.path.lexists(path):
            check_writable(path, source=file.path, force=ours)

    def begin(self, outputs: Iterable[Output], file: File) -> None:
        """Enter the outputs of a file that are about to be written; they are not before `save`."""
        if not self._manifest:
            return
        for output in outputs:
            self._manifest.enter(self._name(output), Entry(file.size, file.mtime_ns, self._options_of(output)))

    def end(self, output: Output, file: File, outcome: Outcome) -> None:
        """Complete the entry, or drop it if nothing of ours is there."""
        if not self._manifest:
            return
        name = self._name(output)
        if outcome.path is not None and outcome.status in ("written", "copied"):
            written = os.path.relpath(outcome.path, self._inputs.output)
            told = self._options_of(output)
            if self._forces and outcome.bytes > file.size:
                told += " larger"  # a run without --force may write another result
            self._manifest.enter(name, Entry(file.size, file.mtime_ns, told, written, outcome.bytes))
        elif outcome.code == ExitCode.WOULD_OVERWRITE or not os.path.lexists(output.path):
            self._manifest.forget(name)

    def save(self) -> None:
        """Let all entries survive a kill."""
        if self._manifest:
            self._manifest.save()

    def _is_complete(self, entry: Entry, output: Output, file: File) -> bool:
        if entry.written is None or entry.options != self._options_of(output):
            return False
        if not file.size or (entry.size, entry.mtime_ns) != (file.size, file.mtime_ns):
            return False  # of a URL nothing tells whether it has changed
        try:
            return (Path(self._inputs.output or "") / entry.written).stat().st_size == entry.bytes
        except OSError:
            return False

    def _options_of(self, output: Output) -> str:
        """What a result depends on besides the file: the options, k, and the format if it may make the file larger."""
        return f"{self._options} k={output.k} format={output.format if output.format_asked else None}"

    def _name(self, output: Output) -> str:
        """The path of the output in the folder of the results."""
        if output.path.startswith(self._root):
            return output.path.removeprefix(self._root)
        return os.path.relpath(output.path, self._inputs.output)


def fingerprint(options: Options) -> str:
    """A text that differs if results may: all options but the number of threads and --force."""
    learning = {name: value for name, value in options.learning.items() if name != "threads"}
    if (palette := learning.get("palette")) is not None:
        learning["palette"] = palette.hex
    told = (__version__, dict(options.reading), learning, options.plain, options.preserve)
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]
