"""Fuzz the C ABI through the one file that calls it: `sh scripts/fuzz-kernel.sh [SECONDS]` (needs clang and Linux).

The kernel is built with AddressSanitizer, traps for undefined behaviour, and coverage, so that the fuzzer sees its
branches. Arguments are right or nearly so: a call is refused with a ValueError or a TypeError, or what it gives keeps
its promises. The corpus is made here: a few bytes for each function.
"""

import itertools
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["huepress._native"]):
    from huepress import _native

HERE = Path(__file__).resolve().parent
MOST_BYTES = 4096  # that an array is drawn from


class Draw:
    """Arguments drawn from the fuzzer's bytes; long arrays repeat them."""

    def __init__(self, data):
        self.source = atheris.FuzzedDataProvider(data)

    def number(self, low, high):
        return self.source.ConsumeIntInRange(low, high)

    def choice(self, *values):
        return values[self.number(0, len(values) - 1)]

    def array(self, dtype, *shape):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        data = self.source.ConsumeBytes(min(size, self.number(0, MOST_BYTES))) or b"\0"
        return np.frombuffer(np.resize(np.frombuffer(data, np.uint8), size).tobytes(), dtype).reshape(shape)

    def floats(self, dtype, *shape):
        """Mostly small numbers, at times any bits: infinities and NaN too."""
        if self.number(0, 9) == 0:
            return self.array(dtype, *shape)
        return self.array(np.int16, *shape).astype(dtype) * dtype(self.choice(1, 0.01, 1000))

    @property
    def threads(self):
        return self.number(1, 3)


def is_sane(*arrays):
    """Whether numbers are such as callers give, far below those that stand for what is apart."""
    return all(np.abs(array).max(initial=0) < 1e8 for array in arrays)  # false for NaN, too


def colors(draw):
    pixels = draw.array(np.uint8, draw.number(0, 600), draw.choice(3, 4, 4, 2))
    keys, counts = _native.count_colors(pixels, draw.threads)
    assert counts.sum() == len(pixels)
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    positions = _native.find_colors(pixels, keys, draw.threads)
    assert np.array_equal(_native.colors_of_keys(keys, pixels.shape[1])[positions], pixels)
    labels = draw.array(np.uint8, len(keys))
    assert np.array_equal(
        _native.map_pixels(pixels, keys, labels, draw.threads, wide=draw.choice(True, False)), labels[positions]
    )


def strange_keys(draw):
    """Keys that do not list the pixels' colours, or not in order: any result, but no crash."""
    pixels = draw.array(np.uint8, draw.number(0, 70), draw.choice(3, 4))
    keys = draw.array(np.uint32, draw.number(0, 70))
    order = _native.sort_order(keys)
    assert np.array_equal(order, np.argsort(keys, kind="stable"))
    keys = keys if draw.number(0, 3) == 0 else np.unique(keys)
    _native.find_colors(pixels, keys, draw.threads)
    _native.map_pixels(pixels, keys, draw.array(np.uint8, len(keys)), draw.threads)
    starts = np.array([0, 0, 0, len(keys)], np.int64)
    _native.Points.of_colors(keys, np.ones(len(keys), np.uint32), starts)


def nearest(draw):
    entries = draw.array(np.uint8, draw.number(0, 260), 4)
    labels, distances = _native.nearest_rgba(draw.array(np.uint32, draw.number(0, 90)), entries, draw.threads)
    assert not len(labels) or labels.max() < len(entries)
    assert (distances >= 0).all()


def under_alpha(draw):
    keys, alphas = draw.array(np.uint32, draw.number(0, 90)), draw.array(np.int16, 256)
    seen, less = draw.floats(np.float64, 256), draw.floats(np.float64, 256)
    coordinates = np.zeros((4, draw.number(0, 99)), np.int16)
    _native.levels_under_alpha(keys, seen, less, draw.choice(0.0, -127.5), 64.0, alphas, coordinates)
    assert np.array_equal(coordinates[3, : len(keys)], alphas[keys >> 24])
    assert not coordinates[:, len(keys) :].any()


