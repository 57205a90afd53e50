"""Random numbers of PyTorch's CPU generator and of Python's `random`, re-implemented and checked value for value.

    python tools/golden/rng.py            writes tests/golden/rng.json

Made with torch 2.15.0 and numpy 2.4 on Python 3.11, on an x86-64 CPU with AVX2 and FMA. The classes below are the
specification that the C++ `torch` mode follows: the script asserts that they equal torch (bit for bit unless noted)
and only then writes the values. What they say, in brief:

WORDS. MT19937 seeded by the 2002 init_genrand(seed mod 2^32). `u32` is one tempered word. `u64` is two words, the FIRST
    one high. `double01` = (u64 mod 2^53) / 2^53. `float01` = (u32 mod 2^24) / 2^24.
RAND. float32: one u32 per element; float64: one u64 per element. uniform_(a, b): fma(x, b - a, a) in the tensor's type
    (one rounding: the wheel's compiler contracts the product and the sum); a result equal to b becomes a.
RANDN, n >= 16 and contiguous. Fill all n with rand of the tensor's type; then for every whole block of 16,
    j = 0..7:  u1 = 1 - x[j], u2 = x[j + 8], r = sqrt(-2 ln u1), t = 2 pi u2,  x[j] = r cos t, x[j + 8] = r sin t
    and the result is fma(that, std, mean). If n is no multiple of 16, the LAST 16 places are drawn anew (16 more
    uniforms) and transformed as a block, over what was there. float32 uses Cephes' single-precision polynomials for
    ln, sin and cos with fused multiply-adds (log_cephes, sincos_cephes below: bit-exact); float64 uses libm.
RANDN, n < 16 (or not contiguous). Per element, always in double whatever the tensor's type: if the generator holds a
    spare normal, take it; else u1 = double01, u2 = double01, r = sqrt(-2 log1p(-u2)), t = 2 pi u1, keep r sin t as the
    spare, give r cos t. Result value * std + mean, rounded to the tensor's type. The spare survives other calls in
    between; only seeding drops it.
RANDINT(low, high). range = high - low; low + u32 mod range when range < 2^28, else low + u64 mod range (torch before
    2.7 switched at 2^32). Every integer type alike.
RANDPERM(n). r = 0..n-1; for i = 0..n-2: z = u32 mod (n - i); swap r[i], r[i + z]. n - 1 words (n < 2^32 / 20).
BERNOULLI_(p scalar), and so dropout: double01 < p, two words an element (dropout keeps where double01 < 1 - p and then
    multiplies by noise / (1 - p)). bernoulli(tensor of float32 p): float01 < p, one word an element.
EXPONENTIAL_(lambda): -1 / lambda * log1p(-double01), in double, rounded to the type; two words an element.
MULTINOMIAL, one sample, or without replacement ("modern", since 2022-23): q = exponential_(1) of the row's shape, then
    arg max (top k) of p / q. A row of 27 takes 54 words; a matrix draws for all its elements in row-major order.
MULTINOMIAL with replacement and more than one sample, and every multinomial of older torch: cumulative sum of the row in
    the row's type, divided by its last entry, whose last place is set to 1; for each sample u = double01, the answer is
    the first index whose cumulative value is not below u. Two words a sample.
Intel CPUs: torch's wheels draw scalar bernoulli_ and exponential_ there from MKL's MCG31 stream, so published dropout
    masks and modern multinomial draws made on Intel machines differ. That branch is not reproduced here.

PYTHON. random.seed(int): init_by_array of the 32-bit digits of |seed|, low first. random(): a = u32 >> 5, b = u32 >> 6,
    (a 2^26 + b) / 2^53. getrandbits(k <= 32) = u32 >> (32 - k). randbelow(n): k = bit length of n; draw getrandbits(k)
    until it is below n. shuffle: for i = n-1 down to 1: swap x[i], x[randbelow(i + 1)].
"""

import math
import random

import numpy as np
import torch

import common

f32 = np.float32


# --- the specification ---------------------------------------------------------------------------------------------


