"""src/grimoire/text/oniguruma_tables.inc: sets of code points that the regular expressions of the reference (PyPI tokenizers: Oniguruma) name and
that are no unions of general categories, read off its behaviour.
Run: python tools/golden/oniguruma_tables.py > src/grimoire/text/oniguruma_tables.inc
"""
import tokenizers
from tokenizers import Regex, normalizers

EVERYTHING = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)
SCRIPTS = """Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin
Malayalam Mongolian Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan""".split()


def kept(content):
    """The code points that [content] matches."""
    return set(map(ord, normalizers.Replace(Regex(f"[^{content}]+"), "").normalize_str(EVERYTHING)))


def bounds(points):
    """Where runs of code points begin and, one behind the last, end, by turns."""
    return sorted({c for c in points if c - 1 not in points} | {c + 1 for c in points if c + 1 not in points})


def write(name, points):
    print(f"constexpr char32_t k{name}[] = {{")
    line = " "
    for cell in (f" 0x{b:x}," for b in bounds(points)):
        if len(line) + len(cell) > 158:
            print(line)
            line = " "
        line += cell
    print(line + "\n};")


def main():
    sets = {"Alphabetic": kept(r"\p{Alphabetic}") - kept(r"\p{L}\p{Nl}"), "Uppercase": kept(r"\p{Upper}") - kept(r"\p{Lu}"),
            "Lowercase": kept(r"\p{Lower}") - kept(r"\p{Ll}")}
    print(f"// Made by tools/golden/oniguruma_tables.py from tokenizers {tokenizers.__version__}: where runs of code points begin and end, by turns.")
    print("// Alphabetic beyond the letters and letter numbers, uppercase beyond Lu, lowercase beyond Ll; then scripts.")
    for name, points in (sets | {name: kept(rf"\p{{{name}}}") for name in SCRIPTS}).items():
        write(name, points)
    print("constexpr std::pair<std::string_view, std::span<const char32_t>> kScripts[] = {")
    print("\n".join(f'  {{"{name}", k{name}}},' for name in SCRIPTS) + "\n};")


main()