def line(draw):
    places = draw.array(np.int16, draw.number(0, 90)).astype(np.int64) >> draw.choice(1, 2, 9)
    weights = draw.array(np.uint32, len(places)) >> draw.choice(0, 7, 20)
    starts = _native.runs_of_least_error(np.sort(places) if draw.number(0, 9) else places, weights, draw.number(0, 95))
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert starts[-1] < len(places)


def rows(draw):
    features = draw.number(0, 20)
    given = draw.floats(np.float64, draw.number(0, 60), features)
    centers = draw.floats(np.float64, draw.number(0, 20), draw.choice(features, features, 3))
    labels, _ = _native.rows_nearest(given, centers, draw.threads)
    firsts, groups = _native.rows_distinct(given)
    assert np.array_equal(given[firsts][groups], given, equal_nan=True)
    assert 0 <= labels.min() <= labels.max() < len(centers)
    assert _native.rows_distances(given, centers, draw.threads).shape == (len(given), len(centers))
    labels = labels if draw.number(0, 2) else draw.array(np.int32, len(given))
    _native.keys_nearest(draw.array(np.uint32, draw.number(0, 60)), centers, draw.threads)
    _native.bytes_of_numbers(given.astype(draw.choice(*_native.NUMBERS)), draw.threads)
    _native.rows_sums(given, draw.floats(np.float64, len(given)), labels, draw.choice(len(centers), 0, 40))


def points(draw):
    dimensions, count = draw.choice(3, 4, 4, 2), draw.number(0, 300)
    coordinates = draw.array(np.int16, dimensions, count + _native.LANES) & (0x3FFF if draw.number(0, 9) else -1)
    starts = np.array([0, *sorted(draw.number(0, count) for _ in range(2)), count], np.int64)
    if draw.number(0, 9):
        unsorted = coordinates.copy()
        order = _native.sort_points(coordinates, starts)
        assert np.array_equal(coordinates[:, :count], unsorted[:, order])
    weights = draw.array(np.uint32, count) % draw.choice(2, 300, 1 << 24) + (draw.number(0, 9) > 0)
    handle = _native.Points(coordinates, weights, starts)
    assert handle.level_sizes[-1] == count
    k, fixed = draw.number(0, 40), draw.number(0, 5)
    steps = [step(draw, kind) for kind in draw.choice(KINDS, KINDS[1:], [draw.number(-1, 5)])]
    before = fixed + (0 if steps[0].kind == _native.Step.SPLIT and draw.number(0, 9) else draw.number(0, 9))
    labels = (bool(steps) and steps[-1].kind == _native.Step.LLOYD) or draw.number(0, 9) == 0
    found = handle.search(
        steps, np.abs(draw.floats(np.float64, before, dimensions)), draw.array(np.uint8, before) % draw.choice(3, 4),
        k=k, fixed=fixed, seed=draw.number(-1, 99), threads=draw.threads, labels=labels,
    )  # fmt: skip
    assert found.labels is None or found.labels.max() < len(found.centers)
    done = handle.lloyd(found.centers, found.classes, iterations=draw.number(0, 3), threads=draw.threads, labels=True)
    assert done.sums[:, 0].sum() == weights.sum(dtype=np.uint64)
    assert done.labels.max() < len(done.centers)
    for _ in range(2):  # the second time from what the first one found
        entries = draw.array(np.uint8, draw.number(0, 260), 3)
        labels, weights_of, _ = handle.nearest(entries, draw.threads)
        assert labels.max() < len(entries)
        assert np.array_equal(weights_of, np.bincount(labels, handle.weights, len(entries)))


KINDS = [_native.Step.SPLIT, _native.Step.LLOYD, _native.Step.SWAPS, _native.Step.LLOYD, _native.Step.MERGE]


def step(draw, kind):
    bits, limit = draw.number(1, 24) if draw.number(0, 19) else draw.number(-1, 34), draw.number(-1, 30)
    return _native.Step(kind, bits, limit, draw.number(-1, 4), draw.choice(0.0, 1e-3), draw.choice(1.0, 1.5), 2.0)


