#!/usr/bin/env bash
# Installs the built library into an empty folder and builds the examples against it, as outside projects would.
set -euo pipefail
source_dir="$1" build_dir="$2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cmake --install "$build_dir" --prefix "$work/prefix" >"$work/install.log"
for example in hello table seams extend; do
  cmake -S "$source_dir/examples/$example" -B "$work/$example" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" ||
    { cat "$work/configure.log"; exit 1; }
  cmake --build "$work/$example" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
done
! find "$work/prefix/include" -name '*-inl.h' -o -name '*_kernel.h' -o -name '*_cpu.h' -o -name 'kernel_table.h' -o -path '*/command/*' -o -path '*/app/cli/*' | grep . ||
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

# The program with an architecture and a task of an outside program in it: their flags, training, going on, judging, writing.
extend="$work/extend/extend"
"$extend" train --model additive --help >help.txt
grep -q -- '--decayed' help.txt
"$extend" train --help >help.txt
grep -q 'the last tokens vote' help.txt
! "$extend" train --model additive --n-head 2 --data text.txt --out no 2>log || { echo 'a foreign flag was taken'; exit 1; }
grep -q 'takes no --n-head' log
"$extend" train --model additive --data text.txt --out votes --context 3 --decayed --steps 60 >log 2>&1 || { cat log; exit 1; }
"$extend" resume votes --steps 120 >log 2>&1 || { cat log; exit 1; }
grep -q 'going on from step 60 of 120' log
"$extend" eval votes --data text.txt | tee out.txt
awk '/nats a token = / { good = $NF < 1.5 } END { exit !good }' out.txt  # ln of its 15 symbols is 2.7
test "$("$extend" generate votes --prompt 'the ' --max-tokens 20 2>/dev/null | wc -c)" -gt 20
"$extend" train --model adder --help >help.txt
grep -q -- '--limit' help.txt
"$extend" train --model adder --out sums --limit 8 --steps 300 >log 2>&1 || { cat log; exit 1; }
"$extend" resume sums --steps 600 >log 2>&1 || { cat log; exit 1; }
"$extend" train --model adder --out whole --limit 8 --steps 600 >log 2>&1 || { cat log; exit 1; }
cmp sums/checkpoints/step-600/model.safetensors whole/checkpoints/step-600/model.safetensors
sed -i 's/"limit": 8/"limit": 9/' sums/config.json
! "$extend" resume sums --steps 700 2>log || { echo "other data were taken"; exit 1; }
grep -q 'limit: 8 then, 9 now' log
