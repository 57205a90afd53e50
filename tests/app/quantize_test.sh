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
  printed "bits a number"; printed "15 matrices are rounded"; printed "self_attn|mlp"; printed "KL divergence"; printed "tokens compared = 199"
  expect 0 "" generate "$work/$type.gguf" --prompt "The quick" --temperature 0 --max-tokens 5
done
expect 0 "" eval "$work/q8_0.gguf" --data "$work/lines.txt"; printed "weights:q8_0"
expect 0 "" eval "$work/q4_1.gguf" --data "$work/lines.txt"; grep -q "weights:" "$work/out" && fail "q4_1 is computed with as f32"
expect 0 "" eval "$work/q8_0.gguf" --data "$work/lines.txt" --dtype f32; grep -q "weights:" "$work/out" && fail "f32 was asked for"
expect 0 "" eval "$work/llama" --data "$work/lines.txt" --dtype q4_0; printed "weights:q4_0"

# Blocks of 256 where rows fill them, llama.cpp's next type where not; other types by name; inputs that matter.
expect 0 "" imatrix "$work/llama" --data "$work/lines.txt" --context 16 --out "$work/inputs"; printed "layers = 15"
expect 2 "is there already" imatrix "$work/llama" --data "$work/lines.txt" --out "$work/inputs"
for type in q6_k q5_k q4_k; do
  expect 0 "" quantize "$work/llama" --type $type --imatrix "$work/inputs" --types attn_v=q8_0 --types 'ffn_.*=f16' --out "$work/$type.gguf" \
    --data "$work/lines.txt" --context 16 --tokens 200
  printed "9 matrices are rounded"; printed "v_proj.weight +2,048 +Q8_0"; printed "likeliest word"
done
expect 2 "expected PATTERN=TYPE" quantize "$work/llama" --types attn_v=q9 --out "$work/none.gguf"; [ ! -e "$work/none.gguf" ] || fail "what was refused was written"
expect 3 "expected an importance matrix" quantize "$work/llama" --type q4_k --imatrix "$work/q8_0.gguf" --out "$work/none.gguf"

# What was trained for few bits is written to the bit: the file says what the run said.
for bits in int8 int4; do
  type=$([ $bits = int8 ] && echo Q8_0 || echo Q4_0)
  expect 0 "" train --model llama --data "$work/lines.txt" --format text --tokenizer "$work/bytes" --context 32 --n-layer 2 --n-head 2 --n-kv-head 1 --n-embd 64 \
    --steps 30 --batch-size 8 --qat $bits --qat-start 10 --out "$work/$bits"
  expect 0 "" quantize "$work/$bits" --out "$work/$bits.gguf"; printed "14 matrices are rounded"; printed "trained for $type"; printed "mlp.*$type +0.00000"
  expect 0 "" eval "$work/$bits" --data "$work/lines.txt" --json; cp "$work/out" "$work/run"
  expect 0 "" eval "$work/$bits.gguf" --data "$work/lines.txt" --dtype f32 --json
  for key in loss nats perplexity; do
    [ "$(grep -oE "\"$key\": *[0-9.e-]+" "$work/run" | head -1)" = "$(grep -oE "\"$key\": *[0-9.e-]+" "$work/out" | head -1)" ] || fail "$bits: $key differs"
  done
done
expect 2 "no layer beside its output whose rows are a multiple of 32" train --model mlp --data "$work/lines.txt" --qat int4 --n-embd 3 --n-hidden 10 --steps 2 --out "$work/none"

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
finish
