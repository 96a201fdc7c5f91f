import numpy as np
import pytest

import oracles
from huepress import Histogram, Palette, _native, kmeans, learn_palette
from huepress._native import Step
from huepress.color_points import ColorPoints
from huepress.kmeans import BATCH_STRATEGY, STRATEGIES, cluster, lloyd
from huepress.learn import learn
from huepress.space import SRGB, oklab_space
from samples import blobs, noise, window_shot

NONE = np.zeros((0, 3), np.uint8)
EFFORTS = ("fast", "balanced", "best")


def points_of(pixels, k=16, space=SRGB):
    return ColorPoints.of(Histogram.of_pixels(pixels), space, k, NONE)


def start(pixels, k, seed=0):
    flat = np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)
    return flat[np.random.default_rng(seed).choice(len(flat), k, replace=False)].astype(np.float64)


@pytest.mark.parametrize(("side", "k", "least"), [(30, 8, 256), (30, 30, 360), (22, 8, 484)])
def test_a_fast_search_of_few_colours_looks_at_enough_of_them(side, k, least):
    points = points_of(noise(side, side)).points
    sizes = [points.level_sizes[step.bits] for step in kmeans.steps_of(points, k, STRATEGIES["fast"])]
    assert sizes[0] >= least


@pytest.mark.parametrize("k", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("seed", [0, 1])
def test_plain_lloyd_ends_where_a_numpy_one_ends(k, seed):
    pixels = blobs(seed=seed)
    centers = start(pixels, k, seed)
    flat = pixels.reshape(-1, 3).astype(np.float64)
    expected, labels, inertia = oracles.lloyd(flat, np.ones(len(flat)), centers)
    colors = points_of(pixels)
    found = lloyd(colors.points, SRGB.coordinates(centers), np.full(k, 2, np.uint8), 1)
    assert np.allclose(found.centers / SRGB.scale, expected, atol=1e-6)
    assert found.error / SRGB.scale**2 == pytest.approx(inertia, rel=1e-9)
    assert np.array_equal(found.weights, np.bincount(labels, minlength=k))


@pytest.mark.parametrize("k", [3, 10, 20])
def test_plain_lloyd_ends_where_scikit_learn_ends(photograph, k):
    cluster_module = pytest.importorskip("sklearn.cluster")
    from huepress import read

    pixels = read(photograph).pixels[::3, ::3]
    centers = start(pixels, k)
    flat = pixels.reshape(-1, 3).astype(np.float64)
    theirs = cluster_module.KMeans(k, init=centers, n_init=1, tol=0, max_iter=1000, algorithm="lloyd").fit(flat)
    ours = learn(Histogram.of_pixels(pixels), k, init=centers)
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=1e-5)
    expected = np.unique(np.rint(theirs.cluster_centers_), axis=0)
    assert np.abs(np.sort(ours.palette.colors.astype(int), 0) - np.sort(expected, 0)).max() <= 1


def features(colors):
    """The coordinates in which a squared distance is the mean of those over black and over white."""
    alpha = colors[:, 3:] / 255
    white = np.full(3, 255.0)
    return np.hstack([(colors[:, :3] - white / 2) * alpha, alpha * np.linalg.norm(white) / 2])


def test_plain_lloyd_under_alpha_is_that_of_the_definition():
    pixels = np.random.default_rng(4).integers(1, 255, (20, 30, 4)).astype(np.uint8)
    points, centers = features(pixels.reshape(-1, 4)), np.array([[20, 20, 30, 254.9], [200, 99, 90, 90], [0, 9, 9, 1]])
    _, _, inertia = oracles.lloyd(points, np.ones(len(points)), features(centers))
    assert learn_palette(pixels, 3, init=centers).inertia == pytest.approx(inertia, rel=1e-4)


def test_opaque_centres_of_an_opaque_picture_may_have_alpha():
    pixels = blobs()
    centers = start(pixels, 5)
    opaque = np.insert(centers, 3, 255, axis=1)
    assert learn_palette(pixels, 5, init=opaque) == learn_palette(pixels, 5, init=centers)
    with pytest.raises(ValueError, match="init has a centre that is not opaque"):
        learn_palette(pixels, 5, init=opaque - 1)


