#!/usr/bin/env python3
"""tests/golden/metrics/*.json: scores of text by the programs that the field uses.

    oracle/bin/pip install sacrebleu==2.6.0 rouge-score==0.1.2 seqeval==1.2.2 scikit-learn numpy
    oracle/bin/python tools/golden/metrics.py [ground_truth.txt]

The file is conlleval's sample, of which the tags are kept; it is tests/data/ground_truth.txt in seqeval's source archive. squad.json is made by
the functions below, which are the rules of the official evaluate-v1.1.py and evaluate-v2.0.py."""
import collections
import json
import random
import re
import string
import sys
import warnings

import numpy as np
import seqeval.metrics as tagging
import sklearn.metrics
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer, scoring
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest
from seqeval import scheme as schemes

import metrics_cases as cases
from common import GOLDEN

warnings.filterwarnings("ignore")
FOLDER = GOLDEN / "metrics"
SCHEMES = {"default": "BIES", "IOB1": "IB", "IOB2": "IB", "IOE1": "IE", "IOE2": "IE", "IOBES": "IBES", "BILOU": "BILU"}


def write(name, value):
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace('},{"', '},\n{"') + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"{name}.json: {len(text.encode()):,} bytes")


def bleu_options(rng):
    smooth = rng.choice(["exp", "exp", "floor", "add-k", "none"])
    return dict(tokenize=rng.choice(["13a", "intl", "zh", "char", "none"]), smooth_method=smooth,
                smooth_value=rng.choice([None, 0.3, 2.0]) if smooth in ("floor", "add-k") else None, effective_order=rng.random() < 0.4,
                lowercase=rng.random() < 0.3)


def chrf_options(rng):
    return dict(char_order=rng.choice([6, 6, 1, 3]), word_order=rng.choice([0, 2, 2, 1]), beta=rng.choice([2, 2, 1, 3]), lowercase=rng.random() < 0.3,
                whitespace=rng.random() < 0.3, eps_smoothing=rng.random() < 0.3)


def ter_options(rng):
    return dict(normalized=rng.random() < 0.5, no_punct=rng.random() < 0.4, asian_support=rng.random() < 0.4, case_sensitive=rng.random() < 0.4)


def corpora(kind, options, seed, n, dense=0):
    rng, rows = random.Random(seed), []
    for i in range(n + dense):
        hyps, refs = cases.corpus(rng, rng.randrange(1, 5), rng.choice([1, 1, 2, 3])) if i < n else cases.few_words(rng, 2)
        o = options(rng)
        score = kind(**o).corpus_score(hyps, refs)
        row = {"options": o, "hyps": hyps, "refs": refs, "score": score.score}
        if kind is BLEU:
            row |= {"precisions": score.precisions, "bp": score.bp, "hyp_len": score.sys_len, "ref_len": score.ref_len}
        rows.append(row)
    return rows


def tokens(seed, n):
    rng, out = random.Random(seed), {}
    lines = [cases.line(rng, 20) for _ in range(n)] + [". , a.", "1.,2 3,.4", "5-6 -7 8-", "a\u2000b", "\u2a6d \u2a6e \u2001x", "--", ""]
    for name in ["13a", "intl", "zh", "char", "none"]:
        tokenizer = BLEU(tokenize=name).tokenizer
        out[name] = [tokenizer(line.rstrip()).split() for line in lines]
    return {"lines": lines, "tokens": out}


def significance():
    rng = random.Random(5)
    hyps, refs = cases.corpus(rng, 60, 2)
    base = [cases.changed(rng, h) for h in hyps]
    rows = []
    for name, metric in {"bleu": BLEU(), "chrf": CHRF(word_order=2), "ter": TER()}.items():
        for test, samples in {"bs": 300, "ar": 500}.items():
            _, scores = PairedTest([("base", base), ("system", hyps)], {name: metric}, refs, test, n_samples=samples)()
            baseline, system = next(v for k, v in scores.items() if k != "System")
            rows.append({"metric": name, "test": test, "samples": samples, "baseline": float(baseline.score), "score": float(system.score), "p": system.p_value}
                        | ({} if test == "ar" else {"mean": float(system.mean), "ci": float(system.ci), "baseline_mean": float(baseline.mean),
                                                    "baseline_ci": float(baseline.ci)}))
    return {"base": base, "hyps": hyps, "refs": refs, "results": rows}


