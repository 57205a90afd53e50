"""src/grimoire/text/case_tables.inc: code points whose capital or title form is not one code point, or not one and the same (Python's own tables).
Run: python tools/golden/case_tables.py > src/grimoire/text/case_tables.inc
"""
import unicodedata

print(f"// Made by tools/golden/case_tables.py from Unicode {unicodedata.unidata_version}; see unicode.h.")
print("// Code points whose capital or title form is more than one, or whose two forms differ: itself, the capital form, the title form; 0 is nothing.")
print("constexpr char32_t kLongForms[][7] = {")
line = " "
for c in range(0x110000):
    upper, title = chr(c).upper(), chr(c).title()
    if len(upper) > 1 or title != upper:
        points = [c] + [ord(s[i]) if i < len(s) else 0 for s in (upper, title) for i in range(3)]
        cell = " {" + ",".join(f"0x{p:x}" if p else "0" for p in points) + "},"
        if len(line) + len(cell) > 158:
            print(line)
            line = " "
        line += cell
print(line + "\n};")
