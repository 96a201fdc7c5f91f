#!/bin/sh
# All checks: style, types, a kernel that compiles without warnings, tests. Options go to pytest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
PATH="$PWD/.venv/bin:$PWD/.venv/Scripts:$PATH"

ruff check .
ruff format --check .
mypy
pytest -n 2 "$@"
