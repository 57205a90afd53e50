"""src/grimoire/text/unicode_tables.inc: what the reference tokenizers hold of every code point.

The reference (PyPI tokenizers) takes its classes from several Unicode versions: its regular expressions know a new one, its BERT parts and
its normal forms old ones. So each class is read off its behaviour, one code point at a time, and not off a version of the standard.
Run: python tools/golden/unicode_tables.py > src/grimoire/text/unicode_tables.inc
"""
import sys
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

from common import cluster_probe

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs Cn".split()
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
EVERYTHING = "".join(map(chr, POINTS))


def kept(pattern):
    """The code points that [pattern] of the reference's regular expressions matches."""
    return set(map(ord, normalizers.Replace(Regex(f"[^{pattern}]+"), "").normalize_str(EVERYTHING)))


def removed(normalizer):
    return {c for c in POINTS if normalizer.normalize_str(chr(c)) == ""}


def isolated(pre_tokenizer):
    return {c for c in POINTS if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "a")) == 3}


def bert(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **on})


def scripts():
    """The number of each code point's script as UnicodeScripts tells them apart, by the order in which they come; 0: of any."""
    split = pre_tokenizers.UnicodeScripts().pre_tokenize_str
    number, examples = [0] * 0x110000, []
    for c in POINTS:
        if not split(chr(c)):
            continue
        same = lambda n: len(split(examples[n - 1] + chr(c))) == 1
        before = number[c - 1]
        found = before if before and same(before) else next((n for n in range(1, len(examples) + 1) if same(n)), 0)
        if not found:
            examples.append(chr(c))
        number[c] = found or len(examples)
    return number


def inert():
    """Code points that this Python's Unicode composes, decomposes or reorders and the reference leaves alone: newer than its normal forms."""
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    found = set()
    for c in POINTS:
        s = chr(c)
        if unicodedata.normalize("NFKD", s) != nfkd.normalize_str(s) or unicodedata.normalize("NFD", s) != nfd.normalize_str(s):
            found.add(c)
        if unicodedata.combining(s):  # goes before a mark of class 240 and behind one of class 1, or either way stands still
            low, high = "\u0345" + s, s + "\u0334"
            moves = lambda t: unicodedata.normalize("NFD", "a" + t) != nfd.normalize_str("a" + t)
            if moves(low) or moves(high):
                found.add(c)
        if unicodedata.category(s) == "Cn":  # so new that this Python does not know it either
            found.add(c)
    return found


def joining():
    """How the reference's clusters of characters (UAX 29) take up each code point: 1, behind any; 2, likewise, but an emoji joined by U+200D ends there;
    3, it begins the cluster of what follows. All else is as any version of the standard has it."""
    probe = cluster_probe().normalize_str
    behind = {c for c in POINTS if probe("a" + chr(c)) == "z"} - {0x200D}
    extends = {c for c in behind if probe(f"\u2122{chr(c)}\u200d\u2122\u0301").endswith("\u0301")}
    before = {c for c in POINTS if probe(chr(c) + "\u00bd\u0301").endswith("\u0301")}
    return {c: 1 if c in extends else 2 if c in behind else 3 for c in behind | before}


def main():
    category = {}
    for i, name in enumerate(CATEGORIES):
        if name != "Cs":
            for c in kept(rf"\p{{{name}}}"):
                category[c] = i
    bits = [
        (5, kept(r"\s")),
        (6, kept(r"\w")),
        (7, isolated(pre_tokenizers.BertPreTokenizer())),
        (8, removed(bert(clean_text=True))),
        (9, removed(bert(strip_accents=True))),
        (10, removed(normalizers.StripAccents())),
        (11, isolated(pre_tokenizers.Digits(individual_digits=True))),
        (12, inert()),
    ]
    flags = [category.get(c, CATEGORIES.index("Cs")) for c in range(0x110000)]
    bits[-1][1].difference_update(c for c in POINTS if CATEGORIES[category[c]] == "Cn")
    for bit, points in bits:
        for c in points:
            flags[c] |= 1 << bit
    for c, how in joining().items():
        flags[c] |= how << 13
    print(f"// Made by tools/golden/unicode_tables.py from tokenizers {tokenizers.__version__}; see unicode.h.")
    print("// Runs of code points of the same classes: the first one, then the classes.")
    write("constexpr uint32_t kRuns[][2] = {", runs_of(flags))
    print("// The same of scripts, which are numbered as they come; 0: of any.")
    write("constexpr uint32_t kScripts[][2] = {", runs_of(scripts()))

    lower = normalizers.Lowercase()
    pairs = [(c, lower.normalize_str(chr(c))) for c in POINTS]
    pairs = [(c, s) for c, s in pairs if s != chr(c)]
    longer = [(c, s) for c, s in pairs if len(s) > 1]
    assert longer == [(0x130, "i\u0307")], longer  # spelled out in unicode.cpp
    print("// Capital letters whose small ones lie at the same distance: the first, the last, the step between them, the distance.")
    steps = []
    for c, s in pairs:
        d = ord(s[0]) - c
        if len(s) > 1:
            continue
        if steps and steps[-1][3] == d and (steps[-1][2] == 0 or steps[-1][2] == c - steps[-1][1]) and c - steps[-1][1] <= 2:
            steps[-1][2] = c - steps[-1][1]
            steps[-1][1] = c
        else:
            steps.append([c, c, 0, d])
    write("constexpr int32_t kLower[][4] = {", [f"{{0x{a:x},0x{b:x},{max(s, 1)},{d}}}" for a, b, s, d in steps])


def runs_of(values):
    return [f"{{0x{c:x},0x{v:x}}}" for c, v in enumerate(values) if c == 0 or v != values[c - 1]]


def write(head, cells):
    print(head)
    line = " "
    for cell in cells:
        if len(line) + len(cell) + 2 > 158:
            print(line)
            line = " "
        line += " " + cell + ","
    print(line + "\n};")


sys.exit(main())
