#!/usr/bin/env bash
# What the program says and returns: every bad input gives one sentence on stderr, the right exit code and loses nothing.
set -uo pipefail
source "$(dirname "$0")/words.sh"

# expect CODE 'PATTERN' ARGS...: exit code, pattern on stderr, at most three lines, never a stack trace.
expect() {
  local code="$1" pattern="$2" got
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: grimoire $*: $(head -c300 "$work/err")"
  [ -z "$pattern" ] || grep -qE "$pattern" "$work/err" || fail "no '$pattern' from: grimoire $*: $(head -c300 "$work/err")"
  [ "$code" -eq 0 ] || [ "$(grep -c . "$work/err")" -le 3 ] || fail "more than three lines from: grimoire $*: $(head -c600 "$work/err")"
  ! grep -qE 'terminate called|Assertion|core dumped' "$work/err" || fail "it crashed: grimoire $*"
}
train() { expect "$1" "$2" train --model "${model:-mlp}" --out "$work/run-$RANDOM$RANDOM" --steps 20 "${@:3}"; }

# --- the command line
expect 2 "not a command.*" trian
expect 2 "did you mean 'train'" trian
expect 2 "did you mean --temperature" generate x --temprature 1
expect 2 "unknown flag --modle" train --modle gpt
expect 2 "did you mean --model" train --modle gpt
expect 2 "one of bigram" train --model gtp --data "$words" --out "$work/x"
expect 2 "did you mean 'gpt'" train --model gtp --data "$words" --out "$work/x"
expect 2 "expected an integer from 0" train --steps many --data "$words" --out "$work/x"
expect 2 "expected an integer from 0" train --steps -3 --data "$words" --out "$work/x"
expect 2 "expected a number" train --lr fast --data "$words" --out "$work/x"
expect 2 "data is missing" train --model mlp --out "$work/x"
expect 2 "out is missing" train --model mlp --data "$words"
expect 2 "folder is missing" generate
expect 2 "one word too many" generate a b
expect 2 "no use without --shuffle" validate --data "$words" --target x --seed 3
expect 2 "add up to 100" train --model mlp --data "$words" --out "$work/x" --split 50/20
model=wavenet train 2 "power of two" --data "$words" --context 6
model=gpt train 2 "the width --n-embd must divide by the heads, --n-head: got 10 and 3" --data "$words" --n-embd 10 --n-head 3
expect 2 "patience waits for a better dev loss, and --split 100/0/0 has no dev part" train --model mlp --data "$words" --out "$work/x" --split 100/0/0 --patience 3

# --- a course of the learning rate that cannot be, where it was asked for; what a recipe has is fitted to other settings, and stands
gpt=(train --model gpt --format text --data "$words" --dry-run --context 8 --n-embd 16 --n-layer 1 --n-head 2 --schedule cosine)
expect 2 "min-lr 0.01 is above --lr 0.001, from which a cosine falls" "${gpt[@]}" --steps 200 --min-lr 0.01
grep -q "hint: lower --min-lr, or raise --lr" "$work/err" || fail "what to do about min-lr: $(cat "$work/err")"
expect 2 "warmup 300 is longer than the run of --steps 200" "${gpt[@]}" --steps 200 --warmup 300
grep -q "hint: lower --warmup, or raise --steps" "$work/err" || fail "what to do about warmup: $(cat "$work/err")"
expect 0 "" "${gpt[@]}" --steps 20 --lr 1e-5
expect 0 "" "${gpt[@]}" --steps 200 --warmup 200 --min-lr 1e-3
printf '{"min_lr": 0.01}' >"$work/settings.json"; expect 2 "min-lr 0.01 is above --lr 0.001" "${gpt[@]}" --config "$work/settings.json"
printf '{"warmup": 30, "steps": 20}' >"$work/settings.json"; expect 2 "warmup 30 is longer" "${gpt[@]}" --config "$work/settings.json"
printf '{"warmup": 100, "min-lr": 1e-4, "lr": 1e-5}' >"$work/settings.json"; expect 0 "" "${gpt[@]}" --steps 20 --config "$work/settings.json"  # as the recipe

# --- nothing is accepted and then not looked at
for words_too_many in "--help nosuch" "help nosuch" "--version extra" "-h nosuch" "model list x extra" "model show a extra" "distribution nosuch --help" "experiment nosuch --help" \
  "train --nosuch --help" "generate a b --help" "stats list extra" "tokenizer show a b --help"; do expect 2 "" $words_too_many; done
expect 0 "" --help train; grep -q -- "--batch-size" "$work/out" || fail "--help train"
grep -qF "[gpt]" "$work/out" || fail "train without a model is not GPT's: $(grep -- "--model" "$work/out")"
expect 2 "json=false: --json takes no value" generate x --json=false
expect 2 "batch-norm=maybe: --batch-norm takes no value" train --model mlp --data "$words" --out "$work/x" --batch-norm=maybe
grep -q "hint: --batch-norm turns it on, --no-batch-norm off" "$work/err" || fail "a switch: $(cat "$work/err")"
expect 2 "kind: got 'byte-bp'" tokenizer train --kind byte-bp --data "$words" --vocab-size 300 --out "$work/x"; grep -q "did you mean 'byte-bpe'" "$work/err" || fail "$(cat "$work/err")"
expect 2 "number: got '0', expected an integer from 1" generate x -n 0
for shaping in "--top-k 3" "--top-p .5" "--seed 3"; do expect 2 "is of no use with --temperature 0" generate x --temperature 0.0 $shaping; done
"$program" model convert --help >"$work/out"; grep -q "model convert model.gguf" "$work/out" && ! grep -qE "model (list|get|show|check|diff) " "$work/out" || fail "help of a form: $(cat "$work/out")"
expect 2 "model is missing" model show
expect 2 "b.pt.: .pt is not written" model convert a b.pt
expect 2 "ends otherwise than --to safetensors says" model convert a b.gguf --to safetensors
expect 2 "ends otherwise than --to gguf says" model convert a b.safetensors --to gguf
expect 2 "shard-size is of no use: a GGUF is one file" model convert a b --to gguf --shard-size 5
expect 2 "other is missing" model diff "$work/x"

