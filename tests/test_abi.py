"""The kernel on random valid input, the ends of its arrays in particular; `make sanitize` runs these."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from huepress import _native
from huepress._native import Step

LEVELS = _native.supported_simd_levels()
SEEDS = st.integers(0, 2**32 - 1)
CHANNELS = st.sampled_from([3, 4])
few = settings(max_examples=40, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def the_highest_level_again():
    yield
    _native.use_simd_level(LEVELS[-1])


def pixels_of(seed, count, channels):
    """Random pixels: some of few colours, some of all, and of all classes of alpha."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, rng.choice([2, 9, 256]), (count, channels)).astype(np.uint8)
    if channels == 4:
        pixels[:, 3] = rng.choice([0, 1, 128, 254, 255], count)
    return pixels


def points_of(seed, count, dimensions):
    """Points of the kernel and their coordinates (n, d), weights and classes."""
    rng = np.random.default_rng(seed)
    coordinates = np.zeros((dimensions, count + _native.LANES), np.int16)
    coordinates[:, :count] = rng.integers(0, _native.COORDINATE_LIMIT, (dimensions, count)) // rng.choice([1, 4096])
    starts = np.array([0, *np.sort(rng.integers(0, count + 1, 2)), count])
    _native.sort_points(coordinates, starts)
    weights = rng.integers(1, 1 + rng.choice([1, 100, 2**32 // count - 1]), count).astype(np.uint32)
    points = _native.Points(coordinates, weights, starts)
    return points, coordinates[:, :count].T.astype(np.float64), weights, np.repeat(np.arange(3), np.diff(starts))


@few
@given(SEEDS, st.integers(1, 2500), CHANNELS, st.integers(1, 4), st.sampled_from(LEVELS))
def test_counting_finding_and_mapping_agree_with_numpy(seed, count, channels, threads, level):
    _native.use_simd_level(level)
    pixels = pixels_of(seed, count, channels)
    keys, counts = _native.count_colors(pixels, threads)
    expected, expected_counts = np.unique(pixels, axis=0, return_counts=True)
    colors = _native.colors_of_keys(keys, channels)
    order = np.lexsort(colors.T[::-1])
    assert np.array_equal(colors[order], expected)
    assert np.array_equal(counts[order], expected_counts)
    assert np.array_equal(_native.keys_of_colors(colors), keys)
    positions = _native.find_colors(pixels, keys, threads)
    assert np.array_equal(colors[positions], pixels)
    labels = np.random.default_rng(seed).integers(0, 256, len(keys)).astype(np.uint8)
    assert np.array_equal(_native.map_pixels(pixels, keys, labels, threads), labels[positions])
    wide = _native.map_pixels(pixels, keys, labels, threads, wide=True)
    assert wide.dtype == np.int32
    assert np.array_equal(wide, labels[positions])


@few
@given(SEEDS, st.integers(1, 2500), st.integers(1, 4), st.sampled_from(LEVELS))
def test_three_channels_of_four_are_taken_where_they_lie(seed, count, threads, level):
    _native.use_simd_level(level)
    apart = pixels_of(seed, count + 1, 4).reshape(-1)[: 4 * count - 1]  # the memory ends with the last blue
    apart = np.lib.stride_tricks.as_strided(apart.copy(), (count, 3), (4, 1))
    packed = np.ascontiguousarray(apart)
    keys, counts = _native.count_colors(apart, threads)
    assert np.array_equal([keys, counts], _native.count_colors(packed, threads))
    found, expected = (_native.find_colors(pixels, keys, threads) for pixels in (apart, packed))
    assert np.array_equal(found, expected)
    labels = np.random.default_rng(seed).integers(0, 256, len(keys)).astype(np.uint8)
    assert np.array_equal(_native.map_pixels(apart, keys, labels, threads), labels[found])


@few
@given(SEEDS, st.integers(0, 9000), st.sampled_from(_native.NUMBERS), st.integers(1, 3), st.sampled_from(LEVELS))
def test_numbers_become_bytes_unless_one_of_them_cannot(seed, count, dtype, threads, level):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 256, count)
    numbers = values.astype(dtype)
    assert np.array_equal(_native.bytes_of_numbers(numbers, threads), values)
    wrong = [-1, 256, 2**31 - 1, -(2**31)] + ([0.5, np.nan, np.inf, -np.inf, 1e30] if dtype.kind == "f" else [])
    for number in wrong if count else []:
        numbers[:] = values
        numbers[rng.integers(count)] = number
        assert _native.bytes_of_numbers(numbers, threads) is None


def test_pixels_whose_colors_are_not_listed_are_mapped_to_any_of_the_labels():
    """Opaque keys alone, for pixels that are not opaque: nothing is read beside the table."""
    keys = _native.count_colors(pixels_of(1, 50, 3), 1)[0]
    pixels = np.full((300, 4), (255, 0, 255, 0), np.uint8)
    pixels[:, 3] = np.arange(300) % 255
    assert set(_native.map_pixels(pixels, keys, np.full(len(keys), 7, np.uint8), 1).tolist()) == {7}


@pytest.mark.parametrize("channels", [3, 4])
def test_keys_that_do_not_ascend_crash_nothing(channels):
    pixels = np.zeros((9, channels), np.uint8)
    _native.map_pixels(pixels, np.array([0xFF000005, 0xFF000006, 1], np.uint32), np.zeros(3, np.uint8), 2)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("threads", [1, 8])
def test_no_pixels_have_no_colours(channels, threads):
    _native.count_colors(pixels_of(0, 5000, channels), threads)  # leaves memory behind that is not all zero
    keys, counts = _native.count_colors(np.zeros((0, channels), np.uint8), threads)
    assert len(keys) == len(counts) == 0


@few
@given(SEEDS, st.integers(0, 3000))
def test_sort_order_is_that_of_a_stable_sort(seed, count):
    keys = np.random.default_rng(seed).integers(0, 2**32 >> seed % 28, count).astype(np.uint32)
    assert np.array_equal(_native.sort_order(keys), np.argsort(keys, kind="stable"))


@few
@given(SEEDS, st.integers(0, 900), CHANNELS)
def test_points_are_sorted_by_their_bits_interleaved_within_each_class(seed, count, dimensions):
    rng = np.random.default_rng(seed)
    coordinates = rng.integers(0, _native.COORDINATE_LIMIT, (dimensions, count + 5)).astype(np.int16)
    coordinates //= rng.choice(np.array([1, 4096], np.int16))
    starts = np.array([0, *np.sort(rng.integers(0, count + 1, 2)), count])
    text = [["".join(bits) for bits in zip(*(f"{x >> 6:08b}" for x in point), strict=True)] for point in coordinates.T]
    expected = np.array([int("".join(bits), 2) for bits in text[:count]], np.uint32)
    unsorted = coordinates.copy()
    order = _native.sort_points(coordinates, starts)
    for first, end in itertools.pairwise(starts):
        assert np.array_equal(order[first:end], first + np.argsort(expected[first:end], kind="stable"))
    assert np.array_equal(coordinates[:, :count], unsorted[:, order])
    assert np.array_equal(coordinates[:, count:], unsorted[:, count:])


def test_points_that_cannot_be_sorted_in_place_are_refused():
    starts = np.array([0, 0, 1, 5])
    with pytest.raises(ValueError, match="contiguous"):
        _native.sort_points(np.zeros((3, 12), np.int16)[:, ::2], starts)
    with pytest.raises(ValueError, match=r"0 .. 4, not 0 .. \[0, 1, 5\]"):
        _native.sort_points(np.zeros((3, 4), np.int16), starts)


def distances_in_class(colors, palette):
    """The oracle's, infinite to entries of another class where an entry is of the colour's own."""
    table, classes, own = oracles.distances(colors, palette), *map(oracles.alpha_classes, (palette, colors))
    same = own[:, None] == classes
    return np.where(same | ~same.any(1)[:, None], table, np.inf)


@few
@given(SEEDS, st.integers(1, 300), st.integers(1, 256), st.integers(1, 3), st.sampled_from(LEVELS), st.booleans())
def test_nearest_under_alpha_is_the_oracles(seed, count, entries, threads, level, ascending):
    _native.use_simd_level(level)
    colors, palette = pixels_of(seed, count, 4), pixels_of(seed + 1, entries, 4)
    palette = palette[(palette[:, 3] > 0) | (seed % 2 == 0)]
    if not len(palette):
        return
    if ascending:  # as those of a histogram, where neighbours have much the same alpha
        colors = colors[np.argsort(_native.keys_of_colors(colors), kind="stable")]
    labels, distances = _native.nearest_rgba(_native.keys_of_colors(colors), palette, threads)
    table = distances_in_class(colors, palette)
    assert np.allclose(distances, table.min(1))
    assert np.array_equal(labels, np.round(table, 6).argmin(1))


@few
@given(SEEDS, st.integers(1, 200), st.integers(1, 256))
def test_of_entries_equally_near_under_alpha_the_first_is_taken(seed, count, entries):
    chance = np.random.default_rng(seed)
    colors, palette = (chance.integers(0, 3, (n, 4)).astype(np.uint8) * np.uint8(2) for n in (count, entries))
    labels, _ = _native.nearest_rgba(_native.keys_of_colors(colors), palette, 1)
    assert np.array_equal(labels, np.round(distances_in_class(colors, palette), 6).argmin(1))


def test_of_equal_entries_that_are_as_far_as_their_alpha_alone_the_first_is_taken():
    color, entry = [130, 130, 130, 150], [135, 135, 135, 50]  # (2 c - 255) a is the same: see native/under_alpha.h
    keys = _native.keys_of_colors(np.array([color], np.uint8))
    labels, distances = _native.nearest_rgba(keys, np.array([entry, entry], np.uint8), 1)
    assert (labels.tolist(), distances.tolist()) == ([0], [pytest.approx(3 * 100**2 / 4)])


@few
@given(SEEDS, st.integers(1, 700), CHANNELS, st.integers(3, 40), st.integers(1, 3), st.sampled_from(LEVELS), st.data())
def test_each_step_of_k_means_keeps_its_promises(seed, count, dimensions, k, threads, level, data):
    _native.use_simd_level(level)
    points, rows, weights, classes = points_of(seed, count, dimensions)
    bits = data.draw(st.integers(1, points.finest))
    split = points.search([Step(Step.SPLIT, bits)], np.zeros((0, dimensions)), np.zeros(0, np.uint8), k=k)
    assert 1 <= len(split.centers) <= k
    assert set(classes) == set(split.classes)
    fixed = data.draw(st.integers(0, len(split.centers)))
    swapped = points.search(
        [Step(Step.SWAPS, bits, 20)], split.centers, split.classes, fixed=fixed, seed=seed, threads=threads
    )
    assert np.array_equal(swapped.centers[:fixed], split.centers[:fixed])
    assert set(swapped.classes) == set(classes)
    done = points.lloyd(swapped.centers, swapped.classes, fixed=fixed, iterations=3, threads=threads, labels=True)
    assert np.array_equal(swapped.classes[done.labels], classes)
    for d, column in enumerate([np.ones(count), *rows.T]):
        sums = np.bincount(done.labels, weights * column, len(swapped.centers))
        assert np.array_equal(sums, done.sums[:, d])
    error = (weights * ((rows - done.centers[done.labels]) ** 2).sum(1)).sum()
    squares = (weights * (rows**2).sum(1)).sum()  # from which the kernel subtracts what the centres explain
    assert done.error == pytest.approx(error, rel=1e-9, abs=1e-14 * squares)


@pytest.mark.parametrize("dimensions", [3, 4])
@pytest.mark.parametrize("level", LEVELS)
def test_threads_share_an_assignment_of_points(level, dimensions):
    _native.use_simd_level(level)
    points, *_, classes = points_of(0, 20_000, dimensions)  # more than three threads' least share
    centers = np.random.default_rng(1).random((60, dimensions)) * 16383
    of_class = np.resize(np.unique(classes), 60).astype(np.uint8)
    alone, shared = (points.lloyd(centers, of_class, iterations=3, threads=n, labels=True) for n in (1, 3))
    assert np.array_equal(alone.labels, shared.labels)
    assert np.array_equal(alone.centers, shared.centers)


@few
@given(SEEDS, st.integers(1, 400), CHANNELS, st.integers(1, 30), st.sampled_from(LEVELS))
def test_without_iterations_every_point_goes_to_its_nearest_centre(seed, count, dimensions, k, level):
    _native.use_simd_level(level)
    points, rows, _, classes = points_of(seed, count, dimensions)
    rng = np.random.default_rng(seed)
    present = np.unique(classes)
    center_classes = np.concatenate([present, rng.choice(present, k)]).astype(np.uint8)
    centers = np.rint(rng.random((len(center_classes), dimensions)) * 16383)
    found = points.lloyd(centers, center_classes, fixed=len(centers), iterations=0, labels=True)
    table = ((rows[:, None] - centers) ** 2).sum(-1)
    table[classes[:, None] != center_classes] = np.inf
    chosen = table[np.arange(count), found.labels]
    assert (chosen - table.min(1)).max() <= 1e-6 * 4 * 16383**2


@few
@given(SEEDS, st.integers(1, 200), st.integers(1, 20), st.integers(1, 20), st.integers(1, 3), st.sampled_from(LEVELS))
def test_rows_agree_with_numpy(seed, count, features, k, threads, level):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    rows, centers, weights = rng.normal(size=(count, features)), rng.normal(size=(k, features)), rng.random(count)
    table = ((rows[:, None] - centers) ** 2).sum(-1)
    labels, distances = _native.rows_nearest(rows, centers, threads)
    assert np.allclose(_native.rows_distances(rows, centers, threads), table)
    assert np.allclose(distances, table.min(1))
    assert np.allclose(table[np.arange(count), labels], table.min(1))
    sums = [np.bincount(labels, weights * column, k) for column in rows.T]
    assert np.allclose(_native.rows_sums(rows, weights, labels, k).T, sums)


@few
@given(SEEDS, st.integers(1, 200), st.integers(1, 4), st.integers(1, 20), st.integers(1, 3), st.sampled_from(LEVELS))
def test_keys_have_the_nearest_centres_of_the_rows_that_they_stand_for(seed, count, features, k, threads, level):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    colors, centers = pixels_of(seed, count, max(3, features)), rng.random((k, features)) * 255
    found = _native.keys_nearest(_native.keys_of_colors(colors), centers, threads)
    expected = _native.rows_nearest(colors[:, :features].astype(np.float64), centers, threads)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@few
@given(SEEDS, st.integers(0, 500), st.integers(1, 256), st.sampled_from("BI"), st.sampled_from("fd"))
def test_the_weights_of_labels_are_added_in_their_order(seed, count, size, label_type, weight_type):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, size, count).astype(label_type)
    weights = (rng.random(count) * 10.0 ** rng.integers(-9, 9, count)).astype(weight_type)
    expected = [0.0] * size
    for label, weight in zip(labels.tolist(), weights.tolist(), strict=True):
        expected[label] += weight
    assert _native.label_sums(labels, weights, size).tolist() == expected


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        (Step.SPLIT, {"k": 8, "fixed": 1}, "all 2 centres must be fixed before a split, not 1"),
        (Step.SPLIT, {"k": 8, "fixed": 2, "labels": True}, "after Lloyd's algorithm only"),
        (Step.SWAPS, {"labels": True}, "after Lloyd's algorithm only"),
    ],
)
def test_steps_that_would_write_too_much_or_nothing_are_refused(kind, options, told):
    points = points_of(1, 50, 3)[0]
    centers, classes = np.zeros((2, 3)), np.zeros(2, np.uint8)
    classes[:] = min(points.present)
    with pytest.raises(ValueError, match=told):
        points.search([Step(kind, 8, 3)], centers, classes, **options)


