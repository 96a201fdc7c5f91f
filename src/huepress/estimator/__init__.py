"""K-means as a scikit-learn estimator: rows of numbers in place of pictures."""

from huepress.estimator.estimator import KMeans

__all__ = ["KMeans"]