# --- what the user wrote is said as it was written, and only what the library calls a setting is called a flag
train 3 "my.seed.file.txt" --data 'my`seed`file.txt'; grep -qF 'my`seed`file.txt' "$work/err" || fail "a name changed: $(cat "$work/err")"
expect 3 "" generate 'run`top-k=3`'; grep -qF 'run`top-k=3`' "$work/err" || fail "a name changed: $(cat "$work/err")"

# --- data
train 3 "missing.txt" --data "$work/missing.txt"
: >"$work/empty.txt";                       train 3 "empty" --data "$work/empty.txt"
head -c 4000 "$program" >"$work/binary";    train 3 "binary|NUL" --data "$work/binary"
printf 'abc\nd\xff\xfeg\n' >"$work/bad.txt"; train 3 "line 2" --data "$work/bad.txt"
train 3 "folder|directory" --data "$work"
model=gpt train 3 "line [0-9]+" --data "$words" --context 4
printf 'one\ntwo\n' >"$work/few.txt";       model=gpt train 3 "item|few" --data "$work/few.txt"

# --- a whole run, and what it refuses
expect 0 "" train --model mlp --data "$words" --out "$work/run" --steps 200 --save-every 50
grep -q "^done: the best weights, of step 200, are in $work/run/best/step-200$" "$work/err" && grep -qE '^  train, nats a token = [0-9.]+$' "$work/err" || fail "the ending: $(cat "$work/err")"
expect 2 "holds a run already" train --model mlp --data "$words" --out "$work/run" --steps 200

