"""tests/golden/sentencepiece/*.model, tiny ones of every kind, and sentencepiece.json: what PyPI's sentencepiece makes of some texts with them; tiktoken.json:
the same of PyPI's tiktoken, with ranks that a rule of their own gives. Run: oracle/bin/python tools/golden/sentencepiece_files.py
"""
import itertools
import json
import tempfile
import unicodedata

import sentencepiece
import tiktoken

from common import GOLDEN, versions

FOLDER = GOLDEN / "sentencepiece"
TEXTS = [
    "",
    " ",
    "Hello world",
    "  two  spaces\tand\r\nlines\n\n",
    "the quick brown fox jumps over the lazy dog",
    "▁already ▁▁marked▁ ▁",
    "Ｆｕｌｌ width, ﬁ ligature, ½ of ㍿ 　wide",
    "naïve café e\u0301 ﬁe\u0301",
    "日本語のテキスト 東京都",
    "<mask>the foo fool <br>< br>ab cd</s><s><unk> <0x41>",
    "quickquickbrown 12345 --- -----",
    "\u200bzero\u00adwidth\x07bell 🙂🙂 x",
    " foo the\nthe foo  \n\n  lazy ",
]
CORPUS = [t for t in TEXTS[2:] if "\u2581" not in t and "<" not in t] * 4 + ["the fox and the dog -- a lazy quick fox", "hello brown world, over and over"] * 6


def rules(path):
    """Compatibility forms of the texts' characters, white space and controls: what nmt_nfkc does to them, in a hundredth of its size."""
    lines = {}
    for c in sorted({c for t in TEXTS for c in t} | set("ＡＢ①ǆ\u3000\u00a0")):
        form = unicodedata.normalize("NFKC", c)
        if c in "\t\n\r\u200b":
            form = " "
        if c in "\x07\u00ad":
            form = ""
        if form != c:
            lines[c] = form
    lines["e\u0301"], lines["e\u0301\u0301"], lines["\u2581"] = "é", "é", " "
    path.write_text("".join(f"{' '.join(f'{ord(x):X}' for x in k)}\t{' '.join(f'{ord(x):X}' for x in v)}\n" for k, v in lines.items()))


def train(folder, name, kind, size=130, **options):
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(CORPUS) + "\n")
    if options.pop("rewrites", False):
        rules(folder / "rules.tsv")
        options["normalization_rule_tsv"] = str(folder / "rules.tsv")
    else:
        options["normalization_rule_name"] = "identity"
    sentencepiece.SentencePieceTrainer.train(input=str(corpus), model_prefix=str(folder / name), model_type=kind, vocab_size=size, hard_vocab_limit=False,
                                             character_coverage=0.98, num_threads=1, minloglevel=2, **options)
    model = (folder / f"{name}.model").read_bytes().replace(str(folder).encode(), b"." * len(str(folder)))
    (FOLDER / f"{name}.model").write_bytes(model)


def build(folder):
    user = dict(user_defined_symbols=["<mask>", "ab cd", "foo", "fo", "▁the", "<br>", "日本"], remove_extra_whitespaces=False)
    train(folder, "unigram", "unigram", rewrites=True)
    train(folder, "unigram_bytes", "unigram", size=360, byte_fallback=True)
    train(folder, "unigram_user", "unigram", control_symbols=["<ctl>"], **user)
    train(folder, "unigram_suffix", "unigram", treat_whitespace_as_suffix=True)
    train(folder, "unigram_across", "unigram", split_by_whitespace=False, add_dummy_prefix=False)
    train(folder, "bpe", "bpe", rewrites=True, unk_surface="??")
    train(folder, "bpe_bytes", "bpe", size=390, byte_fallback=True, remove_extra_whitespaces=False)
    train(folder, "bpe_user", "bpe", size=390, byte_fallback=True, **user)
    train(folder, "bpe_suffix", "bpe", treat_whitespace_as_suffix=True)


def cases(name):
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(FOLDER / f"{name}.model"))
    out = []
    for text in TEXTS + [" ".join(TEXTS[4:6]) * 3]:
        pieces = tokenizer.encode(text, return_type="proto").pieces
        ids = [p.id for p in pieces]
        out.append({"ids": ids, "begin": [p.begin for p in pieces], "end": [p.end for p in pieces], "decoded": tokenizer.decode(ids)})
    return out


PATTERNS = {
    50256: r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
    100256: r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    128000: r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
    151643: r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
}


def ranks(count):
    """The bytes, then strings of these letters, the shorter first; every third one is left out, so that merges meet gaps."""
    tokens = {bytes([b]): b for b in range(256)}
    for size in itertools.count(2):
        for i, letters in enumerate(itertools.product(b" etaoinshr'1", repeat=size)):
            if len(tokens) == count:
                return tokens
            if i % 3 != 2:
                tokens[bytes(letters)] = len(tokens)


def main():
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        build(type(GOLDEN)(folder))
    names = sorted(p.stem for p in FOLDER.glob("*.model"))
    golden = {"made_by": versions(sentencepiece), "texts": TEXTS, "models": {n: cases(n) for n in names}}
    path = FOLDER / "sentencepiece.json"
    path.write_text(json.dumps(golden, separators=(",", ":")).replace('},{"ids"', '},\n{"ids"') + "\n")
    texts = [t for t in TEXTS if t] + ["this is  the store's\t1111 hearts ' it's\n\n another   ", "rest \n \n", "1 12 123 1234\r\n", "trans" * 40]
    golden = {"made_by": versions(tiktoken), "texts": texts, "ids": {}}
    for count, pattern in PATTERNS.items():
        encoding = tiktoken.Encoding(str(count), pat_str=pattern, mergeable_ranks=ranks(count), special_tokens={})
        golden["ids"][str(count)] = [encoding.encode_ordinary(unicodedata.normalize("NFC", t) if count == 151643 else t) for t in texts]
    (GOLDEN / "tiktoken.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(sum(p.stat().st_size for p in FOLDER.iterdir()), (GOLDEN / "tiktoken.json").stat().st_size)


main()
