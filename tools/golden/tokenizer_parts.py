"""tests/golden/tokenizer_parts.json: every kind of normalizer, pre-tokenizer, model, post-processor and decoder of a tokenizer.json on small
texts, as PyPI's tokenizers works them (after sentencepiece_files.py, of whose models one gives a charsmap).
Run: oracle/bin/python tools/golden/tokenizer_parts.py
"""
import json

import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from common import GOLDEN, cluster_probe, versions

TEXTS = [
    "",
    "Hello, y'all! How are you 😁 ?",
    "  two  spaces\tand\r\nlines\n\n",
    "Ｆｕｌｌ width, ﬁ ligature, ① circled, ㍿",
    "Éléphant Åse Tiếng Việt é Ǖ ",
    "İstanbul STRAẞE Σίσυφος ΟΔΟΣ",
    "中文和日本語のテキスト, 한국어 각",
    "a\u0301\u0323b \u0f71\u0f72\u0f74 \u1100\u1161\u11a8",
    "don't DON'T I'll we've they're It's o'clock",
    "x=1234567;  y+=3.14e-10 // ½ Ⅷ ٣٤٥",
    "\u200b\ufeffzero\u200dwidth\u0000nul\u0007bell\ufffd",
    "snake_case camelCase HTTPServer iPhone15Pro",
    "▁already ▁marked▁",
    "[MASK]is here [MASK] and<s>there </s>",
    "क्षत्रिय नेपाली १२३ मा।",
    "👩‍👩‍👧‍👦 🇳🇵 e\u0301\u20dd",
]

# What the charsmap drops (U+0007, U+00AD), lengthens and shortens, in every place.
DROPPED = ["\x07日本語", "\x07\u00ad\x07Hello", "Hel\x07lo", "Hel\x07\u00adlo you\x07", "½\x07He", "\x07½\x07\u00adHello", "㍿\x07\x07\x07\x07\x07are",
           "e\u0301He", "\x07e\u0301Hello", "e\u0301\x07llo", "</s>\x07日本</s>\u00ad\x07He you", "\x07</s>\x07</s>He\x07</s>", "\x07", "\x07\x07", "é\x07ﬁ\x07½",
           "½\u0897He", "½\u1acflo", "½\u1addlo", "½\u1ae0lo", "½\u1aebHe", "\u0600½\u0301He", "½\u0301\u0301re\x07"]

MODEL = sentencepiece_model_pb2.ModelProto.FromString((GOLDEN / "sentencepiece" / "unigram.model").read_bytes())
CHARSMAP = normalizers.Precompiled(MODEL.normalizer_spec.precompiled_charsmap)
UNIGRAM_PIECES = [("<unk>", 0.0)] + [(p, -2.0 - i / 7) for i, p in enumerate(
    ["▁", "e", "l", "o", "a", "ll", "lo", "llo", "el", "▁He", "Hel", "▁Hell", "H", "u", "re", "▁a", "are", "r", "s", "h", "y", "ou", "you", "▁y", "1", "2",
     "12", "c",
     "\u0000", "日本", "本", "日", "é", "'s", "'", "▁th"])]

