"""Expected values for the statistics: tests/golden/stats.json.

    python tools/golden/stats.py          needs numpy, scipy, statsmodels, mpmath; Rscript for R's data sets and tests

Distributions are computed with mpmath at 150 digits over a grid that reaches far into both tails; moments and entropies, and
most hypothesis tests, by SciPy and statsmodels; what R computes differently or alone, by R. Classic data sets come from R.
"""

import math
import subprocess

import common
import mpmath as mp
import numpy as np
import scipy
import scipy.stats as st
import statsmodels
import statsmodels.api as sm

mp.mp.dps = 150
INF = mp.inf


def num(x):
    """A float for JSON; infinities and NaN as text."""
    x = float(x)
    return x if math.isfinite(x) else ("inf" if x > 0 else "-inf" if x < 0 else "nan")


def log(x):
    return mp.log(x) if x > 0 else -INF


def gamma_tails(a, x):
    """P(a, x) by its series below the mean, Q(a, x) by its continued fraction above: both without cancellation."""
    a, x = mp.mpf(a), mp.mpf(x)
    lead = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
    if x < a + 1:
        term = total = mp.mpf(1)
        n = 1
        while term > mp.mpf(10) ** -55 * total:
            term *= x / (a + n)
            total += term
            n += 1
        return lead * total, 1 - lead * total
    b, c, d = x + 1 - a, mp.mpf(10) ** 100, 1 / (x + 1 - a)
    total, i, step = d, 1, 0
    while abs(step - 1) > mp.mpf(10) ** -55:
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        step = d * c
        total *= step
        i += 1
    return 1 - lead * a * total, lead * a * total


def beta_tails(a, b, x, y):
    """I_x(a, b) and I_y(b, a): the smaller one by its continued fraction, without cancellation."""
    a, b, x, y = (mp.mpf(v) for v in (a, b, x, y))
    if x <= 0 or y <= 0:
        return (mp.mpf(0), mp.mpf(1)) if x <= 0 else (mp.mpf(1), mp.mpf(0))
    if x > (a + 1) / (a + b + 2):
        return beta_tails(b, a, y, x)[::-1]
    c, d = mp.mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    total, m, step = d, 1, 0
    while abs(step - 1) > mp.mpf(10) ** -55:
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d, c = 1 / (1 + term * d), 1 + term / c
            step = d * c
            total *= step
        m += 1
    lead = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)) / a
    return lead * total, 1 - lead * total


def normal(x, mean, sd):
    z = (mp.mpf(x) - mean) / sd
    return (log(mp.npdf(z)) - mp.log(sd), mp.erfc(-z / mp.sqrt(2)) / 2, mp.erfc(z / mp.sqrt(2)) / 2)


def t(x, df, location, scale):
    z, df = (mp.mpf(x) - location) / scale, mp.mpf(df)
    share = df / (df + z * z)
    tail = beta_tails(df / 2, mp.mpf(1) / 2, share, 1 - share)[0] / 2
    pdf = mp.gamma((df + 1) / 2) / (mp.sqrt(df * mp.pi) * mp.gamma(df / 2)) * (1 + z * z / df) ** (-(df + 1) / 2) / scale
    return (log(pdf), 1 - tail, tail) if z >= 0 else (log(pdf), tail, 1 - tail)


def gamma(x, shape, scale):
    z = mp.mpf(x) / scale
    p, q = gamma_tails(shape, z)
    return ((shape - 1) * mp.log(z) - z - mp.loggamma(shape) - mp.log(scale), p, q)


def chi_square(x, df):
    return gamma(x, mp.mpf(df) / 2, 2)


def beta(x, a, b):
    x = mp.mpf(x)
    return ((mp.mpf(a) - 1) * mp.log(x) + (mp.mpf(b) - 1) * mp.log(1 - x) - mp.log(mp.beta(a, b)), *beta_tails(a, b, x, 1 - x))


def f(x, df1, df2):
    a, b, x = mp.mpf(df1) / 2, mp.mpf(df2) / 2, mp.mpf(x)
    share = a * x / (a * x + b)
    return (a * mp.log(share) + b * mp.log(1 - share) - mp.log(mp.beta(a, b)) - mp.log(x), *beta_tails(a, b, share, 1 - share))


def exponential(x, rate):
    x = mp.mpf(x)
    return (mp.log(rate) - rate * x, -mp.expm1(-rate * x), mp.exp(-rate * x))


def lognormal(x, mu, sigma):
    p = normal(mp.log(x), mu, sigma)
    return (p[0] - mp.log(x), *p[1:])


def weibull(x, shape, scale):
    h = (mp.mpf(x) / scale) ** shape
    return (mp.log(mp.mpf(shape) / scale) + (shape - 1) * mp.log(mp.mpf(x) / scale) - h, -mp.expm1(-h), mp.exp(-h))


