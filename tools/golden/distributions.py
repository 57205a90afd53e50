"""tests/golden/distributions.json: the sixteen families at ordinary and extreme parameters, by mpmath at 60 digits.

Every number comes from the definition, none from another library's distributions: densities from log-gamma functions, tails as sums
of positive terms (series of the incomplete gamma and beta functions, probabilities of counts) or, where a series would take too long,
by Gauss-Legendre integration of the density outwards from x. The smaller tail is computed, the other is what it leaves of 1.

    oracle/bin/pip install mpmath gmpy2 && oracle/bin/python tools/golden/distributions.py
"""

import json
import math
import sys

import mpmath
from mpmath import mp, mpf

from common import versions, write_json

mp.dps = 60
INF = float("inf")
LN_TINY = -800  # logarithms of tails below it are written, the tails themselves are 0 in a double


# --- integration -----------------------------------------------------------------------------------------------------

NODES = None


def legendre(n=40):
    """Nodes and weights of Gauss and Legendre on [-1, 1]."""
    global NODES
    if NODES is None:
        nodes = []
        for i in range(1, n + 1):
            x = mp.cos(mp.pi * (i - mpf(1) / 4) / (n + mpf(1) / 2))
            for _ in range(12):
                p0, p1 = mpf(1), x
                for k in range(2, n + 1):
                    p0, p1 = p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k
                slope = n * (x * p1 - p0) / (x * x - 1)
                x -= p1 / slope
            nodes.append((x, 2 / ((1 - x * x) * slope * slope)))
        NODES = nodes
    return NODES


def outwards(log_f, x, width, edge):
    """ln of the integral of exp(log_f) from x away to `edge`, by panels of `width` (signed; a number or a function of the place) until
    nothing is added."""
    top, total, at, small = log_f(x), mpf(0), x, 0
    for _ in range(4000):
        step = width(at) if callable(width) else width
        end = at + step
        if (step > 0 and end > edge) or (step < 0 and end < edge):
            end = edge
        half, middle = (end - at) / 2, (end + at) / 2
        part = abs(half) * mp.fsum(w * mp.exp(log_f(middle + half * t) - top) for t, w in legendre())
        total += part
        small = small + 1 if part < total * mpf(10) ** -45 else 0
        if end == edge or small == 2:
            return top + mp.log(total)
        at = end
    raise RuntimeError("too many panels")


# --- tails: each returns (ln lower, ln upper) ------------------------------------------------------------------------

def both(log_small, lower):
    other = mp.log1p(-mp.exp(log_small)) if log_small < 0 else -mp.inf
    return (log_small, other) if lower else (other, log_small)


def gamma_tails(a, x):
    if x <= 0:
        return -mp.inf, mpf(0)
    lower = x < a
    if a > 10**6:
        log_f = lambda t: (a - 1) * mp.log(t) - t - log_norm
        log_norm = mp.loggamma(a)
        step = mp.sqrt(a) * (mpf(1) if abs(x - a) < 5 * mp.sqrt(a) else mp.sqrt(a) / abs(x - a) * 5)
        return both(outwards(log_f, x, -step if lower else step, mpf(0) if lower else mp.inf), lower)
    if lower or x < 2:  # x^a e^-x / Gamma(a + 1) sum x^n / ((a + 1) ... (a + n))
        term = total = mpf(1)
        n = 0
        while term > total * mpf(10) ** -70:
            n += 1
            term *= x / (a + n)
            total += term
        log_p = a * mp.log(x) - x - mp.loggamma(a + 1) + mp.log(total)
        if log_p > -mpf(1) / 10:  # the other is small: with more digits
            with mp.workdps(500):
                term = total = mpf(1)
                n = 0
                while term > total * mpf(10) ** -480:
                    n += 1
                    term *= x / (a + n)
                    total += term
                p = x**a * mp.exp(-x) / mp.gamma(a + 1) * total
                return mp.log(p), mp.log(1 - p)
        return both(log_p, True)
    with mp.workdps(80):  # Lentz on the continued fraction of Q
        f, c, d, n = x + 1 - a, x + 1 - a, mpf(0), 0
        if f == 0:
            f = c = mpf(10) ** -200
        while True:
            n += 1
            an, bn = -n * (n - a), x + 2 * n + 1 - a
            d = 1 / (bn + an * d)
            c = bn + an / c
            f *= c * d
            if abs(c * d - 1) < mpf(10) ** -70:
                break
        return both(a * mp.log(x) - x - mp.loggamma(a) - mp.log(f), False)


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def beta_series(a, b, x, y):
    """ln I_x(a, b) = ln(x^a y^b / (a B) sum (a + b) ... (a + b + n - 1) / ((a + 1) ... (a + n)) x^n)"""
    term = total = mpf(1)
    n = 0
    while True:
        term *= (a + b + n) / (a + 1 + n) * x
        n += 1
        total += term
        ratio = (a + b + n) / (a + 1 + n) * x
        if ratio < 1 and term / (1 - ratio) < total * mpf(10) ** -50:
            break
        if n > 3 * 10**6:
            raise RuntimeError("too many terms")
    return a * mp.log(x) + b * mp.log(y) - mp.log(a) - log_beta(a, b) + mp.log(total)


