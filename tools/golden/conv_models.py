"""A small temporal convolutional network and a small network of Kim's, as PyTorch's own layers make them, with all that is to be the same here.

    python tools/golden/conv_models.py       writes tests/golden/conv_models/: NAME.json NAME.safetensors

Made with torch 2.15.0 and safetensors 0.8.0, float32, one thread. NAME.json is the config.json here; NAME.safetensors holds weight.NAME in the layout here,
logits, loss and grad.WEIGHT of every weight, and tokens (B, T) and targets of the tcn, or ids of texts one behind the other with their lengths and labels.

The networks are those of Bai et al. 2018 and Kim 2014. Every text goes through Kim's alone, one that is shorter than a kernel with zeros before it.
"""

import shutil

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

import common

FOLDER = common.GOLDEN / "conv_models"
V, E, C = 17, 6, 5


class Block(nn.Module):
    def __init__(self, n_in, n_out, kernel, dilation):
        super().__init__()
        self.reach = (kernel - 1) * dilation
        self.conv1 = weight_norm(nn.Conv1d(n_in, n_out, kernel, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(n_out, n_out, kernel, dilation=dilation))
        self.around = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else None

    def forward(self, x):
        y = F.relu(self.conv1(F.pad(x, (self.reach, 0))))
        y = F.relu(self.conv2(F.pad(y, (self.reach, 0))))
        return F.relu(y + (self.around(x) if self.around else x))


class Tcn(nn.Module):
    def __init__(self, widths, kernel, tied):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.blocks = nn.ModuleList(Block(a, b, kernel, 2**i) for i, (a, b) in enumerate(zip([E] + widths, widths)))
        self.out = nn.Linear(widths[-1], V)
        if tied:
            self.out.weight = self.embedding.weight

    def forward(self, tokens):
        x = self.embedding(tokens).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.out(x.transpose(1, 2))


class Kim(nn.Module):
    def __init__(self, kernels, filters, labels):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.convs = nn.ModuleList(nn.Conv1d(E, filters, k) for k in kernels)
        self.out = nn.Linear(filters * len(kernels), labels)

    def forward(self, text):
        x = self.embedding(text).T[None]
        features = [F.relu(conv(F.pad(x, (max(0, conv.kernel_size[0] - len(text)), 0)))).amax(2) for conv in self.convs]
        return self.out(torch.cat(features, 1))


def ours(name, tensor):
    if name.endswith("parametrizations.weight.original0"):
        return name.replace("parametrizations.weight.original0", "weight_g"), tensor
    if name.endswith("parametrizations.weight.original1"):
        return name.replace("parametrizations.weight.original1", "weight_v"), tensor
    if name.startswith("convs.") and name.endswith("weight"):
        return name, tensor.permute(2, 1, 0).reshape(-1, tensor.shape[0])
    return name, tensor.T if name == "out.weight" else tensor


def written(name, config, model, tensors, loss):
    loss.backward()
    for key, p in model.named_parameters():
        tensors["weight." + ours(key, p)[0]] = ours(key, p.detach())[1].clone()
        tensors["grad." + ours(key, p)[0]] = ours(key, p.grad)[1].clone()
    common.write_tensors(f"conv_models/{name}.safetensors", tensors | {"loss": loss.detach()}, {"format": "pt"})
    common.write_json(f"conv_models/{name}.json", config)


def drawn(model):
    g = torch.Generator().manual_seed(20240404)
    for p in model.parameters():
        p.data = torch.randn(p.shape, generator=g) * 0.5
    return model


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(19)
    tokens, targets = torch.randint(0, V, (2, 12), generator=g), torch.randint(0, V, (2, 12), generator=g)
    for name, widths, kernel, tied in (("tcn", [C, C, C], 3, False), ("tcn_tied", [C, E], 2, True)):
        model = drawn(Tcn(widths, kernel, tied))
        logits = model(tokens)
        config = {"model_type": "tcn", "vocab_size": V, "context": 12, "n_embd": E, "n_hidden": C, "n_layer": len(widths), "kernel_size": kernel,
                  "dropout": 0.0, "embedding_dropout": 0.0, "tied": tied}
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        written(name, config, model, {"tokens": tokens, "targets": targets, "logits": logits.detach()}, loss)
    lengths, labels = [7, 2, 4, 1], torch.tensor([2, 0, 1, 1])
    texts = [torch.randint(0, V, (n,), generator=g) for n in lengths]
    model = drawn(Kim([2, 3, 4], 5, 3))
    logits = torch.cat([model(t) for t in texts])
    config = {"model_type": "text-cnn", "vocab_size": V, "context": 12, "n_embd": E, "n_filters": 5, "kernel_sizes": "2,3,4", "num_labels": 3, "dropout": 0.0}
    written("text_cnn", config, model, {"ids": torch.cat(texts), "lengths": torch.tensor(lengths), "labels": labels, "logits": logits.detach()},
            F.cross_entropy(logits, labels))


main()
