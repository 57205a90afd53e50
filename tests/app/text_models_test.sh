#!/usr/bin/env bash
# What models of text say to what does not go: too long, empty or cut texts, folders whose files contradict each other, questions without room.
set -uo pipefail
source "$(dirname "$0")/words.sh"
expect() { local code="$1" pattern="$2"; shift 2; ran "$code" "$@"; [ -z "$pattern" ] || said "$pattern"; }

# --- small models, each with a tokenizer of its kind
for _ in $(seq 30); do printf '%s\n' "The quick brown fox jumps over the lazy dog." "The dog is lazy." "A fox is quick, and brown." ""; done >"$work/lines.txt"
small="--n-layer 1 --n-head 1 --n-embd 8 --steps 2"
expect 0 "" tokenizer train --kind unigram --data "$work/lines.txt" --vocab-size 60 --out "$work/gaps" --special-token '<extra_id_0>' --special-token '<extra_id_1>' \
  --special-token '<extra_id_2>' --special-token '<extra_id_3>' --special-token '</s>' --special-token '<pad>'
expect 0 "" tokenizer train --kind unigram --data "$work/lines.txt" --vocab-size 60 --out "$work/masks" --special-token '<s>' --special-token '<pad>' \
  --special-token '</s>' --special-token '<mask>'
expect 0 "" tokenizer train --kind byte-bpe --data "$work/lines.txt" --vocab-size 280 --out "$work/bytes"
expect 0 "" train --model t5 --data "$work/lines.txt" --tokenizer "$work/gaps" --length 16 $small --out "$work/t5"
expect 0 "" train --model bart --data "$work/lines.txt" --tokenizer "$work/masks" --length 12 --context 16 $small --out "$work/bart"
expect 0 "" train --model gpt --data "$work/lines.txt" --format text --tokenizer "$work/bytes" --context 16 $small --out "$work/gpt"
best() { ls -d "$work/$1"/best/step-*; }

# --- pairs of texts: trained on, judged by length, written, looked at, averaged
for _ in $(seq 40); do printf 'der Hund\tthe dog\nein Fuchs ist braun\ta fox is brown\nbraun\tbrown\n'; done >"$work/pairs.tsv"
cut -f1 "$work/pairs.tsv" >"$work/de"; cut -f2 "$work/pairs.tsv" | gzip >"$work/en.gz"
pairs="--n-embd 8 --dropout 0 --batch-size 8 --steps 4 --save-every 2 --max-length 20"
expect 0 "" train --model rnn-attention --data "$work/pairs.tsv" --n-hidden 8 $pairs --keep-checkpoints 3 --out "$work/att"
expect 0 "" train --model rnn-seq2seq --source "$work/de" --target "$work/en.gz" --n-hidden 8 $pairs --teacher-forcing 0.5 --label-smoothing 0.1 --out "$work/s2s"
expect 0 "" train --model conv-seq2seq --data "$work/pairs.tsv" --n-hidden 8 --n-layer 2 $pairs --context 20 --out "$work/conv"
expect 0 "" train --model transformer-seq2seq --data "$work/pairs.tsv" --n-head 2 --n-layer 1 $pairs --context 20 --out "$work/vaswani"
for model in att s2s conv vaswani; do
  expect 0 "" generate "$work/$model" --prompt "der Hund" --max-tokens 4 --beams 2
  expect 0 "" eval "$work/$model" --source "$work/de" --target "$work/en.gz" --out "$work/written"; printed "1 to 5"; printed "perplexity"; printed "BLEU of what it writes"
  [ "$(wc -l <"$work/written")" = 120 ] || fail "$model: not a line for each source"
  cp "$work/out" "$work/first"; expect 0 "" eval "$work/$model" --data "$work/pairs.tsv" --out "$work/written"; diff "$work/first" "$work/out" || fail "$model: one file is judged otherwise than two"