# --- a run that begins with another's weights: its shape, its symbols, and more of it later
head -3 "$words" >"$work/few.txt"
expect 0 "" train --init-from "$work/run" --data "$work/few.txt" --split 100/0/0 --out "$work/tuned" --steps 20
expect 0 "going on from step 20 of 40" resume "$work/tuned" --steps 40
grep -q '"model": "mlp"' "$work/tuned/config.json" || fail "--init-from did not take the model over"
"$program" generate "$work/tuned" -n 1 >/dev/null 2>&1 || fail "a tuned run writes nothing"
expect 2 "holds a mlp" train --init-from "$work/run" --model gpt --data "$words" --out "$work/x"
expect 2 "n-embd: got 12, but .*/run has weights of a mlp with 10" train --init-from "$work/run" --n-embd 12 --data "$words" --out "$work/x"
expect 2 "n-layer: got 3, but .*/run has weights of a mlp with 1" train --init-from "$work/run" --n-layer 3 --data "$words" --out "$work/x"
expect 2 "gain is of no use with --init-from" train --init-from "$work/run" --gain 2 --data "$words" --out "$work/x"
printf '{"n_hidden": 7}' >"$work/settings.json"; expect 3 "settings.json: key 'n_hidden': got 7, but" train --init-from "$work/run" --config "$work/settings.json" --data "$words" --out "$work/x"
printf '{"model": "gpt"}' >"$work/settings.json"; expect 3 "settings.json: key 'model': got 'gpt', but .*/run holds a mlp" train --init-from "$work/run" --config "$work/settings.json" --data "$words" --out "$work/x"
expect 3 "does not exist" train --init-from "$work/nothing" --data "$words" --out "$work/x"
printf 'QQQ\n' >"$work/other.txt"
expect 3 "not among the" train --init-from "$work/run" --data "$work/other.txt" --split 100/0/0 --out "$work/x"
expect 0 "" generate "$work/run" -n 3 --seed 1
expect 3 "is not among" generate "$work/run" --prompt 'Q!'
expect 2 "length-penalty is of use with --beams only" generate "$work/run" --length-penalty 2
expect 2 "diversity-penalty is of use with --beam-groups only" generate "$work/run" --beams 2 --diversity-penalty 2
for drawn in "--temperature .5" "--top-p .5" "--min-p .5" "--seed 3" "--lookup 4"; do expect 2 "is of no use with --beams" generate "$work/run" --beams 2 $drawn; done
expect 2 "3 texts are asked for, and 2 beams" generate "$work/run" --beams 2 -n 3
expect 2 "3 beams .num_beams, --beams. cannot be cut into 2 groups of one size .num_beam_groups, --beam-groups." generate "$work/run" --beams 3 --beam-groups 2
for bias in 1:3 x=3 1=y 27=3 -1=3 1=101 1=nan; do expect 2 "logit-bias: got '$bias', expected ID=NUMBER, the id below 11" generate "$work/run" --logit-bias "$bias"; done
expect 2 "contrastive is of no use with --beams" generate "$work/run" --beams 2 --contrastive .5
expect 2 "min-p is of no use with --contrastive" generate "$work/run" --contrastive .5 --min-p .1
expect 2 "this model has no state of each token" generate "$work/run" --contrastive .5
expect 3 "is not among" generate "$work/run" --ban 'Q!'
expect 2 "lookup is of no use: this model keeps nothing" generate "$work/run" --lookup 4
expect 2 "chat is of use with --prompt only" generate "$work/run" --chat
expect 3 "no chat template" generate "$work/run" --chat --prompt a
expect 2 "rng torch draws one text after the other" generate "$work/run" --prompt a --prompt b --rng torch
expect 0 "" generate "$work/run" --beams 4 -n 4 --explain; [ "$(head -4 "$work/out" | sort -u | wc -l)" -eq 4 ] || fail "beams that are alike: $(head -4 "$work/out")"
grep -q "log-probability" "$work/out" || fail "beams are not explained"
expect 0 "" generate "$work/run" --prompt el --prompt o -n 2 --seed 5; [ "$(grep -c '^el' "$work/out") $(grep -c '^o' "$work/out")" = "2 2" ] || fail "two texts of two prompts: $(cat "$work/out")"
"$program" generate "$work/run" --prompt el --prompt o --temperature 0 >"$work/a"
for prompt in el o; do "$program" generate "$work/run" --prompt $prompt --temperature 0; done >"$work/b"; cmp -s "$work/a" "$work/b" || fail "prompts side by side are written otherwise"
expect 0 "" generate "$work/run" -n 20 --ban a; ! grep -q a "$work/out" || fail "what is banned was written: $(cat "$work/out")"
expect 0 "" generate "$work/run" -n 20 --stop a --stop e; ! grep -q '[ae]' "$work/out" || fail "a stop was written: $(cat "$work/out")"
expect 0 "" generate "$work/run" -n 20 --min-tokens 12 --max-tokens 12; [ "$(grep -cE '^.{12}$' "$work/out")" -eq 20 ] || fail "not twelve letters: $(cat "$work/out")"
mkdir "$work/told"; cp "$(ls -d "$work"/run/best/step-*)"/* "$work/told/"; rm "$work/told/manifest.json"
settings() { printf '{"bos_token_id": 0, "eos_token_id": 0, %s}' "$1" >"$work/told/generation_config.json"; }
settings '"do_sample": false, "max_new_tokens": 5, "transformers_version": "5.24.0"'
expect 0 "" generate "$work/told" -n 2; [ "$(sort -u "$work/out" | wc -l)" -eq 1 ] || fail "do_sample false draws: $(cat "$work/out")"; [ ! -s "$work/err" ] || fail "$(cat "$work/err")"
expect 2 "top-k is of no use: .*generation_config.json says do_sample false" generate "$work/told" --top-k 3
expect 0 "" generate "$work/told" --top-k 3 --temperature 1
settings '"max_window_size": 7'; expect 0 "generation_config.json: key 'max_window_size' has no meaning here" generate "$work/told"
settings '"guidance_scale": 3.0'; expect 3 "generation_config.json: key 'guidance_scale': .*got 3.0, which cannot be done here" generate "$work/told"
expect 3 "" model check "$work/told"; grep -q "guidance_scale" "$work/out" || fail "check does not see guidance_scale"
settings '"top_p": 1.5'; expect 3 "generation_config.json: .*top_p .--top-p.: got 1.5" generate "$work/told"
settings '"num_beams": 3, "num_return_sequences": 2'; expect 0 "" generate "$work/told"; [ "$(wc -l <"$work/out")" -eq 2 ] || fail "two of three beams: $(cat "$work/out")"
expect 3 "does not exist" generate "$work/nowhere"
expect 3 "holds no model" generate "$work"
expect 3 "not a run folder" resume "$work"
printf 'Zebra\n' >"$work/other.txt"; expect 3 "Z" eval "$work/run" --data "$work/other.txt"

best="$(ls -d "$work"/run/best/step-*)"
# --- a run folder is a model folder, by its best weights
for verb in show check; do expect 0 "" model $verb "$work/run"; grep -q "$best" "$work/out" || fail "model $verb does not look into a run: $(head -2 "$work/out")"; done
expect 0 "" model convert "$work/run" "$work/converted"
expect 0 "" model diff "$work/run" "$work/converted" --json; grep -q '"differences": \[\]' "$work/out" || fail "model convert RUN: $(cat "$work/out")"
first_line() { head -1 "$work/out" | grep -qE "$1" || fail "no '$1' first: $(head -3 "$work/out")"; }
expect 0 "" model diff "$work/run" "$work/converted"; first_line "^nothing differs$"
"$program" model convert "$work/run" "$work/narrow" --dtype bf16 >/dev/null && "$program" model convert "$work/narrow" "$work/wide" --dtype f32 >/dev/null
expect 0 "" model diff "$work/wide" "$work/narrow"; first_line "^the values are equal; only stored types differ: F32 and BF16 in [0-9]+$"
! grep -q largest "$work/out" || fail "tensors of one value are listed: $(cat "$work/out")"
expect 1 "" model diff "$work/run" "$work/narrow"; first_line "^values differ in [0-9]+ of [0-9]+ tensors; stored types differ: F32 and BF16 in [0-9]+$"
expect 1 "" model diff "$work/run" "$work/tuned"; first_line "^(values|shapes) differ in"
"$program" model diff --help | grep -q "exit codes: 0 .* 1 " || fail "model diff --help does not say its exit codes"
expect 2 "target: got 'x', expected a number from 0" doctor "$work/run" --target x
expect 3 "does not exist" doctor "$work/nowhere" --target x
expect 0 "" train --model bigram --data "$words" --out "$work/counted"
expect 2 "steps 5: a bigram counts, and makes no steps" resume "$work/counted" --steps 5
expect 0 "" resume "$work/counted"
expect 1 "" model diff "$work/run" "$work/counted"; first_line "names in one of the two only: [0-9]+"

# --- JSON: the last line of stdout is one object
for command in "generate $work/run -n 2" "eval $work/run --data $words"; do
  "$program" $command --json 2>/dev/null | tail -1 | python3 -c 'import json,sys; json.loads(sys.stdin.read())' 2>/dev/null ||
    { command -v python3 >/dev/null && fail "not JSON: $command"; }
done
"$program" eval "$work/run" --data "$words" --json 2>/dev/null | tail -1 | grep -q '"nll_nats": .*"perplexity": .*"tokens": .*"signature": ' || fail "eval --json lacks a key"
"$program" generate "$work/run" -n 5 --seed 3 >"$work/a"; "$program" generate "$work/run" -n 5 --seed 3 --threads 1 >"$work/b"
cmp -s "$work/a" "$work/b" || fail "the same seed gave other names"
"$program" generate "$work/run" -n 5 --seed 3 2>"$work/err" | head -1 >/dev/null; got=${PIPESTATUS[0]}
[ $got -eq 0 ] || [ $got -eq 141 ] || fail "generate | head gave $got"; [ ! -s "$work/err" ] || fail "generate | head is not quiet: $(cat "$work/err")"
GRIMOIRE_SEDE=3 expect 2 "GRIMOIRE_SEDE is no setting.*" generate "$work/run"; grep -q "did you mean GRIMOIRE_SEED" "$work/err" || fail "no word near GRIMOIRE_SEDE"
GRIMOIRE_SEED=x expect 2 "GRIMOIRE_SEED: got 'x', expected an integer from 0" generate "$work/run"
GRIMOIRE_BATCH_SIZE=8 expect 0 "" generate "$work/run"
GRIMOIRE_SEED=3 "$program" generate "$work/run" -n 5 >"$work/b"; cmp -s "$work/a" "$work/b" || fail "GRIMOIRE_SEED is not heard"

# What fails says so on stdout too, as one object with what is on stderr and the exit code.
failing() {  # CODE KIND ARGS...
  "$program" "${@:3}" --json >"$work/out" 2>"$work/err"; local got=$?
  [ $got -eq "$1" ] && [ "$(wc -l <"$work/out")" -eq 1 ] && grep -q "\"error\": .*\"kind\": \"$2\".*\"hint\": .*\"exit_code\": $1[,}]" "$work/out" || fail "no object, or $got: ${*:3}: $(cat "$work/out")"
}
failing 2 usage trian
failing 2 usage train --modle gpt
failing 2 usage generate
failing 2 usage generate x --json=true
failing 2 usage --version
failing 3 input model check "$work/nowhere"
failing 3 input generate "$work/nowhere"
failing 3 input train --model mlp --data "$work/missing.txt" --out "$work/x"
failing 3 input fit --model tree --data "$work/missing.csv" --target y --out "$work/x"
failing 1 numeric train --model mlp --data "$words" --out "$work/wild" --steps 50 --lr 1e9
printf '{"lr": "fast"}' >"$work/settings.json"; expect 3 "settings.json: key 'lr'" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
printf '{"lr": "0.1"}' >"$work/settings.json"; expect 3 "settings.json: key 'lr': got the text .0.1., expected a number" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
printf '{"n-hidden": 9, "n_hidden": 8}' >"$work/settings.json"
expect 3 "settings.json: 'n-hidden' and 'n_hidden' are one setting, given twice" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
printf '{"out": null}' >"$work/settings.json"; expect 3 "key 'out': got 'null', expected text" train --model mlp --data "$words" --config "$work/settings.json"
printf '{"lrr": 1}' >"$work/settings.json"; expect 3 "settings.json: unknown setting 'lrr'" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"

printf '{"n_head": 2}' >"$work/settings.json"; expect 3 "unknown setting 'n_head': a mlp has none" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
grep -q "hint: it is a setting of gpt" "$work/err" || fail "who has n_head: $(cat "$work/err")"
printf '{"steps": "three"}' >"$work/settings.json"; expect 3 "key 'steps': got the text .three., expected an integer" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
grep -q "without quotes" "$work/err" && fail "a hint that is no JSON: $(cat "$work/err")"
printf '{"steps": "3"}' >"$work/settings.json"; expect 3 "" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"; grep -q 'hint: write it without quotes: "steps": 3' "$work/err" || fail "no word about quotes"
# A file says nothing in vain either.
printf '{"optimizer": "adam", "weight_decay": 0.5}' >"$work/settings.json"
expect 3 "settings.json: key 'weight_decay': it is of use with optimizer=" train --model mlp --data "$words" --out "$work/x" --config "$work/settings.json"
printf '{"model": "bigram", "steps": 20}' >"$work/settings.json"; expect 3 "settings.json: key 'steps': grimoire train --model bigram takes no such" train --data "$words" --out "$work/x" --config "$work/settings.json"
for model in bigram mlp; do  # but what a run wrote may begin another
  expect 0 "" train --model $model --data "$words" --out "$work/first-$model" $([ $model = mlp ] && echo --steps 5 --optimizer adam --lr 0.001)
  expect 0 "" train --config "$work/first-$model/config.json" --out "$work/second-$model"
done
expect 0 "" train --model mlp --data "$words" --dry-run
expect 0 "first-mlp' holds a run already" train --model mlp --data "$words" --out "$work/first-mlp" --dry-run

expect 2 "train --model wavenet takes no --n-layer" train --model wavenet --data "$words" --out "$work/unused" --steps 5 --n-layer 3
expect 2 "train --model mlp takes no --n-head" train --model mlp --data "$words" --out "$work/unused" --n-head 3
printf '{"model": "wavenet"}' >"$work/settings.json"
expect 2 "train --model wavenet takes no --gain" train --config "$work/settings.json" --data "$words" --out "$work/unused" --steps 5 --gain 3
[ ! -e "$work/unused" ] || fail "a run that was refused left a folder"
printf '{"model": "mlp"}' >"$work/settings.json"
expect 0 "" train --config "$work/settings.json" --data "$words" --out "$work/used" --steps 5 --gain 3
expect 0 "" train --model mlp --data "$words" --out "$work/deep" --steps 50 --n-layer 6 --gain 1.667 --last-scale .1 --batch-norm
expect 0 "" doctor "$work/deep"; grep -q "layers.5.tanh" "$work/out" || fail "doctor does not show the last of six layers"
expect 0 "" generate "$work/deep" -n 2
expect 2 "gain" train --model mlp --data "$words" --out "$work/deep2" --gain -1
# --- goals, changed data, other folders
cp "$words" "$work/kept.txt"
expect 0 "" train --model mlp --data "$work/kept.txt" --out "$work/goal" --steps 50
expect 0 "of 80" resume "$work/goal" --steps 80
expect 0 "step 80 of 80" resume "$work/goal"
expect 2 "at step 80 already" resume "$work/goal" --steps 60
echo stair >>"$work/kept.txt"
expect 3 "400 items .* then, 401 items .* now" resume "$work/goal" --steps 90
grep -q "grimoire resume $work/goal --steps 90 --accept-changes$" "$work/err" || fail "the goal is lost: $(cat "$work/err")"
head -9 "$work/kept.txt" >"$work/few-kept.txt"; cp "$work/kept.txt" "$work/all-kept.txt"; cp "$work/few-kept.txt" "$work/kept.txt"
expect 3 "got 9, expected at least 10 \\(or .split=100/0/0.\\)" resume "$work/goal" --steps 90 --accept-changes; grep -q -- "--split" "$work/err" && fail "a flag that resume has not"
cp "$work/all-kept.txt" "$work/kept.txt"
expect 0 "going on with changed data" resume "$work/goal" --steps 90 --accept-changes
expect 3 "is a checkpoint" resume "$best"
expect 3 "is a checkpoint" doctor "$best"
expect 1 "the run diverged" train --model neural-bigram --data "$words" --out "$work/wilder" --lr 1e9
! grep -q "done:" "$work/err" || fail "a run that diverged says done"

mv "$work/kept.txt" "$work/moved.txt"
for verb in resume doctor; do
  expect 3 "kept.txt' is gone: the data that .*/goal was trained on" $verb "$work/goal"; grep -q "write where it is now into .*/goal/config.json, key .data" "$work/err" || fail "moved data: $(cat "$work/err")"
