"""Cases for the metrics of text, the same from the same seed: lines that look like language and lines that do not."""
import random

WORDS = ("the a cat dog sat on mat Haus geht nicht mehr world's it's 3.5 1,000 1990-2000 U.S. e-mail Berlin, (yes) \"so\" end. what? no! &amp; &quot;hi&quot; "
         "&lt;b&gt; <skipped> x-1 5- -5 .5 5. ,, ... a.b a,b 10% $5 naïve Straße ΣΑΣ ΟΔΟΣ. İstanbul K Ǆ été co\u0301te 中文 日本語の カタカナ 한국어 「引用」 （全角）！ ，。 "
         "→ – — … € № ½ ² ① ٣ क्षि עברית عربي 😀 👩‍👩‍👧 𝒳 ﬁ \u00ad ’tis ‘q’ “w” a_b ~x [y] {z} |").split(" ")
BLANKS = [" ", " ", " ", " ", " ", "  ", "\t", "\u00a0", "\u3000", "\u2003"]
TAG_TYPES = ["PER", "LOC", "MISC", "A-B", ""]


def line(rng, most=14):
    n = rng.choice([0, 1, 1, 2, 3, 4, 5, 6, 8, most])
    text = ""
    for i in range(n):
        text += (rng.choice(BLANKS) if i else "") + rng.choice(WORDS[:12] if rng.random() < 0.5 else WORDS)
    return text


def changed(rng, text):
    """What a system might have made of it: words dropped, doubled, replaced and runs moved."""
    words = text.split(" ")
    for _ in range(rng.randrange(4)):
        i = rng.randrange(len(words))
        what = rng.randrange(5)
        if what == 0 and len(words) > 1:
            del words[i]
        elif what == 1:
            words.insert(i, rng.choice(WORDS))
        elif what == 2:
            words[i] = rng.choice(WORDS)
        elif what == 3:
            j = rng.randrange(len(words))
            words[i], words[j] = words[j], words[i]
        else:
            j = min(len(words), i + rng.randrange(1, 4))
            run, rest = words[i:j], words[:i] + words[j:]
            k = rng.randrange(len(rest) + 1)
            words = rest[:k] + run + rest[k:]
    return " ".join(words)


def corpus(rng, lines, references):
    """(hypotheses, references[r][line])"""
    refs = [[line(rng) for _ in range(lines)]]
    for _ in range(references - 1):
        refs.append([changed(rng, t) if rng.random() < 0.7 else line(rng) for t in refs[0]])
    hyps = [changed(rng, rng.choice(refs)[i]) if rng.random() < 0.85 else line(rng) for i in range(lines)]
    return hyps, refs


def few_words(rng, lines):
    """(hypotheses, [references]) of four different words: many shifts of one worth, more than any limit."""
    refs = [" ".join(rng.choice("abcd") for _ in range(rng.randrange(5, 60))) for _ in range(lines)]
    hyps = []
    for ref in refs:
        words = ref.split()
        if rng.random() < 0.5:
            rng.shuffle(words)
        hyps.append(changed(rng, " ".join(words[: rng.randrange(1, len(words) + 1)])))
    return hyps, [refs]


def tags(rng, letters, length):
    out = []
    for _ in range(length):
        letter = rng.choice(letters + "O")
        kind = rng.choice(TAG_TYPES[:3] if rng.random() < 0.9 else TAG_TYPES)
        out.append("O" if letter == "O" else f"{letter}-{kind}" if kind else letter)
    return out


def tagged(rng, letters, sentences):
    """(true, predicted): sequences of tags, often alike"""
    true = [tags(rng, letters, rng.randrange(1, 12)) for _ in range(sentences)]
    said = [[rng.choice(tags(rng, letters, 1)) if rng.random() < 0.2 else t for t in s] for s in true]
    return true, said


ANSWER_WORDS = "the a an The Paris, paris 1900 in year of U.S. O'Neil naïve a–b the–end A. (an) Ünï _the_ x-ray 3.5 « \u00a0".split(" ") + ["", "ΣΑΣ"]


def answer(rng):
    return " ".join(rng.choice(ANSWER_WORDS) for _ in range(rng.randrange(0, 6)))


def questions(rng, n, unanswerable):
    out = []
    for i in range(n):
        right = [] if unanswerable and rng.random() < 0.4 else [answer(rng) for _ in range(rng.randrange(1, 4))]
        given = "" if rng.random() < 0.25 else rng.choice(right) if right and rng.random() < 0.5 else answer(rng)
        out.append({"id": f"q{i}", "right": right, "given": given, "na": round(rng.random(), 3)})
    return out
