#!/usr/bin/env bash
# Flash cards from the outside: a whole session through a pipe, what is refused, SIGKILL at random moments, a full disk, two sessions at
# once. The second argument is the number of kills.
set -uo pipefail
[ -d /dev/shm ] && export GRIMOIRE_TEST_FOLDER=/dev/shm
source "$(dirname "$0")/words.sh"
kills="${2:-20}"
state="$work/reviews.sqlite"
export XDG_STATE_HOME="$work/xdg"

deck="$work/kitchen.md"
cat >"$deck" <<'DECK'
# deck: kitchen

cooking

What makes bread rise?
Yeast
---
It breathes out **gas**.

Which salts are there?
NaCl, NaHCO3
---
* table salt
* soda

Which letter stands for quit?
q
---

How many grams are in a {{c1::kilogram}}?
---
1000.
DECK

quiz() {  # CODE REPLIES ARGS...
  local code="$1" replies="$2" got
  shift 2
  printf "$replies" | "$program" quiz "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: quiz $*: $(head -c300 "$work/err")"
  ! grep -qE 'terminate called|Assertion|core dumped' "$work/err" || fail "it crashed: quiz $*"
}
not_printed() { ! grep -qE -- "$1" "$work/out" || fail "'$1' on stdout"; }
reviews() { "$program" quiz "$1" --state "$2" --stats --json | sed -n 's/.*"figures": {"reviews": \([0-9]*\).*/\1/p'; }
recorded() { local n; n="$(reviews "$deck" "$state")"; [ "${n:-none}" = "$1" ] || fail "${n:-no} reviews on record instead of $1"; }

# --- a whole session: typed, mistyped, looked at; wrong words at the prompt; q as an answer
quiz 0 'yeats\n\nsoda and sodium\nfive\n9\n1\nq\neasy\n\n2\n' "$deck" --state "$state"
printed '^kitchen: 0 due, 0 in learning, 4 new$'
printed '^\[1 of 4, new\] What makes bread rise\?$'
printed "^  Yeast   almost: one letter off in 'yeats'$"
printed '^  It breathes out gas\.$'
printed '2 hard \(6 min\) <- Enter'
printed '^  - table salt$'
printed '^  NaCl, NaHCO3   no$'
[ "$(grep -c 'a number from 1 to 4' "$work/out")" -eq 2 ] || fail "wrong words were not refused twice"
printed '^  q   right$'
printed 'grams are in a \[\.\.\.\]\?$'
recorded 4
[ ! -e "$XDG_STATE_HOME" ] || fail "reviews also in the usual place"

# --- the end of input anywhere is a stop; so is q; nothing of before is lost
for replies in '' '\n' 'Yeast\n' '\nq\n' 'q\n' '\nyes'; do
  rm -f "$state"*
  quiz 0 "$replies" "$deck" --state "$state"
  printed '^stopped: 0 cards in 0:0'
  recorded 0
done
quiz 0 '\n4\n\n4\n\n' "$deck" --state "$state"
printed '^stopped: 2 cards in 0:0[0-9], 100 % recalled; 0 due by tomorrow$'
recorded 2
quiz 0 '\n1\n\nu\n' "$deck" --state "$state"
printed 'the last grade is taken back'
recorded 2

# --- u and s
rm -f "$state"*
quiz 0 'u\n\n3\n\n4\nu\nu\nu\n\n4\ns\nq\n' "$deck" --state "$state"
[ "$(grep -c 'the last grade is taken back' "$work/out")" -eq 2 ] || fail "not two grades taken back"
[ "$(grep -c 'there is no grade to take back' "$work/out")" -eq 2 ] || fail "what was not there was taken back"
printed 'put aside'
recorded 1
quiz 0 '' "$deck" --state "$state" --list; printed 'Which salts are there\? +put aside'; printed 'What makes bread rise\? +review'
quiz 0 '' "$deck" --state "$state" --resume-card 'which SALTS'; printed 'taken up again: Which salts'
quiz 3 '' "$deck" --state "$state" --resume-card 'which salts'; said "no suspended card has 'which salts'"

