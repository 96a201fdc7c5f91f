"""The command for outputs that are written chunk by chunk: `huepress scan.tif -k 64 -o small.tif`."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huepress.batch.tree import File
from huepress.errors import printable
from huepress.exit_codes import ExitCode, bad_option
from huepress.huge import Pressed, press
from huepress.reporter import print_json
from huepress.sentences import numbered, say


def press_huge(
    pictures: Sequence[str],
    ks: Sequence[int],
    output: str,
    learning: Mapping[str, Any],
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    without: Mapping[str, Any],
) -> ExitCode:
    """Press one picture; `without` are the options that chunks do not have, with their values."""
    if not ks and "palette" not in learning:
        raise bad_option(f"-o {output}: is written in chunks, which needs -k or --palette")
    if len(pictures) != 1 or len(ks) > 1:
        raise bad_option(f"-o {printable(output)} takes one picture and one k, not several")
    for name, value in without.items():
        if value is not None and value is not False:  # a quality may be 0
            shown = "" if value is True else f" {value}"
            raise bad_option(
                f"--{name.replace('_', '-')}{shown} does not go with -o {printable(output)}, which is written in chunks"
            )
    start = time.perf_counter()
    with _Bar(quiet) as bar:
        asked = {**learning, "k": ks[0]} if ks else learning
        pressed = press(pictures[0], output, **asked, force=force, progress=bar.show)
    _tell(pictures[0], output, pressed, time.perf_counter() - start, as_json, quiet)
    return ExitCode.OK


def _tell(source: str, output: str, pressed: Pressed, seconds: float, as_json: bool, quiet: bool) -> None:
    height, width = pressed.size
    before, after = bytes_of(source), bytes_of(output)
    if as_json:
        line = {"input": source, "output": output, "width": width, "height": height, "colors": len(pressed.palette)}
        line |= {"original_bytes": before, "bytes": after, "ratio": before / after, "mse": pressed.mse}
        line |= {"psnr": pressed.psnr, "inertia": pressed.inertia, "n_iter": pressed.n_iter}
        print_json({**line, "seconds": round(seconds, 4)}, sys.stdout)
    elif not quiet:
        colors, sizes = numbered(len(pressed.palette), "colour"), f"{before:,} bytes -> {after:,} bytes"
        quality = f"MSE {pressed.mse:.2f}, PSNR {pressed.psnr:.2f} dB"
        say(f"{output}: {width} x {height} pixels, {colors}, {sizes}, {quality}, {seconds:.1f} s")


def bytes_of(path: str) -> int:
    """The bytes of a file, or of all files in a folder."""
    if not os.path.isdir(path):  # noqa: PTH112 - Path would raise for some names
        return File.at(path).size
    return sum(found.stat().st_size for found in Path(path).rglob("*") if found.is_file())


class _Bar:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._bar: Any = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(file=sys.stderr), transient=True)
            self._task = self._bar.add_task("")

    def __enter__(self) -> "_Bar":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, doing: str, done: int, total: int) -> None:
        """Move the bar."""
        if self._bar:
            self._bar.update(self._task, description=doing, completed=done, total=total)
