import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from huepress import _native

NATIVE = Path(__file__).parents[1] / "native"


def test_every_supported_level_can_be_forced():
    levels = _native.supported_simd_levels()
    assert levels[0] == "baseline"
    for level in (*levels, levels[-1]):
        _native.use_simd_level(level)


def test_unknown_level_is_refused():
    with pytest.raises(ValueError, match="mmx"):
        _native.use_simd_level("mmx")


def test_numbers_in_the_other_order_of_bytes_are_refused():
    """Checks of range would see other numbers than the kernel."""
    labels = np.zeros(3, np.dtype(np.int32).newbyteorder())
    with pytest.raises(TypeError, match="labels must be an array of int32"):
        _native.rows_sums(np.zeros((3, 1)), np.ones(3), labels, 1)


@pytest.mark.parametrize("check", [_native.check_threads, _native.check_seed])
def test_whole_numbers_of_any_type_are_taken_and_no_others(check):
    for number in (3, np.int8(3), np.uint64(3), np.array(3)):
        assert check(number) == 3
        assert type(check(number)) is int
    for wrong in (True, 3.0, np.float64(3), "3", np.array([3, 4]), [3]):
        with pytest.raises(TypeError, match=r"must be a whole number, not "):
            check(wrong)


def test_environment_variable_forces_the_level():
    code = "import huepress._native as n; print(n._kernel)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HUEPRESS_SIMD": "mmx"},
        capture_output=True,
        text=True,
    )
    assert "SIMD level must be one of" in done.stderr


FORKING = """
import os
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from huepress import _native

pixels = np.random.default_rng(0).integers(0, 256, (1 << 19, 3), np.uint8)
count = lambda threads: [array.tobytes() for array in _native.count_colors(pixels, threads)]
expected = count(1)
assert count(4) == expected
if not (child := os.fork()):
    os._exit(0 if count(4) == expected and count(2) == expected else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert count(4) == expected
with ThreadPoolExecutor(8) as pool:
    assert list(pool.map(count, [4] * 16)) == [expected] * 16
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork is of Unix")
def test_threads_that_wait_for_work_survive_a_fork_and_many_callers():
    done = subprocess.run([sys.executable, "-W", "error", "-c", FORKING], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")


def compiled(source, *options, folder):
    compiler = shutil.which(os.environ.get("CXX") or "c++") or pytest.skip("needs a C++ compiler")
    line = [compiler, "-std=c++17", f"-I{NATIVE}", *options, "-c", str(source), "-o", "own.o"]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True)


LANES = sorted(
    path for path in (NATIVE / "lanes").glob("*.cpp") if re.search("^struct ", path.read_text("utf-8"), re.M)
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name symbols in other ways")
@pytest.mark.parametrize("path", LANES, ids=lambda path: path.name)
def test_no_function_of_one_simd_level_can_take_the_place_of_anothers(path, tmp_path):
    """Of those that are not inlined, as here none is, the linker keeps one if they are not the file's own."""
    nm = shutil.which("nm") or pytest.skip("needs nm")
    assert compiled(path, "-O0", "-DHP_LEVEL=own", folder=tmp_path).returncode == 0
    names = subprocess.run([nm, "own.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert not [name for name in names.splitlines() if re.search(" [uVW] ", name)]


def test_no_two_headers_give_one_name_to_their_types():
    """The linker would keep one destructor for both."""
    defined = {
        (name, path.name)
        for path in NATIVE.rglob("*.h")
        for name in re.findall(r"^(?:class|struct)[^;{]* (\w+) \{", path.read_text("utf-8"), re.M)
    }
    names = sorted(name for name, _ in defined)
    assert "Level" in names or not NATIVE.exists()
    assert [name for name, following in itertools.pairwise(names) if name == following] == []


@pytest.mark.skipif(sys.platform != "linux", reason="MSVC is for processors of one order only")
def test_for_processors_that_store_the_highest_byte_first_there_is_no_kernel(tmp_path):
    """It would map pixels to wrong entries."""
    order = "-U__BYTE_ORDER__", "-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__"
    done = compiled(NATIVE / "simd.cpp", "-fsyntax-only", *order, folder=tmp_path)
    assert done.returncode != 0
    assert "needs a processor that stores the lowest byte first" in done.stderr
