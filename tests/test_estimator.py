from sklearn.utils.estimator_checks import parametrize_with_checks

from huepress import KMeans


@parametrize_with_checks([KMeans(n_clusters=3), KMeans(n_clusters=3, init="random")])
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)