def test_centres_are_of_the_class_that_their_alpha_says():
    pixels = np.insert(blobs(), 3, 255, axis=2)
    pixels[:10, :, 3], pixels[10:14, :, 3] = 0, 99
    found = learn_palette(pixels, 6)
    assert learn_palette(pixels, 6, init=found.centers).inertia <= found.inertia * (1 + 1e-6)
    with pytest.raises(ValueError, match="init needs a centre for the transparent colours"):
        learn_palette(pixels, 6, init=np.maximum(found.centers, 1))


def test_iterations_end_where_rounding_moves_a_colour_to_and_fro():
    """A pixel as far from one mean as from another, which it hardly draws: floats tell its distances apart no more."""
    colors = np.array([[110, 110, 165], [220, 220, 55], [55, 220, 220], [220, 55, 110], [110, 220, 110]], np.uint8)
    counts, told = [13108338, 85007989, 1, 1, 1], []

    def listen(iteration):
        assert iteration.number < 1000
        told.append(iteration)

    palette = learn_palette(Histogram(colors, counts), 2, init=colors[:2], callback=listen)
    _, _, inertia = oracles.lloyd(colors.astype(float), np.array(counts), colors[:2].astype(float))
    assert palette.inertia == pytest.approx(inertia, rel=1e-6)
    assert told[-1].moved < 1e-3


def test_a_learnt_palette_tells_its_centres_and_inertia():
    pixels = blobs()
    palette = learn_palette(pixels, 7)
    flat = pixels.reshape(-1, 3).astype(np.float64)
    table = ((flat[:, None] - palette.centers) ** 2).sum(-1)
    assert palette.inertia == pytest.approx(table.min(1).sum(), rel=1e-3)
    assert np.array_equal(np.rint(palette.centers), palette.colors)


def test_an_empty_cluster_takes_the_farthest_point():
    pixels = np.zeros((2, 50, 3), np.uint8)
    pixels[0, :, 0] = np.arange(50)
    pixels[1, 0] = 255
    centers = np.array([[20.0, 0, 0], [0, 255, 0]])
    found = learn(Histogram.of_pixels(pixels), 2, init=centers)
    assert [255, 255, 255] in found.palette.colors.tolist()


@pytest.mark.parametrize("init", ["centres", [[1, 2], [1, 2, 3]], np.ones((2, 3), complex)])
def test_what_are_no_centres_is_told_in_a_sentence(init):
    with pytest.raises(TypeError, match="init must be an array of numbers, not "):
        learn_palette(np.zeros((2, 2, 3), np.uint8), 2, init=init)


def scikit_learn_inertia(points, weights, k, n_init=3):
    cluster_module = pytest.importorskip("sklearn.cluster")
    return cluster_module.KMeans(k, n_init=n_init, random_state=0).fit(points, sample_weight=weights).inertia_


@pytest.fixture(scope="module")
def opaque():
    """Points, and the inertia of scikit-learn's 12 clusters."""
    points = points_of(blobs()).points
    return points, scikit_learn_inertia(points.coordinates[:, : points.count].T.astype(float), points.weights, 12)


@pytest.fixture(scope="module")
def under_alpha():
    """Points, and the least inertia of scikit-learn's 6 clusters, shared out between partial and opaque points."""
    points = points_of(blobs(alpha=True), 7).points
    rows = points.coordinates[:, : points.count].T.astype(np.float64)
    assert points.class_starts[1] == 1  # the transparent colour has a cluster of its own
    partial, opaque = (slice(*points.class_starts[c : c + 2]) for c in (1, 2))
    best = min(
        scikit_learn_inertia(rows[partial], points.weights[partial], j)
        + scikit_learn_inertia(rows[opaque], points.weights[opaque], 6 - j)
        for j in range(1, 6)
    )
    return points, best


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_search_beats_scikit_learn(effort, opaque):
    points, theirs = opaque
    assert cluster(points, 12, STRATEGIES[effort]).error <= theirs * 1.005


@pytest.mark.parametrize("effort", EFFORTS)
def test_under_alpha_the_search_beats_scikit_learn_run_on_each_class(effort, under_alpha):
    points, theirs = under_alpha
    assert cluster(points, 7, STRATEGIES[effort]).error <= theirs * 1.005


