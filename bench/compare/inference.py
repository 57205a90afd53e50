"""Writing, translating and embedding beside the peers, one round of each side in turn.

    python bench/compare/inference.py [--job smollm2 ...] [--threads 1 2] [--rounds N] [--restarts N] [--models DIR] [--sentences FILE] [--ours DIR]
        [--work DIR]

Run it with the Python that has torch and transformers; ctranslate2, xllamacpp (llama.cpp; with gguf) and onnxruntime (with onnx) take part where they are
installed. The wheel of xllamacpp knows AVX2 and no more: LIBLLAMA=PATH names a libllama.so of one's own, built for this machine (cmake -DGGML_NATIVE=ON).
Jobs:

    smollm2         SmolLM2-135M of --models, its numbers as float32 on all sides: 512 tokens read, 128 written, tokens a second
    gpt2            the same of GPT-2 124M, random weights
    ...-8           eight prompts side by side, tokens of all of them a second
    ...-bf16        the same with weights in bfloat16, sums in float32; CTranslate2 has no such type on these machines. Answers differ then: each
                    side rounds other numbers
    ...-q8_0, -q4_0 SmolLM2's matrices in ggml's blocks of 8 and 4 bits, one GGUF file for ours and llama.cpp
    llama1b-q8_0, -q4_0  the same of 1.1 thousand million random weights in TinyLlama's shape
    minilm-equal    vectors of 128 texts of 128 tokens, texts a second: batches of 32, token ids in, mean over the tokens, to length 1
    minilm-natural  vectors of the first 512 of --sentences (a sentence a line, as SST-2's train.tsv has them): batches by length, as sentence-transformers
                    makes them, and "unsorted", as they come
    ...-q8_0        the same in 8 bits: our matrices in ggml's blocks, onnxruntime's as its dynamic quantisation makes them with a scale for each column;
                    PyTorch's float32 beside them, and how the cosines of each text with the next are ordered as there (Spearman's correlation)
    marian          the base Transformer of Vaswani et al. 2017, random weights: 64 tokens behind each of 4 sources of 32, four beams, one source at a time

Models are written and converted into --work once. Every side is a process, started anew --restarts times; the others are stopped while one has its turn.
Each column: the best wall time of the rounds as a rate, in brackets the rate by processor time (of all threads: with one, the figure to trust on a machine
that others use too). Ratios: our rate over that of the best peer; of writing also our share of the limit, which is that all weights are read once for a
token of every prompt, and all that is kept of the prompts, at the speed of memory that roofline measures in the same run. The torch sides run under run.py's
TUNED settings. "differs" marks a peer whose tokens or vectors are not ours.
llama.cpp keeps keys and values as float16, with which it writes faster, and takes GELU from a table of float16: its logits of gpt2 are up to .005 off, and
a near tie goes the other way behind 100 tokens that are the same.
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

from run import ROOT, Side, build_shim, cpu_model, idle_percent, plain_environment, roofline, tuned_environment

PEERS = pathlib.Path(__file__).with_name("inference_peers.py")
NEEDS = {"transformers": ["transformers"], "PyTorch": ["transformers"], "CTranslate2": ["ctranslate2"], "llama.cpp": ["xllamacpp", "gguf"],
         "onnxruntime": ["onnxruntime", "onnx"]}
WRITING = {  # prompts and the type of the weights
    model + many + kind: (texts, dtype)
    for model in ("smollm2", "gpt2")
    for many, texts in (("", 1), ("-8", 8))
    for kind, dtype in (("", "f32"), ("-bf16", "bf16"), ("-q8_0", "q8_0"), ("-q4_0", "q4_0"))
    if model == "smollm2" or not kind.startswith("-q")
} | {f"llama1b-{dtype}": (1, dtype) for dtype in ("q8_0", "q4_0")}
EMBEDDING = {texts + kind: (texts, dtype) for texts in ("minilm-equal", "minilm-natural") for kind, dtype in (("", "f32"), ("-q8_0", "q8_0"))}
BYTES = {"f32": 4, "bf16": 2, "q8_0": 34 / 32, "q4_0": 18 / 32}  # of a weight


class Turn(Side):
    """A side that says for every round what it took, and what came of it."""

    def round(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(b"\n")
        numbers = self.read_line().split()
        self.stop()
        return numbers


class Models:
    """What the sides read, made once."""

    def __init__(self, args):
        self.args, self.work, self.python = args, args.work, [sys.executable, PEERS]
        self.work.mkdir(parents=True, exist_ok=True)

    def made(self, name, *command):
        path = self.work / name
        if not path.exists():
            print(f"making {path}", file=sys.stderr)
            made = subprocess.run([str(path if part is None else part) for part in command], capture_output=True, text=True)
            if made.returncode != 0:
                sys.exit(f"error: {path} was not made: {made.stderr.strip()[-400:]}")
        return path

    def converted(self, name, model, *how):
        dtype = [] if "--dtype" in how else ["--dtype", "f32"]
        return self.made(name, self.args.ours / "grimoire", "model", "convert", self.args.models / model, None, *dtype, *how)

    def written(self, name):
        return self.made(name, *self.python, "write", name, None)

    def for_peer(self, name, peer, *dtype):
        kind = {"CTranslate2": "ctranslate2", "onnxruntime": "onnx", "llama.cpp": "gguf"}[peer]
        folder = self.args.models / name if peer == "onnxruntime" else self.work / name
        return self.made("-".join([name, kind, *dtype]), *self.python, kind, folder, None, *dtype)

    def texts(self, name, lengths, vocabulary):
        draw = random.Random(7)
        path = self.work / f"{name}.txt"
        path.write_text("\n".join(" ".join(str(draw.randrange(1000, vocabulary)) for _ in range(n)) for n in lengths) + "\n")
        return path

    def sentences(self, count):
        return self.made(f"sentences-{count}.txt", *self.python, "ids", self.args.models / "minilm", None, self.args.sentences, str(count))


def jobs(models):
    """name: (task, count, texts, [(phase, units of the rate)], {side: folder}); what the ends of names mean, the top of this file says"""

    def generating(model, texts, dtype):
        prompts = models.texts(f"{model}-prompts-{texts}", [512] * texts, 49000)
        phases = [(f"read {texts} x 512", texts * 512), (f"write {texts} x 128", texts * 128)]
        smollm2 = models.converted("smollm2", "smollm2") if model != "gpt2" else None  # whose tokenizer llama1b has
        folder = smollm2 if model == "smollm2" else models.written(model)
        if dtype.startswith("q"):
            file = models.converted(f"{model}-gguf-{dtype}", folder.resolve(), "--to", "gguf", "--dtype", dtype)
            return "generate", 128, prompts, phases, {"ours": file / "model.gguf", "llama.cpp": file}
        sides = {"ours": folder, "transformers": folder}
        if dtype == "f32":
            sides["CTranslate2"] = lambda: models.for_peer(model, "CTranslate2")
        of_dtype = [] if dtype == "f32" else [dtype]
        if model == "smollm2":
            sides["llama.cpp"] = lambda: models.converted("-".join(["smollm2-gguf", *of_dtype]), model, "--to", "gguf", "--dtype", dtype)
        else:
            sides["llama.cpp"] = lambda: models.for_peer(model, "llama.cpp", *of_dtype)
        return "generate", 128, prompts, phases, sides

    def embedding(texts, dtype):
        folder = models.args.models / "minilm"
        sides = {"ours": folder, "PyTorch": folder}
        if dtype == "f32":
            sides["onnxruntime"] = lambda: models.for_peer("minilm", "onnxruntime")
        else:
            sides["onnxruntime"] = lambda: models.made("minilm-onnx-int8", *models.python, "int8", models.for_peer("minilm", "onnxruntime"), None)
        unsorted = texts == "minilm-natural" and dtype == "f32"
        texts = models.sentences(512) if texts == "minilm-natural" else models.texts("equal", [128] * 128, 30000)
        if unsorted:
            sides |= {f"{peer} unsorted": sides[peer] for peer in ("PyTorch", "onnxruntime")}
        return "embed", 32, texts, [("texts", len(texts.read_text().splitlines()))], sides

    def marian():
        folder = models.written("marian")
        sides = {"ours": folder, "transformers": folder, "CTranslate2": lambda: models.for_peer("marian", "CTranslate2")}
        return "beams", 64, models.texts("marian-sources", [32] * 4, 31000), [("beams 4 x 64", 4 * 64)], sides

    writing = {name: lambda name=name, shape=shape: generating(name.split("-")[0], *shape) for name, shape in WRITING.items()}
    return writing | {name: lambda how=how: embedding(*how) for name, how in EMBEDDING.items()} | {"marian": marian}


def measure(args, models, name, threads, shim):
    """[(phase, {side: (rate by wall time, rate by processor time)}, sides whose answer differs)], and what else is to be said"""
    task, count, texts, phases, folders = jobs(models)[name]()
    plain, tuned = plain_environment(threads), tuned_environment(threads, shim)
    rounds, made = {}, {}
    for _ in range(args.restarts):
        sides = []
        try:
            for side, folder in folders.items():
                peer, *unsorted = side.split()
                if not all(importlib.util.find_spec(module) for module in NEEDS.get(peer, [])):
                    print(f"{peer} is not installed: left out", file=sys.stderr)
                    continue
                if args.sides and peer not in args.sides:
                    continue
                folder = folder() if callable(folder) else folder
                dtype = (WRITING | EMBEDDING).get(name, (None, "f32"))[1]
                tail = [str(part) for part in (folder, threads, texts, count, dtype)]
                command = [args.ours / "bench/compare/bench_inference", task] if side == "ours" else [sys.executable, PEERS, peer, "-".join([task, *unsorted])]
                sides.append(Turn(side, [str(part) for part in command] + tail, tuned if peer in ("transformers", "PyTorch") else plain))
                print(f"{side}: {sides[-1].greeting}", file=sys.stderr)
            for turn in range(args.rounds + 1):  # the first warms up
                for side in sides[turn % len(sides) :] + sides[: turn % len(sides)]:
                    numbers = side.round()
                    if turn > 0:
                        rounds.setdefault(side.name, []).append(list(map(float, numbers[: 2 * len(phases)])))
                    made[side.name] = numbers[2 * len(phases) :]
        finally:
            for side in sides:
                side.close()
    ours = made.get("ours", [])
    differs = [side for side, answer in made.items() if any(abs(float(a) - float(b)) > 2e-5 for a, b in zip(ours, answer, strict=True))]
    said = ""
    if name in EMBEDDING and EMBEDDING[name][1] != "f32" and "PyTorch" in made:
        differs, correlations = [], {side: spearman(answer, made["PyTorch"]) for side, answer in made.items() if side != "PyTorch"}
        said = "as PyTorch orders them: " + ", ".join(f"{side} {correlation:.5f}" for side, correlation in correlations.items())
    best = {side: [min(column) for column in zip(*all_rounds)] for side, all_rounds in rounds.items()}
    return [(phase, {side: (units / b[2 * i], units / b[2 * i + 1]) for side, b in best.items()}, differs) for i, (phase, units) in enumerate(phases)], said


def spearman(a, b):
    """Of numbers of which no two are equal."""
    places = [{i: place for place, i in enumerate(sorted(range(len(x)), key=lambda i: float(x[i])))} for x in (a, b)]
    return 1 - 6 * sum((places[0][i] - places[1][i]) ** 2 for i in range(len(a))) / (len(a) * (len(a) ** 2 - 1))


def writing_limit(models, name, known, threads):
    """Tokens a second of all prompts; of GPT-2 without the positions, of which a token reads one row. Keys and values are as wide as weights."""
    (texts, dtype), folder, numbers = WRITING[name], models.work / name.split("-")[0], 0
    for path in folder.glob("*.safetensors"):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        numbers += sum(math.prod(tensor["shape"]) for key, tensor in header.items() if key != "__metadata__" and not key.endswith("wpe.weight"))
    config = json.loads((folder / "config.json").read_text())
    either = [("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"), ("hidden_size", "n_embd")]
    layers, heads, width = (config.get(llama, config.get(gpt2)) for llama, gpt2 in either)
    kept = 2 * layers * width // heads * config.get("num_key_value_heads", heads)  # of a token
    kept *= texts * (512 + 128 // 2)  # in the middle of what is written
    return texts * 1e9 * known["memory read, GB/s", threads > 1] / (numbers * BYTES[dtype] + kept * (2 if dtype == "bf16" else 4))


def line(name, threads, phase, rates, differs, limit, said):
    cells = [f"{name}, {phase}", str(threads)]
    cells += [f"{side} {wall:.1f} ({cpu:.1f})" + (" differs" if side in differs else "") for side, (wall, cpu) in rates.items()]
    for kind in ("", "unsorted"):
        peers = [rate for side, rate in rates.items() if side != "ours" and kind == " ".join(side.split()[1:])]
        if peers and "ours" in rates:
            wall, cpu = (rates["ours"][i] / max(rate[i] for rate in peers) for i in (0, 1))
            cells.append(f"{kind} {wall:.2f}x ({cpu:.2f}x)".strip())
    if limit and "ours" in rates:
        cells.append(f"{100 * rates['ours'][0] / limit:.0f} % of the limit")
    if said:
        cells.append(said)
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", nargs="+", default=["all"],
                        choices=["all", *WRITING, *EMBEDDING, "marian"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--restarts", type=int, default=2, help="of every side: a process is up to a third faster or slower than another of the same program")
    parser.add_argument("--sides", nargs="+", help="these alone: ours, transformers, llama.cpp, ...")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path.home() / ".cache/grimoire/models", help="where smollm2 and minilm lie")
    parser.add_argument("--sentences", type=pathlib.Path, default=ROOT / "../shared/data/sst2/train.tsv")
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release", help="where the program and bench/compare are built")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/inference")
    args = parser.parse_args()
    models = Models(args)
    names = list(jobs(models)) if "all" in args.job else args.job
    idle = idle_percent()
    print(f"{cpu_model()}, {os.cpu_count()} CPUs, {idle:.0f}% idle, load {os.getloadavg()[0]:.1f}", flush=True)
    if idle < 93:
        print("warning: the machine is busy; trust rates by processor time on one thread, and no share of the limit", file=sys.stderr)
    known = roofline(args.ours / "bench")
    with tempfile.TemporaryDirectory() as folder:
        shim = build_shim(folder)
        for name in names:
            for threads in args.threads:
                phases, said = measure(args, models, name, threads, shim)
                for phase, rates, differs in phases:
                    limit = writing_limit(models, name, known, threads) if phase.startswith("write") and known else None
                    print(line(name, threads, phase, rates, differs, limit, said), flush=True)


if __name__ == "__main__":
    main()
