#!/bin/sh
# Mutation testing: changes mapping, encoding and palette in small ways, one at a time, and counts those that their
# tests notice. Prints the score and the survivors: sh scripts/mutate.sh [file.py...]  (two hours on one core)
# JOBS: how many processes. TESTS: which tests, such as "weights histogram" for weights.py.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
.venv/bin/python -m pip install --quiet --disable-pip-version-check "mutmut>=3.8"
if [ $# -eq 0 ]; then
  set -- mapping.py encode.py formats/names.py formats/png_layout.py formats/png_rows.py formats/packing.py
  set -- "$@" palette.py palette_files.py
fi
tests=${TESTS:-mapping quantization encode png_rows deflate outputs palette palette_files}
folder=build/mutation
packages=$(.venv/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
kernel=$(.venv/bin/python -c "from huepress._native import library; print(library._kernel._name)")

rm -rf $folder
mkdir -p $folder
cp -R src tests README.md ARCHITECTURE.md CHANGELOG.md $folder
cp "$kernel" $folder/src/huepress/
{
  printf '[tool.mutmut]\nsource_paths = ["src/"]\nalso_copy = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"]\n'
  printf 'only_mutate = [%s]\n' "$(printf '"src/huepress/%s", ' "$@")"
  printf 'pytest_add_cli_args_test_selection = [%s]\n' "$(printf '"tests/test_%s.py", ' $tests)"
  printf '[tool.pytest.ini_options]\naddopts = "-p no:randomly -p no:xdist -q"\n'
} >$folder/pyproject.toml

# Folders of PYTHONPATH are searched, but their .pth files are not obeyed: the installed huepress stays out of the way.
"$(.venv/bin/python -c 'import sys; print(sys._base_executable)')" -m venv --without-pip $folder/python
cd $folder
export PYTHONPATH="$packages"
python/bin/python -m mutmut run --max-children "${JOBS:-$(getconf _NPROCESSORS_ONLN)}"
python/bin/python -m mutmut results
