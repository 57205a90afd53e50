#!/usr/bin/env bash
# `vectors` from outside: training, going on with new text, what is said afterwards, and what is refused.
. "$(dirname "$0")/words.sh"
golden="$(cd "$(dirname "$0")/../golden/vectors" && pwd)"
cd "$work"
small=(--dim 12 --epochs 3 --bucket 500 --sampling 0.01)

ran 0 vectors train --data "$golden/text.txt" --out a.bin "${small[@]}" --threads 1
printed "grimoire vectors nn a.bin [a-zäöüß]+$"
ran 0 vectors train --data "$golden/text.txt" --out b.bin "${small[@]}" --threads 2
cmp -s a.bin b.bin || fail "two threads made other bits than one"

# Words of the middle of the vocabulary that bear punctuation or capitals are not proposed; where there are no others, nothing is.
sed -E 's/[a-z]+/"&,/g; s/"ship,/ship/g' "$golden/text.txt" >quoted.txt
ran 0 vectors train --data quoted.txt --out quoted.bin "${small[@]}" --max-n 0
printed "grimoire vectors nn quoted.bin ship$"
tr 'a-z' 'A-Z' <"$golden/text.txt" | sed 's/[^A-Z ]//g' >capitals.txt
ran 0 vectors train --data capitals.txt --out capitals.bin "${small[@]}" --max-n 0
! grep -q 'vectors nn' out || fail "a name is proposed"

# Going on: with new words or without, from where it ended.
for i in $(seq 60); do echo "the lighthouse of the harbour was on the island"; done >more.txt
ran 0 vectors train --from a.bin --data more.txt --out extended.bin --epochs 3 --json
printed '"words": '
ran 0 vectors nn extended.bin lighthouse --number 3
printed '^  (the|of|was|on|harbour|island) '
ran 0 vectors train --from a.bin --data more.txt --out kept.bin --epochs 3 --vocabulary kept
ran 0 vectors show kept.bin --json
words="$(grep -o '"words": [0-9]*' out | head -1)"
ran 0 vectors show a.bin --json
[ "$(grep -o '"words": [0-9]*' out | head -1)" = "$words" ] || fail "--vocabulary kept has other words than before: $words"
ran 0 vectors show extended.bin --json
[ "$(grep -o '"words": [0-9]*' out | head -1)" != "$words" ] || fail "--vocabulary extended has no new word"
ran 0 vectors train --from a.bin --data more.txt --out nothing.bin --epochs 1 --lr 1e-30 --vocabulary kept
ran 0 vectors show a.bin ship
mv out before
ran 0 vectors show nothing.bin ship
cmp -s before out || fail "a step of no size moved a vector"

# Classifiers go on as well, with labels that are new.
ran 0 vectors train --kind supervised --data "$golden/labelled.txt" --out labels.bin --dim 8 --lr 0.5
printed 'grimoire vectors test labels.bin'
for i in $(seq 60); do echo "__label__air kite cloud wind of the sky"; done >air.txt
ran 0 vectors train --from labels.bin --data air.txt --out more.bin --epochs 5 --lr 0.5
echo "a kite in the wind" >line.txt
ran 0 vectors predict more.bin line.txt
printed '__label__air'

ran 2 vectors train --data more.txt --out x.bin --vocabulary kept
said 'from'
ran 2 vectors train --from "$golden/cut.ftz" --data air.txt --out x.bin
said 'quantised model cannot learn'
ran 3 vectors train --from more.txt --data more.txt --out x.bin
said 'more.txt: it begins with .*no model of fastText'
ran 3 vectors train --from nowhere.bin --data more.txt --out x.bin
said 'nowhere.bin'
[ ! -e x.bin ] || fail "something was written although it was refused"
finish