done
sed -i "s|kept.txt|moved.txt|" "$work/goal/config.json"; expect 0 "" resume "$work/goal"

# --- a demo replaces a demo, and nothing else
mkdir "$work/mine"; cp "$words" "$work/mine/words.txt"; echo precious >"$work/mine/thesis.txt"
expect 2 "something else than a demo" demo --data "$words" --out "$work/mine"
[ -s "$work/mine/thesis.txt" ] || fail "demo removed what was not its own"
expect 3 "exists" train --model mlp --data "$words" --out "$words" --steps 5
expect 3 "exists" train --model mlp --data "$words" --out /dev/null --steps 5
pushd "$work" >/dev/null; expect 3 "exists" train --model mlp --data "$words" --out - --steps 5; [ ! -e ./- ] || fail "--out -"; popd >/dev/null

# --- damaged checkpoints
best="$(ls -d "$work"/run/best/step-*)"
cp -r "$work/run" "$work/cut";   truncate -s 1000 "$work"/cut/best/step-*/model.safetensors; rm -r "$work/cut/checkpoints"
expect 3 "truncated" generate "$work/cut"
cp -r "$work/run" "$work/flip";  printf '\x55' | dd of="$(ls "$work"/flip/best/step-*/model.safetensors)" bs=1 seek=3000 conv=notrunc status=none; rm -r "$work/flip/checkpoints"
expect 3 "hash" generate "$work/flip"
mkdir "$work/lie"; cp "$best"/{config.json,tokenizer.json,tokenizer_config.json} "$work/lie/" 2>/dev/null; cp "$best"/config.json "$best"/tokenizer.json "$work/lie/"
printf '\xff\xff\xff\xff\xff\xff\xff\x7f{}' >"$work/lie/model.safetensors"
expect 3 "header" generate "$work/lie"
failing 3 input model check "$work/lie"
expect 3 "no chat template" chat "$work/run"
HOME=/nowhere expect 3 "not on this machine" chat smollm2
expect 3 "did you mean 'smollm2'" chat smollm
# What check calls sound opens, and what opens it calls sound.
expect 0 "" train --model ngram --data "$words" --out "$work/sound"
expect 0 "" model check "$work/sound"
mkdir "$work/ends"; cp "$best"/* "$work/ends/"; rm "$work/ends/manifest.json"
expect 0 "" model check "$work/ends"
sed -i 's/"eos_token_id": [0-9]*/"eos_token_id": 3/' "$work/ends/generation_config.json"
expect 3 "boundary" generate "$work/ends"
failing 3 input model check "$work/ends"
for config in '[]' null 5 '{"model_type": 5}'; do
  echo "$config" >"$work/ends/config.json"; failing 3 input model check "$work/ends"
