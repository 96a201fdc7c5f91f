import itertools
import zlib
from dataclasses import replace

import numpy as np
import pytest

from huepress import _native
from huepress.histogram import Histogram
from huepress.kmeans import strategy_named
from huepress.lossy import Diffusion, Mapping
from huepress.palette import Palette
from huepress.rate import Costs, Statistics, merge_entries
from huepress.scene import SPACE, Scene, bands_of, lossless_statistics

NONE = np.zeros((0, 3), np.uint8)
PLAIN = Diffusion(0.35, 0.25)
RADIUS = _native.GAUSSIAN_TAPS // 2


def fixed_costs(k):
    return Costs.measured(Statistics(np.zeros(k), np.zeros(29), np.zeros(30)))


def photo(height=96, width=80, seed=0):
    """Smooth shapes with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    base = np.stack([x * 2.0, y * 1.5, 120 + 80 * np.sin((x + y) / 9)], axis=2)
    return np.clip(base + rng.normal(0, 6, base.shape), 0, 255).astype(np.uint8)


def scene_of(pixels, k, fixed=NONE, threads=1):
    return Scene(pixels, Histogram.of_pixels(pixels), None, k, fixed, threads)


def mapping(pixels, k=32, threads=1):
    scene = scene_of(pixels, k, threads=threads)
    return Mapping(scene, scene.learn(k, strategy_named("fast"), NONE, 0))


def lossless_bits(row, costs):
    """The least bits for a row of symbols by literals and copies of 1 .. 8 before, by plain dynamic programming."""
    best = [0.0] + [np.inf] * len(row)
    for x in range(len(row)):
        best[x + 1] = min(best[x + 1], best[x] + costs.literals[row[x]])
        for distance in range(1, min(8, x) + 1):
            length = 0
            while x + length < len(row) and row[x + length] == row[x + length - distance]:
                length += 1
                if length >= 3:
                    bits = costs.distances[distance] + costs.lengths[length]
                    best[x + length] = min(best[x + length], best[x] + bits)
    return best[-1]


@pytest.mark.parametrize("seed", range(12))
def test_a_row_costs_hardly_more_than_the_best_of_all_possible_rows(seed):
    rng = np.random.default_rng(seed)
    entries = np.array([[0, 0, 0], [40, 0, 0], [90, 20, 0]], np.float32)
    wanted = np.repeat(rng.integers(0, 100, 4), 2)[:8].astype(np.int16)
    features = np.zeros((3, 1, 8), np.int16)
    features[0, 0] = wanted + rng.integers(-5, 6, 8)
    costs, scale = fixed_costs(3), 0.02
    distances = ((features[:, 0].T[:, None] - entries) ** 2).sum(axis=2) * scale

    def cost(row):
        return distances[np.arange(8), list(row)].sum() + lossless_bits(list(row), costs)

    result = _native.map_lossy(
        features, np.ones((1, 8), np.float32), distances.argmin(axis=1).astype(np.uint8)[None], entries,
        costs.literals, costs.lengths, costs.distances, scale=scale,
    )  # fmt: skip
    least = min(cost(row) for row in itertools.product(range(3), repeat=8))
    assert cost(result[0]) <= 1.06 * least


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2), (40, 33), (150, 7)])
def test_literals_and_copies_of_the_parse_make_up_the_picture(shape):
    indices = np.random.default_rng(5).integers(0, 3, shape).astype(np.uint8)
    for bands in (1, min(3, shape[0])):
        counts = _native.parse(indices, bands, 2)
        literals, lengths = counts[_native.LITERAL_STATISTICS], counts[_native.LENGTH_STATISTICS]
        assert (literals[:3] <= np.bincount(indices.reshape(-1), minlength=3)).all()
        assert lengths.sum() == counts[_native.DISTANCE_STATISTICS].sum()
        shortest = np.array([3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99])
        longest = np.append(shortest[1:] - 1, 114)
        copied = indices.size - literals.sum()
        assert lengths[:23] @ shortest <= copied
        assert lengths[23:].any() or copied <= lengths[:23] @ longest


def test_noise_is_parsed_into_literals_and_a_flat_row_into_one_copy():
    noise = np.random.default_rng(6).permutation(256).astype(np.uint8).reshape(16, 16)
    assert _native.parse(noise, 1, 1)[_native.LITERAL_STATISTICS].sum() == 256
    flat = _native.parse(np.full((1, 259), 7, np.uint8), 1, 1)
    assert (flat[7], flat.sum()) == (1, 3)  # a literal, and a copy of 258 at distance 1
    assert flat[_native.LENGTH_STATISTICS][28] == flat[_native.DISTANCE_STATISTICS][0] == 1


def test_repeated_rows_become_copies():
    row = np.random.default_rng(2).integers(0, 200, 60).astype(np.uint8)
    indices = np.tile(row, (50, 1))
    statistics = lossless_statistics(indices, 200, threads=1)
    assert statistics.literals.sum() <= 60
    assert statistics.lengths.sum() <= 60


def test_a_higher_price_takes_fewer_bits_and_errs_more():
    from huepress.encode import encode
    from huepress.indexed import IndexedPicture

    start = mapping(photo())
    features, weights = start.scene.features.astype(float), start.scene.weights
    sizes, errors = [], []
    for price in (1e-5, 1e-3, 1e-2, 1e-1):
        mapped = start.merged(price).at(price, PLAIN)
        sizes.append(len(encode(IndexedPicture(mapped.palette, mapped.indices, 0.0, 0.0, 0))))
        entries = start.scene.entries(mapped.palette.colors)[mapped.indices].transpose(2, 0, 1)
        errors.append((((entries - features) ** 2).sum(axis=0) * weights).mean())
    assert sizes == sorted(sizes, reverse=True)
    assert errors[0] < errors[-2] < errors[-1]
    assert sizes[-1] < sizes[0] / 3


def deviations(scene):
    """(H, W) of the coordinates under a Gaussian of 1.5 pixels, in units of Oklab."""
    across = np.arange(_native.GAUSSIAN_TAPS) - RADIUS
    taps = np.exp(-((across / 1.5) ** 2) / 2)
    taps /= taps.sum()
    padded = np.pad(scene.features / SPACE.scale, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * RADIUS + 1, 2 * RADIUS + 1), axis=(1, 2))
    mean, square = (np.einsum("dhwyx,y,x->dhw", power, taps, taps) for power in (windows, windows**2))
    return np.sqrt(np.maximum(0, square - mean**2).sum(0))


def test_errors_are_masked_where_the_picture_is_busy_and_the_more_the_higher_the_price():
    pixels = photo()
    pixels[:40] = 90  # flat
    scene = scene_of(pixels, 32)
    found, a = {price: scene.weights_at(price) for price in (1e-5, 1.5e-3, 1.6e-3, 6e-3, 1e2)}, deviations(scene)
    assert found[1e-5] is scene.weights
    assert np.allclose(found[1e-5], np.sqrt(32 / (0.001 + a)), rtol=2e-3)
    assert np.allclose(found[1e2], 1 / (0.003 + a), rtol=2e-3)
    contrasts = [weights.max() / weights.min() for weights in found.values()]
    assert contrasts[0] == contrasts[1] < contrasts[2] < contrasts[3] < contrasts[4]
    assert contrasts[2] < 1.3 * contrasts[1]  # no step


def test_importance_multiplies_the_weights_at_every_price():
    pixels, importance = photo(), np.linspace(0, 1, 80, dtype=np.float32) * np.ones((96, 1), np.float32)
    histogram = Histogram.of_pixels(pixels)
    plain, scene = (Scene(pixels, histogram, given, 32, NONE, 1) for given in (None, importance))
    for price in (1e-4, 1e-2):
        assert np.allclose(scene.weights_at(price), plain.weights_at(price) * importance, rtol=1e-5)


def test_a_bit_that_is_nearly_free_gives_the_nearest_entries():
    start = mapping(photo())
    mapped = start.at(1e-9, Diffusion(0.0, 0.0))
    plain = start.plain()
    same = (mapped.palette.colors[mapped.indices] == plain.palette.colors[plain.indices]).all(axis=2)
    assert same.mean() > 0.999  # the rest are all but ties


def test_one_result_is_joined_above_another():
    start = mapping(photo())
    upper, lower = start.at(2.0**-12, PLAIN), start.at(2.0**-9, PLAIN)
    joined = upper.above(lower, 40.5)
    np.testing.assert_array_equal(joined.indices[:40], upper.indices[:40])
    np.testing.assert_array_equal(joined.indices[40, :40], upper.indices[40, :40])
    np.testing.assert_array_equal(joined.indices[40, 40:], lower.indices[40, 40:])
    np.testing.assert_array_equal(joined.indices[41:], lower.indices[41:])
    assert (upper.indices[41:] != lower.indices[41:]).any()


def test_refined_entries_are_means_of_their_pixels_and_err_less():
    pixels = photo()
    m = mapping(pixels, 12)
    mapped = replace(m.at(1e-3, Diffusion(0.0, 0.0)), fixed=2)
    refined = m.refined(mapped, 1e-3)
    np.testing.assert_array_equal(refined.indices, mapped.indices)
    np.testing.assert_array_equal(refined.palette.colors[:2], mapped.palette.colors[:2])
    weights = m.scene.weights_at(1e-3)

    def error(palette):
        entries = m.scene.entries(palette.colors)[mapped.indices].transpose(2, 0, 1)
        return (weights * ((m.scene.features - entries) ** 2).sum(axis=0))[mapped.indices >= 2].sum()

    assert error(refined.palette) < error(mapped.palette)
    part = mapped.indices == 5
    mean = [np.average(axis[part], weights=weights[part]) for axis in m.scene.features]
    step = np.abs(m.scene.entries(refined.palette.colors)[5] - mean).max()
    assert step < SPACE.scale / 255  # rounded to a colour of 8 bits


@pytest.mark.parametrize("seed", range(4))
def test_merged_entries_move_to_where_they_err_less_than_by_merging_alone(seed):
    pixels, price = photo(seed=seed), 2.0**-2
    start = mapping(pixels, 48)
    scene, entries = start.scene, start.scene.entries(start.palette.colors).astype(float)
    points = scene.points.coordinates(pixels.reshape(-1, 3)).round()
    weights = scene.weights_at(price).reshape(-1).astype(float)

    def error(centers):
        return (((points[:, np.newaxis] - centers) ** 2).sum(axis=2).min(axis=1) * weights).sum()

    sums = np.bincount(start.nearest.reshape(-1), weights, len(entries))
    alone = merge_entries(entries, sums, start.statistics, price * SPACE.scale**2)
    merged = scene.entries(start.merged(price).palette.colors)
    assert len(merged) == alone.kept.sum() < len(entries)
    assert error(merged) < error(alone.coordinates[alone.kept])


def test_a_result_takes_the_nearest_entries_of_another_palette():
    start = mapping(photo())
    coarse = start.merged(2.0**-2)
    result = coarse.at(2.0**-9, PLAIN)
    adopted = start.adopted(result)
    assert adopted.palette is start.palette
    assert coarse.adopted(result) is result
    entries = start.scene.entries(start.palette.colors)
    for index in np.unique(result.indices):
        distances = ((entries - coarse.scene.entries(coarse.palette.colors)[index]) ** 2).sum(axis=1)
        assert set(adopted.indices[result.indices == index]) == {distances.argmin()}


def test_flat_areas_of_few_colors_stay_as_they_are():
    rng = np.random.default_rng(8)
    pixels = np.full((70, 400, 3), 240, np.uint8)
    pixels[10:20, 100:130] = rng.integers(0, 4, (10, 30, 1)) * 60  # between flat areas on all sides
    pixels[40:, :350] = pixels[39, 0] - np.uint8(90)
    start = mapping(pixels, k=8)
    mapped = start.at(1e-7, PLAIN)
    np.testing.assert_array_equal(mapped.palette.colors[mapped.indices], pixels)


def test_the_exchange_is_what_the_palette_costs_in_distance_for_each_bit():
    start = mapping(photo())
    points = start.scene.points.coordinates(photo().reshape(-1, 3)).round()
    entries = start.scene.entries(start.palette.colors)[start.nearest.reshape(-1)]
    distance = (((points - entries) / 16000) ** 2).sum(axis=1) @ start.scene.weights.reshape(-1)
    bits = start.statistics.bits(Costs.measured(start.statistics))
    assert start.exchange == pytest.approx(distance / bits, rel=1e-4)
    assert 0.3 < bits / 8 / len(deflated(start.plain())) < 1.5


def deflated(mapped):
    return zlib.compress(mapped.indices.tobytes(), 9)


def test_threads_and_simd_levels_change_no_index():
    pixels = photo(512, 520)  # two bands
    results = []
    try:
        for level in _native.supported_simd_levels():
            _native.use_simd_level(level)
            for threads in (1, 2, 3):
                start = mapping(pixels, threads=threads)
                assert bands_of(512, 520) == 2
                mapped = start.merged(2e-3).at(2e-3, PLAIN)
                results.append((mapped.indices.tobytes(), mapped.palette.colors.tobytes()))
    finally:
        _native.use_simd_level(_native.supported_simd_levels()[-1])
    assert len(set(results)) == 1


def test_classes_of_alpha_do_not_mix():
    rng = np.random.default_rng(4)
    pixels = np.dstack([photo(48, 48), np.full((48, 48), 255, np.uint8)])
    pixels[:16] = 0
    pixels[16:32, :, 3] = rng.integers(1, 255, (16, 48))
    start = mapping(pixels, k=16)
    for price in (1e-4, 1e-2, 1.0, 100.0):
        mapped = start.merged(price).at(price, PLAIN)
        alpha = mapped.palette.colors[mapped.indices][..., 3]
        assert (alpha[:16] == 0).all()
        assert ((alpha[16:32] > 0) & (alpha[16:32] < 255)).all()
        assert (alpha[32:] == 255).all()


def test_a_palette_is_used_as_it_is():
    palette = Palette([[0, 0, 0], [120, 80, 130], [255, 255, 255]])
    scene = scene_of(photo(), 256, palette.colors)
    mapped = Mapping(scene, palette, fixed=3).merged(1.0).at(1e-4, PLAIN)
    assert {tuple(c) for c in mapped.palette.colors.tolist()} == {(0, 0, 0), (120, 80, 130), (255, 255, 255)}


def arguments(height=4, width=5):
    costs = fixed_costs(3)
    return {
        "features": np.zeros((3, height, width), np.int16), "weights": np.ones((height, width), np.float32),
        "nearest": np.zeros((height, width), np.uint8), "palette": np.zeros((3, 3), np.float32),
        "literal_bits": costs.literals, "length_bits": costs.lengths, "distance_bits": costs.distances, "scale": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"nearest": np.full((4, 5), 3, np.uint8)},
        {"weights": np.full((4, 5), np.nan, np.float32)},
        {"palette": np.zeros((3, 4), np.float32)},
        {"literal_bits": np.zeros(2, np.float32)},
        {"bands": 5},
        {"lookups": -1},
    ],
)
def test_the_kernel_is_shielded_from_what_does_not_fit(change):
    _native.map_lossy(**arguments())
    with pytest.raises(ValueError, match=r"."):
        _native.map_lossy(**{**arguments(), **change})


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0), (2, 40_000)])
def test_the_kernel_does_not_look_at_pixels_that_are_not_there(shape):
    assert _native.map_lossy(**arguments(*shape)).shape == shape