class Mt19937:
    """The generator of Matsumoto and Nishimura (1998, initialisation of 2002)."""

    def __init__(self, seed):
        self.fill(seed % 2**32)

    def fill(self, seed):
        state = [seed]
        for i in range(1, 624):
            state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + i) & 0xFFFFFFFF)
        self.state, self.at = state, 624

    def twist(self):
        s = self.state
        for i in range(624):
            y = (s[i] & 0x80000000) | (s[(i + 1) % 624] & 0x7FFFFFFF)
            s[i] = s[(i + 397) % 624] ^ (y >> 1) ^ (0x9908B0DF if y & 1 else 0)
        self.at = 0

    def u32(self):
        if self.at == 624:
            self.twist()
        y = self.state[self.at]
        self.at += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C5680
        y ^= (y << 15) & 0xEFC60000
        return y ^ (y >> 18)


def fma32(a, b, c):
    """round(a * b + c): the product is exact in double, so only the sum is rounded twice."""
    return f32(np.float64(a) * np.float64(b) + np.float64(c))


def log_cephes(x):
    """ln of float32 x > 0, as Cephes' logf: x = m 2^e with m in [sqrt(1/2), sqrt(2)), degree-8 polynomial in m - 1."""
    m, e = np.frexp(x)
    e = e.astype(f32)
    small = m < f32(0.707106781186547524)
    e = np.where(small, e - f32(1), e)
    x = np.where(small, (m - f32(1)) + m, m - f32(1)).astype(f32)
    y = np.full_like(x, f32(7.0376836292e-2))
    for c in (
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    ):
        y = fma32(y, x, f32(c))
    z = x * x
    y = fma32(y * x, z, e * f32(-2.12194440e-4))
    y = fma32(z, f32(-0.5), y)
    return fma32(e, f32(0.693359375), x + y)


def sincos_cephes(x):
    """(sin x, cos x) of float32 x >= 0, as Cephes' sinf and cosf: octant by 4/pi, three-part reduction, polynomials."""
    octant = (x * f32(1.27323954473516)).astype(np.int32) + 1 & ~1
    y = octant.astype(f32)
    for part in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8):
        x = fma32(y, f32(part), x)
    z = x * x
    c = np.full_like(x, f32(2.443315711809948e-5))
    c = fma32(c, z, f32(-1.388731625493765e-3))
    c = fma32(c, z, f32(4.166664568298827e-2))
    c = fma32(c * z, z, z * f32(-0.5)) + f32(1)
    s = np.full_like(x, f32(-1.9515295891e-4))
    s = fma32(s, z, f32(8.3321608736e-3))
    s = fma32(s, z, f32(-1.6666654611e-1))
    s = fma32(s * z, x, x)
    swap = (octant & 2) != 0
    sine, cosine = np.where(swap, c, s), np.where(swap, s, c)
    sine = np.where(octant & 4, -sine, sine)
    cosine = np.where((octant - 2) & 4, cosine, -cosine)
    return sine.astype(f32), cosine.astype(f32)


