"""Does what we train load in Hugging Face transformers, and say the same there?

    python tools/golden/check_transformers.py GRIMOIRE PRINT_LOGITS FOLDER

GRIMOIRE is the program, PRINT_LOGITS is bench/compare/print_logits of the same build, FOLDER is made for the work. Trains
tiny gpts on a list of words and on running text, tied and untied, with and without biases; then, for each best checkpoint:
AutoTokenizer gives our ids, with the boundary before each item as the model saw it, decodes them back, and refuses a
character that the model does not know; AutoModelForCausalLM loads without a missing or left-over tensor; its logits agree
with ours, also under other options in config.json; its loss on a file agrees with `grimoire eval`; its greedy continuation
of what the tokenizer made of a prompt is ours. Written for torch 2.15.0, transformers 5.24.0. Prints one line a model; exit
code 1 when something differs.
"""

import itertools
import json
import pathlib
import random
import shutil
import subprocess
import sys

import torch
import transformers
from torch.nn.functional import cross_entropy

LOGITS_TOLERANCE, LOSS_TOLERANCE = 1e-4, 2e-6
OPTIONS = [{"scale_attn_by_inverse_layer_idx": True}, {"scale_attn_weights": False}, {"reorder_and_upcast_attn": True},
           {"activation_function": "gelu_pytorch_tanh"}, {"activation_function": "gelu"}, {"activation_function": "relu"}, {"layer_norm_epsilon": 0.3}]


def words():
    draw = random.Random(7)
    return ["".join(draw.choice("aeiounrtlsé.") for _ in range(draw.randint(2, 7))) for _ in range(400)]


def prose():
    draw = random.Random(8)
    vocabulary = ["the", "King's", "naïve", "Tab\there", "of", "and,", "  two", "mañana", "✓", "END."]
    return "".join(draw.choice(vocabulary) + draw.choice([" ", " ", "\n"]) for _ in range(1500))


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def batches(ids_of_items, text_ids, context):
    """(tokens, targets, counted) by the protocol that `grimoire eval` states."""
    if text_ids is None:
        for ids in ids_of_items:
            yield [0] + ids, ids + [0], 0
    else:
        for start in range(0, len(text_ids) - 1, context):
            begin = min(start, len(text_ids) - 1 - context)  # the last block is moved back; what it saw before does not count
            yield text_ids[begin : begin + context], text_ids[begin + 1 : begin + context + 1], start - begin