def test_labels_beyond_the_sums_and_indices_beyond_the_palette_are_refused():
    with pytest.raises(ValueError, match="labels must be below 3"):
        _native.label_sums(np.array([0, 3], np.uint8), np.ones(2), 3)
    with pytest.raises(ValueError, match="indices must be below 1"):
        _native.square_error(
            np.zeros((1, 3), np.uint8), np.ones(1, np.uint8), np.zeros((1, 4), np.uint8), 1, opaque=True
        )


def test_lists_of_colours_are_merged_with_weights_in_both_or_in_none():
    keys, counts = np.array([1, 5], np.uint32), np.array([2, 3], np.int64)
    merged = _native.merge_counts((keys, counts, np.array([0.5, 1.0])), (keys[1:], counts[1:], np.array([4.0])))
    assert [array.tolist() for array in merged] == [[1, 5], [2, 6], [0.5, 5.0]]
    with pytest.raises(ValueError, match="both"):
        _native.merge_counts((keys, counts, None), (keys, counts, np.ones(2)))


@few
@given(SEEDS, st.integers(1, 20000), st.integers(1, 4))
def test_equal_rows_are_grouped(seed, count, features):
    units = np.array([0.1, -1e-300, 1e300, 3])[:features]
    rows = np.random.default_rng(seed).integers(-1, 9, (count, features)) * units
    firsts, groups = _native.rows_distinct(rows)
    _, expected, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(expected)  # by the first of each
    assert np.array_equal(firsts, expected[order])
    assert np.array_equal(groups, np.argsort(order)[inverse.reshape(-1)])