def indexing(draw):
    count, k = draw.number(0, 300), draw.number(0, 260)
    labels = draw.array(draw.choice(np.uint8, np.uint32), count)
    labels = labels % labels.dtype.type(k) if 0 < k < 256 and draw.number(0, 9) else labels
    weights = draw.floats(draw.choice(np.float32, np.float64), count)
    with suppress(IndexError):  # an index of another array, as NumPy says
        table = draw.array(draw.choice(np.uint8, np.int16, np.uint32), k)
        assert np.array_equal(_native.take(table, labels, None, draw.threads), table[labels])
    sums = _native.label_sums(labels, weights, k)
    with np.errstate(all="ignore"):
        assert np.array_equal(sums, np.bincount(labels, weights, minlength=k)[:k], equal_nan=True)
    pixels, palette = draw.array(np.uint8, count, draw.choice(3, 4)), draw.array(np.uint8, k, 4)
    indices = labels.astype(np.uint8)
    assert _native.label_counts(indices, k).sum() == count
    assert _native.square_error(pixels, indices, palette, draw.threads, opaque=draw.choice(True, False)) >= 0


def judging(draw):
    height, width = draw.number(0, 40), draw.number(0, 40)
    before, after = (draw.array(np.uint8, height, width, draw.choice(3, 4)) for _ in range(2))
    grey = draw.choice(26, 230, -1, 300)
    greys = [grey, draw.choice(26, 230)][: draw.number(1, 2)]
    caches = [_native.ssimulacra2_cache(before, grey=grey, threads=draw.threads) for grey in greys]
    cached = _native.ssimulacra2_sums(before, after, greys=greys, caches=caches, threads=draw.threads)
    plain = _native.ssimulacra2_sums(before, after, greys=greys, threads=draw.threads)
    assert all(map(np.array_equal, cached, plain))
    indices, palette = draw.array(np.uint8, height, width), draw.array(np.uint8, draw.choice(256, 256, 9), 4)
    _native.ssimulacra2_sums(before, indices, greys=greys, palette=palette, caches=caches, threads=draw.threads)
    similar = _native.ssim_sum(before, after, grey=grey, threads=draw.threads)
    assert abs(similar) <= 3 * height * width


def dithering(draw):
    height, width, dimensions, k = draw.number(0, 20), draw.number(0, 30), draw.choice(3, 4, 2), draw.number(0, 260)
    indices = draw.array(np.uint8, height, width)
    features, palette = draw.floats(np.float32, height, width, dimensions), draw.floats(np.float32, k, dimensions)
    exact = draw.array(np.uint8, height, width) > 127
    errors = draw.floats(np.float32, width + draw.choice(2, 2, 1), 4)
    found = _native.dither(features, palette, exact, indices, draw.number(-1, 5) / 4, draw.number(-1, 3), errors)
    assert not found.size or not is_sane(features, palette, errors) or found.max() < max(k, int(indices.max()) + 1)


def lossy(draw):
    dimensions, height, width, k = draw.choice(1, 3, 4, 2), draw.number(0, 20), draw.number(0, 60), draw.number(0, 260)
    features, palette = draw.array(np.int16, dimensions, height, width) & 0x3FFF, draw.floats(np.float32, k, dimensions)
    _native.activity(features, np.abs(draw.floats(np.float64, _native.GAUSSIAN_TAPS)), draw.threads)
    bits = [np.abs(draw.floats(np.float32, size)) for size in (k, 259, _native.WINDOW + 1)]
    nearest = draw.array(np.uint8, height, width)
    nearest = nearest % k if 0 < k < 256 and draw.number(0, 5) else nearest
    found = _native.map_lossy(
        features, np.abs(draw.floats(np.float32, height, width)), nearest, palette, *bits,
        scale=draw.choice(1.0, 1e-6, 1e6), down=draw.choice(0.0, 0.45), right=draw.choice(0, 0.4),
        bands=draw.number(0, 21), lookups=draw.number(-1, 5), opaque=draw.number(-1, 16383),
        threads=draw.threads,
    )  # fmt: skip
    assert found.shape == (height, width)
    assert not found.size or not is_sane(palette, *bits) or found.max() < k
    assert (_native.parse(found, draw.number(0, 21), draw.threads) >= 0).all()


