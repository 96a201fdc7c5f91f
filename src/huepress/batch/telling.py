"""What a batch tells: progress; failures at once; a summary at the end."""

import sys
from collections import Counter
from typing import Any, Final, TextIO

from huepress.batch.inputs import Totals
from huepress.batch.job import Outcome
from huepress.batch.progress import Bar, Display, Lines, Progress, Silent
from huepress.batch.run import Result
from huepress.errors import printable
from huepress.exit_codes import ExitCode
from huepress.reporter import print_json
from huepress.sentences import numbered, say, size

_WORDS: Final = {
    "written": "written",
    "would write": "to be written",
    "copied": "copied, as they would become larger",
    "unchanged": "up to date",
    "skipped": "skipped, as they are no pictures",
    "failed": "failed",
}
_WORST: Final = ("failed", "written", "would write", "copied", "skipped", "unchanged")


class Telling:
    """Tells of results as they come; a context manager."""

    def __init__(self, totals: Totals, json_stream: TextIO | None, quiet: bool, *, plain: bool = False) -> None:
        """`plain`: no progress."""
        self._progress, self._json, self._quiet = Progress(totals), json_stream, quiet
        self._counts: Counter[str] = Counter()
        self._folders_left = 0
        self._first_failure: tuple[int, ExitCode] | None = None
        self._display: Display = Silent()
        if not (quiet or plain):
            apart = json_stream is None or not json_stream.isatty()  # or lines of JSON would be written into the bar
            self._display = Bar(sys.stderr) if apart and sys.stderr.isatty() else Lines()

    def __enter__(self) -> "Telling":
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def result(self, result: Result) -> None:
        """Tell of a file, or of a folder."""
        if result.file is None:
            self._folders_left += 1
        else:
            self._progress.seen.add(result.file)
            status = _status(result.outcomes)
            self._counts[status] += 1
            if status not in ("unchanged", "skipped", "failed"):  # what fails at once tells nothing of the speed
                self._progress.worked += result.file.size
        for outcome in result.outcomes:
            self._tell(outcome)
            if outcome.status == "failed":
                failure = result.number, outcome.code
                self._first_failure = min(self._first_failure or failure, failure)
        self._display.show(self._progress)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.status in ("written", "copied"):
            self._progress.original += outcome.original_bytes
            self._progress.written += outcome.bytes
        if outcome.status == "failed":
            self._display.say(outcome.error)
        elif outcome.status == "would write" and not self._quiet and not self._json:
            print(f"{printable(outcome.source)} -> {printable(outcome.path)}")
        if self._json:
            print_json(as_json(outcome), self._json)

    def finish(self) -> ExitCode:
        """Print the summary; returns the exit code of the first failure in the order of the inputs."""
        self._display.close()
        if not self._quiet:
            say(self._summary())
        return ExitCode.OK if self._first_failure is None else self._first_failure[1]

    def _summary(self) -> str:
        progress = self._progress
        parts = [f"{self._counts[status]:,} {words}" for status, words in _WORDS.items() if self._counts[status]]
        summary = f"{numbered(progress.seen.files, 'file')}: {', '.join(parts) or 'nothing to do'}"
        if self._folders_left:
            summary += f"; {numbered(self._folders_left, 'folder')} not entered"
        if progress.original:
            sizes = f"{size(progress.original)} -> {size(progress.written)}"
            summary += f"; {sizes}, {progress.saved}, in {progress.seconds:.1f} s"
        return summary


def _status(outcomes: list[Outcome]) -> str:
    """The status of a file of several outputs: the worst of theirs."""
    statuses = {outcome.status for outcome in outcomes}
    return next(status for status in _WORST if status in statuses)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """What a line of JSON says of an outcome."""
    line: dict[str, Any] = {"input": outcome.source, "output": outcome.path, "status": outcome.status}
    if outcome.status in ("written", "copied"):
        line |= {"original_bytes": outcome.original_bytes, "bytes": outcome.bytes, **outcome.facts}
    if outcome.status == "failed":
        line |= {"error": outcome.error, "exit_code": int(outcome.code)}
    return line
