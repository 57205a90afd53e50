"""Times Grimoire's linear models against scikit-learn, glmnet and liblinear, in turn, on the same numbers.

    python bench/compare/linear.py [--ours PATH] [--a9a FILE] [--rounds N] [--threads 1 2] [--task NAME ...] [--json FILE] [--short]

Run it with the Python that has scikit-learn; Rscript with glmnet and liblinear-train are used when they are there. In every round
each side runs once, so that a disturbance of the machine hits all alike; the least CPU time of the rounds is shown (all threads of
the process), with the least wall time. The objectives reached stand beside the times: a time without one means little. --short
runs our side alone on a few rows.
"""

import argparse
import array
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
A9A = ["a9a-hinge", "a9a-squared", "a9a-l1", "a9a-logistic", "a9a-logistic-l1"]
LIBLINEAR = {"a9a-hinge": 3, "a9a-squared": 2, "a9a-l1": 5, "a9a-logistic": 0, "a9a-logistic-l1": 6}
SIZES = {"ridge": (1_000_000, 50), "lasso": (1000, 10_000), "logistic": (200_000, 50)}

GLMNET = """
library(glmnet)
n <- {n}; p <- {p}
x <- matrix(readBin("{folder}/x.f64", "double", n * p), n, p, byrow = TRUE)
y <- readBin("{folder}/y.f64", "double", n)
for (k in 1:{repeats}) {{
  t <- proc.time()
  m <- glmnet(x, y, nlambda = 100, lambda.min.ratio = .01, standardize = FALSE)
  t <- proc.time() - t
  r <- y - predict(m, x, s = min(m$lambda)); l <- min(m$lambda); b <- as.numeric(coef(m, s = l))[-1]
  cat(sprintf("RESULT %.6f %.6f %.12g\\n", t[3], t[1] + t[2], sum(r^2) / (2 * n) + l * sum(abs(b))))
}}
"""

SKLEARN = """
import sys, time, json, warnings
import numpy as np
warnings.filterwarnings("ignore")
task, folder, n, p, repeats = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
x = np.fromfile(folder + "/x.f64").reshape(n, p); y = np.fromfile(folder + "/y.f64")
from sklearn.linear_model import Ridge, LogisticRegression, lasso_path
best = None
for k in range(repeats):
    w, c = time.perf_counter(), time.process_time()
    if task == "ridge":
        m = Ridge(alpha=1, solver="cholesky").fit(x, y)
    elif task == "lasso":
        xc = x - x.mean(0); yc = y - y.mean()
        alphas, coefs, _ = lasso_path(np.asfortranarray(xc), yc, eps=.01, alphas=100)
    else:
        m = LogisticRegression(solver=sys.argv[6]).fit(x, y)
    w, c = time.perf_counter() - w, time.process_time() - c
    best = (w, c) if best is None else (min(w, best[0]), min(c, best[1]))
if task == "ridge":
    r = y - m.predict(x); f = r @ r + m.coef_ @ m.coef_
elif task == "lasso":
    b = coefs[:, -1]; r = yc - xc @ b; f = r @ r / (2 * n) + alphas[-1] * np.abs(b).sum()
else:
    z = m.decision_function(x) * (2 * y - 1); f = np.logaddexp(0, -z).sum() + (m.coef_ ** 2).sum() / 2
print("RESULT %.6f %.6f %.12g" % (*best, f))
"""


def make_data(task, folder):
    n, p = SIZES[task]
    if n <= 1000 and p <= 10:  # --short
        draw = random.Random(1)
        x = array.array("d", (draw.gauss(0, 1) for _ in range(n * p)))
        y = array.array("d", (sum(x[r * p : r * p + p]) + draw.gauss(0, 1) for r in range(n)))
        pathlib.Path(folder, "x.f64").write_bytes(x.tobytes())
        pathlib.Path(folder, "y.f64").write_bytes(y.tobytes())
        return
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p))
    w = np.zeros(p)
    w[: min(p, 50)] = rng.standard_normal(min(p, 50))
    y = x @ w + rng.standard_normal(n)
    if task == "logistic":
        y = (y > 0).astype(float)
    x.tofile(f"{folder}/x.f64")
    y.tofile(f"{folder}/y.f64")


