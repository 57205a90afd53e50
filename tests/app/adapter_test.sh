#!/usr/bin/env bash
# What learns beside a model: taught, looked at, put into it, taken out again, joined, and refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }
same() { cmp -s "$1/adapter_model.safetensors" "$2/adapter_model.safetensors"; }
newest() { ls -d "$1"/checkpoints/step-* | sort -V | tail -1; }

for _ in $(seq 30); do printf "%s\n" "The film was fine." "The film was dull." "A dull and slow film." ""; done >"$work/text.txt"
{ printf 'text\tlabel\n'; for _ in $(seq 20); do printf 'the film was fine\tgood\nthe film was dull\tbad\n'; done; } >"$work/labels.tsv"
expect 0 "" tokenizer train --kind wordpiece --vocab-size 40 --data "$work/text.txt" --out "$work/pieces"
expect 0 "" train --model bert --data "$work/text.txt" --tokenizer "$work/pieces" --n-embd 16 --n-layer 2 --context 16 --steps 2 --out "$work/bert"
expect 0 "" train --model gpt --data "$work/text.txt" --n-embd 16 --n-layer 1 --n-head 2 --context 32 --steps 2 --out "$work/gpt"

# --- each kind: it is told, agrees with its base in both ways, and is a whole model that says the same
for kind in lora dora ia3; do
  expect 0 "of which learn" finetune "$work/bert" --task classify --data "$work/labels.tsv" --adapter $kind --epochs 2 --lr 5e-2 --out "$work/$kind"
  expect 0 "" adapter show "$work/$kind"; printed "$kind|${kind^^}|[Ll]o[Rr]A|[Dd]o[Rr]A"; printed "trained whole +classifier"; printed "per cent of the base's"
  expect 0 "" adapter verify "$work/$kind" --prompt "the film was fine"; printed "a fresh one changes nothing, to the bit"; printed "outputs of the prompt"
  expect 0 "" adapter merge "$work/$kind" --out "$work/$kind-merged"; printed "layers merged +[1-9]"
  expect 0 "" predict "$work/$kind" --text "the film was fine" --proba; cp "$work/out" "$work/beside"
  expect 0 "" predict "$work/$kind-merged" --text "the film was fine" --proba
  cmp -s "$work/out" "$work/beside" || fail "$kind: merged, it says something else: $(cat "$work/out" "$work/beside")"
done
expect 0 "" adapter show "$work/lora" --json; printed '"rank": 8'

# --- back again, joined, and from two models
expect 0 "" adapter unmerge "$work/lora-merged" "$work/lora" --out "$work/back"; printed "the base's own weights is [0-9.]+e-0[89]"; printed "classifier stays"
expect 2 "cannot be taken back" adapter unmerge "$work/dora-merged" "$work/dora" --out "$work/none"
for n in a b; do
  expect 0 "" finetune "$work/gpt" --task lm --data "$work/text.txt" --adapter lora --targets all-linear --rank 2 --adapter-dropout 0.2 --rank-pattern mlp.c_fc=3 \
    --alpha-pattern c_attn=4 --max-length 8 --steps 4 --batch-size 4 --lr 1e-2 --seed "$([ $n = a ] && echo 1 || echo 2)" --out "$work/$n"
done
expect 0 "" adapter show "$work/a" --layers; printed "other ranks +mlp.c_fc=3"; printed "c_fc +16 +64 +3"
for method in linear cat svd ties dare dare-ties prune; do
  expect 0 "" adapter combine "$work/a" "$work/b" --weights .7,-.3 --method $method --out "$work/$method"
  expect 0 "" adapter verify "$work/$method"
done
expect 0 "" adapter combine "$work/a" "$work/b" "$work/a" --method ties --rank 2 --density .3 --out "$work/three"; printed "rank +2"; printed "of the squares"
expect 0 "" adapter merge "$work/a" --out "$work/merged"
expect 0 "" adapter extract "$work/gpt" "$work/merged" --rank 4 --out "$work/thin"; printed "squares +100.00"
expect 0 "" generate "$work/thin" --prompt "The" --max-tokens 4 --seed 1; cp "$work/out" "$work/beside"
expect 0 "" generate "$work/merged" --prompt "The" --max-tokens 4 --seed 1; cmp -s "$work/out" "$work/beside" || fail "extracted, it writes something else"

# --- what is dropped is the same again: of a run that was stopped, of layers computed again, of any number of threads
run() { expect 0 "" finetune "$work/gpt" --task lm --data "$work/text.txt" --adapter lora --max-length 8 --batch-size 4 --accumulate 2 --lr 1e-2 --save-every 2 \
  --schedule constant "$@"; }
