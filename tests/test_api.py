import inspect
import subprocess
import sys

import pytest

import huepress

NAMES = [
    "Histogram",
    "HuepressError",
    "IndexedPicture",
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
    "learn_palette",
    "load_palette",
    "quantize",
    "read",
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


@pytest.mark.parametrize("name", [name for name, module in huepress._HOME.items() if name == module])
def test_a_function_keeps_its_name_when_its_module_is_imported_first(name):
    code = f"import huepress.{name}; import huepress; print(callable(huepress.{name}), callable(huepress.{name}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True True\n"