done
for model in att conv vaswani; do expect 0 "" inspect attention "$work/$model" --text "der Hund" --target "the dog"; printed "columns: 0 der, 1 Hund"; done
expect 3 "this model has no attention to look at" inspect attention "$work/s2s" --text "der Hund"
expect 0 "" model average "$work/att" --last 2 --out "$work/mean"; expect 0 "" generate "$work/mean" --prompt "der Hund" --max-tokens 4
expect 2 "out" model average "$work/att"
expect 0 "" finetune "$work/vaswani" --task translate --data "$work/pairs.tsv" --prefix "auf Englisch: " --steps 2 --batch-size 8 --max-length 20 --out "$work/taught"
expect 0 "" eval "$work/taught" --data "$work/pairs.tsv" --out "$work/written"; printed "BLEU of what it writes"
expect 2 "data is missing: the pairs to train on" finetune "$work/vaswani" --task summarize --out "$work/none"
expect 2 "data is missing: the pairs to train on" train --model rnn-seq2seq --out "$work/none"
expect 2 "source" train --model rnn-seq2seq --source "$work/de" --out "$work/none"
expect 3 "has 120 lines and .* has 119" train --model rnn-seq2seq --source "$work/de" --target <(head -119 "$work/de") --out "$work/none"
expect 3 "got no tab" train --model rnn-seq2seq --data "$work/de" --out "$work/none"
expect 2 "source means nothing here" eval "$work/gpt" --source "$work/de" --target "$work/de"
expect 2 "every-step" train --model rnn-seq2seq --data "$work/pairs.tsv" --every-step $pairs --out "$work/none"
expect 0 "" train --model tcn --data "$work/lines.txt" --format text --context 16 --n-embd 8 --n-hidden 8 --steps 2 --out "$work/tcn"
expect 0 "" train --model gru --data "$work/lines.txt" --format text --context 16 --n-embd 8 --n-hidden 8 --steps 2 --out "$work/gru"
expect 0 "" doctor "$work/gru"; printed "what is left of a gradient at its last state"; printed "steps back"

# --- summaries
printf 'The fox saw a dog. The dog saw the fox. Rain fell. A dog saw rain.\tA fox saw a dog.\nOne dog. No fox at all.\tOne dog.\n' >"$work/papers.tsv"
expect 0 "texts: column '0'; summaries: column '1'" summarize --data "$work/papers.tsv" --by lead --by lexrank --by "$work/att" --sentences 1 --stem
printed "lexrank +rouge1"; printed "att +rouge1"; printed "rougeLsum"; printed "nrefs:1.words:a-z0-9.stem:porter-nltk"
expect 0 "" summarize --data "$work/papers.tsv" --by lead --sentences 1 --out "$work/short"; [ "$(head -1 "$work/short")" = "The fox saw a dog." ] || fail "lead: $(head -1 "$work/short")"
expect 0 "" summarize --file "$work/lines.txt" --text "A fox. A dog. The fox saw the dog." --sentences 1; [ "$(wc -l <"$work/out")" = 2 ] || fail "not a line a text"
printf 'text,summary,n\n"A fox. A dog, too.",A fox,1\n' >"$work/papers.csv"
expect 0 "texts: column 'text'; summaries: column 'summary'" summarize --data "$work/papers.csv" --json; printed '"lexrank": \{"rouge1"'
printf '{"text": "A fox. A dog."}\n' >"$work/papers.jsonl"
expect 0 "no column of summaries" summarize --data "$work/papers.jsonl" --by lead --by lexrank; printed "^lead:"
expect 2 "file is missing: what is to be made short" summarize --by lead
expect 2 "out is for the summaries of one: got 2" summarize --data "$work/papers.tsv" --by lead --by lexrank --out "$work/short"
expect 3 "holds no model that makes one text of another" summarize --data "$work/papers.tsv" --by "$work/gpt"
expect 3 "cannot hold both texts and summaries" summarize --data "$work/papers.csv" --text-column 1
printf 'A fox.\t\n' >"$work/papers.tsv"; expect 3 "row 1 \(line 1\): nothing stands in column '1'" summarize --data "$work/papers.tsv"

# --- a task in words
printf 'text\tlabel\na warm film\t1\na dull film\t0\nwarm\t1\ndull\t0\n' >"$work/moods.tsv"
expect 0 "" train --model gpt --data "$work/lines.txt" --format text --tokenizer "$work/bytes" --context 100 $small --out "$work/wide"
expect 0 "" ask "$work/wide" --task sentiment --text "a warm film" --text "dull"; printed "(negative|positive)\s+0\.[0-9]+\s+a warm film"
expect 0 "" ask "$work/wide" --task sentiment --data "$work/moods.tsv" --examples "$work/moods.tsv" --shots 2 --calibrate --out "$work/asked.jsonl"
printed "2 shots, calibrated"; [ "$(wc -l <"$work/asked.jsonl")" = 4 ] || fail "ask: not a line for each text"
printf '{"tasks": [{"task": "sentiment", "data": "moods.tsv", "limit": 3}, {"task": {"form": "{text} is", "words": {"0": "bad", "1": "good"}}, "data": "moods.tsv"}]}' >"$work/ask.json"
expect 0 "" ask "$work/wide" --task "$work/ask.json"; printed "sentiment .* 3 "
expect 0 "" ask "$work/wide" --task qa --text "who?"
expect 2 "task is missing: sentiment" ask "$work/wide" --data "$work/moods.tsv"
expect 2 "data or --text is missing" ask "$work/wide" --task sentiment
expect 2 "the task 'sentimant' is not known" ask "$work/wide" --task sentimant --text x; said "did you mean 'sentiment'"
expect 3 "moods.tsv: row 1 .*: the label '1' is none of the task's: ABBR" ask "$work/wide" --task question-type --data "$work/moods.tsv"
printf '{"form": "no place"}' >"$work/own.json"; expect 3 "own.json: the form has no place for the text" ask "$work/wide" --task "$work/own.json" --text x
printf '{"tasks": [{"task": "sentiment", "dat": "x"}]}' >"$work/own.json"; expect 3 "the key 'dat' is not known" ask "$work/wide" --task "$work/own.json"

