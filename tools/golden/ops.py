"""Values and gradients, in float64, of the operations whose details are easy to get subtly wrong.

    python tools/golden/ops.py            writes tests/golden/ops.safetensors and tests/golden/ops.json

Made with torch 2.15.0 and safetensors 0.8.0. Each case of ops.json is {name, op, attributes, inputs, outputs, probes,
gradients}; the last four map a role ("x", "weight", ...) to a tensor of ops.safetensors, named CASE/in.ROLE,
CASE/out.ROLE, CASE/probe.ROLE, CASE/grad.ROLE. The gradients are those of sum over outputs of sum(output * probe) with
random probes (a plain sum is blind to whatever sums to a constant), for every floating-point input that has one;
outputs without a probe (indices, running statistics) are not differentiated.

Conventions worth knowing before reading a failure (they are torch's):
  relu, abs at 0: gradient 0. clamp: gradient 0 on the bounds (torch 2.15; before 2026 it was 1). maximum: ties share the
  gradient in halves; amax: in equal parts. softplus(x) is x above the threshold 20.
  rms_norm: x / sqrt(mean(x^2) + eps) * weight.
  batch norm normalises by the biased variance and stores the unbiased one: running = 0.9 running + 0.1 batch.
  cross entropy with smoothing e: (1 - e) nll + e / K * sum over classes of nll; "mean" divides by the number of targets
  kept, or, with class weights (which multiply both terms), by the sum of the kept targets' weights.
  kl_div(input, target) = sum target (log target - input); batchmean divides by B.
  binary_cross_entropy clamps its logarithms at -100.
  Attention masks: True = may attend; a row that may attend to nothing gives 0. Causal attention with T != S aligns the
  triangle at the upper left: target t sees sources s <= t. In nn.MultiheadAttention key_padding_mask is the reverse:
  True = ignore.
  RNN gates in torch's order: GRU r, z, n with n = tanh(W x + b + r (U h + c)); LSTM i, f, g, o. Recurrent cases are
  (B, T, C); h_n is (layers * directions, B, H), direction fastest.
"""

import safetensors
import torch
import torch.nn.functional as F
from torch.func import functional_call

import common

g = torch.Generator().manual_seed(1)
tensors, cases = {}, []
EDGES = torch.tensor([-30.0, -8, -3, -1, -0.5, -1e-4, 0, 1e-4, 0.5, 1, 3, 8, 19.9, 25], dtype=torch.float64)


def randn(*shape, scale=1.0):
    return torch.randn(shape, generator=g, dtype=torch.float64) * scale


def rand(*shape):
    return torch.rand(shape, generator=g, dtype=torch.float64)


def ids(high, *shape):
    return torch.randint(0, high, shape, generator=g)


def case(name, op, function, inputs, state=(), blind=(), **attributes):
    """Runs one case. `function` takes the inputs by name and returns a tensor or {role: tensor}. Inputs named in `state` are
    not differentiated and may be updated in place; outputs named in `blind` get no probe."""
    entry = {"name": name, "op": op, "attributes": attributes, "inputs": {}, "outputs": {}, "probes": {}, "gradients": {}}

    def keep(kind, field, role, tensor):
        key = f"{name}/{kind}.{role}"
        assert key not in tensors, key
        tensors[key] = tensor.detach().clone()
        entry[field][role] = key

    live = {}
    for role, tensor in inputs.items():
        keep("in", "inputs", role, tensor)
        live[role] = tensor.clone().requires_grad_(tensor.is_floating_point() and role not in state)
    outputs = function(**live)
    if isinstance(outputs, torch.Tensor):
        outputs = {"y": outputs}
    total = 0
    for role, tensor in outputs.items():
        keep("out", "outputs", role, tensor)
        if tensor.is_floating_point() and role not in blind and tensor.requires_grad:
            probe = randn(*tensor.shape)
            keep("probe", "probes", role, probe)
            total = total + (tensor * probe).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
        for role, tensor in live.items():
            if tensor.grad is not None:
                keep("grad", "gradients", role, tensor.grad)
                assert tensor.grad.isfinite().all(), (name, role)
    cases.append(entry)


