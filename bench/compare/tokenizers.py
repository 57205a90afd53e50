"""Tokenizers beside Hugging Face's, tiktoken and SentencePiece, one thread each, alternating in one run.

    tokenizers.py --ours BUILD/bench/compare/bench_tokenizers DATA [--rounds 3] [--mb 8] [--only PATTERN] [--short] [--hostile]
    tokenizers.py --ours BUILD/grimoire DATA --training [--rounds 3] [--mb 8]

Documents of 20 kB: ids (encode_batch_fast, encode_ordinary, encode of the peers) and offsets (encode_batch). Every line: tokenizer, text, task, our
MB/s, the peer's, their ratio, and whether the numbers of tokens agree; the best round of each side counts, the first of each side is left out.
--short: one document of our side alone.
--training: seconds to learn a vocabulary of 5,000 from a file, our whole command on one core against the reference's trainer.
--hostile: a character or two over and over, our side alone: processor seconds of 1 MB (ids, everything), and how often as long as 100 kB, of every
tokenizer of DATA. Memory is kept between the rounds: pages that the system has to clear anew are no work of the tokenizer's.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
sys.path = [p for p in sys.path if pathlib.Path(p or ".").resolve() != pathlib.Path(__file__).resolve().parent]  # this file is no package of that name

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def corpora(data, megabytes):
    limit = int(megabytes * 1e6)
    dickens = (data / "dickens/dickens_part1.txt").read_bytes().decode("latin-1")
    wiki = "\n".join(p.read_text() for p in sorted((data / "wiki_sample").rglob("*.txt")))
    wikitext = "\n".join(p.read_text() for p in sorted((data / "wikitext2").rglob("*")) if p.is_file() and p.suffix in (".txt", ".raw", ".tokens"))
    for name, text in (("dickens", dickens), ("wiki", wiki + wikitext)):
        text = text[:limit].replace("\x1e", "")
        yield name, [text[i:i + 20000] for i in range(0, len(text), 20000)]


def hugging_face(tokenizer):
    return {"ids": lambda docs: sum(len(e.ids) for e in tokenizer.encode_batch_fast(docs, add_special_tokens=False)),
            "offsets": lambda docs: sum(len(e.ids) for e in tokenizer.encode_batch(docs, add_special_tokens=False))}


def rows(data):
    """(name, our path, peer, {task: function of documents})"""
    import sentencepiece
    import tiktoken
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    t = data / "tokenizers"
    gpt2 = Tokenizer(models.BPE.from_file(str(t / "gpt2/vocab.json"), str(t / "gpt2/merges.txt")))
    gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    yield "GPT-2", t / "gpt2/vocab.json", "tokenizers", hugging_face(gpt2)
    ranks = data_gym_to_mergeable_bpe_ranks(str(t / "gpt2/merges.txt"), str(t / "gpt2/vocab.json"))
    tik = tiktoken.Encoding("gpt2", pat_str=GPT2, mergeable_ranks=ranks, special_tokens={})
    yield "GPT-2", t / "gpt2/vocab.json", "tiktoken", {"ids": lambda docs: sum(len(tik.encode_ordinary(d)) for d in docs)}
    bert = Tokenizer(models.WordPiece.from_file(str(t / "bert-base-uncased/vocab.txt"), unk_token="[UNK]"))
    bert.normalizer, bert.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    yield "BERT", t / "bert-base-uncased/vocab.txt", "tokenizers", hugging_face(bert)
    yield "DeepSeek", t / "deepseek/tokenizer.json", "tokenizers", hugging_face(Tokenizer.from_file(str(t / "deepseek/tokenizer.json")))
    for name, path in (("T5 (Unigram)", "t5-base/spiece.model"), ("Llama 2 (BPE)", "llama2/tokenizer.model")):
        p = sentencepiece.SentencePieceProcessor(model_file=str(t / path))
        yield name, t / path, "SentencePiece", {"ids": lambda docs, p=p: sum(len(p.encode(d)) for d in docs)}


def hostile(ours, data):
    keep = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)}
    names = ("gpt2/vocab.json", "bert-base-uncased/vocab.txt", "deepseek/tokenizer.json", "nepali/WordPiece.json", "nepali/SentencePiece.json",
             "qwen/qwen.tiktoken", "t5-base/spiece.model", "llama2/tokenizer.model", "mistral/tokenizer.model.v1", "sentencepiece_test/test_model.model")
    for name in names:
        out = subprocess.run([ours, "hostile", data / "tokenizers" / name], capture_output=True, text=True, check=True, env=os.environ | keep).stdout
        rows = [line.split("|") for line in out.splitlines()]
        for text, seconds, ratio, whole in (row for row in rows if row[1] != "refused"):
            print(f"{name:36} {text:16} {float(seconds):7.4f} s  {float(whole):7.4f} s  {float(ratio):5.1f}x", flush=True)
        for text, _, why in (row for row in rows if row[1] == "refused"):
            print(f"{name:36} {text:16} refused: {why}", flush=True)


def trainers():
    """kind: a function of a file that trains the reference's tokenizer as ours of that kind is trained"""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    def bpe(file):
        t = Tokenizer(models.BPE(unk_token="<unk>"))
        t.pre_tokenizer = pre_tokenizers.Whitespace()
        t.train([file], trainers.BpeTrainer(vocab_size=5000, show_progress=False))

    def byte_bpe(file):
        t = Tokenizer(models.BPE())
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        t.train([file], trainers.BpeTrainer(vocab_size=5000, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))

    def wordpiece(file):
        t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        t.train([file], trainers.WordPieceTrainer(vocab_size=5000, show_progress=False, special_tokens=special))

    def unigram(file):
        t = Tokenizer(models.Unigram())
        t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
        special = ["<pad>", "</s>", "<unk>"]
        t.train([file], trainers.UnigramTrainer(vocab_size=5000, show_progress=False, unk_token="<unk>", special_tokens=special))

    return {"bpe": bpe, "byte-bpe": byte_bpe, "wordpiece": wordpiece, "unigram": unigram}


