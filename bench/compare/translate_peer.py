"""PyTorch's side of translate.py: the same architectures by PyTorch's own layers, trained on the same batches, translating greedily.

    translate_peer.py SETTINGS.json

SETTINGS.json names the files of pairs, our tokenizer's file, the model with its shape, and the recipe; the last line printed is one JSON object. Nothing else
is taken from our side: ids are those that Hugging Face's tokenizers finds, first weights are PyTorch's own by the rules of each layer, and which pairs a step
trains on is worked out anew from the seed (`drawn`). Texts of a batch are padded to its longest, and the output layer reads only rows that are texts.

Each model is two functions: `read` makes of padded sources what a decoder looks at, `written` of that and the padded words so far the rows that `out` reads.
"""

import json
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != HERE]  # tokenizers is Hugging Face's, not the file beside this one
HALF = math.sqrt(0.5)


# --- models ----------------------------------------------------------------------------------------------------------


class RnnSeq2Seq(nn.Module):
    """Cho et al. 2014 without the vector beside each word: the decoder begins with the state that the encoder ends with."""

    def __init__(self, s, vocabulary, start):
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}[s["cell"]]
        layers = {"num_layers": s["n-layer"], "dropout": s["dropout"] if s["n-layer"] > 1 else 0.0, "batch_first": True}
        self.source, self.target = nn.Embedding(vocabulary, s["n-embd"]), nn.Embedding(vocabulary, s["n-embd"])
        self.encoder, self.decoder = kind(s["n-embd"], s["n-hidden"], **layers), kind(s["n-embd"], s["n-hidden"], **layers)
        self.out, self.dropout = nn.Linear(s["n-hidden"], vocabulary), nn.Dropout(s["dropout"])

    def read(self, words, lengths):
        return self.encoder(pack_padded_sequence(self.dropout(self.source(words)), lengths, batch_first=True, enforce_sorted=False))[1]

    def written(self, state, words):
        return self.decoder(self.dropout(self.target(words)), state)[0]


class RnnAttention(nn.Module):
    """Bahdanau et al. 2015: looks with the state before a step, reads what it saw, writes out of state, sight and word."""

    def __init__(self, s, vocabulary, start):
        super().__init__()
        E, C, D = s["n-embd"], s["n-hidden"], 2 * s["n-encoder-hidden"]
        self.source, self.target = nn.Embedding(vocabulary, E), nn.Embedding(vocabulary, E)
        self.encoder = nn.GRU(E, s["n-encoder-hidden"], batch_first=True, bidirectional=True)
        self.bridge, self.query, self.key = nn.Linear(D, C), nn.Linear(C, C, bias=False), nn.Linear(D, C)
        self.v, self.step = nn.Linear(C, 1, bias=False), nn.GRUCell(E + D, C)
        self.out, self.dropout = nn.Linear(C + D + E, vocabulary), nn.Dropout(s["dropout"])

    def read(self, words, lengths):
        packed, ends = self.encoder(pack_padded_sequence(self.dropout(self.source(words)), lengths, batch_first=True, enforce_sorted=False))
        memory = pad_packed_sequence(packed, batch_first=True)[0]  # (B, S, D)
        hidden = torch.arange(memory.shape[1]) >= lengths[:, None]
        return memory, self.key(memory), hidden, torch.tanh(self.bridge(torch.cat([ends[0], ends[1]], 1)))

    def written(self, source, words):
        memory, keys, hidden, state = source
        rows = []
        for word in self.dropout(self.target(words)).unbind(1):
            scores = self.v(torch.tanh(keys + self.query(state)[:, None])).squeeze(2).masked_fill(hidden, -math.inf)
            sight = torch.bmm(scores.softmax(1)[:, None], memory).squeeze(1)
            state = self.step(torch.cat([word, sight], 1), state)
            rows.append(torch.cat([state, sight, word], 1))
        return torch.stack(rows, 1)