def pointwise():
    table = {
        "gelu_erf": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "softplus": F.softplus,
        "sigmoid": torch.sigmoid, "log_sigmoid": F.logsigmoid, "tanh": torch.tanh, "erf": torch.erf, "elu": F.elu, "mish": F.mish,
        "relu": F.relu, "abs": torch.abs,
    }
    for op, function in table.items():
        case(op, op, lambda x: function(x), {"x": EDGES}, **({"threshold": 20.0} if op == "softplus" else {}))
    case("expm1", "expm1", lambda x: torch.expm1(x), {"x": EDGES / 8})
    case("leaky_relu", "leaky_relu", lambda x: F.leaky_relu(x, 0.1), {"x": EDGES}, slope=0.1)
    case("clamp_bounds", "clamp", lambda x: x.clamp(-0.5, 3.0), {"x": EDGES}, low=-0.5, high=3.0)
    tied = torch.tensor([1.0, 2, 3, -1], dtype=torch.float64)
    case("maximum_ties", "maximum", lambda x, z: torch.maximum(x, z), {"x": tied, "z": tied[[0, 0, 2, 1]]})
    case("pow", "pow", lambda x, z: torch.pow(x, z), {"x": rand(2, 3) + 0.5, "z": randn(3)})


def reductions():
    x = randn(2, 3, 4) + 3
    for unbiased in (True, False):
        tag = "unbiased" if unbiased else "biased"
        case(f"var_last_{tag}", "var", lambda x: x.var(-1, unbiased=unbiased), {"x": x}, dims=[2],
             unbiased=unbiased, keep=False)
        case(f"var_outer_{tag}", "var", lambda x: x.var((0, 2), unbiased=unbiased, keepdim=True), {"x": x},
             dims=[0, 2],
             unbiased=unbiased, keep=True)
        case(f"std_first_{tag}", "std", lambda x: x.std(0, unbiased=unbiased), {"x": x[:, 0]}, dims=[0],
             unbiased=unbiased, keep=False)
    case("logsumexp_large", "logsumexp", lambda x: torch.logsumexp(x, 1), {"x": randn(2, 5) * 300}, dims=[1])
    tied = torch.tensor([[1.0, 4, 4, 0], [7, 7, 7, 7]], dtype=torch.float64)
    case("amax_ties", "amax", lambda x: x.amax(1), {"x": tied}, dims=[1])
    case("prod_zero", "prod", lambda x: x.prod(1),
         {"x": torch.tensor([[2.0, 0, 3], [1, -2, 4]], dtype=torch.float64)}, dims=[1])
    for dim in (0, 1, 2):
        case(f"cumsum_{dim}", "cumsum", lambda x: x.cumsum(dim), {"x": x}, dim=dim)
    case("softmax_middle", "softmax", lambda x: x.softmax(1), {"x": x}, dim=1)
    case("log_softmax_last", "log_softmax", lambda x: x.log_softmax(-1), {"x": x}, dim=2)
    case("log_softmax_first", "log_softmax", lambda x: x.log_softmax(0), {"x": x}, dim=0)
    case("log_softmax_large", "log_softmax", lambda x: x.log_softmax(-1), {"x": randn(2, 5) * 1000}, dim=1)


