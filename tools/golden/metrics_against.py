#!/usr/bin/env python3
"""The program's `score` against sacrebleu, rouge-score, seqeval and the rules of SQuAD: random cases by the thousand, compared one by one.

    oracle/bin/python tools/golden/metrics_against.py build/release/grimoire [--cases 10000]

Fails at the first difference above 1e-9 and prints it. What it needs beside Python stands in metrics.py; takes some minutes, most of it theirs."""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

import seqeval.metrics as tagging
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF, TER
from seqeval import scheme as schemes

import metrics as golden
import metrics_cases as cases

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--cases", type=int, default=10000)
args = parser.parse_args()
folder = pathlib.Path(tempfile.mkdtemp())


def file(name, text):
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return str(folder / name)


def run(*words):
    done = subprocess.run([args.program, "score", *words, "--json"], capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"{words}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(what, got, expected, case):
    if abs(got - expected) > 1e-9:
        sys.exit(f"{what}: {got} instead of {expected}: {case!r}")


def lines(rng, n):
    hyps, refs = cases.corpus(rng, n, 2)
    words = ["--hyp", file("hyp", "".join(h + "\n" for h in hyps))]
    for i, r in enumerate(refs):
        words += ["--ref", file(f"ref{i}", "".join(x + "\n" for x in r))]
    return hyps, refs, words


def flags(options, **names):
    return [w for key, name in names.items() if options[key] for w in ([name] if options[key] is True else [name, str(options[key])])]


def corpus_metric(name, make, options, to_flags, n, rounds=10):
    rng = random.Random(name)
    for _ in range(rounds):
        o = options(rng)
        if name == "bleu":
            o["effective_order"] = True
        hyps, refs, words = lines(rng, n // rounds)
        ours = run(name, *words, *to_flags(o), "--by-line")
        compare(f"{name}, all", ours["score"], make(**o).corpus_score(hyps, refs).score, o)
        metric = make(**o)
        for i, got in enumerate(ours["by_line"]):
            compare(name, got, metric.sentence_score(hyps[i], [r[i] for r in refs]).score, (o, hyps[i], [r[i] for r in refs]))
    hyps, refs = cases.few_words(rng, n // 20)
    words = ["--hyp", file("hyp", "".join(h + "\n" for h in hyps)), "--ref", file("ref0", "".join(r + "\n" for r in refs[0]))]
    plain = make(effective_order=True) if name == "bleu" else make()
    ours = run(name, *words, "--by-line")["by_line"]
    for got, hyp, ref in zip(ours, hyps, refs[0]):
        compare(f"{name} of few words", got, plain.sentence_score(hyp, [ref]).score, (hyp, ref))
    print(f"{name}: {n} lines, {rounds} corpora, and {n // 20} lines of few words agree", flush=True)


def rouge(n):
    rng, kinds = random.Random("rouge"), [f"rouge{k}" for k in range(1, 10)] + ["rougeL", "rougeLsum"]
    for stem in (False, True):
        hyps, refs, words = lines(rng, n // 2)
        hyps, refs = ([t.replace("the", "the<n>") for t in hyps], [[t.replace("cat", "<n>cat") for t in r] for r in refs])
        file("hyp", "".join(h + "\n" for h in hyps))
        for i, r in enumerate(refs):
            file(f"ref{i}", "".join(x + "\n" for x in r))
        ours = run("rouge", *words, *(w for k in kinds for w in ("--kind", k)), *(["--stem"] if stem else []), "--newline", "<n>",
                   "--samples", "1", "--by-line")
        scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=stem)
        for i, h in enumerate(hyps):
            theirs = scorer.score_multi([r[i].replace("<n>", "\n") for r in refs], h.replace("<n>", "\n"))
            for k in kinds:
                for got, expected in zip(ours["by_line"][k][i].values(), theirs[k]):
                    compare(k, got, expected, (h, [r[i] for r in refs]))
    print(f"rouge: {n} texts agree, in {len(kinds)} kinds", flush=True)


def spans(n):
    """Each case has types of its own, so that one file holds thousands and each is seen by itself."""
    for name, letters in golden.SCHEMES.items():
        rng, true, said, numbered = random.Random(name), [], [], lambda tags, i: [t if t == "O" else f"{t}#{i}" for t in tags]
        for i in range(n // len(golden.SCHEMES)):
            a, b = cases.tagged(rng, letters, 1)
            true.append(numbered([t if "-" in t or t == "O" else t + "-X" for t in a[0]], i))
            said.append(numbered([t if "-" in t or t == "O" else t + "-X" for t in b[0]], i))
        write = lambda rows: "\n".join("".join(f"w {t}\n" for t in row) for row in rows)
        ours = run("seqeval", "--hyp", file("said", write(said)), "--ref", file("true", write(true)), "--scheme", name)
        o = {} if name == "default" else {"mode": "strict", "scheme": getattr(schemes, name)}
        seen = set()
        for a, b in zip(true, said):
            report = tagging.classification_report([a], [b], output_dict=True, **o)
            for kind in set(report) - {"micro avg", "macro avg", "weighted avg"}:
                seen.add(kind)
                for key, other in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score"), ("support", "support")):
                    compare(f"seqeval {name}", ours["types"][kind][key], float(report[kind][other]), (a, b))
        if seen != set(ours["types"]):
            sys.exit(f"seqeval {name}: other types: {seen ^ set(ours['types'])}")
    print(f"seqeval: {n // len(golden.SCHEMES) * len(golden.SCHEMES)} sentences agree, in {len(golden.SCHEMES)} schemes", flush=True)


def squad(n, size=10):
    rng = random.Random("squad")
    for i in range(n // size):
        version = 1 + i % 2
        qs = cases.questions(rng, size, version == 2)
        data = {"data": [{"paragraphs": [{"qas": [{"id": q["id"], "answers": [{"text": r} for r in q["right"]]} for q in qs]}]}]}
        words = ["--ref", file("dev.json", json.dumps(data)), "--hyp", file("said.json", json.dumps({q["id"]: q["given"] for q in qs})),
                 "--rules", f"{version}.{2 - version}"]
        if version == 2:
            words += ["--na-probs", file("na.json", json.dumps({q["id"]: q["na"] for q in qs}))]
        ours = run("squad", *words)
        for key, expected in golden.squad_scores(qs, version).items():
            if expected is not None:
                compare(f"squad {key}", ours[key], expected, qs)
    print(f"squad: {n} questions agree, {size} at a time", flush=True)


corpus_metric("bleu", BLEU, golden.bleu_options, lambda o: flags(o, tokenize="--tokenizer", smooth_method="--smoothing", smooth_value="--smooth-value",
                                                                 effective_order="--effective-order", lowercase="--lowercase"), args.cases)
corpus_metric("chrf", CHRF, golden.chrf_options, lambda o: flags(o, char_order="--char-order", word_order="--word-order", beta="--beta",
                                                                 lowercase="--lowercase",
                                                                 whitespace="--whitespace", eps_smoothing="--eps-smoothing"), args.cases)
corpus_metric("ter", TER, lambda rng: golden.ter_options(rng), lambda o: flags(
    {**o, "asian_support": o["asian_support"] and (o["normalized"] or o["no_punct"])}, normalized="--normalized", no_punct="--no-punct",
    asian_support="--asian-support", case_sensitive="--case-sensitive"), args.cases)
rouge(args.cases)
spans(args.cases)
squad(args.cases)