done
cp -r "$work/run" "$work/half"; truncate -s 1000 "$work"/half/best/step-*/model.safetensors
expect 3 "checkpoints/step-200 is whole" generate "$work/half"
# A damaged newest checkpoint: resume says so and goes on from the one before, to the same weights.
cp -r "$work/run" "$work/old"; newest="$(ls -d "$work"/old/checkpoints/step-* | sort -V | tail -1)"; truncate -s 100 "$newest/model.safetensors"
expect 0 "skipped .*truncated" resume "$work/old"
cmp -s "$best/model.safetensors" "$(ls -d "$work"/old/best/step-* | sort -V | tail -1)/model.safetensors" || fail "resuming from the older checkpoint ended elsewhere"

# --- a folder without a manifest, as other programs write them: nothing is known of its data, and everything else works
mkdir "$work/plain"; cp "$best"/*.json "$best/model.safetensors" "$work/plain/"; rm -f "$work/plain/manifest.json"
for _ in 1 2 3 4 5; do cat "$words"; done >"$work/more.txt"
expect 0 "" eval "$work/plain" --data "$work/more.txt" --json; grep -q '"common_was": "unknown"' "$work/out" || fail "a plain folder's data: $(tail -1 "$work/out")"
expect 0 "" generate "$work/plain" -n 2
expect 3 "is a checkpoint" doctor "$work/plain"
expect 3 "is a checkpoint" resume "$work/plain"

for file in config generation_config; do
  for id in 99 '"x"'; do
    rm -rf "$work/token"; cp -r "$work/plain" "$work/token"; sed -i '/"bos_token_id"/d; s/^{/{ "bos_token_id": '"$id"',/' "$work/token/$file.json"
    expect 3 "/$file.json: key 'bos_token_id': got $id, expected the number of a token, from 0 to" eval "$work/token" --data "$words"
  done
done

# --- every checkpoint damaged: nothing begins anew over the best weights
cp -r "$work/run" "$work/blunt"; for f in "$work"/blunt/checkpoints/*/model.safetensors; do printf x | dd of="$f" bs=1 seek=400 conv=notrunc 2>/dev/null; done
before="$(find "$work/blunt" -type f | xargs md5sum)"
expect 3 "no whole checkpoint is left" resume "$work/blunt" --steps 300
[ "$before" = "$(find "$work/blunt" -type f | xargs md5sum)" ] || fail "a refused resume changed its folder"
rm -r "$work/blunt/checkpoints"; tr abc cab <"$words" >"$work/swapped.txt"; sed -i "s|\"data\": \"[^\"]*\"|\"data\": \"$work/swapped.txt\"|" "$work/blunt/config.json"
expect 3 "belongs to other data" resume "$work/blunt" --steps 300
rm -rf "$work/token"; cp -r "$work/plain" "$work/token"; sed -i 's/"eos_token_id": 0/"eos_token_id": 1/' "$work/token/generation_config.json"
expect 3 "key 'eos_token_id' is 1, but the tokenizer's boundary is 0" generate "$work/token"