def beta_tails(a, b, x, y):
    """x + y = 1, both exact."""
    if x <= 0:
        return -mp.inf, mpf(0)
    if y <= 0:
        return mpf(0), -mp.inf
    lower = x * (a + b) < a
    if not lower:
        a, b, x, y = b, a, y, x
    if a > 2000 or x > mpf(9) / 10:
        if a > 50 and b > 50:  # outwards in the smaller of the two, so that both keep their digits
            norm, n = log_beta(a, b), a + b
            spread = mp.sqrt(a * b / n) / n
            away = abs(a / n - x)
            step = spread if away < 5 * spread else 5 * spread * spread / away
            if x < y:
                log_f = lambda t: (a - 1) * mp.log(t) + (b - 1) * mp.log1p(-t) - norm
                return both(outwards(log_f, x, -step, mpf(0)), lower)
            log_f = lambda t: (b - 1) * mp.log(t) + (a - 1) * mp.log1p(-t) - norm
            return both(outwards(log_f, y, step, mpf(1)), lower)
        # b is small, a large: in s = -ln t over [-ln x, inf), the density is e^(-a s) (1 - e^-s)^(b - 1)
        norm = log_beta(a, b)
        s0 = -mp.log(x) if x < mpf(1) / 2 else -mp.log1p(-y)
        log_f = lambda s: -a * s + (b - 1) * mp.log(-mp.expm1(-s)) - norm
        return both(outwards(log_f, s0, lambda s: min(2 / a, s / 2), mp.inf), lower)
    return both(beta_series(a, b, x, y), lower)


def normal_tails(z):
    lower = z < 0
    with mp.workdps(80):
        z = abs(z)
        tail = mp.log(mp.erfc(z / mp.sqrt(2)) / 2) if z < 60 else log_mills(z)
    return both(tail, lower)


def log_mills(z):
    f, c, d, n = z, z, mpf(0), 0
    while True:
        n += 1
        d = 1 / (z + n * d)
        c = z + n / c
        f *= c * d
        if abs(c * d - 1) < mpf(10) ** -70:
            return -z * z / 2 - mp.log(2 * mp.pi) / 2 - mp.log(f)


def t_norm(df):
    """ln of the density's factor before its power, with digits enough for what cancels."""
    with mp.workdps(60 + 2 * max(0, int(mp.log10(df)))):
        return mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2


def t_tails(df, t):
    lower = t < 0
    t = abs(t)
    if t == 0:
        return -mp.log(2), -mp.log(2)
    if df > 1000 and t * t < df:
        norm = t_norm(df)
        log_f = lambda s: norm - (df + 1) / 2 * mp.log1p(s * s / df)
        tail = outwards(log_f, t, mpf(1) / 2 if t < 5 else 3 / t, mp.inf)
    elif t * t < df:  # 1/2 - I_y(1/2, df/2) / 2
        with mp.workdps(300):
            y = t * t / (df + t * t)
            term = total = 1 / mpf(1)
            n = 0
            while term > total * mpf(10) ** -280:
                term *= (mpf(1) / 2 + df / 2 + n) / (mpf(3) / 2 + n) * y
                n += 1
                total += term
            inner = mp.sqrt(y) * (1 - y) ** (df / 2) * 2 / mp.beta(mpf(1) / 2, df / 2) * total
            tail = mp.log((1 - inner) / 2)
    else:
        tail = beta_series(df / 2, mpf(1) / 2, df / (df + t * t), t * t / (df + t * t)) - mp.log(2)
    return both(tail, lower)