# --- an answer that is a list's mark, and every deck of the glossary to its end
printf '# deck: marks\n\nWhat is 2 x 3?\n6.\n---\n1000.\n\n-\n+\n---\n' >"$work/marks.md"
quiz 0 '6\n4\n\n4\n' "$work/marks.md" --state "$work/marks.sqlite"; printed '^  6\. +right$'; printed '^  1000\.$'; printed '^done: 2 cards'
for _ in $(seq 400); do echo; done >"$work/enter"
for family in $("$program" glossary 2>/dev/null | grep -oE '^[A-Z].*\([a-z]+\)$' | grep -oE '[a-z]+\)$' | tr -d ')'); do
  "$program" quiz "$family" --cram --seed 3 <"$work/enter" >"$work/out" 2>"$work/err" || fail "quiz $family: $(cat "$work/err")"
  printed '^done: '
done

# --- --json: the last line, and stdout holds nothing else
rm -f "$state"*
quiz 0 'Yeast\n\nx\n\n\nu\nx\n\nq\n' "$deck" --state "$state" --json --seed 1
[ "$(wc -l <"$work/out")" -eq 1 ] || fail "more than the result on stdout"
printed '^\{"asked": 2, "recalled": 1, "stopped": (true|false), "due_tomorrow": [0-9]+, "reviews": \[(\{"card": "[0-9a-f]{32}", "question": "[^"]*", "typed": "[^"]*", "grade": "(again|hard|good|easy)", "due": [0-9]+\}(, )?){2}\]\}$'
said '^\[1 of 4, new\] What makes bread rise'
quiz 0 '' "$deck" --state "$state" --stats --json; printed '^\{"title": .*"kind": "bars"'
quiz 0 '' "$deck" --state "$state" --stats; printed 'reviews = [0-9]'; printed 'due in the next days'

# --- numbers of cards, cram, reversed, two decks, the glossary's, the usual place
rm -f "$state"*
quiz 0 '\n4\n\n4\n\n4\n' "$deck" --state "$state" --new 1; printed '^kitchen: 0 due, 0 in learning, 1 new \(3 more another day\)$'; printed '^done: 1 card in'
quiz 0 '\n4\n\n4\n\n4\n' "$deck" --state "$state" --max 2; printed '^done: 2 cards in'
recorded 3
quiz 0 '\n\n\n\n\n\n\n\n' "$deck" --state "$state" --cram; printed '^done: 4 cards in'; not_printed '\(10 min\)'
recorded 3
sed 's/deck: kitchen/deck: other/' "$deck" >"$work/other.md"
quiz 0 '' "$deck" "$work/other.md" --state "$state" --reversed --list; printed '^other \(7 cards\)$'; printed '^kitchen \(7 cards\)$'
quiz 0 '\n4\nq\n' info; printed '^stopped: 1 card in'
[ -s "$XDG_STATE_HOME/grimoire/reviews.sqlite" ] || fail "no reviews in the usual place"

# --- undo takes a cram's answers back too, and it records nothing
before="$(cksum <"$state")"
quiz 0 '\n3\n\n1\nu\n\n3\nq\n' "$deck" --state "$state" --cram --seed 1
[ "$(grep -c 'the last grade is taken back' "$work/out")" -eq 1 ] || fail "no answer of a cram taken back"
printed '^stopped: 2 cards in .*, 100 % recalled'
quiz 0 's\ns\ns\ns\n' "$deck" --state "$state" --cram; printed '^  left out$'; printed '^done: 0 cards'
[ "$before" = "$(cksum <"$state")" ] || fail "a cram changed the reviews"

