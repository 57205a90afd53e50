#!/usr/bin/env bash
# fit, predict, validate, doctor, stats, distribution and experiment from the outside: what they print, return and refuse.
set -uo pipefail
source "$(dirname "$0")/words.sh"

expect() {  # CODE 'PATTERN on stderr' ARGS...
  local code="$1" pattern="$2" got
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: grimoire $*: $(head -c300 "$work/err")"
  [ -z "$pattern" ] || grep -qE "$pattern" "$work/err" || fail "no '$pattern' from: grimoire $*: $(head -c300 "$work/err")"
  [ "$code" -eq 0 ] || [ "$(grep -c . "$work/err")" -le 4 ] || fail "more than four lines from: grimoire $*: $(head -c600 "$work/err")"
  ! grep -qE 'terminate called|Assertion|core dumped' "$work/err" || fail "it crashed: grimoire $*"
}
printed() { grep -qE "$1" "$work/out" || fail "no '$1' on stdout: $(head -c300 "$work/out")"; }

# Two kinds of flower: wide leaves are oaks. A column of text, a gap, a number to predict.
awk 'BEGIN { srand(7); print "width,length,soil,height,tree"
  for (i = 0; i < 120; i++) { oak = i % 2; w = rand() + 1.2 * oak; l = rand() * 3;
    printf "%.3f,%s,%s,%.3f,%s\n", w, (i == 5 ? "" : sprintf("%.3f", l)), (rand() < .5 ? "sand" : "clay"), 3 * w + rand(), (oak ? "oak" : "elm") } }' >"$work/trees.csv"
table="$work/trees.csv"

# --- fit and predict, every learner with a target
for model in tree forest extra-trees boosting adaboost knn naive-bayes logistic svc linear-svc; do
  expect 0 "" fit --model $model --data "$table" --target tree --out "$work/$model.model"
  printed "$model fitted on 120 rows, 4 columns, 2 classes"
  expect 0 "known answers: accuracy" predict "$work/$model.model" --data "$table"
  [ "$(wc -l <"$work/out")" -eq 120 ] || fail "$model: $(wc -l <"$work/out") predictions for 120 rows"
  right="$(paste -d' ' <(tail -n +2 "$table" | sed 's/.*,//') "$work/out" | awk '$1 == $2' | wc -l)"
  [ "$right" -gt 96 ] || fail "$model: only $right of 120 right"
done
for model in linear ridge lasso elastic-net svr tree forest boosting knn; do
  expect 0 "" fit --model $model --data "$table" --target height --out "$work/number.model"
  expect 0 "known answers: r2" predict "$work/number.model" --data "$table"
done
expect 0 "" predict "$work/forest.model" --data "$table" --proba
printed "^prediction,elm,oak$"
expect 0 "" predict "$work/forest.model" --data "$table" --json
printed '"predictions": \["(oak|elm)", '
cut -d, -f1-4 "$table" >"$work/unknown.csv"  # without the answer, columns in another order
awk -F, -v OFS=, '{ print $4, $3, $2, $1 }' "$work/unknown.csv" >"$work/turned.csv"
expect 0 "" predict "$work/forest.model" --data "$work/unknown.csv"; cp "$work/out" "$work/a"
expect 0 "" predict "$work/forest.model" --data "$work/turned.csv"; cmp -s "$work/a" "$work/out" || fail "the order of columns matters"

# --- validate
expect 0 "" validate --model tree --data "$table" --target tree --folds 4 --json
printed '"accuracy": 0\.[89]|"accuracy": 1'
expect 0 "" validate --model knn --data "$table" --target tree --scale standard --grid k=1,5,9 --report "$work/page.html"
printed "searched anew inside every fold"
expect 0 "" validate --model tree --data "$table" --target tree --curve --report "$work/page.html"; grep -q "</svg>" "$work/page.html" || fail "no picture in the page"
expect 0 "" validate --model ridge --data "$table" --target height --vary alpha=0.1,10,1000
expect 2 "did you mean 'forest'" validate --model forst --data "$table" --target tree

# --- what they refuse
expect 2 "model is missing" fit --data "$table" --target tree --out "$work/x"
expect 2 "out is missing" fit --model tree --data "$table" --target tree
expect 2 "target is missing" fit --model tree --data "$table" --out "$work/x"
expect 2 "no such parameter" fit --model tree --data "$table" --target tree --param depth=3 --out "$work/x"
expect 2 "expected an integer" fit --model tree --data "$table" --target tree --param max-depth=deep --out "$work/x"
expect 3 "did you mean 'tree'" fit --model tree --data "$table" --target tre --out "$work/x"
expect 2 "predicts numbers" fit --model ridge --data "$table" --target tree --out "$work/x"
expect 3 "missing.csv" fit --model tree --data "$work/missing.csv" --target tree --out "$work/x"
expect 3 "column 'length', row 6: the value is missing" fit --model logistic --impute none --data "$table" --target tree --out "$work/x"
expect 3 "column 'soil' is a category" fit --model logistic --encode none --data "$table" --target tree --out "$work/x"
printf 'a,b\n1,2\n3\n' >"$work/short.csv"; expect 3 "row 2 \(line 3\): got 1 cells, expected 2" fit --model ridge --data "$work/short.csv" --target b --out "$work/x"
printf '1 1:2\n2 3:x\n' >"$work/bad.libsvm"; expect 3 "line 2" fit --model svc --data "$work/bad.libsvm" --out "$work/x"
printf 'y,x\na,1\na,2\n' >"$work/one.csv"; expect 3 "every row is of class 'a'" fit --model tree --data "$work/one.csv" --target y --out "$work/x"
[ ! -e "$work/x" ] || fail "a refused fit left a file"
expect 3 "not a model|header" predict "$table" --data "$table"
head -c 300 "$work/forest.model" >"$work/cut.model"; expect 3 "" predict "$work/cut.model" --data "$table"
sed 's/fitted/fittet/; s/oak/oaK/' "$work/forest.model" >"$work/flipped.model"; cmp -s "$work/forest.model" "$work/flipped.model" || expect 3 "damaged" predict "$work/flipped.model" --data "$table"
expect 3 "no column '(width|soil)'" predict "$work/forest.model" --data "$work/one.csv"

# --- doctor, experiment, stats, distribution
expect 0 "" doctor "$table" --model tree --target tree --json
printed '"verdict": "[a-z]+"'
expect 0 "" experiment no-free-lunch; printed "0.5"
expect 2 "did you mean 'bayes-risk'" experiment bayes-rsk
expect 0 "" stats t-test --x 1,2,3,4 --y 2,3,4,6 --json; printed '"p_value": 0\.'
expect 0 "" stats anova --data "$table" --x height --group tree; printed "p-value"
expect 2 "" stats t-tset --x 1,2
expect 0 "" distribution normal --param mean=1 --param sd=2 --cdf 1 --json; printed '"cdf": 0\.5'
expect 2 "" distribution normal --param mu=1 --cdf 1
expect 2 "" distribution norml --cdf 1
finish