def sum_tails(log_p, k, low, high, middle):
    """Counts: the tail on its side of the middle is summed."""
    if k < low:
        return -mp.inf, mpf(0)
    if k >= high:
        return mpf(0), -mp.inf
    lower = k < middle
    at, step = (k, -1) if lower else (k + 1, 1)
    top, total = log_p(at), mpf(0)
    while low <= at <= high:
        part = mp.exp(log_p(at) - top)
        total += part
        if part < total * mpf(10) ** -40:
            break
        at += step
    return both(top + mp.log(total), lower)


# --- families --------------------------------------------------------------------------------------------------------

def log_choose(n, k):
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def powed(p, k):
    return mpf(0) if k == 0 else (k * mp.log(p) if p > 0 else -mp.inf)


class Family:
    discrete = False
    low, high = mpf(0), mp.inf

    def moments(self):
        return {}


class Normal(Family):
    low = -mp.inf

    def __init__(s, mean, sd):
        s.m, s.sd = mean, sd

    def log_pdf(s, x):
        return -((x - s.m) / s.sd) ** 2 / 2 - mp.log(2 * mp.pi) / 2 - mp.log(s.sd)

    def tails(s, x):
        return normal_tails((x - s.m) / s.sd)

    def moments(s):
        return [s.m, s.sd**2, 0, 0, mp.log(2 * mp.pi * mp.e) / 2 + mp.log(s.sd)]


class T(Family):
    low = -mp.inf

    def __init__(s, df, location=mpf(0), scale=mpf(1)):
        s.df, s.l, s.s = df, location, scale

    def log_pdf(s, x):
        t = (x - s.l) / s.s
        return t_norm(s.df) - (s.df + 1) / 2 * mp.log1p(t * t / s.df) - mp.log(s.s)

    def tails(s, x):
        return t_tails(s.df, (x - s.l) / s.s)

    def moments(s):
        v = s.df
        with mp.workdps(60 + 3 * max(0, int(mp.log10(v)))):
            h = (v + 1) / 2
            entropy = h * (mp.digamma(h) - mp.digamma(v / 2)) - t_norm(v) + mp.log(s.s)
        return [s.l if v > 1 else mp.nan, s.s**2 * v / (v - 2) if v > 2 else mp.inf if v > 1 else mp.nan, 0 if v > 3 else mp.nan,
                6 / (v - 4) if v > 4 else mp.inf if v > 2 else mp.nan, entropy]


class Gamma(Family):
    def __init__(s, shape, scale=mpf(1)):
        s.a, s.s = shape, scale

    def log_pdf(s, x):
        z = x / s.s
        if z == 0:
            return mp.inf if s.a < 1 else -mp.inf if s.a > 1 else -mp.log(s.s)
        return (s.a - 1) * mp.log(z) - z - mp.loggamma(s.a) - mp.log(s.s)

    def tails(s, x):
        return gamma_tails(s.a, x / s.s)

    def moments(s):
        a = s.a
        return [a * s.s, a * s.s**2, 2 / mp.sqrt(a), 6 / a, a + mp.log(s.s) + mp.loggamma(a) + (1 - a) * mp.digamma(a)]


class ChiSquare(Gamma):
    def __init__(s, df):
        super().__init__(df / 2, mpf(2))


class Beta(Family):
    high = mpf(1)

    def __init__(s, a, b):
        s.a, s.b = a, b

    def log_pdf(s, x):
        return (powed(x, s.a - 1) if x > 0 or s.a == 1 else (mp.inf if s.a < 1 else -mp.inf)) + (
            (s.b - 1) * mp.log1p(-x) if x < 1 and s.b != 1 else mpf(0) if s.b == 1 else (mp.inf if s.b < 1 else -mp.inf)) - log_beta(s.a, s.b)

    def tails(s, x):
        return beta_tails(s.a, s.b, x, 1 - x)

    def moments(s):
        a, b = s.a, s.b
        n = a + b
        return [a / n, a * b / (n * n * (n + 1)), 2 * (b - a) * mp.sqrt(n + 1) / ((n + 2) * mp.sqrt(a * b)),
                6 * ((a - b) ** 2 * (n + 1) - a * b * (n + 2)) / (a * b * (n + 2) * (n + 3)),
                log_beta(a, b) - (a - 1) * mp.digamma(a) - (b - 1) * mp.digamma(b) + (n - 2) * mp.digamma(n)]


