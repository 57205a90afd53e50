"""PyTorch side of the training-step comparison: one process, one workload.

    torch_steps.py --workload nanogpt-cpu --threads 1 [--tuned]

Protocol, the same as compare_steps (the C++ side): build the model, run some warm-up steps, print "ready ..."; then for
every line K on standard input run K training steps and print the seconds they took; leave at end of input. run.py drives
both sides in turn.

Every step does what the published training loop does: draw a batch, forward, backward, (clip,) update. Python eager,
float32. T5 is transformers' own; the other models are written for this benchmark from their papers and configurations, with the fastest eager parts that
keep their arithmetic: fused scaled_dot_product_attention, F.gelu for the tanh form, gradients set to None. --tuned changes
the optimizer (AdamW fused=True) and, together with the environment that run.py sets, is the fastest arrangement we found;
without it the optimizer is what torch picks by default.

Where a published loop is slower for reasons other than the framework, the peer gets the faster way: makemore.py's
DataLoader workers and nanoGPT's per-row Python stacking are replaced by one indexing call on data in memory.
"""

import argparse
import itertools
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def random_ids(high, *shape, seed=7):
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(seed))


def make_adamw(groups, tuned, **settings):
    return torch.optim.AdamW(groups, fused=True, **settings) if tuned else torch.optim.AdamW(groups, **settings)