# --- longer than the model reads
long="The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog. The dog is lazy."
expect 0 "" inspect attention "$work/bart" --text "The fox."
expect 0 "" inspect attention "$work/t5" --text "$long"
for part in auto encoder decoder; do
  expect 3 "text has [0-9]+ tokens, and the model reads at most 16" inspect attention "$work/bart" --part $part --text "$long"; said "^hint: give a shorter one"
done
expect 3 "target has [0-9]+ tokens, and the model reads at most 16" inspect attention "$work/bart" --text "The fox." --target "$long"
expect 3 "has [0-9]+ tokens, and the model reads at most 16" generate "$work/bart" --prompt "$long"

# --- a text too short to be judged, and questions to a model that answers none
printf 'The fox.' >"$work/short.txt"
for model in bart t5; do
  expect 3 "short.txt: the text has [0-9]+ tokens, and is judged in pieces of 1[26]: there is not one" eval "$work/$model" --data "$work/short.txt"
  said "^hint: give a text of 1[26] tokens or more"
  printf '{"context": "the lazy", "choices": ["dog", "fox jumps"], "answer": 0}\n' >"$work/questions"
  expect 2 "choices asks how likely a text goes on so, and this model makes one text of another" eval "$work/$model" --choices "$work/questions"
done

# --- a config.json that the weights contradict is told by its key
cp -r "$(best gpt)" "$work/wrong"; rm "$work/wrong/manifest.json"
wrong() { sed "s/\"$1\": [0-9a-z]*/\"$1\": $2/" "$(best gpt)/config.json" >"$work/wrong/config.json"; expect 3 "wrong/config.json: key '$1' is $2, but" generate "$work/wrong"; }
wrong n_layer 2; wrong n_layer 50; wrong n_embd 16; wrong n_positions 32; wrong vocab_size 300; wrong vocab_size 200; wrong n_inner 24
expect 3 "" model check "$work/wrong"; printed "key 'n_inner' is"
sed 's/"n_head": 1/"n_head": 3/' "$(best gpt)/config.json" >"$work/wrong/config.json"
expect 3 "wrong/config.json: key 'n_embd' must divide by key 'n_head': got 8 and 3" generate "$work/wrong"

# --- empty words, and settings of beams
expect 2 "ban '' has no tokens" generate "$work/gpt" --ban ""
expect 2 "stop '': an empty text stands everywhere" generate "$work/gpt" --stop ""
expect 2 "3 beams .num_beams, --beams. cannot be cut into 2 groups of one size .num_beam_groups, --beam-groups.$" generate "$work/gpt" --beams 3 --beam-groups 2
printf '{"temperature": "hot"}' >"$work/wrong/generation_config.json"; cp "$(best gpt)/config.json" "$work/wrong/config.json"
expect 3 "^error: .json. $work/wrong/generation_config.json: key 'temperature': got text, expected number$" generate "$work/wrong"

# --- a text that stops inside of a character: byte 0xE2 alone
id="$("$program" tokenize "€" --tokenizer "$work/bytes" --bare --json | tail -1 | sed 's/.*"ids": \[\([0-9]*\).*/\1/')"
for how in "" "--beams 2" "--prompt a --prompt b"; do
  expect 0 "" generate "$work/gpt" --max-tokens 1 --logit-bias "$id=100" $([ -z "$how" ] && echo --temperature 0) $how
  grep -q $'\xef\xbf\xbd' "$work/out" && ! grep -qaP '\xe2(?!\x82)' "$work/out" || fail "half a character, '$how': $(od -c "$work/out" | head -3)"
done
expect 0 "" generate "$work/gpt" --max-tokens 1 --logit-bias "$id=100" --temperature 0 --explain; iconv -f UTF-8 -t UTF-8 "$work/out" >/dev/null || fail "explain: no UTF-8"

