import os
import subprocess
import sys

import pytest

from huepress import _native


def test_every_supported_level_can_be_forced():
    levels = _native.supported_simd_levels()
    assert levels[0] == "baseline"
    for level in (*levels, levels[-1]):
        _native.use_simd_level(level)


def test_unknown_level_is_refused():
    with pytest.raises(ValueError, match="mmx"):
        _native.use_simd_level("mmx")


def test_environment_variable_forces_the_level():
    code = "import huepress._native as n; print(n._kernel)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HUEPRESS_SIMD": "mmx"},
        capture_output=True,
        text=True,
    )
    assert "SIMD level must be one of" in done.stderr
