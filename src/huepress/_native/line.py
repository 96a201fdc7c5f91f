"""Places on a line, and their runs of least error."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from huepress._native.coordinates import COORDINATE_LIMIT
from huepress._native.library import ADDRESS, INT32, address, check_status, checked_array, declare

MOST_PLACES: Final = 1024  # to find the runs of far more would take longer than to search
_runs = declare("hp_runs_of_least_error", ADDRESS, ADDRESS, INT32, INT32, ADDRESS)


def runs_of_least_error(places: NDArray[np.int64], weights: NDArray[np.uint32], k: int) -> NDArray[np.int32]:
    """(k,) where the k runs begin whose sum of weighted squared distances to their means is least.

    places: (n,) of up to 1024, ascending, on the grid or between its negatives. weights: (n,) >= 1, of sum below 2^32.
    """
    places = checked_array(places, np.int64, (None,), "places")
    weights = checked_array(weights, np.uint32, (len(places),), "weights")
    if not 1 <= k <= len(places) <= MOST_PLACES:
        raise ValueError(f"k must be 1 to the number of places, and these at most {MOST_PLACES}: {k}, {len(places)}")
    if (places[1:] < places[:-1]).any() or places[0] <= -COORDINATE_LIMIT or places[-1] >= COORDINATE_LIMIT:
        raise ValueError(f"places must ascend, and be below {COORDINATE_LIMIT} either side of 0")
    if not weights.all() or int(weights.sum(dtype=np.uint64)) >> 32:
        raise ValueError("weights must be at least 1, of sum below 2^32")
    starts = np.empty(k, np.int32)
    check_status(_runs(address(places), address(weights), len(places), k, address(starts)))
    return starts