def training(ours, data, rounds, megabytes):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for corpus, docs in corpora(data, megabytes):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "text.txt"
            file.write_text("".join(docs))
            for kind, theirs in trainers().items():
                best = [float("inf"), float("inf")]
                for i in range(rounds):
                    start = time.perf_counter()
                    subprocess.run([ours, "tokenizer", "train", "--kind", kind, "--data", file, "--vocab-size", "5000", "--out", f"{folder}/{kind}-{i}"],
                                   capture_output=True, check=True)
                    middle = time.perf_counter()
                    theirs(str(file))
                    best = [min(best[0], middle - start), min(best[1], time.perf_counter() - middle)]
                print(f"{kind:10} {corpus:8} {best[0]:7.3f} s  tokenizers {best[1]:7.3f} s  {best[1] / best[0]:6.1f}x", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("data", nargs="?", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mb", type=float, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--training", action="store_true")
    args = parser.parse_args()
    if args.hostile:
        return hostile(args.ours, args.data)
    if args.training:
        return training(args.ours, args.data, args.rounds, args.mb)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "documents"
        if args.short:
            vocabulary = pathlib.Path(folder) / "vocab.txt"
            vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "word"]) + "\n")
            file.write_text("a word " * 1000)
            out = subprocess.run([args.ours, "ids", vocabulary, file], input="\n", capture_output=True, text=True, check=True).stdout
            print(f"ours alone: {out.split()[1]} tokens in {out.split()[0]} s")
            return
        for corpus, docs in corpora(args.data, args.mb):
            file.write_bytes("\x1e".join(docs).encode())
            megabytes = sum(len(d.encode()) for d in docs) / 1e6
            for name, path, peer, tasks in rows(args.data):
                for task, theirs in tasks.items():
                    if args.only not in f"{name} {peer} {task}":
                        continue
                    ours = subprocess.Popen([args.ours, task, path, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                    best = [float("inf"), float("inf")]
                    counts = [0, 0]
                    for i in range(args.rounds + 1):
                        ours.stdin.write("\n")
                        ours.stdin.flush()
                        seconds, n = ours.stdout.readline().split()
                        start = time.perf_counter()
                        counts = [int(n), theirs(docs)]
                        spent = time.perf_counter() - start
                        if i > 0:
                            best = [min(best[0], float(seconds)), min(best[1], spent)]
                    ours.stdin.close()
                    ours.wait()
                    same = "same tokens" if counts[0] == counts[1] else f"{counts[0]} and {counts[1]} tokens"
                    print(f"{name:14} {corpus:8} {task:8} {megabytes / best[0]:8.1f} MB/s  {peer:14} {megabytes / best[1]:6.1f} MB/s  "
                          f"{best[1] / best[0]:6.1f}x  {same}", flush=True)


main()