# --- a word mended between two sessions: its history goes with it; other words with the same answer: only if a person says so
sed -i 's/What makes bread rise/What makes braed rise/' "$deck"
quiz 0 '' "$deck" --state "$state" --list; printed 'What makes braed rise\? +new'
quiz 0 '' "$deck" --state "$state" --stats
quiz 0 '\nq\n' "$deck" --state "$state" --cram
[ "$before" = "$(cksum <"$state")" ] || fail "--list, --stats or --cram changed the reviews"
quiz 0 '' "$deck" --state "$state"; said 'reworded, its history goes with it: What makes braed rise'
recorded 3
sed -i 's/What makes braed rise/What is in beer/' "$deck"
quiz 0 '' "$deck" --state "$state"; said "line 5: 'What is in beer\?' has the answer of 'What makes braed rise\?', which is gone: it is new here"
quiz 0 '' "$deck" --state "$state" --list; printed 'What is in beer\? +new'; printed 'What makes braed rise\? +gone from the file'
person() {  # REPLIES ARGS...: quiz as if at a terminal
  local replies="$1"
  shift
  printf "$replies" | script -qec "$(printf '%q ' "$program" quiz "$@")" /dev/null >"$work/out" 2>&1
}
if command -v script >/dev/null; then
  person 'y\nq\n' "$deck" --state "$state"; printed 'which is gone\. The same card in other words\? \(y/n\)'
  quiz 0 '' "$deck" --state "$state" --list; printed 'What is in beer\? +review'; not_printed 'gone from the file'
  sed -i 's/What is in beer/What is eaten as flakes/' "$deck"
  person 'n\nq\n' "$deck" --state "$state"; printed 'The same card in other words'
  person 'q\n' "$deck" --state "$state"; not_printed 'The same card in other words'
  quiz 0 '' "$deck" --state "$state" --list; printed 'What is eaten as flakes\? +new'; printed 'What is in beer\? +gone from the file'
else
  echo "skipped: a person at the terminal (no script)"
fi
recorded 3

# --- the deck under another title
rm -f "$state"*
quiz 0 '\n4\n\n4\n\n4\n' "$deck" --state "$state"
sed 's/deck: kitchen/deck: cooking/' "$deck" >"$work/cooking.md"
quiz 0 '' "$work/cooking.md" --state "$state"; said "^cooking: 3 of its cards are on record under 'kitchen': they are new here, unless"; printed '0 due, 0 in learning, 4 new$'
if command -v script >/dev/null; then
  person 'y\nq\n' "$work/cooking.md" --state "$state"; printed "under 'kitchen'\. Take its history over\? \(y/n\)"; printed '0 due, 0 in learning, 1 new'
  quiz 0 '' "$deck" --state "$state"; said "^kitchen: 3 of its cards are on record under 'cooking'"
  person 'n\nq\n' "$deck" --state "$state"; printed 'Take its history over'
  quiz 0 '' "$deck" --state "$state"; [ ! -s "$work/err" ] || fail "asked again: $(cat "$work/err")"
fi

# --- a card given twice is asked once; decks without a title are known by where they are, and no history goes from one to the other
mkdir -p "$work/here" "$work/there"
printf 'When did it end?\n1918\n---\n\nWhat is it?\nYeast\n---\n' >"$work/here/cards.md"
printf 'When did it end?\n1918\n---\n\nWhich one?\nYeast\n---\n' >"$work/there/cards.md"
twice="$work/twice.sqlite"
quiz 0 '\n4\n\n4\n\n4\n' "$work/here/cards.md" "$work/here/../here/cards.md" --state "$twice"; printed '^cards: 0 due, 0 in learning, 2 new$'; printed '^done: 2 cards'
quiz 0 '' "$work/there/cards.md" --state "$twice" --list; printed 'Which one\? +new'; not_printed 'gone from'
quiz 0 '\n4\n\n4\n' "$work/there/cards.md" --state "$twice"; [ ! -s "$work/err" ] || fail "of another file: $(cat "$work/err")"; printed '^done: 2 cards'
quiz 0 '\n4\n\n4\n' "$work/here/cards.md" "$work/there/cards.md" --state "$twice.2" --new 4; printed '^cards, cards: 0 due, 0 in learning, 4 new$'
[ "$(reviews "$work/here/cards.md" "$twice")" = 2 ] && [ "$(reviews "$work/there/cards.md" "$twice")" = 2 ] || fail "reviews of two decks of one name were mixed"