def rouge():
    rng, kinds = random.Random(6), [f"rouge{n}" for n in (1, 2, 3, 9)] + ["rougeL", "rougeLsum"]
    rows = []
    for i in range(120):
        refs = ["\n".join(cases.line(rng) for _ in range(rng.randrange(1, 4))) for _ in range(rng.choice([1, 1, 2]))]
        text = cases.changed(rng, rng.choice(refs)) if rng.random() < 0.8 else cases.line(rng)
        scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=i % 2 == 1)
        rows.append({"stem": i % 2 == 1, "text": text, "refs": refs, "scores": {k: list(v[:2]) for k, v in scorer.score_multi(refs, text).items()}})
    scorer, aggregator, pairs = rouge_scorer.RougeScorer(["rouge1", "rougeL"]), scoring.BootstrapAggregator(n_samples=200), []
    for _ in range(17):
        ref = cases.line(rng)
        pairs.append([cases.changed(rng, ref), ref])
        aggregator.add_scores(scorer.score(pairs[-1][1], pairs[-1][0]))
    np.random.seed(11)
    intervals = {k: [list(part) for part in v] for k, v in aggregator.aggregate().items()}
    return {"cases": rows, "aggregate": {"pairs": pairs, "samples": 200, "seed": 11, "intervals": intervals}}


STEMS = """
sky skies dying news innings howe proceed caresses ponies ties dies caress cats feed agreed plastered bled motoring sing conflated troubled
sized hopping tanned falling hissing fizzed failing filing happy sky enjoy spy fly spied died relational conditional rational valenci
hesitanci digitizer conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness
hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical hopeful goodness revival
allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou communism
activate angulariti homologous effective bowdlerize probate rate cease controll roll geologi theologi archaeologi philologi fulli hopefulli
syzygy yyyy toy say crying oing eing ing ed eed ied sses us ss s y a be as is able ible ion owed tion ational finalli alli balli generalli
wholli dolli 1990s b2b x1ing zzed axes mated rolled""".split()


def stems():
    rng, stemmer = random.Random(7), PorterStemmer()
    words = STEMS + ["".join(rng.choice("aeiouytsrlnb") for _ in range(rng.randrange(1, 7))) + rng.choice(
        "s es ed ing ational tional enci izer bli alli entli eli ousli ation ator alism iveness aliti iviti biliti fulli logi icate ative alize ical ful ness "
        "al ance er ic able ant ement ment ent ion ou ism ate iti ous ive ize e ll y ies ied eed".split()) for _ in range(1500)]
    return {w: stemmer.stem(w) for w in dict.fromkeys(words)}


def spans():
    rng, rows = random.Random(8), []
    for name, letters in SCHEMES.items():
        for _ in range(40):
            true, said = cases.tagged(rng, letters, rng.randrange(1, 4))
            o = {} if name == "default" else {"mode": "strict", "scheme": getattr(schemes, name)}
            report = tagging.classification_report(true, said, output_dict=True, **o)
            if report["micro avg"]["support"] == 0 and len(report) == 3:  # no span on either side: seqeval divides 0 by 0
                continue
            rows.append({"scheme": name, "true": true, "said": said, "accuracy": tagging.accuracy_score(true, said),
                         "report": {k: [float(v[m]) for m in ("precision", "recall", "f1-score", "support")] for k, v in report.items()}})
    return rows


def normal(text):
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def word_f1(given, right, version):
    a, b = normal(given).split(), normal(right).split()
    if version == 2 and not (a and b):
        return float(a == b)
    same = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 0.0 if same == 0 else 2 * (same / len(a)) * (same / len(b)) / (same / len(a) + same / len(b))


def best(qs, scores):
    now = top = sum(not q["right"] for q in qs)
    threshold = 0.0
    for q in sorted(qs, key=lambda q: q["na"]):
        now += scores[q["id"]] if q["right"] else -1 if q["given"] else 0
        if now > top:
            top, threshold = now, q["na"]
    return 100 * top / len(scores), threshold


