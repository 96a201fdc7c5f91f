"""The same work on Dask (extra `dask`): histograms and palettes of arrays, and files by their URLs.

Arrays are lazy and go chunk by chunk; histograms are summed in a tree. Nothing of the size of pixels passes the
scheduler.
"""

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huepress import learn
from huepress.batch.cluster import Cluster
from huepress.batch.cluster_counting import FAN_IN
from huepress.batch.inputs import Inputs
from huepress.batch.job import Outcome
from huepress.batch.pool import TIMEOUT
from huepress.batch.run import run
from huepress.decode import MAX_PIXELS
from huepress.extras import require
from huepress.histogram import Histogram
from huepress.image import read
from huepress.mapping import label_colors, map_picture
from huepress.palette import Palette
from huepress.pressing import Options
from huepress.quantization import as_palette, check_given_palette
from huepress.tally import total

# -- arrays ----------------------------------------------------------------------------------------------------------


def histogram(pixels: Any) -> Any:
    """The histogram of a Dask array (H, W[, 1..4]) of uint8, uint16, bool or float in 0..1: a `Delayed`.

    Raises:
        ValueError, TypeError: it is no such array.

    """
    delayed = require("dask", extra="dask").delayed
    parts = [delayed(_counted)(block) for block in _checked(pixels).to_delayed().ravel()]
    while len(parts) > 1:
        parts = [delayed(total)(parts[i : i + FAN_IN]) for i in range(0, len(parts), FAN_IN)]
    return parts[0]


def learn_palette(image: Any, k: int, **options: Any) -> Any:
    """The palette of a Dask array, or of the `Delayed` that `histogram` gives: a `Delayed`.

    Args:
        image: an array as in `histogram`, or a histogram.
        k: number of colours, 1..256.
        options: effort, space, fixed, init, seed, threads, as in `huepress.learn_palette`; threads are 1 by default.

    Raises:
        ValueError, TypeError: the array is none as in `histogram`, or k is out of its range.

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

    Raises:
        ReadError: the palette file cannot be read.
        ValueError, TypeError: the array is none as in `histogram`, or the palette is none.

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
    if not isinstance(pixels, require("dask.array", extra="dask").Array):
        kind = type(pixels).__name__
        raise TypeError(f"pixels must be a Dask array, not {kind}: dask.array.from_array makes one of another")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and not 1 <= pixels.shape[2] <= 4):
        raise ValueError(f"pixels must have the shape (H, W) or (H, W, 1..4), not {pixels.shape}")
    if 0 in pixels.shape:
        raise ValueError(f"the array has no pixels: its shape is {pixels.shape}")
    return pixels.rechunk({2: -1}) if pixels.ndim == 3 else pixels


def _pixels(block: NDArray[Any]) -> NDArray[np.uint8]:
    return read(np.asarray(block), name="block", max_pixels=block.size).pixels


def _counted(block: NDArray[Any]) -> Histogram:
    return Histogram.of_pixels(_pixels(block), threads=1) if block.size else Histogram.sum([])  # as filters leave


def _indices(block: NDArray[Any], palette: Palette) -> NDArray[np.uint8]:
    if not block.size:
        return np.empty(block.shape[:2], np.uint8)
    pixels = _pixels(block)
    counted = Histogram.of_pixels(pixels, threads=1)
    return map_picture(pixels, counted, label_colors(counted, palette).labels, 1)


# -- files -----------------------------------------------------------------------------------------------------------


def compress_files(
    client: Any,
    urls: Iterable[str | PathLike[str]],
    output: str | PathLike[str],
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
        output: path or URL of the folder of the results, named as their inputs, with the suffix of their format.
        k: number of colours, 1..256; not together with a palette. With either and without a target, plain K-means as
            `quantize`; else `compress`.
        format: "png", "webp" or "gif"; by default png, of an animated GIF or WebP with a path its own.
        force: overwrite what is there.
        timeout: seconds after which a picture is given up, by default 900.
        reading: keep_profile, keep_hidden, keep_metadata, max_pixels, as in `read`.
        options: as in `quantize` or `compress`; effort is "fast" by default.

    Yields:
        Outcome: its `status` is "written", "copied" (the result would be larger), "skipped" (no picture) or "failed";
        `source` and `path` are the input and what was written, `error` is the sentence of a failure.

    Raises:
        HuepressError: two results would take one name, or the cluster is lost.
        ValueError, TypeError: k or the palette is none, or both are given.

    Each picture is pressed in a child process of a worker, so that one that crashes or hangs costs only itself; what a
    lost worker had under way is done again by another.

    """
    check_given_palette(options.get("palette"), k, options.get("fixed"))
    learning, palette = {"effort": "fast", **options}, options.get("palette")
    if palette is not None:
        learning["palette"] = as_palette(palette)
    has_target = options.get("quality") is not None or options.get("max_bytes") is not None
    plain = not has_target and (k is not None or palette is not None)
    if isinstance(urls, str | PathLike):
        raise TypeError(f"urls must be several paths or URLs, not {fspath(urls)!r} alone")
    inputs = Inputs(
        [fspath(url) for url in urls], () if k is None else (learn.check_k(k),), fspath(output), format, force
    )
    inputs.check()
    settings = Options({"max_pixels": MAX_PIXELS, **(reading or {})}, learning, plain, force)
    with Cluster(client, timeout=timeout) as pool:
        for result in run(inputs, settings, pool):
            yield from result.outcomes
