"""Errors of llama.cpp's blocks of 256, and its importance matrices, for tests/base/ggml_k_quants_test.cpp and tests/hub/importance_matrix_test.cpp.

    python tools/golden/k_quants.py       writes tests/golden/k_quants/: errors.json imatrix.dat

Needs xllamacpp, whose library has llama.cpp's own ggml_quantize_chunk.
"""

import ctypes
import importlib.metadata
import pathlib
import struct
import types

import common
import gguf
import numpy as np
import xllamacpp

LIBRARY = ctypes.CDLL(next(str(p) for p in pathlib.Path(xllamacpp.__file__).parent.glob("xllamacpp*.so")))
LIBRARY.ggml_quantize_chunk.restype = ctypes.c_size_t
LIBRARY.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
TYPES = {"Q4_K": gguf.GGMLQuantizationType.Q4_K, "Q5_K": gguf.GGMLQuantizationType.Q5_K, "Q6_K": gguf.GGMLQuantizationType.Q6_K}


def noise(count, seed):
    """Sums of four uniform numbers about 0, by a congruential generator that is a line in any language."""
    state, all = seed, np.empty(count, np.float32)
    for i in range(count):
        total = 0.0
        for _ in range(4):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            total += (state >> 40) * 2.0**-24 - 0.5
        all[i] = total
    return all


def error(x, importance, kind):
    rows, columns = x.shape
    block, size = gguf.GGML_QUANT_SIZES[kind]
    data = np.zeros(x.size // block * size, np.uint8)
    LIBRARY.ggml_quantize_chunk(int(kind), x.ctypes.data, data.ctypes.data, 0, rows, columns, None if importance is None else importance.ctypes.data)
    back = gguf.quants.dequantize(data.reshape(rows, -1), kind).reshape(x.shape)
    weights = np.ones(columns) if importance is None else importance.astype(float)
    return float(np.sqrt((weights * (x.astype(float) - back) ** 2).sum() / (weights * x.astype(float) ** 2).sum()))


def main():
    rows, columns = 24, 512
    x = noise(rows * columns, 1).reshape(rows, columns)
    x[3] += 0.5  # all of one sign, mostly
    x[5] *= 0.001
    x[7, ::16] *= 20
    importance = np.abs(noise(columns, 2)) ** 3 + np.float32(1e-4)
    cases = [{"type": name, "importance": given is not None, "error": error(x, given, kind)} for name, kind in TYPES.items() for given in (None, importance)]
    modules = [types.SimpleNamespace(__name__=n, __version__=importlib.metadata.version(n)) for n in ("numpy", "gguf", "xllamacpp")]
    common.write_json("k_quants/errors.json", {"versions": common.versions(*modules), "rows": rows, "columns": columns, "cases": cases})
    # As llama.cpp's imatrix wrote it before GGUF: entries {length, name, calls, values, means times calls}, then calls and the text's name.
    entries = {"blk.0.attn_q.weight": [2.0, 8.0, 0.0], "output.weight": [1.0, 3.0]}
    with open(common.GOLDEN / "k_quants/imatrix.dat", "wb") as out:
        out.write(struct.pack("<i", len(entries)))
        for name, values in entries.items():
            out.write(struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", 4, len(values)) + struct.pack(f"<{len(values)}f", *values))
        out.write(struct.pack("<ii", 4, 8) + b"text.txt")


if __name__ == "__main__":
    main()
