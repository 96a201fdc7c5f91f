#!/bin/sh
# The kernel's tests on a kernel that is built with AddressSanitizer and UndefinedBehaviorSanitizer, or with those named:
#   sh scripts/sanitize.sh [address,undefined|thread] [options of pytest]
# For Linux and gcc (or CXX). The environment is .venv-sanitize, with what these tests need and nothing else.
set -eu
cd "$(dirname "$0")/.."
sanitizers=address,undefined
case "${1:-}" in
address* | thread | undefined) sanitizers=$1 && shift ;;
esac
folder=.venv-sanitize
compiler=${CXX:-g++}

fail() {
  echo "huepress: $1" >&2
  exit 1
}

runtime() {
  library=$("$compiler" -print-file-name="lib$1.so")
  [ -e "$library" ] || fail "$compiler has no lib$1.so: the sanitizers need gcc on Linux, with its runtime libraries"
  echo "$library"
}

case $sanitizers in
thread) preload=$(runtime tsan) ;;
*) preload="$(runtime asan) $(runtime ubsan)" ;;
esac

[ -e $folder/bin/python ] || "${PYTHON:-python3}" -m venv $folder
$folder/bin/python -m pip install --quiet --disable-pip-version-check scikit-build-core ninja cmake \
  numpy pillow deflate click rich pytest hypothesis
# An array, a vector's index and an iterator are checked, too; the first finding ends the run, and names its lines.
CXX=$compiler CXXFLAGS="-D_GLIBCXX_ASSERTIONS -fno-sanitize-recover=all" \
  $folder/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
  --config-settings=build-dir="build/sanitize-$sanitizers" --config-settings=install.strip=false \
  --config-settings=cmake.define.HUEPRESS_SANITIZE="$sanitizers" \
  --config-settings=cmake.define.HUEPRESS_WERROR=OFF --editable .

# Memory that Python never frees is no leak of the kernel; Python's own pools would hide what is read past an end.
export ASAN_OPTIONS="detect_leaks=0:abort_on_error=0:exitcode=66" UBSAN_OPTIONS="print_stacktrace=1"
export TSAN_OPTIONS="exitcode=66" PYTHONMALLOC=malloc
LD_PRELOAD=$preload exec $folder/bin/python -m pytest -p no:cacheprovider tests/test_abi.py tests/test_native.py \
  tests/test_histogram.py tests/test_kmeans.py tests/test_line.py tests/test_mapping.py tests/test_quantization.py \
  tests/test_lossy.py tests/test_dither.py tests/test_deflate.py "$@"