NORMALIZERS = {
    "precompiled": CHARSMAP,
    "nfc": normalizers.NFC(),
    "nfd": normalizers.NFD(),
    "nfkc": normalizers.NFKC(),
    "nfkd": normalizers.NFKD(),
    "lowercase": normalizers.Lowercase(),
    "strip": normalizers.Strip(),
    "strip left": normalizers.Strip(left=True, right=False),
    "strip right": normalizers.Strip(left=False, right=True),
    "strip accents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
    "nmt": normalizers.Nmt(),
    "replace": normalizers.Replace("'", "’’"),
    "replace regex": normalizers.Replace(Regex(r" {2,}|[aeiou]"), "_"),
    "prepend": normalizers.Prepend("▁"),
    "byte level": normalizers.ByteLevel(),
    "bert": normalizers.BertNormalizer(),
    "bert cased": normalizers.BertNormalizer(lowercase=False),
    "bert accents kept": normalizers.BertNormalizer(strip_accents=False, handle_chinese_chars=False),
    "sequence": normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase(), normalizers.Replace("l", "LL"), normalizers.Strip()]),
}
PRE_TOKENIZERS = {
    "bert": pre_tokenizers.BertPreTokenizer(),
    "byte level": pre_tokenizers.ByteLevel(add_prefix_space=True),
    "byte level whole": pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    "delimiter": pre_tokenizers.CharDelimiterSplit("a"),
    "digits": pre_tokenizers.Digits(individual_digits=True),
    "digits together": pre_tokenizers.Digits(individual_digits=False),
    "fixed length": pre_tokenizers.FixedLength(3),
    "metaspace": pre_tokenizers.Metaspace(),
    "metaspace first": pre_tokenizers.Metaspace(prepend_scheme="first"),
    "metaspace never": pre_tokenizers.Metaspace(prepend_scheme="never", split=False),
    "punctuation": pre_tokenizers.Punctuation(),
    "punctuation contiguous": pre_tokenizers.Punctuation("contiguous"),
    "whitespace": pre_tokenizers.Whitespace(),
    "whitespace split": pre_tokenizers.WhitespaceSplit(),
    "unicode scripts": pre_tokenizers.UnicodeScripts(),
    "sequence": pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("removed")]),
}
for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
    PRE_TOKENIZERS[f"split {behavior}"] = pre_tokenizers.Split(Regex(r"\s|[aeo']"), behavior)
    PRE_TOKENIZERS[f"split {behavior} inverted"] = pre_tokenizers.Split(Regex(r"[\p{L}\p{N}]+"), behavior, invert=True)
GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
CL100K = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN2 = CL100K.replace("{1,3}", "")
O200K = "|".join([
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""])
for name, pattern in (("gpt2", GPT2), ("cl100k", CL100K), ("qwen2", QWEN2), ("o200k", O200K)):
    PRE_TOKENIZERS[f"pattern {name}"] = pre_tokenizers.Split(Regex(pattern), "isolated")

DECODERS = {
    "none": None,
    "byte level": decoders.ByteLevel(),
    "wordpiece": decoders.WordPiece(),
    "wordpiece plain": decoders.WordPiece(cleanup=False),
    "metaspace": decoders.Metaspace(),
    "metaspace never": decoders.Metaspace(prepend_scheme="never"),
    "bpe": decoders.BPEDecoder(),
    "ctc": decoders.CTC(),
    "llama": decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
    "strip": decoders.Strip("a", 1, 0),  # the reference fails where both ends want the same character
}
TOKENS = [
    ["Hello", ",", "Ġy", "'", "all", "Ġðł", "ĺ"],
    ["un", "##aff", "##able", "do", "n't", ".", "I", "'m", "he", "'", "s", "!"],
    ["▁Hello", "▁", "▁wor", "ld", "▁"],
    ["<0xE4>", "<0xBD>", "<0xA0>", "x", "<0xE4>", "y", "<0x0A>", "<0xZZ>"],
    ["low", "er</w>", "est</w>"],
    ["h", "h", "e", "<pad>", "l", "l", "<pad>", "l", "o", "|", "|", "a"],
    ["aaab", "aba", "a", "bbb"],
]

CONFIGURATIONS = []
LEAVING = ("bpe bytes suffix", "bpe bytes prefix", "bpe bytes both")  # where bytes of a prefix or suffix count, offsets leave the word


def configuration(name, tokenizer, texts=TEXTS, pairs=()):
    CONFIGURATIONS.append((name, tokenizer, list(texts), list(pairs)))


def trained_corpus():
    return [t for t in TEXTS if t] * 3 + ["the quick brown fox jumps over the lazy dog"] * 5


