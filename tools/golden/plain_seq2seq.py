"""Small encoder-decoders without transformers, as PyTorch's own layers make them, with all that is to be the same here.

    python tools/golden/plain_seq2seq.py       writes tests/golden/plain_seq2seq/: NAME.json NAME.safetensors

Made with torch 2.15.0 and safetensors 0.8.0, float32, one thread. NAME.json is the config.json here. NAME.safetensors holds what that of seq2seq.py does but
hidden states: weight.NAME in the layout here, sources and targets of two texts one behind the other with their lengths, logits (M, V), loss, grad.WEIGHT,
greedy (2, 9). Of what attends alignment (T, S), the weights of the first pair's, too. Each text is run through by itself: nothing is padded, and nothing
beside it can be seen.

The networks are those of Sutskever et al. 2014, Cho et al. 2014, Bahdanau et al. 2015, Luong et al. 2015 and Gehring et al. 2017 in the forms that
teaching material has them in: an embedding for each side, one linear layer to read the words out.
"""

import math
import shutil

import torch
from torch import nn
from torch.nn import functional as F

import common

FOLDER = common.GOLDEN / "plain_seq2seq"
V, S_V, E, C = 23, 19, 6, 8
SOURCES, TARGETS = [9, 14], [6, 4]
START = 0


class Recurrent(nn.Module):
    """Encoder and decoder of one kind of cell; the decoder begins with the encoder's last state, or reads it at each step."""

    def __init__(self, cell, layers, every_step=False, reverse=False):
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell]
        self.every_step, self.reverse = every_step, reverse
        self.enc_embedding, self.dec_embedding = nn.Embedding(S_V, E), nn.Embedding(V, E)
        self.enc_rnn = kind(E, C, layers, batch_first=True)
        self.dec_rnn = kind(E + (C if every_step else 0), C, layers, batch_first=True)
        self.out = nn.Linear(C + (E + C if every_step else 0), V)

    def forward(self, source, read):
        if self.reverse:
            source = source.flip(0)
        _, state = self.enc_rnn(self.enc_embedding(source)[None])
        words = self.dec_embedding(read)[None]
        if not self.every_step:
            return self.out(self.dec_rnn(words, state)[0])[0]
        z = state[-1][:, None].expand(-1, len(read), -1)
        h = self.dec_rnn(torch.cat([words, z], 2), state)[0]
        return self.out(torch.cat([words, h, z], 2))[0]


class Attending(nn.Module):
    """A bidirectional encoder. additive: Bahdanau's, with the state before the step; else Luong's, with the state behind it, and input feeding."""

    def __init__(self, cell, score, width):
        super().__init__()
        self.score = score
        kind, step = {"lstm": (nn.LSTM, nn.LSTMCell), "gru": (nn.GRU, nn.GRUCell)}[cell]
        self.lstm = cell == "lstm"
        self.enc_embedding, self.dec_embedding = nn.Embedding(S_V, E), nn.Embedding(V, E)
        self.enc_rnn = kind(E, width, 1, batch_first=True, bidirectional=True)
        D = 2 * width
        self.bridge = nn.Linear(D, C)
        if score in ("additive", "concat"):
            self.query, self.key, self.v = nn.Linear(C, C, bias=False), nn.Linear(D, C), nn.Linear(C, 1, bias=False)
        if score == "general":
            self.key = nn.Linear(D, C, bias=False)
        luong = score != "additive"
        self.step = step(E + (C if luong else D), C)
        if luong:
            self.combine = nn.Linear(D + C, C, bias=False)
        self.dec_out = nn.Linear(C if luong else C + D + E, V)

    def look(self, s, memory):
        if self.score in ("additive", "concat"):
            scores = self.v(torch.tanh(self.query(s) + self.key(memory)))[:, 0]
        else:
            scores = (self.key(memory) if self.score == "general" else memory) @ s[0]
        a = scores.softmax(0)
        self.alignment.append(a)
        return (a @ memory)[None]

    def forward(self, source, read):
        self.alignment = []
        memory, last = self.enc_rnn(self.enc_embedding(source)[None])
        memory = memory[0]
        h = last[0] if self.lstm else last  # (2, 1, width)
        s = torch.tanh(self.bridge(torch.cat([h[0], h[1]], 1)))
        c, fed, rows = torch.zeros(1, C), torch.zeros(1, C), []
        for word in self.dec_embedding(read):
            word = word[None]
            seen = self.look(s, memory) if self.score == "additive" else fed
            if self.lstm:
                s, c = self.step(torch.cat([word, seen], 1), (s, c))
            else:
                s = self.step(torch.cat([word, seen], 1), s)
            if self.score == "additive":
                rows.append(torch.cat([s, seen, word], 1))
            else:
                fed = torch.tanh(self.combine(torch.cat([self.look(s, memory), s], 1)))
                rows.append(fed)
        return self.dec_out(torch.cat(rows))