class F(Family):
    def __init__(s, df1, df2):
        s.a, s.b = df1 / 2, df2 / 2

    def log_pdf(s, f):
        if f == 0:
            return mp.inf if s.a < 1 else -mp.inf if s.a > 1 else mpf(0)
        r = s.a / s.b * f
        return s.a * mp.log(r) - (s.a + s.b) * mp.log1p(r) - log_beta(s.a, s.b) - mp.log(f)

    def tails(s, f):
        r = s.a / s.b * f
        return beta_tails(s.a, s.b, r / (1 + r), 1 / (1 + r))

    def moments(s):
        a, b = s.a, s.b
        m, n = 2 * a, 2 * b
        return [b / (b - 1) if b > 1 else mp.inf,
                b * b * (a + b - 1) / (a * (b - 1) ** 2 * (b - 2)) if b > 2 else mp.inf if b > 1 else mp.nan,
                (2 * m + n - 2) * mp.sqrt(8 * (n - 4)) / ((n - 6) * mp.sqrt(m * (m + n - 2))) if n > 6 else mp.nan,
                12 * (m * (5 * n - 22) * (m + n - 2) + (n - 4) * (n - 2) ** 2) / (m * (n - 6) * (n - 8) * (m + n - 2)) if n > 8 else mp.nan,
                log_beta(a, b) + mp.log(b / a) + (1 - a) * mp.digamma(a) - (1 + b) * mp.digamma(b) + (a + b) * mp.digamma(a + b)]


class Exponential(Family):
    def __init__(s, rate):
        s.r = rate

    def log_pdf(s, x):
        return mp.log(s.r) - s.r * x

    def tails(s, x):
        return mp.log(-mp.expm1(-s.r * x)) if x > 0 else -mp.inf, -s.r * x

    def moments(s):
        return [1 / s.r, s.r**-2, 2, 6, 1 - mp.log(s.r)]


class Lognormal(Family):
    def __init__(s, mu, sigma):
        s.mu, s.sigma = mu, sigma

    def log_pdf(s, x):
        return -((mp.log(x) - s.mu) / s.sigma) ** 2 / 2 - mp.log(2 * mp.pi) / 2 - mp.log(s.sigma) - mp.log(x)

    def tails(s, x):
        return normal_tails((mp.log(x) - s.mu) / s.sigma)

    def moments(s):
        v = s.sigma**2
        e, w = mp.expm1(v), mp.exp(v)
        return [mp.exp(s.mu + v / 2), e * mp.exp(2 * s.mu + v), (w + 2) * mp.sqrt(e), w**4 + 2 * w**3 + 3 * w**2 - 6,
                s.mu + mp.log(2 * mp.pi * mp.e) / 2 + mp.log(s.sigma)]


class Weibull(Family):
    def __init__(s, shape, scale=mpf(1)):
        s.k, s.s = shape, scale

    def log_pdf(s, x):
        return mp.log(s.k / s.s) + (s.k - 1) * mp.log(x / s.s) - (x / s.s) ** s.k

    def tails(s, x):
        h = (x / s.s) ** s.k
        return mp.log(-mp.expm1(-h)), -h

    def moments(s):
        with mp.workdps(120):
            g = [mp.gamma(1 + r / s.k) for r in range(5)]
            m, v = g[1], g[2] - g[1] ** 2
            return [s.s * m, s.s**2 * v, (g[3] - 3 * m * v - m**3) / v**mpf(1.5),
                    (g[4] - 4 * m * g[3] + 6 * m * m * g[2] - 3 * m**4) / v**2 - 3, mp.euler * (1 - 1 / s.k) + mp.log(s.s / s.k) + 1]


class Uniform(Family):
    def __init__(s, low, high):
        s.low, s.high = low, high

    def log_pdf(s, x):
        return -mp.log(s.high - s.low)

    def tails(s, x):
        w = s.high - s.low
        return mp.log((x - s.low) / w) if x > s.low else -mp.inf, mp.log((s.high - x) / w) if x < s.high else -mp.inf

    def moments(s):
        w = s.high - s.low
        return [(s.low + s.high) / 2, w * w / 12, 0, mpf(-6) / 5, mp.log(w)]


