# Sourced by the program tests: a folder of their own, a small list of words, and the program.
program="$1"
work="$(mktemp -d "${GRIMOIRE_TEST_FOLDER:-/tmp}/grimoire-app-XXXXXX")"
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
words="$work/words.txt"
awk 'BEGIN { srand(7); split("a e i o u n r t l s", letter, " "); for (i = 0; i < 400; i++) { n = 3 + int(rand() * 5); w = ""; for (k = 0; k < n; k++) w = w letter[1 + int(rand() * 10)]; print w } }' >"$words"
ran() {  # CODE ARGS...: the exit code, and no crash; what was said lies in out and err
  local code="$1" got
  shift
  "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: $*: $(head -c300 "$work/err")"
  ! grep -qE 'terminate called|Assertion|core dumped' "$work/err" || fail "it crashed: $*"
}
printed() { grep -qE -- "$1" "$work/out" || fail "no '$1' on stdout: $(tail -c600 "$work/out")"; }
said() { grep -qE -- "$1" "$work/err" || fail "no '$1' on stderr: $(head -c300 "$work/err")"; }
finish() { [ "$failures" -eq 0 ] && echo "all good" || { echo "$failures failed"; exit 1; }; }
