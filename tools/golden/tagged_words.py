"""tests/golden/tagged_words.json: sentences of words as the reference's tokenizers cut them when they are told that words are words.

    python tools/golden/tagged_words.py       (needs tokenizers and transformers)

"tokenizers": small ones that were trained here, as tokenizer.json. "cases": of each sentence "ids", "types" and "firsts", the place of each word's
first token: transformers' word_ids(), by which a tagger's labels are aligned. A byte-level tokenizer is asked with add_prefix_space, without which
transformers refuses words; its file is kept without, as published ones are.
"""
import json

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from common import GOLDEN, versions, write_json

TEXT = ["The quick brown fox jumps over the lazy dog, doesn't it? Well-known foxes don't.", "Ada Lovelace met Charles Babbage in London (1833).",
        "Visit http://example.org/a?b=1 or mail me@example.org :-) ...",
        "Zoë paid 12.50 € at the café; naïve, isn't she?", "東京 is 大きい, and so is New York."] * 4
SENTENCES = [
    "The quick foxes do n't jump , do they ?".split(),
    "Ada Lovelace met Mr. Babbage-Smith in London ( 1833 ) .".split(),
    ["@ada", "see", "http://example.org/a?b=1", ":-)", "#foxes", "\U0001F98A", "..."],
    ["Zoë", "paid", "12.50", "€", "at", "the", "CAFÉ"],
    ["東京", "is", "大きい", "New York", "x" * 120, "[SEP]", "the"],
    ["fox"],
]


def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(TEXT, trainers.WordPieceTrainer(vocab_size=150, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def byte_bpe(prefix):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=340, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), add_prefix_space=prefix)
    return t


def case(name, tokenizer, words):
    e = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)(words, is_split_into_words=True, return_token_type_ids=True)
    numbers = e.word_ids()
    firsts = [numbers.index(w) for w in range(len(words))]
    return {"of": name, "words": words, "ids": e["input_ids"], "types": e["token_type_ids"], "firsts": firsts}


asked = {"wordpiece": wordpiece(), "byte_bpe": byte_bpe(True)}
kept = {"wordpiece": asked["wordpiece"], "byte_bpe": byte_bpe(False)}
write_json("tagged_words.json", {
    "versions": versions(tokenizers, transformers),
    "tokenizers": {name: json.loads(t.to_str()) for name, t in kept.items()},
    "cases": [case(name, t, words) for name, t in asked.items() for words in SENTENCES],
})
