"""The peers of inference.py, one process each, with the protocol of bench_inference (inference.cpp).

    inference_peers.py PEER TASK FOLDER THREADS TEXTS COUNT f32|bf16
    inference_peers.py write gpt2|marian|llama1b FOLDER  a model of random weights, as transformers writes it
    inference_peers.py onnx|ctranslate2|gguf FOLDER OUT [bf16]  a model folder turned into what that peer reads (gguf: GPT-2 alone; its matrices as bfloat16)
    inference_peers.py int8 FOLDER OUT                 what onnx made, in 8 bits
    inference_peers.py ids FOLDER OUT SENTENCES COUNT  token ids of the first so many sentences, one a line up to a tab
"""

import os
import pathlib
import shutil
import sys
import time

sys.path = [p for p in sys.path if pathlib.Path(p or ".").resolve() != pathlib.Path(__file__).resolve().parent]  # tokenizers.py is no package of that name
os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TQDM_DISABLE": "1"}


class Watch:
    def __init__(self):
        self.last = time.perf_counter(), time.process_time()

    def lap(self):
        before, self.last = self.last, (time.perf_counter(), time.process_time())
        return " ".join(f"{b - a:.6f}" for a, b in zip(before, self.last)) + " "


def words(tokens):
    return " ".join(map(str, tokens))


# --- writing ---------------------------------------------------------------------------------------------------------


