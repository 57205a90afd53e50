"""Small Transformer-XLs of Hugging Face transformers with all that is to be the same here.

    python -m venv old && old/bin/pip install "transformers<4.36" torch "numpy<2" safetensors sacremoses    transformers 5 has it no more
    old/bin/python tools/golden/transfo_xl.py       writes tests/golden/transfo_xl/: NAME.json NAME.safetensors

Made with transformers 4.35.2, torch 2.15.0 and safetensors 0.8.0, float32, one thread. The files are those of causal_families.py. A text is read in
segments of five tokens, each with the states of those before as its memory: what is there of a text is what the segments gave, one behind the other.
greedy is what model.generate goes on with, which reads its four tokens at once and then one by one; without a memory it is not there.
"""

import shutil

import torch
from torch.nn.functional import nll_loss
from transformers import TransfoXLConfig, TransfoXLLMHeadModel

import common

FOLDER = common.GOLDEN / "transfo_xl"
SEGMENT = 5
SMALL = dict(vocab_size=13, cutoffs=[], div_val=1, d_model=12, d_embed=12, n_head=3, d_head=4, d_inner=20, n_layer=2, mem_len=4, clamp_len=-1,
             adaptive=False, dropout=0.0, eos_token_id=None, pad_token_id=None)

MODELS = {
    "transfo_xl": {},
    "transfo_xl_pre_norm": dict(pre_lnorm=True, same_length=False, clamp_len=6, layer_norm_epsilon=0.1),
    "transfo_xl_long": dict(mem_len=8, d_head=6, clamp_len=5),
    "transfo_xl_forgetful": dict(mem_len=0, same_length=False, tie_word_embeddings=False),
}


def draw(model):
    g = torch.Generator().manual_seed(20240202)
    for name, p in model.named_parameters():
        p.data = torch.randn(p.shape, generator=g) * (0.4 if p.dim() > 1 else 0.2)
        if "layer_norm" in name and name.endswith("weight"):
            p.data += 1


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(7)
    tokens = torch.randint(0, SMALL["vocab_size"], (2, 13), generator=g)
    targets = torch.randint(0, SMALL["vocab_size"], (2, 13), generator=g)
    targets[1, 9:] = -100
    for name, options in MODELS.items():
        config = TransfoXLConfig(**{**SMALL, **options})
        model = TransfoXLLMHeadModel(config).eval()
        draw(model)
        model.tie_weights()
        states = [[] for _ in range(1 + config.n_layer)]
        layers = [model.transformer.word_emb.emb_layers[0], *model.transformer.layers]
        for kept, layer in zip(states, layers):
            layer.register_forward_hook(
                lambda m, i, o, kept=kept: kept.append((o[0].transpose(0, 1) if isinstance(o, list) else o.transpose(0, 1)).detach().clone()))
        mems, parts = None, []
        for begin in range(0, tokens.shape[1], SEGMENT):
            out = model(tokens[:, begin : begin + SEGMENT], mems=mems, return_dict=True)
            mems = out.mems
            parts.append(out.prediction_scores)  # logarithms of probabilities
        log_p = torch.cat(parts, 1)
        loss = nll_loss(log_p.flatten(0, 1), targets.flatten())
        loss.backward()
        tensors = {k: v for k, v in model.state_dict().items() if not (config.tie_word_embeddings and k == "crit.out_layers.0.weight")}
        tensors |= {f"grad.{k}": p.grad for k, p in model.named_parameters()}
        tensors |= {f"hidden.{i}": torch.cat(kept, 1) for i, kept in enumerate(states)}
        tensors |= {"tokens": tokens, "targets": targets, "log_p": log_p, "loss": loss}
        if config.mem_len > 0:
            with torch.no_grad():
                tensors["greedy"] = model.generate(tokens[:1, :4], max_new_tokens=12, do_sample=False)[:, 4:]
        common.write_tensors(f"transfo_xl/{name}.safetensors", tensors, {"format": "pt"})
        common.write_json(f"transfo_xl/{name}.json", {**config.to_dict(), "grimoire_segment": SEGMENT})


main()
