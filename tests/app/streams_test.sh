#!/usr/bin/env bash
# Standard streams that are closed, full or broken, in 20 combinations over all verbs: what was asked for is printed, or its loss is
# an error (4; 141 when nobody reads any more); words that cannot be said stop nothing; no file receives what was meant for a
# stream. Then data through pipes and standard input.
#   streams_test.sh PROGRAM
set -uo pipefail
[ -d /dev/shm ] && export GRIMOIRE_TEST_FOLDER=/dev/shm
source "$(dirname "$0")/words.sh"
[ -c /dev/full ] || { echo "skipped: there is no /dev/full"; exit 0; }
table="$work/table.csv"
awk 'BEGIN { srand(3); print "a,b,y"; for (i = 0; i < 60; i++) printf "%f,%f,%s\n", rand(), rand(), (rand() < .5 ? "yes" : "no") }' >"$table"
small=(--model mlp --data "$words" --steps 20 --n-hidden 8)
"$program" train "${small[@]}" --out "$work/run" 2>/dev/null || fail "train"
"$program" fit --model tree --data "$table" --target y --out "$work/tree.model" >/dev/null 2>&1 || fail "fit"

mkfifo "$work/unread"
exec 8<>"$work/unread" 9>"$work/unread" 8<&-   # 9 writes to a pipe that nobody reads
says=("--help" "--version" "generate $work/run -n 2" "eval $work/run --data $words" "generate $work/run -n 2 --json"
      "doctor $work/run" "doctor $table --model tree --target y" "stats describe --x 1,2,3" "distribution normal --cdf 1"
      "fit --model tree --data $table --target y --out $work/t.model" "predict $work/tree.model --data $table"
      "validate --model tree --data $table --target y" "experiment no-free-lunch --effort 0.1" "stats list" "help train"
      "explain entropy" "glossary info" "quiz info --state $work/reviews.sqlite" "deck from-glossary info" "quiz info --list --state $work/reviews.sqlite"
      "train ${small[*]} --out $work/dry --dry-run" "train --model gtp --json" "fit --json")
silent=("train ${small[*]} --out $work/silent" "resume $work/silent")
run() {  # STDIN STDOUT STDERR WORDS...
  local in="$1" out="$2" err="$3"
  shift 3
  (
    case $err in ok) exec 2>"$work/err" ;; closed) exec 2>&- ;; full) exec 2>/dev/full ;; broken) exec 2>&9 ;; esac
    case $out in ok) exec >"$work/out" ;; closed) exec >&- ;; full) exec >/dev/full ;; broken) exec >&9 ;; esac
    case $in in ok) exec </dev/null ;; closed) exec <&- ;; esac
    exec 8>&- 9>&- timeout 60 "$program" "$@"
  )
}
combinations=0
for in in ok closed; do
  for out in ok closed full broken; do
    for err in ok closed full broken; do
      [ $in = ok ] || [ $err = closed ] || continue
      combinations=$((combinations + 1))
      where="stdin $in, stdout $out, stderr $err"
      case $out in ok) lost=0 ;; broken) lost=141 ;; *) lost=4 ;; esac
      rm -rf "$work/silent"
      for words_of in "${silent[@]}"; do
        run $in $out $err $words_of; got=$?
        [ $got -eq 0 ] || fail "$got, $where: $words_of"
      done
      grep -qvE '^\{.*\}$' "$work/silent/metrics.jsonl" && fail "$where: words in metrics.jsonl"
      "$program" generate "$work/silent" -n 1 >/dev/null 2>&1 || fail "$where: the run does not load"
      for words_of in "${says[@]}"; do
        : >"$work/err"
        run $in $out $err $words_of; got=$?
        case "$words_of" in *gtp*|"fit --json") want=2 ;; *) want=$lost ;; esac
        [ $got -eq $want ] || fail "$got instead of $want, $where: $words_of"
        [ $out$err != fullok ] || [ $want -ne 4 ] || grep -q 'cannot write to standard output' "$work/err" || fail "no word of the loss, $where: $words_of"
      done
    done
  done
done
exec 9>&-
[ $combinations -eq 20 ] || fail "$combinations combinations"

