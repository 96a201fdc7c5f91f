"""The run of a batch: what is to be made goes to a pool, and results come as they are ready."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from huepress.batch.dispatcher import Dispatcher
from huepress.batch.inputs import Inputs
from huepress.batch.job import Job, Outcome
from huepress.batch.ledger import Ledger
from huepress.batch.manifest import Manifest
from huepress.batch.pool import Done, Pool
from huepress.batch.tree import File, Folder
from huepress.kmeans import BATCH_STRATEGY
from huepress.outputs import Output
from huepress.pressing import Options

LEVEL: Final = 6  # of packing: a tenth of the time of the default


@dataclass(frozen=True)
class Result:
    """The outcomes of a file, which was `number` in the order of the inputs; None for a folder."""

    number: int
    file: File | None
    outcomes: list[Outcome]


def run(inputs: Inputs, options: Options, pool: Pool, manifest: Manifest | None = None) -> Iterator[Result]:
    """Make what is to be made; results come as they are ready."""
    options = for_many(options) if inputs.recursive else options
    return _Run(inputs, options, pool, Ledger(inputs, options, manifest)).results()


def for_many(options: Options) -> Options:
    """The options of a plain batch of folders: where effort is "fast", a search with few swaps, and quick packing.

    On small pictures, of which most batches are, what they leave out takes most of the time, for 0.8 % of the error
    (256 colours; 0.2 % at 16) and 3 to 12 % of the bytes.
    """
    if not options.plain or options.learning.get("effort", "fast") != "fast":
        return options
    search = {"effort": BATCH_STRATEGY} if "effort" in options.learning else {}
    return replace(options, learning={**options.learning, **search}, level=LEVEL)


class _Run:
    def __init__(self, inputs: Inputs, options: Options, pool: Pool, ledger: Ledger) -> None:
        self._inputs, self._options, self._ledger = inputs, options, ledger
        self._dispatcher = Dispatcher(pool, self._begin)
        self._waiting: dict[str, Result] = {}  # what is known already of the files that are not done

    def results(self) -> Iterator[Result]:
        number = 0
        for folder in self._inputs.folders():
            for error in folder.failures:
                yield Result(number, None, [Outcome.failed(error, folder.path)])
                number += 1
            for file in folder.files:
                yield from self._take(number, folder, file)
                number += 1
        for done in self._dispatcher.rest():
            yield from self._finished(done)

    def _take(self, number: int, folder: Folder, file: File) -> Iterator[Result]:
        """Make a job of a file if there is something to do."""
        settled = [self._ledger.settle(output, file) for output in self._inputs.outputs(folder, file)]
        told = [outcome for outcome in settled if isinstance(outcome, Outcome)]
        wanted = tuple(output for output in settled if isinstance(output, Output))
        if told and not file.is_picture():  # what hinders a picture does not concern it
            told, wanted = [Outcome("skipped", file.path)], ()
        if not wanted:
            yield Result(number, file, told)
            return
        self._waiting[file.path] = Result(number, file, told)
        for done in self._dispatcher.give(Job(file, wanted, self._options, self._inputs.copies)):
            yield from self._finished(done)

    def _begin(self, jobs: list[Job]) -> None:
        """Enter the outputs that are about to be written."""
        for job in jobs:
            self._ledger.begin(job.outputs, job.file)
        self._ledger.save()

    def _finished(self, done: Done) -> list[Result]:
        """The results of jobs, noted before they are told: a kill costs no work that was told."""
        for job, outcomes in done:
            for output, outcome in _by_output(job, outcomes):
                self._ledger.end(output, job.file, outcome)
        self._ledger.save()
        known = [(self._waiting.pop(job.file.path), outcomes) for job, outcomes in done]
        return [replace(result, outcomes=[*result.outcomes, *outcomes]) for result, outcomes in known]


def _by_output(job: Job, outcomes: list[Outcome]) -> Iterator[tuple[Output, Outcome]]:
    """Each output with its outcome; a single one may be that of all."""
    return zip(job.outputs, outcomes if len(outcomes) == len(job.outputs) else outcomes * len(job.outputs), strict=True)
