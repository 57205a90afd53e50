#!/usr/bin/env python3
"""BLEU, chrF, chrF++ and TER of a corpus: ours against sacreBLEU, each as a whole program on one thread, alternating in one run.

    oracle/bin/python bench/compare/metrics.py FOLDER [--ours build/release/grimoire] [--rounds 5] [--repeat 1]

FOLDER holds reference.txt and one or more SYSTEM.txt, a line each (WMT17's English-German, say): all systems are scored one behind the other. Of
sacreBLEU the scoring alone is timed, in a process that has imported it and read the files; of ours the whole command; both in seconds of the
processor. Scores must agree to 1e-9.
--short: ours alone, on lines made here."""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("folder", nargs="?")
parser.add_argument("--ours", default="build/release/grimoire")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--repeat", type=int, default=1, help="how often the lines are written one behind the other")
parser.add_argument("--short", action="store_true")
args = parser.parse_args()

METRICS = {"BLEU": ["bleu"], "chrF": ["chrf"], "chrF++": ["chrf", "--word-order", "2"], "TER": ["ter"]}
work = pathlib.Path(tempfile.mkdtemp())
if args.short or not args.folder:
    reference = [f"the cat sat on the mat, {i} times out of {i % 7}." for i in range(200)]
    system = [line.replace("cat", "dog" if i % 3 else "cat").replace(" on", "") for i, line in enumerate(reference)]
else:
    folder = pathlib.Path(args.folder)
    read = lambda path: path.read_bytes().decode().split("\n")[:-1]
    reference = read(folder / "reference.txt")
    systems = [read(p) for p in sorted(folder.glob("*.txt")) if p.name != "reference.txt"]
    system, reference = sum(systems, []), reference * len(systems)
repeat = 1 if args.short else args.repeat
reference, system = reference * repeat, system * repeat
(work / "ref").write_text("".join(x + "\n" for x in reference), encoding="utf-8")
(work / "hyp").write_text("".join(x + "\n" for x in system), encoding="utf-8")


def ours(words):
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([args.ours, "score", *words, "--hyp", work / "hyp", "--ref", work / "ref", "--json"], capture_output=True, text=True, check=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime, json.loads(done.stdout.splitlines()[-1])["score"]


if args.short:
    for name, words in METRICS.items():
        seconds, score = ours(words)
        print(f"{name}: {score:.2f}, {1000 * seconds:.0f} ms")
    raise SystemExit

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER

PEERS = {"BLEU": lambda: BLEU(), "chrF": lambda: CHRF(), "chrF++": lambda: CHRF(word_order=2), "TER": lambda: TER()}
print(f"{len(system):,} lines; sacreBLEU {sacrebleu.__version__}, one thread; medians of {args.rounds} rounds in seconds of the processor, least in brackets\n")
print("| metric | ours | sacreBLEU | times |\n|---|---:|---:|---:|")
for name, words in METRICS.items():
    mine, theirs = [], []
    for _ in range(args.rounds):
        seconds, score = ours(words)
        mine.append(seconds)
        metric = PEERS[name]()
        for cached in (getattr(metric, "tokenizer", None), getattr(getattr(metric, "tokenizer", None), "_post_tokenizer", None)):
            if cached is not None and hasattr(type(cached).__call__, "cache_clear"):
                type(cached).__call__.cache_clear()
        begin = time.process_time()
        other = metric.corpus_score(system, [reference]).score
        theirs.append(time.process_time() - begin)
        assert abs(score - other) < 1e-9, (name, score, other)
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"| {name} | {a:.3f} s ({min(mine):.3f}) | {b:.2f} s ({min(theirs):.2f}) | {b / a:.0f} |", flush=True)
