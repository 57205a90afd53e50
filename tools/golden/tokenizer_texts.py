"""tests/golden/tokenizer_texts.json: what the reference makes of every text of ../shared/data and of 100,000 random strings, as counts and hashes.

A text file is cut into documents of at most 20,000 bytes, at characters. Of the documents of a file: the number of tokens, XXH3-64 over all ids and
over all offsets (i32, in characters, begin and end) one after the other, where the reference has offsets, and over the decoded text.
Random strings: text() below, which tests/text/tokenizer_texts_test.cpp repeats number for number.
Run: oracle/bin/python tools/golden/tokenizer_texts.py DATA [TOKENIZER...]   (needs tokenizers, tiktoken, sentencepiece, xxhash, numpy; minutes)
"""
import json
import pathlib
import sys

import numpy as np
import sentencepiece
import tiktoken
import tokenizers
import xxhash
from tiktoken.load import load_tiktoken_bpe
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from common import GOLDEN, versions

DATA = pathlib.Path(sys.argv[1])
KINDS = {".txt", ".json", ".jsonl", ".csv", ".tsv", ".md", ".conllu", ".conll", ".names", ".raw", ".MD", ".inp", ".train", ".test", ".vocab"}
DOCUMENT = 20000  # bytes
POOLS = [(32, 127), (0x20, 0x3000), (0x3000, 0xA000), (0, 0x110000), (9, 34), (0x300, 0x370), (0x1100, 0x1200), (0xAC00, 0xD7A4), (0x1F300, 0x1FAFF)]
MASK = (1 << 64) - 1


class SplitMix:
    """Steele, Lea, Flood 2014: the next 64 bits, reduced by the remainder."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % n


def text(seed):
    r = SplitMix(seed)
    points = []
    for _ in range(1 + r.below(4)):
        low, high = POOLS[r.below(len(POOLS))]
        for _ in range(1 + r.below(12)):
            c = low + r.below(high - low)
            points.append(0x20 if 0xD800 <= c < 0xE000 else c)
    return "".join(map(chr, points))


def documents(path):
    raw = path.read_bytes()
    try:
        raw.decode()
    except UnicodeDecodeError:
        return None
    cut, at = [], 0
    while at < len(raw):
        end = min(at + DOCUMENT, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        cut.append(raw[at:end].decode())
        at = end
    return cut


class HuggingFace:
    def __init__(self, t):
        t.no_truncation()
        t.no_padding()
        self.t = t

    def __call__(self, texts):
        for e in self.t.encode_batch(texts, add_special_tokens=False):
            yield e.ids, e.offsets, self.t.decode(e.ids)


class TikToken:
    """Special tokens that stand in a text are text; Qwen's is in normal form C before."""

    def __init__(self, e):
        self.e = e

    def __call__(self, texts):
        for t in texts:
            ids = self.e.encode_ordinary(normalizers.NFC().normalize_str(t))
            yield ids, None, self.e.decode(ids)


class SentencePiece:
    def __init__(self, path):
        self.p = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def __call__(self, texts):
        for t in texts:
            ids = self.p.encode(t)
            yield ids, None, self.p.decode(ids)


def gpt2():
    t = Tokenizer(models.BPE.from_file(str(DATA / "tokenizers/gpt2/vocab.json"), str(DATA / "tokenizers/gpt2/merges.txt")))
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    t.add_special_tokens(["<|endoftext|>"])
    return HuggingFace(t)


def bert():
    t = Tokenizer(models.WordPiece.from_file(str(DATA / "tokenizers/bert-base-uncased/vocab.txt"), unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    t.add_special_tokens(["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"])
    return HuggingFace(t)


def qwen():
    pattern = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
    ranks = load_tiktoken_bpe(str(DATA / "tokenizers/qwen/qwen.tiktoken"))
    return TikToken(tiktoken.Encoding("qwen", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}))


FAMILY = {
    "gpt2/vocab.json": gpt2,
    "bert-base-uncased/vocab.txt": bert,
    "deepseek/tokenizer.json": lambda: HuggingFace(Tokenizer.from_file(str(DATA / "tokenizers/deepseek/tokenizer.json"))),
    "nepali/WordPiece.json": lambda: HuggingFace(Tokenizer.from_file(str(DATA / "tokenizers/nepali/WordPiece.json"))),
    "nepali/SentencePiece.json": lambda: HuggingFace(Tokenizer.from_file(str(DATA / "tokenizers/nepali/SentencePiece.json"))),
    "qwen/qwen.tiktoken": qwen,
    **{name: (lambda name=name: SentencePiece(DATA / "tokenizers" / name))
       for name in ("t5-base/spiece.model", "llama2/tokenizer.model", "mistral/tokenizer.model.v1", "mistral/mistral_instruct_tokenizer_240323.model.v3",
                    "sentencepiece_test/test_model.model")},
}


def digest(tokenize, texts):
    n, ids_hash, offsets_hash, text_hash = 0, xxhash.xxh3_64(), xxhash.xxh3_64(), xxhash.xxh3_64()
    offsets_there = True
    for ids, offsets, decoded in tokenize(texts):
        n += len(ids)
        ids_hash.update(np.asarray(ids, dtype="<i4").tobytes())
        text_hash.update(decoded.encode("utf-8", "replace"))
        offsets_there = offsets is not None
        if offsets_there:
            offsets_hash.update(np.asarray(offsets, dtype="<i4").tobytes())
    return [n, ids_hash.hexdigest(), offsets_hash.hexdigest() if offsets_there else "", text_hash.hexdigest()]


def main():
    files = [p for p in sorted(DATA.rglob("*")) if p.is_file() and p.suffix in KINDS and "tokenizers" not in p.parts]
    texts = {str(p.relative_to(DATA)): documents(p) for p in files}
    texts = {name: cut for name, cut in texts.items() if cut}
    path = GOLDEN / "tokenizer_texts.json"
    before = json.loads(path.read_text())["tokenizers"] if sys.argv[2:] else {}  # of those that are not named
    golden = {"made_by": versions(tokenizers) | {"tiktoken": tiktoken.__version__, "sentencepiece": sentencepiece.__version__}, "tokenizers": before}
    random = [text(seed) for seed in range(100000)]
    wanted = sys.argv[2:] or list(FAMILY)
    for name in wanted:
        tokenize = FAMILY[name]()
        found = {"random strings": digest(tokenize, random)} | {file: digest(tokenize, cut) for file, cut in texts.items()}
        golden["tokenizers"][name] = found
        print(name, sum(d[0] for d in found.values()), flush=True)
    path.write_text(
        json.dumps(golden, indent=0).replace("[\n", "[").replace(",\n\"", ",\"").replace("\n]", "]").replace("],\"", "],\n\"") + "\n")


main()