def losses():
    x, t = randn(6, 5) * 2, ids(5, 6)
    t[1] = t[4] = -100
    kept = t.clone()
    kept[kept < 0] = 2
    for reduction in ("mean", "sum", "none"):
        case(f"cross_entropy_{reduction}", "cross_entropy",
             lambda x, target: F.cross_entropy(x, target, reduction=reduction),
             {"x": x, "target": kept}, reduction=reduction)
        case(f"cross_entropy_ignore_{reduction}", "cross_entropy",
             lambda x, target: F.cross_entropy(x, target, reduction=reduction),
             {"x": x, "target": t}, reduction=reduction, ignore_index=-100)
    for reduction in ("mean", "sum"):
        case(f"cross_entropy_smooth_{reduction}", "cross_entropy",
             lambda x, target: F.cross_entropy(x, target, reduction=reduction, label_smoothing=0.1),
             {"x": x, "target": t}, reduction=reduction, ignore_index=-100, label_smoothing=0.1)
    case("cross_entropy_weighted", "cross_entropy", lambda x, target, weight: F.cross_entropy(x, target, weight),
         {"x": x, "target": t, "weight": rand(5) + 0.5}, state=("weight",), reduction="mean", ignore_index=-100)
    case("cross_entropy_weighted_smooth", "cross_entropy",
         lambda x, target, weight: F.cross_entropy(x, target, weight, label_smoothing=0.1),
         {"x": x, "target": t, "weight": rand(5) + 0.5}, state=("weight",), reduction="mean", ignore_index=-100,
         label_smoothing=0.1)
    case("cross_entropy_bkt", "cross_entropy", lambda x, target: F.cross_entropy(x, target),
         {"x": randn(2, 4, 3), "target": ids(4, 2, 3)},
         reduction="mean", class_dim=1)
    case("cross_entropy_soft", "cross_entropy_soft", lambda x, target: F.cross_entropy(x, target),
         {"x": randn(3, 4), "target": rand(3, 4).softmax(1)}, state=("target",), reduction="mean")
    target = rand(3, 4)
    case("bce_logits_mean", "bce_with_logits", lambda x, target: F.binary_cross_entropy_with_logits(x, target),
         {"x": randn(3, 4) * 20, "target": target}, state=("target",), reduction="mean")
    case("bce_logits_pos_weight", "bce_with_logits",
         lambda x, target, pos_weight: F.binary_cross_entropy_with_logits(x, target, pos_weight=pos_weight, reduction="sum"),
         {"x": randn(3, 4), "target": target, "pos_weight": rand(4) * 3}, state=("target", "pos_weight"),
         reduction="sum")
    case("bce_mean", "bce", lambda x, target: F.binary_cross_entropy(x, target), {"x": rand(3, 4), "target": target},
         state=("target",), reduction="mean")
    case("bce_clamped", "bce", lambda x, target: F.binary_cross_entropy(x, target, reduction="sum"),
         {"x": torch.tensor([0.0, 1.0, 1e-60, 0.3], dtype=torch.float64),
          "target": torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)}, state=("target",), reduction="sum")
    a, b = randn(3, 4), randn(3, 4)
    for reduction in ("mean", "sum"):
        case(f"mse_{reduction}", "mse", lambda x, target: F.mse_loss(x, target, reduction=reduction),
             {"x": a, "target": b}, reduction=reduction)
    case("l1_mean", "l1", lambda x, target: F.l1_loss(x, target), {"x": a, "target": b}, reduction="mean")
    case("smooth_l1", "smooth_l1", lambda x, target: F.smooth_l1_loss(x, target, beta=0.5), {"x": a, "target": b},
         reduction="mean", beta=0.5)
    case("huber", "huber", lambda x, target: F.huber_loss(x, target, delta=0.5), {"x": a, "target": b},
         reduction="mean", delta=0.5)
    p = rand(3, 4).softmax(1)
    p[0, 1] = 0
    case("kl_div_batchmean", "kl_div", lambda x, target: F.kl_div(x.log_softmax(1), target, reduction="batchmean"),
         {"x": a, "target": p}, state=("target",), reduction="batchmean",
         input="x is logits: kl_div(log_softmax(x), target)")
    case("kl_div_log_target", "kl_div",
         lambda x, target: F.kl_div(x.log_softmax(1), target, reduction="batchmean", log_target=True),
         {"x": a, "target": b.log_softmax(1)}, state=("target",), reduction="batchmean", log_target=True,
         input="x is logits: kl_div(log_softmax(x), target)")
    case("cosine_similarity", "cosine_similarity", lambda x, z: F.cosine_similarity(x, z, dim=1, eps=1e-8),
         {"x": a, "z": b}, dim=1, eps=1e-8)