class Counting(Family):
    discrete = True

    def entropy(s):
        mean, variance = s.moments()[:2]
        if variance == 0:
            return mpf(0)
        middle, total = max(s.low, mp.floor(mean)), mpf(0)
        with mp.workdps(30):
            for at, step in ((middle, 1), (middle - 1, -1)):
                while s.low <= at <= s.high:
                    l = s.log_pdf(at)
                    if l > -mp.inf:
                        total -= mp.exp(l) * l
                        if abs(at - middle) > 3 and -mp.exp(l) * l < total * mpf(10) ** -24:
                            break
                    at += step
        return total


class Binomial(Counting):
    def __init__(s, n, p):
        s.n, s.p, s.high = n, p, n

    def log_pdf(s, k):
        return log_choose(s.n, k) + powed(s.p, k) + powed(1 - s.p, s.n - k)

    def tails(s, k):
        return (mpf(0), -mp.inf) if k >= s.n else beta_tails(s.n - k, k + 1, 1 - s.p, s.p)

    def moments(s):
        p, q = s.p, 1 - s.p
        v = s.n * p * q
        return [s.n * p, v, (q - p) / mp.sqrt(v), (1 - 6 * p * q) / v]


class Bernoulli(Binomial):
    def __init__(s, p):
        super().__init__(mpf(1), p)


class Poisson(Counting):
    def __init__(s, mean):
        s.m = mean

    def log_pdf(s, k):
        return k * mp.log(s.m) - s.m - mp.loggamma(k + 1)

    def tails(s, k):
        below, above = gamma_tails(k + 1, s.m)
        return above, below

    def moments(s):
        return [s.m, s.m, 1 / mp.sqrt(s.m), 1 / s.m]


class Geometric(Counting):
    def __init__(s, p):
        s.p = p

    def log_pdf(s, k):
        return mp.log(s.p) + k * mp.log1p(-s.p)

    def tails(s, k):
        upper = (k + 1) * mp.log1p(-s.p)
        return mp.log(-mp.expm1(upper)), upper

    def moments(s):
        q = 1 - s.p
        return [q / s.p, q / s.p**2, (1 + q) / mp.sqrt(q), 6 + s.p**2 / q]

    def entropy(s):
        return -mp.log(s.p) - (1 - s.p) / s.p * mp.log1p(-s.p)


class NegativeBinomial(Counting):
    def __init__(s, r, p):
        s.r, s.p = r, p

    def log_pdf(s, k):
        return mp.loggamma(s.r + k) - mp.loggamma(s.r) - mp.loggamma(k + 1) + s.r * mp.log(s.p) + k * mp.log1p(-s.p)

    def tails(s, k):
        return beta_tails(s.r, k + 1, s.p, 1 - s.p)

    def moments(s):
        q = 1 - s.p
        return [s.r * q / s.p, s.r * q / s.p**2, (1 + q) / mp.sqrt(s.r * q), 6 / s.r + s.p**2 / (s.r * q)]


class Hypergeometric(Counting):
    def __init__(s, population, marked, n):
        s.N, s.K, s.n = population, marked, n
        s.low, s.high = max(mpf(0), n + marked - population), min(n, marked)

    def log_pdf(s, k):
        return log_choose(s.K, k) + log_choose(s.N - s.K, s.n - k) - log_choose(s.N, s.n)

    def tails(s, k):
        return sum_tails(s.log_pdf, k, s.low, s.high, s.n * s.K / s.N)

    def moments(s):
        N, K, n = s.N, s.K, s.n
        v = n * K / N * (N - K) / N * (N - n) / (N - 1)
        return [n * K / N, v, (N - 2 * K) * mp.sqrt(N - 1) * (N - 2 * n) / (mp.sqrt(n * K * (N - K) * (N - n)) * (N - 2)),
                ((N - 1) * N**2 * (N * (N + 1) - 6 * K * (N - K) - 6 * n * (N - n)) + 6 * n * K * (N - K) * (N - n) * (5 * N - 6))
                / (n * K * (N - K) * (N - n) * (N - 2) * (N - 3))]


