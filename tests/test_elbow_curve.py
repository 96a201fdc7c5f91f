import numpy as np
import pytest
from PIL import Image

import huepress
from huepress.elbow_curve import Elbow


@pytest.fixture(scope="module")
def photo(photograph):
    with Image.open(photograph) as image:
        return np.asarray(image.crop((60, 40, 188, 136)))


@pytest.fixture(scope="module")
def clear(photo):
    """The photograph with a gradient of alpha, hidden colours under 0 included."""
    alpha = np.linspace(0, 255, photo.shape[1]).astype(np.uint8)
    return np.dstack([photo, np.tile(alpha, (len(photo), 1))])


def test_it_is_the_inertia_for_each_k(photo):
    curve = huepress.elbow(photo)
    assert list(curve) == list(range(1, 11))
    assert curve.channels == "rgb"
    points = photo.reshape(-1, 3).astype(float)
    assert curve[1] == pytest.approx(np.square(points - points.mean(axis=0)).sum())
    assert all(a > b for a, b in zip(curve.inertias, curve.inertias[1:], strict=False))


@pytest.mark.parametrize("channels", ["rgb", "rgba"])
def test_scikit_learn_does_no_better(clear, channels):
    cluster = pytest.importorskip("sklearn.cluster")
    points = clear.reshape(-1, 4)[:, : len(channels)]
    ks = (2, 5, 10)
    theirs = [cluster.KMeans(k, n_init=3, random_state=0).fit(points).inertia_ for k in ks]
    ours = huepress.elbow(clear, ks=ks, channels=channels).inertias
    assert all(a <= b * 1.005 for a, b in zip(ours, theirs, strict=True))


def test_alpha_is_a_column_like_the_others(clear):
    points = clear.reshape(-1, 4).astype(float)
    assert huepress.elbow(clear, ks=[1], channels="rgba")[1] == pytest.approx(
        np.square(points - points.mean(axis=0)).sum()
    )


def test_opaque_alpha_moves_no_point(photo):
    opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    assert huepress.elbow(opaque, channels="rgba").inertias == huepress.elbow(photo).inertias


def test_enough_colours_leave_nothing():
    image = np.array([[0, 10, 20]], np.uint8)
    assert huepress.elbow(image, ks=[2, 3, 9]).inertias == (150, 0, 0)


def test_the_number_of_threads_changes_nothing(photo):
    assert huepress.elbow(photo, ks=[7], threads=1).inertias == huepress.elbow(photo, ks=[7], threads=3).inertias


@pytest.mark.parametrize(
    ("ks", "inertias", "knee"),
    [
        ((1, 2, 3, 4, 5), (100, 20, 15, 10, 5), 2),
        ((1, 2, 3, 4), (90, 60, 30, 28), 3),
        ((4,), (7,), 4),
        ((1, 2), (0, 0), 1),
    ],
)
def test_the_knee(ks, inertias, knee):
    assert Elbow(ks, inertias, "rgb").knee == knee


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"ks": []}, ValueError, "ks"),
        ({"ks": [0, 1]}, ValueError, "0"),
        ({"ks": [3, 3]}, ValueError, "ascending"),
        ({"ks": [4, 2]}, ValueError, "ascending"),
        ({"ks": [1.5]}, TypeError, "1.5"),
        ({"ks": [True]}, TypeError, "True"),
        ({"channels": "hsv"}, ValueError, "hsv"),
        ({"effort": "huge"}, ValueError, "huge"),
        ({"threads": 0}, ValueError, "0"),
    ],
)
def test_bad_options(photo, options, error, words):
    with pytest.raises(error, match=words):
        huepress.elbow(photo, **options)