def transformers_generate(folder, threads, texts, count, dtype):
    """A bare greedy loop over the model's forward with its cache: generate() costs more."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=kind, attn_implementation="sdpa").eval()
    prompts = torch.tensor(texts)

    @torch.inference_mode()
    def run():
        watch = Watch()
        out = model(prompts, use_cache=True, logits_to_keep=1)
        token = out.logits[:, -1].argmax(-1, keepdim=True)
        tokens, times = [token.tolist()], watch.lap()
        for _ in range(count):
            out = model(token, past_key_values=out.past_key_values, use_cache=True)
            token = out.logits[:, -1].argmax(-1, keepdim=True)
            tokens.append(token.tolist())
        return times + watch.lap() + words(token for text in zip(*tokens) for [token] in text)

    return f"transformers {transformers.__version__} on PyTorch {torch.__version__}", run


def llama_cpp_generate(folder, threads, texts, count, dtype):
    """The C functions of the library within the package xllamacpp: its own calls do not give tokens. Structures that go by value are memory that the library
    fills, larger than theirs; of their fields only the first four are looked at, those of a context. All else as llama.cpp has it: flash attention,
    n_ubatch 512, keys and values as float16, which are faster than float32 ones."""
    import ctypes

    import numpy
    import xllamacpp

    own = os.environ.get("LIBLLAMA")
    library = ctypes.CDLL(own or xllamacpp.xllamacpp.__file__)
    pointer, number = ctypes.c_void_p, ctypes.c_int

    class Struct(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max")] + [("rest", pointer * 64)]

    class Batch(ctypes.Structure):
        _fields_ = [("n_tokens", ctypes.c_int32), ("token", pointer), ("embd", pointer), ("pos", pointer), ("n_seq_id", pointer), ("seq_id", pointer),
                    ("logits", pointer)]

    def function(name, result, *arguments):
        found = getattr(library, "llama_" + name)
        found.restype, found.argtypes = result, arguments
        return found

    function("log_set", None, pointer, pointer)(ctypes.cast(library.llama_time_us, pointer), None)  # a listener that does nothing
    file, length = next(pathlib.Path(folder).glob("*.gguf")), len(texts[0])
    model = function("model_load_from_file", pointer, ctypes.c_char_p, Struct)(bytes(file), function("model_default_params", Struct)())
    settings = function("context_default_params", Struct)()
    settings.n_ctx, settings.n_seq_max = len(texts) * (length + count + 1), len(texts)
    context = function("init_from_model", pointer, pointer, Struct)(model, settings)
    assert function("n_ubatch", ctypes.c_uint32, pointer)(context) >= length, "a prompt is read in one piece"
    function("set_n_threads", None, pointer, number, number)(context, threads, threads)
    vocabulary = function("vocab_n_tokens", number, pointer)(function("model_get_vocab", pointer, pointer)(model))
    memory, clear = function("get_memory", pointer, pointer)(context), function("memory_clear", None, pointer, ctypes.c_bool)
    run_batch, logits = function("decode", number, pointer, Batch), function("get_logits_ith", ctypes.POINTER(ctypes.c_float), pointer, number)

    def decode(tokens, places, sequences, wanted):
        """The likeliest token behind each of the numbers `wanted` of a batch."""
        n = len(tokens)
        numbers = {"token": tokens, "pos": places, "n_seq_id": [1] * n}
        arrays = {name: ctypes.cast((ctypes.c_int32 * n)(*values), pointer) for name, values in numbers.items()}
        ids = [(ctypes.c_int32 * 1)(s) for s in sequences]
        arrays["seq_id"] = ctypes.cast((pointer * n)(*[ctypes.cast(i, pointer) for i in ids]), pointer)
        arrays["logits"] = ctypes.cast((ctypes.c_int8 * n)(*[i in wanted for i in range(n)]), pointer)
        assert run_batch(context, Batch(n, embd=None, **arrays)) == 0
        return [int(numpy.ctypeslib.as_array(logits(context, i), (vocabulary,)).argmax()) for i in wanted]

    def run():
        clear(memory, True)
        watch, all_texts = Watch(), range(len(texts))
        tokens = [[token for s in all_texts for token in decode(texts[s], range(length), [s] * length, [length - 1])]]
        times = watch.lap()
        for place in range(length, length + count):
            tokens.append(decode(tokens[-1], [place] * len(texts), all_texts, all_texts))
        return times + watch.lap() + words(token for text in zip(*tokens) for token in text)

    has = function("print_system_info", ctypes.c_char_p)().decode()
    return f"llama.cpp {'of ' + own if own else 'in xllamacpp ' + xllamacpp.__version__}, {has.strip()}", run


def ctranslate2_generate(folder, threads, texts, count, dtype):
    import json

    import ctranslate2

    model = ctranslate2.Generator(folder, device="cpu", intra_threads=threads, compute_type="float32")
    vocabulary = json.loads((pathlib.Path(folder) / "vocabulary.json").read_text())
    prompts = [[vocabulary[i] for i in text] for text in texts]

    def run():
        times, tokens, watch = [], [[] for _ in texts], Watch()

        def step(result):
            if not times:
                times.append(watch.lap())
            tokens[result.batch_id].append(result.token_id)
            return False

        model.generate_batch(prompts, beam_size=1, max_length=count + 1, min_length=count + 1, include_prompt_in_result=False, callback=step, end_token=[])
        return times[0] + watch.lap() + words(token for text in tokens for token in text)

    return f"CTranslate2 {ctranslate2.__version__}", run


# --- beams -----------------------------------------------------------------------------------------------------------


def ctranslate2_beams(folder, threads, texts, count, dtype):
    import json

    import ctranslate2

    model = ctranslate2.Translator(folder, device="cpu", intra_threads=threads, inter_threads=1, compute_type="float32")
    vocabulary = json.loads((pathlib.Path(folder) / "shared_vocabulary.json").read_text())
    number = {word: i for i, word in enumerate(vocabulary)}
    sources = [[vocabulary[i] for i in text] for text in texts]

    def run():
        watch = Watch()
        for source in sources:
            out = model.translate_batch([source], beam_size=4, max_decoding_length=count, min_decoding_length=count, end_token=[])
        return watch.lap() + words(number[w] for w in out[0].hypotheses[0])

    return f"CTranslate2 {ctranslate2.__version__}", run


def transformers_beams(folder, threads, texts, count, dtype):
    import torch
    import transformers

    torch.set_num_threads(threads)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()

    @torch.inference_mode()
    def run():
        watch = Watch()
        for text in texts:
            out = model.generate(torch.tensor([text]), num_beams=4, max_new_tokens=count, min_new_tokens=count, do_sample=False, eos_token_id=None)
        return watch.lap() + words(out[0][1:].tolist())

    return f"transformers {transformers.__version__} on PyTorch {torch.__version__}", run


# --- sentence vectors ------------------------------------------------------------------------------------------------


def batches(texts, count, by_length):
    """Lists of numbers of texts: as sentence-transformers orders them, or as they come."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i])) if by_length else range(len(texts))
    order = list(order)
    return [order[i : i + count] for i in range(0, len(order), count)]


