"""Coefficients of src/grimoire/op/simd_math-inl.h: near-minimax polynomials and rationals, in 50-digit arithmetic.

Run:  python tools/golden/minimax.py        (needs mpmath; prints C++ float literals and the error of each fit)

fit() minimises the largest |w(t) (f(t) - P(t) / Q(t))|, Q(0) = 1, over Chebyshev points. Each round solves the linear
least squares problem sum l_i (w_i (P(t_i) - f_i Q(t_i)) / Q_old(t_i))^2: dividing by the last denominator makes it a
rational fit (Sanathanan and Koerner 1963), and multiplying each l_i by its error moves it from least squares to minimax
(Lawson 1961).
"""
import struct

import mpmath as mp

mp.mp.dps = 50


def fit(f, w, lo, hi, p, q=0, power=1, points=240, rounds=60):
    """P and Q of degrees p and q in t**power; returns (P, Q, largest weighted error)."""
    lo, hi = mp.mpf(lo), mp.mpf(hi)
    at = [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * points)) for i in range(points)]
    target, weight = [f(t) for t in at], [w(t) for t in at]
    lawson, below = [mp.mpf(1)] * points, [mp.mpf(1)] * points
    best = None
    for _ in range(rounds):
        rows, right = [], []
        for i, t in enumerate(at):
            scale = weight[i] / below[i] * mp.sqrt(lawson[i])
            row = [t ** (power * k) for k in range(p + 1)] + [-target[i] * t ** (power * k) for k in range(1, q + 1)]
            rows.append([scale * v for v in row])
            right.append(scale * target[i])
        a, b = mp.matrix(rows), mp.matrix(right)
        c = list(mp.lu_solve(a.T * a, a.T * b))
        P, Q = c[: p + 1], [mp.mpf(1)] + c[p + 1 :]
        below = [value(Q, t**power) for t in at]
        error = [abs(weight[i] * (target[i] - value(P, t**power) / below[i])) for i, t in enumerate(at)]
        if best is None or max(error) < best[2]:
            best = P, Q, max(error)
        lawson = [l * e for l, e in zip(lawson, error)]
        total = sum(lawson)
        lawson = [l / total for l in lawson]
    return best


def value(c, t):
    return mp.polyval(c[::-1], t)


def report(title, result):
    P, Q, worst = result
    print(f"{title}: error {mp.nstr(worst, 3)} = 2^{mp.nstr(mp.log(worst, 2), 4)}")
    for name, c in [("P", P), ("Q", Q)]:
        if len(c) > 1:
            print(f"  {name}: " + ", ".join(f"{struct.unpack('f', struct.pack('f', float(v)))[0]:.9g}f" for v in c))


if __name__ == "__main__":
    half_ln2 = mp.log(2) / 2
    # exp(r) = 1 + r + r^2 P(r), relative to exp(r)
    report("exp", fit(lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r**2 / mp.exp(r), -half_ln2, half_ln2, 4))
    # log(1 + f) = f - f^2 / 2 + f^3 P(f), relative to log(1 + f)
    report("log", fit(lambda f: (mp.log1p(f) - f + f * f / 2) / f**3, lambda f: f**3 / mp.log1p(f),
                      mp.sqrt(0.5) - 1, mp.sqrt(2) - 1, 8))
    # tanh(x) = x P(x^2) / Q(x^2) up to 9.02, where it rounds to 1; erf alike up to 3.92
    report("tanh", fit(lambda x: mp.tanh(x) / x, lambda x: x / mp.tanh(x), 0, 9.02, 4, 4, power=2))
    report("erf", fit(lambda x: mp.erf(x) / x, lambda x: x / mp.erf(x), 0, 3.92, 5, 5, power=2))