class TorchGenerator:
    """torch.Generator on the CPU."""

    def __init__(self, seed):
        self.mt, self.spare, self.words = Mt19937(seed), None, 0

    def u32(self):
        self.words += 1
        return self.mt.u32()

    def u64(self):
        high = self.u32()
        return high << 32 | self.u32()

    def double01(self):
        return (self.u64() % 2**53) / 2**53

    def float01(self):
        return f32((self.u32() % 2**24) / 2**24)

    def rand(self, n, dtype=f32):
        draw = self.float01 if dtype == f32 else self.double01
        return np.array([draw() for _ in range(n)], dtype)

    def uniform(self, n, low, high):
        low, high = f32(low), f32(high)
        x = fma32(self.rand(n), high - low, low)
        return np.where(x == high, low, x)

    def randn(self, n, dtype=f32, mean=0.0, std=1.0):
        if n < 16:
            return np.array([self.normal() * std + mean for _ in range(n)]).astype(dtype)
        x = self.rand(n, dtype)
        for start in range(0, n - 15, 16):
            x[start : start + 16] = self.box_muller(x[start : start + 16], dtype(mean), dtype(std))
        if n % 16:
            x[n - 16 :] = self.box_muller(self.rand(16, dtype), dtype(mean), dtype(std))
        return x

    @staticmethod
    def box_muller(x, mean, std):
        u1, u2 = x.dtype.type(1) - x[:8], x[8:]
        if x.dtype == f32:
            radius = np.sqrt(f32(-2) * log_cephes(u1))
            sine, cosine = sincos_cephes(f32(2 * math.pi) * u2)
            return fma32(np.concatenate([radius * cosine, radius * sine]), std, mean)
        radius, theta = np.sqrt(-2 * np.log(u1)), 2 * math.pi * u2
        return np.concatenate([radius * np.cos(theta), radius * np.sin(theta)]) * std + mean

    def normal(self):
        if self.spare is not None:
            value, self.spare = self.spare, None
            return value
        u1, u2 = self.double01(), self.double01()
        radius, theta = math.sqrt(-2 * math.log1p(-u2)), 2 * math.pi * u1
        self.spare = radius * math.sin(theta)
        return radius * math.cos(theta)

    def randint(self, low, high, n):
        span = high - low
        return [low + (self.u64() if span >= 2**28 else self.u32()) % span for _ in range(n)]

    def randperm(self, n):
        r = list(range(n))
        for i in range(n - 1):
            z = self.u32() % (n - i)
            r[i], r[i + z] = r[i + z], r[i]
        return r

    def bernoulli(self, p, n):
        return [int(self.double01() < p) for _ in range(n)]

    def bernoulli_row(self, row):
        return [int(self.float01() < f32(p)) for p in row]

    def exponential(self, n, rate=1.0):
        return np.array([-1.0 / rate * math.log1p(-self.double01()) for _ in range(n)]).astype(f32)

    def multinomial_race(self, row, k=1):
        """Modern single sample, or k distinct ones, best first."""
        return np.argsort(-(row / self.exponential(len(row))), kind="stable")[:k].tolist()

    def multinomial_cdf(self, row, samples):
        """With replacement; `samples` = 1 is what torch did until 2022."""
        total, cumulative = f32(0), []
        for p in row:
            total = f32(total + p)
            cumulative.append(total)
        cumulative = [c / total for c in cumulative]
        cumulative[-1] = f32(1)
        drawn = []
        for _ in range(samples):
            u = self.double01()
            drawn.append(next(i for i, c in enumerate(cumulative) if not float(c) < u))
        return drawn


class PythonRandom(Mt19937):
    """The standard library's random.Random."""

    def __init__(self, seed):
        key, seed = [], abs(seed)
        while seed or not key:
            key.append(seed & 0xFFFFFFFF)
            seed >>= 32
        self.fill(19650218)
        s, i = self.state, 1
        for k in range(max(624, len(key))):
            j = k % len(key)
            s[i] = ((s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525)) + key[j] + j) & 0xFFFFFFFF
            i += 1
            if i == 624:
                s[0], i = s[623], 1
        for _ in range(623):
            s[i] = ((s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941)) - i) & 0xFFFFFFFF
            i += 1
            if i == 624:
                s[0], i = s[623], 1
        s[0] = 0x80000000

    def random(self):
        high = self.u32() >> 5
        return (high * 67108864 + (self.u32() >> 6)) / 9007199254740992

    def below(self, n):
        bits = n.bit_length()
        r = self.u32() >> (32 - bits)
        while r >= n:
            r = self.u32() >> (32 - bits)
        return r

    def shuffle(self, x):
        for i in range(len(x) - 1, 0, -1):
            j = self.below(i + 1)
            x[i], x[j] = x[j], x[i]


# --- the comparison and the file -------------------------------------------------------------------------------------

SEEDS = [42, 2147483647, 3407, 0, 2**32 + 42]


def same(ours, theirs, ulps=0):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    ours = np.asarray(ours, theirs.dtype)
    if ulps:
        np.testing.assert_array_max_ulp(ours, theirs, maxulp=ulps)
    else:
        np.testing.assert_array_equal(ours, theirs)
    return theirs.tolist()


def pair(seed):
    return TorchGenerator(seed), torch.Generator().manual_seed(seed)


def check_words(ours, theirs):
    """Both generators stand at the same word: the next one agrees (drawn from both)."""
    span = 2**28 - 57
    same(ours.randint(0, span, 1), torch.randint(0, span, (1,), generator=theirs))


