#include "grimoire/op/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/attention_cpu.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/run.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

void check_offsets(const std::vector<int64_t>& offsets, size_t count, int64_t length, std::string_view what) {
  GRIM_CHECK(offsets.size() == count && offsets.front() == 0 && offsets.back() == length && std::ranges::is_sorted(offsets), argument, "attention",
             "{}: expected {} numbers that rise from 0 to {}", what, count, length);
}

// The widest distances that meet: a key ahead of its query by the most, and behind it.
void check_bias(const AttentionOptions& o, const Tensor& q, int64_t S) {
  const Tensor& bias = o.distance_bias;
  if (!bias.defined()) return;
  GRIM_CHECK(bias.ndim() == 2 && bias.dim(0) == q.dim(1) && computed_in(bias.dtype()) == computed_in(q.dtype()), shape, "attention",
             "distance_bias: got {} {}, expected {} ({}, W)", name_of(bias.dtype()), bias.shape(), name_of(q.dtype()), q.dim(1));
  int64_t queries = q.dim(2), keys = S;
  if (!o.offsets.empty()) {
    queries = keys = 0;
    for (size_t i = 1; i < o.offsets.size(); ++i) {
      queries = std::max(queries, o.offsets[i] - o.offsets[i - 1]);
      keys = std::max(keys, o.key_offsets[i] - o.key_offsets[i - 1]);
    }
  }
  const int64_t behind = o.mask == AttentionMask::causal ? 0 : queries - 1;
  GRIM_CHECK(o.distance_zero >= keys - 1 && bias.dim(1) - o.distance_zero > behind, argument, "attention",
             "distance_bias: got {} columns with zero at {}, expected at least {} before it and {} behind it", bias.dim(1), o.distance_zero, keys - 1, behind);
}

void check_options(const AttentionOptions& o, const Tensor& q, int64_t S) {
  const int64_t B = q.dim(0);
  if (!o.offsets.empty()) {
    GRIM_CHECK(B == 1 && !o.key_mask.defined(), argument, "attention", "offsets: got a batch of {}{}, expected one row of texts", B,
               o.key_mask.defined() ? " and a key_mask" : "");
    check_offsets(o.offsets, o.offsets.size(), q.dim(2), "offsets");
    check_offsets(o.key_offsets, o.offsets.size(), S, "key_offsets");
  }
  if (!o.key_lengths.empty()) {
    GRIM_CHECK(std::ssize(o.key_lengths) == B && !o.key_mask.defined() && o.offsets.empty(), argument, "attention",
               "key_lengths: got {} for a batch of {}{}, expected one for each text", o.key_lengths.size(), B,
               o.key_mask.defined() || !o.offsets.empty() ? " with a key_mask or offsets" : "");
    for (const int64_t n : o.key_lengths) GRIM_CHECK(n >= q.dim(2) && n <= S, argument, "attention", "key_lengths: got {}, expected {} to {}", n, q.dim(2), S);
  }
  check_bias(o, q, S);
  GRIM_CHECK(o.dropout >= 0 && o.dropout < 1, argument, "attention", "dropout: got {}, expected 0 to 1", o.dropout);
  GRIM_CHECK(o.scale >= 0, argument, "attention", "scale: got {}, expected a positive number", o.scale);
  GRIM_CHECK(o.window >= 0 && (o.window == 0 || o.mask == AttentionMask::causal), argument, "attention", "window: got {}, expected 0, or keys before a query",
             o.window);
  if (!o.key_mask.defined()) return;
  GRIM_CHECK(o.key_mask.dtype() == Dtype::boolean && o.key_mask.shape() == Shape({B, S}), shape, "attention",
             "key_mask: got {} {}, expected bool ({}, {})", name_of(o.key_mask.dtype()), o.key_mask.shape(), B, S);
}

