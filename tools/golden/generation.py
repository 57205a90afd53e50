"""How transformers shapes distributions and searches with beams, on a small model of causal_families.py.

    python tools/golden/generation.py       writes tests/golden/generation/cases.json; with transformers 4.49.0, groups.json

cases.json was made with transformers 5.24.0, groups.json with 4.49.0, the last that has groups of beams and contrastive search itself; torch 2.15.0,
float32, eager attention, one thread. The model is causal_families/llama. In every case `config` is what generation_config.json would hold.

shaping: text (its first `prompt` tokens were given), logits (V) and p, the softmax of what the logits processors make of them.
greedy, beams, groups, contrastive, and t5_beams of seq2seq/t5, whose prompt is the source: prompt, and ids that model.generate goes on with, without the
end: of one text, or of each text with its score.
"""

import json

import torch
import transformers
from safetensors.torch import load_file

import common

V = 13
OLD = transformers.__version__.startswith("4.")
SHAPING = [
    {"temperature": 0.7}, {"temperature": 3.0}, {"top_k": 4}, {"top_p": 0.8}, {"top_k": 6, "top_p": 0.6}, {"temperature": 0.6, "top_k": 7, "top_p": 0.85},
    {"min_p": 0.2}, {"temperature": 2.0, "min_p": 0.3}, {"typical_p": 0.3}, {"typical_p": 0.8}, {"top_p": 0.9, "typical_p": 0.6},
    {"epsilon_cutoff": 0.06}, {"epsilon_cutoff": 0.9}, {"eta_cutoff": 0.2}, {"top_k": 8, "eta_cutoff": 0.1},
    {"temperature": 0.8, "top_k": 10, "top_p": 0.95, "min_p": 0.02, "typical_p": 0.9, "epsilon_cutoff": 0.001},
    {"repetition_penalty": 1.7}, {"repetition_penalty": 0.6, "temperature": 0.5}, {"no_repeat_ngram_size": 1}, {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 3}, {"no_repeat_ngram_size": 40},
    {"bad_words_ids": [[2], [0], [7, 5], [3, 4, 9], [1, 6]], "eos_token_id": [0, 11]},
    {"sequence_bias": [[[3], 2.5], [[4, 9], -1.5], [[7, 5], -30.0], [[2, 8], 9.0]]},
    {"suppress_tokens": [1, 5, 12]}, {"begin_suppress_tokens": [2, 3]}, {"begin_suppress_tokens": [2, 3], "forced_bos_token_id": 4},
    {"forced_bos_token_id": 6}, {"forced_eos_token_id": 3, "max_length": 10}, {"forced_eos_token_id": [3, 5], "max_new_tokens": 5},
    {"min_new_tokens": 5, "eos_token_id": [0, 7]}, {"min_new_tokens": 2, "eos_token_id": 0}, {"min_length": 10, "eos_token_id": 2},
    {"exponential_decay_length_penalty": [1, 1.3], "eos_token_id": [0, 7]}, {"exponential_decay_length_penalty": [9, 1.3], "eos_token_id": 0},
    {"repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "suppress_tokens": [1], "sequence_bias": [[[3], 2.0]], "temperature": 0.9, "top_p": 0.9},
]
TEXTS = [([4, 9, 7, 1, 3, 4, 9, 7], 4), ([6], 1), ([6, 2], 1), ([0, 3, 5, 3, 4], 5)]
GREEDY = [{}, {"repetition_penalty": 1.3}, {"no_repeat_ngram_size": 2}, {"eos_token_id": [3, 5], "min_new_tokens": 4},
          {"suppress_tokens": [2, 9], "forced_eos_token_id": 1, "eos_token_id": 1}, {"bad_words_ids": [[3], [9, 4]]}]
BEAMS = [
    {"num_beams": 3}, {"num_beams": 4, "num_return_sequences": 4}, {"num_beams": 4, "num_return_sequences": 4, "eos_token_id": 3},
    {"num_beams": 4, "num_return_sequences": 4, "eos_token_id": [3, 5]}, {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "length_penalty": 2.0},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "length_penalty": -1.0},
    {"num_beams": 3, "num_return_sequences": 2, "eos_token_id": 7, "length_penalty": 0.0},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "early_stopping": True},
    {"num_beams": 4, "num_return_sequences": 4, "eos_token_id": [3, 5], "early_stopping": True},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "early_stopping": "never"},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "early_stopping": "never", "length_penalty": 3.0},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": [3, 5], "early_stopping": "never", "length_penalty": 0.0},
    *[{"num_beams": 2, "num_return_sequences": 2, "eos_token_id": ends, "early_stopping": early}  # where the three differ
      for ends in ([4, 8, 10], [7, 11], [1, 2, 6]) for early in (False, True, "never")],
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "repetition_penalty": 1.4, "no_repeat_ngram_size": 2},
    {"num_beams": 3, "num_return_sequences": 3, "eos_token_id": 5, "min_new_tokens": 6, "suppress_tokens": [2], "renormalize_logits": True},
]
T5_BEAMS = [{"num_beams": 3, "num_return_sequences": 3, "decoder_start_token_id": 0},
            {"num_beams": 4, "num_return_sequences": 2, "eos_token_id": [2, 5], "decoder_start_token_id": 0},
            {"num_beams": 3, "num_return_sequences": 3, "no_repeat_ngram_size": 2, "decoder_start_token_id": 0}]
