#!/usr/bin/env bash
# explain and glossary as a reader calls them: names, values, files, pages, objects, wrong words.
set -uo pipefail
program="$(readlink -f "$1")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
says() {  # WORDS COMMAND...: exit 0, and the words are in what it says
  local want="$1"
  shift
  "$program" "$@" >out 2>err </dev/null || fail "$*: exit $?: $(cat err)"
  grep -qF -- "$want" out err || fail "$*: '$want' is missing"
}
refuses() {  # CODE WORDS COMMAND...
  local code="$1" want="$2"
  shift 2
  "$program" "$@" >out 2>err </dev/null
  local got=$?
  [ "$got" -eq "$code" ] || fail "$*: exit $got, expected $code"
  grep -qF -- "$want" err || fail "$*: said '$(cat err)', expected '$want'"
  [ ! -s out ] || fail "$*: an answer beside the error"
}

says "entropy in bits = 1.5" explain entropy
says "entropy in bits = 1" explain Shannon-Entropies .5,.5
says "Base rate" explain base rate
says "entropy in bits = 2" explain entropy --value p=.25,.25,.25,.25
printf '.5\n.5\n' >numbers.txt
says "entropy in bits = 1" explain entropy --data numbers.txt
says "d/dw = 0.71840263" explain chain-rule "tanh(w*x+b)" --value w=.5 --value x=2 --value b=0.1
says "value = -1" explain chain-rule -- "-x^2"
says "q = 2" explain quantization b=4
says "bytes = 288" explain safetensors type=Q4_0 rows=4 columns=128
refuses 2 "expected one of F64 F32" explain gguf Q5
says "Sources" explain kl --more
says "The word also stands for" explain bias
says "The word also stands for" explain kernel
says "page: kl.html" explain kl --html kl.html
grep -q "<h1>KL divergence" kl.html || fail "the page has no title"
grep -q "<a href" kl.html && fail "a page alone has links that lead nowhere"
says '"symbols": [{"symbol": "p_i"' explain entropy --json
says '"figures": {"entropy in bits": 1.5}' explain entropy --json

refuses 2 "did you mean entropy?" explain entropi
refuses 2 "did you mean grimoire glossary? It lists every entry" explain --lsit
refuses 2 "did you mean grimoire glossary --search WORD?" explain --search entropy
refuses 2 "leave it out: grimoire glossary lists every entry" glossary --list
refuses 2 "did you mean --more?" explain entropy --mroe
refuses 2 "'MI' has several meanings: " explain MI
refuses 2 "p: got 1.2, expected numbers from 0 to 1" explain entropy 1.2
refuses 2 "p: got nothing" explain entropy ""
# Names of tokenizers: what is not there is no piece of a vocabulary.
for which in "wordpiece V=" "bpe text=" "unigram-pieces V="; do
  refuses 3 "'models/absent' does not exist" explain ${which}models/absent
  refuses 3 "'vocab.txt' does not exist" explain ${which}vocab.txt
done
refuses 3 "'absent' does not exist, and as a piece it is nowhere in the sentence" explain wordpiece V=absent
says "piece 1 = [UNK]" explain wordpiece V=token
mkdir letters
printf '%s\n' '[UNK]' a b c d e f g h '##i' '##j' '[CLS]' '[SEP]' '[PAD]' '[MASK]' >letters/vocab.txt
says "pieces and ids: a 1 | b 2 | c 3 | d 4 | h 8 | ##i 9 | ##j 10" explain wordpiece "a b c d hij" V=letters
says "pieces and ids: a 0 | b 1 | c 2 | d 3 | e 4" explain wordpiece "a b c d e" --value "V=a b c d e"
long="$(printf 'a b c d e f g h %.0s' 1 2 3 4 5 6 7 8 9 10 11 12)"
says "97 pieces" explain wordpiece "${long}a" V=letters
[ "$(grep -o ' [0-9]* |\| [0-9]*$' out | wc -l)" -ge 97 ] || fail "not all pieces are shown: $(cat out)"
[ "$(awk 'length > m { m = length } END { print m }' out)" -le 80 ] || fail "rows of pieces are too wide"

refuses 2 "there is no symbol 'q'" explain entropy --value q=1
refuses 2 "'p' is given twice: .5,.5 and 1" explain entropy --value p=.5,.5 --value p=1
refuses 2 "'p' is given twice: .5,.5 and .1,.9" explain entropy .5,.5 --value p=.1,.9
refuses 2 "there is no 'z' in x+1" explain chain-rule x+1 --value x=3 --value z=1
yes 'word and another,' | head -600 >long.txt
refuses 2 "p: got word and another," explain entropy --data long.txt
[ "$(wc -c <err)" -lt 300 ] || fail "an error prints the file"
says "n-grams = 1799" explain n-gram --data long.txt
[ "$(wc -l <out)" -lt 40 ] || fail "the entry prints the file"
printf 'a \033[31m b' >escape.txt
says 'a \x1b[31m' explain n-gram --data escape.txt
grep -q "$(printf '\033')" out && fail "an escape sequence reaches the terminal"
refuses 2 "'stat' is a family of entries" explain stat
refuses 3 "no such file" explain entropy --data nothing.txt

says "Information (info)" glossary info
says "perplexity" glossary --search "torn between"
says "kl -> entropy" glossary info --map
says "page: map.html" glossary --map --html map.html
grep -q "<svg" map.html || fail "the map is no picture"
refuses 2 "no entry has 'zzzqq'" glossary --search zzzqq
refuses 2 "there is no family 'inof'" glossary inof
says "pages: pages/index.html" glossary --html pages
entries=$("$program" glossary --json | grep -o '"rows"' | wc -l)
[ "$entries" -ge 27 ] || fail "only $entries families"
for page in pages/*.html; do  # every link leads to a page that is there
  while read -r link; do
    [ -f "pages/$link" ] || fail "$page leads to $link"
  done < <(grep -oE 'href="[^"]+"' "$page" | sed 's/href="//; s/"$//' | sort -u)
  grep -q 'src="http\|href="http' "$page" && fail "$page needs a network"
done
[ "$(ls pages | wc -l)" -ge 250 ] || fail "only $(ls pages | wc -l) pages"
[ $failures -eq 0 ] && echo "explain and glossary: all good" || exit 1
