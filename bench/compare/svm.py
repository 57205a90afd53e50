"""Times Grimoire's support vector machine against LIBSVM (svm-train, svm-predict) on a9a, in turn.

    python bench/compare/svm.py [--ours PATH] [--a9a FILE] [--rounds N] [--threads 1 2] [--task NAME ...] [--json FILE] [--short]

LIBSVM's time is that of the whole program with its reading (0.1 s of it). The objective of each side is checked against the
published one, which all must reach within 1e-6: with the usual stopping tolerance of 1e-3 the last digits are free. --short runs
our side alone on a few rows made here.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = {  # our parameters, LIBSVM's, factor on the values, the published objective
    "rbf": (["C=1", f"gamma={1 / 123}"], ["-g", str(1 / 123)], 1, -11596.354818),
    "linear": (["kernel=linear"], ["-t", "0"], 1, -11433.387164),
    "rbf-c8": (["C=8", "gamma=0.03125"], ["-c", "8", "-g", "0.03125"], 1, -81728.622628),
    "rbf-no-bits": (["C=1", f"gamma={4 / 123}"], ["-g", str(1 / 123)], 0.5, -11596.354818),  # halved values: sparse rows, not bits
}
PREDICTED = 16281


def timed(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, text


def ours(args, task, threads):
    params, _, scale, _ = TASKS[task]
    command = [args.ours, str(args.a9a), str(threads), str(PREDICTED), str(scale), *params]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def libsvm(args, task, folder, part):
    model = f"{folder}/model"
    wall, cpu, text = timed(["svm-train", "-m", "1000", *TASKS[task][1], str(args.a9a), model])
    found = {"train_wall": wall, "train_cpu": cpu, "objective": float(re.findall(r"obj = (-?[\d.]+)", text)[-1])}
    found["vectors"] = int(re.findall(r"nSV = (\d+)", text)[-1])
    wall, cpu, _ = timed(["svm-predict", part, model, os.devnull])
    return found | {"predict_wall": wall, "predict_cpu": cpu}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default=str(ROOT / "build/release/bench/compare/bench_svm"))
    parser.add_argument("--a9a", type=pathlib.Path, default=ROOT.parent / "shared/data/tabular/a9a.libsvm")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--task", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--short", action="store_true", help="our side alone, a few rows")
    args = parser.parse_args()
    if args.short:
        with tempfile.NamedTemporaryFile("w", suffix=".libsvm") as few:
            few.writelines(f"{1 if i % 3 else -1} 1:{i % 7} 2:{i % 3}\n" for i in range(60))
            few.flush()
            args.a9a = few.name
            print(ours(args, "rbf", 1))
        return
    rows, wrong = [], False
    print("| task | side | train CPU s | train wall s | predict CPU s | predict wall s | objective | vectors |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        part = f"{folder}/part"
        pathlib.Path(part).write_text("".join(args.a9a.open().readlines()[:PREDICTED]))
        for task in args.task:
            found = {}
            for _ in range(args.rounds):
                for threads in args.threads:
                    found.setdefault(f"ours, {threads} threads", []).append(ours(args, task, threads))
                found.setdefault("LIBSVM", []).append(libsvm(args, task, folder, part))
            for name, runs in found.items():
                best = {key: min(r[key] for r in runs) for key in ("train_cpu", "train_wall", "predict_cpu", "predict_wall")}
                best |= {"task": task, "side": name, "objective": runs[0]["objective"], "vectors": runs[0]["vectors"]}
                rows.append(best)
                off = abs(best["objective"] / TASKS[task][3] - 1)
                wrong |= off > 1e-6
                times = " | ".join(f"{best[key]:.2f}" for key in ("train_cpu", "train_wall", "predict_cpu", "predict_wall"))
                print(f"| {task} | {name} | {times} | {best['objective']:.6f} ({off:.0e}) | {best['vectors']} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
