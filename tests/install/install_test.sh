#!/usr/bin/env bash
# Installs the built library into an empty folder and builds the examples against it, as outside projects would.
set -euo pipefail
source_dir="$1" build_dir="$2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cmake --install "$build_dir" --prefix "$work/prefix" >"$work/install.log"
for example in hello table seams; do
  cmake -S "$source_dir/examples/$example" -B "$work/$example" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" ||
    { cat "$work/configure.log"; exit 1; }
  cmake --build "$work/$example" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
done
! find "$work/prefix/include" -name '*-inl.h' -o -name '*_kernel.h' -o -name '*_cpu.h' -o -name 'kernel_table.h' -o -path '*/command/*' -o -path '*/app/*' | grep . ||
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

# The engine's seams from outside: an adapter of the program's own under a trained gpt, and a patched residual.
for i in $(seq 200); do echo "the cat sat on the mat and the dog lay on the log"; done >text.txt
"$work/prefix/bin/grimoire" train --model gpt --data text.txt --out run --context 32 --n-embd 32 --n-layer 2 --n-head 2 --batch-size 4 --steps 40 >train.log 2>&1 || { cat train.log; exit 1; }
"$work/seams/seams" run "tac eht gol eht no dog ant" | tee "$work/out.txt"
