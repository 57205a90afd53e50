"""tests/golden/questions.json: paragraphs of SQuAD 1.1's dev set (Rajpurkar et al. 2016, CC BY-SA 4.0) with their questions, cut into windows by PyPI's
tokenizers, and the tokens of their answers as the example run_qa of transformers finds them.
Run: oracle/bin/python tools/golden/questions.py SQUAD_DEV_JSON
"""
import json
import sys

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from common import GOLDEN, versions

TITLES = {"Genghis_Khan": 53, "Ctenophora": 7, "Yuan_dynasty": 18}  # a paragraph of each; most have letters of several bytes
WINDOWS = [(384, 128), (96, 32), (60, 16)]  # tokens, shared


def word_piece(texts):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=420, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    t.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    t.decoder = decoders.WordPiece()
    return t


def byte_level(texts):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=420, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False,
                                                     initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    return t


def target(window, start, end):
    """The first and the last token of the characters [start, end), or (0, 0)."""
    inside = [i for i, s in enumerate(window.sequence_ids) if s == 1]
    offsets = window.offsets
    if not (offsets[inside[0]][0] <= start and offsets[inside[-1]][1] >= end):
        return [0, 0]
    first, last = inside[0], inside[-1]
    while first < len(offsets) and offsets[first][0] <= start:
        first += 1
    while offsets[last][1] >= end:
        last -= 1
    return [first - 1, last + 1]


def main():
    source = json.load(open(sys.argv[1], encoding="utf-8"))
    data = []
    for article in source["data"]:
        if article["title"] in TITLES:
            paragraph = article["paragraphs"][TITLES[article["title"]]]
            data.append({"title": article["title"], "paragraphs": [{"context": paragraph["context"], "qas": [
                {"id": q["id"], "question": q["question"], "answers": q["answers"][:2]} for q in paragraph["qas"][:4]]}]})
    asked = [(p["context"], q) for a in data for p in a["paragraphs"] for q in p["qas"]]
    texts = [c for c, _ in asked] + [q["question"] for _, q in asked]
    cases = []
    for name, make in (("word pieces", word_piece), ("bytes", byte_level)):
        tokenizer = make(texts)
        case = {"name": name, "tokenizer": json.loads(tokenizer.to_str()), "windows": []}
        for most, stride in WINDOWS[:3 if name == "word pieces" else 2]:
            tokenizer.enable_truncation(most, stride=stride, strategy="only_second")
            rows = []
            for number, (context, q) in enumerate(asked):
                answer = q["answers"][0]
                pair = tokenizer.encode(q["question"].strip(), context)
                for window in [pair] + pair.overflowing:
                    first = window.sequence_ids.index(1)
                    count = window.sequence_ids.count(1)
                    rows.append({"question": number, "ids": window.ids, "types": window.type_ids, "context": [first, count],
                                 "bytes": [[len(context[:a].encode()), len(context[:b].encode())] for a, b in window.offsets[first:first + count]],
                                 "target": target(window, answer["answer_start"], answer["answer_start"] + len(answer["text"]))})
            if most != WINDOWS[0][0]:  # one list of offsets shows them all
                for row in rows:
                    del row["bytes"]
            case["windows"].append({"most": most, "stride": stride, "rows": rows})
        cases.append(case)
    golden = {"versions": versions(tokenizers), "squad": {"version": "1.1", "data": data}, "cases": cases}
    (GOLDEN / "questions.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


main()