void check_qkv(const Tensor& q, const Tensor& k, const Tensor& v) {
  GRIM_CHECK(q.ndim() == 4 && k.ndim() == 4 && k.shape() == v.shape() && q.shape()[0] == k.shape()[0] &&
                 k.shape()[1] > 0 && q.shape()[1] > 0 && q.shape()[1] % k.shape()[1] == 0 && q.shape()[3] == k.shape()[3],
             shape, "attention", "got q {}, k {}, v {}, expected (B, H, T, D), (B, G, S, D), (B, G, S, D), H a multiple of G", q.shape(), k.shape(), v.shape());
  GRIM_CHECK(is_float(q.dtype()) && k.dtype() == v.dtype() && (k.dtype() == q.dtype() || (is_narrow(k) && q.dtype() == Dtype::f32)), dtype, "attention",
             "got {}, {}, {}, expected one dtype, or keys and values in bf16 beside f32", name_of(q.dtype()), name_of(k.dtype()), name_of(v.dtype()));
}

Tensor dense_rows(const Tensor& x) { return x.shape().back() == 1 || x.strides().back() == 1 ? x : copy(x); }
// Keys of a cache lie turned, as the forward pass reads them.
Tensor rows_or_columns(const Tensor& x) { return x.strides()[2] == 1 ? x : dense_rows(x); }

// (B, T, H, D) in memory, seen as (B, H, T, D).
Tensor empty_heads(const Tensor& like) {
  const Shape& s = like.shape();
  return view::transpose(like.like({s[0], s[2], s[1], s[3]}), 1, 2);
}

struct Forward {
  Tensor o, lse;
};
Forward run_forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options, const Tensor& o) {
  const Tensor lse = q.like({q.dim(0), q.dim(1), q.dim(2)}, computed_in(q.dtype()));
  GRIM_RUN(attention, options, q, k, v, o, lse);
  return {o, lse};
}

// Which keys a query may not see: bool, broadcasts to (B, H, T, S); undefined: it may see all.
Tensor hidden_keys(int64_t T, int64_t S, const AttentionOptions& o) {
  Tensor hidden;
  if (o.mask == AttentionMask::causal) {
    const Tensor last = view::unsqueeze(Tensor::arange(T), 1) + Tensor::full({1}, static_cast<double>(S - T), Dtype::i64), keys = Tensor::arange(S);
    hidden = gt(keys, last);  // (T, S)
    if (o.window > 0) hidden = logical_or(hidden, gt(last, keys + Tensor::full({1}, static_cast<double>(o.window - 1), Dtype::i64)));
  }
  if (!o.key_mask.defined()) return hidden;
  const Tensor closed = view::unsqueeze(view::unsqueeze(logical_not(o.key_mask), 1), 1);  // (B, 1, 1, S)
  return hidden.defined() ? logical_or(hidden, closed) : closed;
}

// (B, G, S, D): each of the G heads as often as H takes.
Tensor for_heads(const Tensor& x, int64_t H) {
  if (x.dim(1) == H) return x;
  const int64_t B = x.dim(0), G = x.dim(1), S = x.dim(2), D = x.dim(3);
  return reshape(expand(unsqueeze(x, 2), {B, G, H / G, S, D}), {B, H, S, D});
}

// As the kernels read them.
AttentionOptions completed(AttentionOptions options) {
  if (options.key_mask.defined()) options.key_mask = contiguous(options.key_mask);
  if (options.key_offsets.empty()) options.key_offsets = options.offsets;
  if (const Tensor& bias = options.distance_bias; bias.defined()) options.distance_bias = saved(contiguous(cast(bias, computed_in(bias.dtype()))));
  return options;
}

std::vector<Tensor> with_bias(std::vector<Tensor> inputs, const AttentionOptions& given) {
  if (given.distance_bias.defined()) inputs.push_back(given.distance_bias);
  return inputs;
}

