#!/bin/sh
# The page in a browser: sets up, gets Debian's Chromium if there is none, then drives it. Options go to pytest.
# CHROMIUM=/path/to/chromium takes another; it must speak the DevTools protocol.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
PATH="$PWD/.venv/bin:$PWD/.venv/Scripts:$PATH"
python -m pip install --quiet --disable-pip-version-check --requirement tests/page/requirements.txt

if [ -z "${CHROMIUM:-}" ]; then
  if ! command -v chromium >/dev/null 2>&1; then
    echo "Installing Chromium (Debian's package)" >&2
    apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends chromium >&2 || {
      echo "huepress: no chromium here, and it cannot be installed; name one with CHROMIUM=/path/to/chromium" >&2
      exit 1
    }
  fi
  CHROMIUM=$(command -v chromium)
fi
export CHROMIUM
pytest tests/page "$@"
