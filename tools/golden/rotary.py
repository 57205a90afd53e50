"""Angles of rotary positions under every scaling that is read, at the sizes of published models.

    python tools/golden/rotary.py       writes tests/golden/rotary.json

Made with transformers 5.24.0 and torch 2.15.0. One object a case: config, what a config.json says of positions; head_dim; frequencies, the angle of a position
for each of head_dim / 2 pairs; attention_factor, of cosines and sines.
"""

import copy

import torch
import transformers
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

import common

QWEN25 = dict(type="yarn", factor=4.0, original_max_position_embeddings=32768)
LLAMA31 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=16, original_max_position_embeddings=4096)


def old(scaling, context=32768, theta=1e6):
    return dict(max_position_embeddings=context, rope_theta=theta, rope_scaling=scaling)


def new(context=65536, **parameters):
    return dict(max_position_embeddings=context, rope_parameters=parameters)


CASES = {
    "qwen2.5": (128, old(QWEN25)),
    "context of the training left out": (128, old(dict(type="yarn", factor=2))),
    "exact ends": (64, new(**YARN, truncate=False)),
    "steeper": (64, new(**YARN, beta_fast=16, beta_slow=2, attention_factor=None)),
    "weights": (64, new(**YARN, mscale=0.707, mscale_all_dim=1.0)),
    "equal weights": (64, new(**YARN, mscale=1.0, mscale_all_dim=1)),
    "attention factor": (96, new(**YARN, attention_factor=1.25)),
    "a step": (64, new(**{**YARN, "original_max_position_embeddings": 6})),
    "nothing gained": (64, new(**{**YARN, "factor": 1.0})),
    "dynamic": (128, old(dict(type="dynamic", factor=8.0), 4096, 10000.0)),
    "linear": (128, old(dict(type="linear", factor=2.5), 4096, 10000.0)),
    "llama 3.1": (128, old(LLAMA31, 131072, 5e5)),
}


def main():
    torch.set_num_threads(1)
    found = {}
    for name, (head, said) in CASES.items():
        config = transformers.LlamaConfig(hidden_size=head, num_attention_heads=1, head_dim=head, **copy.deepcopy(said))
        rotary = LlamaRotaryEmbedding(config)
        rotary(torch.zeros(1), torch.tensor([[config.max_position_embeddings - 1]]))  # a dynamic one looks at the length
        found[name] = {"head_dim": head, "config": said, "frequencies": rotary.inv_freq.tolist(), "attention_factor": rotary.attention_scaling}
    common.write_json("rotary.json", found)


main()
