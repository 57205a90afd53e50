"""Small Llamas merged by mergekit, as its YAML files say.

    python -m venv oracle && oracle/bin/pip install mergekit
    oracle/bin/python tools/golden/merge.py      writes tests/golden/merge/: the models (base, one, two, three, and words-a, words-b with vocabularies of
                                                 their own), cases.json (name: YAML) and expected.safetensors (NAME/TENSOR)

Made with mergekit 0.1.5, torch 2.15.0 and transformers 5.24.0; mergekit is run and never read. What draws random numbers (dare, della) is not in
cases.json: rates.json holds how many numbers of a wide matrix stayed, and by what they were multiplied, by rank of their size.
"""

import json
import pathlib
import shutil
import tempfile

import tokenizers
import torch
import transformers
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file

import common

FOLDER = common.GOLDEN / "merge"
LAYERS = 3
SIZES = dict(hidden_size=6, intermediate_size=10, num_hidden_layers=LAYERS, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=16,
             bos_token_id=1, eos_token_id=2, tie_word_embeddings=False)
KEPT = ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.1.mlp.down_proj.weight", "model.layers.1.input_layernorm.weight",
        "model.layers.2.self_attn.v_proj.weight", "model.norm.weight", "lm_head.weight"]


def shaken(weights, seed, share):
    generator = torch.Generator().manual_seed(seed)
    return {name: (x + share * torch.randn(x.shape, generator=generator)).contiguous() for name, x in weights.items()}