// Runs the backward, and brings the bias its gradient, the last of the inputs.
template <class Run> void backward_with_bias(const AttentionOptions& o, const Tensor& q, Grads& dx, int input, Run&& run) {
  const int64_t texts = o.offsets.empty() ? q.dim(0) : static_cast<int64_t>(o.offsets.size()) - 1;
  const bool wanted = o.distance_bias.defined() && dx.wants(input);
  const Tensor dbias = wanted ? o.distance_bias.like({texts, o.distance_bias.dim(0), o.distance_bias.dim(1)}) : Tensor();
  run(dbias);
  if (wanted) dx.add(input, sum(dbias, {0}));
}

// (H, T, S) of a text's queries and keys: distance_bias by the places.
Tensor bias_of(const AttentionOptions& o, int64_t T, int64_t S) {
  std::vector<int64_t> columns;
  const int64_t last = o.distance_bias.dim(1) - 1;
  for (int64_t t = 0; t < T; ++t)
    for (int64_t s = 0; s < S; ++s) columns.push_back(std::min(last, o.distance_zero + s - (t + S - T)));  // beyond: a key that is not seen
  const Tensor ids = Tensor::from<int64_t>(columns, {T * S});
  return reshape(index_select(o.distance_bias, 1, ids), {o.distance_bias.dim(0), T, S});
}

}  // namespace

Tensor attention(const Tensor& q_any, const Tensor& k_any, const Tensor& v_any, const AttentionOptions& given) {
  check_qkv(q_any, k_any, v_any);
  const AttentionOptions options = completed(given);
  check_options(options, q_any, k_any.dim(2));
  GRIM_CHECK(options.key_lengths.empty() || !(tracked(q_any) || tracked(k_any) || tracked(v_any)), state, "attention",
             "key_lengths: no gradient goes through a cache: decode without recording (NoGrad)");
  const bool recorded = grad_enabled() && (tracked(q_any) || tracked(k_any) || tracked(v_any) || tracked(given.distance_bias));
  GRIM_CHECK(!recorded || q_any.dtype() == k_any.dtype(), dtype, "attention", "got {} beside {}: a gradient needs one dtype", name_of(q_any.dtype()),
             name_of(k_any.dtype()));
  const Tensor q = saved(dense_rows(q_any)), k = recorded ? saved(dense_rows(k_any)) : rows_or_columns(k_any), v = saved(dense_rows(v_any));
  const Forward f = run_forward(q, k, v, options, empty_heads(q));
  return record(view::alias(f.o), with_bias({q_any, k_any, v_any}, given), [=](const Tensor& dy, Grads dx) {
    const Tensor dq = empty_heads(q), dk = empty_heads(k), dv = empty_heads(v);
    backward_with_bias(options, q, dx, 3, [&](const Tensor& dbias) {
      GRIM_RUN(attention_backward, options, q, k, v, f.o, f.lse, dense_rows(dy), dq, dk, dv, dbias);
    });
    dx.add(0, dq);
    dx.add(1, dk);
    dx.add(2, dv);
  });
}

Tensor self_attention(const Tensor& qkv_any, int64_t heads, const AttentionOptions& given) {
  GRIM_CHECK(qkv_any.ndim() == 3 && heads > 0 && qkv_any.dim(2) % (3 * heads) == 0, shape, "self_attention",
             "got {} for {} heads, expected (B, T, 3 * heads * D)", qkv_any.shape(), heads);
  GRIM_CHECK(is_float(qkv_any.dtype()), dtype, "self_attention", "got {}, expected f32, f64 or bf16", name_of(qkv_any.dtype()));
  const AttentionOptions options = completed(given);
  const Tensor qkv = saved(contiguous(qkv_any));
  const int64_t B = qkv.dim(0), T = qkv.dim(1), C = qkv.dim(2) / 3;
  const auto part = [heads, C](const Tensor& all, int64_t i) {  // (B, T, 3C) -> (B, H, T, D)
    return view::transpose(view::split_axis(view::slice(all, 2, i * C, (i + 1) * C), 2, heads), 1, 2);
  };
  check_options(options, part(qkv, 0), T);
  const Tensor y = qkv.like({B, T, C});
  const Tensor o = view::transpose(view::split_axis(y, 2, heads), 1, 2);
  const Forward f = run_forward(part(qkv, 0), part(qkv, 1), part(qkv, 2), options, o);
  return record(y, with_bias({qkv_any}, given), [=](const Tensor& dy_any, Grads dx) {
    const Tensor dy = view::transpose(view::split_axis(dense_rows(dy_any), 2, heads), 1, 2);
    const Tensor dqkv = qkv.like();
    backward_with_bias(options, part(qkv, 0), dx, 1, [&](const Tensor& dbias) {
      GRIM_RUN(attention_backward, options, part(qkv, 0), part(qkv, 1), part(qkv, 2), f.o, f.lse, dy, part(dqkv, 0), part(dqkv, 1), part(dqkv, 2), dbias);
    });
    dx.add(0, dqkv);
  });
}

