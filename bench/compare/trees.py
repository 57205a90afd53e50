"""Times Grimoire's tree learners beside scikit-learn, XGBoost and LightGBM, turn by turn.

    python bench/compare/trees.py [--job JOB ... | all] [--threads 1 2] [--repeats 3] [--peers sklearn xgboost lightgbm]
                                  [--ours PATH] [--mnist FOLDER] [--json FILE] [--short]

Run it with the Python that has the peers; ours is build/.../bench/compare/bench_trees. For each job and thread count every side is a
fresh process that reads the same rows and fits once; the sides take turns, `--repeats` times, so that a disturbance of the machine hits
all alike. Reading files and importing are not timed; binning (XGBoost's and LightGBM's data set objects too) is part of the fit.
Columns: least wall and CPU seconds of a fit, seconds to predict the test rows, accuracy and AUC on them.

The rows: MNIST (60,000 by 784 bytes; 10,000 test rows), or `normal`: 28 standard normal columns as float32 and two classes drawn with
probability 1 / (1 + exp(-1.5 f)), f a fixed sum of products, waves and steps of 14 of the columns (`signal` below); seeds are in JOBS.

Settings are equal on all sides: XGBoost-like jobs use depth 6, rate .3, lambda 1, least hessian 1, 255 or 256 bins, no other
limits; `leaves` is LightGBM's default shape: 31 leaves, rate .1, 20 rows a leaf. --short runs our side alone on a few rows.
"""

import argparse
import array
import gzip
import importlib
import json
import os
import pathlib
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPTH6 = ["max-depth=6", "max-leaves=0", "learning-rate=0.3", "lambda=1", "min-child-weight=1", "min-samples-leaf=1"]
# name: (rows, model of ours, our parameters, peers)
JOBS = {
    "forest-mnist": ("mnist", "forest", ["trees=100"], ["sklearn"]),
    "extra-mnist": ("mnist", "extra-trees", ["trees=100"], ["sklearn"]),
    "forest-normal": ("normal-100k", "forest", ["trees=20"], ["sklearn"]),
    "boosting-normal": ("normal-900k", "boosting", DEPTH6 + ["rounds=100"], ["xgboost", "lightgbm"]),
    "leaves-normal": ("normal-900k", "boosting", ["rounds=100"], ["lightgbm", "xgboost", "sklearn"]),
    "boosting-mnist": ("mnist", "boosting", DEPTH6 + ["rounds=20"], ["xgboost", "lightgbm"]),
    "tree-mnist": ("mnist", "tree", ["criterion=entropy", "max-depth=10"], ["sklearn"]),
    "short": ("few", "boosting", ["rounds=5"], []),
}
SETS = {  # rows, columns, classes, type, test rows, seeds
    "mnist": (60000, 784, 10, "u8", 10000, None),
    "normal-100k": (100000, 28, 2, "f32", 20000, (3, 4)),
    "normal-900k": (900000, 28, 2, "f32", 100000, (1, 2)),
    "few": (500, 4, 2, "f32", 500, None),
}


def signal(np, x):
    return (1.2 * x[:, 0] * x[:, 1] + np.abs(x[:, 2]) - 0.8 + 0.7 * np.sin(2 * x[:, 3]) + 0.6 * x[:, 4]
            + 0.5 * (x[:, 5] > 0.3) * x[:, 6] + 0.3 * x[:, 7] * x[:, 8] - 0.4 * x[:, 9] ** 2 + 0.4 + 0.25 * x[:, 10:14].sum(1))


def write_few(folder):
    draw = random.Random(1)
    for part in ("train", "test"):
        x = array.array("f", (draw.gauss(0, 1) for _ in range(SETS["few"][0] * SETS["few"][1])))
        y = array.array("d", (float(v > 0) for v in x[:: SETS["few"][1]]))
        pathlib.Path(folder, f"few-{part}.x").write_bytes(x.tobytes())
        pathlib.Path(folder, f"few-{part}.y").write_bytes(y.tobytes())


