"""Small files of every tensor format, written by the reference libraries, with what they hold.

    oracle/bin/pip install numpy torch transformers safetensors gguf
    oracle/bin/python tools/golden/tensor_files.py

Each file NAME has NAME.values.safetensors beside it: the same tensors under the same names, as the reference reads them, widened to the
types that Grimoire reads them as. tests/io/tensor_file_test.cpp compares to the bit.
"""

import importlib.metadata
import json
import pathlib
import shutil
import sys

import gguf
import numpy
import safetensors
import safetensors.torch
import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import GOLDEN, versions

FOLDER = GOLDEN / "tensor_files"
WIDER = {torch.float16: torch.float32, torch.int8: torch.int32, torch.int16: torch.int32, torch.uint16: torch.int32,
         torch.uint32: torch.int64, torch.uint64: torch.int64}
EIGHT = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]
WIDER.update({t: torch.float32 for t in EIGHT})


def widened(tensor):
    return tensor.detach().to(WIDER.get(tensor.dtype, tensor.dtype)).contiguous().clone()


def write_values(name, tensors):
    safetensors.torch.save_file({k: widened(v) for k, v in tensors.items()}, FOLDER / f"{name}.values.safetensors")


def every_type():
    """Numbers of every type, with the extremes of each; all 256 patterns of the eight-bit ones."""
    x = torch.tensor([0.0, -0.0, 1.0, -2.5, 3.140625, 65504.0, 6e-8, -6.1e-5, float("inf"), float("-inf"), float("nan"), 1e-3])
    held = {"f64": x.double() / 3,
            "f32": x / 3, "bf16": (x / 3).bfloat16(), "f16": x.half(), "bool": x > 0, "scalar": torch.tensor(7.5), "empty": torch.zeros(0, 3)}
    for t in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint16, torch.uint32):
        about = torch.iinfo(t)
        held[str(t)[6:]] = torch.tensor([about.min, about.max, 1, 0], dtype=torch.int64).to(t)
    held["uint64"] = torch.tensor([0, 1, 2**63 - 1], dtype=torch.int64).to(torch.uint64)
    for t in EIGHT:
        held[str(t)[6:]] = torch.arange(256, dtype=torch.uint8).view(t).reshape(16, 16)
    held["half_patterns"] = torch.arange(0, 65536, 37, dtype=torch.int32).to(torch.uint16).view(torch.float16)
    return held


def views():
    """Strided and shared storages, parameters, a nested state_dict, plain values beside tensors."""
    torch.manual_seed(1)
    base = torch.randn(4, 6)
    layer = torch.nn.Linear(3, 2)
    return {"transposed": base.t(), "column": base[:, 2], "steps": base[1::2, ::3], "tail": base[3], "expanded": base[0, :1].expand(3, 4), "whole": base,
            "parameter": torch.nn.Parameter(torch.randn(3)), "one": base[1:2, 1:2], "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
            "half": base.half()[:, 1::2], "model": layer.state_dict(), "list": [base[0].clone(), base[1].clone()], "empty": torch.zeros(2, 0),
            "epoch": 3, "rate": 0.5, "note": "é", "done": True, "nothing": None, "size": torch.Size([2, 3]), "large": 2**40, "negative": -5}


def flat(held, path=""):
    items = held.items() if isinstance(held, dict) else enumerate(held)
    out = {}
    for key, value in items:
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, torch.Tensor):
            out[name] = value
        elif isinstance(value, (dict, list, tuple)):
            out.update(flat(value, name))
    return out


