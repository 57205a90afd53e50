#!/usr/bin/env bash
# A model that is taught, and one that is taught by it: trained, asked, judged, refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

for _ in $(seq 30); do printf "%s\n" "The film was fine." "The film was dull." "A dull and slow film." ""; done >"$work/text.txt"
{ printf 'text\tlabel\n'; for _ in $(seq 20); do printf 'the film was fine\tgood\nthe film was dull\tbad\n'; done; } >"$work/labels.tsv"
cut -f1 "$work/labels.tsv" >"$work/plain.txt"
expect 0 "" tokenizer train --kind wordpiece --vocab-size 40 --data "$work/text.txt" --out "$work/pieces"
expect 0 "" train --model bert --data "$work/text.txt" --tokenizer "$work/pieces" --n-embd 16 --n-layer 2 --context 16 --steps 2 --out "$work/bert"
expect 0 "" finetune "$work/bert" --task classify --data "$work/labels.tsv" --pool mean --epochs 2 --lr 5e-3 --out "$work/teacher"

# --- folds: each is judged by weights that have not seen it
expect 0 "accuracy, mean over folds = " finetune "$work/bert" --task classify --data "$work/labels.tsv" --folds 3 --epochs 1 --lr 5e-3 --out "$work/folds"
said "fold 3 of 3: "; said "grimoire predict $work/folds/fold-1"
[ "$(wc -l <"$work/folds/predictions.csv")" = 41 ] || fail "not a row for each text: $(cat "$work/folds/predictions.csv")"
expect 0 "fold-2 has ended already" resume "$work/folds" --json; printed '"mean": 0|"mean": 1'
expect 2 "go on as they began" resume "$work/folds" --steps 4
expect 2 "holds folds already, with lr: 0.005 then, 0.1 now" finetune "$work/bert" --task classify --data "$work/labels.tsv" --folds 3 --epochs 1 --lr 0.1 --out "$work/folds"
expect 3 "holds no model" predict "$work/folds" --text "the film"; said "give one of them, as $work/folds/fold-1"
expect 2 "" finetune "$work/bert" --task classify --data "$work/labels.tsv" --folds 3 --test "$work/labels.tsv" --out "$work/none"
expect 2 "" finetune "$work/bert" --task classify --data "$work/labels.tsv" --fold 3 --out "$work/none"

# --- a model's own objective, on other text and in shorter examples; a run knows its heads again
expect 0 "the best weights" finetune "$work/bert" --task mlm --data "$work/text.txt" --max-length 8 --steps 2 --batch-size 4 --out "$work/domain"
expect 0 "going on from step 2 of 4" resume "$work/domain" --steps 4
expect 3 "has no head that fills in masked words" finetune "$work/teacher" --task mlm --data "$work/text.txt" --steps 2 --out "$work/none"
expect 3 "is not trained by --task lm" finetune "$work/bert" --task lm --data "$work/text.txt" --steps 2 --out "$work/none"; said "task mlm"
expect 0 "" train --model gpt --data "$work/text.txt" --n-embd 16 --n-layer 1 --n-head 2 --context 32 --steps 2 --out "$work/gpt"
expect 0 "grimoire generate" finetune "$work/gpt" --task lm --data "$work/text.txt" --max-length 8 --steps 2 --batch-size 4 --out "$work/book"
expect 0 "" eval "$work/book" --data "$work/text.txt" --context 32
expect 2 "context" finetune "$work/gpt" --task lm --data "$work/text.txt" --context 8 --steps 2 --out "$work/none"
expect 0 "" finetune "$work/gpt" --task lm --data "$work/text.txt" --max-length 8 --dry-run; printed "activations"
# --- a tokenizer whose path says nothing from elsewhere
(cd "$work" && "$program" train --model bert --data "$work/text.txt" --tokenizer pieces --n-embd 16 --n-layer 1 --context 16 --steps 2 --out near >/dev/null 2>&1)
expect 0 "report: " resume "$work/near" --steps 3

# --- what it would cost
expect 0 "" finetune "$work/bert" --task classify --data "$work/labels.tsv" --epochs 2 --dry-run; printed "together"; printed "^ +steps +3$"
expect 0 "" finetune "$work/bert" --task classify --data "$work/labels.tsv" --folds 4 --dry-run --json; printed '"runs": 4'
expect 0 "" distill "$work/teacher" --data "$work/labels.tsv" --student-layers 1 --dry-run --out "$work/none"; printed "an evaluation"

# --- labels: with what the data say, and without
expect 0 "the teacher has accuracy" distill "$work/teacher" --data "$work/labels.tsv" --student-layers 1 --epochs 2 --out "$work/small"
said "the best weights"; said "grimoire predict"
expect 0 "" eval "$work/small" --data "$work/labels.tsv"; printed "accuracy"
expect 0 "" predict "$work/small" --text "the film was fine" --proba; printed "good="
expect 0 "no column of labels" distill "$work/teacher" --data "$work/plain.txt" --student-layers 0 --epochs 1 --dtype bf16 --out "$work/plain"
# --- words behind masks
expect 0 "" distill "$work/bert" --objective mlm --data "$work/text.txt" --student-layers 0 --steps 4 --out "$work/words"
expect 0 "" eval "$work/words" --data "$work/text.txt"
# --- what does not go
expect 2 "data is missing: the texts to learn from" distill "$work/teacher" --student-layers 0 --out "$work/none"
expect 2 "student-layers is missing" distill "$work/teacher" --data "$work/labels.tsv" --out "$work/none"
expect 2 "there is no layer 2, expected 0 to 1" distill "$work/teacher" --data "$work/labels.tsv" --student-layers 0,2 --out "$work/none"
expect 3 "the teacher has no head that labels texts" distill "$work/bert" --data "$work/labels.tsv" --student-layers 0 --out "$work/none"; said "objective mlm"
expect 3 "no head that fills in masked words" distill "$work/teacher" --objective mlm --data "$work/text.txt" --student-layers 0 --out "$work/none"
expect 2 "mask-rate" distill "$work/teacher" --data "$work/labels.tsv" --mask-rate 0.2 --student-layers 0 --out "$work/none"
[ ! -e "$work/none" ] || fail "a refused run left its folder"
finish