def norms():
    def batch_norm(training):
        def run(x, weight, bias, mean, var):
            mean, var = mean.clone(), var.clone()
            y = F.batch_norm(x, mean, var, weight, bias, training, 0.1, 1e-5)
            return {"y": y, "mean": mean, "var": var} if training else y
        return run

    C = 3
    for name, shape in (("2d", (5, C)), ("3d", (2, C, 4)), ("4d", (2, C, 2, 3))):
        for training in (True, False):
            case(f"batch_norm_{'train' if training else 'eval'}_{name}", "batch_norm", batch_norm(training),
                 {"x": randn(*shape) * 2 + 1, "weight": randn(C), "bias": randn(C), "mean": randn(C), "var": rand(C) + 0.5},
                 state=("mean", "var"), blind=("mean", "var"), training=training, momentum=0.1, eps=1e-5)
    case("layer_norm", "layer_norm", lambda x, weight, bias: F.layer_norm(x, (4,), weight, bias, 1e-5),
         {"x": randn(2, 3, 4) * 2 + 1, "weight": randn(4), "bias": randn(4)}, normalized=[4], eps=1e-5)
    case("layer_norm_two_dims", "layer_norm", lambda x, weight, bias: F.layer_norm(x, (3, 4), weight, bias, 1e-5),
         {"x": randn(2, 3, 4), "weight": randn(3, 4), "bias": randn(3, 4)}, normalized=[3, 4], eps=1e-5)
    case("layer_norm_plain", "layer_norm", lambda x: F.layer_norm(x, (4,), eps=1e-5), {"x": randn(2, 4)},
         normalized=[4], eps=1e-5)
    case("group_norm", "group_norm", lambda x, weight, bias: F.group_norm(x, 2, weight, bias, 1e-5),
         {"x": randn(2, 4, 3), "weight": randn(4), "bias": randn(4)}, groups=2, eps=1e-5)
    case("instance_norm", "instance_norm",
         lambda x, weight, bias: F.instance_norm(x, weight=weight, bias=bias, eps=1e-5),
         {"x": randn(2, 3, 5), "weight": randn(3), "bias": randn(3)}, eps=1e-5)
    case("rms_norm", "rms_norm", lambda x, weight: F.rms_norm(x, (4,), weight, 1e-6),
         {"x": randn(2, 3, 4), "weight": randn(4)},
         normalized=[4], eps=1e-6)


def attention():
    B, H, T, S, D = 2, 2, 3, 5, 4

    def qkv(T, S, kv_heads=H, heads=H):
        return {"q": randn(B, heads, T, D), "k": randn(B, kv_heads, S, D), "v": randn(B, kv_heads, S, D)}

    sdpa = F.scaled_dot_product_attention
    case("attention", "attention", lambda q, k, v: sdpa(q, k, v), qkv(T, S), causal=False)
    case("attention_scale", "attention", lambda q, k, v: sdpa(q, k, v, scale=0.3), qkv(T, S), causal=False, scale=0.3)
    case("attention_causal", "attention", lambda q, k, v: sdpa(q, k, v, is_causal=True), qkv(S, S), causal=True)
    case("attention_causal_wide", "attention", lambda q, k, v: sdpa(q, k, v, is_causal=True), qkv(T, S),
         causal=True, align="upper left")
    corner = torch.ones(T, S, dtype=torch.bool).tril(S - T)
    case("attention_causal_cached", "attention", lambda q, k, v, mask: sdpa(q, k, v, attn_mask=mask),
         qkv(T, S) | {"mask": corner},
         causal=False,
         align="lower right, given as mask (T, S): the T last of S positions, as with a key-value cache")
    padding = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], dtype=torch.bool)[:, None, None, :]
    case("attention_padding", "attention", lambda q, k, v, mask: sdpa(q, k, v, attn_mask=mask),
         qkv(T, S) | {"mask": padding}, causal=False)
    empty = torch.ones(B, 1, T, S, dtype=torch.bool)
    empty[1, 0, 1] = False
    case("attention_empty_row", "attention", lambda q, k, v, mask: sdpa(q, k, v, attn_mask=mask),
         qkv(T, S) | {"mask": empty}, causal=False)
    case("attention_bias", "attention", lambda q, k, v, bias: sdpa(q, k, v, attn_mask=bias),
         qkv(T, S) | {"bias": randn(1, H, T, S)},
         causal=False)
    case("attention_grouped", "attention", lambda q, k, v: sdpa(q, k, v, is_causal=True, enable_gqa=True),
         qkv(S, S, 2, 4),
         causal=True, kv_heads=2)

    def module(query, key, value, mask=None, ignore=None, **weights):
        net = torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=torch.float64)
        y, p = functional_call(net, weights, (query, key, value),
                               {"attn_mask": mask, "key_padding_mask": ignore, "average_attn_weights": False})
        return {"y": y, "p": p}

    net = torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=torch.float64)

    def weights():
        return {name: randn(*p.shape, scale=0.5) for name, p in net.named_parameters()}

    def run(query, **rest):
        return module(query, query, query, **rest)

    case("multihead_self", "multihead_attention", run, {"query": randn(B, T, 6)} | weights(), heads=2,
         layout="B,T,C; p is (B,H,T,S)")
    case("multihead_cross", "multihead_attention",
         lambda query, memory, **rest: module(query, memory, memory, **rest),
         {"query": randn(B, T, 6), "memory": randn(B, S, 6), "ignore": ~padding[:, 0, 0]} | weights(), heads=2,
         layout="B,T,C; memory B,S,C gives keys and values; ignore is True where a source is padding")