def write_gguf(name, alignment, writable):
    """`writable`: only what Grimoire writes too, so that it can be asked for the very bytes."""
    rng = numpy.random.default_rng(1)
    writer = gguf.GGUFWriter(FOLDER / name, "golden")
    if alignment != 32:
        writer.add_custom_alignment(alignment)
    writer.add_uint8("t.u8", 255), writer.add_int8("t.i8", -128), writer.add_uint16("t.u16", 65535), writer.add_int16("t.i16", -32768)
    writer.add_uint32("t.u32", 2**32 - 1), writer.add_int32("t.i32", -(2**31)), writer.add_float32("t.f32", 0.1), writer.add_bool("t.bool", True)
    writer.add_string("t.text", "é\n"), writer.add_uint64("t.u64", 2**64 - 1), writer.add_int64("t.i64", -(2**63)), writer.add_float64("t.f64", 0.1)
    writer.add_array("t.texts", ["a", "", "ü"]), writer.add_array("t.numbers", [1, -2, 3]), writer.add_array("t.reals", [0.5, -0.25])
    writer.add_array("t.flags", [True, False])
    values = {}
    x = rng.standard_normal((3, 64)).astype(numpy.float32)
    x[1, :32] = 0
    x[2, 32:] *= 1e-6
    kinds = gguf.GGMLQuantizationType
    for kind in (kinds.F32, kinds.F16, kinds.BF16, kinds.Q8_0, kinds.Q4_0, kinds.Q4_1, kinds.Q5_0, kinds.Q5_1):
        packed = gguf.quantize(x, kind)
        writer.add_tensor(f"x.{kind.name}", packed, raw_dtype=kind)
        values[f"x.{kind.name}"] = torch.from_numpy(gguf.dequantize(packed, kind).astype(numpy.float32).reshape(x.shape))
    values["x.BF16"] = values["x.BF16"].bfloat16()
    if not writable:
        for kind, at in ((kinds.Q2_K, (80, 82)), (kinds.Q3_K, (108,)), (kinds.Q4_K, (0, 2)), (kinds.Q5_K, (0, 2)), (kinds.Q6_K, (208,))):
            packed = rng.integers(0, 256, (2, gguf.GGML_QUANT_SIZES[kind][1]), dtype=numpy.uint8)  # all bits of two blocks
            for byte in at:  # but the scales', which are f16
                packed[:, byte:byte + 2] = rng.standard_normal((2, 1)).astype(numpy.float16).view(numpy.uint8)
            writer.add_tensor(f"x.{kind.name}", packed, raw_dtype=kind)
            values[f"x.{kind.name}"] = torch.from_numpy(gguf.dequantize(packed, kind).astype(numpy.float32))
    deep = rng.standard_normal((2, 3, 4, 5)).astype(numpy.float32)
    for key, array in {"deep": deep, "f64": deep[0, 0].astype(numpy.float64),
                       "i8": numpy.arange(-3, 4, dtype=numpy.int8), "i16": numpy.arange(3, dtype=numpy.int16),
                       "i32": numpy.arange(5, dtype=numpy.int32), "i64": numpy.arange(5, dtype=numpy.int64)}.items():
        if writable and key in ("i8", "i16"):
            continue
        writer.add_tensor(key, array)
        values[key] = torch.from_numpy(array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_values(name, values)


def write_shards():
    """A folder as transformers writes it: two shards and their index, once as safetensors and once as .bin."""
    torch.manual_seed(2)
    held = {f"layer.{i}.weight": torch.randn(2, 4) for i in range(4)}
    total = sum(t.numel() * 4 for t in held.values())
    for stem, save in (("model", lambda t, p: safetensors.torch.save_file(t, p, {"format": "pt"})), ("pytorch_model", torch.save)):
        extension = "safetensors" if stem == "model" else "bin"
        shard_of = {}
        for i, names in enumerate((list(held)[:3], list(held)[3:])):
            shard = f"{stem}-{i + 1:05d}-of-00002.{extension}"
            save({n: held[n] for n in names}, FOLDER / shard)
            shard_of.update({n: shard for n in names})
        (FOLDER / f"{stem}.{extension}.index.json").write_text(
            json.dumps({"metadata": {"total_size": total}, "weight_map": shard_of}, indent=2, sort_keys=True) + "\n")
    write_values("shards", held)


def write_llmc():
    """A GPT-2 of transformers as llm.c's train_gpt2.py writes it (write_model, pad_vocab): linear weights as (out, in), the vocabulary padded by zeros."""
    torch.manual_seed(3)
    config = transformers.GPT2Config(vocab_size=5, n_positions=6, n_embd=8, n_layer=2, n_head=2)
    held = {k: torch.randn_like(v) for k, v in transformers.GPT2LMHeadModel(config).named_parameters()}
    padded = 8
    layer = ["ln_1.weight", "ln_1.bias", "attn.c_attn.weight", "attn.c_attn.bias", "attn.c_proj.weight", "attn.c_proj.bias", "ln_2.weight", "ln_2.bias",
             "mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"]
    wte = torch.cat([held["transformer.wte.weight"], torch.zeros(padded - config.vocab_size, config.n_embd)])
    order = [wte, held["transformer.wpe.weight"]]
    order += [held[f"transformer.h.{i}.{part}"].t() for part in layer for i in range(config.n_layer)]
    order += [held["transformer.ln_f.weight"], held["transformer.ln_f.bias"]]
    assert sum(t.numel() for t in order) == sum(t.numel() for t in held.values()) + (padded - config.vocab_size) * config.n_embd
    for name, version, dtype in (("llmc_f32.bin", 3, torch.float32), ("llmc_bf16.bin", 5, torch.bfloat16)):
        header = numpy.zeros(256, dtype=numpy.int32)
        header[:8] = 20240326, version, config.n_positions, config.vocab_size, config.n_layer, config.n_head, config.n_embd, padded
        with open(FOLDER / name, "wb") as f:
            f.write(header.tobytes())
            for t in order:
                f.write(t.to(dtype).contiguous().view(torch.uint8).numpy().tobytes())
        write_values(name, {k: v.to(dtype) for k, v in held.items()})


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    held = every_type()
    safetensors.torch.save_file(held, FOLDER / "types.safetensors", {"format": "pt", "note": "é"})
    write_values("types.safetensors", held)
    torch.save(held, FOLDER / "types.pt")
    write_values("types.pt", held)
    torch.save(views(), FOLDER / "views.pt")
    write_values("views.pt", flat(views()))
    write_gguf("types.gguf", 32, writable=False)
    write_gguf("aligned.gguf", 128, writable=True)
    write_shards()
    write_llmc()
    (FOLDER / "versions.json").write_text(json.dumps(versions(numpy, torch, transformers, safetensors) | {"gguf": importlib.metadata.version("gguf")}) + "\n")


if __name__ == "__main__":
    main()