def uniform(x, low, high):
    x, width = mp.mpf(x), mp.mpf(high) - mp.mpf(low)
    return (-mp.log(width), (x - mp.mpf(low)) / width, (mp.mpf(high) - x) / width)


def binomial(k, n, p):
    n, p = mp.mpf(n), mp.mpf(p)
    q = 1 - p
    tails = beta_tails(k + 1, n - k, p, q) if k < n else (mp.mpf(0), mp.mpf(1))
    lp = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(p) + (n - k) * mp.log(q)
    return (lp, tails[1], tails[0])


def poisson(k, mean):
    mean = mp.mpf(mean)
    p, q = gamma_tails(k + 1, mean)
    return (k * mp.log(mean) - mean - mp.loggamma(k + 1), q, p)


def negative_binomial(k, r, p):
    r, p = mp.mpf(r), mp.mpf(p)
    a, b = beta_tails(r, k + 1, p, 1 - p)
    return (mp.loggamma(k + r) - mp.loggamma(r) - mp.loggamma(k + 1) + r * mp.log(p) + k * mp.log(1 - p), a, b)


def geometric(k, p):
    p = mp.mpf(p)
    return (mp.log(p) + k * mp.log(1 - p), 1 - (1 - p) ** (k + 1), (1 - p) ** (k + 1))


def hypergeometric(k, population, marked, n):
    def pmf(i):
        return mp.mpf(math.comb(marked, i) * math.comb(population - marked, n - i)) / math.comb(population, n)
    low, high = max(0, n + marked - population), min(n, marked)
    return (log(pmf(k)), mp.fsum(pmf(i) for i in range(low, k + 1)), mp.fsum(pmf(i) for i in range(k + 1, high + 1)))


# name, parameters, the points, SciPy's object for moments
SWEEP = [
    ("normal", normal, {"mean": 0, "sd": 1}, [-140, -40, -10, -3, -0.5, 0, 1e-8, 1.5, 6, 10, 40, 140], st.norm()),
    ("normal", normal, {"mean": 5, "sd": 0.25}, [3, 4.9, 5, 5.5, 9], st.norm(5, 0.25)),
    ("t", t, {"df": 5, "location": 0, "scale": 1}, [-1e6, -50, -2, -0.01, 0, 0.3, 2, 8.3, 100, 1e10], st.t(5)),
    ("t", t, {"df": 1, "location": 0, "scale": 1}, [-1e5, -1, 0.5, 3, 1e100], st.t(1)),
    ("t", t, {"df": 30.5, "location": 2, "scale": 3}, [-100, -1, 2.1, 5, 60], st.t(30.5, 2, 3)),
    ("t", t, {"df": 1000, "location": 0, "scale": 1}, [-60, -8.5, -1, 0.25, 4, 40, 1e4], st.t(1000)),
    ("chi-square", chi_square, {"df": 1}, [1e-8, 0.1, 1, 3.84, 40, 500, 3000], st.chi2(1)),
    ("chi-square", chi_square, {"df": 250}, [1, 50, 200, 250, 300, 900, 5000], st.chi2(250)),
    ("gamma", gamma, {"shape": 2.5, "scale": 1}, [1e-10, 0.1, 1, 3, 20, 700, 2000], st.gamma(2.5)),
    ("gamma", gamma, {"shape": 0.01, "scale": 4}, [1e-30, 0.01, 1, 40, 4000], st.gamma(0.01, scale=4)),
    ("gamma", gamma, {"shape": 1e5, "scale": 1}, [80000, 98000, 1e5, 101000, 120000], st.gamma(1e5)),
    ("beta", beta, {"a": 2, "b": 5}, [1e-12, 0.01, 0.3, 0.5, 0.9, 0.999], st.beta(2, 5)),
    ("beta", beta, {"a": 0.3, "b": 0.2}, [1e-20, 0.01, 0.5, 0.9, 0.9990234375], st.beta(0.3, 0.2)),
    ("beta", beta, {"a": 500, "b": 700}, [0.05, 0.3, 0.40625, 0.4375, 0.6, 0.95], st.beta(500, 700)),
    ("f", f, {"df1": 3, "df2": 20}, [1e-8, 0.1, 1, 4, 100, 1e12], st.f(3, 20)),
    ("f", f, {"df1": 40, "df2": 9}, [1e-3, 0.5, 1, 2, 50, 1e5], st.f(40, 9)),
    ("exponential", exponential, {"rate": 0.5}, [1e-20, 0.1, 1, 50, 2000], st.expon(scale=2)),
    ("lognormal", lognormal, {"mu": 0.5, "sigma": 0.75}, [1e-12, 0.1, 1, 5, 1e6], st.lognorm(0.75, scale=math.exp(0.5))),
    ("weibull", weibull, {"shape": 1.5, "scale": 2}, [1e-9, 0.1, 1, 5, 100], st.weibull_min(1.5, scale=2)),
    ("weibull", weibull, {"shape": 0.5, "scale": 3}, [1e-9, 0.1, 1, 5, 1e7], st.weibull_min(0.5, scale=3)),
    ("uniform", uniform, {"low": -1, "high": 3}, [-0.999, 0, 1, 2.75], st.uniform(-1, 4)),
    ("bernoulli", lambda k, p: binomial(k, 1, p), {"p": 0.3}, [0, 1], st.bernoulli(0.3)),
    ("binomial", binomial, {"n": 10, "p": 0.5}, [0, 1, 3, 5, 9, 10], st.binom(10, 0.5)),
    ("binomial", binomial, {"n": 100, "p": 0.02}, [0, 1, 2, 10, 50, 99], st.binom(100, 0.02)),
    ("binomial", binomial, {"n": 1000000, "p": 0.5}, [400000, 498000, 500000, 501000, 560000], st.binom(1000000, 0.5)),
    ("poisson", poisson, {"mean": 2.5}, [0, 1, 3, 10, 60, 400], st.poisson(2.5)),
    ("poisson", poisson, {"mean": 1000}, [100, 800, 1000, 1100, 3000], st.poisson(1000)),
    ("geometric", geometric, {"p": 0.2}, [0, 1, 5, 50, 5000], st.geom(0.2, loc=-1)),
    ("negative-binomial", negative_binomial, {"r": 5, "p": 0.4}, [0, 1, 7, 40, 3000], st.nbinom(5, 0.4)),
    ("negative-binomial", negative_binomial, {"r": 0.5, "p": 0.01}, [0, 1, 100, 2000, 90000], st.nbinom(0.5, 0.01)),
    ("hypergeometric", hypergeometric, {"population": 50, "marked": 10, "n": 12}, [0, 1, 3, 6, 9, 10], st.hypergeom(50, 10, 12)),
    ("hypergeometric", hypergeometric, {"population": 5000, "marked": 1200, "n": 700}, [20, 100, 150, 168, 200, 500],
     st.hypergeom(5000, 1200, 700)),
]