def torch_cases(seed):
    mt = Mt19937(seed)
    words = [mt.u32() for _ in range(704)]
    out = {"seed": seed, "u32[0:4], u32[703]": words[:4] + words[703:]}
    for n in (1, 3, 16, 20):
        a, b = pair(seed)
        out[f"rand({n})"] = same(a.rand(n), torch.rand(n, generator=b))
        check_words(a, b)
    a, b = pair(seed)
    out["rand(5).float64"] = same(a.rand(5, np.float64), torch.rand(5, generator=b, dtype=torch.float64))
    a, b = pair(seed)
    out["uniform_(5,-0.25,0.75)"] = same(a.uniform(5, -0.25, 0.75), torch.empty(5).uniform_(-0.25, 0.75, generator=b))
    a, b = pair(seed)
    bound = 1 / math.sqrt(30)
    out["uniform_(20,-1/sqrt(30),1/sqrt(30))"] = same(
        a.uniform(20, -bound, bound), torch.empty(20).uniform_(-bound, bound, generator=b)
    )
    for n in (1, 5, 15, 16, 17, 20, 35, 100):
        a, b = pair(seed)
        out[f"randn({n})"] = same(a.randn(n), torch.randn(n, generator=b))
        check_words(a, b)
        a, b = pair(seed)
        same(a.randn(n, std=0.02, mean=1.5), torch.empty(n).normal_(1.5, 0.02, generator=b))
    a, b = pair(seed)
    out["normal_(17,1.5,0.02)"] = same(
        a.randn(17, std=0.02, mean=1.5), torch.empty(17).normal_(1.5, 0.02, generator=b)
    )
    for n in (5, 20):
        a, b = pair(seed)
        out[f"randn({n}).float64"] = same(
            a.randn(n, np.float64), torch.randn(n, generator=b, dtype=torch.float64), ulps=4
        )
    for low, high in (
        (0, 27),
        (0, 32033),
        (-5, 6),
        (0, 2**28 - 1),
        (0, 2**28),
        (0, 2**31),
        (0, 2**32 + 11),
        (0, 2**62),
    ):
        a, b = pair(seed)
        out[f"randint({low},{high},6)"] = same(a.randint(low, high, 6), torch.randint(low, high, (6,), generator=b))
        check_words(a, b)
    a, b = pair(seed)
    out["randperm(10)"] = same(a.randperm(10), torch.randperm(10, generator=b))
    check_words(a, b)
    a, b = pair(seed)
    out["randperm(1000)[:10]"] = same(a.randperm(1000), torch.randperm(1000, generator=b))[:10]
    a, b = pair(seed)
    out["bernoulli_(0.3)x20"] = same(
        a.bernoulli(0.3, 20), torch.empty(20, dtype=torch.int64).bernoulli_(0.3, generator=b)
    )
    a, b = pair(seed)
    out["exponential_(1)x5"] = same(a.exponential(5), torch.empty(5).exponential_(1, generator=b), ulps=1)
    a, b = pair(seed)
    p = torch.tensor([0.2, 0.5, 0.8]).repeat(4)
    out["bernoulli([0.2,0.5,0.8]x4)"] = [
        int(v) for v in same(a.bernoulli_row(p.numpy()), torch.bernoulli(p, generator=b))
    ]
    torch.manual_seed(seed)
    a = TorchGenerator(seed)
    kept = same(np.array(a.bernoulli(1 - 0.2, 20)), (torch.dropout(torch.ones(20), 0.2, True) > 0).long())
    out["dropout(ones(20),0.2) kept"] = kept
    return out


def row27():
    """A 27-way row without any random draw: weights 1, 2, 3, 1, 2, 3, ..., with zeros at 4 and 11."""
    row = np.array([1 + i % 3 for i in range(27)], f32)
    row[[4, 11]] = 0
    return row / row.sum(dtype=f32)


