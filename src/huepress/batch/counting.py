"""One histogram of many pictures: each is counted by a worker, and their sum is kept here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

from huepress.batch.dispatcher import Dispatcher
from huepress.batch.inputs import Inputs
from huepress.batch.job import Outcome, TooLarge, read_within
from huepress.batch.pool import Pool
from huepress.batch.tree import File
from huepress.histogram import Histogram
from huepress.image import Picture
from huepress.tally import total

Tell = Callable[[int, Outcome], object]  # of the number of a file in the order of the inputs, and what became of it


@dataclass(frozen=True)
class Count:
    """A picture to be counted; what a worker does."""

    number: int
    file: File
    max_pixels: int

    def run(self, processors: int, most: int) -> list[Histogram | Outcome] | TooLarge:
        """Its histogram, or what hinders it."""
        if not self.file.is_picture():
            return [Outcome("skipped", self.file.path)]
        try:
            picture = read_within(self.file, {"max_pixels": self.max_pixels, "first_frame": True}, processors, most)
            if not isinstance(picture, Picture):
                return cast("TooLarge", picture)  # only first frames are asked for
            return [Histogram.of_pixels(picture.pixels, threads=processors)]
        except Exception as error:
            return [Outcome.failed(error, self.file.path)]


def count_files(paths: Sequence[str], pool: Pool, *, max_pixels: int, tell: Tell) -> Histogram | None:
    """The histogram of all pictures of files and folders, each read once; tells of those left out. None without any."""
    found = _histograms(paths, pool, max_pixels, tell)
    first = next(found, None)
    return None if first is None else total(chain([first], found))


def _histograms(paths: Sequence[str], pool: Pool, max_pixels: int, tell: Tell) -> Iterator[Histogram]:
    for job, (found,) in _results(Dispatcher(pool), counts_of(paths, max_pixels, tell)):
        if isinstance(found, Histogram):
            yield found
        else:
            tell(job.number, found)


def counts_of(paths: Sequence[str], max_pixels: int, tell: Tell) -> Iterator[Count]:
    """What is to be counted; tells of folders that cannot be entered."""
    number = 0
    for folder in Inputs(paths).folders():
        for error in folder.failures:
            tell(number, Outcome.failed(error, folder.path))
            number += 1
        for file in folder.files:
            yield Count(number, file, max_pixels)
            number += 1


def _results(dispatcher: Dispatcher, jobs: Iterator[Count]) -> Iterator[tuple[Count, list[Histogram | Outcome]]]:
    for job in jobs:
        yield from chain.from_iterable(dispatcher.give(job))
    yield from chain.from_iterable(dispatcher.rest())
