"""Small models of Hugging Face transformers with LoRA, DoRA and IA3 beside them, as peft writes them, what they compute, and several joined.

    python tools/golden/adapters.py          writes tests/golden/adapters/: NAME/ (the model), NAME-KIND/ (the adapter and logits.safetensors),
                                             llama-one, -two, -three and what add_weighted_adapter makes of them (combined.safetensors), and the same
                                             of single tensors (joined.safetensors)
    python tools/golden/adapters.py FOLDER   loads the adapter in FOLDER, which this program wrote, into peft, and prints its logits of --ids

Made with transformers 5.24.0, peft 0.21.2, torch 2.15.0 and safetensors 0.8.0, float32, eager attention. logits.safetensors holds ids (B, T) of one or
two texts of T tokens and the logits of the model with the adapter.
"""

import argparse
import json
import pathlib
import shutil

import peft
import torch
import transformers
from safetensors.torch import save_file

import common

FOLDER = common.GOLDEN / "adapters"
V = 19
MODELS = {
    # queries, keys and values are one matrix, and matrices lie (in, out)
    "gpt2": (transformers.GPT2Config(vocab_size=V, n_positions=16, n_embd=12, n_layer=2, n_head=3), "GPT2LMHeadModel",
             dict(r=3, lora_alpha=6, target_modules=["c_attn", "c_proj"], task_type="CAUSAL_LM")),
    "llama": (transformers.LlamaConfig(vocab_size=V, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                                       max_position_embeddings=16, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2), "LlamaForCausalLM",
              dict(r=4, lora_alpha=4, use_rslora=True, target_modules="all-linear", task_type="CAUSAL_LM")),
    # a head learns whole, and one expression says which layers have an adapter
    "bert": (transformers.BertConfig(vocab_size=V, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3,
                                     max_position_embeddings=16, num_labels=4), "BertForSequenceClassification",
             dict(r=2, lora_alpha=8, target_modules=r".*layer\.1\.attention\.self\.(query|value)", modules_to_save=["classifier"])),
}

