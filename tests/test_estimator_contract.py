"""scikit-learn's own tests of KMeans, from the installed package, with huepress.KMeans in its place."""

import importlib.util
from unittest import mock

import numpy as np
import pytest
from sklearn.cluster import MiniBatchKMeans

from huepress import KMeans

LEFT_OUT = {
    "test_relocate_empty_clusters": "of a private function",
    "test_euclidean_distance": "of private functions",
    "test_inertia": "of private functions",
    "test_is_same_clustering": "of a private function",
    "test_sample_weight_init": "of the private method _init_centroids",
    "test_sample_weight_zero": "of the private method _init_centroids",
    "test_warning_elkan_1_cluster": 'of algorithm="elkan"',
    "test_k_means_function": "of the function k_means, which is not KMeans",
    "test_kmeans_plusplus_wrong_params": "of the function kmeans_plusplus, which is not KMeans",
    "test_kmeans_plusplus_output": "of the function kmeans_plusplus, which is not KMeans",
    "test_kmeans_plusplus_norms": "of the function kmeans_plusplus, which is not KMeans",
    "test_kmeans_plusplus_dataorder": "of the function kmeans_plusplus, which is not KMeans",
    "test_minibatch_update_consistency": "of MiniBatchKMeans",
    "test_minibatch_kmeans_partial_fit_init": "of MiniBatchKMeans",
    "test_minibatch_kmeans_verbose": "of MiniBatchKMeans",
    "test_minibatch_kmeans_warning_init_size": "of MiniBatchKMeans",
    "test_minibatch_sensible_reassign": "of MiniBatchKMeans",
    "test_minibatch_reassign": "of MiniBatchKMeans",
    "test_minibatch_with_many_reassignments": "of MiniBatchKMeans",
    "test_minibatch_kmeans_init_size": "of MiniBatchKMeans",
    "test_minibatch_declared_convergence": "of MiniBatchKMeans",
    "test_minibatch_iter_steps": "of MiniBatchKMeans",
}


def load_theirs():
    """Their module, which takes KMeans from sklearn.cluster as it is imported."""
    found = importlib.util.find_spec("sklearn.cluster.tests.test_k_means")
    if found is None:
        pytest.skip("this scikit-learn was installed without its tests", allow_module_level=True)
    module = importlib.util.module_from_spec(found)
    with mock.patch("sklearn.cluster.KMeans", KMeans):
        found.loader.exec_module(module)
    return module


def without_minibatch(mark):
    """The mark without the parameters that ask for MiniBatchKMeans."""
    if mark.name != "parametrize":
        return mark
    names, values, *rest = mark.args
    kept = [v for v in values if not any(part is MiniBatchKMeans for part in (v if isinstance(v, tuple) else (v,)))]
    return getattr(pytest.mark, mark.name)(names, kept, *rest, **mark.kwargs).mark


def select_tests(module):
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    for test in tests.values():
        test.pytestmark = [without_minibatch(mark) for mark in getattr(test, "pytestmark", [])]
    return {name: test for name, test in tests.items() if name not in LEFT_OUT}


THEIRS = load_theirs()
globals().update(select_tests(THEIRS))


@pytest.fixture(params=[0, 42])
def global_random_seed(request):
    return request.param


@pytest.fixture(params=[np.float32, np.float64])
def global_dtype(request):
    return request.param


def test_what_they_test_is_ours():
    assert THEIRS.KMeans is KMeans


def test_every_test_left_out_exists():
    assert not set(LEFT_OUT) - set(vars(THEIRS))
