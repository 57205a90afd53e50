#!/usr/bin/env bash
# Mixtures of experts, as they are called: trained, resumed, opened, judged, rounded to few bits, adapted, looked into, made of a dense model.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

for _ in $(seq 30); do printf '%s\n' "The quick brown fox jumps over the lazy dog." "The dog is lazy." "A fox is quick, and brown."; done >"$work/lines.txt"
small="--data $work/lines.txt --format text --context 32 --n-layer 2 --n-head 2 --n-embd 64 --steps 30 --eval-every 15 --batch-size 4"

for model in gpt llama mixtral; do
  expect 0 "" train --model $model --experts 4 --experts-per-token 2 $small --accumulate 2 --out "$work/$model"
  grep -q '"balance_loss"' "$work/$model/metrics.jsonl" || fail "$model: metrics.jsonl says nothing of the routers"
  grep -q '"busiest_expert"' "$work/$model/metrics.jsonl" || fail "$model: metrics.jsonl says nothing of the experts"
  expect 0 "" generate "$work/$model" --prompt "The quick" --temperature 0 --max-tokens 5
  cp "$work/out" "$work/greedy"
  expect 0 "" generate "$work/$model" --prompt "The quick" --temperature 0 --max-tokens 5 --dtype bf16
  expect 0 "" generate "$work/$model" --prompt "The quick" --temperature 0 --max-tokens 5 --dtype q8_0
  expect 0 "" eval "$work/$model" --data "$work/lines.txt"
  expect 0 "" resume "$work/$model" --steps 40
  expect 0 "" model experts "$work/$model"; printed "visited by a token"
  expect 0 "" model experts "$work/$model" --data "$work/lines.txt" --tokens 300 --layer 0
  printed "balance"; printed "busiest"; printed "which words go where"; printed "tokens = 299"
  expect 0 "" model check "$(ls -d "$work/$model"/best/step-*)"
done
grep -q '"model_type": "mixtral"' "$work"/llama/best/step-*/config.json || fail "a llama with experts is a mixtral"

expect 0 "" train --model llama --experts 4 $small --dtype bf16 --recompute --out "$work/bf16"
expect 0 "" train --model gpt --experts 4 --experts-per-token 1 --router-weights all --expert-capacity 1 --router-jitter 0.01 --shared-experts 1 $small --out "$work/switch"
grep -q '"dropped"' "$work/switch/metrics.jsonl" || fail "with a capacity metrics.jsonl says what was dropped"
expect 0 "" model experts "$work/switch" --data "$work/lines.txt"; printed "and by every token"
expect 0 "" train --model llama --experts 4 $small --dry-run

expect 0 "" finetune "$work/llama" --task lm --adapter lora --targets w1 --targets w2 --targets w3 --data "$work/lines.txt" --steps 5 --out "$work/lora"
expect 0 "" generate "$work/lora" --prompt "The quick" --temperature 0 --max-tokens 5
expect 0 "" finetune "$work/mixtral" --task lm --data "$work/lines.txt" --steps 5 --out "$work/tuned"

expect 0 "" train --model llama $small --out "$work/dense"
expect 0 "" eval "$work/dense" --data "$work/lines.txt"; cp "$work/out" "$work/dense.said"
expect 0 "" model upcycle "$work/dense" --experts 4 --out "$work/upcycled"; printed "parameters now"
expect 0 "" eval "$work/upcycled" --data "$work/lines.txt"
[ "$(grep "nats a token =" "$work/out")" = "$(grep "nats a token =" "$work/dense.said")" ] || fail "what was upcycled is not what it was"
expect 3 "holds something already|is there already" model upcycle "$work/dense" --out "$work/upcycled"
expect 2 "experts already" model upcycle "$work/mixtral" --out "$work/twice"
[ ! -e "$work/twice" ] || fail "what was refused was written"

expect 3 "no experts" model experts "$work/dense"
expect 2 "as many experts as there are" train --model gpt --experts 2 --experts-per-token 3 $small --out "$work/x"
expect 2 "of use with --experts only" train --model gpt --balance-loss 1 $small --out "$work/x"
expect 2 "at least one" train --model mixtral --experts 0 $small --out "$work/x"
expect 2 "expected 0 to 1, or -1" model experts "$work/gpt" --data "$work/lines.txt" --layer 2
[ ! -e "$work/x" ] || fail "what was refused was written"
finish
