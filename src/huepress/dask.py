"""The same work on a Dask cluster (extra `dask`): histograms and palettes of arrays, and files by their URLs.

Everything is lazy and goes chunk by chunk; histograms are summed in a tree. Nothing of the size of pixels passes the
scheduler.
"""

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from huepress import learn
from huepress.batch.counting import Count, Tell, counts_of
from huepress.batch.dispatcher import UNKNOWN_BYTES
from huepress.batch.inputs import Inputs
from huepress.batch.job import Job, Outcome, copy_of
from huepress.batch.pool import TIMEOUT, Done, outcomes
from huepress.batch.run import run
from huepress.batch.worker import Worker
from huepress.decode import MAX_PIXELS
from huepress.errors import HuepressError
from huepress.exit_codes import CommandError, ExitCode
from huepress.extras import require
from huepress.histogram import Histogram
from huepress.image import read
from huepress.mapping import label_colors, map_picture
from huepress.palette import Palette
from huepress.pressing import Options
from huepress.quantization import as_palette
from huepress.remote import is_url
from huepress.tally import total

_FAN_IN: Final = 8
_GROUP_FILES: Final = 64
_GROUP_BYTES: Final = 8_000_000
_ADDRESS: Final = re.compile(r"[a-z]+://\S+:\d+/?$")


# -- arrays ----------------------------------------------------------------------------------------------------------


def histogram(pixels: Any) -> Any:
    """The histogram of a Dask array (H, W[, 1..4]) of uint8, uint16, bool or float in 0..1: a `Delayed`."""
    delayed = require("dask", extra="dask").delayed
    parts = [delayed(_counted)(block) for block in _checked(pixels).to_delayed().ravel()]
    while len(parts) > 1:
        parts = [delayed(total)(parts[i : i + _FAN_IN]) for i in range(0, len(parts), _FAN_IN)]
    return parts[0]


def learn_palette(image: Any, k: int, **options: Any) -> Any:
    """The palette of a Dask array, or of the `Delayed` that `histogram` gives: a `Delayed`.

    Args:
        image: an array as in `histogram`, or a histogram.
        k: number of colours, 1..256.
        options: effort, space, fixed, init, seed, threads, as in `huepress.learn_palette`; threads are 1 by default.

    """
    delayed = require("dask", extra="dask").delayed
    learn.check_k(k)
    counted = histogram(image) if isinstance(image, require("dask.array", extra="dask").Array) else image
    return delayed(learn.learn_palette)(counted, k, **{"threads": 1, **options})


def map_palette(pixels: Any, palette: Any) -> Any:
    """The nearest entry of a palette for each pixel: a Dask array (H, W) uint8.

    Args:
        pixels: an array as in `histogram`.
        palette: a `Palette`, a palette file, or the `Delayed` that `learn_palette` gives.

    """
    array = require("dask.array", extra="dask")
    blocks = _checked(pixels)
    given = palette if hasattr(palette, "dask") else as_palette(palette)
    channels = [2] if blocks.ndim == 3 else []
    return array.map_blocks(
        _indices, blocks, given, drop_axis=channels, dtype=np.uint8, meta=np.empty((0, 0), np.uint8)
    )


def _checked(pixels: Any) -> Any:
    """The array, the channels of a pixel in one block."""
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and not 1 <= pixels.shape[2] <= 4):
        raise ValueError(f"pixels must have the shape (H, W) or (H, W, 1..4), not {pixels.shape}")
    return pixels.rechunk({2: -1}) if pixels.ndim == 3 else pixels


def _pixels(block: NDArray[Any]) -> NDArray[np.uint8]:
    return read(np.asarray(block), name="block", max_pixels=block.size).pixels


def _counted(block: NDArray[Any]) -> Histogram:
    return Histogram.of_pixels(_pixels(block), threads=1)


def _indices(block: NDArray[Any], palette: Palette) -> NDArray[np.uint8]:
    pixels = _pixels(block)
    counted = Histogram.of_pixels(pixels, threads=1)
    return map_picture(pixels, counted, label_colors(counted, palette).labels, 1)


# -- files -----------------------------------------------------------------------------------------------------------