# Other kinds beside the same models.
OTHERS = {
    "gpt2-dora": ("gpt2", peft.LoraConfig(r=2, lora_alpha=4, target_modules=["c_attn", "c_proj"], use_dora=True, task_type="CAUSAL_LM")),
    "llama-dora": ("llama", peft.LoraConfig(r=3, lora_alpha=3, target_modules=["q_proj", "v_proj", "down_proj"], use_dora=True, task_type="CAUSAL_LM")),
    "gpt2-ia3": ("gpt2", peft.IA3Config(target_modules=["c_attn", "mlp.c_proj"], feedforward_modules=["mlp.c_proj"], task_type="CAUSAL_LM")),
    "bert-ia3": ("bert", peft.IA3Config(target_modules=["key", "value", "output.dense"], feedforward_modules=["output.dense"],
                                        modules_to_save=["classifier"])),
    "llama-pattern": ("llama", peft.LoraConfig(r=4, lora_alpha=4, lora_dropout=0.1, target_modules=["q_proj", "v_proj", "down_proj"],
                                               rank_pattern={"q_proj": 2, r"layers\.1\.self_attn\.v_proj": 5}, alpha_pattern={"v_proj": 3.5},
                                               task_type="CAUSAL_LM")),
    "llama-one": ("llama", peft.LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")),
    "llama-two": ("llama", peft.LoraConfig(r=2, lora_alpha=1, target_modules=["q_proj", "o_proj"], task_type="CAUSAL_LM")),
    "llama-three": ("llama", peft.LoraConfig(r=3, lora_alpha=3, target_modules=["q_proj"], task_type="CAUSAL_LM")),
}
SETTINGS = {  # which adapters, their weights, what peft is asked
    "linear": (["llama-one", "llama-two"], [.7, -.3], dict(combination_type="linear")),
    "cat": (["llama-one", "llama-two", "llama-three"], [.7, -.3, 1.5], dict(combination_type="cat")),
    "svd": (["llama-one", "llama-two", "llama-three"], [.7, -.3, 1.5], dict(combination_type="svd", svd_rank=4)),
    "svd-largest": (["llama-one", "llama-three"], [1, 1], dict(combination_type="svd")),
    "ties": (["llama-one", "llama-two"], [.7, .3], dict(combination_type="ties", density=.6)),
    "ties-rank": (["llama-one", "llama-three"], [.7, -.3], dict(combination_type="ties_svd", density=.3, svd_rank=2)),
    "prune": (["llama-one", "llama-two"], [-.7, .3], dict(combination_type="magnitude_prune", density=.4)),
}


def draw(model, names):
    g = torch.Generator().manual_seed(20240303)
    for name, p in model.named_parameters():
        if any(part in name for part in names):
            p.data = torch.randn(p.shape, generator=g) * 0.4


def point_at(folder, base):
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["base_model_name_or_path"] = base
    for key, value in settings.items():  # sets, whose order is no matter
        settings[key] = sorted(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value
    path.write_text(json.dumps(settings, indent=1) + "\n")


def write():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    ids = torch.randint(3, V, (1, 9), generator=torch.Generator().manual_seed(11))
    for name, (config, kind, settings) in MODELS.items():
        torch.manual_seed(1)
        model = getattr(transformers, kind)(config).eval()
        draw(model, [""])
        model.save_pretrained(FOLDER / name)
        (FOLDER / name / "generation_config.json").unlink(missing_ok=True)
        write_adapter(f"{name}-lora", model, name, peft.LoraConfig(**settings), ids)
    for name, (base, settings) in OTHERS.items():
        write_adapter(name, read_model(base), base, settings, ids)
    write_headless(ids)
    write_combined()
    write_joined()


def read_model(name):
    return getattr(transformers, MODELS[name][1]).from_pretrained(FOLDER / name).eval()


def write_adapter(name, model, base, settings, ids):
    adapted = peft.get_peft_model(model, settings).eval()
    draw(adapted, ["lora_A", "lora_B", "modules_to_save"])
    for tensor, p in adapted.named_parameters():  # lengths and gains stay about what they begin with
        if "magnitude" in tensor or "ia3_l" in tensor:
            p.data = p.data * (1 + 0.4 * torch.randn(p.shape, generator=torch.Generator().manual_seed(len(tensor))))
    adapted.save_pretrained(FOLDER / name)
    (FOLDER / name / "README.md").unlink()
    point_at(FOLDER / name, f"../{base}")
    with torch.no_grad():
        logits = adapted(input_ids=ids).logits
    save_file({"ids": ids, "logits": logits.contiguous()}, FOLDER / name / "logits.safetensors")


def write_headless(ids):
    """The base is the body alone, and knows of no labels: how many there are the classifier's rows say."""
    torch.manual_seed(1)
    config = transformers.BertConfig(**{**MODELS["bert"][0].to_dict(), "num_labels": 3, "id2label": None, "label2id": None})
    model = transformers.BertForSequenceClassification(config).eval()
    draw(model, [""])
    model.bert.save_pretrained(FOLDER / "bert-body")
    path = FOLDER / "bert-body/config.json"
    said = {key: value for key, value in json.loads(path.read_text()).items() if key not in ("id2label", "label2id", "num_labels")}
    path.write_text(json.dumps({**said, "architectures": ["BertModel"]}, indent=1) + "\n")
    write_adapter("bert-body-lora", model, "bert-body", peft.LoraConfig(r=2, target_modules=["query", "value"], task_type="SEQ_CLS"), ids)


def write_combined():
    result = {}
    for name, (adapters, weights, asked) in SETTINGS.items():
        model = peft.PeftModel.from_pretrained(read_model("llama"), FOLDER / adapters[0], adapter_name=adapters[0])
        for other in adapters[1:]:
            model.load_adapter(FOLDER / other, adapter_name=other)
        model.add_weighted_adapter(adapters, weights, "joined", **asked)
        for tensor, values in peft.get_peft_model_state_dict(model, adapter_name="joined").items():
            result[f"{name}/{tensor.removeprefix('base_model.model.')}"] = values.contiguous()
    save_file(result, FOLDER / "combined.safetensors")


def write_joined():
    from peft.utils import merge_utils
    g = torch.Generator().manual_seed(5)
    tensors, weights = [torch.randn(5, 7, generator=g) for _ in range(3)], torch.tensor([.7, -.4, 1.2])
    result = {f"x{i}": t for i, t in enumerate(tensors)} | {"weights": weights}
    for name in ("ties", "dare_linear", "dare_ties", "magnitude_prune"):
        torch.manual_seed(21)
        result[name] = getattr(merge_utils, name)(tensors, weights, .55)
    result["sum"] = merge_utils.task_arithmetic(tensors, weights)
    save_file({name: t.contiguous() for name, t in result.items()}, FOLDER / "joined.safetensors")


def show(folder, ids):
    settings = json.loads((folder / "adapter_config.json").read_text())
    config = transformers.AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0]).from_pretrained(settings["base_model_name_or_path"], config=config)
    with torch.no_grad():
        print(json.dumps(peft.PeftModel.from_pretrained(model, folder).eval()(input_ids=torch.tensor([ids])).logits[0].tolist()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--ids", nargs="+", type=int, default=[3, 4, 5])
    args = parser.parse_args()
    show(args.folder, args.ids) if args.folder else write()


if __name__ == "__main__":
    main()