def padded(texts, some):
    import numpy

    longest = max(len(texts[i]) for i in some)
    ids, mask = numpy.zeros((len(some), longest), numpy.int64), numpy.zeros((len(some), longest), numpy.int64)
    for row, i in enumerate(some):
        ids[row, : len(texts[i])], mask[row, : len(texts[i])] = texts[i], 1
    return ids, mask


def torch_embed(folder, threads, texts, count, dtype, by_length=True):
    import torch
    import transformers

    torch.set_num_threads(threads)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa", add_pooling_layer=False).eval()

    @torch.inference_mode()
    def run():
        watch, vectors = Watch(), [None] * len(texts)
        for some in batches(texts, count, by_length):
            ids, mask = map(torch.from_numpy, padded(texts, some))
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).float()
            means = torch.nn.functional.normalize((hidden * weights).sum(1) / weights.sum(1))
            for row, i in enumerate(some):
                vectors[i] = means[row]
        return watch.lap() + words(f"{float(a @ b):.8f}" for a, b in zip(vectors, vectors[1:]))

    return f"PyTorch {torch.__version__} (transformers {transformers.__version__})", run


def onnxruntime_embed(folder, threads, texts, count, dtype, by_length=True):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = onnxruntime.InferenceSession(str(pathlib.Path(folder) / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def run():
        watch, vectors = Watch(), [None] * len(texts)
        for some in batches(texts, count, by_length):
            ids, mask = padded(texts, some)
            (hidden,) = model.run(None, {"input_ids": ids, "attention_mask": mask})
            means = (hidden * mask[:, :, None].astype(numpy.float32)).sum(1)
            means /= numpy.linalg.norm(means, axis=1, keepdims=True)
            for row, i in enumerate(some):
                vectors[i] = means[row]
        return watch.lap() + words(f"{float(a @ b):.8f}" for a, b in zip(vectors, vectors[1:]))

    return f"onnxruntime {onnxruntime.__version__}", run


RUNS = {
    ("transformers", "generate"): transformers_generate,
    ("llama.cpp", "generate"): llama_cpp_generate,
    ("CTranslate2", "generate"): ctranslate2_generate,
    ("CTranslate2", "beams"): ctranslate2_beams,
    ("transformers", "beams"): transformers_beams,
    ("PyTorch", "embed"): torch_embed,
    ("PyTorch", "embed-unsorted"): lambda *args: torch_embed(*args, by_length=False),
    ("onnxruntime", "embed"): onnxruntime_embed,
    ("onnxruntime", "embed-unsorted"): lambda *args: onnxruntime_embed(*args, by_length=False),
}


# --- models ----------------------------------------------------------------------------------------------------------


def write_model(kind, folder):
    import tokenizers
    import torch
    import transformers

    torch.manual_seed(7)
    if kind == "gpt2":
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config())
    elif kind == "llama1b":  # the shape of TinyLlama 1.1B with SmolLM2's vocabulary, one table for both ends
        config = transformers.LlamaConfig(hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4,
                                          vocab_size=49152, max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
        transformers.LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(pathlib.Path(folder).with_name("smollm2") / name, folder)
        return
    else:  # the base Transformer of Vaswani et al. 2017
        halves = {f"{half}_{key}": size for half in ("encoder", "decoder") for key, size in (("layers", 6), ("attention_heads", 8), ("ffn_dim", 2048))}
        config = transformers.MarianConfig(**halves, vocab_size=32000, decoder_vocab_size=32000, d_model=512, max_position_embeddings=512,
                                           activation_function="relu", scale_embedding=True, pad_token_id=31999, eos_token_id=0,
                                           forced_eos_token_id=None, decoder_start_token_id=31999)
        model = transformers.MarianMTModel(config)
        with torch.no_grad():  # else all words are nearly as likely
            model.model.shared.weight.mul_(3)
    model.save_pretrained(folder)
    # CTranslate2's converters ask for a tokenizer: one of as many words
    last = model.config.vocab_size - 1
    words = {f"t{i}": i for i in range(last)} | {"<pad>": last}
    ends = {"eos_token": "t0", "unk_token": "t1", "pad_token": "<pad>", "bos_token": "t0"}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="t1"))
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends).save_pretrained(pathlib.Path(folder) / "tokenizer")


