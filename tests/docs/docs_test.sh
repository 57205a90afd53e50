#!/usr/bin/env bash
# The documents are true: every command and flag they show exists, their links lead somewhere, their example is the example.
set -uo pipefail
program="$1" root="$2" build="$(cd "$(dirname "$1")" && pwd)"
bench="$build/bench/compare"
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
cd "$root"

all="$("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')"
known=" $(tr '\n' ' ' <<<"$all") test help " verbs="$(paste -sd'|' <<<"$all")"
commands=0
while read -r line; do
  verb="$(awk '{print $2}' <<<"$line" | tr -d ')')"
  commands=$((commands + 1))
  [[ "$known" == *" $verb "* || "$verb" == VERB ]] || { fail "no command '$verb': $line"; continue; }
  [[ "$verb" == test || "$verb" == VERB ]] && continue
  form="$(awk '$3 !~ /^-/ { print $3 }' <<<"$line")"  # stats and deck have options of their own in each form
  model="$(grep -oE -- '--(model|task) [a-z0-9-]+' <<<"$line")"   # and train for each model, finetune for each task
  flags=" $({ "$program" "$verb" $form $model --help-all 2>/dev/null || "$program" "$verb" --help-all; } | grep -oE -- '--[a-z0-9-]+' | tr '\n' ' ') -n "
  for flag in $(grep -oE -- ' --?[a-z][a-z0-9-]*' <<<"$line"); do
    [[ "$flags" == *" $flag "* ]] || fail "grimoire $verb has no flag $flag: $line"
  done
done < <(grep -hoE '(\./)?grimoire ([a-z]+ |demo|glossary)[^`|]*' README.md docs/*.md CONTRIBUTING.md | grep -E "^(\./)grimoire|^grimoire ($verbs)")
[ "$commands" -gt 15 ] || fail "only $commands commands found in the documents"

# Every option of every command is in its --help-all, and every command has an example that begins with its name.
for verb in $all; do
  grep -q "^  grimoire $verb" <<<"$("$program" "$verb" --help-all)" || fail "$verb shows no example"
done

# The C++ examples shown are the ones that are built and run.
code() { awk '/^```cpp$/ { on = 1; next } /^```$/ { on = 0 } on' "$1"; }
code README.md | diff - examples/hello/hello.cpp >/dev/null || fail "README's example differs from examples/hello"
code docs/library.md | diff - <(cat examples/hello/hello.cpp examples/table/table.cpp examples/extend/extend.cpp) >/dev/null || fail "the examples of docs/library.md differ from examples/"

# `./grimoire test -R PATTERN` names tests that there are.
tests="$(sed -nE 's/^add_test\(\[=\[([a-z]+)\]=\].*/\1/p' "$build/tests/CTestTestfile.cmake")"
while read -r pattern; do
  grep -qE -- "$pattern" <<<"$tests" || fail "no test matches -R $pattern"
done < <(grep -hoE 'grimoire test -R [^` ]+' README.md docs/*.md | sed 's/.*-R //; s/"//g; s/\\|/|/g')

# Scripts that a page names are there, and measure our side alone in their short mode; those that have none need models or data, and are read.
scripts=0
while read -r script; do
  [ -f "$script" ] || { fail "no script $script"; continue; }
  [[ "$script" == bench/compare/* ]] || continue
  command -v python3 >/dev/null || { echo "SKIPPED: $script, for want of python3"; continue; }
  grep -q '"--short"' "$script" || {
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$script" 2>"$bench/short.log" || fail "$script: $(tail -3 "$bench/short.log")"
    continue
  }
  case "$script" in
    */run.py) side=(--ours "$bench/compare_steps") ;;
    */from_scratch.py | */heads.py | */finetune.py | */dtypes.py | */metrics.py | */translate.py) side=(--ours "$program") ;;
    */neighbours.py) side=("$bench/bench_neighbours" nowhere) ;;
    *) side=(--ours "$bench/bench_$(basename "$script" .py)") ;;
  esac
  python3 "$script" "${side[@]}" --short >"$bench/short.log" 2>&1 || fail "$script --short: $(tail -3 "$bench/short.log")"
  scripts=$((scripts + 1))
done < <(grep -hoE '(bench|tools)/[a-z/_]+\.py' README.md docs/*.md CONTRIBUTING.md bench/gate | sort -u)
lines=$(wc -l <README.md)
[ "$lines" -le 250 ] || fail "README.md has $lines lines, more than 250"

for file in README.md CONTRIBUTING.md docs/*.md; do
  while read -r link; do
    [[ "$link" == http* ]] && continue
    [ -e "$(dirname "$file")/$link" ] || fail "$file links to $link, which is not there"
  done < <(grep -oE '\]\([A-Za-z0-9_./:-]+\)' "$file" | sed 's|^..||; s|.$||')
done
[ "$failures" -eq 0 ] && echo "the documents are true ($commands commands, $scripts scripts)" || exit 1
