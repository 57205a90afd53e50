"""Neighbours and k-means beside faiss, hnswlib, SciPy and scikit-learn, both sides in turn in one run.

    neighbours.py BUILD/bench/compare/bench_neighbours MNIST_FOLDER [--threads 1] [--rounds 2] [--tasks mnist kdtree kmeans hnsw] [--short]

Every line: task, our seconds of CPU time, the peer's, their ratio. Rounds alternate and the best of each side counts. MNIST_FOLDER
holds the four .gz files. Accuracy and recall are printed beside the times, because speed alone means nothing for approximate search.
--short runs k-means of our side alone.
"""

import argparse
import gzip
import subprocess
import time


def clock():
    return time.perf_counter(), time.process_time()


def since(start):
    wall, cpu = clock()
    return wall - start[0], cpu - start[1]


def idx(path):
    import numpy as np

    with gzip.open(path) as f:
        data = f.read()
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def mnist(folder):
    import numpy as np

    train, test = idx(f"{folder}/train-images-idx3-ubyte.gz"), idx(f"{folder}/t10k-images-idx3-ubyte.gz")
    return train.reshape(len(train), -1).astype(np.float32), test.reshape(len(test), -1).astype(np.float32)


def peer_mnist(args):
    import faiss

    faiss.omp_set_num_threads(args.threads)
    train, test = mnist(args.mnist)
    index = faiss.IndexFlatL2(train.shape[1])
    index.add(train)
    start = clock()
    index.search(test, 10)
    return {"search": since(start)}


def peer_kdtree(args):
    import numpy as np
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(1)
    rows, queries = rng.normal(size=(1_000_000, 3)), rng.normal(size=(100_000, 3))
    start = clock()
    tree = cKDTree(rows)
    build = since(start)
    start = clock()
    tree.query(queries, 10, workers=args.threads)
    return {"build": build, "search": since(start)}


def peer_kmeans(args):
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = np.random.default_rng(1).normal(size=(100_000, 28))
    with threadpool_limits(args.threads):
        start = clock()
        fitted = KMeans(10, n_init=1, random_state=0).fit(rows)
        seconds = since(start)
    return {"fit": seconds, "fit an iteration": tuple(s / fitted.n_iter_ for s in seconds)}


def peer_hnsw(args):
    import faiss
    import hnswlib
    import numpy as np

    train, test = mnist(args.mnist)
    flat = faiss.IndexFlatL2(train.shape[1])
    flat.add(train)
    exact = flat.search(test, 10)[1]
    index = hnswlib.Index("l2", train.shape[1])
    index.init_index(len(train), ef_construction=200, M=16, random_seed=1)
    index.set_num_threads(args.threads)
    start = clock()
    index.add_items(train)
    out = {"build": since(start)}
    for ef in (20, 50, 60, 100):
        index.set_ef(ef)
        start = clock()
        found = index.knn_query(test, 10)[0]
        out[f"search ef {ef}"] = since(start)
        hits = sum(len(np.intersect1d(a, b)) for a, b in zip(found, exact))
        print(f"    hnswlib ef {ef}: recall {hits / exact.size:.4f}")
    return out


def ours(args, task):
    lines = subprocess.run([args.program, task, str(args.threads), args.mnist], capture_output=True, text=True, check=True).stdout.splitlines()
    out, iterations = {}, None
    efs = iter((20, 50, 60, 100))
    ef = None
    for line in lines:
        words = line.split()
        if words[0] in ("accuracy", "recall"):
            print(f"    ours{f' ef {ef}' if ef else ''}: {line}")
        elif words[0] == "iterations":
            iterations = int(words[1])
        else:
            name = words[0]
            if task == "hnsw" and name == "search":
                ef = next(efs)
                name = f"search ef {ef}"
            out[name] = (float(words[1]), float(words[2]))
    if iterations:
        out["fit an iteration"] = tuple(s / iterations for s in out["fit"])
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("mnist")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", default=["mnist", "kdtree", "kmeans", "hnsw"])
    parser.add_argument("--short", action="store_true", help="our side alone, k-means")
    args = parser.parse_args()
    if args.short:
        return print(ours(args, "kmeans"))
    peers = {"mnist": (peer_mnist, "faiss"), "kdtree": (peer_kdtree, "SciPy"), "kmeans": (peer_kmeans, "scikit-learn"), "hnsw": (peer_hnsw, "hnswlib")}
    rows = []
    for task in args.tasks:
        best = ({}, {})
        for _ in range(args.rounds):
            for side, result in enumerate((ours(args, task), peers[task][0](args))):
                for name, seconds in result.items():
                    best[side][name] = min(best[side].get(name, (9e9, 9e9)), seconds)
        rows += [(task, name, best[0][name], best[1][name], peers[task][1]) for name in best[0] if name in best[1]]
    print(f"\n{args.threads} thread(s), wall seconds (CPU seconds)")
    print(f"{'task':<10}{'':<20}{'ours':>18}{'peer':>18}  ratio")
    for task, name, mine, other, peer in rows:
        print(f"{task:<10}{name:<20}{mine[0]:>9.4f} ({mine[1]:.3f}){other[0]:>9.4f} ({other[1]:.3f})  {other[0] / mine[0]:.2f}x  {peer}")


if __name__ == "__main__":
    main()
