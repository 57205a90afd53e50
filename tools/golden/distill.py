"""Losses of distillation and their gradients, in float64: of rows, and of small students beside their teachers.

    python tools/golden/distill.py        writes tests/golden/distill.json, tests/golden/distill/NAME.safetensors

Made with torch 2.15.0 and transformers 5.24.0. distill.json: `soft`, rows of logits of a student and a teacher, with the temperature T, T^2 KL(teacher_T ||
student_T) of each row by torch.nn.functional.kl_div and the gradient of their sum in the student's logits (kind "one"; of "several" the same of each label,
by binary_cross_entropy less the teacher's own, the mean over labels); `cosine`, rows of hidden states and torch.nn.CosineEmbeddingLoss of each, likewise.
`tasks`: texts as ids, and of the models of tests/golden/encoders, one of whose two layers the student keeps, 5 soft + 2 hard + 1 cosine at T = 2.
NAME.safetensors holds grad.WEIGHT of the student's weights. Of labels the angle is the mean over the tokens of each text, then over texts; of masked
words over all tokens.
"""

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file

import common

f64 = torch.float64
TEXTS = [[1, 5, 7, 11, 2], [1, 9, 2], [1, 4, 4, 18, 6, 13, 2]]
LABELS = [3, 0, 4]
PLACES, HIDDEN = [[1, 3], [1], [2, 4, 5]], 3  # of each text, which tokens stand behind the mask
LAYER, T = 1, 2.0


def soft(student, teacher, T, kind):
    if kind == "one":
        return T * T * F.kl_div(F.log_softmax(student / T, -1), F.softmax(teacher / T, -1), reduction="none").sum(-1)
    p = torch.sigmoid(teacher / T)
    return T * T * (F.binary_cross_entropy_with_logits(student / T, p, reduction="none") - F.binary_cross_entropy(p, p, reduction="none")).mean(-1)


def cosine(x, y):
    return torch.nn.CosineEmbeddingLoss(reduction="none")(x, y, torch.ones(len(x), dtype=f64))


def rows_of(function, *shape, seed):
    g = torch.Generator().manual_seed(seed)
    x, y = (3 * torch.randn(shape, generator=g, dtype=f64) for _ in range(2))
    x.requires_grad_()
    value = function(x, y)
    value.sum().backward()
    return {"student": x.tolist(), "teacher": y.tolist(), "loss": value.tolist(), "gradient": x.grad.tolist()}


def model(name, kind, keep):
    """The golden encoder, with all its layers or one."""
    config = transformers.BertConfig.from_json_file(common.GOLDEN / f"encoders/{name}.json")
    weights = {k[7:]: v for k, v in load_file(common.GOLDEN / f"encoders/{name}.safetensors").items() if k.startswith("weight.")}
    if keep is not None:
        config.num_hidden_layers = 1
        mark = "encoder.layer."
        weights = {k.replace(f"{mark}{keep}.", f"{mark}0."): v for k, v in weights.items() if mark not in k or f"{mark}{keep}." in k}
    made = getattr(transformers, kind)._from_config(config, attn_implementation="eager").eval()
    missing, left = made.load_state_dict(weights, strict=False)
    assert not left and all("decoder" in name for name in missing), (missing, left)
    made.tie_weights()
    return made.double()


def read(made, ids):
    """Outputs of each text alone: nothing is padded."""
    return [made(input_ids=torch.tensor([row]), output_hidden_states=True) for row in ids]


def case(name, kind, objective):
    student, teacher = model(name, kind, LAYER), model(name, kind, None)
    ids = [list(row) for row in TEXTS]
    if objective == "mlm":
        for row, places in zip(ids, PLACES):
            for place in places:
                row[place] = HIDDEN
    own = read(student, ids)
    with torch.no_grad():
        taught = read(teacher, ids)
    angles = [cosine(a.hidden_states[-1][0], b.hidden_states[-1][0]) for a, b in zip(own, taught)]
    if objective == "labels":
        mine, said = (torch.cat([out.logits for out in side]) for side in (own, taught))
        loss = 5 * soft(mine, said, T, "one").mean() + 2 * F.cross_entropy(mine, torch.tensor(LABELS)) + torch.stack([a.mean() for a in angles]).mean()
    else:
        key = "prediction_logits" if "prediction_logits" in own[0] else "logits"
        mine, said = (torch.cat([out[key][0][places] for out, places in zip(side, PLACES)]) for side in (own, taught))
        asked = torch.tensor([row[p] for row, places in zip(TEXTS, PLACES) for p in places])
        loss = 5 * soft(mine, said, T, "one").mean() + 2 * F.cross_entropy(mine, asked) + torch.cat(angles).mean()
        if "seq_relationship_logits" in own[0]:
            mine, said = (torch.cat([out.seq_relationship_logits for out in side]) for side in (own, taught))
            loss = loss + 5 * soft(mine, said, T, "one").mean() + 2 * F.cross_entropy(mine, torch.tensor([1, 0, 1]))
    loss.backward()
    gradients = {f"grad.{k}": p.grad.float() for k, p in student.named_parameters() if p.grad is not None}
    common.write_tensors(f"distill/{name}.safetensors", gradients, {"format": "pt"})
    return {"encoder": name, "objective": objective, "loss": loss.item()}


def main():
    torch.set_num_threads(1)
    (common.GOLDEN / "distill").mkdir(exist_ok=True)
    kinds = [("one", 1.0), ("one", 2.0), ("one", 5.0), ("several", 2.0)]
    common.write_json(
        "distill.json",
        {
            "about": "losses of distillation in float64; see tools/golden/distill.py",
            "versions": common.versions(torch, transformers),
            "soft": [{"kind": k, "temperature": T} | rows_of(lambda x, y, k=k, T=T: soft(x, y, T, k), 3, 4, seed=i) for i, (k, T) in enumerate(kinds)],
            "cosine": rows_of(cosine, 3, 5, seed=9),
            "texts": TEXTS, "labels": LABELS, "places": PLACES, "mask": HIDDEN, "next": [1, 0, 1], "layer": LAYER,
            "tasks": [
                case("bert_sequence", "BertForSequenceClassification", "labels"),
                case("bert_masked", "BertForMaskedLM", "mlm"),
                case("bert_pretraining", "BertForPreTraining", "mlm"),
            ],
        },
    )


main()