# --- data through pipes, from standard input, and behind --
same() {  # CODE 'what' ARGS...: the program's words are those of the ordinary call in $work/plain
  "$program" "${@:2}" >"$work/got" 2>"$work/err" || fail "$1: $(tail -2 "$work/err")"
  cmp -s "$work/plain" "$work/got" || fail "$1: other words"
}
"$program" eval "$work/run" --data "$words" >"$work/plain" 2>/dev/null
same "eval <(...)" eval "$work/run" --data <(cat "$words")
same "eval -" eval "$work/run" --data - <"$words"
same "eval - from a pipe" eval "$work/run" --data - < <(cat "$words")
same "eval --" eval --data "$words" -- "$work/run"
"$program" predict "$work/tree.model" --data "$table" >"$work/plain" 2>/dev/null
same "predict <(...)" predict "$work/tree.model" --data <(cat "$table")
same "predict -" predict "$work/tree.model" --data - < <(cat "$table")
same "predict /dev/stdin" predict "$work/tree.model" --data /dev/stdin < <(cat "$table")
"$program" stats describe --data "$table" --x a >"$work/plain" 2>/dev/null
same "stats <(...)" stats describe --data <(cat "$table") --x a
same "stats -" stats describe --data - --x a <"$table"
"$program" validate --model tree --data "$table" --target y >"$work/plain" 2>/dev/null
same "validate <(...)" validate --model tree --data <(cat "$table") --target y
"$program" doctor "$table" --model tree --target y >"$work/plain" 2>/dev/null
same "doctor <(...)" doctor <(cat "$table") --model tree --target y
same "doctor -" doctor - --model tree --target y <"$table"
same "doctor --" doctor --model tree --target y -- "$table"
"$program" fit --model tree --data <(cat "$table") --target y --out "$work/piped.model" >/dev/null 2>"$work/err" || fail "fit <(...): $(cat "$work/err")"
mkfifo "$work/named"; cat "$table" >"$work/named" &
"$program" fit --model tree --data "$work/named" --target y --out "$work/piped.model" >/dev/null 2>"$work/err" || fail "fit FIFO: $(cat "$work/err")"
"$program" predict "$work/piped.model" --data "$table" >/dev/null 2>"$work/err" || fail "what was fitted on a pipe: $(cat "$work/err")"

# A run on a pipe keeps its data: it ends with the weights of the ordinary one, and can be gone on with.
"$program" train "${small[@]}" --out "$work/file" --seed 2 2>/dev/null
"$program" train --model mlp --data <(cat "$words") --steps 10 --n-hidden 8 --out "$work/pipe" --seed 2 2>"$work/err" || fail "train <(...): $(tail -2 "$work/err")"
"$program" train --model mlp --data - --steps 20 --n-hidden 8 --out "$work/pipe2" --seed 2 <"$words" 2>"$work/err" || fail "train -: $(tail -2 "$work/err")"
"$program" resume "$work/pipe" --steps 20 2>"$work/err" || fail "resume after a pipe: $(tail -2 "$work/err")"
cmp -s "$work/file/checkpoints/step-20/model.safetensors" "$work/pipe2/checkpoints/step-20/model.safetensors" || fail "other weights from standard input"

# --- what --out leads to: links are followed and stay, permissions too, devices and pipes are written into, folders are refused
fit() { "$program" fit --model tree --data "$table" --target y --out "$1" >/dev/null 2>"$work/err"; }
echo old >"$work/real"; chmod 640 "$work/real"; ln -s real "$work/link"; ln -s link "$work/link2"; ln -s nothing-yet "$work/dangling"
fit "$work/link2" || fail "--out link: $(cat "$work/err")"
[ -L "$work/link" ] && [ -L "$work/link2" ] && [ "$(stat -c %a "$work/real")" = 640 ] || fail "a link was replaced, or a mode lost"
"$program" predict "$work/real" --data "$table" >/dev/null 2>&1 || fail "what a link leads to was not written"
fit "$work/dangling" && [ -L "$work/dangling" ] && [ -s "$work/nothing-yet" ] || fail "a link to nothing yet"
ln -s loop "$work/loop"; fit "$work/loop"; [ $? -eq 3 ] || fail "a link to itself"
fit "$work/unread"; [ $? -eq 3 ] && [ -p "$work/unread" ] || fail "a pipe that nobody reads"
cat "$work/unread" >"$work/through" &
for ((i = 0; i < 50; i++)); do fit "$work/unread" && break; sleep 0.1; done  # until it has begun to read
((i < 50)) || fail "a pipe: $(cat "$work/err")"; wait $!
cmp -s "$work/through" "$work/real" || fail "a pipe received something else"
if [ "$(id -u)" -eq 0 ]; then  # nodes of our own: what is tested here would otherwise replace the machine's
  mknod "$work/null" c 1 3 && { fit "$work/null" && [ -c "$work/null" ] || fail "a device"; }
  mknod "$work/full" c 1 7 && { fit "$work/full"; [ $? -eq 4 ] && [ -c "$work/full" ] || fail "a full device"; }
else
  fit /dev/null && [ -c /dev/null ] || fail "/dev/null"
fi
"$program" fit --model tree --data "$table" --target y --out >(cat >"$work/through2") >/dev/null 2>&1 || fail ">(...)"
fit "$work"; [ $? -eq 2 ] || [ $? -eq 3 ] || fail "a folder"
[ -z "$(find "$work" -maxdepth 1 -name '*.tmp-*')" ] || fail "temporary files are left"
if [ "$(id -u)" -ne 0 ]; then chmod 400 "$work/real"; fit "$work/real"; [ $? -eq 3 ] || fail "a file that may not be written"; fi
finish
