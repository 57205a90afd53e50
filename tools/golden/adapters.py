"""Small models of Hugging Face transformers with LoRA beside them, as peft writes it, and what they compute.

    python tools/golden/adapters.py          writes tests/golden/adapters/: NAME/ (the model), NAME-lora/ (the adapter and logits.safetensors)
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


def draw(model, names):
    g = torch.Generator().manual_seed(20240303)
    for name, p in model.named_parameters():
        if any(part in name for part in names):
            p.data = torch.randn(p.shape, generator=g) * 0.4


def point_at(folder, base):
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["base_model_name_or_path"] = base
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
        adapted = peft.get_peft_model(model, peft.LoraConfig(**settings)).eval()
        draw(adapted, ["lora_", "modules_to_save"])
        adapted.save_pretrained(FOLDER / f"{name}-lora")
        (FOLDER / f"{name}-lora/README.md").unlink()
        point_at(FOLDER / f"{name}-lora", f"../{name}")
        with torch.no_grad():
            logits = adapted(input_ids=ids).logits
        save_file({"ids": ids, "logits": logits.contiguous()}, FOLDER / f"{name}-lora/logits.safetensors")


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