def write_model(name, config, weights):
    (FOLDER / name).mkdir(parents=True)
    config.architectures = ["LlamaForCausalLM"]
    said = config.to_dict() | {"model_type": "llama", "torch_dtype": "float32"}
    (FOLDER / name / "config.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    save_file(weights, str(FOLDER / name / "model.safetensors"), {"format": "pt"})


def fresh(config, seed):
    torch.manual_seed(seed)
    return {name: x.detach().clone() for name, x in transformers.LlamaForCausalLM(config).state_dict().items()}


def models(method, base=None, **parameters):
    """A config of one, two and three with a weight each."""
    each = [{"model": m, "parameters": {"weight": w} | {k: v[i] for k, v in parameters.items()}}
            for i, (m, w) in enumerate(zip(("one", "two", "three"), (.5, .3, .7)))]
    return {"merge_method": method, "models": each, "dtype": "float32"} | ({"base_model": base} if base else {})


def plain(method, names, base=None, **top):
    return {"merge_method": method, "models": [{"model": m} for m in names], "dtype": "float32"} | ({"base_model": base} if base else {}) | top


DENSE = dict(density=[.6, .5, .7])
CASES = {
    "linear": models("linear"),
    "linear_sum": models("linear") | {"parameters": {"normalize": False}},
    "linear_gradient": {"merge_method": "linear", "dtype": "float32", "models": [
        {"model": "one", "parameters": {"weight": [0, 1]}}, {"model": "two", "parameters": {"weight": [1, .5, 0]}}]},
    "linear_filter": {"merge_method": "linear", "dtype": "float32", "models": [
        {"model": "one", "parameters": {"weight": [{"filter": "self_attn", "value": .2}, {"filter": "mlp", "value": [.1, .9]}, {"value": .6}]}},
        {"model": "two", "parameters": {"weight": .5}}]},
    "slerp": plain("slerp", ["one", "two"], "one", parameters={"t": .3}),
    "slerp_straight": plain("slerp", ["one", "near"], "one", parameters={"t": .3}),
    "slerp_gradient": {"merge_method": "slerp", "base_model": "one", "dtype": "float32",
                       "slices": [{"sources": [{"model": "one", "layer_range": [0, 3]}, {"model": "three", "layer_range": [0, 3]}]}],
                       "parameters": {"t": [{"filter": "self_attn", "value": [0, .5, .3, .7, 1]}, {"filter": "mlp", "value": [1, .5, .7, .3, 0]},
                                            {"value": .5}]}},
    "nuslerp": {"merge_method": "nuslerp", "dtype": "float32", "models": [
        {"model": "one", "parameters": {"weight": .6}}, {"model": "two", "parameters": {"weight": .2}}]},
    "nuslerp_base": {"merge_method": "nuslerp", "base_model": "base", "dtype": "float32", "models": [
        {"model": "one", "parameters": {"weight": .6}}, {"model": "two", "parameters": {"weight": .2}}]},
    "nuslerp_rows": {"merge_method": "nuslerp", "dtype": "float32", "parameters": {"nuslerp_flatten": False, "nuslerp_row_wise": True}, "models": [
        {"model": "one", "parameters": {"weight": .6}}, {"model": "two", "parameters": {"weight": .2}}]},
    "nuslerp_columns": {"merge_method": "nuslerp", "dtype": "float32", "parameters": {"nuslerp_flatten": False}, "models": [
        {"model": "one", "parameters": {"weight": .6}}, {"model": "two", "parameters": {"weight": .2}}]},
    "karcher": plain("karcher", ["one", "two", "three"]),
    "multislerp": models("multislerp"),
    "multislerp_base": models("multislerp", "base"),
    "nearswap": plain("nearswap", ["one"], "base", parameters={"t": .02}),
    "model_stock": plain("model_stock", ["one", "two", "three"], "base"),
    "model_stock_rows": plain("model_stock", ["one", "two", "three"], "base", parameters={"filter_wise": True}),
    "passthrough": {"merge_method": "passthrough", "dtype": "float32", "slices": [
        {"sources": [{"model": "one", "layer_range": [0, 2]}]}, {"sources": [{"model": "two", "layer_range": [1, 3], "parameters": {
            "scale": [{"filter": "o_proj", "value": 0}, {"filter": "down_proj", "value": .5}, {"value": 1}]}}]}]},
    "sliced_linear": {"merge_method": "linear", "dtype": "float32", "parameters": {"weight": .5}, "slices": [
        {"sources": [{"model": "one", "layer_range": [0, 1]}, {"model": "two", "layer_range": [1, 2], "parameters": {"weight": .9}}]},
        {"sources": [{"model": "three", "layer_range": [0, 2], "parameters": {"weight": [0, 1]}}, {"model": "two", "layer_range": [1, 3]}],
         "parameters": {"weight": .25}}]},
    "task_arithmetic": models("task_arithmetic", "base"),
    "task_arithmetic_negative": {"merge_method": "task_arithmetic", "base_model": "base", "dtype": "float32", "parameters": {"lambda": .8}, "models": [
        {"model": "one", "parameters": {"weight": 1}}, {"model": "two", "parameters": {"weight": -1}}, {"model": "three", "parameters": {"weight": 1}}]},
    "task_arithmetic_normal": models("task_arithmetic", "base") | {"parameters": {"normalize": True}},
    "ties": models("ties", "base", **DENSE),
    "ties_whole": models("ties", "base"),
    "ties_sum": models("ties", "base", **DENSE) | {"parameters": {"normalize": False, "lambda": 1.5, "int8_mask": True}},
    "ties_negative": {"merge_method": "ties", "base_model": "base", "dtype": "float32", "parameters": {"density": .55}, "models": [
        {"model": "one", "parameters": {"weight": 1}}, {"model": "two", "parameters": {"weight": -.4}}, {"model": "three", "parameters": {"weight": .7}}]},
    "dare_linear_whole": models("dare_linear", "base"),
    "dare_ties_whole": models("dare_ties", "base"),
    "della_whole": models("della", "base", density=[1, 1, 1], epsilon=[0, 0, 0]),
    "della_linear_whole": models("della_linear", "base", density=[1, 1, 1], epsilon=[0, 0, 0]),
    "breadcrumbs": models("breadcrumbs", "base", gamma=[.1, .2, .05], **DENSE),
    "breadcrumbs_ties": models("breadcrumbs_ties", "base", gamma=[.1, .2, .05], **DENSE),
    "sce": plain("sce", ["one", "two", "three"], "base", parameters={"select_topk": .4}),
    "sce_whole": plain("sce", ["one", "two", "three"], "base"),
}
WORDS = {
    "words_union": "union",
    "words_other": "words-b",
}
RANDOM = {
    "dare_linear": dict(weight=1.0, density=.3),
    "dare_ties": dict(weight=1.0, density=.3),
    "dare_plain": dict(weight=1.0, density=.3),
    "della": dict(weight=1.0, density=.5, epsilon=.2),
    "della_linear": dict(weight=1.0, density=.5, epsilon=.2),
}


def placed(config, folder):
    """The same with models where they lie."""
    names = {p.name for p in folder.iterdir()}
    if isinstance(config, dict):
        return {k: placed(v, folder) for k, v in config.items()}
    if isinstance(config, list):
        return [placed(v, folder) for v in config]
    return str(folder / config) if config in names else config


def merged(config, folder=FOLDER):
    with tempfile.TemporaryDirectory() as out:
        run_merge(MergeConfiguration.model_validate(placed(config, folder)), out, MergeOptions(copy_tokenizer="tokenizer_source" in config, random_seed=7))
        weights = {}
        for file in sorted(pathlib.Path(out).glob("*.safetensors")):
            weights |= load_file(str(file))
        tokens = transformers.AutoTokenizer.from_pretrained(out).get_vocab() if (pathlib.Path(out) / "tokenizer.json").exists() else None
        return weights, tokens


def write_words():
    """Two models whose vocabularies share some of their words, in another order."""
    for name, seed, words in (("words-a", 31, "the a cat sat on mat".split()), ("words-b", 32, "dog the ran a mat far away".split())):
        vocabulary = {w: i for i, w in enumerate(["<unk>", "<s>", "</s>"] + words)}
        made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
        made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        config = transformers.LlamaConfig(vocab_size=len(vocabulary), **SIZES)
        write_model(name, config, fresh(config, seed))
        transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>").save_pretrained(FOLDER / name)


def rates(method, parameters):
    """Shares that stay and factors of those that do, over ten ranks of size, of a matrix 40 x 3000."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        config = transformers.LlamaConfig(vocab_size=40, **(SIZES | dict(hidden_size=3000, num_hidden_layers=1, num_attention_heads=1, intermediate_size=2)))
        config.architectures = ["LlamaForCausalLM"]
        weights = fresh(config, 3)
        weights = {k: torch.zeros_like(v) for k, v in weights.items()}
        torch.manual_seed(5)
        other = {k: torch.randn_like(v) for k, v in weights.items()}
        for name, w in (("base", weights), ("one", other)):
            (place / name).mkdir()
            config.save_pretrained(place / name)
            save_file(w, str(place / name / "model.safetensors"), {"format": "pt"})
        top = {"rescale": False} if method == "dare_plain" else {}
        yml = {"merge_method": "dare_linear" if method == "dare_plain" else method, "base_model": "base", "dtype": "float32", "parameters": top,
               "models": [{"model": "one", "parameters": parameters}]}
        now = merged(yml, place)[0]["model.embed_tokens.weight"]
        was = other["model.embed_tokens.weight"]
    order = was.abs().argsort(dim=1)
    tenths = order.reshape(40, 10, 300)
    stays, factor = [], []
    for i in range(10):
        a, b = torch.gather(was, 1, tenths[:, i]), torch.gather(now, 1, tenths[:, i])
        left = b != 0
        stays.append(round(left.float().mean().item(), 5))
        factor.append(round((b[left] / a[left]).mean().item(), 5))
    return {"parameters": parameters, "stays": stays, "factor": factor}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    config = transformers.LlamaConfig(vocab_size=11, **SIZES)
    base = fresh(config, 20)
    write_model("base", config, base)
    for name, seed in (("one", 21), ("two", 22), ("three", 23)):
        write_model(name, config, shaken(base, seed, .05))
    write_model("near", config, shaken(load_file(str(FOLDER / "one" / "model.safetensors")), 24, 1e-5))
    write_words()
    expected = {}
    for name, case in CASES.items():
        weights, _ = merged(case)
        for tensor in KEPT + (["model.layers.3.mlp.down_proj.weight", "model.layers.2.self_attn.o_proj.weight"] if name == "passthrough" else []):
            expected[f"{name}/{tensor}"] = weights[tensor].clone()
    yml = {name: yaml.safe_dump(case, sort_keys=False) for name, case in CASES.items()}
    words = {}
    for name, source in WORDS.items():
        case = {"merge_method": "linear", "base_model": "words-a", "dtype": "float32", "tokenizer_source": source, "parameters": {"weight": .5},
                "models": [{"model": "words-a"}, {"model": "words-b"}]}
        weights, tokens = merged(case)
        yml[name] = yaml.safe_dump(case, sort_keys=False)
        words[name] = tokens
        for tensor in ("model.embed_tokens.weight", "lm_head.weight"):
            expected[f"{name}/{tensor}"] = weights[tensor].clone()
    (FOLDER / "cases.json").write_text(json.dumps(yml, indent=1) + "\n")
    (FOLDER / "words.json").write_text(json.dumps(words, indent=1) + "\n")
    (FOLDER / "rates.json").write_text(json.dumps({m: rates(m, p) for m, p in RANDOM.items()}, indent=1) + "\n")
    save_file(expected, str(FOLDER / "expected.safetensors"))


if __name__ == "__main__":
    main()
