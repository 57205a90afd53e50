"""A GPT with a vocabulary of its own, from a text file to stories, beside the same recipe and the same batches in PyTorch.

    python bench/compare/from_scratch.py tinystories_sample.txt --out DIR [--steps N] [--threads 1] [--ours build/release/grimoire] [--short]

Run it with the Python that has torch and tokenizers. The program learns a byte-level BPE from the text, trains a GPT on its pieces and writes 100
texts. PyTorch then does the same from the run's config.json alone: it parts the text at <|endoftext|>, encodes it by Hugging Face's tokenizers, draws
the first weights and every batch from torch.manual_seed (the program trains with --rng torch, which gives the same numbers), and judges the
held-out last tenth, whole and in the program's crops, at the same steps and with the same averaged weights. Nothing is handed over but the tokenizer's file
and the settings. Floating-point sums differ in their order, so that two runs part in the last digits and drift; the table says how far.

--short is our side alone for a moment, on a text of its own: is all there that PyTorch will be compared with?

The last lines say what was asked for: held-out losses within .02 of each other, and nine of ten words of the written texts are words of the corpus
(letters and apostrophes in a row, in lower case).
"""

import argparse
import collections
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from run import ROOT, refuse_unbuilt

HERE = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder).resolve() != HERE]  # tokenizers is Hugging Face's, not the file beside this one
END = "<|endoftext|>"
RECIPE = ["--context", "128", "--batch-size", "8", "--split", "90/10/0"]  # beside the model's own


def run(command):
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1]), time.perf_counter() - start


def events(folder, kind):
    lines = (json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines())
    return [event for event in lines if event["event"] == kind]


# --- PyTorch ---------------------------------------------------------------------------------------------------------


def packed(text):
    """Documents without the white space around them, one behind the other, with the mark before, between and after."""
    documents = filter(None, (part.strip() for part in text.split(END)))
    return END + "".join(document + END for document in documents)


