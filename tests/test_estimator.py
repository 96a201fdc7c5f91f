import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.cluster import KMeans as Theirs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from huepress import KMeans, _native

RANDOM = np.random.default_rng(0)
FLOATS = RANDOM.normal(size=(400, 5))
TRUE = np.array([[30, 40, 50], [200, 40, 60], [90, 210, 30], [120, 130, 240]])
PIXELS = (TRUE[RANDOM.integers(0, 4, 4000)] + RANDOM.normal(0, 12, (4000, 3))).clip(0, 255).astype(np.uint8)
KINDS = {
    "pixels": PIXELS,
    "whole floats": PIXELS.astype(float),
    "over 255": PIXELS / 255,
    "grey": PIXELS[:, :1],
    "two": PIXELS[:, 1:],
    "rgba": np.column_stack([PIXELS, PIXELS[:, 0] // 64 * 85]),
    "opaque": np.column_stack([PIXELS, np.full(4000, 255, np.uint8)]),
    "floats": FLOATS,
    "one float": FLOATS[:, :1],
    "four floats": FLOATS[:, :4],
    "float32": FLOATS.astype(np.float32),
    "sparse": csr_array(np.where(np.abs(FLOATS) < 1, 0, FLOATS)),
}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def data(request):
    return request.param


def distances(X, centers):
    dense = X.toarray() if hasattr(X, "toarray") else X
    return ((dense[:, None].astype(float) - centers[None].astype(float)) ** 2).sum(axis=2)


@parametrize_with_checks(
    [
        KMeans(n_clusters=3),
        KMeans(n_clusters=2, init="random", n_init=2, effort="fast"),
        KMeans(n_clusters=1),
    ]
)
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


def test_labels_inertia_and_score_are_those_of_the_centres(data):
    model = KMeans(n_clusters=6, random_state=0).fit(data)
    squares = distances(data, model.cluster_centers_)
    assert model.labels_.dtype == np.int32
    if not hasattr(data, "toarray"):
        assert (model.labels_ == squares.argmin(axis=1)).all()
    np.testing.assert_allclose(model.inertia_, squares.min(axis=1).sum(), rtol=1e-9)
    np.testing.assert_allclose(model.score(data), -model.inertia_, rtol=1e-9)
    np.testing.assert_allclose(model.transform(data), np.sqrt(squares), rtol=1e-6, atol=1e-6)
    assert (model.predict(data) == model.labels_).all()


@pytest.mark.parametrize(("dtype", "rounding"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_pixels_divided_by_255_have_the_clusters_of_pixels(dtype, rounding):
    data = PIXELS.astype(dtype) / 255
    whole, model = (KMeans(n_clusters=9, random_state=0).fit(X) for X in (PIXELS, data))
    assert np.array_equal(model.labels_, whole.labels_)
    assert model.cluster_centers_.dtype == dtype
    assert model.cluster_centers_ * 255 == pytest.approx(whole.cluster_centers_, rel=rounding)
    assert model.inertia_ * 255**2 == pytest.approx(whole.inertia_, rel=rounding)
    assert np.array_equal(model.predict(data[::-1]), whole.labels_[::-1])


@pytest.mark.parametrize("kind", ["pixels", "grey", "rgba", "over 255"])
def test_one_search_is_at_least_as_good_as_the_best_of_three_runs_of_scikit_learn(kind):
    for k in (3, 6):
        ours = KMeans(n_clusters=k, random_state=0).fit(KINDS[kind]).inertia_
        theirs = Theirs(n_clusters=k, n_init=3, random_state=0).fit(KINDS[kind]).inertia_
        assert ours <= theirs * (1 + 1e-4)


def test_plain_runs_are_as_good_as_those_of_scikit_learn():
    ours, theirs = (
        np.mean([kind(n_clusters=6, random_state=seed).fit(FLOATS).inertia_ for seed in range(20)])
        for kind in (KMeans, Theirs)
    )
    assert ours <= theirs * 1.01


def test_a_weight_is_a_repetition_and_order_does_not_matter(data):
    random = np.random.default_rng(0)
    weights = random.integers(0, 4, data.shape[0])
    index = random.permutation(np.repeat(np.arange(data.shape[0]), weights))
    for init in ("k-means++", "random"):
        model = KMeans(n_clusters=5, init=init, random_state=3)
        weighted, repeated = clone(model).fit(data, sample_weight=weights), clone(model).fit(data[index])
        assert (weighted.cluster_centers_ == repeated.cluster_centers_).all()
        assert (weighted.labels_[index] == repeated.labels_).all()
        assert weighted.inertia_ == repeated.inertia_


def test_order_does_not_matter_whatever_rows_weigh(data):
    random = np.random.default_rng(0)
    few = data[random.integers(0, 40, 400)]  # so that sums of many weights could differ
    weights, order = random.exponential(size=400), random.permutation(400)
    model = KMeans(n_clusters=5, random_state=0).fit(few, sample_weight=weights)
    shuffled = clone(model).fit(few[order], sample_weight=weights[order])
    assert (shuffled.cluster_centers_ == model.cluster_centers_).all()
    assert (shuffled.labels_ == model.labels_[order]).all()
    assert shuffled.inertia_ == model.inertia_


def test_rows_of_the_smallest_numbers_are_clustered_as_others():
    blobs = np.concatenate([np.random.default_rng(0).normal(center, 0.1, (50, 2)) for center in (1, 5, 9)])
    for rows in (blobs * 1e-19, (blobs * 1e-10).astype(np.float32)):
        model = KMeans(n_clusters=3, random_state=0).fit(rows)
        assert np.bincount(model.labels_).tolist() == [50, 50, 50]


def test_threads_and_simd_change_nothing(data):
    fits = []
    for level in _native.supported_simd_levels():
        _native.use_simd_level(level)
        fits += [KMeans(n_clusters=5, random_state=0, threads=threads).fit(data) for threads in (1, 3)]
    assert len({fit.cluster_centers_.tobytes() for fit in fits}) == 1
    assert len({fit.labels_.tobytes() for fit in fits}) == 1
    assert len({fit.inertia_ for fit in fits}) == 1


def test_a_seed_repeats_and_numpys_state_is_used_without():
    def fit(seed):
        return KMeans(n_clusters=9, init="random", n_init=1, max_iter=1, random_state=seed).fit(FLOATS).inertia_

    assert fit(0) == fit(0) == fit(np.random.RandomState(0))
    assert len({fit(seed) for seed in range(5)}) > 1
    assert len({fit(None) for _ in range(5)}) > 1


def test_as_many_clusters_as_distinct_rows_are_exact(data):
    few = data[np.arange(50) % 10]
    count = len(np.unique(few.toarray() if hasattr(few, "toarray") else few, axis=0))
    model = KMeans(n_clusters=count, random_state=0).fit(few)
    assert model.inertia_ == pytest.approx(0, abs=1e-12)
    words = f"distinct clusters ({count}) found smaller than n_clusters ({count + 2})"
    with pytest.warns(ConvergenceWarning, match=re.escape(words)):
        assert set(KMeans(n_clusters=count + 2).fit(few).labels_) == set(range(count))


def test_more_clusters_than_a_palette_has():
    values = np.random.default_rng(0).integers(0, 256, (5000, 3)).astype(np.uint8)
    model = KMeans(n_clusters=700, random_state=0, effort="fast").fit(values)
    assert set(model.labels_) == set(range(700))
    theirs = Theirs(n_clusters=700, random_state=0).fit(values)
    assert model.inertia_ < theirs.inertia_


def test_effort_pays():
    values = np.random.default_rng(0).integers(0, 256, (9000, 3)).astype(np.uint8)
    fast, best = (KMeans(n_clusters=40, random_state=0, effort=e).fit(values).inertia_ for e in ("fast", "best"))
    assert best < fast


def test_given_centres_are_moved_by_plain_iterations():
    start = PIXELS[:4].astype(float)
    ours = KMeans(n_clusters=4, init=start, n_init=1, tol=0).fit(PIXELS)
    theirs = Theirs(n_clusters=4, init=start, n_init=1, tol=0).fit(PIXELS)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_)
    assert (ours.labels_ == theirs.labels_).all()
    assert ours.n_iter_ == theirs.n_iter_


def test_a_function_gets_the_data_and_gives_the_first_centres():
    seen = []

    def first(X, k, random_state):
        seen.append((X.shape, k))
        return X[:k]

    model = KMeans(n_clusters=3, init=first, n_init=2, random_state=0).fit(PIXELS)
    assert seen == [(PIXELS.shape, 3)] * 2
    assert model.inertia_ == KMeans(n_clusters=3, init=PIXELS[:3], random_state=0).fit(PIXELS).inertia_


def test_data_weights_and_centres_are_left_alone(data):
    copy, weights, init = data.copy(), np.ones(data.shape[0]), np.zeros((3, data.shape[1]))
    KMeans(n_clusters=3, copy_x=False).fit(data, sample_weight=weights)
    KMeans(n_clusters=3, init=init).fit(data)
    assert (data != copy).sum() == 0
    assert (weights == 1).all()
    assert not init.any()


def test_pickled_and_cloned_models_are_the_same(data):
    model = KMeans(n_clusters=3, random_state=0).fit(data)
    assert (pickle.loads(pickle.dumps(model)).predict(data) == model.labels_).all()
    assert (clone(model).fit(data).cluster_centers_ == model.cluster_centers_).all()


def test_labels_become_centres_again(data):
    model = KMeans(n_clusters=3, random_state=0).fit(data)
    assert (model.inverse_transform(model.labels_) == model.cluster_centers_[model.labels_]).all()
    assert model.inverse_transform(np.zeros(0, int)).shape == (0, data.shape[1])
    for labels in ([-1], [3]):
        with pytest.raises(ValueError, match=r"labels must be 0 to 2"):
            model.inverse_transform(labels)
    model.set_params(n_clusters=9)  # as a grid search does; the centres stay those that were found
    with pytest.raises(ValueError, match=r"labels must be 0 to 2, not 5 to 5"):
        model.inverse_transform([5])
    with pytest.raises(TypeError, match="whole numbers, not float64"):
        model.inverse_transform([0.5])


def test_frames_have_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(PIXELS, columns=["red", "green", "blue"])
    model = KMeans(n_clusters=2, random_state=0).set_output(transform="pandas").fit(frame)
    assert model.feature_names_in_.tolist() == ["red", "green", "blue"]
    assert model.transform(frame).columns.tolist() == ["kmeans0", "kmeans1"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["blue", "green", "red"]])


def test_pipeline_and_grid_search():
    pipeline = make_pipeline(StandardScaler(), KMeans(random_state=0))
    search = GridSearchCV(pipeline, {"kmeans__n_clusters": [2, 3, 4]}, cv=3).fit(PIXELS.astype(float))
    assert search.best_params_ == {"kmeans__n_clusters": 4}
    assert search.predict(PIXELS.astype(float)).max() == 3
    plain = GridSearchCV(KMeans(random_state=0), {"n_clusters": [1, 2, 4], "effort": ["fast", "best"]}, cv=3)
    assert plain.fit(PIXELS).best_params_["n_clusters"] == 4


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 0}, "The 'n_clusters' parameter of KMeans must be an int in the range [1, inf)"),
        ({"n_clusters": 401}, "n_samples=400 should be >= n_clusters=401."),
        ({"n_init": 0}, "The 'n_init' parameter of KMeans"),
        ({"max_iter": 0}, "The 'max_iter' parameter of KMeans"),
        ({"tol": -1}, "The 'tol' parameter of KMeans"),
        ({"init": "best"}, "The 'init' parameter of KMeans"),
        ({"effort": "more"}, "The 'effort' parameter of KMeans"),
        ({"threads": 0}, "The 'threads' parameter of KMeans"),
        ({"random_state": "x"}, "The 'random_state' parameter of KMeans"),
        ({"init": FLOATS[:2]}, "The shape of the initial centers (2, 5) does not match the number of clusters 8."),
        ({"init": FLOATS[:8, :2]}, "(8, 2) does not match the number of features of the data 5."),
    ],
)
def test_wrong_parameters_are_named_in_scikit_learns_words(parameters, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        KMeans(**parameters).fit(FLOATS)


@pytest.mark.parametrize(
    ("X", "weights", "words"),
    [
        (np.full((9, 2), np.nan), None, "Input X contains NaN"),
        (np.zeros((9, 0)), None, "0 feature"),
        (np.zeros(9), None, "Expected 2D array"),
        (FLOATS, -np.ones(400), "Negative values in data passed to `sample_weight`"),
        (FLOATS, np.zeros(400), "at least one non-zero number"),
        (FLOATS, np.full(400, np.nan), "NaN"),
        (FLOATS, np.full(400, 1e308), "weights must be so small that their sum is finite"),
        (PIXELS, np.full(4000, 1e-310), "largest of the weights must be at least 1e-290"),
        (FLOATS, np.ones(3), "sample_weight.shape == (3,)"),
    ],
)
def test_wrong_data_is_named_in_scikit_learns_words(X, weights, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        KMeans().fit(X, sample_weight=weights)


def test_it_must_be_fitted_first():
    for method in ("predict", "transform", "score", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(KMeans(), method)(PIXELS)


@pytest.mark.parametrize("weights", [None, RANDOM.uniform(0.5, 9, 4000)])
def test_verbose_tells_of_the_search(weights, capsys):
    model = KMeans(n_clusters=3, verbose=1, random_state=0).fit(PIXELS, sample_weight=weights)
    told = float(re.search(r"Search complete, inertia (.*)\.\n", capsys.readouterr().out)[1])
    assert told == pytest.approx(model.inertia_, rel=1e-4)


def test_only_new_parameters_are_added_to_scikit_learns():
    with sklearn.config_context(print_changed_only=False):
        ours, theirs = KMeans().get_params(), Theirs().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {"effort", "threads"}


def test_metadata_are_those_of_scikit_learn():
    ours, theirs = (repr(kind().get_metadata_routing()) for kind in (KMeans, Theirs))
    assert ours == theirs


def test_missing_scikit_learn_names_the_extra():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import huepress\n"
        "try: huepress.KMeans\n"
        "except huepress.MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'huepress[sklearn]'" in done.stdout