@few
@given(SEEDS, st.integers(8, 70), st.integers(8, 70), CHANNELS, st.integers(1, 4), st.sampled_from(LEVELS))
def test_judging_is_the_same_with_a_cache_and_with_threads(seed, height, width, channels, threads, level):
    _native.use_simd_level(level)
    original = pixels_of(seed, height * width, channels).reshape(height, width, channels)
    result = pixels_of(seed + 1, height * width, 7 - channels).reshape(height, width, 7 - channels)
    caches = [_native.ssimulacra2_cache(original, grey=grey, threads=threads) for grey in (26, 230)]
    found = sums_of(original, result, greys=(26, 230), caches=caches, threads=threads)
    assert np.isfinite(found).all()
    assert np.array_equal(found, sums_of(original, result, greys=(26, 230), threads=1))
    assert np.array_equal(found[1:], sums_of(original, result, greys=(230,), threads=1))
    assert not sums_of(original, original, greys=(230,), threads=threads)[..., 0, :].any()
    palette = pixels_of(seed + 2, 256, 4)
    indexed = sums_of(original, result[..., 0], greys=(26,), palette=palette, threads=threads)
    assert np.array_equal(indexed, sums_of(original, palette[result[..., 0]], greys=(26,), threads=1))


def sums_of(*pictures, **options):
    return np.concatenate(_native.ssimulacra2_sums(*pictures, **options), axis=1)