def entropy(peer):
    """In nats; SciPy's own sum over counts stops too early for wide distributions."""
    if not hasattr(peer, "logpmf"):
        return peer.entropy()
    low, high = (int(v) for v in np.clip(peer.support(), 0, 1_000_000))
    logs = peer.logpmf(np.arange(low, high + 1))
    logs = logs[np.isfinite(logs)]
    return -math.fsum(np.exp(logs) * logs)


def distributions():
    rows = []
    for name, function, parameters, points, peer in SWEEP:
        exact = [mp.mpf(v) if isinstance(v, float) else v for v in parameters.values()]
        row = {"name": name, "parameters": parameters, "x": points}
        columns = {key: [] for key in ("log_pdf", "cdf", "sf", "log_cdf", "log_sf")}
        for x in points:
            log_pdf, cdf, sf = function(x, *exact)
            for key, value in zip(columns, (log_pdf, cdf, sf, log(cdf), log(sf))):
                columns[key].append(num(value))
        mean, variance, skewness, kurtosis = peer.stats("mvsk")
        if name == "t" and parameters["df"] <= 1:
            mean = math.nan  # SciPy says infinite; the integral does not exist
        rows.append(row | columns | {"mean": num(mean), "variance": num(variance), "skewness": num(skewness),
                                     "kurtosis": num(kurtosis), "entropy": num(entropy(peer))})
    return rows