# --- a log that was cut is read up to there, and judged by only if it reaches the weights
cp -r "$work/run" "$work/log"; log="$work/log/metrics.jsonl"; lines="$(wc -l <"$log")"
truncate -s -20 "$log"; expect 0 "" doctor "$work/log"; grep -q "metrics.jsonl is cut off in line $lines, as a killed run leaves it" "$work/out" || fail "a cut log: $(grep log "$work/out")"
grep -q "metrics.jsonl is cut off in line $lines" "$work/log/report.html" || fail "the report does not say that its log is cut"
head -4 "$work/run/metrics.jsonl" | head -c -9 >"$log"; expect 0 "" doctor "$work/log"; tr -s '\n ' ' ' <"$work/out" | grep -q "weights are those of step 200, and metrics.jsonl, the log of the steps, is cut off in line 4, after step" || fail "a log cut early"
head -c 9 "$work/run/metrics.jsonl" >"$log"; expect 0 "" doctor "$work/log"; tr -s '\n ' ' ' <"$work/out" | grep -q "is cut off in line 1, before any step" || fail "a log cut at once"
: >"$log"; expect 0 "" doctor "$work/log"; tr -s '\n ' ' ' <"$work/out" | grep -q "the log of the steps, is empty" || fail "an empty log"
rm "$log"; expect 0 "" doctor "$work/log"; tr -s '\n ' ' ' <"$work/out" | grep -q "the log of the steps, is missing" || fail "a missing log"
sed '3s/.*/{"event": "st/' "$work/run/metrics.jsonl" >"$log"; expect 3 "metrics.jsonl: line 3 is no event" doctor "$work/log"