def build():
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<s>", "</s>"]
    trainer = tokenizers.trainers.WordPieceTrainer(vocab_size=160, special_tokens=special, show_progress=False)
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    t.train_from_iterator(trained_corpus(), trainer)
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    pairs = [(TEXTS[1], TEXTS[8]), (TEXTS[9], ""), (TEXTS[8], TEXTS[11])]
    configuration("wordpiece template", t, pairs=pairs)
    t = Tokenizer.from_str(t.to_str())
    t.add_tokens([AddedToken("quick", single_word=True), AddedToken("HTTP", normalized=False), AddedToken("are ", lstrip=True),
                  AddedToken("lines", rstrip=True)])
    t.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True)])
    configuration("wordpiece added", t, TEXTS + ["quickquick quick, HTTPS http HTTP", "how are you", "so lines   end"])
    cuts = [("longest_first", "right", 9, 2), ("longest_first", "left", 8, 1), ("only_second", "right", 16, 0), ("only_first", "right", 14, 3)]
    for strategy, direction, length, stride in cuts:
        t = Tokenizer.from_str(CONFIGURATIONS[0][1].to_str())
        t.enable_truncation(length, stride=stride, strategy=strategy, direction=direction)
        t.enable_padding(direction="left" if stride == 2 else "right", pad_id=3, pad_type_id=0, pad_token="[PAD]",
                         length=20 if stride == 2 else None, pad_to_multiple_of=8)
        short = ("Hello, y'all! How are you?", "I'm fine")
        long_pairs = [short] if strategy == "longest_first" else [("Hello", TEXTS[8])] if strategy == "only_second" else [(TEXTS[8], "Hello")]
        configuration(f"truncated {strategy} {direction}", t, TEXTS[:3] if strategy == "longest_first" else [], long_pairs)

    trainer = tokenizers.trainers.BpeTrainer(vocab_size=400, special_tokens=["<s>", "</s>", "<pad>"], show_progress=False,
                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=True), decoders.ByteLevel()
    t.train_from_iterator(trained_corpus(), trainer)
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    configuration("byte bpe roberta", t, pairs=pairs)
    added = Tokenizer.from_str(t.to_str())
    added.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True), AddedToken("<end>", rstrip=True, normalized=True)])
    added.normalizer = normalizers.Lowercase()
    configuration("byte bpe roberta added", added, ["Paris is the <mask> of France.", "<mask> x  <mask>", "A<END>  b \u3000<mask>", " <mask><end> "])
    t = Tokenizer.from_str(t.to_str())
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    configuration("byte bpe trimmed", t, pairs=pairs)
    t = Tokenizer.from_str(t.to_str())
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CL100K), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.normalizer = normalizers.NFC()
    template = processors.TemplateProcessing(single="<s> $A", pair="<s> $A </s> $B:1", special_tokens=[("<s>", 0), ("</s>", 1)])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    configuration("byte bpe cl100k", t, pairs=pairs)

    for name, options in {
        "bpe words": dict(unk_token="[UNK]"),
        "bpe fused": dict(unk_token="[UNK]", fuse_unk=True),
        "bpe suffix": dict(unk_token="[UNK]", end_of_word_suffix="</w>"),
        "bpe prefix": dict(unk_token="[UNK]", continuing_subword_prefix="##"),
        "bpe silent": dict(),
    }.items():
        t = Tokenizer(models.BPE(**options))
        t.pre_tokenizer = pre_tokenizers.Whitespace()
        marks = {k: v for k, v in options.items() if k in ("end_of_word_suffix", "continuing_subword_prefix")}
        t.train_from_iterator(["the quick brown fox jumps over the lazy dog, Hello how are you"] * 3, tokenizers.trainers.BpeTrainer(
            vocab_size=90, special_tokens=["[UNK]"], show_progress=False, **marks))
        if "end_of_word_suffix" in options:
            t.decoder = decoders.BPEDecoder()
        configuration(name, t)

    vocab = {"<unk>": 0, **{f"<0x{b:02X}>": b + 1 for b in range(256)}}
    for piece in ["▁", "a", "e", "l", "o", "h", "H", "▁H", "He", "ll", "▁a", "lo", "llo", "▁ar", "re", "r", "▁▁", "y", "ou"]:
        vocab[piece] = len(vocab)
    merges = [("l", "l"), ("H", "e"), ("▁", "H"), ("▁", "▁"), ("l", "o"), ("ll", "o"), ("▁", "a"), ("r", "e"), ("▁a", "r")]
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    configuration("bpe byte fallback", t)
    t = Tokenizer.from_str(t.to_str())
    t.model.ignore_merges = True
    t.normalizer = None
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    configuration("bpe ignore merges", t)

    few = {f"<0x{b:02X}>": i for i, b in enumerate(sorted(set("</w>##zé▁".encode()))) if b}
    few |= {p: len(few) + i for i, p in enumerate(["a", "##b", "b</w>", "##b</w>", "<unk>", "zzz"])}
    lines = ["z", "az", "abz", "éé zé", "zab xyz", "xz", "abé ab zz b", "x", "xx z xaz"]
    for name, options in {
        "bpe bytes suffix": dict(end_of_word_suffix="</w>"),
        "bpe bytes prefix": dict(continuing_subword_prefix="##"),
        "bpe bytes both": dict(end_of_word_suffix="</w>", continuing_subword_prefix="##", unk_token="<unk>", fuse_unk=True),
        "bpe bytes unknown": dict(unk_token="<unk>"),
    }.items():
        t = Tokenizer(models.BPE(vocab=few, merges=[], byte_fallback=True, **options))
        t.pre_tokenizer = pre_tokenizers.Split(" ", "removed") if name != "bpe bytes unknown" else pre_tokenizers.Metaspace()
        configuration(name, t, lines)

    t = Tokenizer(models.Unigram(UNIGRAM_PIECES, 0, False))
    t.normalizer = normalizers.Sequence([CHARSMAP, normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    configuration("unigram", t)
    t = Tokenizer.from_str(t.to_str())
    t.normalizer = CHARSMAP
    t.add_special_tokens(["</s>"])
    configuration("unigram dropped", t, DROPPED)
    bytes_pieces = UNIGRAM_PIECES[:1] + [(f"<0x{b:02X}>", -20.0) for b in range(256)] + UNIGRAM_PIECES[1:]
    t = Tokenizer(models.Unigram(bytes_pieces, 0, True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    configuration("unigram bytes", t)

    t = Tokenizer(models.WordLevel({"[UNK]": 0, "Hello": 1, ",": 2, "are": 3, "How": 4, "!": 5, "ca": 6, "[CLS]": 7, "[SEP]": 8}, unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.post_processor = processors.BertProcessing(("[SEP]", 8), ("[CLS]", 7))
    configuration("word level bert", t, pairs=pairs)


def shown(e, whole=True, masks=True):
    d = {"ids": e.ids, "offsets": [list(o) for o in e.offsets], "words": [-1 if w is None else w for w in e.word_ids]}
    if masks:
        d |= {"types": e.type_ids, "special": e.special_tokens_mask, "attention": e.attention_mask,
              "sequences": [-1 if s is None else s for s in e.sequence_ids]}
    if whole and e.overflowing:
        d["overflowing"] = [shown(o, False) for o in e.overflowing]
    return d


def all_scripts():
    """Words that all code points, in order, fall into by their scripts: how many, and a sum over where they begin and end."""
    words = pre_tokenizers.UnicodeScripts().pre_tokenize_str("".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000))
    return {"words": len(words), "sum": sum((i + 1) * (3 * begin + end) for i, (_, (begin, end)) in enumerate(words)) % (1 << 61)}


def clusters():
    """The code points that join the cluster of a character before them, and those that begin one with a character behind them: how many, their sum."""
    probe, points = cluster_probe(), [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]
    follow = [c for c in points if probe.normalize_str("a" + chr(c)) == "z"]
    lead = [c for c in points if probe.normalize_str(chr(c) + "½\u0301").endswith("\u0301")]
    return {"json": json.loads(probe.__getstate__()), "follow": [len(follow), sum(follow)], "lead": [len(lead), sum(lead)]}


def streams(t, texts):
    """What DecodeStream gives for each id of a text; null: nothing."""
    out = []
    for text in texts:
        ids = t.encode(text).ids
        for skip in (True, False):
            stream = decoders.DecodeStream(skip_special_tokens=skip)
            out.append({"ids": ids, "skip": skip, "steps": [stream.step(t, i) for i in ids], "whole": t.decode(ids, skip_special_tokens=skip)})
    return out


def batches():
    """encode_batch with padding and truncation: of a tokenizer above, whose settings are replaced."""
    by_name = {name: t for name, t, _, _ in CONFIGURATIONS}
    texts = [TEXTS[i] for i in (1, 8, 0, 11, 14)]
    pairs = list(zip(texts, [TEXTS[8], "", "Hello", TEXTS[1], "x"]))
    for name, length, padding, inputs in (
        ("wordpiece template", None, dict(pad_id=3), texts),
        ("wordpiece template", 12, dict(pad_id=3, pad_type_id=1, direction="left", pad_to_multiple_of=8), pairs),
        ("byte bpe roberta", 16, dict(pad_id=2, pad_token="<pad>"), pairs),
        ("byte bpe roberta", 24, dict(pad_id=2, pad_token="<pad>", length=30), texts),
        ("unigram", 20, dict(pad_id=0, direction="left"), texts),
        ("bpe byte fallback", None, dict(pad_id=0, pad_to_multiple_of=16), texts),
    ):
        t = Tokenizer.from_str(by_name[name].to_str())
        if length:
            t.enable_truncation(length)
        t.enable_padding(**padding)
        settings = json.loads(t.to_str())
        rows = t.encode_batch(inputs)
        yield {"of": name, "truncation": settings["truncation"], "padding": settings["padding"], "texts": inputs, "ids": [e.ids for e in rows],
               "attention": [e.attention_mask for e in rows], "types": [e.type_ids for e in rows]}


def main():
    build()
    golden = {"made_by": versions(tokenizers), "texts": TEXTS, "token_lists": TOKENS}
    golden["normalizers"] = {n: {"json": json.loads(k.__getstate__()), "out": [k.normalize_str(t) for t in TEXTS]} for n, k in NORMALIZERS.items()}
    golden["pre_tokenizers"] = {n: {"json": json.loads(k.__getstate__()), "out": [[[w, *o] for w, o in k.pre_tokenize_str(t)] for t in TEXTS]}
                                for n, k in PRE_TOKENIZERS.items()}
    golden["decoders"] = {n: {"json": json.loads(k.__getstate__()) if k else None, "out": [k.decode(t) if k else " ".join(t) for t in TOKENS]}
                          for n, k in DECODERS.items()}
    golden["tokenizers"] = {}
    for name, t, texts, pairs in CONFIGURATIONS:
        cases = []
        for text in texts:
            e = t.encode(text)
            decoded = {} if t.truncation else {"decoded": t.decode(e.ids), "kept": t.decode(e.ids, skip_special_tokens=False)}
            leaves = {"leaves": True} if name in LEAVING else {}
            cases.append({"text": text, **leaves, **shown(e, masks=t.truncation is not None or text == TEXTS[1]), **decoded})
        for a, b in pairs:
            cases.append({"text": a, "pair": b, **shown(t.encode(a, b))})
        golden["tokenizers"][name] = {"json": json.loads(t.to_str()), "cases": cases}
        if not t.truncation:
            golden["tokenizers"][name]["streams"] = streams(t, [TEXTS[i] for i in (1, 2, 4, 8, 12, 13, 14, 15)])
    golden["batches"] = list(batches())
    golden["all_scripts"] = all_scripts()
    golden["clusters"] = clusters()
    path = GOLDEN / "tokenizer_parts.json"
    path.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")).replace("},{\"text\"", "},\n{\"text\"") + "\n")
    print(path, path.stat().st_size)


main()