def convolutions():
    def causal(dilation, groups=1):
        def run(x, weight, bias):
            padded = F.pad(x, ((weight.shape[2] - 1) * dilation, 0))
            return F.conv1d(padded, weight, bias, dilation=dilation, groups=groups)
        return run

    x = randn(2, 4, 6)
    for dilation in (1, 2, 4):
        case(f"conv1d_causal_d{dilation}", "conv1d", causal(dilation),
             {"x": x, "weight": randn(3, 4, 2), "bias": randn(3)},
             dilation=dilation, left_pad=dilation, right_pad=0, stride=1, groups=1)
    case("conv1d_causal_k3", "conv1d", causal(2), {"x": x, "weight": randn(2, 4, 3), "bias": randn(2)}, dilation=2,
         left_pad=4, right_pad=0,
         stride=1, groups=1)
    case("conv1d_depthwise", "conv1d", causal(1, 4), {"x": x, "weight": randn(4, 1, 3), "bias": randn(4)},
         dilation=1, left_pad=2, right_pad=0,
         stride=1, groups=4)
    case("conv1d_strided", "conv1d", lambda x, weight, bias: F.conv1d(x, weight, bias, stride=2, padding=1),
         {"x": x, "weight": randn(3, 4, 3), "bias": randn(3)}, dilation=1, left_pad=1, right_pad=1, stride=2,
         groups=1)
    case("conv2d", "conv2d", lambda x, weight, bias: F.conv2d(x, weight, bias, stride=(2, 1), padding=(1, 0)),
         {"x": randn(2, 3, 5, 4), "weight": randn(2, 3, 3, 2), "bias": randn(2)}, stride=[2, 1], padding=[1, 0],
         groups=1)
    case("conv2d_groups", "conv2d",
         lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1, groups=2, dilation=2),
         {"x": randn(1, 4, 6, 6), "weight": randn(4, 2, 2, 2), "bias": randn(4)}, stride=[1, 1], padding=[1, 1],
         dilation=[2, 2], groups=2)
    case("conv_transpose1d", "conv_transpose1d",
         lambda x, weight, bias: F.conv_transpose1d(x, weight, bias, stride=2, padding=1),
         {"x": randn(2, 3, 4), "weight": randn(3, 2, 4), "bias": randn(2)}, stride=2, padding=1)
    case("max_pool1d", "max_pool1d", lambda x: F.max_pool1d(x, 3, 2, 1), {"x": x}, kernel=3, stride=2, padding=1)
    case("avg_pool1d", "avg_pool1d", lambda x: F.avg_pool1d(x, 3, 2, 1), {"x": x}, kernel=3, stride=2, padding=1,
         count_include_pad=True)
    case("max_pool2d", "max_pool2d", lambda x: F.max_pool2d(x, 2), {"x": randn(1, 2, 4, 5)}, kernel=2, stride=2,
         padding=0)
    case("avg_pool2d", "avg_pool2d", lambda x: F.avg_pool2d(x, 2), {"x": randn(1, 2, 4, 5)}, kernel=2, stride=2,
         padding=0)


