"""Translation beside PyTorch: four encoder-decoders, each with a twin of the same shape, recipe and batches; BLEU, its difference, and processor seconds.

    python bench/compare/translate.py [--corpus multi30k|verses] [--data DIR] [--model rnn-seq2seq ...] [--epochs 8] [--batch-size 64] [--seed 1]
        [--vocab-size 2000] [--dtype f32] [--threads 1] [--limit N] [--alone] [--ours build/release/grimoire] [--work DIR] [--short]

Run it with the Python that has torch, tokenizers and sacrebleu. Corpora, of --data:

    multi30k  multi30k/{train,val}.{de,en}.gz: captions of pictures, German to English; its validation set is translated
    verses    parallel_en_es/kjv_rv1909.tsv: verses of the Bible, English to Spanish; 1,000 that are drawn with seed 42 are held out and translated

The program learns one byte-level BPE of both languages and trains each model on all pairs. translate_peer.py trains the twin: PyTorch's own layers and first
weights, the same pairs in each step (both sides draw them, from the same counter-based generator), the same rate at each step, clipping, label smoothing and
dropout probabilities, Adam with the same settings. Every epoch both judge the held-out pairs, and the weights that find their targets likeliest
translate the sources, the likeliest token each time. sacrebleu scores both. The interval of the difference is that of 1,000 paired resamples of
the lines (Koehn 2004), the same for both sides. Seconds are of the processor, of training with its judgements: ours of the whole command, the twin's without
the start of Python. PyTorch runs under run.py's TUNED settings with fused AdamW and scaled_dot_product_attention.

What was trained stays in --work, and is not trained again there. --alone leaves the twins out. --short is our side alone for two steps, on pairs of its own.
"""

import argparse
import gzip
import json
import logging
import os
import pathlib
import random
import subprocess
import sys

from run import ROOT, build_shim, carry_out, cpu_model, idle_percent, tuned_environment

HERE = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != HERE]  # tokenizers is Hugging Face's, not the file beside this one
END = "<|endoftext|>"
SHAPES = {  # 1.58 to 1.68 million parameters with 2,000 tokens
    "rnn-seq2seq": {"cell": "gru", "n-layer": 1, "n-embd": 128, "n-hidden": 256, "dropout": 0.2},
    "rnn-attention": {"cell": "gru", "attention": "additive", "n-embd": 96, "n-hidden": 160, "n-encoder-hidden": 80, "dropout": 0.2},
    "conv-seq2seq": {"n-embd": 128, "n-hidden": 128, "n-layer": 4, "kernel-size": 3, "dropout": 0.1},
    "transformer-seq2seq": {"n-embd": 160, "n-layer": 2, "n-head": 4, "n-inner": 512, "dropout": 0.1},
}
RECIPE = {"lr": 2e-3, "min_lr": 1e-5, "beta2": 0.98, "grad_clip": 1.0, "label_smoothing": 0.1}
WARMUP = 200  # steps, of a long run
RESAMPLES = 1000


# --- corpora ---------------------------------------------------------------------------------------------------------


def pairs_of(corpus, data):
    """What trains and what is held out: (source, target)."""
    if corpus == "verses":
        rows = [tuple(line.split("\t")[:2]) for line in (data / "parallel_en_es/kjv_rv1909.tsv").read_text(encoding="utf-8").splitlines() if "\t" in line]
        random.Random(42).shuffle(rows)
        return rows[1000:], rows[:1000]
    sides = {}
    for part in ("train", "val"):
        texts = [gzip.decompress((data / f"multi30k/{part}.{side}.gz").read_bytes()).decode().splitlines() for side in ("de", "en")]
        sides[part] = list(zip(*texts, strict=True))
    return sides["train"], sides["val"]


def write_sides(folder, part, rows):
    for side, texts in zip(("source", "target"), zip(*rows)):
        (folder / f"{part}.{side}").write_text("".join(" ".join(text.split()) + "\n" for text in texts), encoding="utf-8")


def lines_of(path):
    return path.read_bytes().decode().split("\n")[:-1]  # a carriage return stays


# --- both sides ------------------------------------------------------------------------------------------------------


