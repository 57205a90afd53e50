#!/usr/bin/env bash
# Decks as files from the outside: check, show, import, export, from-glossary; the format that an ending tells; what is refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"

deck() { ran "$1" deck "${@:2}"; }  # CODE ARGS...
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ: $(diff "$1" "$2" | head -5)"; }

source="$work/kitchen.md"
cat >"$source" <<'DECK'
# deck: kitchen

tags: cooking

What makes "bread", then; rise?
Yeast
---
- It breathes **out** `gas`.
  - for a \[while]
| h | k |
|---|---|
| 1 | 2 |

How many {{c1::grams}} are in a {{c2::kilogram}}?
---
That is 1000.
DECK

# --- check and show
deck 0 check "$source"; printed '^kitchen: 3 cards, 0 errors$'
deck 0 check "$source" --json; [ "$(cat "$work/out")" = '{"deck": "kitchen", "cards": 3, "errors": 0, "messages": []}' ] || fail "check --json: $(cat "$work/out")"
printf '# deck: half\n\nQ?\n---\n\nWhy?\nSo\n---\n' >"$work/half.md"
deck 0 check "$work/half.md"; printed 'half.md:3: question without an answer.*\(error\)$'; printed '^half: 1 card, 1 error$'
deck 0 check "$work/half.md" --json; printed '"cards": 1, "errors": 1, "messages": \[\{"line": 3, "weight": "error"'
printf 'Q?\n---\n' >"$work/none.md"; deck 3 check "$work/none.md"; said 'none.md:1: question without an answer'; said 'none.md: no cards'
printf 'The {{c1::x}} and {{c2::y\n---\n\nA {{c3::}}, {{c1::z}}\n---\n' >"$work/cloze.md"
deck 0 check "$work/cloze.md"; printed "cloze.md:1: '\{\{c2::y' is not closed .*\(warning\)$"; printed "cloze.md:4: '\{\{c3::\}\}' hides nothing.*\(warning\)$"; printed '^cloze: 2 cards, 0 errors$'
deck 0 show "$source"; printed 'kitchen \(3 cards\)'; printed 'What makes "bread"'
deck 0 show "$work/half.md"; printed 'half \(1 card\)'
deck 0 show info --seed 1 --json; printed '"name": "grimoire info"'

printf 'What\tis a tab?\na mark\n---\n' >"$work/tab.md"  # not a table
deck 0 import "$work/tab.md"; printed '^a mark$'

