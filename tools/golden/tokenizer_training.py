"""tests/golden/tokenizer_training.json: vocabularies that PyPI's tokenizers learns from a small text of made-up words, whose syllables meet in many
ways. Run: oracle/bin/python tools/golden/tokenizer_training.py
"""
import json
import os
import random

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers
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
UNIGRAM = ["<pad>", "</s>", "<unk>"]


def trained(model, trainer, normalizer=None, pre_tokenizer=pre_tokenizers.Whitespace()):
    t = Tokenizer(model)
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = pre_tokenizer
    t.train_from_iterator(TEXT.splitlines(keepends=True), trainer)
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


def bpe(**settings):
    return trained(models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(show_progress=False, **settings))


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
def wordpiece(size):
    normalizer, cut = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = [w for line in TEXT.splitlines() for w, _ in cut.pre_tokenize_str(normalizer.normalize_str(line))]
    characters = sorted(set("".join(words)))
    first = BERT + characters + sorted({"##" + c for w in words for c in w[1:]})
    t = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=size, special_tokens=first, show_progress=False), normalizer, cut)
    t.decoder = decoders.WordPiece()
    t.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                                                     special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def unigram(size, **settings):
    t = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=size, special_tokens=UNIGRAM, unk_token="<unk>", show_progress=False, **settings),
                normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()]),
                pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]))
    t.decoder = decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing(single="$A:0 </s>:0", pair="$A:0 </s>:0 $B:0 </s>:0", special_tokens=[("</s>", 1)])
    return t


def main():
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    plain = bpe(vocab_size=180, special_tokens=special)
    everything = 100000
    words = trained(models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(vocab_size=120, min_frequency=3, special_tokens=["[UNK]", "[PAD]"],
                                                                                   show_progress=False))
    golden = {
        "made_by": versions(tokenizers),
        "text": TEXT,
        "marked text": MARKED,
        "bpe marked": of(marked()),
        "bpe": of(plain),
        "bpe exhausted": of(bpe(vocab_size=everything, special_tokens=special)),
        "bpe min_frequency": of(bpe(vocab_size=everything, min_frequency=20, special_tokens=special)),
        "bpe limit_alphabet": of(bpe(vocab_size=120, limit_alphabet=12, special_tokens=special)),
        "bpe max_token_length": of(bpe(vocab_size=everything, max_token_length=5, special_tokens=special)),
        "bpe end_of_word_suffix": of(bpe(vocab_size=everything, end_of_word_suffix="</w>",
                                         special_tokens=special + sorted(set("".join(TEXT.split())))
                                         + sorted({w[-1] + "</w>" for w, _ in pre_tokenizers.Whitespace().pre_tokenize_str(TEXT)}))),
        "byte-bpe": of(byte_bpe(400)),
        "wordpiece": of(wordpiece(200)),
        "word": of(words),
        "unigram": of(unigram(120)),
        "unigram unpruned": of(unigram(everything)),
        "unigram max_piece_length": of(unigram(everything, max_piece_length=3, n_sub_iterations=5)),
        "files": {"bpe": parts(plain), "byte-bpe": parts(byte_bpe(400)), "wordpiece": parts(wordpiece(200)), "unigram": parts(unigram(120)),
                  "word": parts(words)},
    }
    golden["files"]["wordpiece"]["added_tokens"] = golden["files"]["wordpiece"]["added_tokens"][:len(BERT)]
    path = GOLDEN / "tokenizer_training.json"
    rows = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in golden.items()]
    path.write_text("{" + ",\n".join(rows) + "}\n")
    print(path, path.stat().st_size)


main()
