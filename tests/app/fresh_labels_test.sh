#!/usr/bin/env bash
# Models that label texts and begin with nothing, or with word vectors from a file: trained, asked, judged, gone on with, refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

{ printf 'text\tlabel\n'; for _ in $(seq 20); do printf 'The film was fine\tgood\nThe film was dull\tbad\n'; done; } >"$work/labels.tsv"
{ printf 'text\tbeside\tnumber\n'; for _ in $(seq 20); do printf 'the film was fine\tit is good\t1.5\nthe film was dull\tit is bad\t-2\n'; done; } >"$work/numbers.tsv"
{ printf '{"text": "fine and slow", "labels": ["good", "long"]}\n{"text": "dull", "labels": []}\n'; } >"$work/several.jsonl"
for _ in $(seq 5); do cat "$work/several.jsonl"; done >"$work/several-10.jsonl"
printf '3 6\nfine 1 2 3 4 5 6\ndull 6 5 4 3 2 1\nthe 0 0 0 0 0 1\n' >"$work/words.vec"
cnn="train --model text-cnn --n-filters 4 --kernel-sizes 1,2 --epochs 4 --lr 1e-2 --threads 1"
small="$cnn --n-embd 6"

# --- each of the four tasks, and what is done with what they leave
expect 0 "accuracy|the best weights" $small --data "$work/labels.tsv" --out "$work/cnn"; said "grimoire predict $work/cnn"
expect 0 "" predict "$work/cnn" --text "the film was FINE" --proba; printed "good="
expect 0 "" eval "$work/cnn" --data "$work/labels.tsv"; printed "accuracy"
expect 0 "" train --config "$work/cnn/config.json" --out "$work/again"
cmp "$work"/cnn/best/step-*/model.safetensors "$work"/again/best/step-*/model.safetensors || fail "a run's own settings give another run"
expect 0 "report: " resume "$work/cnn" --steps 12
[ -e "$work/cnn/report.html" ] || fail "no report"
expect 0 "" $small --task regress --data "$work/numbers.tsv" --text-column text --label-column number --out "$work/number"
expect 0 "" predict "$work/number" --text "the film"
expect 0 "" $small --task pair --data "$work/numbers.tsv" --text-column text --pair-column beside --label-column number --out "$work/pair"
expect 0 "" $small --task multilabel --data "$work/several-10.jsonl" --out "$work/several"
expect 0 "fold 2 of 2" $small --data "$work/labels.tsv" --folds 2 --out "$work/folds"
expect 0 "fold-1 has ended already" resume "$work/folds"
expect 0 "" $small --data "$work/labels.tsv" --dry-run; printed "together"
expect 0 "" $small --data "$work/labels.tsv" --folds 3 --dry-run --json; printed '"runs": 3'
expect 0 "" finetune "$work/cnn" --task regress --data "$work/numbers.tsv" --text-column text --label-column number --epochs 1 --out "$work/taught"
expect 0 "report: " resume "$work/taught" --steps 4

# --- word vectors: their width is the model's; they stay, or do not; a run that goes on needs them no more
expect 0 "vectors of 6 numbers for 3 of 5 tokens" $cnn --data "$work/labels.tsv" --embeddings "$work/words.vec" --freeze-embeddings --out "$work/static"
expect 0 "vectors of 6 numbers" $small --data "$work/labels.tsv" --embeddings "$work/words.vec" --out "$work/tuned"
expect 0 "vectors of 6 numbers" finetune "$work/cnn" --task classify --data "$work/labels.tsv" --embeddings "$work/words.vec" --epochs 1 --out "$work/given"
{ printf 'fine dull\tdull fine\n%.0s' $(seq 20); } >"$work/pairs.tsv"
expect 0 "vectors of 6 numbers for 2 of 2 tokens" train --model rnn-seq2seq --data "$work/pairs.tsv" --embeddings "$work/words.vec" --n-hidden 4 --steps 2 \
  --batch-size 4 --out "$work/s2s"
expect 0 "" tokenizer train --kind word --lowercase --data "$work/labels.tsv" --out "$work/small-letters"
expect 0 "vectors of 6 numbers for 3 of" train --model lstm --data "$work/labels.tsv" --format text --tokenizer "$work/small-letters" --embeddings "$work/words.vec" \
  --n-hidden 4 --context 8 --steps 2 --out "$work/lstm"
mv "$work/words.vec" "$work/moved.vec"; expect 0 "going on from step" resume "$work/static" --steps 12; mv "$work/moved.vec" "$work/words.vec"

# --- what does not go
expect 3 "none.vec" $cnn --data "$work/labels.tsv" --embeddings "$work/none.vec" --out "$work/none"
expect 3 "its vectors have 6 numbers, and the model's tokens 8" $cnn --n-embd 8 --data "$work/labels.tsv" --embeddings "$work/words.vec" --out "$work/none"; said "n-embd 6"
printf '1 6\nship 1 2 3 4 5 6\n' >"$work/other.vec"
expect 3 "none of the model's 5 tokens is among its 1 words" $cnn --data "$work/labels.tsv" --embeddings "$work/other.vec" --out "$work/none"
expect 3 "neither a model of fastText nor a file of word vectors" $cnn --data "$work/labels.tsv" --embeddings "$work/labels.tsv" --out "$work/none"
expect 3 "the model's tokens are single characters" train --model mlp --data "$words" --embeddings "$work/words.vec" --steps 2 --out "$work/none"
expect 2 "takes no --embeddings" train --model bigram --data "$words" --embeddings "$work/words.vec" --out "$work/none"
expect 2 "freeze-embeddings is of use with --embeddings only" $cnn --data "$work/labels.tsv" --freeze-embeddings --out "$work/none"
expect 2 "min-frequency is of no use with --tokenizer" $cnn --data "$work/labels.tsv" --tokenizer "$work/small-letters" --min-frequency 3 --out "$work/none"
expect 2 "one of classify, pair, multilabel, regress" $cnn --task tag --data "$work/labels.tsv" --out "$work/none"
expect 2 "takes no --class-weights" $cnn --task regress --class-weights balanced --data "$work/numbers.tsv" --out "$work/none"
expect 2 "cannot read the mean" $cnn --pool mean --data "$work/labels.tsv" --out "$work/none"
expect 2 "unknown flag --tokenizer" finetune "$work/cnn" --task classify --data "$work/labels.tsv" --tokenizer "$work/small-letters" --out "$work/none"
expect 3 "expected two, the text and the one beside it" $small --task pair --data "$work/labels.tsv" --out "$work/none"
[ ! -e "$work/none" ] || fail "a refused run left its folder"
finish
