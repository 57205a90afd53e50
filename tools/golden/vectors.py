"""Small models of fastText and vector files of gensim, and what these libraries read out of them.

    python tools/golden/vectors.py          writes tests/golden/vectors/

Made with fasttext-wheel 0.9.2 and gensim 4.4.0 on one thread. `text.txt` (words) and `labelled.txt` (lines with labels) are drawn here from a few
topics, with letters beyond ASCII among them.

  *.bin, *.ftz    skipgram (negative sampling), cbow (hierarchical softmax), and classifiers by softmax, hierarchical softmax and one-vs-all, with
                  n-grams of words and letters; cut.ftz is cut down, its lengths and its output table quantised
  answers.json    of each: vectors of words, of unknown ones and of lines; neighbours; analogies; labels and probabilities; precision and recall
  words.bin, words.vec, words.glove    skipgram's words as gensim writes them; gensim's answers to analogies.txt and pairs.txt
"""

import pathlib
import random
import tempfile

import fasttext
import gensim
import numpy as np
from gensim.models import KeyedVectors

from common import GOLDEN, versions, write_json

OUT = GOLDEN / "vectors"
TOPICS = {
    "sea": "ship sailor wave harbour anchor storm deck captain island salt net fisher tide rope sail".split(),
    "küche": "brot käse messer löffel suppe größe öl salz wein teller kuchen mehl feuer topf zwiebel".split(),
    "court": "judge king queen law crown prince princess trial guilty man woman verdict robe witness oath".split(),
}
COMMON = "the a of and in on is was to with".split()
UNKNOWN = ["sailing", "wavé", "xyz", "größer", "a"]
LINES = ["the captain of the ship", "suppe and brot", "the king was in court", "nothing known here", "sailors käsebrot"]


def make_texts():
    draw = random.Random(7)
    labelled = []
    for _ in range(700):
        topic = draw.choice(list(TOPICS))
        words = [draw.choice(TOPICS[topic] if draw.random() < 0.6 else COMMON) for _ in range(draw.randint(4, 12))]
        extra = " __label__long" if len(words) > 9 else ""
        labelled.append(f"__label__{topic}{extra} " + " ".join(words))
    return labelled


def vector(values):
    return [float(np.float32(x)) for x in values]


def answers(model, labelled):
    words = [w for w in model.get_words() if w != "</s>"]
    found = {
        "words": len(model.get_words()),
        "vectors": {w: vector(model.get_word_vector(w)) for w in words[:3] + ["größe", "king"] + UNKNOWN},
        "lines": {line: vector(model.get_sentence_vector(line)) for line in LINES},
        "neighbours": {w: [[n, s] for s, n in model.get_nearest_neighbors(w, k=5)] for w in ["king", "brot", "sailing"]},
        "analogy": [[n, s] for s, n in model.get_analogies("king", "man", "woman", k=5)],
    }
    if model.get_labels() and labelled and model.f.getArgs().model.name == "supervised":
        found["labels"] = {line: [[l, float(p)] for p, l in model.f.predict(line + "\n", 3, 0.0, "strict")] for line in LINES}
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(labelled[:200]) + "\n")
            file.flush()
            found["test"] = list(model.test(file.name, k=2))
    return found


def main():
    OUT.mkdir(exist_ok=True)
    labelled = make_texts()
    (OUT / "labelled.txt").write_text("\n".join(labelled) + "\n", encoding="utf-8")
    (OUT / "text.txt").write_text("\n".join(" ".join(w for w in line.split() if not w.startswith("__")) for line in labelled) + "\n", encoding="utf-8")
    text, lines = str(OUT / "text.txt"), str(OUT / "labelled.txt")
    one = {"thread": 1, "verbose": 0, "epoch": 20}
    models = {
        "skipgram.bin": fasttext.train_unsupervised(text, "skipgram", dim=10, bucket=500, minCount=2, t=0.01, **one),
        "cbow.bin": fasttext.train_unsupervised(text, "cbow", loss="hs", dim=9, bucket=300, minn=2, maxn=4, minCount=2, t=0.01, **one),
        "softmax.bin": fasttext.train_supervised(lines, dim=8, wordNgrams=2, bucket=700, **one),
        "tree.bin": fasttext.train_supervised(lines, loss="hs", dim=8, minn=2, maxn=3, wordNgrams=2, bucket=700, **one),
        "each.bin": fasttext.train_supervised(lines, loss="ova", dim=8, **one),
    }
    cut = fasttext.train_supervised(lines, dim=8, minn=2, maxn=3, wordNgrams=2, bucket=700, **one)
    cut.quantize(lines, cutoff=400, retrain=True, qnorm=True, dsub=3, thread=1, verbose=0, epoch=5, lr=0.1)
    models["cut.ftz"] = cut
    found = {}
    for name, model in models.items():
        model.save_model(str(OUT / name))
        found[name] = answers(fasttext.load_model(str(OUT / name)), labelled)

    skipgram = models["skipgram.bin"]
    plain = KeyedVectors(vector_size=10)
    words = skipgram.get_words()
    plain.add_vectors(words, np.array([skipgram.get_word_vector(w) for w in words]))
    plain.save_word2vec_format(str(OUT / "words.bin"), binary=True)
    plain.save_word2vec_format(str(OUT / "words.vec"), binary=False)
    (OUT / "words.glove").write_text("".join((OUT / "words.vec").read_text(encoding="utf-8").splitlines(True)[1:]), encoding="utf-8")
    draw = random.Random(11)
    flat = [w for topic in TOPICS.values() for w in topic] + ["nowhere", "King", "SHIP"]
    (OUT / "pairs.txt").write_text("".join(f"{draw.choice(flat)} {draw.choice(flat)} {draw.randint(0, 100) / 10}\n" for _ in range(60)), encoding="utf-8")
    # Questions whose answers differ: most right by construction, taken from what gensim finds, some wrong, some with unknown words or capitals.
    questions = [": found"]
    for _ in range(40):
        a, b, c = draw.sample(flat[:-3], 3)
        answer = plain.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] if draw.random() < 0.6 else draw.choice(flat[:-3])
        questions.append(" ".join([a.upper() if draw.random() < 0.2 else a, b, c, answer]))
    questions += [": unknown", "king man nowhere woman", "man king woman queen"]
    (OUT / "analogies.txt").write_text("\n".join(questions) + "\n", encoding="utf-8")
    _, sections = plain.evaluate_word_analogies(str(OUT / "analogies.txt"), case_insensitive=True)
    pearson, spearman, left_out = plain.evaluate_word_pairs(str(OUT / "pairs.txt"), delimiter=" ", case_insensitive=False)
    found["words.bin"] = {
        "neighbours": {w: [[n, float(s)] for n, s in plain.most_similar(w, topn=5)] for w in ["king", "brot"]},
        "analogies": [[s["section"], len(s["correct"]), len(s["correct"]) + len(s["incorrect"])] for s in sections],
        "pairs": {"pearson": float(pearson[0]), "spearman": float(spearman[0]), "left_out_percent": float(left_out)},
    }
    found["made_with"] = {**versions(gensim, np), "fasttext-wheel": "0.9.2"}
    write_json(OUT / "answers.json", found)


if __name__ == "__main__":
    main()
