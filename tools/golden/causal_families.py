"""Small decoder-only models of Hugging Face transformers with all that is to be the same here.

    python tools/golden/causal_families.py       writes tests/golden/causal_families/: NAME.json NAME.safetensors

Made with transformers 5.24.0, torch 2.15.0 and safetensors 0.8.0, float32, eager attention, one thread. NAME.json is the config.json that
transformers wrote. NAME.safetensors holds the weights under the names of their files; tokens (B, T) and targets, -100 where nothing is asked; hidden.0 (of
the embedding) to hidden.L (after the last block, before the last norm), logits, loss, grad.WEIGHT of every weight; and greedy (1, 12), the ids that
model.generate goes on with behind the first four tokens. Where rotary positions are scaled, frequencies (R / 2) and attention_factor are what they are
turned and multiplied by. Of mixtures of experts router_logits (L, B T, E) are the routers' scores, and router_losses (L,) what load_balancing_loss_func
says of each layer alone; all layers at once, as the models call it, experts of one number in different layers would count as one.
"""

import shutil
import tempfile

import torch
import transformers
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

import common

FOLDER = common.GOLDEN / "causal_families"
SMALL = dict(vocab_size=13, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=32,
             bos_token_id=0, eos_token_id=None, pad_token_id=None)
LLAMA3 = dict(rope_type="llama3", rope_theta=100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)
# Pairs 0 to 7 of a head of 16: the slope runs from pair 1 to 5 where it is truncated, from 1.62 to 4.03 where not, and from 0 with the usual 32 turns.
YARN = dict(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=64)


def llama(**options):
    return transformers.LlamaConfig(**{**SMALL, "num_key_value_heads": 2, **options})


def yarn(**options):
    return llama(head_dim=16, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256, rope_parameters={**YARN, **options})


def mixtral(**options):
    return transformers.MixtralConfig(**{**SMALL, "num_key_value_heads": 2, "num_local_experts": 4, "sliding_window": None, **options})


def neox(**options):
    return transformers.GPTNeoXConfig(**{**SMALL, "num_attention_heads": 2, **options})


def bloom(**options):
    return transformers.BloomConfig(**{"vocab_size": 13, "hidden_size": 12, "n_layer": 2, "bos_token_id": 0, "eos_token_id": None, **options})


FAMILIES = {
    "llama": llama(),
    "llama_multi_query": llama(num_key_value_heads=1, tie_word_embeddings=True),
    "llama_multi_head": llama(num_key_value_heads=4, rms_norm_eps=0.1),
    "llama_biases": llama(attention_bias=True, mlp_bias=True),
    "llama_wide_heads": llama(head_dim=6),
    "llama_linear": llama(rope_parameters=dict(rope_type="linear", rope_theta=50.0, factor=2.5)),
    "llama_llama3": llama(head_dim=8, rope_parameters=LLAMA3),
    "llama_yarn": yarn(),
    "llama_yarn_whole": yarn(beta_fast=4.0),
    "llama_yarn_exact": yarn(beta_fast=4.0, truncate=False),
    "llama_yarn_mscale": yarn(beta_fast=4.0, beta_slow=2.0, mscale=0.707, mscale_all_dim=1.5),
    "llama_yarn_attention": yarn(attention_factor=0.8),
    "llama_dynamic": llama(rope_parameters=dict(rope_type="dynamic", rope_theta=50.0, factor=2.5)),
    "mistral_window": transformers.MistralConfig(**SMALL, num_key_value_heads=2, sliding_window=3),
    "mistral": transformers.MistralConfig(**SMALL, num_key_value_heads=2, sliding_window=None),
    "qwen2": transformers.Qwen2Config(**SMALL, num_key_value_heads=2, tie_word_embeddings=True),
    "mixtral": mixtral(),
    "mixtral_three": mixtral(num_local_experts=5, num_experts_per_tok=3, tie_word_embeddings=True, sliding_window=4, router_aux_loss_coef=0.02),
    "gpt_neox": neox(),
    "gpt_neox_serial": neox(use_parallel_residual=False, hidden_act="gelu_new", tie_word_embeddings=True, layer_norm_eps=0.1),
    "gpt_neox_turned": neox(attention_bias=False, rope_parameters=dict(rope_type="linear", rope_theta=50.0, factor=2.5, partial_rotary_factor=1.0)),
    "gpt_neox_yarn": neox(num_attention_heads=1, max_position_embeddings=256, rope_parameters=dict(YARN, beta_fast=4.0, partial_rotary_factor=0.5)),
    "bloom": bloom(n_head=4),
    "bloom_six_heads": bloom(n_head=6, tie_word_embeddings=False, layer_norm_epsilon=0.1),
}