def to_onnx(folder, out):
    """Exported, then its layers fused by onnxruntime's own tool."""
    import onnxruntime.transformers.optimizer as optimizer
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", add_pooling_layer=False).eval()
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    plain = pathlib.Path(out) / "plain.onnx"

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids, mask):
            return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    ids = torch.ones(2, 8, dtype=torch.int64)
    names, axes = ["input_ids", "attention_mask"], {0: "texts", 1: "tokens"}
    torch.onnx.export(Hidden(), (ids, ids), str(plain), input_names=names, output_names=["hidden"], dynamic_axes={n: axes for n in [*names, "hidden"]},
                      dynamo=False)
    fused = optimizer.optimize_model(str(plain), model_type="bert", num_heads=model.config.num_attention_heads, hidden_size=model.config.hidden_size)
    print(fused.get_fused_operator_statistics(), file=sys.stderr)
    fused.save_model_to_file(str(pathlib.Path(out) / "model.onnx"))


def to_int8(folder, out):
    """That model with matrices of 8 bits, a scale for each column, and inputs rounded as they come."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    pathlib.Path(out).mkdir()
    quantize_dynamic(str(pathlib.Path(folder) / "model.onnx"), str(pathlib.Path(out) / "model.onnx"), per_channel=True, weight_type=QuantType.QInt8,
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})


def to_ctranslate2(folder, out):
    import ctranslate2.converters
    import transformers

    class Converter(ctranslate2.converters.TransformersConverter):
        def load_tokenizer(self, tokenizer_class, path, **options):
            own = pathlib.Path(path) / "tokenizer"
            return transformers.AutoTokenizer.from_pretrained(own if own.exists() else path, **options)

    Converter(folder).convert(out, force=True)


def to_gguf(folder, out, dtype="f32"):
    """GPT-2 as llama.cpp has it, with a made-up vocabulary."""
    import gguf
    import transformers

    model = transformers.GPT2LMHeadModel.from_pretrained(folder)
    config = model.config
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(pathlib.Path(out) / "model.gguf", "gpt2")
    writer.add_block_count(config.n_layer)
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_feed_forward_length(4 * config.n_embd)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{i}" for i in range(config.vocab_size)])
    writer.add_token_types([gguf.TokenType.NORMAL] * config.vocab_size)
    writer.add_token_merges(["t 0"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, config.n_layer)
    for name, x in model.transformer.state_dict().items():
        projects = name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight"))  # these lie the other way round
        numbers, stored = (x.T if projects else x).contiguous().numpy(), gguf.GGMLQuantizationType.F32
        if dtype == "bf16" and numbers.ndim == 2:
            stored = gguf.GGMLQuantizationType.BF16
        writer.add_tensor(names.get_name("transformer." + name, (".weight", ".bias")), gguf.quantize(numbers, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_ids(folder, out, sentences, count):
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    texts = [line.split("\t")[0] for line in pathlib.Path(sentences).read_text().splitlines()[: int(count)]]
    pathlib.Path(out).write_text("\n".join(words(e.ids) for e in tokenizer.encode_batch(texts)) + "\n")


def main():
    peer, task, *rest = sys.argv[1:]
    if peer == "write":
        return write_model(task, rest[0])
    if peer == "onnx":
        return to_onnx(task, rest[0])
    if peer == "int8":
        return to_int8(task, rest[0])
    if peer == "ctranslate2":
        return to_ctranslate2(task, rest[0])
    if peer == "gguf":
        return to_gguf(task, *rest)
    if peer == "ids":
        return write_ids(task, *rest)
    folder, threads, texts, count, dtype = rest
    texts = [list(map(int, line.split())) for line in pathlib.Path(texts).read_text().splitlines()]
    said, run = RUNS[peer, task](folder, int(threads), texts, int(count), dtype)
    print("ready", said, flush=True)
    for _ in sys.stdin:
        print(run(), flush=True)


main()
