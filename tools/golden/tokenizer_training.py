"""tests/golden/tokenizer_training.json: vocabularies that PyPI's tokenizers learns from a small text of made-up words, whose syllables meet in many
ways; and of 5,000 pieces from wiki_sample, of which a hash is kept, and for Unigram how likely its pieces make the text.
Run: oracle/bin/python tools/golden/tokenizer_training.py DATA   (needs tokenizers, xxhash)
"""
import collections
import json
import os
import pathlib
import random
import sys

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers
import xxhash
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from common import GOLDEN, versions


def made_up_text():
    draw = random.Random(5)
    syllables = ["ab", "ba", "aa", "a", "na", "an", "ana", "bc", "abc", "c", "le", "el", "é", "né", "δο", "дом", "字", "12", "1"]
    stems = ["".join(draw.choices(syllables, k=draw.randint(1, 5))) for _ in range(260)]
    words = [w.capitalize() if i % 9 == 0 else w for i, w in enumerate(stems)]
    weights = [1 / (i + 1) for i in range(len(words))]
    lines = []
    for _ in range(160):
        line = draw.choices(words, weights, k=draw.randint(3, 9))
        lines.append(" ".join(line) + draw.choice([".", "!", ", ", "  ", "?!", "'s", ""]) + "\n")
    return "".join(lines)


# Words in which merges give tokens that are there already: # with ### is ##, and that with ##a is ##a. With many seeds the reference learns other
# merges each time that it runs, with this one it always learns these.
def marked_text():
    draw = random.Random(7)
    return " ".join("".join(draw.choices("#ab", [4, 2, 1], k=draw.randint(2, 9))) for _ in range(250))


TEXT = made_up_text()
MARKED = marked_text()
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
UNIGRAM = ["<pad>", "</s>", "<unk>"]


def lines_of(text):
    return [line + "\n" for line in text.split("\n")]


def trained(model, trainer, normalizer=None, pre_tokenizer=pre_tokenizers.Whitespace(), text=TEXT):
    t = Tokenizer(model)
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = pre_tokenizer
    t.train_from_iterator(lines_of(text), trainer)
    return t


def of(t):
    model = json.loads(t.to_str())["model"]
    if isinstance(model["vocab"], list):
        return {"pieces": model["vocab"]}
    vocab = sorted(model["vocab"], key=model["vocab"].get)
    return {"vocab": vocab, **({"merges": model["merges"]} if "merges" in model else {})}


def parts(t):
    whole = json.loads(t.to_str())
    return {k: whole[k] for k in ("version", "truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")} | {
        "model": {k: v for k, v in whole["model"].items() if k not in ("vocab", "merges")}, "added_tokens": whole["added_tokens"]}


def bpe(text=TEXT, **settings):
    return trained(models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(show_progress=False, **settings), text=text)


def byte_bpe(size):
    t = trained(models.BPE(), trainers.BpeTrainer(vocab_size=size, special_tokens=["<|endoftext|>"], show_progress=False,
                                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
                pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.decoder = decoders.ByteLevel()
    return t


def marked():
    t = Tokenizer(models.BPE(continuing_subword_prefix="##"))
    t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    first = sorted(set(MARKED.replace(" ", "")))
    t.train_from_iterator([MARKED], trainers.BpeTrainer(vocab_size=300, continuing_subword_prefix="##", show_progress=False,
                                                        special_tokens=first + sorted("##" + c for c in first)))
    return t


# The reference numbers initial tokens with ## in the order of a hash table, another one each time. Given as special tokens they have an order.
def wordpiece(size, text=TEXT):
    normalizer, cut = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = [w for line in lines_of(text) for w, _ in cut.pre_tokenize_str(normalizer.normalize_str(line))]
    characters = sorted(set("".join(words)))
    first = BERT + characters + sorted({"##" + c for w in words for c in w[1:]})
    t = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=size, special_tokens=first, show_progress=False),
                normalizer, cut, text)
    t.decoder = decoders.WordPiece()
    t.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                                                     special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def unigram(size, text=TEXT, **settings):
    t = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=size, special_tokens=UNIGRAM, unk_token="<unk>", show_progress=False, **settings),
                normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()]),
                pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]), text)
    t.decoder = decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing(single="$A:0 </s>:0", pair="$A:0 </s>:0 $B:0 </s>:0", special_tokens=[("</s>", 1)])
    return t