def make_model(torch, c, vocabulary):
    """GPT-2 as the program's recipe for running text has it: no biases, tied head. Drawn in the order of construction."""
    nn, F = torch.nn, torch.nn.functional
    width, layers, heads = c["n_embd"], c["n_layer"], c["n_head"]

    def drawn(*shape, std=0.02):
        return nn.Parameter(torch.empty(shape).normal_(0, std))

    def ones():
        return nn.Parameter(torch.ones(width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            small = 0.02 / math.sqrt(2 * layers)
            self.ln_1, self.qkv, self.out = ones(), drawn(width, 3 * width), drawn(width, width, std=small)
            self.ln_2, self.up, self.down = ones(), drawn(width, 4 * width), drawn(4 * width, width, std=small)

        def forward(self, x):
            B, T, C = x.shape
            q, k, v = (F.layer_norm(x, (C,), self.ln_1) @ self.qkv).split(C, 2)
            q, k, v = (t.view(B, T, heads, C // heads).transpose(1, 2) for t in (q, k, v))
            x = x + F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B, T, C) @ self.out
            return x + F.gelu(F.layer_norm(x, (C,), self.ln_2) @ self.up, approximate="tanh") @ self.down

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = drawn(vocabulary, width), drawn(c["context"], width)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.ln_f = ones()

        def forward(self, tokens):
            x = self.wte[tokens] + self.wpe[: tokens.shape[1]]
            for block in self.blocks:
                x = block(x)
            return F.layer_norm(x, (width,), self.ln_f) @ self.wte.T

    return Gpt()


def judge(torch, model, ids, context):
    """Mean loss over every target once, in consecutive crops of `context`; the last is shorter."""
    total = 0.0
    with torch.no_grad():
        for begin in range(0, len(ids) - 1, 32 * context):
            piece = ids[begin : begin + 32 * context + 1]
            whole = (len(piece) - 1) // context * context
            rows = [(piece[:whole].view(-1, context), piece[1 : whole + 1].view(-1, context))] if whole else []
            if len(piece) - 1 > whole:  # moved back, so that it fits; only what is new counts
                rest = len(piece) - 1 - whole
                tail = ids[-context - 1 :]
                targets = tail[1:].clone()
                targets[: context - rest] = -100
                rows.append((tail[:-1][None], targets[None]))
            for x, y in rows:
                total += torch.nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum").item()
    return total / (len(ids) - 1)


def train_peer(c, text, tokenizer_file, steps_to_judge, threads):
    import tokenizers
    import torch

    torch.set_num_threads(threads)
    ids = torch.tensor(tokenizers.Tokenizer.from_file(str(tokenizer_file)).encode(packed(text)).ids)
    train_end = int(float(c["split"].split("/")[0]) / 100 * len(ids))
    train, held_out = ids[:train_end], ids[train_end:]

    torch.manual_seed(c["seed"])
    model = make_model(torch, c, tokenizers.Tokenizer.from_file(str(tokenizer_file)).get_vocab_size())
    average = [p.detach().clone() for p in model.parameters()]
    groups = [
        {"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": c["weight_decay"]},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(c["beta1"], c["beta2"]), fused=True)

    def learning_rate(step):
        if step < c["warmup"]:
            return c["lr"] * (step + 1) / (c["warmup"] + 1)
        done = (step - c["warmup"]) / (c["steps"] - c["warmup"])
        return c["min_lr"] + 0.5 * (1 + math.cos(math.pi * done)) * (c["lr"] - c["min_lr"])

    def swap():
        with torch.no_grad():
            for p, a in zip(model.parameters(), average):
                kept = p.clone()
                p.copy_(a)
                a.copy_(kept)

    losses, judged, seconds, places = [], {}, 0.0, torch.arange(c["context"])
    for step in range(c["steps"]):
        start = time.perf_counter()
        rows = torch.randint(len(train) - c["context"], (c["batch_size"],))[:, None] + places
        loss = torch.nn.functional.cross_entropy(model(train[rows]).flatten(0, 1), train[rows + 1].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), c["grad_clip"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(model.parameters()), 1 - c["ema"])
        losses.append(loss.item())
        seconds += time.perf_counter() - start
        if step + 1 in steps_to_judge:
            swap()
            judged[step + 1] = judge(torch, model, held_out, c["context"])
            swap()
            print(f"torch: step {step + 1}  loss {losses[-1]:.4f}  held out {judged[step + 1]:.4f}  {seconds:.0f} s", file=sys.stderr)
    return losses, judged, seconds


# --- what is asked for -----------------------------------------------------------------------------------------------


def words_of(text):
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower().replace("\u2019", "'"))


def known_words(texts, corpus):
    known = set(words_of(corpus.replace(END, " ")))
    written = collections.Counter(word for text in texts for word in words_of(text))
    total, strange = sum(written.values()), {word: n for word, n in written.items() if word not in known}
    return 1 - sum(strange.values()) / max(1, total), total, sorted(strange, key=strange.get, reverse=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=pathlib.Path, nargs="?")
    parser.add_argument("--out", type=pathlib.Path, help="a new folder")
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/grimoire")
    parser.add_argument("--vocab-size", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--short", action="store_true", help="our side alone, a moment")
    args = parser.parse_args()
    if not args.short and not (args.text and args.out):
        parser.error("a text and --out are needed, or --short")
    refuse_unbuilt(args.ours)
    if not args.short:
        args.out.mkdir(parents=True)
        compare(args)
        return
    with tempfile.TemporaryDirectory() as folder:
        args.out, args.text, args.steps, args.vocab_size = pathlib.Path(folder), pathlib.Path(folder, "text.txt"), 2, 300
        args.text.write_text(f"The cat sat on the mat, and the dog did not.\n{END}\n" * 200)
        compare(args)


def compare(args):
    tokenizer, folder = args.out / "tokenizer", args.out / "gpt"
    corpus = args.text.read_text(encoding="utf-8")

    run([args.ours, "tokenizer", "train", "--kind", "byte-bpe", "--data", args.text, "--vocab-size", args.vocab_size, "--out", tokenizer, "--json"])
    common = ["--data", args.text, "--tokenizer", tokenizer, "--out", folder, "--json"]
    _, seconds = run(
        [args.ours, "train", "--model", "gpt", *common, *RECIPE, "--rng", "torch", "--steps", args.steps, "--seed", args.seed, "--threads", args.threads]
    )
    ours = {event["step"]: event["dev_loss"] for event in events(folder, "evaluation")}
    steps = events(folder, "step")
    result = {"seconds of the command": seconds, "seconds of its steps": steps[-1]["seconds"], "held out": ours}
    if not args.short:
        settings = json.loads((folder / "config.json").read_text())
        losses, judged, torch_seconds = train_peer(settings, corpus, tokenizer / "tokenizer.json", set(ours), args.threads)
        print("| step | training loss | PyTorch | held out | PyTorch | apart |\n|---|---|---|---|---|---|")
        before = 0
        logged = {}
        for event in steps:  # the mean of the steps since the last one
            logged[event["step"]] = (event["loss"], sum(losses[before : event["step"]]) / (event["step"] - before))
            before = event["step"]
        for step in ours:
            mine, theirs = logged.get(step, (math.nan, math.nan))
            print(f"| {step} | {mine:.4f} | {theirs:.4f} | {ours[step]:.4f} | {judged[step]:.4f} | {abs(ours[step] - judged[step]):.4f} |")
        result |= {"held out, torch": judged, "seconds of its steps, torch": torch_seconds}
        best = min(ours.values()), min(judged.values())
        apart = max(abs(ours[step] - judged[step]) for step in ours)
        print(f"\nheld out, best: {best[0]:.4f}, PyTorch {best[1]:.4f}; furthest apart {apart:.4f} ({'within' if apart < 0.02 else 'NOT within'} .02)")
        print(f"steps: {steps[-1]['seconds']:.0f} s, PyTorch {torch_seconds:.0f} s; the whole command {seconds:.0f} s")
    within = str(int(RECIPE[1]) - 8)  # the context, where the cache holds
    generate = [args.ours, "generate", folder, "-n", "2" if args.short else "100", "--max-tokens", within]
    written = subprocess.run(generate, stdout=subprocess.PIPE, check=True).stdout
    texts = re.split(r"^-----$", written.decode("utf-8", "replace"), flags=re.MULTILINE)
    share, total, strange = known_words(texts, corpus)
    print(f"words of {len(texts)} texts: {total}, of them words of the corpus {100 * share:.1f} %; others: {' '.join(strange[:12])}")
    result |= {"texts": len(texts), "words": total, "words of the corpus": share}
    (args.out / "result.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