def test_more_effort_does_not_end_worse_in_the_mean():
    histograms = [Histogram.of_pixels(blobs(60, 80, seed)) for seed in range(6)]
    means = [np.mean([learn(h, 24, effort=effort).inertia for h in histograms]) for effort in EFFORTS]
    assert means[0] >= means[1] * 0.999
    assert means[1] >= means[2] * 0.999


def test_the_search_of_an_icon_beats_scikit_learn_in_the_mean(photograph):
    from huepress import read

    pixels = read(photograph).pixels
    icons = [Histogram.of_pixels(pixels[y : y + 64, x : x + 64]) for y in (0, 64, 128) for x in (0, 64, 128)]
    ours = [learn(icon, 16, effort="fast").inertia for icon in icons]
    theirs = [scikit_learn_inertia(icon.colors.astype(float), icon.counts, 16, n_init=1) for icon in icons]
    assert np.mean(np.divide(ours, theirs)) < 1


@pytest.mark.parametrize(("k", "most"), [(8, 1.01), (64, 1.03)])
def test_a_batch_loses_little_for_fewer_swaps(k, most):
    histograms = [Histogram.of_pixels(blobs(120, 160, seed)) for seed in range(4)]
    quick, fast = ([learn(h, k, effort=s).inertia for h in histograms] for s in (BATCH_STRATEGY, STRATEGIES["fast"]))
    assert np.mean(quick) <= most * np.mean(fast)


every_strategy = pytest.mark.parametrize("strategy", [*EFFORTS, BATCH_STRATEGY], ids=[*EFFORTS, "batch"])


@every_strategy
@pytest.mark.parametrize(("rare", "k"), [(600, 16), (3000, 8), (3000, 16), (20000, 32), (3000, 64), (40000, 24)])
def test_shades_that_coarse_levels_merge_are_found(strategy, rare, k):
    histogram = window_shot(0, rare)
    theirs = scikit_learn_inertia(histogram.colors.astype(float), histogram.counts, k, n_init=1)
    assert learn(histogram, k, effort=strategy).inertia <= theirs * 1.05


def morton_codes(levels):
    """The codes of rows (n, d) of levels 0..255: their bits, the first coordinate's first."""
    bits = np.unpackbits(levels[:, :, np.newaxis], axis=2).transpose(0, 2, 1).reshape(len(levels), -1)
    return [int("".join(map(str, row)), 2) for row in bits]


def halved(rows, weights, codes, cells, count):
    """The cells, ranges of rows, after those of the largest error were halved where a bit of their codes changes."""
    errors = {cell: error_of(rows[slice(*cell)], weights[slice(*cell)]) for cell in cells}
    while len(cells) < count:
        start, end = max(errors, key=errors.get)
        del errors[start, end]
        bit = 1 << (codes[start] ^ codes[end - 1]).bit_length() - 1
        middle = next(i for i in range(start, end) if codes[i] & bit)
        for half in ((start, middle), (middle, end)):
            errors[half] = error_of(rows[slice(*half)], weights[slice(*half)])
        cells = sorted(errors)
    return cells