class Convolutional(nn.Module):
    """Gated convolutions on both sides, attention in every layer of the decoder."""

    def __init__(self, layers, kernel, positions=16):
        super().__init__()
        self.kernel, self.scale = kernel, math.sqrt(0.5)
        self.enc_embedding, self.enc_positions = nn.Embedding(S_V, E), nn.Embedding(positions, E)
        self.enc_in, self.enc_out = nn.Linear(E, C), nn.Linear(C, E)
        self.enc_convs = nn.ModuleList(nn.Conv1d(C, 2 * C, kernel, padding=(kernel - 1) // 2) for _ in range(layers))
        self.dec_embedding, self.dec_positions = nn.Embedding(V, E), nn.Embedding(positions, E)
        self.dec_in, self.dec_out = nn.Linear(E, C), nn.Linear(C, E)
        self.query, self.attended = nn.Linear(C, E), nn.Linear(E, C)
        self.dec_convs = nn.ModuleList(nn.Conv1d(C, 2 * C, kernel) for _ in range(layers))
        self.out = nn.Linear(E, V)

    def forward(self, source, read):
        self.alignment = []
        words = self.enc_embedding(source) + self.enc_positions.weight[: len(source)]
        x = self.enc_in(words).T[None]  # (1, C, S)
        for conv in self.enc_convs:
            x = (F.glu(conv(x), 1) + x) * self.scale
        keys = self.enc_out(x[0].T)
        values = (keys + words) * self.scale
        words = self.dec_embedding(read) + self.dec_positions.weight[: len(read)]
        x = self.dec_in(words).T[None]
        for conv in self.dec_convs:
            y = F.glu(conv(F.pad(x, (self.kernel - 1, 0))), 1)
            q = (self.query(y[0].T) + words) * self.scale
            a = (q @ keys.T).softmax(1)
            self.alignment = list(a)  # of the last layer
            y = (y + self.attended(a @ values).T[None]) * self.scale
            x = (y + x) * self.scale
        return self.out(self.dec_out(x[0].T))


TOKENS = {"is_encoder_decoder": True, "pad_token_id": 1, "bos_token_id": START, "eos_token_id": 2, "decoder_start_token_id": START}
SIZES = {"vocab_size": V, "source_vocab_size": S_V, "context": 16, "n_embd": E, "n_hidden": C}


def recurrent(cell, layers, every_step=False, reverse=False):
    config = {"model_type": "rnn-seq2seq", "cell": cell} | SIZES | {"n_layer": layers, "dropout": 0.0, "every_step": every_step, "reverse_source": reverse}
    return config, Recurrent(cell, layers, every_step, reverse)


def attending(cell, score, width=C):
    config = {"model_type": "rnn-attention", "cell": cell, "attention": score} | SIZES | {"n_encoder_hidden": width, "dropout": 0.0}
    return config, Attending(cell, score, width)


def convolutional(layers, kernel):
    config = {"model_type": "conv-seq2seq"} | SIZES | {"n_layer": layers, "kernel_size": kernel, "dropout": 0.0}
    return config, Convolutional(layers, kernel)


MODELS = {
    "lstm": lambda: recurrent("lstm", 2), "lstm_reversed": lambda: recurrent("lstm", 1, reverse=True), "gru": lambda: recurrent("gru", 2),
    "gru_every_step": lambda: recurrent("gru", 1, every_step=True), "rnn_every_step": lambda: recurrent("rnn", 1, every_step=True),
    "additive": lambda: attending("gru", "additive"), "additive_lstm": lambda: attending("lstm", "additive", 5),
    "dot": lambda: attending("lstm", "dot", C // 2), "general": lambda: attending("gru", "general"), "concat": lambda: attending("gru", "concat", 5),
    "conv": lambda: convolutional(2, 3), "conv_wide": lambda: convolutional(1, 5),
}


def ours(name, tensor):
    """The name and layout here of a parameter or its gradient there: layers' matrices are (in, out), kernels (K in, out)."""
    side = {"enc": "encoder", "dec": "decoder"}
    head, _, rest = name.partition(".")
    if head.startswith(("enc_", "dec_")):
        head = side[head[:3]] + "." + head[4:]
    elif head in ("step", "query", "key", "v", "combine", "bridge", "attended"):
        head = "decoder." + head
    if head.endswith(".rnn"):  # weight_ih_l0_reverse -> l0_reverse.weight_ih
        kind, place = rest.rsplit("_l", 1)
        return f"{head}.l{place}.{kind}", tensor.t()
    if head.endswith(".convs"):
        place, what = rest.split(".")
        return f"{head}.{place}.{what}", tensor if what == "bias" else tensor.permute(2, 1, 0).reshape(-1, tensor.shape[0])
    if "embedding" in head or "positions" in head:
        return f"{head}.{rest}", tensor
    return f"{head}.{rest}", tensor.t()


def greedy(model, source):
    read = [START]
    for _ in range(9):
        read.append(int(model(source, torch.tensor(read))[-1].argmax()))
    return torch.tensor(read[1:])


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(17)
    sources = [torch.randint(3, S_V, (n,), generator=g) for n in SOURCES]
    targets = [torch.randint(3, V, (n,), generator=g) for n in TARGETS]
    for name, make in MODELS.items():
        config, model = make()
        drawn = torch.Generator().manual_seed(20240404)
        for p in model.parameters():
            p.data = torch.randn(p.shape, generator=drawn) * 0.5
        read = [torch.cat([torch.tensor([START]), t[:-1]]) for t in targets]
        logits = torch.cat([model(s, r) for s, r in zip(sources, read)])
        loss = F.cross_entropy(logits, torch.cat(targets))
        loss.backward()
        tensors = {"sources": torch.cat(sources), "targets": torch.cat(targets), "source_lengths": torch.tensor(SOURCES),
                   "target_lengths": torch.tensor(TARGETS), "logits": logits.detach(), "loss": loss.detach()}
        for key, p in model.named_parameters():
            tensors["weight." + ours(key, p)[0]] = ours(key, p.detach())[1].clone()
            tensors["grad." + ours(key, p)[0]] = ours(key, p.grad)[1].clone()
        with torch.no_grad():
            tensors["greedy"] = torch.stack([greedy(model, s) for s in sources])
            model(sources[0], read[0])
        if hasattr(model, "alignment"):
            tensors["alignment"] = torch.stack(model.alignment).detach()
        common.write_tensors(f"plain_seq2seq/{name}.safetensors", tensors, {"format": "pt"})
        common.write_json(f"plain_seq2seq/{name}.json", config | TOKENS)


main()