@few
@given(
    SEEDS, st.integers(1, 40), st.integers(1, 90), CHANNELS, st.integers(1, 4), st.sampled_from(LEVELS), st.booleans()
)
def test_activity_is_the_deviation_under_a_mirrored_window(seed, height, width, dimensions, threads, level, flat):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    coordinates = rng.integers(0, 16384, (dimensions, height, width)).astype(np.int16)
    if flat:  # areas of one colour, which are not looked at, and a spot
        coordinates = coordinates[:, :1, :2].repeat(height, 1).repeat(width, 2)[..., :width].copy()
        coordinates[:, rng.integers(height), rng.integers(width)] = 7
    taps = rng.random(_native.GAUSSIAN_TAPS)
    taps /= taps.sum()
    radius = _native.GAUSSIAN_TAPS // 2
    padded = np.pad(coordinates.astype(np.float64), ((0, 0), (radius, radius), (radius, radius)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (len(taps), len(taps)), axis=(1, 2))
    mean, square = (np.einsum("dhwyx,y,x->dhw", power, taps, taps) for power in (windows, windows**2))
    expected = np.sqrt(np.maximum(0, square - mean**2).sum(0))
    assert np.allclose(_native.activity(coordinates, taps, threads), expected, rtol=1e-4, atol=1)


@few
@given(
    SEEDS,
    st.integers(1, 30),
    st.integers(1, 300),
    st.sampled_from([3, 4]),
    st.integers(1, 5),
    st.sampled_from(LEVELS),
)
def test_lossy_mapping_at_a_high_price_of_errors_is_lossless(seed, height, width, dimensions, threads, level):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    count, bands = int(rng.integers(1, 257)), int(rng.integers(1, height + 1))
    palette = rng.permutation(256 * dimensions)[: count * dimensions].reshape(count, dimensions).astype(np.float32)
    wanted = rng.integers(0, count, (height, width)).astype(np.uint8)
    wanted = np.where(rng.random((height, 1)) < 0.5, wanted[:1], wanted)  # rows to copy
    features = np.ascontiguousarray(palette[wanted].transpose(2, 0, 1)).astype(np.int16)
    bits = [rng.random(size).astype(np.float32) * 20 for size in (count, 259, _native.WINDOW + 1)]
    bits[1][:3] = 1e9
    found = _native.map_lossy(
        features, np.ones((height, width), np.float32), wanted, palette, *bits, scale=1e3, bands=bands, threads=threads
    )
    assert np.array_equal(found, wanted)
    statistics = _native.parse(wanted, bands, threads)
    assert statistics[_native.LENGTH_STATISTICS].sum() == statistics[_native.DISTANCE_STATISTICS].sum()
    assert statistics[_native.LITERAL_STATISTICS].sum() <= height * width
    assert (np.flatnonzero(statistics[_native.LITERAL_STATISTICS]) < count).all()


@few
@given(SEEDS, st.integers(1, 256), st.sampled_from([3, 4]), st.booleans(), st.sampled_from([1, 4]))
def test_simd_levels_agree_on_lossy_mapping_of_any_entries(seed, count, dimensions, whole, lookups):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 60, 2)
    palette = rng.uniform(0, 16000, (count, dimensions)).astype(np.float32)
    palette = np.rint(palette) if whole else palette
    opaque = 16000 if dimensions == 4 else -1
    if dimensions == 4:
        palette[rng.random(count) < 0.5, 3] = _native.APART
    wanted = np.repeat(rng.integers(0, count, (height, width // 3 + 1)), 3, axis=1)[:, :width].astype(np.uint8)
    features = np.clip(palette[wanted].transpose(2, 0, 1), 0, 16000) + rng.integers(-300, 300, (height, width))
    features = np.ascontiguousarray(np.clip(features, 0, 16000), np.int16)
    bits = [rng.random(size).astype(np.float32) * 20 for size in (count, 259, _native.WINDOW + 1)]
    bits[1][:3] = 1e9
    found = []
    for level in LEVELS:
        _native.use_simd_level(level)
        found.append(
            _native.map_lossy(
                features, np.ones((height, width), np.float32), wanted, palette, *bits, scale=1e-4, down=0.4, right=0.2,
                lookups=lookups, opaque=opaque,
            )
        )  # fmt: skip
    assert (found[0] < count).all()
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@few
@given(SEEDS, st.integers(1, 256), st.sampled_from([3, 4]), st.booleans())
def test_simd_levels_agree_on_the_codes_of_gifs_of_any_entries(seed, count, dimensions, clear):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 40, 2))
    palette = rng.uniform(0, 16000, (count, dimensions)).astype(np.float32)
    nearest = rng.integers(0, count, shape).astype(np.uint8)
    features = np.clip(np.rint(palette[nearest]).transpose(2, 0, 1) + rng.integers(-900, 900, shape), 0, 16000)
    weights = rng.uniform(0, 3e-4, shape).astype(np.float32)
    before = rng.integers(0, count, shape).astype(np.uint8)
    lossy = _native.Lossy(
        np.ascontiguousarray(features, np.int16), weights, palette, 0.6, 14.0, before if clear else None
    )
    states = rng.integers(0, 3, shape).astype(np.uint8)
    found = []
    for level in LEVELS:
        _native.use_simd_level(level)
        found.append(_native.lzw(nearest, 8, states=states, transparent=count - 1 if clear else -1, lossy=lossy))
    assert (found[0][0] < count).all()
    for symbols, codes in found[1:]:
        np.testing.assert_array_equal(found[0][0], symbols)
        assert found[0][1] == codes


@few
@given(SEEDS, st.integers(1, 256), st.sampled_from([3, 4]), st.booleans(), st.booleans(), st.sampled_from(LEVELS))
def test_codes_of_gifs_stand_for_what_each_pixel_may_be(seed, count, dimensions, clear, chosen, level):
    _native.use_simd_level(level)
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 90, 2))
    palette = rng.integers(0, 16000, (count, dimensions)).astype(np.float32)
    indices, before = np.repeat(rng.integers(0, count, (2, *shape)), rng.integers(1, 9), axis=2)[..., : shape[1]]
    features = np.clip(palette[indices].transpose(2, 0, 1) + rng.integers(-900, 900, shape), 0, 16000)
    weights = rng.uniform(0, 3e-4, shape).astype(np.float32)
    states, transparent, size = rng.integers(0, 3, shape), count - 1 if clear else -1, max(2, (count - 1).bit_length())
    indices, before, states = (array.astype(np.uint8) for array in (indices, before, states))
    lossy = _native.Lossy(features.astype(np.int16), weights, palette, 0.0, 9.0, before if clear else None)
    symbols, codes = _native.lzw(indices, size, states=states, transparent=transparent, lossy=lossy if chosen else None)
    found, bits = oracles.symbols_of_lzw(codes, size)
    assert found == symbols.reshape(-1).tolist()
    assert len(codes) == (bits + 7) // 8
    kept, free = states == _native.KEPT, states == _native.FREE
    assert ((symbols == indices) | (kept & (symbols == transparent)) | (free if chosen else False)).all()
    if chosen:  # within the slack of the cheapest entry, where the transparent one costs what is there before
        costs = ((features[..., np.newaxis] - palette.T[:, np.newaxis, np.newaxis]) ** 2).sum(axis=0)
        if clear:
            others = np.where(
                before == transparent, np.inf, np.take_along_axis(costs, before[..., np.newaxis], 2)[..., 0]
            )
            costs[..., transparent] = others
        paid = np.take_along_axis(costs, symbols[..., np.newaxis].astype(int), 2)[..., 0] - costs.min(axis=2)
        assert (weights * paid <= 9.0 * (1 + 1e-4))[free & np.isfinite(paid)].all()


