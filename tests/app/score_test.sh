#!/usr/bin/env bash
# `score` from outside: every metric, its signature, its JSON, and what it refuses.
. "$(dirname "$0")/words.sh"
cd "$work"
printf 'The dog bit the man.\nIt wasn'"'"'t surprising.\nThe man had just bitten him.\n' >hyp
printf 'The dog bit the man.\nIt was not unexpected.\nThe man bit him first.\n' >one
printf 'The dog had bit the man.\nNo one was surprised.\nThe man had bitten the dog.\n' >two

ran 0 score bleu --hyp hyp --ref one --ref two
printed 'BLEU = 48.53'
printed 'nrefs:2\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:grimoire-[0-9.]+'
ran 0 score bleu --hyp hyp --ref one --ref two --tokenizer intl --json
printed '"score": 43\.9162349'
ran 0 score bleu --hyp hyp --ref one --by-line --smoothing floor --smooth-value 0.2
printed 'smooth:floor\[0.20\]'
ran 0 score chrf --hyp hyp --ref one --word-order 2
printed 'chrF2\+\+ = '
printed 'nrefs:1\|case:mixed\|eff:yes\|nc:6\|nw:2\|space:no\|version:grimoire'
ran 0 score ter --hyp hyp --ref one --normalized
printed 'case:lc\|tok:tercom\|norm:yes\|punct:yes\|asian:no'
ran 0 score bleu --hyp hyp --ref one --baseline two --samples 200
printed 'bs:200\|seed:12345'
ran 0 score chrf --hyp hyp --ref one --baseline two --test randomization --samples 200 --json
printed '"p": 0\.'
ran 0 score ter --hyp hyp --ref one --confidence --samples 100
printed 'mean of samples'
ran 0 score rouge --hyp hyp --ref one --ref two --stem
printed 'rougeLsum'

printf 'EU B-ORG\nrejects O\nGerman B-MISC\n\nPeter B-PER\nBlackburn I-PER\n' >right.conll
printf 'EU B-ORG\nrejects O\nGerman I-MISC\n\nPeter B-PER\nBlackburn O\n' >said.conll
ran 0 score seqeval --hyp said.conll --ref right.conll
printed 'F1 of spans, % = 66.67'
ran 0 score seqeval --hyp said.conll --ref right.conll --scheme IOB2
printed 'F1 of spans, % = 40.00'
paste -d' ' right.conll <(cut -d' ' -f2 said.conll) | sed 's/^ $//' >both
ran 0 score seqeval --hyp both --ref both --ref-column 2 --hyp-column 3
printed 'F1 of spans, % = 66.67'

cat >dev.json <<'E'
{"data": [{"paragraphs": [{"qas": [{"id": "a", "answers": [{"text": "the year 1900"}]}, {"id": "b", "answers": []}]}]}]}
E
echo '{"a": "1900", "b": ""}' >said.json
echo '{"a": 0.1, "b": 0.9}' >na.json
ran 0 score squad --hyp said.json --ref dev.json --na-probs na.json
printed 'F1, % = 83.3333'
printed 'best F1, % = 83.3333'
ran 0 score exact-match --hyp hyp --ref one --ref two --squad
printed 'exact match, % = 33.3333'
printf 'spam\nham\nham\n' >labels
printf 'spam\nspam\nham\n' >truth
ran 0 score classes --hyp labels --ref truth --positive spam
printed 'F1 of spam = 0.6667'
printf '0.9\n0.2\n0.5\n' >p
printf '1\n0\n1\n' >y
ran 0 score calibration --hyp p --ref y
printed 'expected calibration error = 0.266667'
ran 0 score correlation --hyp p --ref y
printed 'Pearson'

# What is wrong is said with its place.
head -2 one >short
ran 3 score bleu --hyp hyp --ref short
said 'line 3 of hyp has no partner'
: >empty
ran 3 score bleu --hyp empty --ref one
said 'empty'
printf '\n \n\n' >blank
ran 3 score bleu --hyp blank --ref one
said 'all of its 3 lines are empty'
printf 'a\nb\xff\nc\n' >bad
ran 3 score rouge --hyp hyp --ref bad
said 'line 2'
ran 3 score chrf --hyp nowhere --ref one
said 'nowhere'
ran 2 score blue --hyp hyp --ref one
said "did you mean 'bleu'"
ran 2 score f1 --hyp labels --ref truth
said 'score classes'
ran 2 score rouge --hyp hyp --ref one --kind rougel
said 'rougeL'
ran 2 score seqeval --hyp said.conll --ref right.conll --ref both
ran 2 score bleu --hyp hyp --ref one --seed 3
said 'baseline'
ran 2 score ter --hyp hyp --ref one --asian-support
said 'normalized'
printf 'EU B-ORG\nrejects O\n' >fewer.conll
ran 3 score seqeval --hyp fewer.conll --ref right.conll
said 'fewer.conll: line 1'
printf 'EU B-ORG\nrejects X\nGerman O\n\nPeter O\nBlackburn O\n' >strange.conll
ran 3 score seqeval --hyp strange.conll --ref right.conll --scheme IOB2
said "tag 2 is 'X'"
ran 3 score squad --hyp na.json --ref dev.json
ran 3 score squad --hyp hyp --ref dev.json
echo '{"z": "1900"}' >other.json
ran 3 score squad --hyp other.json --ref dev.json
said 'none of its 1 ids'
ran 3 score calibration --hyp hyp --ref y
said 'line 1'
ran 3 score correlation --hyp labels --ref truth
finish