def in_files(name, tensor, config):
    """Tensors of a model, or their gradients, as save_pretrained writes them."""
    if config.model_type == "gpt_neox":
        name = name.replace("lm_head.", "embed_out.")
    if config.model_type != "mixtral" or ".mlp." not in name:
        return {name: tensor}
    name = name.replace(".mlp.", ".block_sparse_moe.")
    if not name.endswith("_proj"):
        return {name: tensor}
    head, parts = name.rsplit(".", 1)[0], {}
    for e, of_expert in enumerate(tensor):
        matrices = {"w2": of_expert} if name.endswith("down_proj") else dict(zip(("w1", "w3"), of_expert.chunk(2)))
        parts |= {f"{head}.{e}.{w}.weight": m.contiguous() for w, m in matrices.items()}
    return parts


def draw(model):
    g = torch.Generator().manual_seed(20240202)
    for name, p in model.named_parameters():
        p.data = torch.randn(p.shape, generator=g) * (0.4 if p.dim() > 1 else 0.2)
        if ("norm" in name or "ln_f" in name) and name.endswith("weight"):
            p.data += 1


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(7)
    tokens = torch.randint(0, SMALL["vocab_size"], (2, 9), generator=g)
    targets = torch.randint(0, SMALL["vocab_size"], (2, 9), generator=g)
    targets[1, 6:] = -100
    for name, config in FAMILIES.items():
        config._attn_implementation = "eager"
        model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
        draw(model)
        states = []
        layers = [model.get_input_embeddings(), *(model.base_model.h if config.model_type == "bloom" else model.base_model.layers)]
        hooks = [layer.register_forward_hook(lambda m, i, o: states.append(o[0] if isinstance(o, tuple) else o)) for layer in layers]
        out = model(tokens)
        for hook in hooks:
            hook.remove()
        loss = cross_entropy(out.logits.flatten(0, 1), targets.flatten())
        loss.backward()
        tied = config.tie_word_embeddings
        tensors = {}
        for k, v in model.state_dict().items():
            tensors |= {} if tied and k == "lm_head.weight" else in_files(k, v, config)
        for k, p in model.named_parameters():
            tensors |= {f"grad.{n}": g for n, g in in_files(k, p.grad, config).items()}
        tensors |= {f"hidden.{i}": h.detach() for i, h in enumerate(states)}
        if config.model_type == "mixtral":
            with torch.no_grad():
                scores = model(tokens, output_router_logits=True).router_logits
            losses = [load_balancing_loss_func((s,), config.num_local_experts, config.num_experts_per_tok) for s in scores]
            tensors |= {"router_logits": torch.stack(scores), "router_losses": torch.stack(losses)}
            with tempfile.TemporaryDirectory() as folder:  # the names are those of its files
                model.save_pretrained(folder)
                written = load_file(f"{folder}/model.safetensors")
                assert all(torch.equal(t, tensors[n]) for n, t in written.items())
                assert sorted(written) == sorted(n for n in tensors if n.startswith(("model.", "lm_head.")))
        with torch.no_grad():
            greedy = model.generate(tokens[:1, :4], max_new_tokens=12, do_sample=False)[:, 4:]
        if (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default") != "default":
            rotary = model.base_model.rotary_emb
            tensors |= {"frequencies": rotary.inv_freq, "attention_factor": torch.tensor(rotary.attention_scaling)}
        tensors |= {"tokens": tokens, "targets": targets, "logits": out.logits.detach(), "loss": loss.detach(), "greedy": greedy}
        common.write_tensors(f"causal_families/{name}.safetensors", tensors, {"format": "pt"})
        common.write_json(f"causal_families/{name}.json", config.to_dict())


main()