def over_grey(pixels, grey):
    """(h, w, 3) of (h, w, 3|4), rounded."""
    levels = pixels.astype(int)
    alpha = levels[..., 3:] if pixels.shape[2] == 4 else 255
    return (2 * (levels[..., :3] * alpha + grey * (255 - alpha)) + 255) // 510


def ssim_of_windows(a, b):
    """Wang et al. 2004, window by window."""
    place = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    weights = np.outer(place, place)[..., None] / place.sum() ** 2
    total = 0.0
    for y, x in np.ndindex(a.shape[0] - 10, a.shape[1] - 10):
        p, q = (picture[y : y + 11, x : x + 11].astype(float) for picture in (a, b))
        mean_p, mean_q = ((weights * window).sum(axis=(0, 1)) for window in (p, q))
        spread_p, spread_q = p - mean_p, q - mean_q
        variances = (weights * (spread_p**2 + spread_q**2)).sum(axis=(0, 1))
        covariance = (weights * spread_p * spread_q).sum(axis=(0, 1))
        likeness = (2 * mean_p * mean_q + 6.5025) * (2 * covariance + 58.5225)
        total += (likeness / ((mean_p**2 + mean_q**2 + 6.5025) * (variances + 58.5225))).sum()
    return total


@few
@given(SEEDS, st.integers(11, 24), st.integers(11, 30), st.integers(1, 3), st.sampled_from(LEVELS), CHANNELS, CHANNELS)
def test_ssim_is_the_oracles(seed, height, width, threads, level, channels, other_channels):
    _native.use_simd_level(level)
    pair = [pixels_of(seed + i, height * width, n) for i, n in enumerate((channels, other_channels))]
    a, b = (pixels.reshape(height, width, -1) for pixels in pair)
    b[: height // 2, :, :3] = a[: height // 2, :, :3] // 2 * 2
    found = _native.ssim_sum(a, b, grey=230, threads=threads)
    assert found == pytest.approx(ssim_of_windows(over_grey(a, 230), over_grey(b, 230)), rel=1e-9, abs=1e-9)