class ConvSeq2Seq(nn.Module):
    """Gehring et al. 2017: gated convolutions, learned positions, attention in each layer of the decoder."""

    class Side(nn.Module):
        def __init__(self, s, vocabulary):
            super().__init__()
            E, C, K = s["n-embd"], s["n-hidden"], s["kernel-size"]
            self.words, self.places = nn.Embedding(vocabulary, E), nn.Embedding(s["context"], E)
            self.enter, self.leave = nn.Linear(E, C), nn.Linear(C, E)
            self.convs = nn.ModuleList(nn.Conv1d(C, 2 * C, K) for _ in range(s["n-layer"]))
            for table in (self.words, self.places):
                nn.init.normal_(table.weight, 0, 0.1)

        def embedded(self, ids):
            return self.words(ids) + self.places.weight[: ids.shape[1]]

    def __init__(self, s, vocabulary, start):
        super().__init__()
        E, C = s["n-embd"], s["n-hidden"]
        self.reach, self.dropout = s["kernel-size"] - 1, nn.Dropout(s["dropout"])
        self.encoder, self.decoder = self.Side(s, vocabulary), self.Side(s, vocabulary)
        self.query, self.attended, self.out = nn.Linear(C, E), nn.Linear(E, C), nn.Linear(E, vocabulary)

    def read(self, ids, lengths):
        there = (torch.arange(ids.shape[1]) < lengths[:, None])[:, :, None]  # (B, S, 1)
        words = self.dropout(self.encoder.embedded(ids))
        x = self.encoder.enter(words)
        for conv in self.encoder.convs:
            inside = (self.dropout(x) * there).transpose(1, 2)  # beyond an end stands nothing
            x = (F.glu(conv(F.pad(inside, (self.reach // 2, self.reach // 2))), 1).transpose(1, 2) + x) * HALF
        keys = self.encoder.leave(x)
        return keys, (keys + words) * HALF, there[:, None, None, :, 0]

    def written(self, source, ids):
        keys, values, there = source
        words = self.dropout(self.decoder.embedded(ids))
        x = self.decoder.enter(words)
        for conv in self.decoder.convs:
            y = F.glu(conv(F.pad(self.dropout(x).transpose(1, 2), (self.reach, 0))), 1).transpose(1, 2)
            q = (self.query(y) + words) * HALF
            seen = F.scaled_dot_product_attention(q[:, None], keys[:, None], values[:, None], attn_mask=there, scale=1.0)[:, 0]
            x = ((y + self.attended(seen)) * HALF + x) * HALF
        return self.dropout(self.decoder.leave(x))


class Transformer(nn.Module):
    """Vaswani et al. 2017: norms behind sums, one table for sources, targets and scores, sines in the first half of a row and cosines in the second."""

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))

        def forward(self, x, memory, **mask):
            q, k, v = (t.unflatten(2, (self.heads, -1)).transpose(1, 2) for t in (self.q(x), self.k(memory), self.v(memory)))
            return self.o(F.scaled_dot_product_attention(q, k, v, **mask).transpose(1, 2).flatten(2))

    class Block(nn.Module):
        def __init__(self, s, decodes):
            super().__init__()
            C = s["n-embd"]
            self.own, self.cross = Transformer.Attention(C, s["n-head"]), Transformer.Attention(C, s["n-head"]) if decodes else None
            self.up, self.down = nn.Linear(C, s["n-inner"]), nn.Linear(s["n-inner"], C)
            self.norms, self.dropout = nn.ModuleList(nn.LayerNorm(C) for _ in range(3 if decodes else 2)), nn.Dropout(s["dropout"])

        def forward(self, x, own, memory=None, there=None):
            x = self.norms[0](x + self.dropout(self.own(x, x, **own)))
            if self.cross:
                x = self.norms[1](x + self.dropout(self.cross(x, memory, attn_mask=there)))
            return self.norms[-1](x + self.dropout(self.down(F.relu(self.up(x)))))

    def __init__(self, s, vocabulary, start):
        super().__init__()
        C = s["n-embd"]
        self.words, self.dropout = nn.Embedding(vocabulary, C, padding_idx=start), nn.Dropout(s["dropout"])  # Marian's start learns as a target alone
        self.encoder = nn.ModuleList(self.Block(s, False) for _ in range(s["n-layer"]))
        self.decoder = nn.ModuleList(self.Block(s, True) for _ in range(s["n-layer"]))
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        nn.init.normal_(self.words.weight, 0, C**-0.5)
        angles = torch.arange(s["context"])[:, None] / 10000 ** (torch.arange(0, C, 2) / C)
        self.register_buffer("places", torch.cat([angles.sin(), angles.cos()], 1))
        self.scale = math.sqrt(C)

    def embedded(self, ids):
        return self.dropout(self.words(ids) * self.scale + self.places[: ids.shape[1]])

    def read(self, ids, lengths):
        there = (torch.arange(ids.shape[1]) < lengths[:, None])[:, None, None]  # (B, 1, 1, S)
        x = self.embedded(ids)
        for block in self.encoder:
            x = block(x, {"attn_mask": there})
        return x, there

    def written(self, source, ids):
        x = self.embedded(ids)
        for block in self.decoder:
            x = block(x, {"is_causal": True}, *source)
        return x

    def out(self, rows):
        return F.linear(rows, self.words.weight)


MODELS = {"rnn-seq2seq": RnnSeq2Seq, "rnn-attention": RnnAttention, "conv-seq2seq": ConvSeq2Seq, "transformer-seq2seq": Transformer}


# --- data ------------------------------------------------------------------------------------------------------------


def philox(seed, stream, step, block):
    """Four words of 32 bits (Salmon et al. 2011): Philox4x32-10 with the key `seed` and the counter (block, stream, step)."""
    low = 0xFFFFFFFF
    c0, c1, c2, c3, k0, k1 = block & low, block >> 32, stream, step, seed & low, seed >> 32
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & low, (a >> 32) ^ c3 ^ k1, a & low
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return c0, c1, c2, c3


def stream_id(name):
    """FNV-1a of 32 bits."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def drawn(seed, step, batch, rows):
    """The rows that our trainer draws for this step, with replacement: 64 bits each, the first word the high one, of which the share of `rows`."""
    words = [word for block in range((batch + 1) // 2) for word in philox(seed, stream_id("batch"), step, block)]
    return [((words[2 * i] << 32 | words[2 * i + 1]) * rows) >> 64 for i in range(batch)]


def padded(texts, fill):
    lengths = torch.tensor([len(text) for text in texts])
    ids = torch.full((len(texts), int(lengths.max())), fill)
    for row, text in zip(ids, texts):
        row[: len(text)] = torch.tensor(text)
    return ids, lengths


class Pairs:
    def __init__(self, tokenizer, end, sources, targets, most):
        lines = zip(*(pathlib.Path(path).read_text(encoding="utf-8").split("\n")[:-1] for path in (sources, targets)), strict=True)
        kept = [(a.strip(), b.strip()) for a, b in lines if a.strip() and b.strip()]
        ids = [[e.ids for e in tokenizer.encode_batch(list(side))] for side in zip(*kept)]
        self.end, self.rows = end, [(a, [*b, end]) for a, b in zip(*ids) if len(a) <= most and len(b) < most]

    def batch(self, numbers):
        """Sources with their lengths; what is read of the targets, which of it is there, and what is to be written, a row of it each."""
        rows = [self.rows[n] for n in numbers]
        sources, lengths = padded([a for a, _ in rows], self.end)
        targets, target_lengths = padded([b for _, b in rows], self.end)
        read = torch.cat([torch.full((len(rows), 1), self.end), targets[:, :-1]], 1)
        there = torch.arange(targets.shape[1]) < target_lengths[:, None]
        return sources, lengths, read, there, targets[there]


# --- training and writing --------------------------------------------------------------------------------------------


def learning_rate(s, step):
    if step < s["warmup"]:
        return s["lr"] * (step + 1) / (s["warmup"] + 1)
    done = (step - s["warmup"]) / (s["steps"] - s["warmup"])
    return s["min_lr"] + 0.5 * (1 + math.cos(math.pi * done)) * (s["lr"] - s["min_lr"])


def scores_of(model, pairs, numbers):
    sources, lengths, read, there, targets = pairs.batch(numbers)
    return model.out(model.written(model.read(sources, lengths), read)[there]), targets


@torch.no_grad()
def judge(model, pairs):
    """Nats a token of the targets."""
    model.eval()
    total, tokens = 0.0, 0
    for begin in range(0, len(pairs.rows), 32):
        logits, targets = scores_of(model, pairs, range(begin, min(begin + 32, len(pairs.rows))))
        total, tokens = total + F.cross_entropy(logits, targets, reduction="sum").item(), tokens + len(targets)
    model.train()
    return total / tokens


@torch.no_grad()
def write(model, pairs, most):
    """The likeliest token each time. Nothing is kept from step to step: what was written is read anew."""
    model.eval()
    written = []
    for begin in range(0, len(pairs.rows), 32):
        sources, lengths, read, _, _ = pairs.batch(range(begin, min(begin + 32, len(pairs.rows))))
        memory, words = model.read(sources, lengths), read[:, :1]
        while words.shape[1] <= most and not (words[:, 1:] == pairs.end).any(1).all():
            words = torch.cat([words, model.out(model.written(memory, words)[:, -1]).argmax(1, keepdim=True)], 1)
        for row in words[:, 1:].tolist():
            written.append(row[: row.index(pairs.end)] if pairs.end in row else row[:most])
    model.train()
    return written


def main():
    import tokenizers

    s = json.loads(pathlib.Path(sys.argv[1]).read_text())
    torch.set_num_threads(s["threads"])
    torch.manual_seed(s["seed"])
    tokenizer = tokenizers.Tokenizer.from_file(s["tokenizer"])
    end, most = tokenizer.token_to_id(s["end"]), s["shape"]["context"]
    begin = time.process_time()
    train, dev = (Pairs(tokenizer, end, *s[part], most) for part in ("train", "dev"))
    model = MODELS[s["model"]](s["shape"], tokenizer.get_vocab_size(), end)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, s["beta2"]), weight_decay=0.0, fused=True)
    best, kept, losses, judged = math.inf, None, [], {}
    for step in range(s["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(s, step)
        logits, targets = scores_of(model, train, drawn(s["seed"], step, s["batch_size"], len(train.rows)))
        loss = F.cross_entropy(logits, targets, label_smoothing=s["label_smoothing"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s["grad_clip"])
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % s["eval_every"] == 0 or step + 1 == s["steps"]:
            judged[step + 1] = judge(model, dev)
            if judged[step + 1] < best:
                best, kept = judged[step + 1], {name: t.clone() for name, t in model.state_dict().items()}
            recent, taken = losses[-s["eval_every"] :], time.process_time() - begin
            print(f"torch: step {step + 1}  loss {sum(recent) / len(recent):.4f}  dev {judged[step + 1]:.4f}  {taken:.0f} s", file=sys.stderr)
    seconds = time.process_time() - begin
    model.load_state_dict(kept)
    texts = [tokenizer.decode(ids).replace("\n", " ") for ids in write(model, dev, most)]
    pathlib.Path(s["out"]).write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters()), "seconds": seconds, "dev_loss": best, "judged": judged, "losses": losses}))


if __name__ == "__main__":
    main()
