#!/usr/bin/env bash
# SIGINT and SIGTERM at random moments, GRIMOIRE_SIGNAL_MOMENTS of them (60; continuous integration takes 20) over all verbs: each ends within
# 2 seconds with 128 + signal, or with 0 and its work done; leaves nothing half written, and a stopped run has a report and can be gone on with.
#   signal_test.sh PROGRAM [SEED]
set -uo pipefail
[ -d /dev/shm ] && export GRIMOIRE_TEST_FOLDER=/dev/shm
source "$(dirname "$0")/words.sh"
count="${GRIMOIRE_SIGNAL_MOMENTS:-60}"
RANDOM="${2:-17}"
table="$work/table.csv" long="$work/long.txt" line="$work/line.txt"
awk 'BEGIN { srand(3); print "a,b,c,d,y"; for (i = 0; i < 40000; i++) printf "%f,%f,%f,%f,%d\n", rand(), rand(), rand(), rand(), rand() < .5 }' >"$table"
for _ in $(seq 300); do cat "$words"; done >"$long"
head -c 20000000 /dev/zero | tr '\0' 'a' >"$line"; echo >>"$line"; echo b >>"$line"
"$program" train --model mlp --data "$words" --out "$work/made" --steps 200 2>/dev/null || fail "train"
"$program" train --model gpt --data "$words" --format text --out "$work/prose" --steps 20 2>/dev/null || fail "train on text"
"$program" fit --model knn --data "$table" --target y --out "$work/knn.model" >/dev/null 2>&1 || fail "fit"
cp -r "$work/made" "$work/going"

verbs=("train --model mlp --data $words --out $work/new --steps 100000000"
       "resume $work/going --steps 100000000"
       "generate $work/prose --max-tokens 1000000"
       "eval $work/made --data $long"
       "train --model gpt --data $line --format lines --split 100/0/0 --out $work/wide --dry-run"
       "fit --model svc --data $table --target y --out $work/new.model"
       "demo --data $words --out $work/demo"
       "doctor $work/made"
       "predict $work/knn.model --data $table"
       "validate --model boosting --data $table --target y --report $work/page.html"
       "doctor $table --model forest --target y"
       "experiment bias-variance --report $work/theory.html"
       "stats describe --data $table --x a"
       "distribution normal --sample 20000000"
       "generate $work/made -n 1000000"
       "train --model gpt --data $long --out $work/second --steps 100000000")
# Is the work of a verb that ended with 0 all there?
worked() {
  ! grep -q '^stopped' "$work/err" || return 1
  case "$1" in
    demo*) [ -s "$work/demo/report.html" ] && grep -q '</html>' "$work/demo/report.html" ;;
    *--dry-run) [ -s "$work/out" ] || [ -s "$work/err" ] ;;
    train* | resume*) grep -q '^done' "$work/err" ;;
    fit*) [ -s "$work/new.model" ] ;;
    validate*) grep -q '</html>' "$work/page.html" ;;
    experiment*) grep -q '</html>' "$work/theory.html" ;;
    *"-n 1000000") [ "$(wc -l <"$work/out")" -ge 1000000 ] ;;
    "predict"*) [ "$(wc -l <"$work/out")" -eq 40000 ] ;;
    *"--sample 20000000") [ "$(wc -l <"$work/out")" -ge 20000000 ] ;;
    *) [ -s "$work/out" ] && [ "$(tail -c1 "$work/out" | wc -l)" -eq 1 ] ;;
  esac
}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
stopped=0
for ((i = 0; i < count; ++i)); do
  verb="${verbs[i % ${#verbs[@]}]}"
  [ $((RANDOM % 2)) = 0 ] && signal=INT code=130 || { signal=TERM; code=143; }
  rm -rf "$work"/{new,second,wide,demo} "$work"/{new.model,page.html,theory.html}
  "$program" $verb >"$work/out" 2>"$work/err" </dev/null & pid=$!
  sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 1000)))"
  begin=$(milliseconds)
  if ! kill -$signal $pid 2>/dev/null; then wait $pid || fail "$verb: $(tail -1 "$work/err")"; continue; fi
  wait $pid; got=$?
  took=$(($(milliseconds) - begin))
  stopped=$((stopped + 1))
  [ $got -eq $code ] || [ $got -eq 0 ] || fail "SIG$signal gave $got instead of $code: $verb: $(tail -2 "$work/err")"
  [ $got -ne 0 ] || worked "$verb" || fail "exit code 0, and the work is not done: $verb: $(tail -2 "$work/err")"
  [ $took -le 2000 ] || fail "SIG$signal took $took ms: $verb"
  litter="$(find "$work" -name '*.tmp-*')"
  [ -z "$litter" ] || fail "left behind by $verb: $litter"
  for run in new second going demo; do
    [ $got -eq 0 ] || [[ "$verb" != *"$work/$run "* && "$verb" != *"$work/$run" ]] || [ ! -f "$work/$run/config.json" ] && continue
    # A resume that was hit while it read its run has changed nothing, and says that it stopped.
    [[ "$verb" != resume* ]] || grep -q 'examples to train on' "$work/err" || { grep -q '^stopped$' "$work/err" || fail "not a word: $verb"; continue; }
    grep -q "go on with: grimoire resume" "$work/err" || { grep -q "^report" "$work/err" || fail "no word how to go on: $verb: $(tail -2 "$work/err")"; }
    [ -s "$work/$run/report.html" ] || fail "no report: $verb"
    checkpoint="$(ls -d "$work/$run"/checkpoints/step-* 2>/dev/null | sort -V | tail -1)"
    [ -z "$checkpoint" ] || "$program" generate "$checkpoint" -n 1 --max-tokens 5 >/dev/null 2>"$work/err" || fail "what was saved does not load: $(cat "$work/err")"
  done
done
echo "$stopped of $count were hit while they worked"
[ "$stopped" -ge $((count / 3)) ] || fail "only $stopped of $count moments hit a verb at work"

# A reader that has fallen asleep does not keep a program that is told to end.
mkfifo "$work/asleep"; sleep 30 <"$work/asleep" & sleeper=$!
for verb in "generate $work/made -n 10000000" "train --model mlp --data $words --out $work/paused --steps 100000000 --eval-every 1"; do
  "$program" $verb >"$work/asleep" 2>&1 & pid=$!
  sleep 1.5; begin=$(milliseconds); kill -TERM $pid; wait $pid; got=$?
  [ $got -eq 143 ] && [ $(($(milliseconds) - begin)) -le 2000 ] || fail "a sleeping reader: $got after $(($(milliseconds) - begin)) ms: $verb"
done
kill $sleeper 2>/dev/null

# Asked twice, a run ends at once; its folder can still be gone on with.
"$program" train --model gpt --data "$long" --out "$work/twice" --steps 100000000 2>/dev/null & pid=$!
sleep 1; kill -INT $pid; kill -INT $pid 2>/dev/null; wait $pid; [ $? -eq 130 ] || fail "the second Ctrl-C"
finish
