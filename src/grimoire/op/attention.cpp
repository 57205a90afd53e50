#include "grimoire/op/attention.h"

#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/attention_cpu.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

void check_options(const AttentionOptions& o, int64_t B, int64_t S) {
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
                 k.shape()[1] > 0 && q.shape()[1] % k.shape()[1] == 0 && q.shape()[3] == k.shape()[3],
             shape, "attention", "got q {}, k {}, v {}, expected (B, H, T, D), (B, G, S, D), (B, G, S, D), H a multiple of G", q.shape(), k.shape(), v.shape());
  check_float("attention", q.dtype());
  GRIM_CHECK(q.dtype() == k.dtype() && q.dtype() == v.dtype(), dtype, "attention", "got {}, {}, {}, expected one dtype",
             name_of(q.dtype()), name_of(k.dtype()), name_of(v.dtype()));
}

Tensor dense_rows(const Tensor& x) { return x.shape().back() == 1 || x.strides().back() == 1 ? x : copy(x); }

// (B, T, H, D) in memory, seen as (B, H, T, D).
Tensor empty_heads(const Tensor& like) {
  const Shape& s = like.shape();
  return view::transpose(like.like({s[0], s[2], s[1], s[3]}), 1, 2);
}

struct Forward {
  Tensor o, lse;
};
Forward run_forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options, const Tensor& o) {
  const Tensor lse = q.like({q.dim(0), q.dim(1), q.dim(2)});
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

AttentionOptions with_dense_mask(AttentionOptions options) {
  if (options.key_mask.defined()) options.key_mask = contiguous(options.key_mask);
  return options;
}

}  // namespace

Tensor attention(const Tensor& q_any, const Tensor& k_any, const Tensor& v_any, const AttentionOptions& given) {
  check_qkv(q_any, k_any, v_any);
  check_options(given, q_any.dim(0), k_any.dim(2));
  const AttentionOptions options = with_dense_mask(given);
  const Tensor q = saved(dense_rows(q_any)), k = saved(dense_rows(k_any)), v = saved(dense_rows(v_any));
  const Forward f = run_forward(q, k, v, options, empty_heads(q));
  return record(view::alias(f.o), {q_any, k_any, v_any}, [=](const Tensor& dy, Grads dx) {
    const Tensor dq = empty_heads(q), dk = empty_heads(k), dv = empty_heads(v);
    GRIM_RUN(attention_backward, options, q, k, v, f.o, f.lse, dense_rows(dy), dq, dk, dv);
    dx.add(0, dq);
    dx.add(1, dk);
    dx.add(2, dv);
  });
}

Tensor self_attention(const Tensor& qkv_any, int64_t heads, const AttentionOptions& given) {
  GRIM_CHECK(qkv_any.ndim() == 3 && heads > 0 && qkv_any.dim(2) % (3 * heads) == 0, shape, "self_attention",
             "got {} for {} heads, expected (B, T, 3 * heads * D)", qkv_any.shape(), heads);
  check_options(given, qkv_any.dim(0), qkv_any.dim(1));
  check_float("self_attention", qkv_any.dtype());
  const AttentionOptions options = with_dense_mask(given);
  const Tensor qkv = saved(contiguous(qkv_any));
  const int64_t B = qkv.dim(0), T = qkv.dim(1), C = qkv.dim(2) / 3;
  const auto part = [heads, C](const Tensor& all, int64_t i) {  // (B, T, 3C) -> (B, H, T, D)
    return view::transpose(view::split_axis(view::slice(all, 2, i * C, (i + 1) * C), 2, heads), 1, 2);
  };
  const Tensor y = qkv.like({B, T, C});
  const Tensor o = view::transpose(view::split_axis(y, 2, heads), 1, 2);
  const Forward f = run_forward(part(qkv, 0), part(qkv, 1), part(qkv, 2), options, o);
  return record(y, {qkv_any}, [=](const Tensor& dy_any, Grads dx) {
    const Tensor dy = view::transpose(view::split_axis(dense_rows(dy_any), 2, heads), 1, 2);
    const Tensor dqkv = qkv.like();
    GRIM_RUN(attention_backward, options, part(qkv, 0), part(qkv, 1), part(qkv, 2), f.o, f.lse, dy, part(dqkv, 0), part(dqkv, 1), part(dqkv, 2));
    dx.add(0, dqkv);
  });
}

Tensor composed_attention(const Tensor& q, const Tensor& some_k, const Tensor& some_v, const AttentionOptions& options,
                          const std::function<Tensor(const Tensor& weights)>& see) {
  check_qkv(q, some_k, some_v);
  const Tensor k = for_heads(some_k, q.dim(1)), v = for_heads(some_v, q.dim(1));
  check_options(options, q.dim(0), k.dim(2));
  GRIM_CHECK(options.dropout == 0, argument, "composed_attention", "dropout: got {}, expected 0", options.dropout);
  const int64_t T = q.dim(2), S = k.dim(2);
  const double scale = options.scale > 0 ? options.scale : 1 / std::sqrt(static_cast<double>(q.dim(3)));
  Tensor scores = matmul(q, transpose(k, -1, -2)) * scale;  // (B, H, T, S)
  const Tensor hidden = hidden_keys(T, S, options);
  if (hidden.defined()) scores = masked_fill(scores, hidden, -std::numeric_limits<double>::infinity());
  Tensor weights = softmax(scores, -1);
  if (hidden.defined()) weights = masked_fill(weights, hidden, 0);  // a query that sees no key gets 0
  return matmul(see ? see(weights) : weights, v);
}

}  // namespace grim
