#!/usr/bin/env bash
# Tagging words from outside: taught from each kind of file, judged, and what a text becomes; what is refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"
cd "$work"

for i in $(seq 12); do printf '%s\n' "Ada met Bob in Rome." "then Bobby met Ada Bobby in Oslo." "Adaline and Bob." ""; done >lines.txt
ran 0 tokenizer train --kind wordpiece --data lines.txt --vocab-size 60 --out tok
ran 0 train --model bert --data lines.txt --tokenizer tok --context 24 --n-layer 1 --n-head 2 --n-embd 16 --dropout 0 --steps 2 --documents lines --out bert

names() {  # SEPARATOR
  for one in Ada Bob Bobby Adaline; do for other in Ada Bob Bobby Adaline; do for place in Rome Oslo; do
    printf "%s$1B-PER\n%s$1I-PER\nmet$1O\n%s$1B-PER\nin$1O\n%s$1B-LOC\n.$1O\n\n" $one $other $other $place
  done; done; done
}
names ' ' >names.txt; names '\t' | gzip >names.conll.gz
awk 'NF { w = w (w ? ", " : "") "\"" $1 "\""; t = t (t ? ", " : "") "\"" $2 "\"" } !NF && w { print "{\"tokens\": [" w "], \"ner_tags\": [" t "]}"; w = t = "" }' names.txt >names.jsonl
awk 'BEGIN { print "# text = a" } NF { printf "%d\t%s\t_\t%s\t%s\t_\t0\t_\t_\t_\n", ++n, $1, ($2 == "O" ? "X" : "NAME"), $2 } !NF { print ""; n = 0 }' names.txt >names.conllu

teach="--epochs 12 --lr 1e-2 --batch-size 8 --dev names.txt"
ran 0 finetune bert --task tag --data names.conll.gz $teach --out a
said "columns parted by tabs, words from column 0, tags from column 1; 32 sentences, 224 words"
said "4 tags; the score is the F1 of whole spans"
said ", F1 [01]\.[0-9]+, the best so far"
for part in "Answers on dev" "<strong>Spans" "<th>tag"; do grep -qi "$part" a/report.html || fail "no $part in the report"; done
ran 0 finetune bert --task tag --data names.jsonl $teach --out b
ran 0 finetune bert --task tag --data names.conllu --label-column xpos --epochs 12 --lr 1e-2 --batch-size 8 --dev names.conllu --out c
for run in b c; do cmp -s a/best/step-*/model.safetensors $run/best/step-*/model.safetensors || fail "$run learned something else from the same words"; done
ran 0 finetune bert --task tag --data names.conllu --epochs 12 --lr 1e-2 --batch-size 8 --out kinds
said "2 tags; the score is the accuracy of words"

ran 0 eval a --data names.txt; printed "F1 = 1.0000"; printed "PER +1.0000"; printed "B-LOC +1.0000"; printed "^tags.spans:conlleval.words:224.sentences:32.longer:0.windows-of:24.xxh3:[0-9a-f]+"
ran 0 eval a --data names.txt --json; printed '"F1": 1.0'; printed '"types": \[\{"type": "LOC"'; printed '"micro": \{'
ran 0 eval kinds --data names.conllu; printed "accuracy = 1.0000"; printed "^ +NAME +1.0000"
printf 'Ada O\nRome B-LOC\nmet B-ORG\n' >wrong.txt
ran 0 eval a --data wrong.txt; printed "words with a tag that was not learned: wrong = 1"; printed "Worst mistakes"; printed "\[Ada\] Rome met +1$"

ran 0 predict a --text "Ada Bob met Adaline in Oslo."; printed '^\[Ada Bob\]\(PER\) met \[Adaline\]\(PER\) in \[Oslo\]\(LOC\)\.$'
ran 0 predict a --text "Ada Bob met Adaline in Oslo." --proba; printed '\(PER 0\.[0-9]{4}\)'
ran 0 predict a --text "Ada Bob met Adaline in Oslo." --format jsonl
printed '"entities": \[\{"type": "PER", "text": "Ada Bob", "start": 0, "end": 7, "probability": 0'; printed '"text": "Oslo", "start": 23, "end": 27'
ran 0 predict a --text "Ada." --format jsonl --proba; printed '"probabilities": \[\{"B-LOC": 0'
ran 0 predict kinds --text "Ada Bob met Bob."; printed '^Ada/NAME Bob/NAME met/X Bob/NAME \./X$'
cut -d' ' -f1 names.txt >words.txt
ran 0 predict a --data words.txt; [ "$(wc -l <out)" -eq 32 ] || fail "not a line for each sentence"; printed '^\[Ada Ada\]\(PER\) met \[Ada\]\(PER\) in \[Rome\]\(LOC\) \.$'
printf 'text\n"Ada Bob met Bob in Rome."\n' >texts.csv
ran 0 predict a --data texts.csv --text-column text; printed '\[Ada Bob\]\(PER\) met \[Bob\]\(PER\) in \[Rome\]\(LOC\)\.'
ran 0 predict a --text "Ada Bob met Bob in Rome." --json; printed '"answers": \[\{"text": "Ada Bob met Bob in Rome\.", "words": \["Ada", "Bob"'

ran 0 probe bert --task tag --data names.txt; printed "layer +F1 +accuracy"; printed "first-piece vectors; 182 words learned from, 42 judged"
ran 0 probe bert --task tag --data names.conllu --dev names.conllu; printed "layer +accuracy"; printed "224 words learned from, 224 judged"

ran 2 probe bert --task tag --data names.txt --pool cls
ran 2 predict a --text x --pair-column y
ran 2 eval a --data names.txt --stride 4; said "stride means nothing here: this model tags words"
ran 3 finetune bert --task tag --data lines.txt --out none; said "lines.txt: line 2: got 7 columns, expected 5 as in line 1"
ran 3 finetune bert --task tag --data words.txt --out none; said "words.txt: line 1: got the word 'Ada' alone"
ran 3 eval a --data names.conllu; said "got the tags NAME, X, and none of them is learned"
ran 3 predict a --text " "; said "there are no words"
ran 2 finetune bert --data names.txt --out none; said "task is missing: one of classify, pair, multilabel, regress, tag"
finish
