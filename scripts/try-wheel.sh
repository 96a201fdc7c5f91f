#!/bin/sh
# Runs the tests on the wheel that scripts/wheel.sh built, without a compiler, in a new environment of each Python that
# is here (or of those in PYTHONS), and says at the end which passed: sh scripts/try-wheel.sh [options of pytest]
set -eu
cd "$(dirname "$0")/.."
wheel=$(ls "$PWD"/build/wheelhouse/*.whl)

try() {
  environment=build/wheel-$1
  shift
  # A compiler that fails shows that none is needed, and --only-binary that no dependency needs one.
  "$python" -m venv --clear "$environment" &&
    CC=false CXX=false "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
      --only-binary :all: "$wheel[test]" &&
    "$environment/bin/python" -m pytest -q -n 2 -p no:cacheprovider "$@"
}

passed="" failed=""
for name in ${PYTHONS:-python3.11 python3.12 python3.13 python3.13t python3.14 python3.14t}; do
  python=$(command -v "$name") && "$python" -c "" 2>/dev/null || continue
  if try "$name" "$@"; then passed="$passed $name"; else failed="$failed $name"; fi
done
echo "huepress: the wheel passes in:${passed:- none}; fails in:${failed:- none}" >&2
[ -n "$passed" ] && [ -z "$failed" ]