def merging(draw):
    weighted = draw.choice(True, False)
    lists = []
    for _ in range(2):
        keys = draw.array(np.uint32, draw.number(0, 90)) % draw.choice(30, 1 << 31)
        keys = np.unique(keys) if draw.number(0, 9) else keys
        weights = np.abs(draw.floats(np.float64, len(keys))) if weighted or draw.number(0, 9) == 0 else None
        lists.append((keys, draw.array(np.uint8, len(keys)).astype(np.int64), weights))
    keys, counts, _ = _native.merge_counts(*lists)
    assert len(keys) == len(counts)
    assert counts.sum() == sum(one[1].sum() for one in lists)


NEAR_LENGTHS, NEAR_DISTANCES = (1, 2, 3, 257, 258, 259), (32_767, 32_768, 32_769)  # the limits of copies


def deflating(draw):
    """Noise, runs, patterns of any period, and copies of what was there."""
    values = np.zeros(0, np.uint8)
    for _ in range(draw.number(0, 5)):
        pattern = draw.array(np.uint8, draw.choice(1, 2, draw.number(1, 300), draw.number(1, 3000)))
        pattern = pattern % np.uint8(draw.choice(1, 2, 5, 255))
        far = draw.number(0, 29) == 0  # seldom, as that takes long
        size = draw.choice(*NEAR_DISTANCES) if far else draw.choice(len(pattern), *NEAR_LENGTHS, draw.number(1, 3000))
        start = draw.number(0, len(values))
        part = values[start : start + size] if draw.number(0, 3) == 0 else np.resize(pattern, size)
        values = np.concatenate([values, part])[:40_000]  # beyond the window; a sanitizer takes seconds for more
    stream = _native.deflated(values, draw.threads, effort=draw.number(0, 2))
    unpacker = zlib.decompressobj(-15)
    assert unpacker.decompress(stream) == values.tobytes()
    assert unpacker.eof
    assert not unpacker.unused_data


def filtering(draw):
    rows = draw.array(np.uint8, draw.number(0, 9), draw.number(0, 40)) & np.uint8(draw.choice(1, 255))
    pairs = [len(set(itertools.pairwise(row))) for row in rows.tolist()]
    assert _native.different_pairs(rows).tolist() == pairs


def gif(draw):
    height, width, size = draw.number(0, 30), draw.number(0, 60), draw.number(1, 9)
    indices = draw.array(np.uint8, height, width)
    indices = indices & ((1 << min(size, 8)) - 1) if draw.number(0, 9) else indices
    chosen = None
    if draw.choice(True, False):
        dimensions, k = draw.choice(3, 4), draw.number(0, 260)
        before = draw.array(np.uint8, height, width) % min(255, max(1, k))
        chosen = _native.Lossy(
            draw.array(np.int16, dimensions, height, width) & 0x3FFF,
            np.abs(draw.floats(np.float32, height, width)), draw.floats(np.float32, k, dimensions),
            draw.choice(0.0, 0.45), draw.choice(14.0, 1e30), draw.choice(None, before),
        )  # fmt: skip
    states = draw.array(np.uint8, height, width) % 3 if draw.choice(True, False) else None
    symbols, codes = _native.lzw(indices, size, states=states, transparent=draw.number(-1, 256), lossy=chosen)
    assert symbols.max() >> size == 0 or (chosen and not is_sane(chosen.palette, chosen.weights))
    assert codes


TARGETS = (
    colors, strange_keys, merging, nearest, under_alpha, line, rows, points, indexing, judging, dithering, lossy,
    deflating, filtering, gif,
)  # fmt: skip


def test_one_input(data):
    if not data:
        return
    draw = Draw(data[1:])
    _native.use_simd_level(_native.SIMD_LEVELS[data[0] // len(TARGETS) % len(_native.supported_simd_levels())])
    try:
        TARGETS[data[0] % len(TARGETS)](draw)
    except ValueError as error:
        if "operands" in str(error) or not str(error).isprintable():
            raise


def main():
    given = sys.argv[1:]
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as folder:
        chance = np.random.default_rng(0)
        for number in range(6 * len(TARGETS)):
            (Path(folder) / str(number)).write_bytes(bytes([number % 256]) + chance.bytes(40 << number // len(TARGETS)))
        files = [argument for argument in given if Path(argument).exists()]
        seconds = next((argument for argument in given if argument.isdigit()), "600")
        options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4000", f"-artifact_prefix={HERE}/"]
        atheris.Setup([sys.argv[0], *options, "-max_len=8192", *(files or [folder])], test_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