def compress_files(
    client: Any,
    urls: Iterable[str],
    output: str,
    *,
    k: int | None = None,
    format: Any = None,
    force: bool = False,
    timeout: float = TIMEOUT,
    reading: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """Press files on a cluster; tells what became of each as it is ready.

    Args:
        client: a `distributed.Client`.
        urls: of the inputs: paths or what fsspec understands (https://..., s3://...), as the workers see them.
        output: path or URL of the folder of the results, which keep the names of their inputs, without suffix.
        k: number of colours. Without a target, plain K-means as `quantize`; without k too, `compress`.
        format: "png", "webp" or "gif"; png by default.
        force: overwrite what is there.
        timeout: seconds after which a picture is given up.
        reading: keep_profile, keep_hidden, keep_metadata, max_pixels, as in `read`.
        options: as in `quantize` or `compress`; effort is "fast" by default.

    Each picture is pressed in a child process of a worker, so that one that crashes or hangs costs only itself; what a
    lost worker had under way is done again by another.

    """
    plain = k is not None and options.get("quality") is None and options.get("max_bytes") is None
    learning = {"effort": "fast", **options}
    if learning.get("palette") is not None:
        learning["palette"] = as_palette(learning["palette"])
        plain = options.get("quality") is None and options.get("max_bytes") is None
    inputs = Inputs(list(urls), () if k is None else (learn.check_k(k),), output, format, force)
    inputs.check()
    settings = Options({"max_pixels": MAX_PIXELS, **(reading or {})}, learning, plain, force)
    with Cluster(client, timeout=timeout) as pool:
        for result in run(inputs, settings, pool):
            yield from result.outcomes


def count_files(client: Any, paths: Sequence[str], *, max_pixels: int, tell: Tell) -> Histogram | None:
    """The histogram of all pictures of files and folders; tells of those left out. None without any.

    A few files make a task, and their sums are added in a tree by the workers: one histogram reaches the client.
    """
    sums: list[list[Any]] = []  # futures: of so many groups of files that the next list has one for eight of them
    for group in _groups(counts_of(paths, max_pixels, tell)):
        _add(client, sums, client.submit(_count, group, TIMEOUT, pure=False))
    rest = [future for level in sums for future in level]
    if not rest:
        return None
    try:
        histogram, told = client.submit(_summed, rest, pure=False).result()
    except Exception as error:
        raise _told(error) from error
    for number, outcome in told:
        tell(number, outcome)
    return cast("Histogram | None", histogram)


def _groups(jobs: Iterable[Count]) -> Iterator[list[tuple[Count, str]]]:
    """Jobs with the names that the user knows, as many as make a task."""
    group: list[tuple[Count, str]] = []
    for job in jobs:
        group.append((replace(job, file=replace(job.file, path=_anchored(job.file.path))), job.file.path))
        if len(group) >= _GROUP_FILES or sum(_size(job) for job, _ in group) >= _GROUP_BYTES:
            yield group
            group = []
    if group:
        yield group


def _add(client: Any, sums: list[list[Any]], future: Any) -> None:
    """Put a future among those of its level; eight become one of the next level, as soon as there is room."""
    for level in sums:
        level.append(future)
        if len(level) < _FAN_IN:
            return
        future = client.submit(_summed, level[:], pure=False)
        level.clear()
        require("distributed", extra="dask").wait([future])
    sums.append([future])


class Cluster:
    """The workers of a Dask cluster as a `Pool` and a context manager: a few files make a task."""

    group_files, group_bytes = _GROUP_FILES, _GROUP_BYTES

    def __init__(self, client: Any, *, timeout: float | None = TIMEOUT) -> None:
        distributed = require("distributed", extra="dask")
        self._client, self._timeout = client, timeout
        self._futures = distributed.as_completed(loop=client.loop)
        self._groups: dict[Any, Sequence[Any]] = {}  # by their futures
        self.processors = max(1, sum(client.nthreads().values()))

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.cancel(list(self._groups))

    def submit(self, jobs: Sequence[Any]) -> None:
        """Take jobs, which are done one after another."""
        future = self._client.submit(_press, [_absolute(job) for job in jobs], self._timeout, pure=False)
        self._groups[future] = jobs
        self._futures.add(future)

    def next(self) -> Done:
        """Some jobs that are done; waits for one."""
        done: Done = []
        while not done:
            done = self._taken(next(self._futures))
        return done

    def _taken(self, future: Any) -> Done:
        """Jobs that are done; none if they are to be done again."""
        group = self._groups.pop(future)
        if future.status == "finished":
            return list(zip(group, map(_as_named, group, future.result()), strict=True))
        if future.status == "error" and len(group) == 1:
            return [(group[0], [Outcome.failed(_told(future.exception()), group[0].file.path)])]
        if future.status == "error":  # it ended several workers: find out which of the files does
            for job in group:
                self.submit([job])
        elif future.status in ("pending", "lost"):  # it was done, but its worker is gone: it is done again
            self._groups[future] = group
            self._futures.add(future)
        else:
            raise CommandError(ExitCode.BAD_OPTION, "the cluster was lost; what is done is done, run it again")
        return []


def connected(address: str) -> Any:
    """A client of the scheduler at an address; raises a CommandError if there is none."""
    distributed = require("distributed", extra="dask")
    if not _ADDRESS.match(address):  # Dask would look for it for minutes
        raise CommandError(ExitCode.BAD_OPTION, f"--scheduler {address}: is no address such as tcp://host:8786")
    try:
        return distributed.Client(address, set_as_default=False)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CommandError(ExitCode.BAD_OPTION, f"--scheduler {address}: cannot be reached ({reason})") from error


def _told(error: BaseException) -> BaseException:
    return HuepressError(f"the cluster's workers failed on it ({' '.join(str(error).split())[:200]})")


def _size(job: Job | Count) -> int:
    return job.file.size or UNKNOWN_BYTES


def _absolute(job: Job) -> Job:
    """The job with paths that mean the same in other folders, and outputs that a second try may overwrite."""
    outputs = (
        replace(output, source=_anchored(output.source), path=_anchored(output.path), force=True)
        for output in job.outputs
    )
    return replace(job, file=replace(job.file, path=_anchored(job.file.path)), outputs=tuple(outputs))


def _anchored(path: str) -> str:
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - as everywhere here, a path may be any str


def _as_named(job: Job, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes with the names that the user knows."""
    names = {_anchored(path): path for output in job.outputs for path in (output.path, copy_of(output))}
    names[_anchored(job.file.path)] = job.file.path
    return [_renamed(outcome, names) for outcome in outcomes]


def _renamed(outcome: Outcome, names: Mapping[str, str]) -> Outcome:
    error = outcome.error
    for anchored, name in names.items():
        error = error.replace(anchored, name)
    path = None if outcome.path is None else names.get(outcome.path, outcome.path)
    return replace(outcome, source=names.get(outcome.source, outcome.source), path=path, error=error)


# -- in the workers of the cluster -------------------------------------------------------------------------------------

_mine = threading.local()


def _press(jobs: Sequence[Job | Count], timeout: float | None) -> list[list[Any]]:
    """The outcomes of each job, done one after another in the child process of this thread."""
    if not hasattr(_mine, "worker"):
        _mine.worker = Worker()
    return cast("list[list[Any]]", outcomes(_mine.worker, jobs, 1, 1, timeout=timeout))  # none is too large for all


Counted = tuple[Histogram | None, list[tuple[int, Outcome]]]  # and what became of files that are left out, by number


def _count(group: list[tuple[Count, str]], timeout: float | None) -> Counted:
    found = _press([job for job, _ in group], timeout)
    done = [(job, name, outcome) for (job, name), (outcome,) in zip(group, found, strict=True)]
    told = [
        (job.number, _renamed(found, {job.file.path: name})) for job, name, found in done if isinstance(found, Outcome)
    ]
    parts = [found for _, _, found in done if isinstance(found, Histogram)]
    return (total(parts) if parts else None), told


def _summed(counted: list[Counted]) -> Counted:
    parts = [part for part, _ in counted if part is not None]
    return (total(parts) if parts else None), [outcome for _, told in counted for outcome in told]