@pytest.mark.parametrize("bits", [2, 7, 12, 20])
@pytest.mark.parametrize("alpha", [False, True])
def test_the_points_of_a_level_are_means_of_the_cells_that_hide_the_least(bits, alpha):
    colors = np.random.default_rng(bits).integers(0, 256, (900, 4)).astype(np.uint8)
    colors[:300, :3] = 250 + colors[:300, :3] // 64  # so that cells of one size would hide much
    colors[:, 3] = np.where(colors[:, 3] > 128, 255, colors[:, 3]) if alpha else 255
    counts = np.random.default_rng(0).integers(1, 1000, len(colors))
    points = ColorPoints.of(Histogram(colors[:, : 4 if alpha else 3], counts), SRGB, 16, NONE).points
    rows, weights = points.coordinates[:, : points.count].T.astype(np.float64), points.weights
    starts = points.class_starts.tolist()
    classes = [c for c in range(3) if starts[c] < starts[c + 1]]
    codes = morton_codes((rows // 64).astype(np.uint8))
    wholes = [(starts[c], starts[c + 1]) for c in classes]
    cells = halved(rows, weights, codes, wholes, points.level_sizes[bits])
    means = np.array([np.average(rows[slice(*cell)], axis=0, weights=weights[slice(*cell)]) for cell in cells])
    of_class = np.array([next(c for c in classes if start < starts[c + 1]) for start, _ in cells], np.uint8)
    level = points.lloyd(np.floor(means + 0.5), of_class, bits=bits, iterations=0, labels=True)
    assert level.error == pytest.approx(0, abs=1e-6)
    assert level.labels.tolist() == list(range(len(cells)))
    assert level.sums[:, 0].tolist() == [weights[slice(*cell)].sum() for cell in cells]
    errors = []
    step = kmeans.relaxed(bits, 0, 0.0)
    points.search([step], level.centers, of_class, progress=lambda *told: errors.append(told[2]))
    hidden = sum(error_of(rows[slice(*cell)], weights[slice(*cell)]) for cell in cells)
    assert errors == [pytest.approx(hidden, rel=1e-9, abs=1e-3)]


@every_strategy
@pytest.mark.parametrize("seed", [1, 2])
def test_nearly_as_many_centres_as_colours_are_no_worse_than_mergers(strategy, seed):
    pixels = np.random.default_rng(seed).normal(100, 1, (1, 5000, 3)).round().astype(np.uint8)
    histogram = Histogram.of_pixels(pixels)
    k = len(histogram) * 4 // 5
    assert learn(histogram, k, effort=strategy).inertia <= 1.005 * oracles.ward(histogram.colors, histogram.counts, k)


def row_of_greys(levels):
    """The points of a picture of one pixel of each of these greys."""
    return points_of(np.repeat(np.array(levels, np.uint8)[None, :, None], 3, 2)).points


@pytest.mark.parametrize(("fixed", "ends"), [(0, [0, 24.5]), (1, [9.5, 24.5]), (2, [9.5, 30])])
def test_a_search_moves_a_point_that_draws_a_mean_along(fixed, ends):
    points = row_of_greys([0, 19, 30])
    centers = SRGB.coordinates(np.array([[9.5] * 3, [30] * 3]))  # 19 is nearer to the first, until the second moves
    classes = np.full(2, 2, np.uint8)
    plain = points.lloyd(centers, classes, fixed=fixed, iterations=100)
    assert np.allclose(plain.centers, centers)
    found = points.search([kmeans.relaxed(points.finest, 100, 1e-6)], centers, classes, fixed=fixed)
    assert np.allclose(found.centers / SRGB.scale, np.array(ends)[:, None])
    rows = points.coordinates[:, :3].T
    nearest = np.minimum(*(((rows - center) ** 2).sum(1) for center in found.centers))
    assert found.error == pytest.approx(nearest.sum())


def gains_of_moves(points, found):
    """What the move of each point alone to its best other cluster takes off the error, if anything; both means move."""
    rows, weights = points.coordinates[:, : points.count].T.astype(float), points.weights.astype(float)
    classes = np.searchsorted(points.class_starts[1:-1], np.arange(points.count), "right")
    squares = ((rows[:, None] - found.centers) ** 2).sum(2)
    squares[classes[:, None] != found.classes] = np.inf
    nearest, least = squares.argmin(1), squares.min(1)
    squares[np.arange(points.count), nearest] = np.inf
    totals = found.weights.astype(float)
    joining = (squares * totals / (totals + weights[:, None])).min(1) * weights
    left = totals[nearest] - weights
    leaving = np.where(left > 0, least * weights * totals[nearest] / np.maximum(left, 1), 0)
    return np.maximum(0, leaving - joining)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_search_leaves_little_to_moves_of_single_colours(alpha):
    shares = []
    for seed in range(6):
        points = points_of(blobs(24, 24, seed=seed, alpha=alpha), 100).points
        found = cluster(points, 100, STRATEGIES["fast"])
        shares.append(gains_of_moves(points, found).sum() / found.error)
    assert np.mean(shares) < 1e-3


def error_of(rows, weights):
    """The weighted squared distances of rows to their mean."""
    return (weights * ((rows - np.average(rows, 0, weights)) ** 2).sum(1)).sum()


def test_inertia_is_that_of_the_last_assignment():
    pixels = blobs()
    found = cluster(points_of(pixels).points, 9, STRATEGIES["balanced"])
    flat = pixels.reshape(-1, 3).astype(np.float64)
    table = ((flat[:, None] - found.centers / SRGB.scale) ** 2).sum(-1)
    assert found.error / SRGB.scale**2 == pytest.approx(table.min(1).sum(), rel=1e-3)
    assert found.error / SRGB.scale**2 >= table.min(1).sum() * (1 - 1e-9)


@pytest.mark.parametrize("space", [SRGB, oklab_space(1.25)])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("effort", "k"), [("fast", 32), ("balanced", 64)])  # the latter swaps on several threads
def test_threads_and_simd_levels_change_nothing(space, alpha, effort, k):
    pixels = blobs(200, 260, alpha=alpha)
    found = []
    highest = _native.supported_simd_levels()[-1]
    try:
        for level in _native.supported_simd_levels():
            _native.use_simd_level(level)
            for threads in (1, 2, 3, 8):
                histogram = Histogram.of_pixels(pixels, threads=threads)
                learned = learn(histogram, k, effort=effort, space=space, threads=threads)
                found.append((learned.palette.colors.tobytes(), learned.inertia))
    finally:
        _native.use_simd_level(highest)
    assert len(set(found)) == 1


def test_the_seed_decides_the_search_and_nothing_else_does():
    h = Histogram.of_pixels(blobs())
    found = [learn_palette(h, 20, seed=seed) for seed in (5, 5, 6)]
    assert found[0] == found[1] != found[2]


def test_weights_of_pixels_move_the_mean():
    pixels = noise(12, 10)
    weights = np.random.default_rng(1).integers(0, 9, (12, 10))
    mean = np.average(pixels.reshape(-1, 3), axis=0, weights=weights.reshape(-1))
    np.testing.assert_allclose(learn_palette(pixels, 1, weights=weights).centers, [mean], atol=1e-4)
    with pytest.raises(ValueError, match="weights go with an image"):
        learn_palette(Histogram.of_pixels(pixels), 1, weights=weights)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("space", ["srgb", "oklab"])
def test_counts_are_pixels_whatever_these_weigh(space, alpha):
    pixels = blobs(alpha=alpha)
    weights = np.random.default_rng(1).integers(0, 3, pixels.shape[:2])  # a third of them count for nothing
    palette = learn_palette(pixels, 12, space=space, weights=weights)
    where = SRGB if space == "srgb" else oklab_space()
    rows = pixels.reshape(-1, pixels.shape[2])
    distances = np.square(where.coordinates(rows)[:, None] - where.coordinates(palette.centers)).sum(axis=2)
    if alpha:
        classes = [np.sign(a).astype(int) + (a == 255) for a in (rows[:, 3], palette.colors[:, 3])]
        distances[classes[0][:, None] != classes[1]] = np.inf
    expected = np.bincount(distances.argmin(axis=1), minlength=12)
    assert np.abs(palette.counts - expected).sum() <= 0.01 * len(rows)  # points lie on a grid, few between two centres
    assert palette.counts.sum() == len(rows)
    assert (np.diff(palette.counts) <= 0).all()


def test_counts_are_pixels_where_these_are_more_than_the_kernel_counts():
    pixels = blobs()
    few = Histogram.of_pixels(pixels)
    many = Histogram(few.colors, few.counts << 30)
    assert learn_palette(many, 9, init=start(pixels, 9)).counts.sum() == pixels[..., 0].size << 30


def test_colours_without_pixels_count_for_nothing():
    colors = np.unique(noise(6, 6).reshape(-1, 3), axis=0)
    one = Histogram(colors, (np.arange(len(colors)) == 7).astype(int))
    assert learn_palette(one, 4) == Palette(colors[7:8], [1])
    with pytest.raises(ValueError, match="all weights are 0"):
        learn_palette(Histogram(colors, np.zeros(len(colors), int)), 4)


def test_a_histogram_of_no_colours_is_named():
    with pytest.raises(ValueError, match="the histogram is empty"):
        learn_palette(Histogram(np.zeros((0, 3), np.uint8), np.zeros(0, np.int64)), 3)


def test_weights_equal_repetitions():
    pixels = noise(levels=30)
    repeat = np.random.default_rng(3).integers(1, 4, pixels.shape[:2])
    repeated = np.repeat(pixels.reshape(-1, 3), repeat.reshape(-1), axis=0)[None]
    weighted = learn(Histogram.of_pixels(pixels, weights=repeat), 10)
    assert np.array_equal(weighted.palette.colors, learn(Histogram.of_pixels(repeated), 10).palette.colors)


def test_histograms_that_add_give_the_palette_of_the_whole():
    pixels = blobs()
    whole = learn_palette(Histogram.of_pixels(pixels), 16)
    parts = [Histogram.of_pixels(tile) for half in np.array_split(pixels, 3) for tile in np.array_split(half, 4, 1)]
    assert learn_palette(sum(parts[1:], parts[0]), 16) == whole


def test_one_cluster_is_the_mean():
    pixels = blobs()
    mean = np.rint(pixels.reshape(-1, 3).mean(0))
    assert learn_palette(pixels, 1) == Palette([mean.astype(int).tolist()], [pixels[..., 0].size])


@pytest.mark.parametrize("k", [4, 5, 256])
def test_no_more_colours_than_k_are_kept_exactly(k):
    pixels = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9], [250, 0, 0]]], np.uint8)
    assert {tuple(c) for c in learn_palette(pixels, k).colors.tolist()} == {tuple(c) for c in pixels[0].tolist()}