# --- what is said of an interval is what is recorded
quiz 0 '\n4\nq\n' "$work/here/cards.md" --state "$work/fuzz.sqlite" --json --seed 5
days="$(sed -n 's/.*4 easy (\([0-9]*\) days).*/\1/p' "$work/err" | head -1)" due="$(sed 's/.*"due": \([0-9]*\)[0-9]\{3\}}.*/\1/' "$work/out")"
left=$(((due - $(date +%s) + 43200) / 86400))
[ "${days:-none}" = "$left" ] || fail "it said ${days:-no} days, and recorded $left"

# --- forgotten an eighth time: put aside, and taken up again. The memory in the file is made one that lapsed seven times and is due.
leech="$work/leech.sqlite"
printf '# deck: leech\n\nWhat slips away?\nThis\n---\n' >"$work/leech.md"
quiz 0 '\n4\n' "$work/leech.md" --state "$leech"
LC_ALL=C sed -i -E 's/(2 0 [0-9. ]+ [0-9]+) 1[0-9]{12} 1[0-9]{12} 1 0/\1 1600000000000 1600700000000 1 7/' "$leech"
quiz 0 '' "$work/leech.md" --state "$leech" --list; printed '^leech \(1 card\)$'
quiz 0 '\n1\n' "$work/leech.md" --state "$leech"; printed 'forgotten 8 times: put aside; write it otherwise, or --resume-card takes it up again'; printed '^done: 1 card'
quiz 0 '' "$work/leech.md" --state "$leech" --list; printed 'What slips away\? +put aside +.* 8$'
quiz 0 '' "$work/leech.md" --state "$leech"; printed '^leech: 0 due, 0 in learning, 0 new$'
quiz 0 '' "$work/leech.md" --state "$leech" --resume-card slips; printed 'taken up again: What slips away'
quiz 0 '\n3\n' "$work/leech.md" --state "$leech"; printed '^done: 1 card'; not_printed 'put aside; write'

# --- what it refuses
quiz 3 '' "$work/none.md"; said "none.md: no such deck"; said 'a family of the glossary: .*info'
printf 'only text\n' >"$work/text.md"; quiz 3 '' "$work/text.md"; said 'text.md: no cards'
printf 'Q?\n---\nA\n\nQ?\nA\n----\n' >"$work/bad.md"; quiz 3 '' "$work/bad.md"; said 'bad.md:1: question without an answer'; said "bad.md:7: '----' is not the rule"
printf 'Q?\n---\n\nWhy?\nSo\n---\n' >"$work/half.md"; quiz 0 '\n4\n' "$work/half.md" --state "$state"; said 'half.md:1: question without an answer'; printed '^done: 1 card'
quiz 2 '' "$deck" --retention 0.99
quiz 2 '' "$deck" --algorithm sm3
quiz 2 ''
quiz 3 '' "$deck" --state "$deck"; said 'kitchen.md: cannot '
head -c 3000 "$twice" >"$work/cut.sqlite"; quiz 3 '' "$deck" --state "$work/cut.sqlite"; said 'cut.sqlite: '

