# Sourced by the program tests: a folder of their own, a small list of words, and the program.
program="$1"
work="$(mktemp -d "${GRIMOIRE_TEST_FOLDER:-/tmp}/grimoire-app-XXXXXX")"
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
words="$work/words.txt"
awk 'BEGIN { srand(7); split("a e i o u n r t l s", letter, " "); for (i = 0; i < 400; i++) { n = 3 + int(rand() * 5); w = ""; for (k = 0; k < n; k++) w = w letter[1 + int(rand() * 10)]; print w } }' >"$words"
finish() { [ "$failures" -eq 0 ] && echo "all good" || { echo "$failures failed"; exit 1; }; }
