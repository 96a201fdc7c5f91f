"""Weighted points, searched by K-means at several resolutions."""

import ctypes
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from huepress._native.coordinates import CLASSES, COORDINATE_LIMIT, LANES
from huepress._native.library import ADDRESS, INT32, address, check_seed, check_status, checked_array, declare
from huepress._native.pixels import key_array
from huepress._native.progress import FUNCTION, NO_PROGRESS, Centers, Heard, Progress


class Step(ctypes.Structure):
    """A step of a search: kind, level in bits, number of iterations or swaps, and when Lloyd's algorithm stops.

    SPLIT: from the fixed centres to as many as wanted. LLOYD: until an iteration lowers the error by no more than
    `tolerance` of it (0: until nothing changes), each centre `relaxation` times the way to its mean, or not at all if
    that is less than `still`. SWAPS: random swaps, to the best state found. MERGE: to no more than `count` centres,
    those merged that cost least. `progress` does not hear of steps that are silent.
    """

    SPLIT, LLOYD, SWAPS, MERGE = range(4)
    _fields_ = (
        ("kind", INT32),
        ("bits", INT32),
        ("count", INT32),
        ("silent", INT32),
        ("tolerance", ctypes.c_double),
        ("relaxation", ctypes.c_double),
        ("still", ctypes.c_double),
    )


_points_new = declare("hp_points_new", INT32, ctypes.c_int64, ADDRESS, ctypes.c_int64, *[ADDRESS] * 5, result=ADDRESS)
_points_free = declare("hp_points_free", ADDRESS, result=None)
_search = declare(
    "hp_search", ADDRESS, ADDRESS, INT32, INT32, ADDRESS, INT32, ADDRESS, ADDRESS, ctypes.c_uint64, INT32, FUNCTION,
    *[ADDRESS] * 4,
)  # fmt: skip
_points_nearest = declare("hp_nearest", ADDRESS, ADDRESS, INT32, INT32, ADDRESS, ADDRESS, ADDRESS)
_FAULTS: Final = {  # of HP_WRONG_COORDINATES and so on
    2: f"coordinates must be 0 to {COORDINATE_LIMIT - 1}",
    3: "weights must be at least 1, and less than 2^32 together",
    4: "class starts must ascend from 0 to the number of points",
    5: "points must be in Morton order within each class",
}
CODE_BITS: Final = 32
MAX_CLUSTERS: Final = 65535
_LONG: Final = 1000  # swaps; to let interrupts in would take a fortieth of the time of the shortest searches


class Found(NamedTuple):
    """What a search came to.

    Attributes:
        centers: (k, d) float64. classes: (k,) uint8.
        sums: (k, 5) int64, weight and weighted coordinates of each cluster; error; iterations: those of the last step,
            if it was Lloyd's algorithm.
        labels: (n,) uint16 of its level, if asked for.

    """

    centers: Centers
    classes: NDArray[np.uint8]
    sums: NDArray[np.int64]
    error: float
    iterations: int
    labels: Any