# Hashes of a vocabulary, in the order of the ids, and of its merges: a line each.
def hashes(t):
    entry = of(t)
    lines = {"vocab": entry["vocab"], **({"merges": [" ".join(m) for m in entry["merges"]]} if "merges" in entry else {})}
    return {key: xxhash.xxh3_64("".join(line + "\n" for line in rows).encode()).hexdigest() for key, rows in lines.items()}


# Sum of the scores of the pieces that the words of a text are cut into.
def log_likelihood(t, text):
    scores = dict(of(t)["pieces"])
    words = collections.Counter(w for line in lines_of(text) for w, _ in t.pre_tokenizer.pre_tokenize_str(t.normalizer.normalize_str(line)))
    return sum(count * sum(scores[token.value] for token in t.model.tokenize(word)) for word, count in words.items())


def of_wiki(data):
    text = (data / "wiki_sample/wiki_text.txt").read_text()
    pieces = unigram(5000, text)
    return {"bpe": hashes(bpe(text, vocab_size=5000, special_tokens=SPECIAL)), "wordpiece": hashes(wordpiece(5000, text)),
            "unigram": {"pieces": len(of(pieces)["pieces"]), "log_likelihood": log_likelihood(pieces, text)}}


def main():
    plain = bpe(vocab_size=180, special_tokens=SPECIAL)
    everything = 100000
    words = trained(models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(vocab_size=120, min_frequency=3, special_tokens=["[UNK]", "[PAD]"],
                                                                                   show_progress=False))
    golden = {
        "made_by": versions(tokenizers),
        "text": TEXT,
        "marked text": MARKED,
        "bpe marked": of(marked()),
        "bpe": of(plain),
        "bpe exhausted": of(bpe(vocab_size=everything, special_tokens=SPECIAL)),
        "bpe min_frequency": of(bpe(vocab_size=everything, min_frequency=20, special_tokens=SPECIAL)),
        "bpe limit_alphabet": of(bpe(vocab_size=120, limit_alphabet=12, special_tokens=SPECIAL)),
        "bpe max_token_length": of(bpe(vocab_size=everything, max_token_length=5, special_tokens=SPECIAL)),
        "bpe end_of_word_suffix": of(bpe(vocab_size=everything, end_of_word_suffix="</w>",
                                         special_tokens=SPECIAL + sorted(set("".join(TEXT.split())))
                                         + sorted({w[-1] + "</w>" for w, _ in pre_tokenizers.Whitespace().pre_tokenize_str(TEXT)}))),
        "byte-bpe": of(byte_bpe(400)),
        "wordpiece": of(wordpiece(200)),
        "word": of(words),
        "unigram": of(unigram(120)),
        "unigram unpruned": of(unigram(everything)),
        "unigram max_piece_length": of(unigram(everything, max_piece_length=3, n_sub_iterations=5)),
        "files": {"bpe": parts(plain), "byte-bpe": parts(byte_bpe(400)), "wordpiece": parts(wordpiece(200)), "unigram": parts(unigram(120)),
                  "word": parts(words)},
        "wiki_sample": of_wiki(pathlib.Path(sys.argv[1])),
    }
    golden["files"]["wordpiece"]["added_tokens"] = golden["files"]["wordpiece"]["added_tokens"][:len(BERT)]
    path = GOLDEN / "tokenizer_training.json"
    rows = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in golden.items()]
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)


main()
