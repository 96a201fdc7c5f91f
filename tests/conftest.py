import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# No clock decides whether a test passes, and every run tries the same examples.
settings.register_profile("huepress", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("huepress")

# Tests run side by side: scikit-learn's threads would wait for each other in loops, which takes many times longer.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_runtest_setup(item):
    """Tests that share a generator of their module draw the same numbers, whichever of them ran before in a process."""
    for value in vars(item.module).values():
        if isinstance(value, np.random.Generator):
            value.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.fixture(scope="session")
def photograph():
    """The path of a real photograph, 640 x 427, that scikit-learn ships."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None:
        pytest.skip("needs scikit-learn, which ships a photograph: pip install 'huepress[test]'")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