def decay_matrices(model, decay):
    """Weight decay on tensors of two or more dimensions only."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


# --- makemore lectures, part 2: an MLP made of plain tensors ---------------------------------------------------------


def notebook_mlp(tuned):
    rows, block, vocab, embed, hidden, batch, lr = 182_625, 3, 27, 10, 200, 32, 0.1
    X, Y = random_ids(vocab, rows, block), random_ids(vocab, rows, seed=8)
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((vocab, embed), generator=g)
    W1, b1 = torch.randn((block * embed, hidden), generator=g) * 0.2, torch.randn(hidden, generator=g) * 0.01
    W2, b2 = torch.randn((hidden, vocab), generator=g) * 0.01, torch.zeros(vocab)
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.requires_grad = True

    def step():
        ix = torch.randint(0, rows, (batch,))
        h = torch.tanh(C[X[ix]].view(-1, block * embed) @ W1 + b1)
        loss = F.cross_entropy(h @ W2 + b2, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -lr * p.grad
        return loss

    return step, sum(p.numel() for p in parameters)


# --- makemore.py: MLP and transformer over words padded to 16 letters -------------------------------------------------


def padded_words(vocab, length, count=30_000):
    """Inputs 0 w1 w2 ... 0 0 and targets w1 w2 ... 0 -1 -1, for random words of 2 to 15 letters."""
    lengths = random_ids(length - 2, count, seed=9) + 2
    letters = random_ids(vocab - 1, count, length, seed=10) + 1
    place = torch.arange(length)
    letters[place >= lengths[:, None]] = 0
    inputs = torch.cat([torch.zeros(count, 1, dtype=torch.long), letters[:, :-1]], 1)
    targets = letters.clone()
    targets[place > lengths[:, None]] = -1
    return inputs, targets


class WindowMLP(nn.Module):
    """Bengio et al. 2003: at every position, the embeddings of the last `block` letters through one hidden layer."""

    def __init__(self, vocab=27, block=16, embed=64, hidden=64):
        super().__init__()
        self.block, self.blank = block, vocab
        self.embedding = nn.Embedding(vocab + 1, embed)
        self.net = nn.Sequential(nn.Linear(block * embed, hidden), nn.Tanh(), nn.Linear(hidden, vocab))

    def forward(self, ids):
        views = []
        for _ in range(self.block):
            views.append(self.embedding(ids))
            ids = torch.roll(ids, 1, 1)
            ids[:, 0] = self.blank
        return self.net(torch.cat(views, -1))


def makemore(model, tuned):
    X, Y = padded_words(27, 16)
    optimizer = make_adamw(model.parameters(), tuned, lr=5e-4, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)

    def step():
        ix = torch.randint(0, len(X), (32,))
        logits = model(X[ix])
        loss = F.cross_entropy(logits.view(-1, 27), Y[ix].view(-1), ignore_index=-1)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step, sum(p.numel() for p in model.parameters())


# --- GPT-2 and its smaller relatives ----------------------------------------------------------------------------------


class LayerNorm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Block(nn.Module):
    """Pre-norm attention and feed-forward, each added to the stream."""

    def __init__(self, width, heads, bias, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.norm1, self.norm2 = LayerNorm(width, bias), LayerNorm(width, bias)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias), nn.Linear(width, width, bias)
        self.up, self.down = nn.Linear(width, 4 * width, bias), nn.Linear(4 * width, width, bias)

    def attend(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.dropout)
        return self.drop(self.out(y.transpose(1, 2).reshape(B, T, C)))

    def drop(self, x):
        return F.dropout(x, self.dropout) if self.dropout else x

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.drop(self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh")))


class GPT(nn.Module):
    def __init__(self, vocab, block, layers, heads, width, bias, dropout=0.0, tied=True):
        super().__init__()
        self.dropout = dropout
        self.tokens, self.places = nn.Embedding(vocab, width), nn.Embedding(block, width)
        self.blocks = nn.ModuleList(Block(width, heads, bias, dropout) for _ in range(layers))
        self.norm, self.head = LayerNorm(width, bias), nn.Linear(width, vocab, bias=False)
        for p in self.parameters():
            if p.dim() >= 2:
                nn.init.normal_(p, 0, 0.02)
        for block in self.blocks:
            for p in (block.out.weight, block.down.weight):
                nn.init.normal_(p, 0, 0.02 / math.sqrt(2 * layers))
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        if self.dropout:
            x = F.dropout(x, self.dropout)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def gpt(tuned, batch, length, lr, betas, decay, clip, positions=None, **shape):
    model = GPT(block=positions or length, **shape)
    optimizer = make_adamw(decay_matrices(model, decay), tuned, lr=lr, betas=betas, eps=1e-8)
    windows = random_ids(shape["vocab"], 1_000_000).unfold(0, length + 1, 1)  # every stretch of length + 1 tokens

    def step():
        rows = windows[torch.randint(0, len(windows), (batch,))]
        logits = model(rows[:, :-1])
        loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), rows[:, 1:].reshape(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        return loss

    return step, sum(p.numel() for p in model.parameters())


# --- BERT and T5 ------------------------------------------------------------------------------------------------------


class Bert(nn.Module):
    """Norms behind the sums; exact GELU; a transform before the tied output layer, which sees the masked places alone."""

    def __init__(self, vocab=30522, places=512, layers=12, heads=12, width=768, inner=3072):
        super().__init__()
        self.words, self.places, self.segments = nn.Embedding(vocab, width), nn.Embedding(places, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.blocks = nn.ModuleList(nn.ModuleDict({
            "qkv": nn.Linear(width, 3 * width), "out": nn.Linear(width, width), "norm1": nn.LayerNorm(width, 1e-12),
            "up": nn.Linear(width, inner), "down": nn.Linear(inner, width), "norm2": nn.LayerNorm(width, 1e-12)}) for _ in range(layers))
        self.heads, self.transform, self.transform_norm = heads, nn.Linear(width, width), nn.LayerNorm(width, 1e-12)
        self.bias = nn.Parameter(torch.zeros(vocab))
        for p in self.parameters():
            if p.dim() >= 2:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, ids, places):
        B, T = ids.shape
        x = self.norm(self.words(ids) + self.places(torch.arange(T)) + self.segments(torch.zeros_like(ids)))
        for b in self.blocks:
            q, k, v = b["qkv"](x).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, -1)
            x = b["norm1"](x + b["out"](y))
            x = b["norm2"](x + b["down"](F.gelu(b["up"](x))))
        rows = self.transform_norm(F.gelu(self.transform(x.view(B * T, -1)[places])))
        return F.linear(rows, self.words.weight, self.bias)


def bert_base(tuned, batch=8, length=128):
    model = Bert()
    optimizer = make_adamw(decay_matrices(model, 0.01), tuned, lr=1e-4, betas=(0.9, 0.999), eps=1e-8)
    places = torch.tensor([b * length + i * 100 // 15 for b in range(batch) for i in range(length * 15 // 100)])

    def step():
        ids = torch.randint(0, 30522, (batch, length))
        loss = F.cross_entropy(model(ids, places), ids.view(-1)[places])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step, sum(p.numel() for p in model.parameters())


def transformers_package():
    sys.path = [p for p in sys.path if p != str(pathlib.Path(__file__).resolve().parent)]  # where a tokenizers.py lies that is not the package
    import transformers

    return transformers


def t5_small(tuned, batch=4, source=512, target=114):
    transformers = transformers_package()

    config = transformers.T5Config(dropout_rate=0.0, decoder_start_token_id=0)
    model = transformers.T5ForConditionalGeneration._from_config(config, attn_implementation="sdpa").train()
    optimizer = make_adamw(decay_matrices(model, 0.01), tuned, lr=1e-4, betas=(0.9, 0.999), eps=1e-8)

    def step():
        loss = model(input_ids=torch.randint(0, 32128, (batch, source)), labels=torch.randint(0, 32128, (batch, target))).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step, sum(p.numel() for p in model.parameters())


# --- LoRA: peft on transformers ---------------------------------------------------------------------------------------


def smollm2_lora(tuned, batch=4, length=256):
    """With --dtype bf16 the frozen weights are bf16, as such models are loaded, and peft keeps what it trains in float32. With --model, --tokens and
    --adapter: the very weights, texts and beginnings of compare_steps."""
    transformers = transformers_package()
    import peft

    if LORA.model:
        import numpy

        ids = torch.from_numpy(numpy.fromfile(LORA.tokens, numpy.int32).astype(numpy.int64))
        dtype = torch.bfloat16 if DTYPE == "bf16" else torch.float32
        model = transformers.AutoModelForCausalLM.from_pretrained(LORA.model, dtype=dtype, attn_implementation="sdpa")
        model = peft.PeftModel.from_pretrained(model, LORA.adapter, is_trainable=True).train()
        optimizer = make_adamw([p for p in model.parameters() if p.requires_grad], tuned, lr=1e-4, weight_decay=0.01)
        taken = itertools.count()

        def step():
            at = torch.arange(batch * length) + next(taken) * batch * length
            x, y = (ids[at % (len(ids) - 1) + ahead].view(batch, length) for ahead in (0, 1))
            loss = F.cross_entropy(model(input_ids=x).logits.float().flatten(0, 1), y.flatten())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            return loss

        return step, sum(p.numel() for p in model.parameters())

    config = transformers.LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                                      num_key_value_heads=3, max_position_embeddings=2048, tie_word_embeddings=True)
    model = transformers.LlamaForCausalLM._from_config(config, attn_implementation="sdpa")
    if DTYPE == "bf16":
        model = model.to(torch.bfloat16)
    model = peft.get_peft_model(model, peft.LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")).train()
    optimizer = make_adamw([p for p in model.parameters() if p.requires_grad], tuned, lr=1e-4, weight_decay=0.01)

    def step():
        ids = torch.randint(0, 49152, (batch, length))
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    return step, sum(p.numel() for p in model.parameters())


def makemore_transformer(tuned):
    return makemore(GPT(27, 16, layers=4, heads=4, width=64, bias=True, tied=False), tuned)


WORKLOADS = {
    "notebook-mlp": notebook_mlp,
    "makemore-mlp": lambda tuned: makemore(WindowMLP(), tuned),
    "makemore-transformer": makemore_transformer,
    "nanogpt-cpu": lambda tuned: gpt(
        tuned, 12, 64, 1e-3, (0.9, 0.99), 0.1, 1.0, vocab=65, layers=4, heads=4, width=128, bias=False
    ),
    "nanogpt-char": lambda tuned: gpt(
        tuned, 16, 256, 1e-3, (0.9, 0.99), 0.1, 1.0, vocab=65, layers=6, heads=6, width=384, bias=False, dropout=0.2
    ),
    "gpt2-124m": lambda tuned: gpt(
        tuned,
        4,
        64,
        1e-4,
        (0.9, 0.95),
        0.1,
        0.0,
        vocab=50257,
        positions=1024,
        layers=12,
        heads=12,
        width=768,
        bias=True,
    ),
    "gpt2-256": lambda tuned: gpt(tuned, 4, 256, 1e-4, (0.9, 0.95), 0.1, 0.0, vocab=50257, positions=1024, layers=12, heads=12, width=768, bias=True),
    "gpt2-long": lambda tuned: gpt(tuned, 1, 1024, 1e-4, (0.9, 0.95), 0.1, 0.0, vocab=50257, layers=12, heads=12, width=768, bias=True),
    "bert-base": bert_base,
    "t5-small": t5_small,
    "smollm2-lora": smollm2_lora,
}
DTYPE = "f32"  # of this process
LORA = argparse.Namespace(model=None, tokens=None, adapter=None)
WARMUP_SECONDS = 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload", choices=WORKLOADS, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32", help="bf16: every step under autocast")
    parser.add_argument("--profile", type=int, metavar="STEPS", help="print a profile of STEPS steps and leave")
    parser.add_argument("--model", help="of smollm2-lora: a folder of SmolLM2")
    parser.add_argument("--tokens", help="its texts: ids, int32")
    parser.add_argument("--adapter", help="peft's folder of the adapter before its first step")
    parser.add_argument("--losses", type=int, metavar="N", help="print the losses of N steps and leave")
    args = parser.parse_args()
    global DTYPE, LORA
    DTYPE, LORA = args.dtype, args
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1337)
    step, parameters = WORKLOADS[args.workload](args.tuned)
    if args.dtype == "bf16":
        step = torch.autocast("cpu", dtype=torch.bfloat16)(step)
    for _ in range(args.losses or 0):
        print(f"{step().item():.6f}", flush=True)
    if args.losses:
        return
    start, warmup, first = time.perf_counter(), 0, None
    while warmup < 2 or time.perf_counter() - start < WARMUP_SECONDS:
        loss = step().item()
        first = loss if first is None else first
        warmup += 1
    if args.profile:
        with torch.profiler.profile() as profile:
            for _ in range(args.profile):
                step()
        print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=25, max_name_column_width=50))
        return
    print(
        f"ready torch {torch.__version__} parameters {parameters} warmup {warmup} loss {first:.4f} -> {loss:.4f}",
        flush=True,
    )
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter()
        for _ in range(count):
            step()
        print(f"{time.perf_counter() - start:.9f}", flush=True)


if __name__ == "__main__":
    main()
