"""Times Grimoire's decompositions against LAPACK (NumPy, SciPy) and scikit-learn, in turn, on one thread.

    python bench/compare/linalg.py [--ours PATH] [--rounds N] [--short]

Both sides hold their matrices ready and are asked for one task at a time, ours and theirs alternating; the best and the median
of the rounds are shown. Matrices are random of the same kind on both sides, not the same numbers. --short: one task of ours alone.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import time

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = pathlib.Path(__file__).resolve().parents[2]


def peers():  # imported after the thread count is set
    import numpy as np
    import scipy.linalg
    import scipy.sparse.linalg

    print(f"numpy {np.__version__}, scipy {scipy.__version__}")
    rng = np.random.default_rng(1)
    a1000, a2000 = rng.standard_normal((1000, 1000)), rng.standard_normal((2000, 2000))
    s1000, s2000 = (a1000 + a1000.T) / 2, (a2000 + a2000.T) / 2
    x = rng.standard_normal((60000, 784), dtype=np.float32) / (1 + 0.1 * np.arange(784, dtype=np.float32)) + np.float32(0.5)

    def pca():
        z = x - x.mean(0)
        values, vectors = scipy.linalg.eigh(z.T @ z, subset_by_index=[734, 783])
        return values, vectors

    tasks = {
        "eigen-1000": lambda: np.linalg.eigh(s1000),
        "eigenvalues-1000": lambda: np.linalg.eigvalsh(s1000),
        "svd-1000": lambda: np.linalg.svd(a1000, full_matrices=False),
        "top10-2000": lambda: scipy.sparse.linalg.eigsh(s2000, k=10, which="LA"),
        "pca50-60000x784": pca,
    }
    try:
        import sklearn.decomposition
        solver = sklearn.decomposition.PCA(50, svd_solver="randomized", random_state=0)
        tasks["pca50-60000x784 (scikit-learn, randomised)"] = lambda: solver.fit(x)
    except ImportError:
        pass
    return tasks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", default=ROOT / "build/release/bench/compare/bench_linalg")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="one task of ours alone")
    options = parser.parse_args()
    if options.short:
        print(subprocess.run([options.ours], input="eigenvalues-1000\n", capture_output=True, text=True, check=True).stdout.strip())
        return
    ours = subprocess.Popen([options.ours], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(f"one thread; seconds, best (median) of {options.rounds}")
    for name, peer in peers().items():
        times = {"ours": [], "peer": []}
        for _ in range(options.rounds):
            ours.stdin.write(name.split()[0] + "\n")
            ours.stdin.flush()
            times["ours"].append(float(ours.stdout.readline()))
            start = time.perf_counter()
            peer()
            times["peer"].append(time.perf_counter() - start)
        row = "   ".join(f"{side} {min(t):7.3f} ({statistics.median(t):.3f})" for side, t in times.items())
        print(f"{name:45} {row}", flush=True)
    ours.stdin.close()
    ours.wait()


if __name__ == "__main__":
    main()