def multinomial_cases(seed):
    row = row27()
    out = {"seed": seed}
    a, b = pair(seed)
    modern = [a.multinomial_race(row)[0] for _ in range(12)]
    p = torch.from_numpy(row)
    theirs = [torch.multinomial(p, 1, replacement=True, generator=b).item() for _ in range(12)]
    out["race, 12 calls"] = same(modern, theirs)
    check_words(a, b)
    a, b = pair(seed)
    out["race, 5 without replacement"] = same(
        a.multinomial_race(row, 5), torch.multinomial(p, 5, replacement=False, generator=b)
    )
    a, b = pair(seed)
    out["cdf, 12 samples in one call"] = same(
        a.multinomial_cdf(row, 12), torch.multinomial(p, 12, replacement=True, generator=b)
    )
    check_words(a, b)
    a = TorchGenerator(seed)
    out["old single-sample cdf, 12 calls"] = [a.multinomial_cdf(row, 1)[0] for _ in range(12)]
    assert out["old single-sample cdf, 12 calls"] == out["cdf, 12 samples in one call"]
    return out


def mixed(seed):
    """Calls of every kind on one generator: pins how many words each takes and that the spare normal waits."""
    a, b = pair(seed)
    p = torch.from_numpy(row27())
    f64 = np.float64
    steps = [
        ("randn(5)", lambda: a.randn(5), lambda: torch.randn(5, generator=b)),
        ("rand(3)", lambda: a.rand(3), lambda: torch.rand(3, generator=b)),
        ("randn(1)", lambda: a.randn(1), lambda: torch.randn(1, generator=b)),
        ("randn(3)", lambda: a.randn(3), lambda: torch.randn(3, generator=b)),
        ("randn(20)", lambda: a.randn(20), lambda: torch.randn(20, generator=b)),
        ("randn(2)", lambda: a.randn(2), lambda: torch.randn(2, generator=b)),
        ("randint(0,32033,4)", lambda: a.randint(0, 32033, 4), lambda: torch.randint(0, 32033, (4,), generator=b)),
        ("randperm(7)", lambda: a.randperm(7), lambda: torch.randperm(7, generator=b)),
        ("rand(2).float64", lambda: a.rand(2, f64), lambda: torch.rand(2, generator=b, dtype=torch.float64)),
        ("bernoulli_(0.5)x6", lambda: a.bernoulli(0.5, 6), lambda: torch.empty(6).bernoulli_(0.5, generator=b)),
        ("multinomial(row27,1)", lambda: a.multinomial_race(row27()), lambda: torch.multinomial(p, 1, generator=b)),
        ("randn(1).float64", lambda: a.randn(1, f64), lambda: torch.randn(1, generator=b, dtype=torch.float64)),
        ("rand(1)", lambda: a.rand(1), lambda: torch.rand(1, generator=b)),
    ]
    rows = []
    for name, ours, theirs in steps:
        before = a.words
        values = same(ours(), theirs(), ulps=2 if "float64" in name else 0)
        rows.append({"call": name, "values": values, "words": a.words - before})
    return {"seed": seed, "steps": rows}


def python_cases(seed):
    ours = PythonRandom(seed)
    random.seed(seed)
    out = {"seed": seed, "random() x5": same([ours.random() for _ in range(5)], [random.random() for _ in range(5)])}
    random.seed(seed)
    ours, a, b = PythonRandom(seed), list(range(10)), list(range(10))
    ours.shuffle(a)
    random.shuffle(b)
    out["shuffle(range(10))"] = same(a, b)
    random.seed(seed)
    ours, a, b = PythonRandom(seed), list(range(32033)), list(range(32033))
    ours.shuffle(a)
    random.shuffle(b)
    out["shuffle(range(32033))[:5]"] = same(a, b)[:5]
    return out


def main():
    torch.set_num_threads(1)
    a, b = pair(2147483647)  # a long run: the two generators and the polynomials over many blocks
    same(a.randn(50_003), torch.randn(50_003, generator=b))
    common.write_json(
        "rng.json",
        {
            "about": "PyTorch CPU and Python random numbers; algorithms in tools/golden/rng.py. Entries are call: values; "
            "float32 values are written as exact doubles.",
            "versions": common.versions(torch, np),
            "torch": [torch_cases(seed) for seed in SEEDS],
            "row27": row27().tolist(),
            "multinomial": [multinomial_cases(seed) for seed in SEEDS[:3]],
            "mixed": [mixed(seed) for seed in SEEDS[:3]],
            "python": [python_cases(seed) for seed in (42, 0, 3407, 2**40 + 5)],
        },
    )


if __name__ == "__main__":
    main()