# --- killed at random moments: every review whose next card was shown is on record
many="$work/many.md"
awk 'BEGIN { print "# deck: many"; for (i = 0; i < 1500; i++) printf "\nQuestion %d?\nanswer %d\n---\n", i, i }' >"$many"
awk 'BEGIN { for (i = 0; i < 40000; i++) printf "\n%d\n", 1 + i % 3 }' >"$work/replies"
kept="$work/kept.sqlite" before=0 lost=0
RANDOM=5
for _ in $(seq "$kills"); do
  : >"$work/shown"  # else one that is killed before it opens it is counted by what the one before it showed
  "$program" quiz "$many" --state "$kept" --new 1000000 <"$work/replies" >"$work/shown" 2>"$work/err" &
  pid=$!
  sleep "0.$(printf '%03d' $((10 + RANDOM % 150)))"
  kill -KILL $pid 2>/dev/null || fail "it had ended by itself: $(tail -1 "$work/shown") $(cat "$work/err")"
  wait $pid 2>/dev/null
  shown="$(grep -ac '^\[[0-9]' "$work/shown")"
  now="$(reviews "$many" "$kept")"
  if [ -z "$now" ]; then fail "the reviews cannot be read after a kill"; break; fi
  least=$((before + (shown > 0 ? shown - 1 : 0)))
  [ "$now" -ge "$least" ] && [ "$now" -le $((least + 1)) ] || { fail "$now reviews after a kill, $before before it and $shown cards shown"; lost=$((lost + 1)); }
  before="$now"
  ! command -v sqlite3 >/dev/null || [ "$(sqlite3 "$kept" 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
done
echo "$kills kills, $before reviews, $lost losses"

# --- a full disk: an error, and what was acknowledged is there
small="$work/small"
mkdir "$small"
if mount -t tmpfs -o size=1m tmpfs "$small" 2>/dev/null; then
  "$program" quiz "$many" --state "$small/full.sqlite" --new 1000000 <"$work/replies" >"$work/out" 2>"$work/err"
  got=$?
  [ "$got" -eq 4 ] || fail "exit code $got instead of 4 on a full disk"
  said 'full.sqlite: cannot .*(full|I/O)'
  shown="$(grep -ac '^\[[0-9]' "$work/out")"
  [ "$shown" -gt 10 ] || fail "the disk was full too early: $shown cards"
  cp "$small"/full.sqlite* "$work/"
  now="$(reviews "$many" "$work/full.sqlite")"
  [ "${now:-0}" -eq $((shown - 1)) ] || fail "${now:-no} reviews on the full disk after $shown cards"
  mount -o remount,size=4m "$small"
  printf '\n4\nq\n' | "$program" quiz "$many" --state "$small/full.sqlite" >"$work/out" 2>"$work/err" || fail "it does not go on when there is room again: $(cat "$work/err")"
  [ "$(reviews "$many" "$small/full.sqlite")" -eq "$shown" ] || fail "no review more when there is room again"
  umount "$small"
  echo "full disk: $now of $((shown - 1)) reviews kept"
else
  echo "skipped: a full disk (no right to mount a small one)"
fi

# --- a file that may not grow is an error too, with every acknowledged review kept
limited="$work/limited.sqlite"
(ulimit -f 1000; exec "$program" quiz "$many" --state "$limited" --new 1000000 <"$work/replies" >"$work/out" 2>"$work/err")
got=$?
[ "$got" -eq 4 ] || fail "exit code $got instead of 4 where files may not grow: $(head -c300 "$work/err")"
said 'limited.sqlite: cannot '
shown="$(grep -ac '^\[[0-9]' "$work/out")" now="$(reviews "$many" "$limited")"
[ "$shown" -gt 10 ] && [ "${now:-0}" -eq $((shown - 1)) ] || fail "${now:-no} reviews where files may not grow, after $shown cards"

# --- two at once, on one deck and one new file: both go on, nothing is lost
for round in 1 2 3; do
  both="$work/both$round.sqlite"
  for one in a b; do
    (awk 'BEGIN { for (i = 0; i < 60; i++) { print "\n4"; fflush(); system("sleep 0.002") } }' | "$program" quiz "$many" --state "$both" --new 1000 >"$work/$one" 2>"$work/err$one"; echo $? >"$work/code$one") &
  done
  wait
  for one in a b; do [ "$(cat "$work/code$one")" -eq 0 ] || fail "exit code $(cat "$work/code$one") beside another: $(cat "$work/err$one")"; done
  a="$(sed -n 's/^\(done\|stopped\): \([0-9]*\) card.*/\2/p' "$work/a")" b="$(sed -n 's/^\(done\|stopped\): \([0-9]*\) card.*/\2/p' "$work/b")"
  now="$(reviews "$many" "$both")"
  [ "$a" -eq 60 ] && [ "$b" -eq 60 ] && [ "$now" -eq 120 ] || fail "two at once: $a and $b cards, $now reviews"
done
finish