GROUPS = [
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5}, {"num_beams": 4, "num_beam_groups": 4, "diversity_penalty": 2.0},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0, "eos_token_id": 5},
    {"num_beams": 6, "num_beam_groups": 3, "diversity_penalty": 1.5, "eos_token_id": [3, 5]},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.0, "eos_token_id": 3, "early_stopping": True, "length_penalty": 0.5},
]
CONTRASTIVE = [{"penalty_alpha": 0.6, "top_k": 4}, {"penalty_alpha": 0.3, "top_k": 8}, {"penalty_alpha": 0.9, "top_k": 3, "eos_token_id": 5}]
PROMPTS = [[4, 9, 7, 1], [6], [0, 3, 5, 3, 4, 11, 8]]


def small_model():
    folder = common.GOLDEN / "causal_families"
    settings = json.loads((folder / "llama.json").read_text())
    settings.setdefault("rope_theta", settings["rope_parameters"]["rope_theta"])  # where 4.49 looks
    if OLD:
        settings.pop("rope_parameters")
    config = transformers.LlamaConfig(**{k: v for k, v in settings.items() if k not in ("dtype", "torch_dtype")}, attn_implementation="eager")
    model = transformers.LlamaForCausalLM(config).eval()
    weights = {k: v for k, v in load_file(folder / "llama.safetensors").items() if k.startswith("model.") or k == "lm_head.weight"}
    model.load_state_dict(weights)
    model.generation_config = transformers.GenerationConfig(bos_token_id=0)
    return model


def small_t5():
    folder = common.GOLDEN / "seq2seq"
    config = transformers.T5Config.from_json_file(folder / "t5.json")
    model = transformers.T5ForConditionalGeneration(config).eval()
    tensors = load_file(folder / "t5.safetensors")
    model.load_state_dict({k[7:]: v for k, v in tensors.items() if k.startswith("weight.")}, strict=False)
    model.tie_weights()
    return model, tensors["sources"][: tensors["source_lengths"][0]].tolist()


def settings_of(case, sample=False):
    config = transformers.GenerationConfig(**{"do_sample": sample, "top_k": 0, **case, "pad_token_id": 12, "bos_token_id": 0})
    return config


def shaping(model):
    g = torch.Generator().manual_seed(11)
    cases = []
    for case in SHAPING:
        for text, prompt in TEXTS:
            logits = (torch.randn(V, generator=g) * 2).round(decimals=2)
            config = settings_of(case, sample=True)
            if config.max_new_tokens:
                config.max_length = prompt + config.max_new_tokens
            if config.max_length is None:
                config.max_length = 100
            config._eos_token_tensor = None if config.eos_token_id is None else torch.tensor(config.eos_token_id).reshape(-1)
            steps = model._get_logits_processor(config, input_ids_seq_length=prompt, encoder_input_ids=torch.tensor([text]), device="cpu", model_kwargs={})
            p = steps(torch.tensor([text]), logits[None].clone())[0].softmax(-1)
            cases.append({"config": case, "text": text, "prompt": prompt, "logits": rounded(logits), "p": rounded(p)})
    return cases


def rounded(numbers):
    return [round(float(x), 7) for x in numbers]


def ended(ids, case):
    ends = case.get("eos_token_id", [])
    ends = ends if isinstance(ends, list) else [ends]
    for i, token in enumerate(ids):
        if token in ends:
            return ids[:i]
    return ids


def searched(model, cases, prompts=PROMPTS, written=None):
    """`written`: how many tokens stand before those that are written, if not those of the prompt."""
    done = []
    for case in cases:
        for prompt in prompts:
            case = {"max_new_tokens": 12, **case}
            out = model.generate(torch.tensor([prompt]), generation_config=settings_of(case), return_dict_in_generate=True, output_scores=True)
            ids = [ended(row, case) for row in out.sequences[:, written or len(prompt):].tolist()]
            entry = {"config": case, "prompt": prompt}
            scores = getattr(out, "sequences_scores", None)
            done.append({**entry, "ids": ids, "scores": rounded(scores)} if scores is not None else {**entry, "ids": ids[0]})
    return done


def with_source(cases):
    model, source = small_t5()
    model.generation_config = transformers.GenerationConfig(decoder_start_token_id=0)
    return model, cases, [source]


def main():
    torch.set_num_threads(1)
    model = small_model()
    with torch.no_grad():
        if OLD:
            common.write_json("generation/groups.json", {"groups": searched(model, GROUPS), "contrastive": searched(model, CONTRASTIVE)})
        else:
            common.write_json("generation/cases.json", {"shaping": shaping(model), "greedy": searched(model, GREEDY), "beams": searched(model, BEAMS),
                                                     "t5_beams": searched(*with_source(T5_BEAMS), written=1)})


main()
