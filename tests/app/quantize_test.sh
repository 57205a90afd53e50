#!/usr/bin/env bash
# quantize, as it is called: what it makes is opened as it is, writes and is judged; what does not go is said in a sentence, and nothing is left.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

for _ in $(seq 30); do printf '%s\n' "The quick brown fox jumps over the lazy dog." "The dog is lazy." "A fox is quick, and brown."; done >"$work/lines.txt"
expect 0 "" tokenizer train --kind byte-bpe --data "$work/lines.txt" --vocab-size 280 --out "$work/bytes"
expect 0 "" train --model llama --data "$work/lines.txt" --format text --tokenizer "$work/bytes" --context 32 --n-layer 2 --n-head 2 --n-kv-head 1 --n-embd 64 \
  --steps 60 --batch-size 8 --out "$work/llama"

for type in q8_0 q5_1 q5_0 q4_1 q4_0; do
  expect 0 "" quantize "$work/llama" --type $type --out "$work/$type.gguf" --data "$work/lines.txt" --context 16 --tokens 200
  printed "bits a number"; printed "15 matrices are rounded"; printed "model.embed_tokens.weight"; printed "KL divergence"; printed "tokens compared = 199"
  expect 0 "" generate "$work/$type.gguf" --prompt "The quick" --temperature 0 --max-tokens 5
done
expect 0 "" eval "$work/q8_0.gguf" --data "$work/lines.txt"; printed "weights:q8_0"
expect 0 "" eval "$work/q4_1.gguf" --data "$work/lines.txt"; grep -q "weights:" "$work/out" && fail "q4_1 is computed with as f32"
expect 0 "" eval "$work/q8_0.gguf" --data "$work/lines.txt" --dtype f32; grep -q "weights:" "$work/out" && fail "f32 was asked for"
expect 0 "" eval "$work/llama" --data "$work/lines.txt" --dtype q4_0; printed "weights:q4_0"

expect 3 "holds Q8_0 already: rounding its numbers again to Q4_0 loses more" quantize "$work/q8_0.gguf" --type q4_0 --out "$work/again.gguf"
[ ! -e "$work/again.gguf" ] || fail "what was refused was written"
expect 0 "" quantize "$work/q8_0.gguf" --type q4_0 --out "$work/again.gguf" --requantise
expect 2 "is there already" quantize "$work/llama" --out "$work/again.gguf"
expect 2 "ends in .gguf" quantize "$work/llama" --out "$work/folder"
expect 2 "did you mean|q8_0" quantize "$work/llama" --type q8 --out "$work/other.gguf"
expect 2 "safetensors has no such type" model convert "$work/llama" "$work/x.safetensors" --dtype q4_0
head -c 3000 "$work/q8_0.gguf" >"$work/cut.gguf"
expect 3 "ends too early" generate "$work/cut.gguf" --prompt a
expect 0 "" train --model neural-bigram --data "$work/lines.txt" --steps 2 --out "$work/bigram"
expect 2 "multiplies by no matrix" generate "$work/bigram" --dtype q8_0
echo "quantize: as it is called"
