"""tests/golden/regex_dialect.json: where regular expressions match, as the Oniguruma of PyPI's tokenizers has it, and all characters of its classes.
Run: oracle/bin/python tools/golden/regex_dialect.py
"""
import json
import random

import tokenizers
from tokenizers import Regex, decoders, normalizers, pre_tokenizers

from common import GOLDEN, versions

# Of published tokenizers (BLOOM, Kimi K2, Llama 4's kin, SmolLM, Phi, StarCoder and others), or like theirs.
PUBLISHED = [
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE])?|\p{N}{1,3}|\s+(?!\S)|\s+",
    r"\s?\p{L}+|\s?\p{N}+|(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    r"[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+",
    r"\s+|[\p{P}\p{S}]",
    r"\p{Nd}{1,3}(?=(?:\p{Nd}{3})*\b)",
    r"[0-9][0-9][0-9]|\d",
    r" {2,}",
    r"\n+",
    r"[^\n]+|\n+",
    r"(?<=\p{Ll})(?=\p{Lu})",
    r"[[:punct:]]",
    r"(?:[ \t]*\r?\n)+",
    r"\w+|[^\w\s]+",
    r"[\s\S]",
]
EXPRESSIONS = PUBLISHED + r"""
\w+ \W+ \b\w \w+\b \B\w \Bs|\b. \d+ \D+ \s+ \S+ \h+ \H+ [\w]+ [\W]+ [^\w\n]+ [\d\h]+ [^\d\s]+ [\S\n]
^. .$ ^ $ (?m).+ .+ (?m)^.|.$ ^\s+|\s+$ \A\w+ \w+\z .\Z \b \B (?=\w)
[a-z&&[^aeiou]]+ [^a-z&&[^aeiou]]+ [\p{L}&&[^\p{Lu}]&&[^k]]+ [a[bk[^\w]]] [^[^a-z]] [[:alpha:]&&[:^lower:]] [-a]+|[s\-]|[k-]
[\[\]&]+ [&a] [\x00-\x7f] [\x{900}-\x{97f}]+
(?i)k+ (?i:s|k)+ (?i)[a-k]+ (?i)[^a-k\s]+ (?i)a[^k]|K (?i:'s|'t|'re|'ve|'m|'ll|'d) (?i)(?-i:k)|s (?i)\p{Lu} (?i)\w\d? (?i)[i1]
(?>a|as)k (?>\w+)s \w++. \w*+ \w*?k .{2,}? .?? a{,2} s{2} s{1,2}? {,}|a{ (?:a|s?)k
(s|k)+a (?!k)\w (?<!\w)\w (?<=[\s^])\S (?<=\n). (?<!s|k)a a|as|
a{0,2}(?:b)?+a (?>[^\x{24b6}\x{6f22}]+?)\u0301{1,2}
\n|\r \r\n \t \u00e9 \x{6f22} \x{1F600} \x41 \.|\-|\_|\/|\\|\$ ſ|K|ß é É? ﬁ|[ﬀ-ﬆ] \u0301 [\u0300-\u036f]+ 漢|ア|한 \p{Cf}|\p{Cc} {a}|} ]
""".split()
# What a class holds of all characters there are.
SETS = r"\w \W \d \D \s \S \h \H . (?m).".split() + [f"[{s}]" for s in r"\w \W \d \D \s \S \h".split()]
CATEGORIES = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cn".split()
SCRIPTS = """Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin
Malayalam Mongolian Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan""".split()
NAMED = "Alpha Alnum Upper Lower Digit Space Punct".split()
SETS += [rf"\p{{{name}}}" for name in CATEGORIES + SCRIPTS + NAMED] + [r"\P{L}", r"\p{^Mn}", r"[^\p{Han}\p{Lu}]", r"(?i)\p{Lu}", r"(?i)[a-z]", r"(?i)[^a-z]"]
SETS += [f"[[:{name}:]]" for name in "alpha alnum upper lower digit space punct word xdigit blank cntrl ascii ^punct ^word".split()]

FIXED = [
    "", "\n", "a", "Hello, y'all! It's 12345 o'clock.\n", "don'T WE'RE I'LL", "\r\n a\r\n\r\nk \n",
    "क्षत्रिय नेपाली १२३ मा।", "e\u0301 a\u0308s k\u0327", "x\u180ey \u0085a\u2028k\u2029 \u200bs", "👩\u200d👩\u200d👧 🇳🇵😀é",
    "²³¹ ½¾ Ⅷ ٣٤٥ 1a", "Straße ſK ﬁ ﬆ İı ss st fi", "漢字かなアイ 한국어, 中文。",
    "camelCase HTTPServer iPhone15Pro", "a_b-c‿d (e|f) [g] {a} a{", "\u00a0\u3000\t a \ufeff\ufffd", "sska ask kks Kas\nsk a", "a^k $s.\n\n",
    "\U00031350\u1c89\u088f\u0897 \U0001e5d0", "१२३४५ 1234567 x", "\\$_/.- &&[]", "é É ü ÉA",
]
CHARACTERS = [*"aabeksskSKTAZ12ßſ\u212aéÉ٣१²½Ⅷ\u093e\u0301कª漢ア한ǅⒶ😀", *"‿_-.,!(){}[]&^$'\u180e\u0085\u2028\xa0\u200d\ufb01\u0130\r\n\n\n\t   "]


def texts():
    r = random.Random(7)
    return FIXED + ["".join(r.choice(CHARACTERS) for _ in range(r.randint(6, 14))) for _ in range(40 - len(FIXED))]


def marks(regex, text):
    """A sign a character: m begins a match and c continues it, g begins what is between (empty matches cut there too) and . continues it."""
    signs = ["."] * len(text)
    for _, (begin, _) in pre_tokenizers.Split(Regex(regex), "isolated").pre_tokenize_str(text):
        signs[begin] = "g"
    for _, (begin, end) in pre_tokenizers.Split(Regex(regex), "removed", invert=True).pre_tokenize_str(text):
        signs[begin:end] = "m" + "c" * (end - begin - 1)
    return "".join(signs)


def members(regex, points=[c for c in range(0x110000) if not 0xD800 <= c < 0xE000]):
    left = set(map(ord, normalizers.Replace(Regex(regex), "").normalize_str("".join(map(chr, points)))))
    held = [c for c in points if c not in left]
    return {"regex": regex, "held": len(held), "sum": sum(held)}


def replaced(regex, texts):
    """By '-', as a decoder does."""
    return {"regex": regex, "out": [decoders.Replace(Regex(regex), "-").decode([t]) for t in texts]}


def main():
    lines = texts()
    golden = {"made_by": versions(tokenizers), "texts": lines}
    golden["matches"] = [{"regex": r, "marks": [marks(r, t) for t in lines]} for r in EXPRESSIONS]
    golden["sets"] = [members(r) for r in SETS]
    golden["replaced"] = [replaced(r, lines[:16]) for r in ("a*", r"\b", "(?=k)", "$", "^", r"\s*", "|a", r"\w+?")]
    path = GOLDEN / "regex_dialect.json"
    path.write_text(json.dumps(golden, separators=(",", ":")).replace('},{"regex"', '},\n{"regex"') + "\n")
    print(path, path.stat().st_size, len(EXPRESSIONS), "expressions,", len(SETS), "sets")


main()
