#!/usr/bin/env bash
# SIGKILL at random times, 200 times: the newest announced checkpoint always loads, and the run, resumed again and again, ends
# with the same bytes as one that was never killed.
set -uo pipefail
[ -d /dev/shm ] && export GRIMOIRE_TEST_FOLDER=/dev/shm
source "$(dirname "$0")/words.sh"
kills="${2:-200}"
options=(--model mlp --data "$words" --steps 6000 --save-every 100 --eval-every 500 --n-hidden 64 --threads 1)
"$program" train "${options[@]}" --out "$work/whole" 2>/dev/null || fail "the unbroken run"
last() { echo "$1/checkpoints/step-6000"; }
RANDOM=11
killed=0 runs=0
while [ "$killed" -lt "$kills" ] && [ "$failures" -eq 0 ]; do
  run="$work/run-$runs"
  runs=$((runs + 1))
  while :; do
    if [ -f "$run/config.json" ]; then "$program" resume "$run" 2>"$work/log" & else rm -rf "$run"; "$program" train "${options[@]}" --out "$run" 2>"$work/log" & fi
    pid=$!
    sleep "0.$(printf '%03d' $((5 + RANDOM % 60)))"
    if kill -KILL $pid 2>/dev/null; then
      wait $pid 2>/dev/null
      killed=$((killed + 1))
      announced="$(sed -n 's/^saved step [0-9]*: //p' "$work/log" | tail -1)"
      if [ -n "$announced" ]; then "$program" generate "$announced" -n 1 >/dev/null 2>"$work/err" || fail "announced, but does not load: $(cat "$work/err")"; fi
      [ "$failures" -eq 0 ] || break
    else
      wait $pid || fail "the run itself: $(tail -2 "$work/log")"
      break
    fi
  done
  cmp -s "$(last "$work/whole")/model.safetensors" "$(last "$run")/model.safetensors" || fail "run $runs ended with other weights"
  cmp -s "$(last "$work/whole")/optimizer.safetensors" "$(last "$run")/optimizer.safetensors" || fail "run $runs ended with another optimiser state"
  rm -rf "$run"
done
echo "$killed kills over $runs runs"
finish
