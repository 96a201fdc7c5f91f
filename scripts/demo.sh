#!/bin/sh
# The main job on a real photograph: demo-output/ gets it with 10 and with 20 colours, and the three side by side.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh demo
PATH="$PWD/.venv/bin:$PWD/.venv/Scripts:$PATH"

mkdir -p demo-output
photograph=$(python -c 'from importlib.util import find_spec; print(find_spec("sklearn").submodule_search_locations[0])')/datasets/images/china.jpg
cp "$photograph" demo-output/china.jpg

set -x
huepress demo-output/china.jpg -k 10,20 --force
python examples/side_by_side.py demo-output/china.jpg demo-output/china-k10.png demo-output/china-k20.png -o demo-output/side-by-side.png
