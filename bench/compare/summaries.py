#!/usr/bin/env python3
"""aclsum's JSON Lines (PyPI aclsum 0.1.2) as the files that 'grimoire summarize' and 'grimoire finetune --task summarize' read.

    python bench/compare/summaries.py aclsum --out papers

PART.tsv holds an abstract and its summary, challenge, approach and outcome; PART.whole.tsv the introduction and the conclusion behind the abstract;
PART.aspect.tsv a line for each of the three, whose name stands before the abstract."""
import argparse
import json
import pathlib

ASPECTS = ("challenge", "approach", "outcome")


def on_a_line(text):
    return " ".join(text.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("aclsum", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for part in ("train", "val", "test"):
        papers = [json.loads(line) for line in (args.aclsum / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]
        lines = {f"{part}.tsv": [], f"{part}.whole.tsv": [], f"{part}.aspect.tsv": []}
        for paper in papers:
            sections = {name: on_a_line(" ".join(paper["sentences"][name])) for name in ("abstract", "introduction", "conclusion")}
            summary = on_a_line(" ".join(paper["summary"][a] for a in ASPECTS))
            lines[f"{part}.tsv"].append(f"{sections['abstract']}\t{summary}")
            lines[f"{part}.whole.tsv"].append(f"{' '.join(sections.values())}\t{summary}")
            lines[f"{part}.aspect.tsv"] += [f"{a}: {sections['abstract']}\t{on_a_line(paper['summary'][a])}" for a in ASPECTS]
        for name, rows in lines.items():
            (args.out / name).write_text("".join(row + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