namespace {

Tensor composed_of_lengths(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
                           const std::function<Tensor(const Tensor& weights)>& see) {
  AttentionOptions own = options;
  own.key_lengths = {};
  std::vector<Tensor> parts;
  for (size_t i = 0; i < options.key_lengths.size(); ++i) {
    const auto b = static_cast<int64_t>(i);
    const auto keys = [&](const Tensor& x) { return slice(slice(x, 0, b, b + 1), 2, 0, options.key_lengths[i]); };
    parts.push_back(composed_attention(slice(q, 0, b, b + 1), keys(k), keys(v), own, see));
  }
  return concat(parts, 0);
}

// Each text by itself.
Tensor composed_of_texts(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
                         const std::function<Tensor(const Tensor& weights)>& see) {
  AttentionOptions own = options;
  own.offsets = own.key_offsets = {};
  std::vector<Tensor> parts;
  for (size_t i = 1; i < options.offsets.size(); ++i) {
    const auto keys = [&](const Tensor& x) { return slice(x, 2, options.key_offsets[i - 1], options.key_offsets[i]); };
    parts.push_back(composed_attention(slice(q, 2, options.offsets[i - 1], options.offsets[i]), keys(k), keys(v), own, see));
  }
  return concat(parts, 2);
}

}  // namespace

Tensor composed_attention(const Tensor& q, const Tensor& some_k, const Tensor& some_v, const AttentionOptions& given,
                          const std::function<Tensor(const Tensor& weights)>& see) {
  check_qkv(q, some_k, some_v);
  const Tensor k = for_heads(cast(some_k, q.dtype()), q.dim(1)), v = for_heads(cast(some_v, q.dtype()), q.dim(1));
  AttentionOptions options = given;
  if (options.key_offsets.empty()) options.key_offsets = options.offsets;
  check_options(options, q, k.dim(2));
  GRIM_CHECK(options.dropout == 0, argument, "composed_attention", "dropout: got {}, expected 0", options.dropout);
  if (!options.offsets.empty()) return composed_of_texts(q, k, v, options, see);
  if (!options.key_lengths.empty()) return composed_of_lengths(q, k, v, options, see);
  const int64_t T = q.dim(2), S = k.dim(2);
  const double scale = options.scale > 0 ? options.scale : 1 / std::sqrt(static_cast<double>(q.dim(3)));
  Tensor scores = matmul(q, transpose(k, -1, -2)) * scale;  // (B, H, T, S)
  if (options.distance_bias.defined()) scores = scores + bias_of(options, T, S);
  const Tensor hidden = hidden_keys(T, S, options);
  if (hidden.defined()) scores = masked_fill(scores, hidden, -std::numeric_limits<double>::infinity());
  Tensor weights = softmax(scores, -1);
  if (hidden.defined()) weights = masked_fill(weights, hidden, 0);  // a query that sees no key gets 0
  return matmul(see ? see(weights) : weights, v);
}

}  // namespace grim