def squad_scores(qs, version):
    exact, f1 = {}, {}
    for q in qs:
        right = q["right"] if version == 1 else [r for r in q["right"] if normal(r)] or [""]
        exact[q["id"]] = max(float(normal(q["given"]) == normal(r)) for r in right)
        f1[q["id"]] = max(word_f1(q["given"], r, version) for r in right)
    mean = lambda scores, of: 100 * sum(scores[q["id"]] for q in of) / len(of) if of else None
    with_answer, without = [q for q in qs if q["right"]], [q for q in qs if not q["right"]]
    out = {"exact": mean(exact, qs), "f1": mean(f1, qs)}
    if version == 2:
        out |= {"HasAns_exact": mean(exact, with_answer), "HasAns_f1": mean(f1, with_answer),
                "NoAns_exact": mean(exact, without), "NoAns_f1": mean(f1, without)}
        out["best_exact"], out["best_exact_thresh"] = best(qs, exact)
        out["best_f1"], out["best_f1_thresh"] = best(qs, f1)
    return out


def squad():
    rng, rows = random.Random(9), []
    for i in range(60):
        version = 1 + i % 2
        qs = cases.questions(rng, rng.randrange(1, 12), version == 2)
        rows.append({"version": version, "questions": qs, "scores": squad_scores(qs, version)})
    texts = [cases.answer(rng) for _ in range(100)]
    return {"cases": rows, "normal": [[t, normal(t)] for t in texts]}


def classes():
    rng, rows = random.Random(12), []
    for _ in range(40):
        k, n = rng.randrange(1, 5), rng.randrange(1, 30)
        y, said = ([rng.randrange(k) for _ in range(n)] for _ in range(2))
        rows.append({"classes": k, "y": y, "said": said, "matthews": float(sklearn.metrics.matthews_corrcoef(y, said))} | {
            how: [float(v) for v in sklearn.metrics.precision_recall_fscore_support(y, said, labels=range(k), average=how, zero_division=0)[:3]]
            for how in ("micro", "macro", "weighted")})
    return rows


def conlleval_sample(path):
    sentences = [[row.split() for row in part.split("\n") if row] for part in open(path, encoding="utf-8").read().split("\n\n")]
    return {side: [" ".join(row[column] for row in s) for s in sentences if s] for side, column in (("true", -2), ("said", -1))}


def text():
    rng = random.Random(10)
    lines = [" " + cases.line(rng, 20) + rng.choice(cases.BLANKS) for _ in range(150)]
    lines += ["ΑΣ", "ΑΣ.", "Σ", "ΑΣΑ", "Α.Σ", "ΑΣ'Α", "İI", "ǅ", "Σ\u0301Σ", "A\u001cB\u0085C"]
    return {"blank": [c for c in range(sys.maxunicode + 1) if chr(c).isspace()], "lines": [[t, t.lower(), t.split(), t.rstrip()] for t in lines]}


def random_numbers():
    out = []
    for seed in (0, 12345, 2**40 + 7):
        one, other, third = (np.random.default_rng(seed) for _ in range(3))
        out.append({"seed": str(seed), "below_3004": one.choice(3004, size=20).tolist(), "then_below_7": one.integers(7, size=5).tolist(),
                    "coins": other.integers(2, size=70, dtype=bool).astype(int).tolist(), "words": [str(v) for v in third.integers(0, 2**64, 4, np.uint64)]})
    return out


if __name__ == "__main__":
    write("bleu", corpora(BLEU, bleu_options, 1, 200))
    write("bleu_tokens", tokens(2, 120))
    write("chrf", corpora(CHRF, chrf_options, 3, 150))
    write("ter", corpora(TER, ter_options, 4, 200, dense=60))
    write("significance", significance())
    write("rouge", rouge())
    write("stems", stems())
    write("seqeval", spans())
    write("squad", squad())
    write("classes", classes())
    write("text", text())
    if len(sys.argv) > 1:
        write("conlleval", conlleval_sample(sys.argv[1]))
    write("pcg64", random_numbers())
