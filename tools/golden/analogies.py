"""Vectors of words that stand there with several capitals, and what gensim makes of analogies among them.

    python tools/golden/analogies.py        writes tests/golden/vectors/capitals.{vec,txt,json}

gensim 4.4.0 looks a question's words up without regard to capitals (the first spelling stands for all), but searches every spelling, takes the five
nearest, and passes over those that are spelt as one of the three asked. Families of spellings lie close to each other here, so that each rule decides
some questions: other spellings of what is asked are nearest, spellings other than the first are the answer, and more than five are passed over.
"""

import itertools

import numpy as np
from gensim.models import KeyedVectors

from common import GOLDEN, versions, write_json

OUT = GOLDEN / "vectors"
DIM = 6
STEMS = "king queen man woman straße größe paris france rome italy éclair ocean river hill".split()
RESTRICTED = 30


def spellings(stem, draw):
    every = {stem, stem.capitalize(), stem.upper(), stem[:-1] + stem[-1].upper(), stem[0] + stem[1:].upper(), stem[:2].upper() + stem[2:],
             stem[:2] + stem[2].upper() + stem[3:], stem[0] + stem[1].upper() + stem[2:]}
    every = sorted(every)
    draw.shuffle(every)
    return every[: draw.integers(1, len(every) + 1)]


def main():
    draw = np.random.default_rng(3)
    words, rows = [], []
    for stem in STEMS:
        centre = draw.normal(size=DIM)
        for word in spellings(stem, draw):
            words.append(word)
            rows.append(centre + 0.35 * draw.normal(size=DIM))
    order = draw.permutation(len(words))
    vectors = KeyedVectors(vector_size=DIM)
    vectors.add_vectors([words[i] for i in order], np.array([rows[i] for i in order], np.float32).round(4))
    vectors.save_word2vec_format(str(OUT / "capitals.vec"), binary=False)
    lines = []
    for section, stems in itertools.groupby(range(240), lambda i: i // 80):
        lines.append(f": part {section}")
        for _ in stems:
            a, b, c = draw.choice(STEMS, 3, replace=False)
            first = {w.upper(): w for w in reversed(vectors.index_to_key)}
            near = vectors.most_similar(positive=[first[b.upper()], first[c.upper()]], negative=[first[a.upper()]], topn=12)
            others = [w for w, _ in near if w.upper() not in {a.upper(), b.upper(), c.upper()}]
            lines.append(" ".join([a, b.capitalize(), c, others[0] if others and draw.random() < 0.7 else draw.choice(STEMS)]))
    (OUT / "capitals.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = {}
    for name, most in (("all", 300000), ("restricted", RESTRICTED)):
        _, sections = vectors.evaluate_word_analogies(str(OUT / "capitals.txt"), restrict_vocab=most)
        found[name] = [[s["section"], len(s["correct"]), len(s["correct"]) + len(s["incorrect"])] for s in sections]
    write_json(OUT / "capitals.json", {"sections": found, "restricted_to": RESTRICTED, "made_with": versions(np)})
    print(found)


if __name__ == "__main__":
    main()
