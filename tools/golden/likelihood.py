"""How well a causal language model predicts a text: windows that overlap, and continuations of a context.

    python tools/golden/likelihood.py                       writes tests/golden/likelihood.json
    python tools/golden/likelihood.py MODEL.gguf TEXT QUESTIONS    prints what `grimoire eval` says of them, by transformers

needs lm_eval 0.4.13 (--no-deps will do) beside what common.py names, gguf for the second form. The model of likelihood.json is tests/golden/gpt, in float32
with eager attention. rolling: the mean of -ln p of ids[1:], each predicted once, in the windows of lm_eval's get_rolling_token_windows; `guide` has it by the
loop of transformers' guide to perplexity, weighed by the tokens that each window counts, where its last window is a whole one too. windows: of 11 targets,
start and counted. continuations: -ln p of `choice` behind `context`, as lm_eval cuts it to the model's 16 tokens."""

import json
import sys

import numpy as np
import torch
import transformers
from lm_eval.utils import get_rolling_token_windows

import common


def nats(model, inputs, targets):
    """-ln p of the targets, which are the last of what the inputs predict."""
    with torch.no_grad():
        log_p = model(torch.tensor([inputs])).logits[0].float().log_softmax(-1)[-len(targets):]
    return -log_p[torch.arange(len(targets)), torch.tensor(targets)].double().sum().item()


def rolling(model, ids, context, stride):
    pairs = list(get_rolling_token_windows(ids[1:], ids[0], context, context - stride + 1))
    assert sum(len(targets) for _, targets in pairs) == len(ids) - 1
    return sum(nats(model, inputs, targets) for inputs, targets in pairs) / (len(ids) - 1)


def guide(model, ids, context, stride):
    """https://huggingface.co/docs/transformers/perplexity, max_length = context + 1."""
    total, counted, before = 0.0, 0, 0
    for begin in range(0, len(ids), stride):
        end = min(begin + context + 1, len(ids))
        labels = torch.tensor([ids[begin:end]])
        labels[:, : -(end - before)] = -100
        n = (labels[:, 1:] != -100).sum().item()
        with torch.no_grad():
            total += model(torch.tensor([ids[begin:end]]), labels=labels).loss.item() * n
        counted, before = counted + n, end
        if end == len(ids):
            break
    return total / counted


def continuation(model, context, choice, longest):
    return nats(model, (context + choice)[-(longest + 1):][:-1], choice)


def golden():
    folder = common.GOLDEN / "gpt"
    model = transformers.GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.randint(65, (62,), generator=torch.Generator().manual_seed(12)).tolist()
    cases = []
    for n, context, stride in [(62, 16, 16), (62, 16, 5), (62, 16, 1), (62, 8, 4), (58, 15, 6), (9, 16, 3), (17, 16, 16), (18, 16, 16), (2, 16, 2)]:
        case = {"ids": n, "context": context, "stride": stride, "nll": rolling(model, ids[:n], context, stride)}
        if context < 16 and n > context and (n - 1 - context) % stride == 0:
            case["guide"] = guide(model, ids[:n], context, stride)
            assert abs(case["guide"] - case["nll"]) < 1e-6
        cases.append(case)
    windows = []
    for context, stride in [(4, 4), (4, 3), (4, 1), (11, 2), (20, 20), (5, 2)]:
        pairs = get_rolling_token_windows(list(range(1, 12)), 0, context, context - stride + 1)
        rows = [[targets[-1] - len(inputs), len(targets)] for inputs, targets in pairs]
        windows.append({"context": context, "stride": stride, "rows": rows})
    pairs = [(ids[:5], ids[5:8]), (ids[:1], ids[1:2]), (ids[:30], ids[30:37]), (ids[3:9], ids[9:25]), (ids[:16], ids[16:17])]
    continuations = [{"context": a, "choice": b, "nats": continuation(model, a, b, 16)} for a, b in pairs]
    out = {"about": "tiny GPT-2; see tools/golden/likelihood.py", "ids": ids, "windows": windows, "rolling": cases, "continuations": continuations}
    (common.GOLDEN / "likelihood.json").write_text(common._dump(out, 0) + "\n")


def check(path, text, questions):
    folder, _, name = path.rpartition("/")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=name)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
    text = open(text, encoding="utf-8").read()
    ids = tokenizer(text, add_special_tokens=False).input_ids
    for before, context, stride in [([], 1024, 1024), ([], 127, 127), ([], 127, 32), ([tokenizer.bos_token_id], 127, 127)]:
        read = before + ids
        nll = rolling(model, read, context, stride)
        size = len(text.encode()) - (0 if before else len(tokenizer.decode(ids[:1]).encode()))
        print(f"bos {len(before)} context {context} stride {stride}: nll {nll:.6f} perplexity {np.exp(nll):.4f} tokens {len(read) - 1} "
              f"bits/byte {nll * (len(read) - 1) / size / np.log(2):.6f}", f"guide {guide(model, read, context, stride):.6f}" if stride < context else "")
    right = np.zeros(3)
    rows = [json.loads(line) for line in open(questions, encoding="utf-8") if line.strip()]
    for q in rows:
        encode = lambda t: tokenizer(t, add_special_tokens=False).input_ids
        context = encode(q["context"])
        each = np.array([continuation(model, context, encode(q["context"] + " " + c)[len(context):], 8192) for c in q["choices"]])
        lengths = [1, np.array([len(c) for c in q["choices"]]), np.array([len(c.encode()) for c in q["choices"]])]
        right += [np.argmin(each / length) == q["answer"] for length in lengths]
    print("acc, acc_norm, acc_bytes:", right / len(rows))


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden() if len(sys.argv) == 1 else check(*sys.argv[1:])