run --adapter-dropout 0.3 --steps 4 --threads 1 --out "$work/whole"
run --adapter-dropout 0.3 --steps 4 --threads 2 --out "$work/threads"
run --adapter-dropout 0.3 --steps 4 --recompute --out "$work/recomputed"
run --adapter-dropout 0.3 --steps 2 --out "$work/stopped"; expect 0 "going on from step 2" resume "$work/stopped" --steps 4
run --steps 4 --out "$work/kept"
for other in threads recomputed stopped; do same "$(newest "$work/whole")" "$(newest "$work/$other")" || fail "$other: other numbers than of the whole run"; done
same "$(newest "$work/whole")" "$(newest "$work/kept")" && fail "nothing was dropped"

# --- beside a base of few bits: the same again however it is run, told, and a folder that stands beside the base as it was
expect 0 "" train --model gpt --data "$work/text.txt" --n-embd 32 --n-layer 2 --n-head 2 --context 32 --steps 2 --out "$work/wide"
few() { expect 0 "" finetune "$work/wide" --task lm --data "$work/text.txt" --adapter lora --targets all-linear --max-length 8 --batch-size 4 --lr 1e-2 --save-every 2 \
  --schedule constant "$@"; }
for type in q8_0 q4_0; do
  few --base-dtype $type --steps 4 --threads 1 --out "$work/$type"; said "24,576 of which are held in few bits"
  few --base-dtype $type --steps 4 --threads 2 --out "$work/$type-threads"
  few --base-dtype $type --steps 2 --out "$work/$type-stopped"; expect 0 "going on from step 2" resume "$work/$type-stopped" --steps 4
  for other in threads stopped; do same "$(newest "$work/$type")" "$(newest "$work/$type-$other")" || fail "$type, $other: other numbers than of the whole run"; done
  expect 0 "" adapter verify "$work/$type"
  expect 0 "" generate "$work/$type" --prompt "The" --max-tokens 4
done
few --base-dtype q8_0 --dtype bf16 --steps 2 --out "$work/narrow"
few --base-dtype q8_0 --steps 4 --dry-run; printed "memory"
expect 0 "" train --model bert --data "$work/text.txt" --tokenizer "$work/pieces" --n-embd 32 --n-layer 1 --context 16 --steps 2 --out "$work/bert32"
expect 0 "held in few bits" finetune "$work/bert32" --task classify --data "$work/labels.tsv" --adapter lora --base-dtype q8_0 --epochs 1 --out "$work/few-classes"
expect 0 "" predict "$work/few-classes" --text "the film was fine"
expect 2 "holds no matrix of a layer in Q8_0 or Q4_0" finetune "$work/wide" --task lm --data "$work/text.txt" --adapter lora --base-dtype auto --max-length 8 --steps 2 \
  --out "$work/none"
[ ! -e "$work/none" ] || fail "a refused run left its folder"

# --- what does not go: one sentence, and nothing is written
none() { [ ! -e "$work/none" ] || fail "a refused run left its folder: $*"; }
expect 2 "no layer is called 'qery'" finetune "$work/bert" --task classify --data "$work/labels.tsv" --adapter lora --targets qery --steps 2 --out "$work/none"
said "did you mean 'query'"; none
expect 2 "no layer is called 'qery'" finetune "$work/bert" --task classify --data "$work/labels.tsv" --adapter lora --rank-pattern qery=2 --steps 2 --out "$work/none"; none
expect 2 "expected NAME=RANK" finetune "$work/bert" --task classify --data "$work/labels.tsv" --adapter lora --rank-pattern query --steps 2 --out "$work/none"; none
expect 2 "rank" finetune "$work/bert" --task classify --data "$work/labels.tsv" --adapter ia3 --rank 4 --steps 2 --out "$work/none"; none
expect 3 "holds no adapter" adapter show "$work/bert"
expect 3 "is there already" adapter merge "$work/lora" --out "$work/lora-merged"
expect 2 "weights for 2 adapters" adapter combine "$work/a" "$work/b" --weights 1 --out "$work/none"; none
expect 3 "expected one base" adapter combine "$work/a" "$work/lora" --out "$work/none"; none
expect 3 "it is IA3, expected LoRA" adapter combine "$work/ia3" "$work/lora" --out "$work/none"; none
expect 2 "rank" adapter combine "$work/a" "$work/b" --method linear --rank 2 --out "$work/none"; none
expect 3 "" adapter verify "$work/lora" --base "$work/gpt"
expect 3 "" adapter merge "$work/a" --base "$work/bert" --out "$work/none"; none
cp -r "$work/cat" "$work/cut"; head -c 300 "$work/cat/adapter_model.safetensors" >"$work/cut/adapter_model.safetensors"
expect 3 "adapter_model.safetensors" adapter merge "$work/cut" --out "$work/none"; none
expect 3 "expected two models of one shape" adapter extract "$work/gpt" "$work/bert" --out "$work/none"; none
finish
