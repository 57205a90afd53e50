"""Tiny GPT-2s under each option of config.json that changes what the weights compute, with their logits.

    python tools/golden/gpt_variants.py       writes tests/golden/gpt_variants/: variants.json NAME.safetensors

Made with transformers 5.24.0, torch 2.15.0 and safetensors 0.8.0, float32, eager attention, one thread. variants.json holds, for
each NAME, the config.json that transformers wrote and the logits (T, V) of the tokens 0 1 2 3 4 5. The weights are drawn as in
gpt.py, wide enough that every option moves the logits by more than 0.01 (checked here against the same weights without it).
"""

import shutil


import torch
import transformers

import common

FOLDER = common.GOLDEN / "gpt_variants"
TOKENS = torch.tensor([[0, 1, 2, 3, 4, 5]])
BASE = dict(vocab_size=7, n_positions=6, n_embd=8, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
VARIANTS = {
    "plain": {},
    "inverse_layer": {"scale_attn_by_inverse_layer_idx": True},
    "unscaled": {"scale_attn_weights": False},
    "unscaled_inverse_layer": {"scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True},
    "upcast": {"reorder_and_upcast_attn": True},
    "inner": {"n_inner": 20, "activation_function": "gelu"},
    "epsilon": {"layer_norm_epsilon": 0.5},
    "untied": {"tie_word_embeddings": False},
    "relu": {"activation_function": "relu"},
    "silu": {"activation_function": "silu"},
    "pytorch_tanh": {"activation_function": "gelu_pytorch_tanh"},
}
SAME = {"plain", "upcast", "pytorch_tanh"}  # as without the option


def build(options):
    config = transformers.GPT2Config(**BASE, **options, attn_implementation="eager")
    model = transformers.GPT2LMHeadModel(config).eval()
    g = torch.Generator().manual_seed(20240202)
    for name, p in model.named_parameters():
        p.data = torch.randn(p.shape, generator=g) * (0.6 if p.dim() > 1 else 0.2)
        if ".ln_" in name and name.endswith("weight"):
            p.data += 1
    return config, model


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    written = {}
    with torch.no_grad():
        for name, options in VARIANTS.items():
            config, model = build(options)
            logits = model(TOKENS).logits[0]
            if not options.keys() & {"n_inner", "tie_word_embeddings"}:
                moved = (logits - build({})[1](TOKENS).logits[0]).abs().max().item()
                assert (moved < 1e-4) == (name in SAME), (name, moved)
            tensors = {k: v for k, v in model.state_dict().items() if options.get("tie_word_embeddings") is False or k != "lm_head.weight"}
            common.write_tensors(f"gpt_variants/{name}.safetensors", tensors, {"format": "pt"})
            kept = config.to_dict()
            written[name] = {"config": kept, "logits": [[round(v, 7) for v in row] for row in logits.tolist()]}
    common.write_json("gpt_variants/variants.json", written)


main()
