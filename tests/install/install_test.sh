#!/usr/bin/env bash
# Installs the built library into an empty folder and builds the examples against it, as outside projects would.
set -euo pipefail
source_dir="$1" build_dir="$2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cmake --install "$build_dir" --prefix "$work/prefix" >"$work/install.log"
for example in hello table; do
  cmake -S "$source_dir/examples/$example" -B "$work/$example" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" ||
    { cat "$work/configure.log"; exit 1; }
  cmake --build "$work/$example" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
done
! find "$work/prefix/include" -name '*-inl.h' -o -name '*_kernel.h' -o -path '*/command/*' -o -path '*/app/*' | grep . ||
  { echo "headers that are the library's own were installed"; exit 1; }
(cd "$work" && hello/hello) | tee "$work/out.txt"
awk '/^step 500: loss/ { found = $4 < 0.001 } END { exit !found }' "$work/out.txt"
test -s "$work/sine.safetensors"
test -x "$work/prefix/bin/grimoire"
"$work/prefix/bin/grimoire" --version
cd "$work"
awk -v OFS=, 'BEGIN { srand(1); print "x,y,kind"; for (i = 0; i < 90; i++) { k = i % 3; print rand() + k, rand() - k, "abc" k } }' >table.csv
"$work/table/table" table.csv kind tree | tee "$work/out.txt"
grep -qE '^accuracy on rows held back: (1|0\.9)' "$work/out.txt"