def write_set(name, folder, mnist):
    if name == "few":
        return write_few(folder)
    import numpy as np

    rows, columns, _, _, test_rows, seeds = SETS[name]
    for part, count, i in (("train", rows, 0), ("test", test_rows, 1)):
        if seeds:
            rng = np.random.default_rng(seeds[i])
            x = rng.standard_normal((count, columns), dtype=np.float32)
            y = (rng.random(count) < 1 / (1 + np.exp(-1.5 * signal(np, x)))).astype(np.float64)
        else:
            stem = pathlib.Path(mnist, "train" if part == "train" else "t10k")
            x = np.frombuffer(gzip.open(f"{stem}-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
            y = np.frombuffer(gzip.open(f"{stem}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8).astype(np.float64)
        x.tofile(f"{folder}/{name}-{part}.x")
        y.tofile(f"{folder}/{name}-{part}.y")


def read_set(name, folder, part):
    import numpy as np

    _, columns, _, kind, _, _ = SETS[name]
    x = np.fromfile(f"{folder}/{name}-{part}.x", np.uint8 if kind == "u8" else np.float32).reshape(-1, columns)
    return x, np.fromfile(f"{folder}/{name}-{part}.y", np.float64).astype(np.int64)


def sklearn_model(job, threads):
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier

    return {
        "forest-mnist": lambda: RandomForestClassifier(100, n_jobs=threads, random_state=0),
        "extra-mnist": lambda: ExtraTreesClassifier(100, n_jobs=threads, random_state=0),
        "forest-normal": lambda: RandomForestClassifier(20, n_jobs=threads, random_state=0),
        "leaves-normal": lambda: HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, early_stopping=False),
        "tree-mnist": lambda: DecisionTreeClassifier(criterion="entropy", max_depth=10, random_state=0),
    }[job]()


def fit_peer(peer, job, threads, x, y, classes):
    """Fits and returns a function from rows to probabilities."""
    leaves = job == "leaves-normal"
    rounds = 20 if job == "boosting-mnist" else 100
    if peer == "sklearn":
        model = sklearn_model(job, threads).fit(x, y)
        return model.predict_proba
    if peer == "xgboost":
        import xgboost as xgb

        objective = "multi:softprob" if classes > 2 else "binary:logistic"
        params = {"tree_method": "hist", "nthread": threads, "max_bin": 256, "objective": objective}
        if classes > 2:
            params["num_class"] = classes
        if leaves:
            params |= {"grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0, "eta": 0.1, "lambda": 0, "min_child_weight": 0.001}
        else:
            params |= {"max_depth": 6, "eta": 0.3, "lambda": 1, "min_child_weight": 1}
        model = xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=256, nthread=threads), rounds)
        return lambda rows: model.predict(xgb.DMatrix(rows))
    import lightgbm as lgb

    params = {"num_threads": threads, "verbose": -1, "max_bin": 255, "objective": "multiclass" if classes > 2 else "binary"}
    if classes > 2:
        params["num_class"] = classes
    if leaves:
        params |= {"num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 20}
    else:
        params |= {"max_depth": 6, "num_leaves": 64, "learning_rate": 0.3, "lambda_l2": 1}
        params |= {"min_sum_hessian_in_leaf": 1, "min_data_in_leaf": 1}
    model = lgb.train(params, lgb.Dataset(x, y), rounds)
    return model.predict


def cpu_seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def work(peer, job, threads, folder):
    import numpy as np

    name = JOBS[job][0]
    classes = SETS[name][2]
    x, y = read_set(name, folder, "train")
    test_x, test_y = read_set(name, folder, "test")
    importlib.import_module("sklearn.ensemble" if peer == "sklearn" else peer)
    wall, cpu = time.perf_counter(), cpu_seconds()
    predict = fit_peer(peer, job, threads, x, y, classes)
    result = {"fit_wall": time.perf_counter() - wall, "fit_cpu": cpu_seconds() - cpu}
    wall = time.perf_counter()
    p = np.asarray(predict(test_x))
    result["predict_wall"] = time.perf_counter() - wall
    if classes == 2:
        from sklearn.metrics import roc_auc_score

        p1 = p if p.ndim == 1 else p[:, 1]
        result |= {"score": float(((p1 > 0.5) == test_y).mean()), "auc": float(roc_auc_score(test_y, p1))}
    else:
        result["score"] = float((p.argmax(1) == test_y).mean())
    print(json.dumps(result))


def command_of(side, job, threads, folder, ours):
    name, model, params, _ = JOBS[job]
    rows, columns, classes, kind, test_rows, _ = SETS[name]
    if side != "ours":
        return [sys.executable, __file__, "--worker", side, "--job", job, "--threads", str(threads), "--folder", folder]
    stem = f"{folder}/{name}"
    return [ours, "--model", model, "--threads", str(threads), "--x", f"{stem}-train.x", "--y", f"{stem}-train.y", "--rows", str(rows),
            "--columns", str(columns), "--classes", str(classes), "--type", kind, "--test-x", f"{stem}-test.x",
            "--test-y", f"{stem}-test.y", "--test-rows", str(test_rows), "--row-latency", *params]


def compare(job, threads, folder, args):
    sides = ["ours"] + [p for p in JOBS[job][3] if p in args.peers]
    results = {side: [] for side in sides}
    for _ in range(args.repeats):
        for side in sides:
            env = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
            done = subprocess.run(command_of(side, job, threads, folder, args.ours), capture_output=True, text=True, env=env)
            if done.returncode:
                if side == "ours":
                    sys.exit(f"error: {done.args[0]}: {done.stderr.strip()[-300:]}")
                print(f"{job} {side}: {done.stderr.strip()[-300:]}")
                break
            results[side].append(json.loads(done.stdout.strip().splitlines()[-1]))
    table = {}
    for side, runs in results.items():
        if not runs:
            continue
        best = {key: min(r[key] for r in runs) for key in ("fit_wall", "fit_cpu", "predict_wall")}
        best |= {key: value for key, value in runs[0].items() if key not in best}
        table[side] = best
        extra = "".join(f"  {key} {best[key]:.4g}" for key in ("auc", "row_us_median", "row_us_p99", "bytes_a_node") if key in best)
        print(f"{job:16} {threads} thread{'s' * (threads > 1)}  {side:9} fit {best['fit_wall']:7.2f} s (cpu {best['fit_cpu']:7.2f})  "
              f"predict {best['predict_wall']:6.3f} s  accuracy {best['score']:.4f}{extra}", flush=True)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--job", nargs="+", default=["all"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["sklearn", "xgboost", "lightgbm"])
    parser.add_argument("--ours", default=str(ROOT / "build/release/bench/compare/bench_trees"))
    parser.add_argument("--mnist", default=str(ROOT / "../shared/data/mnist"))
    parser.add_argument("--json")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true", help="our side alone, a few rows")
    args = parser.parse_args()
    if args.short:
        args.job, args.threads, args.repeats = ["short"], [1], 1
    if args.worker:
        return work(args.worker, args.job[0], args.threads[0], args.folder)
    jobs = [job for job in JOBS if job != "short"] if args.job == ["all"] else args.job
    print(f"{platform.machine()}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.2f}")
    everything = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in {JOBS[job][0]: None for job in jobs}:
            write_set(name, folder, args.mnist)
        for job in jobs:
            for threads in args.threads:
                everything[f"{job}/{threads}"] = compare(job, threads, folder, args)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