# --- doctor says which weights it looked at, and refuses where there are none
expect 0 "" doctor "$work/run"; grep -q "^weights of step 200: .*/checkpoints/step-200$" "$work/out" || fail "doctor names no weights: $(head -1 "$work/out")"
cp -r "$work/run" "$work/blind"; for f in "$work"/blind/checkpoints/*/model.safetensors; do truncate -s 100 "$f"; done
expect 3 "truncated" doctor "$work/blind"
rm -r "$work/blind/checkpoints"; expect 3 "holds no checkpoint any more, though its log reaches step 200" doctor "$work/blind"
rm -r "$work/blind/best"; expect 3 "grimoire resume .*/blind trains anew" doctor "$work/blind"
cp -r "$work/run" "$work/bare"; find "$work/bare" -name manifest.json -delete; expect 3 "put the missing or damaged files back .*; or remove .*/bare/checkpoints and .*/bare/best" doctor "$work/bare"
rm -r "$work/bare/checkpoints" "$work/bare/best"; expect 0 "starting again from step 0" resume "$work/bare"
mkdir "$work/hollow"; expect 3 "give the folder that train wrote" doctor "$work/hollow"
cp -r "$work/run" "$work/older"; truncate -s 100 "$(ls -d "$work"/older/checkpoints/step-* | sort -V | tail -1)/model.safetensors"
expect 0 "" doctor "$work/older"; grep -q "^weights of step 150" "$work/out" && grep -q "^look: .*step-200" "$work/out" || fail "doctor: $(head -1 "$work/out")"
cp -r "$work/run" "$work/bestless"; truncate -s 100 "$work"/bestless/best/step-*/model.safetensors
expect 3 "truncated" doctor "$work/bestless"; grep -q "^weights of step 200" "$work/out" || fail "doctor measured nothing"

expect 2 "grimoire doctor .*run takes no --model" doctor "$work/run" --model tree

# --- eval: windows that overlap, a token before the text, questions; how it was measured is said
fox="the quick brown fox jumps over the lazy dog. "
for _ in $(seq 40); do printf '%s' "$fox"; done >"$work/fox.txt"
expect 0 "" train --model gpt --data "$work/fox.txt" --format text --context 16 --n-layer 1 --n-head 1 --n-embd 8 --steps 2 --out "$work/fox"
signed() { local said="$1"; shift; expect 0 "" eval "$@"; grep -qE "$said" "$work/out" || fail "eval $*: no $said: $(tail -1 "$work/out")"; }
signed "targets:each-character-but-the-first-1\\|context:blocks-of-16-without-overlap\\|bos:no" "$work/fox" --data "$work/fox.txt"
signed "context:windows-of-16-stride-4\\|bos:no" "$work/fox" --data "$work/fox.txt" --stride 4
signed "context:windows-of-12-stride-3" "$work/fox" --data "$work/fox.txt" --context 12 --stride 3
signed '"words": 360, "bytes": 1799' "$work/fox" --data "$work/fox.txt" --json
printf 'fox' >"$work/short.txt"; signed "tokens = 2" "$work/fox" --data "$work/short.txt"
expect 2 "stride: got 17, expected 1 to 16" eval "$work/fox" --data "$work/fox.txt" --stride 17
expect 2 "context: got 17, expected 1 to 16" eval "$work/fox" --data "$work/fox.txt" --context 17
expect 3 "no bos_token" eval "$work/fox" --data "$work/fox.txt" --bos
expect 2 "this model reads (each line whole|windows)" eval "$work/run" --data "$words" --stride 4
expect 2 "documents means nothing here" eval "$work/fox" --data "$work/fox.txt" --documents lines
expect 2 "data is of no use with --choices" eval "$work/fox" --data "$work/fox.txt" --choices "$work/questions"
expect 2 "stride is of no use with --choices" eval "$work/fox" --choices "$work/questions" --stride 4
printf '{"context": "the lazy", "choices": ["dog", "fox jumps"], "answer": 0}\n' >"$work/questions"
signed "acc_norm" "$work/fox" --choices "$work/questions"
signed '"acc": [01].0, "acc_interval": .*"signature": "choices\|token:char\|joined:by-blank\|bos:no\|context:16' "$work/fox" --choices "$work/questions" --json
printf '\n{"context": "the", "choices": ["dog"], "answer": 0}\n' >>"$work/questions"
expect 3 "questions: line 3: got 1 choice, expected two or more" eval "$work/fox" --choices "$work/questions"
for _ in 1 2 3 4 5 6 7 8; do printf '%s\n' "The quick brown fox jumps." "The dog is lazy." ""; done >"$work/lines.txt"
expect 0 "" tokenizer train --kind wordpiece --data "$work/lines.txt" --vocab-size 60 --out "$work/pieces"
expect 0 "" train --model bert --data "$work/lines.txt" --tokenizer "$work/pieces" --context 16 --n-layer 1 --n-head 1 --n-embd 8 --steps 2 --mask-rate 0.4 --whole-words \
  --documents lines --split 100/0/0 --out "$work/bert"
signed "hidden:0.4-of-whole-words\\|.*documents:auto\\|context:16" "$work/bert" --data "$work/lines.txt"
signed "documents:sentences" "$work/bert" --data "$work/lines.txt" --documents sentences
expect 2 "bos means nothing here: this model finds hidden words" eval "$work/bert" --data "$work/lines.txt" --bos

