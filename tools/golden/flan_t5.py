"""flan-t5-small as a folder in the Hugging Face layout, out of the int8 ONNX files of a published package.

    python tools/golden/flan_t5.py FOLDER_WITH_ONNX OUT      needs onnx and numpy; writes OUT/{config.json, model.safetensors, tokenizer.json}
    python tools/golden/flan_t5.py FOLDER_WITH_ONNX OUT --check      and says what transformers and onnxruntime make of them

The matrices are stored as 8-bit integers with one scale each: here they are 32-bit floats of those values. The ONNX files round what goes into each
product to 8 bits too, so their hidden values differ from these by about a hundredth; tests/hub/encoders_test.cpp has transformers' numbers for this folder.
"""

import json
import pathlib
import re
import shutil
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

CONFIG = dict(model_type="t5", architectures=["T5ForConditionalGeneration"], is_encoder_decoder=True, vocab_size=32128, d_model=512, d_kv=64, d_ff=1024,
              num_layers=8, num_decoder_layers=8, num_heads=6, relative_attention_num_buckets=32, relative_attention_max_distance=128, dropout_rate=0.1,
              layer_norm_epsilon=1e-6, feed_forward_proj="gated-gelu", tie_word_embeddings=False, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)


def dequantized(values, name):
    scale, zero = values[name + "_scale"], values[name + "_zero_point"]
    return (values[name + "_quantized"].astype(np.float32) - np.float32(zero)) * np.float32(scale)


def weights(path, prefix):
    """{our name: array} of one file, whose nodes are named by the path of the layer that they come from."""
    graph = onnx.load(path).graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {}
    for node in graph.node:
        layer = re.fullmatch(r"/(?:enc|m/decoder)/(block\..*)/MatMul_quant", node.name)
        if node.op_type == "MatMulInteger" and layer:
            found[prefix + layer[1].replace("/", ".") + ".weight"] = dequantized(values, node.input[1].removesuffix("_quantized")).T.copy()
        elif node.op_type == "MatMulInteger" and "lm_head" in node.name:
            found["lm_head.weight"] = dequantized(values, node.input[1].removesuffix("_quantized")).T.copy()
    for name, value in values.items():
        own = re.sub(r"^(enc|m\.decoder)\.", prefix, name)
        if name.endswith("layer_norm.weight"):
            found[own] = value
        elif name.endswith("relative_attention_bias.weight_quantized"):
            found[own.removesuffix("_quantized")] = dequantized(values, name.removesuffix("_quantized"))
        elif name in ("enc.embed_tokens.weight_quantized", "m.shared.weight_quantized"):
            found["shared.weight"] = dequantized(values, name.removesuffix("_quantized"))
    return found


def check(source, out):
    import torch
    import transformers
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(out / "tokenizer.json"))
    model = transformers.T5ForConditionalGeneration.from_pretrained(out, attn_implementation="eager").eval()
    for text in ("translate English to German: The house is wonderful.", "What is the capital of France?"):
        ids = torch.tensor([tokenizer(text).input_ids])
        with torch.no_grad():
            hidden = model.encoder(ids).last_hidden_state[0, 0, :4]
            made = model.generate(ids, max_new_tokens=20, do_sample=False)[0]
        print(json.dumps({"in": text, "ids": ids[0].tolist(), "h0": [round(float(h), 6) for h in hidden], "out_ids": made.tolist(),
                          "text": tokenizer.decode(made, skip_special_tokens=True)}))


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    encoder, decoder = weights(source / "encoder.onnx", "encoder."), weights(source / "decoder.onnx", "decoder.")
    assert np.array_equal(encoder["shared.weight"], decoder["shared.weight"])
    save_file(encoder | decoder, out / "model.safetensors", metadata={"format": "pt"})
    (out / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")
    shutil.copy(source / "tokenizer.json", out / "tokenizer.json")
    if "--check" in sys.argv:
        check(source, out)


main()
