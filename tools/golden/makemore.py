"""Numbers of Karpathy's makemore lectures on names.txt, recomputed: the counting bigram, the neural bigram, the
BatchNorm MLP of part 3 and the sampled names.

    python tools/golden/makemore.py PATH/TO/names.txt            writes tests/golden/makemore.json

Made with torch 2.15.0 and numpy 2.4 on Python 3.11; needs rng.py beside it. names.txt is the file of the makemore repository
(32,033 lines, sha256 0a30b555...). The lectures print some of these values (bigram loss 2.4540 and 2.4546, first word
3.7693, BatchNorm start 3.3239, the names); the rest continue them.

The generator is torch.Generator().manual_seed(2147483647) throughout. The construction order of the BatchNorm net, which
decides every number after it, all from one generator g that then also draws the batches:
    C = randn(27, 10); W1 = randn(30, 200) * (5/3) / 30**0.5; W2 = randn(200, 27) * 0.01; b2 = randn(27) * 0;
    bngain = ones(1, 200), bnbias = zeros(1, 200) (no draws); step: ix = randint(0, 182625, (32,)), then
    h = tanh(bngain * (x - mean) / std + bnbias) with the batch's mean and UNBIASED std and no epsilon; SGD with lr 0.1.

The names of the published notebook were sampled by torch of 2022, whose multinomial compared one 53-bit uniform with a
float32 cumulative sum (rng.py, multinomial_cdf); torch of today races exponentials and gives other names. Both are here.
"""

import hashlib
import math
import pathlib
import random
import sys

import numpy as np
import torch
import torch.nn.functional as F

import common
from rng import TorchGenerator

SEED = 2147483647
LETTERS = ".abcdefghijklmnopqrstuvwxyz"
ID = {letter: i for i, letter in enumerate(LETTERS)}


def bigrams(words):
    pairs = [(ID[a], ID[b]) for w in words for a, b in zip("." + w, w + ".")]
    return torch.tensor(pairs).T.contiguous()


def contexts(words, block):
    xs, ys = [], []
    for w in words:
        context = [0] * block
        for letter in w + ".":
            xs.append(context)
            ys.append(ID[letter])
            context = context[1:] + [ID[letter]]
    return torch.tensor(xs), torch.tensor(ys)


def nll(counts, xs, ys):
    p = counts / counts.sum(1, keepdim=True)
    return -p[xs, ys].log().mean().item()


def sample_names(rows, pick, count):
    names = []
    for _ in range(count):
        at, name = 0, ""
        while True:
            at = pick(rows[at])
            name += LETTERS[at]
            if at == 0:
                break
        names.append(name)
    return names


def neural_bigram(xs, ys):
    def run(decay, steps):
        W = torch.randn((27, 27), generator=torch.Generator().manual_seed(SEED)).requires_grad_()
        onehot, losses = F.one_hot(xs, 27).float(), []
        for _ in range(steps + 1):
            logp = (onehot @ W).log_softmax(1)
            loss = -logp[torch.arange(len(ys)), ys].mean() + decay * (W**2).mean()
            losses.append(loss.item())
            W.grad = None
            loss.backward()
            W.data += -50 * W.grad
        return losses

    W = torch.randn((27, 27), generator=torch.Generator().manual_seed(SEED))
    first = F.cross_entropy(W[xs[:5]], ys[:5]).item()  # ".emma."
    decayed, plain = run(0.01, 100), run(0.0, 100)
    return {
        "first word loss": first,
        "lr": 50,
        "with 0.01*mean(W^2): step, loss": [[step, decayed[step]] for step in (0, 1, 2, 10, 99, 100)],
        "without: step, loss": [[step, plain[step]] for step in (0, 1, 2, 10, 99, 100)],
    }


def batch_norm_net(X, Y, steps):
    g = torch.Generator().manual_seed(SEED)
    C = torch.randn((27, 10), generator=g)
    W1 = torch.randn((30, 200), generator=g) * (5 / 3) / (30**0.5)
    W2 = torch.randn((200, 27), generator=g) * 0.01
    b2 = torch.randn(27, generator=g) * 0
    gain, bias = torch.ones((1, 200)), torch.zeros((1, 200))
    parameters = [C, W1, W2, b2, gain, bias]
    for p in parameters:
        p.requires_grad = True
    losses, first_batch = [], None
    for _ in range(steps):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        first_batch = ix.tolist() if first_batch is None else first_batch
        x = C[X[ix]].view(32, -1) @ W1
        x = gain * (x - x.mean(0, keepdim=True)) / x.std(0, keepdim=True) + bias
        loss = F.cross_entropy(torch.tanh(x) @ W2 + b2, Y[ix])
        losses.append(loss.item())
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
    return {
        "parameters": sum(p.numel() for p in parameters),
        "first batch": first_batch,
        "losses": losses,
        "sums after the last step": {
            name: p.double().sum().item() for name, p in zip(("C", "W1", "W2", "b2", "bngain", "bnbias"), parameters)
        },
    }


def main(path):
    torch.set_num_threads(1)
    text = pathlib.Path(path).read_bytes()
    words = text.decode().split()
    xs, ys = bigrams(words)
    counts = torch.zeros((27, 27), dtype=torch.float64)
    counts.index_put_((xs, ys), torch.ones(len(xs), dtype=torch.float64), accumulate=True)

    rows = (counts + 1).float()
    rows /= rows.sum(1, keepdim=True)
    old = TorchGenerator(SEED)
    names_2022 = sample_names(rows.numpy(), lambda row: old.multinomial_cdf(row, 1)[0], 5)
    assert " ".join(names_2022) == "mor. axx. minaymoryles. kondlaisah. anchshizarie."
    race = TorchGenerator(SEED)
    names_now = sample_names(rows.numpy(), lambda row: race.multinomial_race(row)[0], 5)
    g = torch.Generator().manual_seed(SEED)
    assert names_now == sample_names(
        rows, lambda row: torch.multinomial(row, 1, replacement=True, generator=g).item(), 5
    )

    shuffled = list(words)
    random.seed(42)
    random.shuffle(shuffled)
    cuts = [int(0.8 * len(words)), int(0.9 * len(words))]
    parts = [contexts(part, 3) for part in (shuffled[: cuts[0]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :])]

    common.write_json(
        "makemore.json",
        {
            "about": "makemore on names.txt; see tools/golden/makemore.py for the exact construction",
            "versions": common.versions(torch, np),
            "sha256": hashlib.sha256(text).hexdigest(),
            "words": len(words),
            "bigrams": len(xs),
            "nonzero cells": int((counts > 0).sum()),
            "top counts": [
                [LETTERS[i // 27] + LETTERS[i % 27], int(counts.flatten()[i])]
                for i in counts.flatten().argsort(descending=True)[:5].tolist()
            ],
            "nll": {
                "uniform": math.log(27),
                "add 0": nll(counts, xs, ys),
                "add 1": nll(counts + 1, xs, ys),
                "add 0.1": nll(counts + 0.1, xs, ys),
            },
            "names, add 1, torch 2022": names_2022,
            "names, add 1, torch now": names_now,
            "neural bigram": neural_bigram(xs, ys),
            "shuffled head (random.seed(42))": shuffled[:3],
            "split words": [cuts[0], cuts[1] - cuts[0], len(words) - cuts[1]],
            "split examples, block 3": [len(y) for _, y in parts],
            "batch norm net": batch_norm_net(*parts[0], 5),
        },
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/golden/makemore.py PATH/TO/names.txt")
    main(sys.argv[1])
