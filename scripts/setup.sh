#!/bin/sh
# Makes .venv and installs huepress there with one of its extras: sh scripts/setup.sh demo|test|...
# Looks for Python >= 3.11 (or takes PYTHON) and a C++17 compiler (or takes CXX). Installs again only when the
# build or the dependencies changed, because Python files are live in an editable install.
set -eu
cd "$(dirname "$0")/.."
extra=$1
stamp=.venv/huepress-$extra.stamp

fail() {
  echo "huepress: $1" >&2
  exit 1
}

is_recent() {
  command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if is_recent "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 or later is needed, and none was found${PYTHON:+ as $PYTHON}; name yours with PYTHON=/path/to/python"
}

check_compiler() {
  for candidate in ${CXX:-c++ g++ clang++ cl}; do
    if command -v "$candidate" >/dev/null 2>&1; then
      return
    fi
  done
  fail "a C++17 compiler is needed, and none was found${CXX:+ as $CXX}; install g++ or clang (Debian, Ubuntu: apt install g++; macOS: xcode-select --install)"
}

is_fresh() {
  [ -e "$stamp" ] && is_recent "$python" &&
    [ -z "$(find pyproject.toml CMakeLists.txt native scripts/setup.sh -newer "$stamp" -type f)" ]
}

python=.venv/bin/python
[ -e .venv/Scripts/python.exe ] && python=.venv/Scripts/python.exe
if is_fresh; then
  exit 0
fi
check_compiler
if ! is_recent "$python"; then
  base=$(find_python)
  "$base" -m venv --clear .venv || fail "$base cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)"
  [ -e .venv/Scripts/python.exe ] && python=.venv/Scripts/python.exe
  # Older ones take a minute and more to choose versions, but do.
  "$python" -m pip install --quiet --upgrade pip || echo "huepress: pip stays as it is" >&2
fi
echo "Installing huepress and what the $extra needs into .venv (once; a minute or two)" >&2
"$python" -m pip install --quiet --disable-pip-version-check \
  --config-settings=cmake.define.HUEPRESS_WERROR=ON --editable ".[$extra]"
"$python" -m compileall -q src/huepress # pip does so with what it copies, but not with what it links to
touch "$stamp"
