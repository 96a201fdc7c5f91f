#!/bin/sh
# Fuzz the kernel under AddressSanitizer, through its one caller: sh scripts/fuzz-kernel.sh [SECONDS]. For Linux and
# clang, or CXX: what the fuzzer sees of the kernel's branches, gcc cannot give. The environment is .venv-fuzz.
set -eu
cd "$(dirname "$0")/.."
folder=.venv-fuzz
build=build/fuzz

fail() {
  echo "huepress: $1" >&2
  exit 1
}

for compiler in ${CXX:-clang++ clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14 none}; do
  command -v "$compiler" >/dev/null 2>&1 && break
done
[ "$compiler" != none ] || fail "fuzzing the kernel needs clang (Debian, Ubuntu: apt install clang)"
[ -e $folder/bin/python ] || "${PYTHON:-python3}" -m venv $folder
$folder/bin/python -m pip install --quiet --disable-pip-version-check cmake ninja numpy pillow \
  --requirement fuzz/requirements.txt
PATH="$PWD/$folder/bin:$PATH"

# Undefined behaviour traps, which needs no runtime; that of the sanitizer for addresses comes with atheris.
cmake -S . -B $build -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DHUEPRESS_SANITIZE=fuzzer-no-link,address \
  -DCMAKE_CXX_FLAGS="-fsanitize=undefined -fsanitize-trap=undefined -D_GLIBCXX_ASSERTIONS" >/dev/null
cmake --build $build >/dev/null
rm -rf $build/package && mkdir $build/package
cp -R src/huepress $build/package
cp $build/_kernel.so $build/package/huepress

# Memory that Python never frees is no leak of the kernel.
export PYTHONPATH="$build/package" ASAN_OPTIONS="detect_leaks=0"
runtime=$(python -c 'import atheris; from pathlib import Path; print(Path(atheris.path()) / "asan_with_fuzzer.so")')
LD_PRELOAD=$runtime exec python fuzz/kernel.py "${1:-600}"