# --- inspect attention: every row adds up to 1, no token looks ahead
expect 0 "" inspect attention "$work/fox" --text "the fox" --json
rows() { tail -1 "$work/out" | sed 's/.*"weights": \[\[//; s/\]\], .*//; s/\], \[/\n/g'; }
rows | awk -F', ' '{ sum = 0; for (i = 1; i <= NF; ++i) { sum += $i; bad += i > NR && $i != 0 } bad += NF != 7 || sum < .99999 || sum > 1.00001 } END { exit bad > 0 || NR != 7 }' ||
  fail "inspect attention: $(tail -1 "$work/out")"
expect 0 "" inspect attention "$work/bert" --text "the dog" --head 0 --out "$work/attention.html"
grep -q "darkest" "$work/out" && [ "$(grep -c '<svg' "$work/attention.html")" -eq 2 ] || fail "inspect attention of an encoder: $(cat "$work/out")"
expect 0 "" train --model transfo-xl --data "$work/lines.txt" --context 32 --segment 8 --memory 8 --n-layer 1 --n-head 1 --n-embd 8 --steps 2 --out "$work/xl"
expect 0 "" inspect attention "$work/xl" --text "The quick fox is lazy" --json  # two segments and a part: row 8 is the first of the second
rows | awk -F', ' '{ for (i = 1; i <= NF; ++i) bad += ($i != 0) != (i <= NR && i >= NR - 7) } END { exit bad > 0 || NR != 21 }' ||
  fail "inspect attention of segments: $(tail -1 "$work/out")"
expect 2 "layer: got 7, expected 0 to 0" inspect attention "$work/fox" --text "the fox" --layer 7
expect 2 "part and --target are for encoder-decoders" inspect attention "$work/fox" --text "the fox" --part cross
expect 3 "no attention to look at" inspect attention "$work/run" --text "the"
expect 3 "reads at most 16" inspect attention "$work/fox" --text "the fox jumps over the dog"

# --- one value for an option that takes one; a lock is a resource; a figure that bears out what it is said of
expect 2 "seed is given twice: '1' and '2'" generate "$work/run" --seed 1 --seed 2
expect 2 "data is given twice" eval "$work/run" --data "$words" --data "$words"
expect 2 "expected a number" train --model mlp --data "$words" --out "$work/x" --lr inf
expect 1 "the run diverged: after step [0-9]+ the (dev )?loss is ([0-9.]+e\+[0-9]+|inf|nan|[0-9]{3,})" train --model mlp --data "$words" --out "$work/wildest" --lr 1e9 --steps 3 --eval-every 1
"$program" train --model mlp --data "$words" --out "$work/locked" --steps 100000000 2>/dev/null & pid=$!
for _ in $(seq 50); do [ -f "$work/locked/config.json" ] && break; sleep 0.1; done
expect 4 "in use by pid" resume "$work/locked"
kill -INT $pid; wait $pid
if [ -c /dev/full ]; then
  "$program" generate "$work/run" -n 3 >/dev/full 2>"$work/err"; got=$?
  [ $got -eq 4 ] || fail "a full device gave $got"; ! grep -q "more bytes needed" "$work/err" || fail "a full device: $(cat "$work/err")"
fi

# --- signals: finish the step, save, say how to go on
for signal in INT TERM; do
  code=$([ $signal = INT ] && echo 130 || echo 143)
  "$program" train --model mlp --data "$words" --out "$work/stop-$signal" --steps 100000000 2>"$work/err" & pid=$!
  sleep 0.7; kill -$signal $pid; wait $pid; got=$?
  [ $got -eq $code ] || fail "SIG$signal gave $got instead of $code"
  grep -q "go on with: grimoire resume" "$work/err" || fail "SIG$signal: no word how to go on"
done

"$program" train --model mlp --data "$words" --out "$work/stop-early" --steps 100000000 --eval-every 100000000 --json >"$work/out" 2>"$work/err" & pid=$!
sleep 0.7; kill -TERM $pid; wait $pid
grep -q '"train_loss": null, "dev_loss": null' "$work/out" || fail "stopped before the first evaluation: $(cat "$work/out")"

# --- a disk without room: refused before the first step, with the numbers
if [ "$(id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=100k tmpfs "$work/small" 2>/dev/null; then
  expect 4 "needs .* (bytes|KiB|MiB)|free" train --model mlp --data "$words" --out "$work/small/run" --steps 20
  umount "$work/small"
  mount -t tmpfs -o size=900k tmpfs "$work/small"
  "$program" train --model mlp --data "$words" --out "$work/small/run" --steps 100000 --save-every 500 >/dev/null 2>"$work/err" & pid=$!
  sleep 0.4; head -c 900k /dev/zero >"$work/small/filler" 2>/dev/null; wait $pid; got=$?
  [ $got -eq 4 ] || [ $got -eq 0 ] || fail "a disk that fills up gave $got: $(tail -2 "$work/err")"
  rm "$work/small/filler"
  reached="$(ls "$work/small/run/checkpoints" | sed -n 's/^step-\([0-9]*\)$/\1/p' | sort -n | tail -1)"
  "$program" resume "$work/small/run" --steps $((reached + 100)) >/dev/null 2>"$work/err" || fail "nothing to resume after the disk was full: $(tail -2 "$work/err")"
  umount "$work/small"
else
  echo "skipped: the full disk needs the right to mount"
fi
finish