def shuffles():
    x = randn(3, 5)
    for largest in (True, False):
        case(f"topk_{'largest' if largest else 'smallest'}", "topk",
             lambda x: dict(zip(("values", "indices"), x.topk(3, dim=1, largest=largest))), {"x": x}, k=3, dim=1,
             largest=largest)
    tied = torch.tensor([[2.0, 1, 2, 1, 3], [0, 0, 0, -1, -1]], dtype=torch.float64)
    for descending in (False, True):
        case(f"sort_stable_{'down' if descending else 'up'}", "sort",
             lambda x: dict(zip(("values", "indices"), x.sort(dim=1, stable=True, descending=descending))),
             {"x": tied}, dim=1,
             descending=descending)
    case("sort_first_dim", "sort", lambda x: dict(zip(("values", "indices"), x.sort(dim=0, stable=True))), {"x": x},
         dim=0, descending=False)
    y = randn(2, 3, 4)
    case("pad_constant", "pad", lambda x: F.pad(x, (1, 2, 0, 1), value=0.5), {"x": y}, pads=[1, 2, 0, 1],
         mode="constant", value=0.5)
    case("pad_negative", "pad", lambda x: F.pad(x, (-1, 1)), {"x": y}, pads=[-1, 1], mode="constant", value=0.0)
    case("pad_reflect", "pad", lambda x: F.pad(x, (2, 1), mode="reflect"), {"x": y}, pads=[2, 1], mode="reflect")
    case("pad_replicate", "pad", lambda x: F.pad(x, (2, 1), mode="replicate"), {"x": y}, pads=[2, 1],
         mode="replicate")
    case("gather", "gather", lambda x, index: x.gather(1, index), {"x": x, "index": ids(5, 3, 4)}, dim=1)
    case("scatter_add", "scatter_add", lambda x, index, source: x.scatter_add(1, index, source),
         {"x": x, "index": ids(5, 3, 4), "source": randn(3, 4)}, dim=1)
    case("embedding", "embedding", lambda weight, index: F.embedding(index, weight),
         {"weight": x, "index": torch.tensor([[0, 2, 2], [1, 2, 0]])})
    case("embedding_padding", "embedding", lambda weight, index: F.embedding(index, weight, padding_idx=2),
         {"weight": x, "index": torch.tensor([[0, 2, 2], [1, 2, 0]])}, padding_index=2)
    case("matmul_broadcast", "matmul", lambda x, z: x @ z, {"x": randn(2, 1, 3, 4), "z": randn(5, 4, 2)})
    case("matmul_vector", "matmul", lambda x, z: x @ z, {"x": randn(2, 3, 4), "z": randn(4)})
    case("linear", "linear", lambda x, weight, bias: F.linear(x, weight, bias),
         {"x": randn(2, 3, 4), "weight": randn(5, 4), "bias": randn(5)})


def recurrent():
    B, T, C, H = 2, 4, 3, 5
    for kind in ("RNN", "GRU", "LSTM"):
        for layers, bidirectional in ((1, False), (2, False), (2, True)):
            net = getattr(torch.nn, kind)(C, H, layers, batch_first=True, bidirectional=bidirectional, dtype=torch.float64)
            states = layers * (2 if bidirectional else 1)
            inputs = {"x": randn(B, T, C), "h0": randn(states, B, H)} | ({"c0": randn(states, B, H)} if kind == "LSTM" else {})
            inputs |= {name: randn(*p.shape, scale=0.5) for name, p in net.named_parameters()}

            def run(x, h0, c0=None, **weights):
                y, last = functional_call(net, weights, (x, (h0, c0) if c0 is not None else h0))
                return {"y": y, "h_n": last[0], "c_n": last[1]} if c0 is not None else {"y": y, "h_n": last}

            tag = f"{kind.lower()}_{layers}layer{'s' if layers > 1 else ''}" + ("_bidirectional" if bidirectional else "")
            case(tag, kind.lower(), run, inputs, layers=layers, bidirectional=bidirectional, hidden=H)


def main():
    torch.set_num_threads(1)
    for family in (pointwise, reductions, losses, norms, attention, convolutions, shuffles, recurrent):
        family()
    common.write_tensors("ops.safetensors", tensors)
    common.write_json("ops.json", {
        "about": "float64 values and gradients of single operations; conventions in tools/golden/ops.py",
        "versions": common.versions(torch, safetensors),
        "cases": cases,
    })
    print(len(cases), "cases,", len(tensors), "tensors")


if __name__ == "__main__":
    main()
