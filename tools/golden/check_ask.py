#!/usr/bin/env python3
"""Are the likelihoods that `grimoire ask ... --out FILE` writes those of transformers?

    python tools/golden/check_ask.py FOLDER FILE

FOLDER: the model, as both read it, with weights of float32; asked without --calibrate. A choice is joined to its prompt by a blank. Prints the largest
difference in nats, and ends with 1 where it is above 1e-3.
"""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, path = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
worst, count = 0.0, 0
for line in open(path, encoding="utf-8"):
    row = json.loads(line)
    prompt = tokenizer(row["prompt"], add_special_tokens=False)["input_ids"]
    for choice, nats in row["nats"].items():
        ids = tokenizer(row["prompt"] + " " + choice, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            known = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        asked = range(len(prompt), len(ids))
        worst = max(worst, abs(nats + sum(known[i - 1, ids[i]].item() for i in asked)))
        count += 1
print(f"{count} likelihoods, the largest difference {worst:.2e} nats")
sys.exit(worst > 1e-3)
