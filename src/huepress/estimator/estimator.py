"""K-means as a scikit-learn estimator, in place of `sklearn.cluster.KMeans` (extra `sklearn`)."""

import warnings
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from huepress._native import MAX_CLUSTERS, check_threads
from huepress.estimator.byte_rows import ByteRows, Bytes, bytes_of, distinct_bytes
from huepress.estimator.lloyd import Fit, lloyd, plus_plus, random_rows
from huepress.estimator.rows import DenseRows, Distinct, Floats, Rows, Weights, distinct, rows_of
from huepress.estimator.search import MOST_FEATURES, search, searched_centers
from huepress.extras import require
from huepress.kmeans import Effort, strategy_named
from huepress.weights import check_range

require("sklearn", extra="sklearn")

from sklearn.base import (  # noqa: E402
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.utils import check_array, check_random_state  # noqa: E402
from sklearn.utils._param_validation import Interval, StrOptions  # noqa: E402
from sklearn.utils.metadata_routing import UNUSED  # noqa: E402
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data  # noqa: E402

Run = Callable[[Any, Any, Any], Fit]  # of rows, weights and a RandomState


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """K-means clustering with the contract of `sklearn.cluster.KMeans`.

    Equal rows are counted once, with the sum of their weights: a weight equals a repetition, and neither the
    order of the rows nor the number of threads changes the result.

    Rows of one to four whole numbers 0..255, such as pixels, or of such numbers divided by 255, are clustered by
    huepress' kernel when `init` is "k-means++": it searches, for as long as `effort` says, to near the global optimum,
    with limits of its own in place of `max_iter` and `tol`. Of other rows of one to four numbers it finds the first
    centres, on a grid of 2^14 steps, unless that is too coarse for them. All else is plain Lloyd iterations in double
    precision, as in scikit-learn.

    Args:
        n_clusters: number of clusters, at least 1.
        init: "k-means++": the kernel's search, or greedy k-means++ where it cannot; "random": rows drawn by weight;
            (n_clusters, n_features) centres; or a function of (X, n_clusters, random_state) that returns such centres.
        n_init: number of runs, of which the best is kept; "auto": 1 for "k-means++" and given centres, else 10.
        max_iter: Lloyd iterations of a run, at most.
        tol: Lloyd iterations end when the squared moves of all centres add up to this times the mean variance
            of the features, or less.
        verbose: 1 prints the progress of each run.
        random_state: seed, `RandomState` or None, as everywhere in scikit-learn.
        copy_x, algorithm: accepted for compatibility: X is never modified, and the result of "elkan" is that of
            "lloyd".
        effort: how long the kernel searches: "fast" ends on average below the best of ten runs of k-means++,
            "balanced" and "best" take longer.
        threads: number of threads, by default the usable processors.

    Attributes:
        cluster_centers_: (n_clusters, n_features), float32 if X is, else float64.
        labels_: (n_samples,) int32, the nearest centre of each row, ties to the lower.
        inertia_: sum of the weighted squared distances of the rows to their centres.
        n_iter_: number of Lloyd iterations of the best run.
        n_features_in_: number of columns.
        feature_names_in_: their names, where X has names that are all text.

    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions({"k-means++", "random"}), callable, "array-like"],
        "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "copy_x": ["boolean"],
        "algorithm": [StrOptions({"lloyd", "elkan"})],
        "effort": [StrOptions({"fast", "balanced", "best"})],
        "threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    __metadata_request__inverse_transform: ClassVar[dict[str, Any]] = {"labels": UNUSED}  # they are its data, as X is

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: Any = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: Any = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        effort: Effort = "fast",
        threads: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.effort = effort
        self.threads = threads

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002
        """Find the clusters of the rows of X.

        Args:
            X: (n_samples, n_features) numbers, an array, data frame or sparse matrix.
            y: not used.
            sample_weight: (n_samples,) numbers >= 0, not all 0; by default 1 each.

        Returns:
            The estimator itself.

        Raises:
            ValueError: a parameter, X or a weight is wrong; in scikit-learn's words.

        """
        self._validate_params()
        X, values = self._read(X, reset=True)
        if X.shape[0] < self.n_clusters:
            raise ValueError(f"n_samples={X.shape[0]} should be >= n_clusters={self.n_clusters}.")
        run, self._n_init = self._run_of(X, values), self._runs()
        data = self._distinct(X, values, _weights(sample_weight, X))
        found = self._best(*_with_weight(data), run)
        self.cluster_centers_ = found.centers.astype(_dtype(X))
        labels, distances = data.rows.nearest(self._centers())
        self.labels_ = data.spread(labels)
        self.inertia_ = _inertia(data, distances)
        self.n_iter_ = found.iterations
        self._n_features_out = self.n_clusters
        self._warn_of_few(_clusters_among(labels, self.n_clusters))
        return self

    def predict(self, X: Any) -> NDArray[np.int32]:
        """(n_samples,) int32: the centre nearest to each row of X (n_samples, n_features), ties to the lower."""
        check_is_fitted(self)
        data = self._counted(*self._read(X), None)
        return data.spread(data.rows.nearest(self._centers())[0])

    def fit_predict(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> NDArray[np.int32]:  # noqa: ARG002
        """`fit`, then `labels_`."""
        labels: NDArray[np.int32] = self.fit(X, sample_weight=sample_weight).labels_
        return labels

    def transform(self, X: Any) -> NDArray[Any]:
        """(n_samples, n_clusters): the distance of each row of X to each centre."""
        check_is_fitted(self)
        X = self._read(X)[0]
        distances = rows_of(X, self._threads()).distances(self._centers())
        np.sqrt(distances, out=distances)
        return distances.astype(_dtype(X), copy=False)

    def fit_transform(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Any:  # noqa: ARG002
        """`fit`, then `transform`."""
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def inverse_transform(self, labels: ArrayLike) -> NDArray[Any]:
        """(n, n_features): the centre of each of (n,) labels, whole numbers 0..n_clusters - 1.

        Raises:
            ValueError, TypeError: a label is none of these.

        """
        check_is_fitted(self)
        index = np.asarray(labels)
        if index.dtype.kind not in "ui":
            raise TypeError(f"labels must be whole numbers, not {index.dtype}")
        last = len(self.cluster_centers_) - 1
        if index.size and not 0 <= index.min() <= index.max() <= last:
            raise ValueError(f"labels must be 0 to {last}, not {index.min()} to {index.max()}")
        centers: NDArray[Any] = self.cluster_centers_[index]
        return centers

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:  # noqa: ARG002
        """Minus the inertia of X (n_samples, n_features) with these centres."""
        check_is_fitted(self)
        X, values = self._read(X)
        data = self._counted(X, values, _weights(sample_weight, X))
        return -_inertia(data, data.rows.nearest(self._centers())[1])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _read(self, X: Any, *, reset: bool = False) -> tuple[Any, Bytes | None]:
        """X, checked, as a CSR matrix or an array of numbers; and as bytes, if it is an array of those.

        Bytes are checked in place of X: they tell the same, but for what they cannot be, and there are fewer of them.
        """
        values = bytes_of(X, self._threads())
        if values is not None:
            validate_data(self, values.values, dtype=np.uint8, reset=reset)
            return X, values
        kinds = [np.float64, np.float32]
        X = validate_data(self, X, accept_sparse="csr", accept_large_sparse=False, dtype=kinds, reset=reset)
        return X, bytes_of(X, self._threads())

    def _threads(self) -> int:
        return check_threads(None if self.threads is None else int(self.threads))

    def _centers(self) -> Floats:
        centers: Floats = self.cluster_centers_.astype(np.float64)
        return centers

    def _distinct(self, X: Any, values: Bytes | None, weights: Floats | None) -> Distinct:
        if values is None:
            return distinct(rows_of(X, self._threads()), weights)
        return distinct_bytes(values, weights, self._threads())

    def _counted(self, X: Any, values: Bytes | None, weights: Floats | None) -> Distinct:
        """The rows of X, distinct if that is quick to find: if they are bytes."""
        if values is not None:
            return self._distinct(X, values, weights)
        weights = np.ones(X.shape[0]) if weights is None else weights
        return Distinct(rows_of(X, self._threads()), weights, lambda labels: labels)

    def _runs(self) -> int:
        """The number of runs."""
        given = not isinstance(self.init, str) and not callable(self.init)
        once = given or (isinstance(self.init, str) and self.init == "k-means++")
        runs = (1 if once else 10) if isinstance(self.n_init, str) else int(self.n_init)
        if given and runs != 1:
            message = "Explicit initial center position passed: performing only one init in KMeans instead of "
            warnings.warn(f"{message}n_init={runs}.", RuntimeWarning, stacklevel=3)
            return 1
        return runs

    def _run_of(self, X: Any, values: Bytes | None) -> Run:
        """One run, as `init` and the data want it; `values` are the data if they are bytes."""
        k = self.n_clusters
        if callable(self.init):
            first, numbers = self.init, X if values is None else X.astype(_dtype(X), copy=False)
            return self._plain(lambda *_, random: self._checked_centers(first(numbers, k, random_state=random), X))
        if not isinstance(self.init, str):
            centers = self._checked_centers(self.init, X)
            return self._plain(lambda *_, random: centers)  # noqa: ARG005
        if self.init == "k-means++" and values is not None and k <= MAX_CLUSTERS:
            return self._search
        draw = self._good_centers if self.init == "k-means++" else random_rows
        return self._plain(lambda rows, weights, random: draw(rows, weights, k, random))

    def _good_centers(self, rows: Rows, weights: Floats, k: int, random: Any) -> Floats:
        """Centres near the global optimum where the kernel can look for it, else those of k-means++."""
        if isinstance(rows, DenseRows) and rows.shape[1] <= MOST_FEATURES and 1 < k <= MAX_CLUSTERS:
            seed, strategy = int(random.randint(1 << 31)), strategy_named(self.effort)
            found = searched_centers(rows, weights, k, strategy, seed=seed, threads=self._threads())
            if found is not None:
                return found
        return plus_plus(rows, weights, k, random)

    def _plain(self, first: Callable[..., Floats]) -> Run:
        """A run of plain iterations from the centres that `first` makes of rows, weights and random=."""

        def run(rows: Rows, weights: Weights, random: Any) -> Fit:
            floats = np.asarray(weights, np.float64)
            return self._lloyd(rows, floats, first(rows, floats, random=random))

        return run

    def _checked_centers(self, centers: Any, X: Any) -> Floats:
        checked: Floats = check_array(centers, dtype=np.float64, order="C")
        shape = f"The shape of the initial centers {checked.shape} does not match the number of "
        if len(checked) != self.n_clusters:
            raise ValueError(shape + f"clusters {self.n_clusters}.")
        if checked.shape[1] != X.shape[1]:
            raise ValueError(shape + f"features of the data {X.shape[1]}.")
        return checked

    def _best(self, rows: Rows, weights: Weights, run: Run) -> Fit:
        random = check_random_state(self.random_state)
        if isinstance(self.init, str) and rows.shape[0] <= self.n_clusters:
            return Fit(_padded(rows.dense(slice(None)), self.n_clusters), 0.0, 1)
        runs = (run(rows, weights, random) for _ in range(self._n_init))
        return min(runs, key=lambda fit: fit.inertia)

    def _lloyd(self, rows: Rows, weights: Floats, centers: Floats) -> Fit:
        self._say("Initialization complete")
        tolerance = self.tol * rows.mean_variance(weights) if self.tol else 0.0
        return lloyd(rows, weights, centers, max_iter=self.max_iter, tolerance=tolerance, say=self._say)

    def _search(self, rows: ByteRows, weights: Weights, random: Any) -> Fit:
        seed, threads = int(random.randint(1 << 31)), self._threads()
        fit = search(rows, weights, self.n_clusters, effort=self.effort, seed=seed, threads=threads)
        self._say(f"Search complete, inertia {fit.inertia}.")
        return fit

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)

    def _warn_of_few(self, found: int) -> None:
        if found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({found}) found smaller than n_clusters ({self.n_clusters}). "
                "Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=3,
            )


def _dtype(X: Any) -> Any:
    return np.float32 if X.dtype == np.float32 else np.float64


def _weights(sample_weight: ArrayLike | None, X: Any) -> Floats | None:
    if sample_weight is None:
        return None
    weights: Floats = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`.")
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    check_range(float(weights.max()), weights.size)
    return weights


def _clusters_among(labels: NDArray[np.int32], k: int) -> int:
    """How many of k labels there are; most often a few rows have them all."""
    for part in (labels[:: 1 + len(labels) // 4096], labels):
        found = int(np.count_nonzero(np.bincount(part)))
        if found == k:
            break
    return found


def _with_weight(data: Distinct) -> tuple[Rows, Weights]:
    """The rows that weigh something, and their weights."""
    if data.weights.min() > 0:
        return data.rows, data.weights
    index = np.flatnonzero(data.weights)
    return data.rows.take(index), data.weights[index]


def _inertia(data: Distinct, distances: Floats) -> float:
    """The sum over the rows that weigh something: others would change the order of additions. Changes `distances`."""
    distances *= data.weights  # no array beside it: new memory takes longer than the sum
    return float(distances.sum() if data.weights.min() > 0 else distances[data.weights > 0].sum())


def _padded(centers: Floats, k: int) -> Floats:
    """The centres, k of them; the last one again where there are too few."""
    return np.pad(centers, ((0, k - len(centers)), (0, 0)), mode="edge")