@pytest.mark.parametrize("seed", ["x", 1.5, None, True, float("nan")])
@pytest.mark.parametrize("k", [3, 256])  # with the latter nothing is searched
def test_a_seed_that_is_no_whole_number_is_named(seed, k):
    with pytest.raises(TypeError, match=f"seed must be a whole number, not {seed!r}"):
        learn_palette(noise(9, 9), k, seed=seed)


def test_any_whole_number_is_a_seed():
    pixels = noise(40, 40)
    assert learn_palette(pixels, 9, seed=np.int32(-3)) == learn_palette(pixels, 9, seed=-3)
    learn_palette(pixels, 9, seed=1 << 99)


def test_an_effort_that_is_no_text_is_named():
    with pytest.raises(ValueError, match=r"not \['fast'\]"):
        learn_palette(noise(9, 9), 3, effort=["fast"])


@pytest.mark.parametrize("k", [0, 257, -3])
def test_k_out_of_range_is_named(k):
    with pytest.raises(ValueError, match=str(k)):
        learn_palette(blobs(), k)


@pytest.mark.parametrize("k", ["x", 2.5, True, None])
def test_k_that_is_no_number_is_named(k):
    with pytest.raises(TypeError, match="whole number"):
        learn_palette(blobs(), k)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effort": "most"}, "most"),
        ({"space": "hsv"}, "hsv"),
        ({"fixed": ["red", "blue", "lime"]}, "3 fixed"),
        ({"init": np.zeros((3, 3))}, r"\(2, 3\)"),
        ({"init": np.zeros((2, 5))}, r"\(2, 5\)"),
        ({"init": np.zeros(2)}, r"\(2,\)"),
        ({"init": np.full((2, 3), 300.0)}, "300"),
        ({"init": [[0, 0, 0], [0, 0, 255.5]]}, r"255\.5"),
        ({"init": [[0, 0, 0], [0, -0.5, 0]]}, r"-0\.5"),
        ({"init": np.full((2, 3), np.nan)}, "nan"),
        ({"init": np.zeros((2, 3)), "fixed": ["red"]}, "init and fixed do not go together"),
        ({"threads": 0}, "0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        learn_palette(blobs(), 2, **options)


def test_fixed_colours_stay_used_or_not():
    fixed = [(255, 0, 255), (1, 2, 3)]
    palette = learn_palette(blobs(), 8, fixed=fixed)
    assert len(palette) <= 8
    assert {tuple(c) for c in fixed} <= {tuple(c) for c in palette.colors.tolist()}


@every_strategy
@pytest.mark.parametrize("k", [2, 8, 64, 256])
def test_one_colour_beside_fixed_ones_is_as_good_as_any(strategy, k):
    histogram = Histogram.of_pixels(blobs(40, 60))
    fixed = np.random.default_rng(k).integers(0, 256, (k - 1, 3)).astype(np.uint8)
    nearest = oracles.distances(histogram.colors, fixed).min(axis=1, keepdims=True)
    each = np.minimum(nearest, oracles.distances(histogram.colors, histogram.colors))
    assert learn(histogram, k, effort=strategy, fixed=fixed).inertia <= 1.02 * (histogram.counts @ each).min()


def test_the_kernel_lets_no_wrong_points_through():
    good = {
        "coordinates": np.zeros((3, 4 + _native.LANES), np.int16),
        "weights": np.ones(4, np.uint32),
        "class_starts": np.array([0, 0, 0, 4]),
    }
    _native.Points(**good)
    bad = [
        ("coordinates", np.zeros((3, 4), np.int16)),
        ("coordinates", np.zeros((5, 4 + _native.LANES), np.int16)),
        ("coordinates", np.full((3, 4 + _native.LANES), -1, np.int16)),
        ("coordinates", np.zeros((3, 4 + _native.LANES), np.float32)),
        ("weights", np.zeros(4, np.uint32)),
        ("weights", np.ones(5, np.uint32)),
        ("weights", np.full(4, 2**31, np.uint32)),
        ("class_starts", np.array([0, 3, 2, 4])),
        ("class_starts", np.array([0, 0, 0, 5])),
        ("coordinates", np.tile(np.arange(64 * (3 + _native.LANES), -1, -64, dtype=np.int16), (3, 1))),
    ]
    for name, value in bad:
        with pytest.raises((TypeError, ValueError)):
            _native.Points(**{**good, name: value})


@pytest.mark.parametrize("pixels", [blobs(), noise(60, 60)], ids=["blobs", "noise"])
@pytest.mark.parametrize("level", _native.supported_simd_levels())
def test_the_nearest_entries_are_the_same_whatever_was_assigned_before(pixels, level):
    _native.use_simd_level(level)
    histogram = Histogram.of_pixels(pixels)
    points = points_of(pixels).points
    cluster(points, 7, STRATEGIES["fast"])
    for k in (7, 256, 1, 30):
        entries = np.random.default_rng(k).integers(0, 256, (k, 3), np.uint8) // 8 * 8  # some of them equally near
        expected, distances = oracles.nearest(histogram.colors, entries)
        for threads in (1, 3):
            labels, weights, error = points.nearest(entries, threads)
            assert np.array_equal(labels, expected)
            assert np.array_equal(weights, np.bincount(expected, histogram.counts, k))
            assert error / 64**2 == pytest.approx(distances[np.arange(len(expected)), expected] @ histogram.counts)


def test_nearest_entries_are_sought_for_opaque_colours_only():
    points = points_of(blobs()).points
    for entries in (np.zeros((0, 3), np.uint8), np.zeros((257, 3), np.uint8), np.zeros((3, 4), np.uint8)):
        with pytest.raises(ValueError, match="entries"):
            points.nearest(entries, 1)
    with pytest.raises(ValueError, match="3 coordinates"):
        points_of(blobs(alpha=True)).points.nearest(np.zeros((3, 3), np.uint8), 1)


def test_a_search_that_is_ended_on_a_coarse_level_writes_no_labels_of_another():
    points = points_of(noise(120, 120)).points
    steps = [kmeans.relaxed(bits, 3, 0.0) for bits in (6, points.finest)]

    def stop(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        points.search(steps, np.full((2, 3), 99.0), np.full(2, 2, np.uint8), labels=True, progress=stop)


@pytest.mark.parametrize(("seed", "k"), [(4, 2), (17, 3)])  # where one of the next swaps would succeed
def test_swaps_end_at_the_same_one_for_any_number_of_threads(seed, k):
    pixels = np.random.default_rng(seed).integers(0, 256, (100, 100, 3), np.uint8)
    points, none = points_of(pixels).points, np.zeros((0, 3))
    endless = 1 << 30
    steps = [
        Step(Step.SPLIT, points.finest, k),
        kmeans.relaxed(points.finest, 20, 0.0),
        Step(Step.SWAPS, points.finest, endless),
    ]
    one, *others = (
        points.search(steps, none, np.zeros(0, np.uint8), k=k, seed=seed, threads=threads) for threads in (1, 2, 3, 8)
    )
    for other in others:
        np.testing.assert_array_equal(other.centers, one.centers)