def result(text):
    """The best of all RESULT lines: (wall, cpu, objective)."""
    found = [tuple(map(float, line.split()[1:])) for line in text.splitlines() if line.startswith("RESULT")]
    return min(f[0] for f in found), min(f[1] for f in found), found[-1][2]


def timed(command):
    """Wall and CPU seconds of a whole program, and what it said."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    text = subprocess.run(command, capture_output=True, text=True).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, text


def sides(task, folder, args, threads):
    env = os.environ | {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    n, p = SIZES.get(task, (0, 0))
    where = str(args.a9a) if task in A9A else folder

    def ours():
        command = [args.ours, task, where, str(n), str(p), str(threads), "3"]
        r = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return r["wall"], r["cpu"], r["objective"]

    def sklearn(solver):
        command = [sys.executable, "-c", SKLEARN, task, folder, str(n), str(p), "3", solver]
        return result(subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout)

    def glmnet():
        code = GLMNET.format(n=n, p=p, folder=folder, repeats=3)
        return result(subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True).stdout)

    def liblinear():
        command = ["liblinear-train", "-s", str(LIBLINEAR[task]), "-B", "1", where, os.devnull]
        wall, cpu, text = timed(command)
        value = re.findall(r"(?:Objective value =|f) +(-?[\d.e+-]+)", text)
        return wall, cpu, abs(float(value[-1])) if value else float("nan")

    def ours_whole():  # as liblinear: the program with its reading
        command = [args.ours, task, where, "0", "0", str(threads), "1"]
        wall, cpu, text = timed(command)
        return wall, cpu, json.loads(text)["objective"]

    if task in A9A:
        found = {"ours": ours_whole}
        if shutil.which("liblinear-train"):
            found["liblinear"] = liblinear
        return found
    found = {"ours": ours}
    if args.short:
        return found
    if task == "logistic":
        found |= {"sklearn lbfgs": lambda: sklearn("lbfgs"), "sklearn newton-cholesky": lambda: sklearn("newton-cholesky")}
    else:
        found["sklearn"] = lambda: sklearn("-")
    if task == "lasso" and shutil.which("Rscript"):
        found["glmnet"] = glmnet
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default=str(ROOT / "build/release/bench/compare/bench_linear"))
    parser.add_argument("--a9a", type=pathlib.Path, default=ROOT.parent / "shared/data/tabular/a9a.libsvm")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--task", nargs="+", default=[*SIZES, *A9A], choices=[*SIZES, *A9A])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--short", action="store_true", help="our side alone, a few rows")
    args = parser.parse_args()
    if args.short:
        args.task, args.rounds, SIZES["ridge"] = ["ridge"], 1, (200, 5)
    rows = []
    print("| task | threads | side | CPU s | wall s | objective | CPU against ours |\n|---|---|---|---|---|---|---|")
    for task in args.task:
        if task in A9A and not args.a9a.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            if task in SIZES:
                make_data(task, folder)
            for threads in args.threads:
                found = {}
                for _ in range(args.rounds):
                    for name, run in sides(task, folder, args, threads).items():
                        found.setdefault(name, []).append(run())
                base = min(r[1] for r in found["ours"])
                for name, runs in found.items():
                    wall, cpu, objective = min(r[0] for r in runs), min(r[1] for r in runs), runs[-1][2]
                    rows.append({"task": task, "threads": threads, "side": name, "wall": wall, "cpu": cpu, "objective": objective})
                    print(f"| {task} | {threads} | {name} | {cpu:.3f} | {wall:.3f} | {objective:.10g} | {cpu / base:.2f} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
