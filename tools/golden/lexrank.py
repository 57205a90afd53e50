"""tests/golden/lexrank.json: how central sentences are, by networkx's PageRank over scikit-learn's cosines of counts that are weighted as LexRank does it.

    oracle/bin/python tools/golden/lexrank.py

needs networkx and scikit-learn beside what common.py names."""

import json

import networkx as nx
import numpy as np
import sklearn
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from common import GOLDEN, versions

TEXTS = [
    ["The cat sat on the mat.", "A cat and a dog sat.", "Dogs chase cats.", "The dog chased the cat on the mat.", "Rain fell."],
    ["One.", "Two two one.", "One three two.", "Four", "Four five one.", "?!"],
    ["Same words here.", "Here: same words!", "SAME words, here"],
    ["Élan vital, élan.", "Le vital 3 élan", "3 + 4", "Ein Äpfel", "äpfel vital"],
    ["Alone."],
    ["...", "!!"],
]


def central(sentences):
    try:
        counts = CountVectorizer(token_pattern=r"\w+").fit_transform(sentences).toarray().astype(float)
    except ValueError:  # no word at all
        counts = np.zeros((len(sentences), 1))
    df = (counts > 0).sum(0)
    cosines = cosine_similarity(counts * np.log(len(sentences) / np.maximum(df, 1)))
    rank = nx.pagerank(nx.from_numpy_array(cosines), alpha=0.85, max_iter=10000, tol=1e-15)
    return [rank[i] for i in range(len(sentences))]


if __name__ == "__main__":
    cases = [{"sentences": s, "central": [round(p, 13) for p in central(s)]} for s in TEXTS]
    (GOLDEN / "lexrank.json").write_text(json.dumps({"made_by": versions(nx, sklearn, np), "cases": cases}, indent=1, ensure_ascii=False) + "\n")