def run(command, env=None):
    """The last line of what it prints, as JSON, and the processor seconds that it took."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=env)
    lines = process.stdout.read().splitlines()
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(map(str, command))} failed")
    return json.loads(lines[-1]), used.ru_utime + used.ru_stime


def ours(args, model):
    folder, flags = args.work / model, {**SHAPES[model], **{name.replace("_", "-"): value for name, value in RECIPE.items()}}
    if model == "transformer-seq2seq":
        flags["weight-decay"] = 0.0  # its recipe has some
    sides = ["--source", args.work / "train.source", "--target", args.work / "train.target", "--dev-source", args.work / "dev.source", "--dev-target",
             args.work / "dev.target", "--tokenizer", args.work / "tokenizer"]
    many = {"context": args.context, "max-length": args.context, "steps": args.steps, "eval-every": args.eval_every, "warmup": args.warmup,
            "batch-size": args.batch_size, "seed": args.seed, "threads": args.threads, "dtype": args.dtype, "save-every": args.steps}
    words = [word for name, value in (flags | many).items() for word in (f"--{name}", value)]
    trained, seconds = run([args.ours, "train", "--model", model, *sides, "--out", folder, *words, "--json"])
    written, _ = run([args.ours, "eval", folder, "--source", args.work / "dev.source", "--target", args.work / "dev.target", "--out",
                      args.work / f"{model}.ours", "--json"])
    return {"parameters": trained["parameters"], "seconds": seconds, "dev_loss": trained["dev_loss"], "bleu": written["bleu"]}


def twin(args, model, env):
    settings = {"model": model, "shape": SHAPES[model] | {"context": args.context}, "tokenizer": str(args.work / "tokenizer/tokenizer.json"), "end": END,
                "train": [str(args.work / f"train.{side}") for side in ("source", "target")], "dev": [str(args.work / f"dev.{side}") for side in
                ("source", "target")], "out": str(args.work / f"{model}.twin"), **{name: getattr(args, name) for name in
                ("steps", "eval_every", "warmup", "batch_size", "seed", "threads")}, **RECIPE}
    path = args.work / f"{model}.settings.json"
    path.write_text(json.dumps(settings, indent=1) + "\n")
    return run([sys.executable, HERE / "translate_peer.py", path], env)[0]


def once(path, make):
    """What `make` returned when it was asked first, by this run or one before."""
    if not path.exists():
        path.write_text(json.dumps(make()) + "\n")
    return json.loads(path.read_text())


# --- scores ----------------------------------------------------------------------------------------------------------


def counts_of(bleu, texts, references):
    """A row of what BLEU adds up for each line."""
    import numpy

    scores = [bleu.sentence_score(text, [reference]) for text, reference in zip(texts, references, strict=True)]
    return numpy.array([[*s.counts, *s.totals, s.sys_len, s.ref_len] for s in scores])


def bleu_of(bleu, rows):
    sums = rows.sum(0).tolist()
    return bleu.compute_bleu(sums[:4], sums[4:8], sums[8], sums[9], smooth_method="exp").score


def interval(bleu, mine, theirs):
    """95 % of the differences of both over the same resampled lines."""
    import numpy

    draws = numpy.random.default_rng(12345).integers(len(mine), size=(RESAMPLES, len(mine)))
    differences = sorted(bleu_of(bleu, mine[draw]) - bleu_of(bleu, theirs[draw]) for draw in draws)
    return differences[int(0.025 * RESAMPLES)], differences[int(0.975 * RESAMPLES) - 1]


def by_length(lengths, parts=5):
    """Ranges of lengths that hold about as many lines each."""
    ordered = sorted(lengths)
    edges = sorted({ordered[(i + 1) * len(ordered) // parts - 1] for i in range(parts)})
    return [(low + 1, high) for low, high in zip([0, *edges], edges)]


# --- tables ----------------------------------------------------------------------------------------------------------


def compare(args):
    import sacrebleu
    from sacrebleu.metrics import BLEU

    idle = idle_percent()
    print(f"{cpu_model()}, {os.cpu_count()} CPUs, {idle:.0f}% idle", file=sys.stderr)
    train, dev = pairs_of(args.corpus, args.data)
    prepare(args, train, dev)
    lengths = leave_out_long(args, dev)
    env = tuned_environment(args.threads, build_shim(args.work))
    logging.getLogger("sacrebleu").setLevel(logging.ERROR)  # its advice on scores of single sentences: only their counts are used
    bleu, references = BLEU(), lines_of(args.work / "dev.target")
    ranges, longs = by_length(lengths), []
    print(f"{args.steps:,} steps of {args.batch_size} pairs, {len(references):,} held out; sacrebleu {sacrebleu.__version__}")
    print("| model | parameters | BLEU | twin | difference, 95 % | nats a token | twin | processor, s | twin | twin / ours |\n" + "|---" * 10 + "|")
    for model in args.model:
        mine = once(args.work / f"{model}.ours.json", lambda: ours(args, model))
        a = counts_of(bleu, lines_of(args.work / f"{model}.ours"), references)
        cells = [model, f"{mine['parameters']:,}", f"{bleu_of(bleu, a):.2f}"]
        longs.append([model, *(f"{bleu_of(bleu, a[(lengths >= low) & (lengths <= high)]):.1f}" for low, high in ranges)])
        assert abs(bleu_of(bleu, a) - mine["bleu"]) < 1e-9, "eval's BLEU is sacrebleu's"
        if args.alone:
            cells += ["", "", f"{mine['dev_loss']:.3f}", "", f"{mine['seconds']:.0f}", "", ""]
        else:
            theirs = once(args.work / f"{model}.twin.json", lambda: twin(args, model, env))
            assert theirs["parameters"] == mine["parameters"], f"{model}: the twin has {theirs['parameters']} parameters, ours {mine['parameters']}"
            b = counts_of(bleu, lines_of(args.work / f"{model}.twin"), references)
            low, high = interval(bleu, a, b)
            cells += [f"{bleu_of(bleu, b):.2f}", f"{bleu_of(bleu, a) - bleu_of(bleu, b):+.2f} ({low:+.2f} to {high:+.2f})", f"{mine['dev_loss']:.3f}",
                      f"{theirs['dev_loss']:.3f}", f"{mine['seconds']:.0f}", f"{theirs['seconds']:.0f}", f"{theirs['seconds'] / mine['seconds']:.2f}"]
            longs.append([f"{model}, twin", *(f"{bleu_of(bleu, b[(lengths >= low) & (lengths <= high)]):.1f}" for low, high in ranges)])
        print("| " + " | ".join(cells) + " |", flush=True)
    counted = [f"{low} to {high} tokens ({int(((lengths >= low) & (lengths <= high)).sum())})" for low, high in ranges]
    print("\n| BLEU by the source's length (sentences) | " + " | ".join(counted) + " |\n" + "|---" * (len(ranges) + 1) + "|")
    for row in longs:
        print("| " + " | ".join(row) + " |")
    print(f"\n{bleu.get_signature()}")


def prepare(args, train, dev):
    """The files of both sides, and the tokenizer."""
    train = train[: args.limit] if args.limit else train
    args.eval_every = -(-len(train) // args.batch_size)
    args.steps = args.steps or round(args.epochs * len(train) / args.batch_size)
    args.warmup = min(WARMUP, args.steps // 10)
    names = ("corpus", "steps", "batch_size", "context", "vocab_size", "seed", "dtype", "threads")
    asked = {name: getattr(args, name) for name in names} | {"pairs": len(train), "recipe": RECIPE, "shapes": SHAPES}
    if once(args.work / "settings.json", lambda: asked) != asked:
        sys.exit(f"error: {args.work} holds runs with other settings\nhint: --work FOLDER takes a new one, or give those of settings.json there again")
    write_sides(args.work, "train", train)
    write_sides(args.work, "dev", dev)
    if not (args.work / "tokenizer").exists():
        run([args.ours, "tokenizer", "train", "--kind", "byte-bpe", "--vocab-size", args.vocab_size, "--data", args.work / "train.source",
             args.work / "train.target", "--out", args.work / "tokenizer", "--json"])


def leave_out_long(args, dev):
    """Writes those held-out pairs that a model can read to the end; the tokens of their sources."""
    import numpy
    import tokenizers

    encode = tokenizers.Tokenizer.from_file(str(args.work / "tokenizer/tokenizer.json")).encode_batch
    sources, targets = (numpy.array([len(e.ids) for e in encode(lines_of(args.work / f"dev.{side}"))]) for side in ("source", "target"))
    kept = (sources <= args.context) & (targets < args.context)  # a target's end is one more
    write_sides(args.work, "dev", [pair for pair, stays in zip(dev, kept, strict=True) if stays])
    return sources[kept]


def short(args):
    words = {"der": "the", "Hund": "dog", "schläft": "sleeps", "Mann": "man", "lacht": "laughs"}
    texts = [f"der {who} {does} {n}" for who in ("Hund", "Mann") for does in ("schläft", "lacht") for n in range(20)]
    rows = [(text, " ".join(words.get(word, word) for word in text.split())) for text in texts]
    args.steps, args.batch_size, args.vocab_size, args.context = 2, 4, 300, 32
    prepare(args, rows, rows[:8])
    for model, shape in SHAPES.items():
        shape |= {name: 16 for name in ("n-embd", "n-hidden", "n-encoder-hidden", "n-inner") if name in shape}
        print("{}: BLEU {bleu:.2f} in {seconds:.1f} s, {parameters:,} parameters".format(model, **ours(args, model)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="multi30k", choices=["multi30k", "verses"])
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data")
    parser.add_argument("--model", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/grimoire")
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--steps", type=int, default=0, help="instead of epochs")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--context", type=int, default=100, help="tokens: pairs with a longer side are left out, held out ones too")
    parser.add_argument("--vocab-size", type=int, default=2000)
    parser.add_argument("--limit", type=int, default=0, help="pairs to train on; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32", help="ours")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="our side alone")
    parser.add_argument("--work", type=pathlib.Path, help="a folder for data and runs")
    parser.add_argument("--short", action="store_true", help="our side alone, two steps, on pairs of its own")
    args = parser.parse_args()
    carry_out(args, short, compare)


if __name__ == "__main__":
    main()
