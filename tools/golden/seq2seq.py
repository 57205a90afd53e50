"""Small encoder-decoders of Hugging Face transformers with all that is to be the same here.

    python tools/golden/seq2seq.py       writes tests/golden/seq2seq/: NAME.json NAME.safetensors

Made with transformers 5.24.0, torch 2.15.0 and safetensors 0.8.0, float32, eager attention, one thread. NAME.json is the config.json that
transformers wrote. NAME.safetensors holds the weights as weight.NAME; sources and targets of two texts, one behind the other, with the lengths
source_lengths and target_lengths; encoder.0 (of the embedding) to encoder.L (after the last norm) and decoder.0 to decoder.L, (N, C), and logits (M, V),
likewise without padding; loss; grad.WEIGHT of every weight; greedy (2, 9), what model.generate makes of the sources, its start left out; adamw.losses
and adamw.norms, of ten steps of AdamW as in encoders.py, of some; and of t5 buckets.both and buckets.before of the distances -300 to
300, in 32 buckets up to 128.
"""

import shutil

import torch
import transformers
from transformers import BartConfig, MarianConfig, T5Config

import common

FOLDER = common.GOLDEN / "seq2seq"
T5 = dict(vocab_size=23, d_model=12, d_kv=5, d_ff=20, num_layers=2, num_heads=3, pad_token_id=0, eos_token_id=None, decoder_start_token_id=0)
BART = dict(vocab_size=23, d_model=12, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=20,
            decoder_ffn_dim=20, max_position_embeddings=16, eos_token_id=None, forced_eos_token_id=None)
MODELS = {
    "t5": T5Config(**T5, relative_attention_num_buckets=8, relative_attention_max_distance=12),
    "t5_v1_1": T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=3),
    "t5_gelu": T5Config(**T5, feed_forward_proj="gelu", layer_norm_epsilon=0.1),
    "bart": BartConfig(**BART, decoder_start_token_id=2),
    # all that may differ between the two sides; its scores have a bias
    "bart_uneven": BartConfig(**BART | dict(decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=28), decoder_start_token_id=1, scale_embedding=True,
                              activation_function="relu"),
    # it writes behind the pad token, whose row gets no gradient from being read
    "marian": MarianConfig(**BART, pad_token_id=22, decoder_start_token_id=22, scale_embedding=True, activation_function="swish"),
    "transformer": MarianConfig(**BART, pad_token_id=1, decoder_start_token_id=1, scale_embedding=True, activation_function="relu"),
}
CLASSES = {"t5": transformers.T5ForConditionalGeneration, "bart": transformers.BartForConditionalGeneration, "marian": transformers.MarianMTModel}
WITH_BIAS = ("bart_uneven", "marian")
WITH_STEPS = ("t5", "bart", "bart_uneven", "transformer")  # those whose steps are the same in float64
SOURCES, TARGETS = [9, 14], [6, 4]


def draw(model):
    g = torch.Generator().manual_seed(20240404)
    for name, p in model.named_parameters():
        if not p.requires_grad:  # a table of sines
            continue
        p.data = torch.randn(p.shape, generator=g) * (0.4 if p.dim() > 1 else 0.2)
        if "norm" in name and name.endswith("weight"):
            p.data += 1
    return g


def packed(x, lengths):
    return torch.cat([row[:n] for row, n in zip(x, lengths)])


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(13)
    sources = torch.randint(2, 23, (2, max(SOURCES)), generator=g)
    targets = torch.randint(2, 23, (2, max(TARGETS)), generator=g)
    mask = torch.zeros_like(sources)
    labels = torch.full_like(targets, -100)
    for i in range(2):
        mask[i, :SOURCES[i]] = 1
        labels[i, :TARGETS[i]] = targets[i, :TARGETS[i]]
    for name, config in MODELS.items():
        model = CLASSES[config.model_type]._from_config(config, attn_implementation="eager").eval()
        drawn = draw(model)
        if name in WITH_BIAS:
            model.final_logits_bias.copy_(torch.randn(model.final_logits_bias.shape, generator=drawn))
        inputs = dict(input_ids=sources.masked_fill(mask == 0, config.pad_token_id), attention_mask=mask, labels=labels)
        out = model(**inputs, output_hidden_states=True)
        out.loss.backward()
        tensors = {"sources": packed(sources, SOURCES), "targets": packed(targets, TARGETS), "source_lengths": torch.tensor(SOURCES),
                   "target_lengths": torch.tensor(TARGETS)}
        tensors |= {f"encoder.{i}": packed(h.detach(), SOURCES) for i, h in enumerate(out.encoder_hidden_states)}
        tensors |= {f"decoder.{i}": packed(h.detach(), TARGETS) for i, h in enumerate(out.decoder_hidden_states)}
        tensors |= {"logits": packed(out.logits.detach(), TARGETS), "loss": out.loss.detach()}
        shared = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight") + (("lm_head.weight",) if config.tie_word_embeddings else ())
        tensors |= {f"weight.{k}": v.clone() for k, v in model.state_dict().items() if not k.endswith(shared)}
        tensors |= {f"grad.{k}": p.grad.clone() for k, p in model.named_parameters() if p.requires_grad}
        with torch.no_grad():
            tensors["greedy"] = model.generate(input_ids=inputs["input_ids"], attention_mask=mask, max_new_tokens=9, do_sample=False, use_cache=False)[:, 1:]
        if name == "t5":
            attention = model.decoder.block[0].layer[0].SelfAttention
            distances = torch.arange(-300, 301)
            tensors |= {f"buckets.{what}": attention._relative_position_bucket(distances, bidirectional=what == "both") for what in ("both", "before")}
        if name in WITH_STEPS:
            tensors |= common.ten_steps(model, inputs)
        common.write_tensors(f"seq2seq/{name}.safetensors", tensors, {"format": "pt"})
        common.write_json(f"seq2seq/{name}.json", config.to_dict())


main()