# --- an empty pair is a pair
expect 0 "" tokenizer train --kind wordpiece --data "$work/lines.txt" --vocab-size 60 --out "$work/pieces"
expect 0 "" tokenize "the dog" --tokenizer "$work/pieces" --pair "" --json; [ "$(grep -o '\[SEP\]' "$work/out" | wc -l)" -ge 2 ] || fail "an empty pair: $(cat "$work/out")"
tail -1 "$work/out" | grep -q '"type_ids": \[0[^]]*1\]' || fail "the end of an empty pair is of type 1: $(tail -1 "$work/out")"

# --- answers to questions: learned, judged, written as SQuAD's programs read them, asked for
expect 0 "" train --model bert --data "$work/lines.txt" --tokenizer "$work/pieces" --context 24 $small --documents lines --split 100/0/0 --out "$work/reader"
cat >"$work/squad.json" <<'E'
{"version": "v2.0", "data": [
 {"title": "dog", "paragraphs": [{"context": "The dog is lazy.", "qas": [
  {"id": "a", "question": "Who is lazy?", "is_impossible": false, "answers": [{"text": "dog", "answer_start": 4}, {"text": "The dog", "answer_start": 0}]},
  {"id": "b", "question": "Who is quick?", "is_impossible": true, "answers": []}]}]},
 {"title": "fox", "paragraphs": [{"context": "A fox is quick, and brown. The dog is lazy. The quick brown fox jumps over the lazy dog.", "qas": [
  {"id": "c", "question": "Who is quick?", "is_impossible": false, "answers": [{"text": "fox", "answer_start": 2}]}]}]}]}
E
asks="--batch-size 4 --steps 2 --eval-every 2 --stride 4"
expect 0 "squad.json: 3 questions on 2 paragraphs of 2 articles, 1 without an answer" finetune "$work/reader" --task qa --data "$work/squad.json" \
  --dev "$work/squad.json" $asks --out "$work/answers"
said "2 of 6 questions have texts that are read in several windows of 24 tokens, which share 4"; said "F1, dev = "
said "grimoire predict $work/answers --question ... --text ..."
expect 0 "" eval "$work/answers" --data "$work/squad.json" --out "$work/said.json"
for what in "exact match, %" "F1 with an answer, %" "F1 without one, %" "best F1, %" "Worst mistakes" \
  "answers.squad:2.0.null-threshold:0.longest:30.windows-of:24.stride:4"; do
  printed "$what"
done
f1="$(grep "^F1, %" "$work/out")"; expect 0 "" score squad --hyp "$work/said.json" --ref "$work/squad.json"; printed "$f1"
expect 0 "" eval "$work/answers" --data "$work/squad.json" --null-threshold 1000 --out "$work/said.json"
! grep -q '""' "$work/said.json" || fail "no answer was taken above a threshold"
expect 0 "" eval "$work/answers" --data "$work/squad.json" --null-threshold -1000; printed "F1 without one, % = 100.0000"; printed "F1 with an answer, % = 0.0000"
expect 0 "" predict "$work/answers" --question "Who?" --question "What?" --text "Die Möwe. The dog is lazy." --null-threshold 1000 --best 3 --format jsonl
[ "$(wc -l <"$work/out")" = 2 ] || fail "predict: $(cat "$work/out")"
printed '"question": "What[?]", "answer": ".*", "probability": 0[.].*, "start": [0-9]+, "end": [0-9]+, "answers": \[\{.*\}, \{.*\}, \{'
expect 0 "" predict "$work/answers" --question "Who?" --text "The dog is lazy." --null-threshold -1000; printed "^\(no answer\)	[01][.][0-9]+	Who[?]$"
expect 0 "" predict "$work/answers" --data "$work/squad.json" --json; printed '"id": "c"'
expect 2 "question is missing: this model finds" predict "$work/answers" --text "The dog is lazy."
expect 2 "question is empty" predict "$work/answers" --question " " --text "The dog is lazy."
expect 2 "2 texts are given" predict "$work/answers" --question "Who?" --text a --text b
expect 2 "proba means nothing here: this model finds answers in texts" predict "$work/answers" --question "Who?" --text a --proba
expect 2 "stride means nothing here: this model finds answers" eval "$work/answers" --data "$work/squad.json" --stride 3
expect 2 "null-threshold means nothing here" eval "$work/gpt" --data "$work/lines.txt" --null-threshold 3
printf 'question,context,answer\nWho?,The dog,dog\nWho?,The dog,cat\n' >"$work/wrong.csv"
expect 3 "wrong.csv: row 2 .line 3.: the answer 'cat' stands nowhere in its context" finetune "$work/reader" --task qa --data "$work/wrong.csv" --out "$work/none"
[ ! -e "$work/none" ] || fail "a run folder for nothing"
for _ in 1 2 3; do
  printf '{"question": "Who is lazy?", "choices": ["the dog", "a fox", "brown"], "answer": 0}\n{"question": "Who is quick?", "choices": ["dog", "fox"], "answer": 1}\n'
