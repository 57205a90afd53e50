"""Fine-tuning beside transformers on tuned PyTorch: the same texts, the same recipe, the same seeds' worth of runs; scores and seconds of training.

    python bench/compare/finetune.py [--task sst2 ...] [--data DIR] [--model DIR] [--seeds 3] [--epochs 3] [--lr 1e-4] [--batch-size 32] [--pool cls|mean]
        [--layer-decay 1] [--dtype bf16] [--threads N] [--steps N] [--judgements 10] [--clock wall|processor] [--ours build/release/grimoire] [--work DIR]
        [--short]

Run it with the Python that has torch and transformers. Tasks, of --data:

    sst2     sst2/train.tsv and dev.tsv: is the review of a film favourable?
    trec     trec_question_class/train.txt: what is asked for, six classes; a tenth is held out
    agnews   ag_news: of what kind is the news, four classes; a tenth is held out

Recipe of both sides: AdamW, weight decay .01 but of biases and norms, a rate that rises over a tenth of the steps and falls in a line, norms of gradients
clipped at 1, --judgements on the held-out texts, of which the best counts. Ours packs the texts of a batch one behind the other; PyTorch pads each batch
to its longest text, and batches are of like lengths, as users of transformers group them (group_by_length). PyTorch runs under run.py's TUNED settings
with fused AdamW and scaled_dot_product_attention, in float32 or under bfloat16 autocast: what is faster in a trial of twenty steps. Sides take turns.
Seconds are those of the training steps alone; beside other work, --clock processor: PyTorch's processor time in its steps, and ours of the whole program,
with loading and judging. --short is our side alone for two steps, on a model and texts of its own.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

from run import ROOT, build_shim, carry_out, cpu_model, idle_percent, tuned_environment

HERE = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != HERE]  # tokenizers is Hugging Face's, not the file beside this one
TASKS = ["sst2", "trec", "agnews"]


def write_tsv(path, rows):
    path.write_text("text\tlabel\n" + "".join("{}\t{}\n".format(" ".join(text.split()), label) for text, label in rows))


def read_tsv(path):
    return [line.rsplit("\t", 1) for line in path.read_text().splitlines()[1:]]


def rows_of(task, data):
    """What trains and what judges: (text, label)."""
    if task == "sst2":
        return [[line.rsplit("\t", 1) for line in (data / f"sst2/{part}.tsv").read_text().splitlines()] for part in ("train", "dev")]
    if task == "trec":
        lines = (data / "trec_question_class/train.txt").read_text(encoding="latin-1").splitlines()
        rows = [(text, kind.split(":")[0]) for kind, text in (line.split(" ", 1) for line in lines)]
    else:
        names = (data / "ag_news/classes.txt").read_text().splitlines()
        with open(next((data / "ag_news").glob("*.csv")), newline="") as file:
            rows = [(f"{title} {body}", names[int(number) - 1]) for number, title, body in csv.reader(file)]
    random.Random(42).shuffle(rows)
    held = len(rows) // 10
    return rows[held:], rows[:held]


def steps_of(settings, texts):
    return settings["steps"] or -(-int(settings["epochs"] * texts) // settings["batch_size"])


def every_of(settings, texts):
    return max(1, steps_of(settings, texts) // settings["judgements"])


# --- ours ------------------------------------------------------------------------------------------------------------


def ours(args, folder, seed):
    out = folder / f"ours-{seed}"
    command = [args.ours, "finetune", args.model, "--task", "classify", "--data", folder / "train.tsv", "--dev", folder / "dev.tsv", "--out", out, "--json",
               "--seed", seed, "--lr", args.lr, "--batch-size", args.batch_size, "--pool", args.pool, "--layer-decay", args.layer_decay, "--dtype", args.dtype,
               "--threads", args.threads]
    texts = len(read_tsv(folder / "train.tsv"))
    command += ["--steps", steps_of(vars(args), texts), "--eval-every", every_of(vars(args), texts)]
    before = os.times()
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    after = os.times()
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))} failed: {done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return result["dev_score"], used if args.clock == "processor" else result["seconds"]


# --- PyTorch ---------------------------------------------------------------------------------------------------------


def peer(args, folder, seed, dtype, env, **changed):
    settings = {name: getattr(args, name) for name in ("epochs", "lr", "batch_size", "pool", "layer_decay", "threads", "steps", "judgements", "clock")}
    settings |= {"model": str(args.model), "folder": str(folder), "seed": seed, "dtype": dtype} | changed
    done = subprocess.run([sys.executable, __file__, "--peer", json.dumps(settings)], stdout=subprocess.PIPE, text=True, env=env)
    if done.returncode != 0:
        sys.exit(f"error: PyTorch's side ended with {done.returncode}")
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def train_peer(s):
    import torch
    import transformers

    now = time.process_time if s["clock"] == "processor" else time.perf_counter
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    transformers.logging.set_verbosity_error()
    train, dev = (read_tsv(pathlib.Path(s["folder"], f"{part}.tsv")) for part in ("train", "dev"))
    labels = sorted({label for _, label in train})
    tokenizer = transformers.AutoTokenizer.from_pretrained(s["model"])
    ids = [tokenizer([text for text, _ in part], truncation=True, max_length=512)["input_ids"] for part in (train, dev)]
    targets = [torch.tensor([labels.index(label) for _, label in part]) for part in (train, dev)]
    config = transformers.AutoConfig.from_pretrained(s["model"], num_labels=len(labels))

    class Mean(torch.nn.Module):
        """A head on the mean over the tokens."""

        def __init__(self):
            super().__init__()
            self.body = transformers.AutoModel.from_pretrained(s["model"], add_pooling_layer=False, attn_implementation="sdpa")
            self.classifier = torch.nn.Linear(config.hidden_size, len(labels))
            torch.nn.init.normal_(self.classifier.weight, std=config.initializer_range)
            torch.nn.init.zeros_(self.classifier.bias)

        def forward(self, input_ids, attention_mask):
            hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mean = (hidden * attention_mask[..., None]).sum(1) / attention_mask.sum(1, keepdim=True)
            return self.classifier(torch.nn.functional.dropout(mean, config.hidden_dropout_prob, self.training))

    class First(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = transformers.AutoModelForSequenceClassification.from_pretrained(s["model"], config=config, attn_implementation="sdpa")

        def forward(self, input_ids, attention_mask):
            return self.body(input_ids=input_ids, attention_mask=attention_mask).logits

    model = Mean() if s["pool"] == "mean" else First()
    layers = config.num_hidden_layers

    def height(name):
        found = [int(part) for part in name.split(".") if part.isdigit()]
        return found[0] + 1 if found else 0 if "embedding" in name else layers + 1

    groups = [{"params": [p], "rate": s["layer_decay"] ** (layers + 1 - height(name)), "weight_decay": 0.01 if p.dim() > 1 else 0.0}
              for name, p in model.named_parameters()]
    if s["layer_decay"] == 1:
        groups = [{"params": [g["params"][0] for g in groups if g["weight_decay"] == decay], "rate": 1, "weight_decay": decay} for decay in (0.01, 0.0)]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), fused=True)
    step_count, every = steps_of(s, len(train)), every_of(s, len(train))
    warmup = round(0.1 * step_count)

    def batch_of(part, rows):
        longest = max(len(ids[part][row]) for row in rows)
        words, mask = torch.zeros(len(rows), longest, dtype=torch.long), torch.zeros(len(rows), longest, dtype=torch.long)
        for i, row in enumerate(rows):
            words[i, : len(ids[part][row])], mask[i, : len(ids[part][row])] = torch.tensor(ids[part][row]), 1
        return words, mask

    def epochs():
        """Batches of like lengths: all texts in a new order, sorted within fifty batches, as transformers' LengthGroupedSampler."""
        while True:
            order = torch.randperm(len(train)).tolist()
            many = 50 * s["batch_size"]
            order = [row for begin in range(0, len(order), many) for row in sorted(order[begin : begin + many], key=lambda row: -len(ids[0][row]))]
            batches = [order[begin : begin + s["batch_size"]] for begin in range(0, len(order), s["batch_size"])]
            random.Random(int(torch.randint(1 << 30, (1,)))).shuffle(batches)
            yield from batches

    def autocast():
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=s["dtype"] == "bf16")

    def judge():
        model.eval()
        order, right = sorted(range(len(dev)), key=lambda row: len(ids[1][row])), 0
        with torch.no_grad(), autocast():
            for begin in range(0, len(order), 64):
                rows = order[begin : begin + 64]
                right += (model(*batch_of(1, rows)).argmax(-1) == targets[1][rows]).sum().item()
        model.train()
        return right / len(dev)

    model.train()
    best, seconds, batches = 0.0, 0.0, epochs()
    for step in range(step_count):
        start = now()
        rows = next(batches)
        rate = (step + 1) / (warmup + 1) if step < warmup else (step_count - step) / (step_count - warmup)
        for group in optimizer.param_groups:
            group["lr"] = s["lr"] * group["rate"] * rate
        with autocast():
            logits = model(*batch_of(0, rows))
        loss = torch.nn.functional.cross_entropy(logits.float(), targets[0][rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        seconds += now() - start
        if (step + 1) % every == 0 or step + 1 == step_count:
            best = max(best, judge())
    print(json.dumps([best, seconds]))


# --- both ------------------------------------------------------------------------------------------------------------


def compare(args):
    idle = idle_percent()
    print(f"{cpu_model()}, {os.cpu_count()} CPUs, {idle:.0f}% idle", file=sys.stderr)
    if idle < 93:
        print("warning: the machine is busy; trust no time", file=sys.stderr)
    env = tuned_environment(args.threads, build_shim(args.work))
    print("| task | ours, each seed | mean | PyTorch, each seed | mean | training, s | PyTorch | PyTorch / ours |\n|---|---|---|---|---|---|---|---|")
    for task in args.task:
        folder = args.work / task
        folder.mkdir(parents=True, exist_ok=True)
        for part, rows in zip(("train", "dev"), rows_of(task, args.data)):
            write_tsv(folder / f"{part}.tsv", rows)
        trial = {kind: peer(args, folder, 1, kind, env, steps=20, judgements=1)[1] for kind in ("f32", "bf16")}
        print(f"{task}: PyTorch's twenty steps, f32 {trial['f32']:.1f} s, bf16 {trial['bf16']:.1f} s", file=sys.stderr)
        kind = min(trial, key=trial.get)
        mine, theirs = [], []
        for seed in range(1, args.seeds + 1):
            mine.append(ours(args, folder, seed))
            theirs.append(peer(args, folder, seed, kind, env))
            (score, taken), (their_score, their_taken) = mine[-1], theirs[-1]
            print(f"{task}, seed {seed}: ours {score:.4f} in {taken:.0f} s, PyTorch {their_score:.4f} in {their_taken:.0f} s", file=sys.stderr)
        cells = [task]
        for runs in (mine, theirs):
            cells += [" ".join(f"{score:.4f}" for score, _ in runs), f"{statistics.mean(score for score, _ in runs):.4f}"]
        seconds = [statistics.median(taken for _, taken in runs) for runs in (mine, theirs)]
        print("| " + " | ".join([*cells, f"{seconds[0]:.0f}", f"{seconds[1]:.0f} ({kind})", f"{seconds[1] / seconds[0]:.2f}"]) + " |", flush=True)


def short(args):
    """Our side on a model that has learned nothing."""
    folder = args.work
    rows = [(f"the film was {word}", "good" if word == "fine" else "bad") for word in ("fine", "dull") * 20]
    write_tsv(folder / "train.tsv", rows)
    write_tsv(folder / "dev.tsv", rows[:8])
    (folder / "text.txt").write_text("the film was fine and not dull\n\n" * 50)
    for command in (["tokenizer", "train", "--kind", "wordpiece", "--vocab-size", 60, "--data", folder / "text.txt", "--out", folder / "tokenizer"],
                    ["train", "--model", "bert", "--n-embd", 16, "--data", folder / "text.txt", "--tokenizer", folder / "tokenizer", "--steps", 1, "--out",
                     folder / "bert"]):
        subprocess.run([str(args.ours), *map(str, command)], check=True, capture_output=True)
    args.model, args.steps, args.batch_size = folder / "bert", 2, 4
    print("score {:.4f} in {:.1f} s".format(*ours(args, folder, 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", nargs="+", default=TASKS, choices=TASKS)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data")
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path.home() / ".cache/grimoire/models/minilm")
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/grimoire")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--steps", type=int, default=0, help="instead of epochs")
    parser.add_argument("--judgements", type=int, default=10)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pool", choices=["cls", "mean"], default="cls")
    parser.add_argument("--layer-decay", type=float, default=1.0)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="bf16", help="ours")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--work", type=pathlib.Path, help="a new folder for data and runs")
    parser.add_argument("--short", action="store_true", help="our side alone, two steps")
    parser.add_argument("--peer", help=argparse.SUPPRESS)  # what the process of the other side is started with
    args = parser.parse_args()
    if args.peer:
        train_peer(json.loads(args.peer))
        return
    carry_out(args, short, compare)


if __name__ == "__main__":
    main()