MADE = {"normal": (Normal, "mean sd"), "t": (T, "df location scale"), "chi-square": (ChiSquare, "df"), "f": (F, "df1 df2"),
        "beta": (Beta, "a b"), "gamma": (Gamma, "shape scale"), "exponential": (Exponential, "rate"), "lognormal": (Lognormal, "mu sigma"),
        "weibull": (Weibull, "shape scale"), "uniform": (Uniform, "low high"), "bernoulli": (Bernoulli, "p"), "binomial": (Binomial, "n p"),
        "poisson": (Poisson, "mean"), "geometric": (Geometric, "p"), "negative-binomial": (NegativeBinomial, "r p"),
        "hypergeometric": (Hypergeometric, "population marked n")}

ALMOST = 1 - 2.0**-53
CASES = [
    *[("normal", v, []) for v in ((0, 1), (1e12, 1e-3), (0, 1e-300), (-5, 1e300), (3, 2**-900))],
    ("normal", (0, 1), [-1e150, -300.0, 1e10]),
    *[("t", (df,), [-1e300, -1e100, -1e10, -300.0, -30.0, -5.0, -1.0, -0.01, -1e-200, 0.0, 0.3, 2.0, 37.0])
      for df in (0.01, 0.5, 1.0, 2.5, 30.0, 999.0, 4e4)],
    *[("t", (df,), [-36.0, -5.0, -1.0, 0.0, 1e-10, 0.3, 2.0, 8.0, 37.0, 300.0]) for df in (1e6, 1e8, 1e10, 1e15, 1e100, 1e300)],
    ("t", (4, 1e8, 1e-3), []),
    *[("chi-square", (df,), []) for df in (1e-3, 1, 5, 300, 1e5, 1e6, 1e8, 1e10, 1e15)],
    *[("f", v, []) for v in ((1, 1), (0.1, 0.2), (12, 5), (5, 1e6), (1e6, 5), (1e4, 1e4), (1e6, 1e6), (1e8, 3e8), (1e12, 1e12), (1e15, 3),
                             (3, 1e15), (1e15, 1e15))],
    *[("beta", v, []) for v in ((1e-3, 1e-3), (0.5, 0.5), (2, 3), (1, 1), (1e-5, 1e5), (1e3, 2e3), (1e6, 1e6), (1e8, 1), (1, 1e8), (1e9, 2e9),
                                (1e14, 1e14), (1e15, 2), (3, 1e15), (1e-300, 1), (0.25, 3e4), (1e7, 300))],
    *[("gamma", v, []) for v in ((1e-5, 1), (1e-300, 1), (0.5, 1e-200), (2.5, 1), (100, 0.1), (1e5, 1), (3e7, 0.3), (1e9, 1), (1e10, 0.7),
                                 (1e12, 1e12), (1e15, 1), (1e15, 0.1))],
    *[("exponential", (v,), []) for v in (1e-300, 1, 1e300)],
    *[("lognormal", v, []) for v in ((0, 1), (0, 1e-8), (10, 30), (-300, 2), (700, 0.5), (-1000, 30))],
    *[("weibull", v, []) for v in ((0.01, 1), (0.5, 1e200), (1.5, 2), (30, 7), (1e4, 3), (1e8, 1), (2, 1e-200), (1e12, 5))],
    *[("uniform", v, []) for v in ((0, 1), (-1e308, 1.5e308), (1e15, 1e15 + 1), (-1e-300, 3e-300))],
    *[("bernoulli", (v,), [0.0, 1.0]) for v in (0.3, 1e-300, ALMOST)],
    *[("binomial", v, []) for v in ((10, 0.5), (1e3, 1e-3), (1e6, 1e-6), (1e5, 0.7), (1e9, 0.3), (1e12, 1e-3), (1e15, 0.5), (1e15, 1e-15),
                                    (1e15, ALMOST), (9e15, 0.1), (100, 1e-300), (30, 1 - 1e-10))],
    *[("poisson", (v,), []) for v in (1e-300, 0.5, 10, 1e4, 1e6, 1e8, 1e12, 1e15)],
    *[("geometric", (v,), []) for v in (1e-300, 1e-10, 0.3, 1 - 1e-10, ALMOST)],
    *[("negative-binomial", v, []) for v in ((0.5, 0.3), (1e-10, 0.5), (3, 1e-12), (1e6, 1 - 1e-8), (1e10, 0.5), (1e12, 1e-3), (5, 0.9))],
    *[("hypergeometric", v, []) for v in ((50, 20, 10), (1e6, 5e5, 1000), (1e12, 1e3, 1e9), (1e15, 5e14, 1e6), (1e8, 5e7, 4e5), (9e15, 3e15, 100))],
]