done >"$work/choices.jsonl"
expect 0 "accuracy, dev = " finetune "$work/reader" --task choice --data "$work/choices.jsonl" --dev "$work/choices.jsonl" --batch-size 2 --steps 2 --out "$work/chooses"
said "grimoire predict $work/chooses --question ... --choice ... --choice ..."
expect 0 "" eval "$work/chooses" --data "$work/choices.jsonl"; printed "right by guessing = 0.4167"; printed "best-choice.pairs-of:24.longer:0.questions:6.vocab"
cp "$work/out" "$work/first"; expect 0 "" eval "$work/chooses" --choices "$work/choices.jsonl"; diff "$work/first" "$work/out" || fail "choices are judged otherwise than data"
expect 0 "" predict "$work/chooses" --question "Who?" --choice "the dog" --choice "a fox" --proba; printed "the dog=0[.].*	a fox=0[.].*	Who[?]$"
expect 0 "" predict "$work/chooses" --data "$work/choices.jsonl" --format jsonl; [ "$(grep -c '"choice": [012], "probability": 0' "$work/out")" = 6 ] || fail "choices: $(cat "$work/out")"
expect 2 "1 answers are given with --choice" predict "$work/chooses" --question "Who?" --choice a
expect 2 "best means nothing here: this model chooses among answers" predict "$work/chooses" --question "Who?" --choice a --choice b --best 2
expect 0 "" eval "$work/chooses" --data "$work/choices.jsonl" --out "$work/chosen.csv"
[ "$(wc -l <"$work/chosen.csv")" = 7 ] || fail "not a row for each question: $(cat "$work/chosen.csv")"
grep -q "Answers on dev" "$work/chooses/report.html" || fail "the report of a run does not show its answers"
printf '{"question": "Who?", "choices": ["a", "b"], "answer": 2}\n' >"$work/wrong.jsonl"
expect 3 "wrong.jsonl: line 1: got the answer 2, expected 0 to 1" finetune "$work/reader" --task choice --data "$work/wrong.jsonl" --out "$work/none"
expect 2 "task is missing: one of classify, " finetune "$work/reader" --data "$work/wrong.csv" --out "$work/none"

# --- a Transformer-XL that is trained to remember nothing says so
expect 0 "warning: a row of training is one segment, for the context .--context. is 8 and a segment .--segment. 8" train --model transfo-xl --data "$work/lines.txt" \
  --format text --context 8 --segment 8 $small --out "$work/xl"
expect 0 "" train --model transfo-xl --data "$work/lines.txt" --format text --context 16 --segment 8 $small --out "$work/remembers"
! grep -q "one segment" "$work/err" || fail "a warning for nothing: $(cat "$work/err")"

# --- chat: a question without room is left out, the next is answered, and a pipe's exit code says that one was not
cp -r "$(best gpt)" "$work/talks"; rm "$work/talks/manifest.json"
sed -i 's/^{/{ "chat_template": "{% for m in messages %}{{ m.content }} {% endfor %}",/' "$work/talks/tokenizer_config.json"
talk() { "$program" chat "$work/talks" --temperature 0 --max-tokens 2 "$@" >"$work/out" 2>"$work/err"; }
printf 'fox\n%s\nA\n' "$long" | talk; got=$?
[ $got -eq 3 ] && said "no answer: with this question" && [ "$(grep -c '^> ' "$work/out")" -ge 3 ] || fail "chat: $got: $(cat "$work/out" "$work/err")"
printf 'fox\n' | talk || fail "chat from a pipe: $(cat "$work/err")"
printf 'the \\\nfox\n/help\n' | talk --json; grep -q '"content": "the \\nfox"' "$work/out" || fail "a line that goes on: $(cat "$work/out")"
said "a line that ends in .* goes on in the next"
expect 3 "the conversation is [0-9]+ tokens long, and the model reads 16 at once" generate "$work/talks" --chat --prompt "$long"
expect 0 "" chat --help; printed "goes on in the next"

# --- what is no file of weights: what to do
head -c 3000 "$program" | tail -c 1000 >"$work/noise.safetensors"
expect 3 "begins as none of" model show "$work/noise.safetensors"; said "^hint: if it is meant to hold weights"
finish