def check(program, print_logits, folder, data, kind, tied, biases):
    name = f"{kind}-{'tied' if tied else 'untied'}-{'biases' if biases else 'plain'}"
    out = folder / name
    run(program, "train", "--model", "gpt", "--data", data, "--format", kind, "--out", out, "--steps", 150, "--n-embd", 32,
        "--n-layer", 2, "--n-head", 4, "--lr", 3e-3, "--dropout", 0.1, "--tied" if tied else "--no-tied", "--biases" if biases else "--no-biases",
        *(["--context", 32] if kind == "text" else []))
    best = next((out / "best").glob("step-*"))
    problems = []

    def expect(fine, problem):
        if not fine:
            problems.append(problem)

    # The tokenizer: ids are places in the sorted characters, behind the boundary that lists have.
    tokenizer = transformers.AutoTokenizer.from_pretrained(best)
    content = data.read_text(encoding="utf-8")
    characters = sorted(set(content) - {"\n"} if kind == "lines" else set(content))
    place = {c: i + (kind == "lines") for i, c in enumerate(characters)}
    texts = content.splitlines() if kind == "lines" else [content]
    ids = [[place[c] for c in t] for t in texts]
    expect(tokenizer(texts, add_special_tokens=False)["input_ids"] == ids, "AutoTokenizer gives other ids")
    expect([tokenizer.decode(i) for i in ids] == texts, "AutoTokenizer decodes to another text")
    expect(len(tokenizer) == len(place) + (kind == "lines"), f"AutoTokenizer has {len(tokenizer)} tokens")
    boundary = 0 if kind == "lines" else None
    expect(tokenizer(texts)["input_ids"] == ([[0] + i for i in ids] if kind == "lines" else ids), "AutoTokenizer sets no boundary, or another")
    expect([tokenizer.decode(i, skip_special_tokens=True) for i in tokenizer(texts)["input_ids"]] == texts, "AutoTokenizer decodes to another text")
    expect(tokenizer.unk_token is None and "<unk>" not in (best / "tokenizer.json").read_text(), "an unknown token is named")
    try:
        expect(False, f"a foreign character became {tokenizer('☃')['input_ids']}")
    except Exception:  # the tokenizers library raises no narrower one
        pass
    expect(tokenizer.bos_token_id == boundary and tokenizer.eos_token_id == boundary, f"eos is {tokenizer.eos_token_id}")

    # The model.
    model, info = transformers.AutoModelForCausalLM.from_pretrained(best, output_loading_info=True)
    model.eval()
    expect(type(model) is transformers.GPT2LMHeadModel, f"it is a {type(model).__name__}")
    left = {k: sorted(v) for k, v in info.items() if v}
    expect(not left, f"loading left {left}")
    expect(model.generation_config.eos_token_id == boundary, f"generation ends at {model.generation_config.eos_token_id}")

    context = model.config.n_positions
    largest = 0.0
    with torch.no_grad():
        for prompt in (ids[0][:1], ids[0][:context], [0] * context, list(range(min(len(place), context)))):
            ours = torch.tensor(json.loads(run(print_logits, out, *prompt))["logits"])
            theirs = model(torch.tensor([prompt])).logits[0]
            expect(ours.shape == theirs.shape, f"logits: {ours.shape} and {theirs.shape}")
            largest = max(largest, (ours - theirs).abs().max().item())
        expect(largest < LOGITS_TOLERANCE, f"logits differ by {largest:.1e}")

        total, count = 0.0, 0
        for tokens, targets, skipped in batches(ids, ids[0] if kind == "text" else None, context):
            logits = model(torch.tensor([tokens])).logits[0]
            total += cross_entropy(logits[skipped:].double(), torch.tensor(targets[skipped:]), reduction="sum").item()
            count += len(targets) - skipped
        ours = json.loads(run(program, "eval", out, "--data", data, "--json").splitlines()[-1])
        expect(ours["tokens"] == count, f"eval judged {ours['tokens']} tokens, expected {count}")
        gap = abs(ours["nll_nats"] - total / count)
        expect(gap < LOSS_TOLERANCE, f"loss {ours['nll_nats']} and {total / count}")

        # The same weights under other options of config.json.
        for option in OPTIONS:
            other = out / "other"
            shutil.rmtree(other, ignore_errors=True)
            shutil.copytree(best, other)
            (other / "manifest.json").unlink()
            (other / "config.json").write_text(json.dumps(json.loads((best / "config.json").read_text()) | option))
            theirs = transformers.AutoModelForCausalLM.from_pretrained(other, attn_implementation="eager").eval()(torch.tensor([ids[0][:context]])).logits[0]
            mine = torch.tensor(json.loads(run(print_logits, other, *ids[0][:context]))["logits"])
            apart = (mine - theirs).abs().max().item()
            expect(apart < LOGITS_TOLERANCE, f"{option}: logits differ by {apart:.1e}")

        # Greedy, from what the tokenizer makes of one character.
        prompt = tokenizer(texts[0][0])["input_ids"]
        theirs = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=context - len(prompt), pad_token_id=0)[0]
        greedy = tokenizer.decode(theirs, skip_special_tokens=True)
        said = run(program, "generate", out, "--prompt", texts[0][0], "-n", 1, "--temperature", 0,
                   *(["--max-tokens", context - 1] if kind == "text" else []))
        expect(said.rstrip("\n") == greedy.rstrip("\n"), f"greedy: {said!r} and {greedy!r}")

    print(f"{name:22} logits differ by {largest:.1e}, loss {ours['nll_nats']:.6f} by {gap:.1e} over {count} tokens: "
          + ("; ".join(problems) if problems else "good"), flush=True)
    return not problems


def main():
    program, print_logits, folder = map(pathlib.Path, sys.argv[1:4])
    folder.mkdir(parents=True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    data = {"lines": folder / "words.txt", "text": folder / "prose.txt"}
    data["lines"].write_text("\n".join(words()) + "\n", encoding="utf-8")
    data["text"].write_text(prose(), encoding="utf-8")
    good = [check(program, print_logits, folder, data[kind], kind, tied, biases)
            for kind, tied, biases in itertools.product(data, [True, False], [True, False])]
    sys.exit(0 if all(good) else 1)


main()