def places(d, wanted):
    """Places of interest: about the middle by deviations, or a search for tails of 1e-300, 1e-100, 1e-10 and 1e-2 on both sides."""
    if wanted:
        return wanted
    x = set()
    whole = (lambda v: mp.floor(v)) if d.discrete else (lambda v: v)
    moments = d.moments()
    mean, sd = moments[0], mp.sqrt(moments[1])
    if mp.isfinite(mean) and mp.isfinite(sd) and sd > 0:
        for k in (-8, -1, 0, mpf("0.3"), 8):
            x.add(float(whole(mean + k * sd)))
    for side in (0, 1):
        for target in (-300, -100, -10, -2):
            at = search(d, side, target * mp.log(10))
            if at is not None:
                x.add(at)
    keep = []
    for v in sorted(x):
        inside = (d.low < v < d.high) if not d.discrete else (d.low <= v <= d.high)
        if math.isfinite(v) and inside and (v != 0 or d.discrete or d.low < 0) and (not keep or v != keep[-1]):
            keep.append(v)
    return keep


def search(d, side, target):
    """A double whose tail is near e^target, by bisection over doubles in order; None where there is none inside."""
    def key(v):  # doubles in order as integers
        import struct
        n = struct.unpack("<q", struct.pack("<d", v))[0]
        return n if n >= 0 else -(n & 0x7FFFFFFFFFFFFFFF)

    def back(n):
        import struct
        return struct.unpack("<d", struct.pack("<q", n))[0] if n >= 0 else -struct.unpack("<d", struct.pack("<q", -n))[0]

    def clip(v, other):
        return float(v) if mp.isfinite(v) and abs(v) < 1e308 else other

    low, high = key(clip(d.low, -1e308)), key(clip(d.high, 1e308))
    whole = (lambda v: math.floor(v)) if d.discrete else (lambda v: v)
    moments = d.moments()
    if mp.isfinite(moments[0]) and mp.isfinite(moments[1]) and moments[1] > 0:
        sd = mp.sqrt(moments[1])
        a, b = moments[0] - 400 * sd, moments[0] + 40000 * sd
        if a > d.low and abs(a) < 1e308:
            low = key(float(a))
        if b < d.high and abs(b) < 1e308:
            high = key(float(b))
    for _ in range(22):  # a place near the target is enough
        middle = (low + high) // 2
        v = float(whole(back(middle)))
        try:
            tail = d.tails(mpf(v))[side]
        except (RuntimeError, ValueError, ZeroDivisionError):
            return None
        if (tail < target) == (side == 0):
            low = middle
        else:
            high = middle
        if abs(tail - target) < abs(target) / 50:
            return v
    v = float(whole(back((low + high) // 2)))
    tail = d.tails(mpf(v))[side]
    return v if abs(tail - target) < abs(target) else None


# --- maximum likelihood --------------------------------------------------------------------------------------------

def newton(f, x):
    """A root by mpmath's secant from a good start, at 60 digits."""
    return mp.findroot(f, x, tol=mpf(10) ** -80, maxsteps=200)


def fit_gamma(x):
    m = mp.fsum(x) / len(x)
    gap = mp.log(m) - mp.fsum(mp.log(v) for v in x) / len(x)
    a = newton(lambda a: mp.log(a) - mp.digamma(a) - gap, (1 / (2 * gap), 1 / (2 * gap) * mpf("1.0001") + mpf("0.01")))
    return [a, m / a]


def fit_chi_square(x):
    y = mp.fsum(mp.log(v / 2) for v in x) / len(x)
    return [2 * newton(lambda a: mp.digamma(a) - y, (mp.exp(y) + mpf("0.5"), mp.exp(y) + mpf("0.6")))]


def fit_lognormal(x):
    l = [mp.log(v) for v in x]
    m = mp.fsum(l) / len(l)
    return [m, mp.sqrt(mp.fsum((v - m) ** 2 for v in l) / len(l))]


def fit_weibull(x):
    top = max(x)
    l = [mp.log(v / top) for v in x]
    middle = mp.fsum(l) / len(l)
    sd = mp.sqrt(mp.fsum((v - middle) ** 2 for v in l) / len(l))

    def f(k):
        w = [mp.exp(k * v) for v in l]
        return 1 / k - mp.fsum(a * v for a, v in zip(w, l)) / mp.fsum(w) + middle
    k = newton(f, (1 / sd, mpf("1.3") / sd))
    return [k, top * (mp.fsum(mp.exp(k * v) for v in l) / len(l)) ** (1 / k)]


def fit_beta(x):
    n = len(x)
    m = mp.fsum(x) / n
    v = mp.fsum((t - m) ** 2 for t in x) / n
    lx, ly = mp.fsum(mp.log(t) for t in x) / n, mp.fsum(mp.log(1 - t) for t in x) / n
    total = m * (1 - m) / v - 1

    def f(mu, scale):
        a, b = total * scale * mu, total * scale * (1 - mu)
        both = mp.digamma(a + b)
        return [(mp.digamma(a) - both - lx) / v, (mp.digamma(b) - both - ly) / v]
    with mp.workdps(90):
        mu, scale = mp.findroot(f, (m, mpf(1)), tol=mpf(10) ** -60, maxsteps=200)
    return [total * scale * mu, total * scale * (1 - mu)]


def fit_normal(x):
    m = mp.fsum(x) / len(x)
    return [m, mp.sqrt(mp.fsum((v - m) ** 2 for v in x) / len(x))]


def fits():
    whole, plain = [1.0, 2.0, 3.0, 4.0, 5.0], [0.2, 1.7, 0.9, 3.1, 2.2, 0.6]
    shares = [0.1, 0.35, 0.62, 0.5, 0.8]
    positive = [plain, *[[b + v for v in whole] for b in (1e6, 1e8, 1e10, 1e15)], [v * 2.0**-900 for v in plain], [v * 2.0**900 for v in plain],
                [1e-300, 1e300, 1.0]]
    inside = [shares, *[[0.5 + e * v for v in whole] for e in (1e-3, 1e-6, 1e-9)], [v * 1e-8 for v in shares], [1 - v * 2.0**-40 for v in shares]]
    rows = []
    for name, solve, sets in (("gamma", fit_gamma, positive), ("lognormal", fit_lognormal, positive), ("weibull", fit_weibull, positive),
                              ("chi-square", fit_chi_square, positive[:5]), ("normal", fit_normal, positive), ("beta", fit_beta, inside)):
        for x in sets:
            try:
                rows.append({"name": name, "x": x, "at": [number(v) for v in solve([mpf(v) for v in x])]})
            except (ValueError, ZeroDivisionError) as e:
                print("left out:", name, x, e, file=sys.stderr)
    return rows


def number(v):
    if mp.isnan(v):
        return "NaN"
    if mp.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    f = float(v)
    return ("Infinity" if f > 0 else "-Infinity") if math.isinf(f) else f


def main():
    rows = []
    if sys.argv[1:] == ["fits"]:
        return print(json.dumps(fits()))
    families = sys.argv[1:]  # all, or those named: to look at, nothing is written then
    for name, parameters, wanted in CASES:
        if families and name not in families:
            continue
        make, keys = MADE[name]
        values = [mpf(v) for v in parameters]
        d = make(*values)
        moments = list(d.moments())
        if d.discrete:
            moments.append(d.entropy() if moments[1] < 10**6 or name == "geometric" else mp.nan)
        row = {"name": name, "parameters": dict(zip(keys.split(), (float(v) for v in parameters))),
               "moments": [number(mpf(m)) for m in moments], "x": [], "log_pdf": [], "log_cdf": [], "log_sf": []}
        for x in places(d, wanted):
            try:
                below, above = d.tails(mpf(x))
            except (RuntimeError, ValueError, ZeroDivisionError) as e:
                print("left out:", name, parameters, x, e, file=sys.stderr)
                continue
            row["x"].append(x)
            row["log_pdf"].append(number(d.log_pdf(mpf(x))))
            row["log_cdf"].append(number(below))
            row["log_sf"].append(number(above))
        rows.append(row)
        print(name, parameters, len(row["x"]), file=sys.stderr, flush=True)
    if families:
        return print(json.dumps(rows))
    write_json("distributions.json", {"made_with": versions(mpmath), "distributions": rows, "fits": fits()})


if __name__ == "__main__":
    main()
