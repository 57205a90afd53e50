"""A tiny GPT-2 in the Hugging Face layout with its hidden states, logits, loss, every gradient, ten AdamW losses and a greedy text.

    python tools/golden/gpt.py            writes tests/golden/gpt/: config.json model.safetensors golden.safetensors golden.json

Made with transformers 5.23.0 (hidden states: 5.24.0), torch 2.15.0 and safetensors 0.8.0. Everything is float32, eager attention, one thread,
no dropout. The weights are drawn larger than GPT-2's initialisation (matrices 0.2, vectors 0.1, norm gains 1 +- 0.2), so
that every gradient is large enough to compare, except the keys' third of c_attn.bias, which is 0 but for rounding
(softmax does not see a shift of all scores). Checkpoint names are GPT2LMHeadModel's ("transformer.h.0.attn.c_attn.weight");
its Conv1D weights are stored (in, out); the head is tied to transformer.wte.weight, whose gradient holds both parts.

golden.safetensors: tokens (2,16) i64, targets (2,16) i64 with two -100 that the loss ignores (mean over the other 30),
    hidden.0 (of the embedding), hidden.1 and hidden.2 (behind the blocks, before the last norm) (2,16,32), logits (2,16,65),
    loss (), and grad.NAME for every stored NAME.
golden.json: losses[k] is the loss before update k of ten AdamW updates on this one batch: lr 1e-3, betas 0.9 / 0.95, eps
    1e-8, weight decay 0.1 on tensors of two or more dimensions only, gradients clipped to global norm 1.0 (norms[k] is
    the norm before clipping); greedy is the arg-max continuation of tokens[0, :4] by the initial weights.
"""

import json
import shutil

import safetensors
import torch
import torch.nn.functional as F
import transformers

import common

FOLDER = common.GOLDEN / "gpt"


def build():
    config = transformers.GPT2Config(
        vocab_size=65,
        n_positions=16,
        n_embd=32,
        n_layer=2,
        n_head=4,
        activation_function="gelu_new",
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    model = transformers.GPT2LMHeadModel(config).train()
    g = torch.Generator().manual_seed(20240101)
    for name, p in model.named_parameters():
        spread = 0.2 if p.dim() > 1 or ".ln_" in name else 0.1
        p.data = torch.randn(p.shape, generator=g) * spread
        if ".ln_" in name and name.endswith("weight"):
            p.data += 1
    return model, g


def train(model, tokens, targets):
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    plain = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-3,
        betas=(0.9, 0.95),
        eps=1e-8,
    )
    losses, norms = [], []
    for _ in range(10):
        loss = F.cross_entropy(model(tokens).logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        losses.append(loss.item())
    return losses, norms


def greedy(model, prompt, steps):
    ids = prompt.tolist()
    for _ in range(steps):
        ids.append(model(torch.tensor([ids])).logits[0, -1].argmax().item())
    return ids


def main():
    torch.set_num_threads(1)
    model, g = build()
    shutil.rmtree(FOLDER, ignore_errors=True)
    model.save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)

    tokens = torch.randint(0, 65, (2, 16), generator=g)
    targets = torch.cat([tokens[:, 1:], torch.randint(0, 65, (2, 1), generator=g)], 1)
    targets[0, 3] = targets[1, 15] = -100
    with torch.no_grad():
        text = greedy(model, tokens[0, :4], 12)
    states = []
    layers = [model.transformer.drop, *model.transformer.h]
    hooks = [layer.register_forward_hook(lambda m, i, o: states.append(o[0] if isinstance(o, tuple) else o)) for layer in layers]
    logits = model(tokens).logits
    for hook in hooks:
        hook.remove()
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    golden = {"tokens": tokens, "targets": targets, "logits": logits, "loss": loss}
    golden |= {f"hidden.{i}": h for i, h in enumerate(states)}
    golden |= {"grad." + name: p.grad for name, p in model.named_parameters()}
    smallest = min(p.grad.abs().max().item() for p in model.parameters())
    assert smallest > 1e-4, smallest
    common.write_tensors("gpt/golden.safetensors", golden)
    losses, norms = train(model, tokens, targets)
    common.write_json(
        "gpt/golden.json",
        {
            "about": "tiny GPT-2; see tools/golden/gpt.py",
            "versions": common.versions(torch, transformers, safetensors),
            "adamw": {
                "lr": 1e-3,
                "beta1": 0.9,
                "beta2": 0.95,
                "eps": 1e-8,
                "weight_decay": 0.1,
                "clip": 1.0,
                "losses": losses,
                "norms": norms,
            },
            "greedy": text,
        },
    )
    with safetensors.safe_open(FOLDER / "model.safetensors", "pt") as stored:
        assert {"grad." + key for key in stored.keys()} == {key for key in golden if key.startswith("grad.")}
    print(json.loads((FOLDER / "config.json").read_text()).get("model_type"), "losses", losses[0], "->", losses[-1])


if __name__ == "__main__":
    main()