# --- every format by its ending, there and back
deck 0 import "$source"; cp "$work/out" "$work/plain.md"
printed '^# deck: kitchen$'
for ending in md txt tsv csv apkg json; do
  for action in import export; do
    file="$work/$action/kitchen.$ending"
    mkdir -p "$work/$action"
    deck 0 "$action" "$source" --out "$file"; said "kitchen.$ending: 3 cards$"
    case "$ending" in
      tsv | csv) said "kitchen.$ending: this format has no place for the deck's tags$" ;;
      *) [ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than the file said: $(cat "$work/err")" ;;
    esac
    deck 0 import "$file"
    sed 's/^# deck: .*/# deck: kitchen/; /^tags: cooking$/d' "$work/out" | cat -s >"$work/back.md"
    sed '/^tags: cooking$/d' "$work/plain.md" | cat -s >"$work/expected.md"  # a table has no place for tags
    same "$work/expected.md" "$work/back.md"
  done
done
grep -q '^#separator:tab$' "$work/import/kitchen.txt" || fail "no Anki text in .txt"
grep -q $'^"What makes ""bread"", then; rise?"\tYeast\t' "$work/export/kitchen.tsv" || fail "no table in .tsv"
grep -q '^"What makes ""bread"", then; rise?",Yeast,' "$work/export/kitchen.csv" || fail "no table in .csv"
head -c1 "$work/import/kitchen.json" | grep -q '{' || fail "no object in .json"
head -c2 "$work/import/kitchen.apkg" | grep -q PK || fail "no package in .apkg"
for ending in md txt tsv csv apkg json; do deck 0 from-glossary info --seed 1 --out "$work/info.$ending"; deck 0 import "$work/info.$ending" --out "$work/info2.md"; done
head -c1 "$work/info.json" | grep -q '{' || fail "no object in info.json"
deck 0 export "$source" --format json; printed '^  "name": "kitchen"'
deck 0 export "$source" --format anki --out "$work/deck.anki"; grep -q '^#separator:tab$' "$work/deck.anki" || fail "no Anki text by --format"
deck 0 export "$source" --out "$work/again.json" --json; [ "$(wc -l <"$work/out")" -eq 1 ] || fail "more than the result on stdout"; printed '^\{"deck": "kitchen", "cards": 3, "out": ".*again.json"\}$'

# --- what a format has no place for
printf '# deck: plain\n\nQ?\nA\n---\n' >"$work/untagged.md"; printf '# deck: many\n\ntags: x y\n\nWhat this is.\nIn two lines.\n\nQ?\nA\n---\n' >"$work/full.md"
deck 0 export "$work/untagged.md" --out "$work/plain.tsv"; [ "$(wc -l <"$work/err")" -eq 1 ] || fail "nothing is lost: $(cat "$work/err")"
deck 0 export "$work/untagged.md" --out "$work/other.csv"; said "other.csv: this format has no place for the deck's name$"
deck 0 export "$work/full.md" --out "$work/other.tsv"; said "this format has no place for the deck's name, tags and description$"
deck 0 export "$work/full.md" --out "$work/other.txt"; said "this format has no place for the deck's description$"
deck 0 export "$work/full.md" --out "$work/full.apkg"; deck 0 import "$work/full.apkg"; printed '^# deck: many$'; printed '^tags: x y$'; printed '^In two lines\.$'

# --- a .txt is what its text is
cp "$source" "$work/markdown.txt"
deck 0 import "$work/markdown.txt"; same "$work/plain.md" "$work/out"
printf 'one\t1\n' >"$work/tabs.txt"; deck 0 import "$work/tabs.txt"; printed '^one$'
printf '#separator:tab\n#html:true\n<img src="a.png">one\t1\n' >"$work/media.txt"; deck 0 import "$work/media.txt"; said 'media.txt: 1 picture or sound stayed behind'

# --- what it refuses
deck 2 import "$source" --out "$work/deck.xyz"; said 'deck.xyz: no format has this ending'; [ ! -e "$work/deck.xyz" ] || fail "written all the same"
deck 2 export "$source" --out "$work/deck.tsv" --format json; said 'deck.tsv: its ending is that of tsv, but --format is json'
deck 2 export "$source" --format apkg; said 'a package is a file'
deck 2 exprot "$source"; said "did you mean 'export'\?"
deck 2 from-glossary nothing; said "no family 'nothing'"
deck 2 check
deck 3 import "$work/none.apkg"; said 'none.apkg'
for verb in check show export; do deck 3 "$verb" "$work/full.apkg"; said "full.apkg: looks like an Anki package. Make a deck of it: grimoire deck import .*full.apkg --out deck.md"; done
printf 'PK no zip' >"$work/bad.apkg"; deck 3 import "$work/bad.apkg"; said 'bad.apkg: not a zip file'
head -c 900 "$work/export/kitchen.apkg" >"$work/cut.apkg"; deck 3 import "$work/cut.apkg"; ! grep -q -- --state "$work/err" || fail "a package is told of --state"
printf '{"cards": 3' >"$work/bad.json"; deck 3 import "$work/bad.json"; said 'bad.json'
printf 'one field\n' >"$work/bad.tsv"; deck 3 import "$work/bad.tsv"; said 'has one field'
printf 'no cards\n' >"$work/bad.txt"; deck 3 import "$work/bad.txt"; said 'bad.txt: no cards'

# --- where a file may not grow: an error, and nothing is left behind
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "Question %d, which is long enough?\nanswer %d\n---\n\n", i, i }' >"$work/long.md"
for ending in md txt tsv csv apkg json; do
  mkdir -p "$work/limit"
  (ulimit -f 16; exec "$program" deck export "$work/long.md" --out "$work/limit/long.$ending" >"$work/out" 2>"$work/err")
  got=$?
  [ "$got" -eq 4 ] || fail "exit code $got instead of 4 where a .$ending may not grow: $(cat "$work/err")"
  said "cannot write .*long.$ending"
  [ -z "$(ls -A "$work/limit")" ] || fail "left behind: $(ls "$work/limit")"
done
(ulimit -f 16; exec "$program" deck export "$work/long.md" >"$work/limited" 2>"$work/err")
[ $? -eq 4 ] || fail "standard output that may not grow"
said 'cannot write to standard output: File too large'
finish