class Points:
    """Weighted points in the kernel, for K-means at several resolutions.

    Args:
        coordinates: (d, n + LANES) int16, values 0..16383, d 3 or 4; the points of each class in Morton order, as
            `sort_points` puts them.
        weights: (n,) uint32 >= 1 of sum below 2^32.
        class_starts: 4 ascending positions 0 .. n: the points of each of three classes.

    """

    def __init__(
        self, coordinates: NDArray[np.int16], weights: NDArray[np.uint32], class_starts: NDArray[np.int64]
    ) -> None:
        checked = checked_array(coordinates, np.int16, (None, len(weights) + LANES), "coordinates")
        self._hold(checked, weights, class_starts, None)

    @classmethod
    def of_colors(
        cls, keys: NDArray[np.uint32], weights: NDArray[np.uint32], class_starts: NDArray[np.int64]
    ) -> "Points":
        """The colours of ascending keys (n,) of one alpha: R, G and B times `LEVEL_STEP`."""
        keys = key_array(keys)
        coordinates = np.empty((3, len(keys) + LANES), np.int16)
        coordinates[:, len(keys) :] = 0
        points = cls.__new__(cls)
        points._hold(coordinates, weights, class_starts, keys)
        return points

    def _hold(self, coordinates: Any, weights: Any, class_starts: Any, keys: NDArray[np.uint32] | None) -> None:
        self.coordinates = coordinates
        self.dimensions: int = len(coordinates)
        self.count: int = coordinates.shape[1] - LANES
        self.weights = checked_array(weights, np.uint32, (self.count,), "weights")
        self.class_starts = checked_array(class_starts, np.int64, (CLASSES + 1,), "class starts")
        if self.dimensions not in (3, 4) or not 1 <= self.count < 1 << 31:
            raise ValueError(f"points must be 1 or more of 3 or 4 coordinates, not {coordinates.shape}")
        sizes, fault = (ctypes.c_int64 * (CODE_BITS + 1))(), ctypes.c_int32()
        handle = _points_new(
            self.dimensions, self.count, address(coordinates), self.count + LANES,
            None if keys is None else address(keys), address(self.weights), address(self.class_starts), sizes,
            ctypes.byref(fault),
        )  # fmt: skip
        if fault.value in _FAULTS:
            raise ValueError(_FAULTS[fault.value])
        check_status(fault.value)
        self._handle = handle
        #: the number of points at each level 0 .. finest: as many as there are different codes of so many first bits
        self.level_sizes = sizes[: self.finest + 1]
        starts = self.class_starts.tolist()
        self.present = frozenset(c for c in range(CLASSES) if starts[c] < starts[c + 1])

    _free = staticmethod(_points_free)  # outlives the module's names when the interpreter ends

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._free(self._handle)

    @property
    def finest(self) -> int:
        """The level that is the points themselves: all bits of their Morton codes."""
        return 8 * self.dimensions

    def search(
        self,
        steps: Sequence[Step],
        centers: Centers,
        classes: NDArray[np.uint8],
        *,
        k: int | None = None,
        fixed: int = 0,
        seed: int = 0,
        threads: int = 1,
        labels: bool = False,
        progress: Progress | None = None,
    ) -> Found:
        """The steps, one after another, from these centres; the first `fixed` never move.

        Args:
            steps: one or more; SPLIT can be the first one only, from centres that are all fixed.
            centers: (n, d), with a centre for each class of points; before SPLIT n may be 0.
            classes: (n,) the class of each centre's points.
            k: how many centres there are to be after SPLIT.
            fixed: how many of the centres never move.
            seed: of the random swaps.
            threads: number of threads; changes no result.
            labels: whether to tell the label of each point of the last step's level, which LLOYD finds.
            progress: hears of each assignment of LLOYD. What it raises ends the search, and is raised here, and so is
                what an interrupt raises, if the search is long.

        """
        splits = self._check_steps(steps)
        if labels and steps[-1].kind != Step.LLOYD:
            raise ValueError("labels are known after Lloyd's algorithm only")
        room = k if splits and k is not None else len(centers)
        self._check_clusters(centers, classes, fixed)
        if splits and fixed != len(centers):
            raise ValueError(f"all {len(centers)} centres must be fixed before a split, not {fixed}")
        self._check_covered(classes, room - len(centers), splits)
        ours, our_classes = np.zeros((room, self.dimensions)), np.zeros(room, np.uint8)
        if len(centers):
            ours[: len(centers)], our_classes[: len(centers)] = centers, classes
        out = np.empty(self.level_sizes[steps[-1].bits], np.uint16) if labels else None
        sums = np.zeros((room, 5), np.int64)
        count, iterations, error = ctypes.c_int32(len(centers)), ctypes.c_int32(), ctypes.c_double()
        heard = Heard(progress, self.dimensions) if progress or _is_long(steps) else None
        with heard or nullcontext():
            check_status(
                _search(
                    self._handle, (Step * len(steps))(*steps), len(steps), room, ctypes.byref(count), fixed,
                    address(ours), address(our_classes), check_seed(seed) & (1 << 64) - 1, threads,
                    heard.function if heard else NO_PROGRESS, None if out is None else address(out), address(sums),
                    ctypes.byref(error), ctypes.byref(iterations),
                )
            )  # fmt: skip
        if heard and heard.failure is not None:
            raise heard.failure
        n = count.value
        return Found(ours[:n], our_classes[:n], sums[:n], error.value, iterations.value, out)

    def _check_steps(self, steps: Sequence[Step]) -> bool:
        """Whether the first one splits."""
        if not steps:
            raise ValueError("a search needs a step at least")
        before, finest = None, self.finest
        for number, step in enumerate(steps):
            kind, bits = step.kind, step.bits
            if not 1 <= bits <= finest:
                raise ValueError(f"the level must be 1 to {finest} bits, not {bits}")
            splits_late = kind == Step.SPLIT and number
            merges_early = kind == Step.MERGE and before not in (Step.LLOYD, Step.SWAPS)  # there are no sums
            if not Step.SPLIT <= kind <= Step.MERGE or splits_late or merges_early:
                raise ValueError(f"step {number} cannot be of the kind {kind}")
            before = kind
        return bool(steps[0].kind == Step.SPLIT)

    def _check_clusters(self, centers: Centers, classes: NDArray[np.uint8], fixed: int) -> None:
        checked_array(centers, np.float64, (None, self.dimensions), "centers")
        checked_array(classes, np.uint8, (len(centers),), "classes")
        if len(centers) > MAX_CLUSTERS or not 0 <= fixed <= len(centers):
            raise ValueError(f"there can be at most {MAX_CLUSTERS} centres, and no more fixed than there are")
        if len(centers) and not np.abs(centers).max() <= 4 * COORDINATE_LIMIT:
            raise ValueError("centres must be finite and near the points")

    def _check_covered(self, classes: NDArray[np.uint8], more: int, splits: bool) -> None:
        if splits and not 0 <= more <= MAX_CLUSTERS:
            raise ValueError(f"k must be {len(classes)} to {MAX_CLUSTERS}, not {len(classes) + more}")
        if len(self.present.difference(classes.tolist())) > (more if splits else 0):
            raise ValueError("each class of points needs a centre")

    def lloyd(
        self,
        centers: Centers,
        classes: NDArray[np.uint8],
        *,
        bits: int | None = None,
        fixed: int = 0,
        iterations: int,
        tolerance: float = 0.0,
        threads: int = 1,
        labels: bool = False,
        progress: Progress | None = None,
    ) -> Found:
        """Plain Lloyd's algorithm from these centres, by default on the points themselves; none: an assignment."""
        step = Step(Step.LLOYD, self.finest if bits is None else bits, iterations, 0, tolerance, 1.0, 0.0)
        return self.search([step], centers, classes, fixed=fixed, threads=threads, labels=labels, progress=progress)

    def nearest(self, entries: NDArray[np.uint8], threads: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], float]:
        """The nearest of (k, 3) entries, k 1..256, ties to the lower, for each point.

        The points are colours, all of one class: three levels times `LEVEL_STEP`.

        Returns:
            labels (n,); the weight (k,) of each entry's points; the sum of weighted squared distances, in grid units.

        """
        entries = checked_array(entries, np.uint8, (None, 3), "entries")
        k = len(entries)
        if self.dimensions != 3 or len(self.present) != 1 or not 1 <= k <= 256:
            raise ValueError(f"1 to 256 entries are for points of 3 coordinates and one class, not {k}")
        labels, weights, error = np.empty(self.count, np.uint8), np.empty(k, np.int64), ctypes.c_double()
        into = address(labels), address(weights), ctypes.byref(error)
        check_status(_points_nearest(self._handle, address(entries), k, threads, *into))
        return labels, weights, error.value


def _is_long(steps: Sequence[Step]) -> bool:
    """Whether a search may take seconds, after which an interrupt would come late."""
    swaps: int = sum(step.count for step in steps if step.kind == Step.SWAPS)
    return swaps > _LONG
