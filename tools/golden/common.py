"""Helpers that the golden scripts share: where files go, how they are written, which versions made them.

Golden files are small outputs of established libraries. They are checked in, so building and testing Grimoire needs no
Python; only a change of the cases does. To regenerate everything:

    python -m venv oracle && oracle/bin/pip install numpy torch transformers safetensors
    for family in rng gpt gpt_variants ops optim makemore; do oracle/bin/python tools/golden/$family.py; done

(makemore.py takes the path of names.txt.)
"""

import io
import json
import pathlib
import platform
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"


def versions(*modules):
    """{'python': '3.11.2', 'torch': '2.15.0', ...} without local build suffixes."""
    found = {"python": platform.python_version()}
    for module in modules:
        found[module.__name__] = module.__version__.split("+")[0]
    return found


def _dump(value, indent):
    pad = " " * indent
    if isinstance(value, dict) and value:
        flat = json.dumps(value)
        if len(flat) + indent <= 110:
            return flat
        rows = [f"{pad} {json.dumps(key)}: {_dump(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        rows = [f"{pad} {_dump(item, indent + 1)}" for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{pad}]"
    return json.dumps(value, allow_nan=False)


def write_json(name, value):
    """Writes tests/golden/NAME: dictionaries one key a line, number lists on one line, floats that round-trip."""
    path = GOLDEN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_dump(value, 0) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def write_tensors(name, tensors, metadata=None):
    """Writes tests/golden/NAME as safetensors: {name: torch tensor}."""
    from safetensors.torch import save_file

    path = GOLDEN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: item.detach().contiguous().clone() for key, item in tensors.items()}, path, metadata=metadata)
    path.chmod(0o644)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def ten_steps(model, inputs):
    """Losses, and norms of the gradients before they are clipped, of ten steps of AdamW with weight decay of matrices alone."""
    import torch

    matrices, others = [p for p in model.parameters() if p.dim() > 1], [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for _ in range(10):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        optimizer.step()
        losses.append(loss.detach())
    return {"adamw.losses": torch.stack(losses), "adamw.norms": torch.stack(norms)}


def cluster_probe():
    """A normalizer of tokenizers that shows its clusters: a, \u2122 and \u00bd become z, and what else is in a cluster of theirs under 6 bytes is dropped."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    from tokenizers import normalizers

    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{ord(c):X}\t{ord('z'):X}\n" for c in "a\u2122\u00bd"))
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["hello"]), model_writer=model, model_type="char", vocab_size=8, minloglevel=2,
                                                 hard_vocab_limit=False, normalization_rule_tsv=str(rules))
    return normalizers.Precompiled(sentencepiece_model_pb2.ModelProto.FromString(model.getvalue()).normalizer_spec.precompiled_charsmap)