# Data sets and expectations of R, one "name values..." a line, 17 digits.
R = r"""
out <- function(name, ...) cat(name, sprintf("%.17g", c(...)), "\n")
p <- function(name, test) out(name, test$statistic, test$p.value)
out("sleep_1", sleep$extra[1:10]); out("sleep_2", sleep$extra[11:20])
out("plant", PlantGrowth$weight); out("ozone", airquality$Ozone); out("ozone_month", airquality$Month)
out("insects", InsectSprays$count); out("insects_spray", as.integer(InsectSprays$spray))
out("mtcars_am", mtcars$am); out("mtcars_wt", mtcars$wt); out("mtcars_mpg", mtcars$mpg); out("mtcars_hp", mtcars$hp)
out("usarrests", t(as.matrix(USArrests))); out("hair_eye", t(apply(HairEyeColor, c(1, 2), sum)))
out("longley_y", longley$Employed * 1000)
x <- sleep$extra[1:10]; y <- sleep$extra[11:20]
p("r_ks_two", ks.test(x, y + 0.05))
p("r_ks_one", ks.test(x, "pnorm", 1, 2, exact = TRUE))
p("r_ks_less", ks.test(x, "pnorm", 1, 2, alternative = "less", exact = TRUE))
p("r_mw_exact", wilcox.test(mtcars$wt[1:9] + (1:9) / 1000, mtcars$wt[10:20] + (10:20) / 1000))
p("r_mw_greater", wilcox.test(mtcars$mpg[mtcars$am == 1], mtcars$mpg[mtcars$am == 0], alternative = "greater", exact = FALSE))
p("r_wilcox_exact", wilcox.test(c(1.1, -2.2, 3.3, 4.4, -0.5, 6.6, 7.7, 2.9)))
p("r_wilcox_continuity", wilcox.test(x, y, paired = TRUE, exact = FALSE))
p("r_kendall_exact", cor.test(c(1, 5, 2, 8, 3, 9, 4), c(2, 4, 1, 9, 5, 8, 3), method = "kendall"))
p("r_kendall_ties", cor.test(mtcars$wt, mtcars$hp, method = "kendall", exact = FALSE))
p("r_spearman_exact", cor.test(c(1, 5, 2, 8, 3, 9, 4), c(2, 4, 1, 9, 5, 8, 3), method = "spearman"))
f <- fisher.test(matrix(c(12, 5, 3, 14), 2)); out("r_fisher", f$p.value, f$estimate, f$conf.int)
f <- fisher.test(matrix(c(12, 5, 3, 14), 2), alternative = "greater"); out("r_fisher_greater", f$p.value, f$estimate, f$conf.int)
for (n in c(3, 4, 5, 8, 11, 12, 20)) p(paste0("r_shapiro_", n), shapiro.test(mtcars$hp[1:n]))
b <- binom.test(14, 20, .6, alternative = "less"); out("r_binom_less", b$p.value, b$conf.int)
w <- t.test(x, y)
out("r_welch", w$parameter, w$conf.int)
w <- t.test(x, mu = 1, alternative = "greater")
out("r_t_greater", w$statistic, w$p.value, w$conf.int)
r <- cor.test(mtcars$mpg, mtcars$wt); out("r_pearson", r$estimate, r$p.value, r$conf.int)
tk <- TukeyHSD(aov(weight ~ group, PlantGrowth))$group; out("r_tukey", t(tk))
out("r_ptukey", ptukey(3.5, 3, 20, lower = FALSE), ptukey(10, 5, 8, lower = FALSE),
    ptukey(1, 10, 100, lower = FALSE), ptukey(2.5, 2, 2, lower = FALSE))
out("r_qtukey", qtukey(.95, 3, 27), qtukey(.99, 10, 12))
v <- anova(lm(abs(weight - ave(weight, group)) ~ group, PlantGrowth))
out("r_levene_mean", v$F[1], v$P[1])
p("r_bartlett", bartlett.test(weight ~ group, PlantGrowth)); p("r_kruskal", kruskal.test(weight ~ group, PlantGrowth))
p("r_mcnemar", mcnemar.test(matrix(c(794, 86, 150, 570), 2)))
p("r_prop", prop.test(c(83, 90, 129, 70), c(86, 93, 136, 82), correct = FALSE))
l <- summary(lm(mpg ~ wt + hp, mtcars))
out("r_lm", t(l$coefficients), l$r.squared, l$adj.r.squared, l$sigma, l$fstatistic[1], logLik(lm(mpg ~ wt + hp, mtcars)))
g <- glm(am ~ wt, binomial, mtcars, control = list(epsilon = 1e-14))
out("r_logistic", t(summary(g)$coefficients), g$deviance, g$null.deviance, AIC(g))
g <- glm(count ~ spray, poisson, InsectSprays, control = list(epsilon = 1e-14))
out("r_poisson", t(summary(g)$coefficients), g$deviance, g$null.deviance, AIC(g))
out("r_power", power.t.test(n = 20, delta = 1, sd = 2, strict = TRUE)$power,
    power.t.test(n = 15, delta = .6, type = "one.sample", alternative = "one.sided")$power)
"""


def from_r():
    text = subprocess.run(["Rscript", "-e", R], capture_output=True, text=True, check=True).stdout
    rows = {}
    for line in text.splitlines():
        name, *values = line.split()
        rows[name] = [num(v) if v != "NA" else "nan" for v in values]
    return rows


def main():
    golden = {"versions": common.versions(np, scipy, statsmodels, mp)}
    golden["distributions"] = distributions()
    golden["r"] = from_r()
    golden["longley"] = {"x": sm.datasets.longley.load_pandas().exog.values.tolist(), "y": sm.datasets.longley.load_pandas().endog.tolist()}
    golden["spector"] = {"x": sm.datasets.spector.load_pandas().exog.values.tolist(), "y": sm.datasets.spector.load_pandas().endog.tolist()}
    common.write_json("stats.json", golden)


if __name__ == "__main__":
    main()
