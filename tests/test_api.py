import inspect
import pkgutil
import subprocess
import sys

import pytest

import huepress

NAMES = [
    "Animation",
    "Compressed",
    "CompressedAnimation",
    "Elbow",
    "Histogram",
    "HuepressError",
    "IndexedAnimation",
    "IndexedPicture",
    "Iteration",
    "KMeans",
    "MissingExtraError",
    "OverwriteError",
    "Palette",
    "Picture",
    "ReadError",
    "Scores",
    "TargetError",
    "WriteError",
    "__version__",
    "compare",
    "compress",
    "elbow",
    "learn_palette",
    "load_palette",
    "quantize",
    "read",
    "read_whole",
]


def test_the_public_names_are_these():
    assert sorted(huepress.__all__) == NAMES


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"__version__"}))
def test_every_name_is_there_and_explained(name):
    value = getattr(huepress, name)
    assert value.__module__.startswith("huepress.")
    assert inspect.getdoc(value)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        huepress.nothing  # noqa: B018


def test_import_is_lazy():
    code = "import huepress, sys; print('numpy' in sys.modules, 'quantize' in dir(huepress))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False True\n"


def test_no_name_is_that_of_a_module():
    """Python would bind the module to the name as soon as anybody imports it."""
    modules = {module.name for module in pkgutil.iter_modules(huepress.__path__)}
    assert not modules & set(huepress.__all__)
