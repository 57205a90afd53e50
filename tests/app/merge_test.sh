#!/usr/bin/env bash
# merge, model barrier and model align, as they are called: what is made is opened as any model; what does not go is said in a sentence, and nothing is left.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

for _ in $(seq 40); do printf '%s\n' "The quick brown fox jumps over the lazy dog." "The dog is lazy." "A fox is quick, and brown."; done >"$work/lines.txt"
train() { expect 0 "" train --model gpt --data "$work/lines.txt" --format text --context 16 --n-layer 2 --n-head 2 --batch-size 8 "$@"; }
train --n-embd 16 --steps 60 --seed 1 --out "$work/one"
train --n-embd 16 --steps 60 --seed 2 --out "$work/two"
train --n-embd 16 --steps 2 --seed 1 --out "$work/base"
train --steps 2 --seed 1 --n-embd 8 --out "$work/narrow"
yaml() { printf '%s\n' "$@" >"$work/m.yml"; }

models=("models:" "- model: $work/one" "- model: $work/two")
yaml "merge_method: slerp" "base_model: $work/one" "${models[@]}" "parameters: {t: 0}"
expect 0 "" merge "$work/m.yml" --out "$work/first"
expect 0 "" model diff "$work/first" "$work/one"
printed "equal to the bit"
yaml "merge_method: ties" "base_model: $work/base" "${models[@]}" "parameters: {weight: 1, density: 0.5}"
expect 0 "" merge "$work/m.yml" --out "$work/ties" --data "$work/lines.txt"
printed "signs disagree"; printed "layer 1"; printed "perplexity"
expect 0 "" generate "$work/ties" --prompt "The" --temperature 0 --max-tokens 4
yaml "merge_method: fisher" "models:" "- {model: $work/one, data: $work/lines.txt}" "- {model: $work/two, data: $work/lines.txt}" "parameters: {rows: 8}"
expect 0 "" merge "$work/m.yml" --out "$work/fisher" --data "$work/lines.txt"
yaml "merge_method: passthrough" "slices:" "- sources: [{model: $work/one, layer_range: [0, 2]}]" "- sources: [{model: $work/two, layer_range: [1, 2]}]"
expect 0 "" merge "$work/m.yml" --out "$work/deeper"
expect 0 "" model check "$work/deeper"
grep -q '"n_layer": 3' "$work/deeper/config.json" || fail "three layers are not said"

expect 0 "" model barrier "$work/one" "$work/two" --data "$work/lines.txt" --points 5 --tokens 300
printed "barrier, aligned"; printed "residual stream"; printed "aligned by weights"
expect 0 "" model barrier "$work/one" "$work/two" --data "$work/lines.txt" --points 3 --tokens 300 --align midpoint --steps 3
expect 0 "" model barrier "$work/one" "$work/two" --data "$work/lines.txt" --points 3 --tokens 300 --align none
expect 0 "" model align "$work/one" "$work/two" --out "$work/like-one"
expect 0 "" model align "$work/one" "$work/two" --out "$work/by-activations" --by activations --data "$work/lines.txt"
expect 1 "" model diff "$work/like-one" "$work/two"
expect 0 "" eval "$work/like-one" --data "$work/lines.txt"
expect 2 "odd number" model barrier "$work/one" "$work/two" --data "$work/lines.txt" --points 4

refused() { local words="$1"; shift; yaml "$@"; expect 3 "$words" merge "$work/m.yml" --out "$work/refused"; [ ! -e "$work/refused" ] || fail "what was refused was written"; }
refused "did you mean 'ties'" "merge_method: tiez" "${models[@]}"
refused "needs a base_model" "merge_method: ties" "${models[@]}" "parameters: {weight: 1}"
refused "no 'data'" "merge_method: fisher" "${models[@]}"
refused "did you mean 'models'" "merge_method: linear" "modles: []"
refused "has 2 layers, .* 3: expected equally many" "merge_method: linear" "models:" "- model: $work/one" "- model: $work/deeper" "parameters: {weight: 1}"
refused "expected models of one shape" "merge_method: linear" "models:" "- model: $work/one" "- model: $work/narrow" "parameters: {weight: 1}"
expect 3 "no such file" merge "$work/none.yml" --out "$work/refused"
finish
