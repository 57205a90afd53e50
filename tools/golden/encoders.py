"""Small encoders of Hugging Face transformers, one of each head, with all that is to be the same here.

    python tools/golden/encoders.py       writes tests/golden/encoders/: NAME.json NAME.safetensors

Made with transformers 5.24.0, torch 2.15.0 and safetensors 0.8.0, float32, eager attention, one thread. NAME.json is the config.json that
transformers wrote. NAME.safetensors holds the weights under their own names; ids, types (B, T) and lengths (B,) of two texts, padded on the right;
hidden.0 (of the embeddings) to hidden.L, (N, C): the texts one behind the other, without the padding; the outputs of the head under their own names,
likewise; targets (B, T), -100 where nothing is asked, and next (B,), where there is a loss of words and sentences; else probe.NAME for each output,
whose products with the outputs add up to the loss; loss; grad.WEIGHT of every weight that it depends on; and of bert_pretraining adamw.losses, of ten
steps of AdamW (lr 1e-2, betas 0.9 and 0.95, eps 1e-8, weight decay 0.1 of matrices, norms clipped at 1), and adamw.norms before the clipping.
"""

import shutil

import torch
import transformers
from transformers import BertConfig, DistilBertConfig, ElectraConfig, RobertaConfig

import common

FOLDER = common.GOLDEN / "encoders"
V = 19
BERT = dict(vocab_size=V, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=16, pad_token_id=0)
DISTIL = dict(vocab_size=V, dim=12, hidden_dim=20, n_layers=2, n_heads=3, max_position_embeddings=16, pad_token_id=0)
ROBERTA = dict(BERT, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, layer_norm_eps=1e-5)

MODELS = {
    "bert_model": (BertConfig(**BERT), "BertModel"),
    "bert_masked": (BertConfig(**BERT, hidden_act="gelu_new"), "BertForMaskedLM"),
    "bert_pretraining": (BertConfig(**BERT), "BertForPreTraining"),
    "bert_next": (BertConfig(**BERT), "BertForNextSentencePrediction"),
    "bert_sequence": (BertConfig(**BERT, num_labels=5), "BertForSequenceClassification"),
    "bert_token": (BertConfig(**BERT, num_labels=4), "BertForTokenClassification"),
    "bert_question": (BertConfig(**BERT), "BertForQuestionAnswering"),
    "bert_choice": (BertConfig(**BERT), "BertForMultipleChoice"),
    "roberta_model": (RobertaConfig(**ROBERTA), "RobertaModel"),
    "roberta_masked": (RobertaConfig(**ROBERTA), "RobertaForMaskedLM"),
    "roberta_sequence": (RobertaConfig(**ROBERTA, num_labels=1), "RobertaForSequenceClassification"),
    "roberta_choice": (RobertaConfig(**ROBERTA), "RobertaForMultipleChoice"),
    "distilbert_model": (DistilBertConfig(**DISTIL), "DistilBertModel"),
    "distilbert_masked": (DistilBertConfig(**DISTIL), "DistilBertForMaskedLM"),
    "distilbert_sequence": (DistilBertConfig(**DISTIL, num_labels=3), "DistilBertForSequenceClassification"),
    "distilbert_question": (DistilBertConfig(**DISTIL), "DistilBertForQuestionAnswering"),
    "electra_masked": (ElectraConfig(**BERT, embedding_size=8), "ElectraForMaskedLM"),
    "electra_pretraining": (ElectraConfig(**BERT, embedding_size=8), "ElectraForPreTraining"),
    "electra_sequence": (ElectraConfig(**BERT, embedding_size=12, num_labels=3), "ElectraForSequenceClassification"),
    "electra_token": (ElectraConfig(**BERT, embedding_size=8, num_labels=3), "ElectraForTokenClassification"),
}
LENGTHS = [9, 5]


def draw(model):
    g = torch.Generator().manual_seed(20240303)
    for name, p in model.named_parameters():
        p.data = torch.randn(p.shape, generator=g) * (0.4 if p.dim() > 1 else 0.2)
        if "norm" in name.lower() and name.endswith("weight"):
            p.data += 1


def packed(x):
    """(B, T, ...) without the padding, or what stands once a text."""
    if x.dim() >= 2 and x.shape[:2] == (2, max(LENGTHS)):
        return torch.cat([row[:n] for row, n in zip(x, LENGTHS)])
    return x


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    g = torch.Generator().manual_seed(11)
    ids = torch.randint(3, V, (2, max(LENGTHS)), generator=g)
    targets = torch.randint(3, V, ids.shape, generator=g)
    targets[torch.rand(ids.shape, generator=g) < 0.5] = -100
    mask = torch.zeros_like(ids)
    for row, n in zip(mask, LENGTHS):
        row[:n] = 1
    targets[mask == 0] = -100
    next_sentence = torch.tensor([1, 0])
    for name, (config, kind) in MODELS.items():
        pads = ids.masked_fill(mask == 0, config.pad_token_id)
        types = torch.tensor([[0] * 4 + [1] * 5, [0] * 3 + [1] * 6]) * mask if getattr(config, "type_vocab_size", 0) > 1 else torch.zeros_like(ids)
        model = getattr(transformers, kind)._from_config(config, attn_implementation="eager").eval()
        draw(model)
        config.architectures = [kind]
        inputs = dict(input_ids=pads, attention_mask=mask)
        if not name.startswith("distilbert"):
            inputs["token_type_ids"] = types
        if kind.endswith("MultipleChoice"):
            inputs = {k: v[None] for k, v in inputs.items()}
        trains = hasattr(model, "cls") and hasattr(model.cls, "predictions") or kind.endswith("MaskedLM")
        if trains:
            inputs["labels"] = targets
            if kind.endswith("PreTraining"):
                inputs["next_sentence_label"] = next_sentence
        out = model(**inputs, output_hidden_states=True)
        tensors = {"ids": pads, "types": types, "lengths": torch.tensor(LENGTHS)}
        tensors |= {f"hidden.{i}": packed(h.detach()) for i, h in enumerate(out.hidden_states)}
        outputs = {k: packed(v) for k, v in out.items() if k not in ("loss", "hidden_states")}
        if trains:
            loss = out.loss
            tensors |= {"targets": targets, "next": next_sentence}
        else:
            probes = {k: torch.randn(v.shape, generator=g) for k, v in outputs.items()}
            loss = sum((outputs[k] * p).sum() for k, p in probes.items())
            tensors |= {f"probe.{k}": p for k, p in probes.items()}
        loss.backward()
        tensors |= {k: v.detach() for k, v in outputs.items()} | {"loss": loss.detach()}
        tied = {k for k in model.state_dict() if k.endswith(("decoder.weight", "decoder.bias", "vocab_projector.weight", "generator_lm_head.weight"))}
        tensors |= {f"weight.{k}": v.clone() for k, v in model.state_dict().items() if k not in tied}
        tensors |= {f"grad.{k}": p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}
        if name == "bert_pretraining":
            tensors |= common.ten_steps(model, inputs)
        common.write_tensors(f"encoders/{name}.safetensors", tensors, {"format": "pt"})
        common.write_json(f"encoders/{name}.json", config.to_dict())


main()
