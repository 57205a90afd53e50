#!/usr/bin/env bash
# The verb tokenizer from the outside: train, show, compare; what is written; what is refused.
set -uo pipefail
source "$(dirname "$0")/words.sh"

tokenizer() { ran "$1" tokenizer "${@:2}"; }  # CODE ARGS...

paste -sd' \n' "$words" >"$work/text.txt"  # two words a line

# --- every kind: trained, shown, and trained again to the same bytes
for kind in bpe byte-bpe wordpiece unigram word char; do
  size=(--vocab-size 300)
  [ "$kind" = char ] && size=()
  tokenizer 0 train --kind "$kind" --data "$work/text.txt" "${size[@]}" --out "$work/$kind"
  printed '^  kind '; printed '^  bytes of text = [0-9,]+$'
  tokenizer 0 train --kind "$kind" --data "$work/text.txt" "${size[@]}" --out "$work/again" --json
  [ "$(tail -n1 "$work/out" | head -c9)" = '{"kind": ' ] || fail "--json: $(tail -n1 "$work/out" | head -c100)"
  for file in tokenizer.json tokenizer_config.json; do cmp -s "$work/$kind/$file" "$work/again/$file" || fail "$kind: another $file the second time"; done
  rm -r "$work/again"
  tokenizer 0 show "$work/$kind"; printed '^  kind '; printed '^  Latin +[0-9]+ +[0-9.]+ %$'
done
tokenizer 0 show "$work/byte-bpe/tokenizer.json"; printed 'kind +byte-level BPE$'; printed 'vocabulary +300$'; printed 'special tokens +<\|endoftext\|>$'
tokenizer 0 show "$work/wordpiece" --json; printed '"special_tokens": \["\[PAD\]", "\[UNK\]", "\[CLS\]", "\[SEP\]", "\[MASK\]"\]'

# --- several files, more special tokens, standard input
tokenizer 0 train --kind word --data "$work/text.txt" "$words" "$work/text.txt" --special-token '<|user|>' --special-token '[UNK]' --out "$work/more"
printed "bytes of text = $(cat "$work/text.txt" "$words" "$work/text.txt" | wc -c | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta')$"
printed 'special tokens +\[UNK\] \[PAD\] <\|user\|>$'
"$program" tokenizer train --kind char --data - --out "$work/piped" <"$work/text.txt" >"$work/out" 2>"$work/err" || fail "standard input: $(cat "$work/err")"
cmp -s "$work/char/tokenizer.json" "$work/piped/tokenizer.json" || fail "another tokenizer from standard input"
tokenizer 0 train --kind bpe --data "$work/text.txt" --vocab-size 100000 --out "$work/all"; printed 'give no more than [0-9,]+ tokens, 100,000 were asked for'

# --- compare
tokenizer 0 compare "$work/bpe" "$work/bpe" "$work/text.txt"; printed 'both cut all 200 lines, each by itself, in the same places'
printf 'ab\ncd ef\n' >"$work/two.txt"
tokenizer 0 train --kind byte-bpe --data "$work/two.txt" --vocab-size 259 --out "$work/small"  # " ef" is not merged yet: "ab" is, or "cd"
tokenizer 0 train --kind byte-bpe --data "$work/two.txt" --vocab-size 257 --out "$work/bytes"
tokenizer 0 compare "$work/bytes" "$work/small" "$work/two.txt"; printed 'first difference +line [12], column [14]$'; printed '^ .*257 +9 +1.000 +0$'
tokenizer 0 compare "$work/bytes" "$work/small" "$work/two.txt" --json; printed '"bytes": 9, .*"first_difference": \{"line": '

# --- tokenize says in one line of JSON what became of each token
tokenizer 0 train --kind char --data "$work/two.txt" --out "$work/letters"
ran 0 tokenize fab --tokenizer "$work/letters" --json
[ "$(wc -l <"$work/out")" -eq 1 ] || fail "tokenize --json: $(wc -l <"$work/out") lines"
printed '^\{"ids": \[7, 2, 3\], "tokens": \["f", "a", "b"\], "offsets": \[\[0, 1\], \[1, 2\], \[2, 3\]\], "words": \[0, 1, 2\], "type_ids": \[0, 0, 0\], '
printed '"special": \[0, 0, 0\], "count": 3, "characters": 3, "bytes_a_token": 1.0, "unknown_rate": 0.0, "report": \{"title": "", .*\}\]\}\}$'
: >"$work/nothing.txt"; ran 0 tokenize --data "$work/nothing.txt" --tokenizer "$work/letters" --json; printed '^\{"ids": \[\], "tokens": \[\], "offsets": \[\], '

# --- what it refuses
tokenizer 2 train --kind bpe --data "$work/text.txt" --out "$work/bpe"; said "holds a tokenizer already"
tokenizer 2 train --kind bpe --data "$work/text.txt" --out "$words"; said "is a file, expected a folder"
tokenizer 2 train --kind bpe --out "$work/new"; said -- '--data is missing'
tokenizer 2 train --kind bpe --data "$work/text.txt"; said -- '--out is missing'
tokenizer 2 train "$words" --kind bpe --data "$work/text.txt" --out "$work/new"; said 'one word too many'
tokenizer 2 train --kind bepe --data "$work/text.txt" --out "$work/new"; said "did you mean 'bpe'"
tokenizer 2 train --kind char --vocab-size 10 --data "$work/text.txt" --out "$work/new"; said -- '--vocab-size is of use with --kind bpe or byte-bpe or wordpiece or unigram or word only'
tokenizer 2 train --kind bpe --cased --data "$work/text.txt" --out "$work/new"; said -- '--cased is of use with --kind wordpiece only'
tokenizer 2 train --kind bpe --vocab-size 8 --data "$work/text.txt" --out "$work/new"; said 'expected at least [0-9]+: the special tokens and the single characters'
tokenizer 2 train --kind unigram --vocab-size 8 --data "$work/text.txt" --out "$work/new"; said 'expected at least'
tokenizer 4 train --kind bpe --word-limit 10 --data "$work/text.txt" --out "$work/new"; said 'more than 10 different words'
tokenizer 3 train --data "$work/none.txt" --out "$work/new"; said "there is no file '.*none.txt'"
tokenizer 3 train --data "$work" --out "$work/new"
: >"$work/empty.txt"; tokenizer 3 train --data "$work/empty.txt" --out "$work/new"; said 'empty.txt: the file is empty'
printf 'a\n\xff\n' >"$work/bad.txt"; tokenizer 3 train --data "$work/bad.txt" --out "$work/new"; said 'bad.txt: line 2, column 1'
printf 'a\0b' >"$work/nul.txt"; tokenizer 3 train --data "$work/nul.txt" --out "$work/new"; said 'is NUL: this is a binary file'
printf '\n \n' >"$work/blank.txt"; tokenizer 3 train --kind word --data "$work/blank.txt" --out "$work/new"; said 'the texts hold no word'
[ ! -e "$work/new" ] || fail "written all the same: $(ls "$work/new")"
tokenizer 3 show "$work/none"; tokenizer 2 show; said 'tokenizer is missing'
tokenizer 2 show "$work/bpe" "$work/bpe"; said 'one word too many'
tokenizer 2 compare "$work/bpe" "$work/bpe"; said 'file is missing'
tokenizer 2 compare "$work/bpe" "$work/bpe" "$work/text.txt" "$work/text.txt"; said 'one word too many'
tokenizer 2 trian; said "did you mean 'train'"
printf 'hällo\n' >"$work/other.txt"; tokenizer 3 compare "$work/char" "$work/bpe" "$work/other.txt"

finish
