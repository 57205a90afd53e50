#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/attention_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/gemm.h"
#include "grimoire/op/attention-inl.h"
#include "grimoire/op/attention_cpu.h"
#include "grimoire/op/attention_narrow_cpu.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/tensor/copy.h"

#ifndef GRIM_ATTENTION_TASKS
#define GRIM_ATTENTION_TASKS
namespace grim::cpu {
template <class T, class N = T> using ForwardTask = void (*)(const AttentionProblem<T, T, N>& all, const Heads<T>& o, int64_t b, int64_t task);
template <class T>
using BackwardTask = void (*)(const AttentionProblem<T>& all, const Heads<const T>& o, const Heads<const T>& d_o, const Heads<T>& dq,
                              const Heads<T>& dk, const Heads<T>& dv, int64_t b, int64_t h);
struct AttentionTable {
  ByDtype<ForwardTask<float>, ForwardTask<double>> forward;
  ForwardTask<float, Bf16> single;  // query of a text, whose keys lie turned
  ByDtype<BackwardTask<float>, BackwardTask<double>> backward;
};
}  // namespace grim::cpu
#endif

// One task owns one (b, h), going back one (b, g): no atomics, and the order of every sum is fixed. Inside, queries go in tiles of kQueries rows and
// keys in tiles of kKeys columns; a tile of scores is at most kQueries * kKeys numbers.
HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

constexpr int64_t kQueries = 32, kKeys = 1024;

template <class T> struct Scratch {
  std::vector<T> kt, vt;           // k and v transposed: (D, S padded)
  std::vector<T> scores, dscores;  // (kQueries, kKeys)
  std::vector<T> delta;            // (T)
};
template <class T> Scratch<T>& scratch() {
  static thread_local Scratch<T> s;
  return s;
}

#if HWY_TARGET == HWY_SCALAR
template <class T> constexpr int64_t kSquare = 0;  // nothing to turn in registers
template <class T> void transpose_square(const T*, int64_t, T*, int64_t) {}
#else
template <class T> constexpr int64_t kSquare = 16 / sizeof(T);
// out (n, n) = x (n, n) turned, n = kSquare<T>, in registers of 16 bytes.
HWY_INLINE void transpose_square(const float* x, int64_t row, float* out, int64_t width) {
  const hn::Full128<float> d;
  const auto a = hn::LoadU(d, x), b = hn::LoadU(d, x + row), c = hn::LoadU(d, x + 2 * row), e = hn::LoadU(d, x + 3 * row);
  const auto ac = hn::InterleaveLower(d, a, c), be = hn::InterleaveLower(d, b, e);
  const auto ac_high = hn::InterleaveUpper(d, a, c), be_high = hn::InterleaveUpper(d, b, e);
  hn::StoreU(hn::InterleaveLower(d, ac, be), d, out);
  hn::StoreU(hn::InterleaveUpper(d, ac, be), d, out + width);
  hn::StoreU(hn::InterleaveLower(d, ac_high, be_high), d, out + 2 * width);
  hn::StoreU(hn::InterleaveUpper(d, ac_high, be_high), d, out + 3 * width);
}
HWY_INLINE void transpose_square(const double* x, int64_t row, double* out, int64_t width) {
  const hn::Full128<double> d;
  const auto a = hn::LoadU(d, x), b = hn::LoadU(d, x + row);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, out);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, out + width);
}
#endif

// out (D, S padded) = x (S, D) turned, 16 rows at a time: a cache line of each column.
template <class T> void transpose_rows(const T* x, int64_t row, int64_t S, int64_t D, std::vector<T>& out) {
  constexpr int64_t n = kSquare<T>;
  const int64_t width = padded(S), squares_S = n > 0 ? S / n * n : 0, squares_D = n > 0 ? D / n * n : 0;
  out.resize(static_cast<size_t>(D * width));
  for (int64_t s0 = 0; s0 < S; s0 += 16) {
    const int64_t end = std::min(s0 + 16, S), squares_end = std::min(end, squares_S);
    for (int64_t d = 0; d < squares_D; d += n)
      for (int64_t s = s0; s < squares_end; s += n) transpose_square(x + s * row + d, row, out.data() + d * width + s, width);
    for (int64_t d = 0; d < D; ++d)
      for (int64_t s = d < squares_D ? squares_end : s0; s < end; ++s) out[static_cast<size_t>(d * width + s)] = x[s * row + d];
  }
}

// c (M, N) = a (M, K) b (K, N) + beta c. Few queries, a step of decoding say, read b once and in order; the bits are the same.
template <class T, class W>
void product(int64_t M, int64_t N, int64_t K, const T* a, int64_t a_row, int64_t a_col, const W* b, int64_t b_row, T* c, int64_t c_row, T beta) {
  constexpr int64_t kFew = 4;
  const device::Gemm<T, W> g{.M = M, .N = N, .K = K, .a = a, .a_row = a_row, .a_col = a_col, .b = b, .b_row = b_row, .b_col = 1, .c = c, .c_row = c_row,
                             .beta = beta};
  if constexpr (!std::is_same_v<T, W>) device::few_rows(g);
  else M <= kFew && beta == 0 ? device::few_rows(g) : device::small_gemm(g);
}

// Of a single query the heads that share keys and values go together, a row each, so that those are read once.
template <class T, class N> void forward_task(const AttentionProblem<T, T, N>& all, const Heads<T>& out, int64_t b, int64_t task) {
  const AttentionProblem<T, T, N> p = all.text(b);
  Scratch<T>& w = scratch<T>();
  const int64_t heads = all.heads_together(), h0 = task * heads, g = h0 / p.group, q_row = heads > 1 ? p.q.head : p.q.row;
  const int64_t o_row = heads > 1 ? out.head : out.row;
  const bool only_causal = !p.bias && !p.key_mask && p.window == 0;
  const bool turned = p.k.column != 1;
  const N* kt = p.k.at(b, g);
  if constexpr (std::is_same_v<N, T>) {
    if (!turned) {
      transpose_rows(kt, p.k.row, p.S, p.D, w.kt);
      kt = w.kt.data();
    }
  }
  const int64_t kt_row = turned ? p.k.column : padded(p.S);
  w.scores.resize(static_cast<size_t>(kQueries * std::min(kKeys, padded(p.S))));
  for (int64_t r0 = 0; r0 < p.T_q * heads; r0 += kQueries) {
    const int64_t rows = std::min(kQueries, p.T_q * heads - r0), t0 = heads > 1 ? 0 : r0;
    const int64_t first = key_begin(p, t0), last = key_end(p, heads > 1 ? 0 : t0 + rows - 1);
    T* const o = out.at(b, h0) + r0 * o_row;
    T top[kQueries], sum[kQueries];
    std::fill_n(top, rows, -std::numeric_limits<T>::infinity());
    std::fill_n(sum, rows, T(0));
    if (last == 0)
      for (int64_t r = 0; r < rows; ++r) std::fill_n(o + r * o_row, p.D, T(0));
    for (int64_t s0 = first; s0 < last; s0 += kKeys) {
      const int64_t n = std::min(kKeys, last - s0), width = padded(n);
      product(rows, n, p.D, p.q.at(b, h0) + r0 * q_row, q_row, 1, kt + s0, kt_row, w.scores.data(), width, T(0));
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t h = heads > 1 ? h0 + r0 + r : h0, t = heads > 1 ? 0 : t0 + r;
        const T keep = softmax_row(p, only_causal, b, h, t, s0, n, s0 == first, w.scores.data() + r * width, top[r], sum[r]);
        if (s0 > first) scale_row(o + r * o_row, p.D, keep);
      }
      product(rows, p.D, n, w.scores.data(), width, 1, p.v.at(b, g) + s0 * p.v.row, p.v.row, o, o_row, T(s0 == first ? 0 : 1));
    }
    for (int64_t r = 0; r < rows; ++r) {
      scale_row(o + r * o_row, p.D, sum[r] > 0 ? 1 / sum[r] : T(0));
      p.lse[h0 * p.T_q + r0 + r] = log_sum(top[r], sum[r]);
    }
  }
}

template <class T>
void backward_head(const AttentionProblem<T>& p, const Heads<const T>& o, const Heads<const T>& d_o, const Heads<T>& dq,
                   const Heads<T>& dk, const Heads<T>& dv, int64_t b, int64_t h) {
  const hn::ScalableTag<T> d;
  Scratch<T>& w = scratch<T>();
  const int64_t g = h / p.group, full = padded(p.S);
  const bool only_causal = !p.bias && !p.key_mask && p.window == 0;
  const auto tile_size = static_cast<size_t>(kQueries * std::min(kKeys, full));
  w.scores.resize(tile_size);
  w.dscores.resize(tile_size);
  w.delta.resize(static_cast<size_t>(p.T_q));
  for (int64_t t = 0; t < p.T_q; ++t)
    w.delta[static_cast<size_t>(t)] = Dot(d, o.at(b, h) + t * o.row, d_o.at(b, h) + t * d_o.row, p.D);
  for (int64_t t0 = 0; t0 < p.T_q; t0 += kQueries) {
    const int64_t rows = std::min(kQueries, p.T_q - t0), first = key_begin(p, t0), last = key_end(p, t0 + rows - 1);
    const T* const q = p.q.at(b, h) + t0 * p.q.row;
    const T* const dy = d_o.at(b, h) + t0 * d_o.row;
    T* const dq_rows = dq.at(b, h) + t0 * dq.row;
    if (last == 0)
      for (int64_t r = 0; r < rows; ++r) std::fill_n(dq_rows + r * dq.row, p.D, T(0));
    for (int64_t s0 = first; s0 < last; s0 += kKeys) {
      const int64_t n = std::min(kKeys, last - s0), width = padded(n);
      T* const P = w.scores.data();
      T* const dS = w.dscores.data();
      product(rows, n, p.D, q, p.q.row, 1, w.kt.data() + s0, full, P, width, T(0));
      product(rows, n, p.D, dy, d_o.row, 1, w.vt.data() + s0, full, dS, width, T(0));
      for (int64_t r = 0; r < rows; ++r)
        gradient_row(p, only_causal, b, h, t0 + r, s0, n, w.delta[static_cast<size_t>(t0 + r)], P + r * width, dS + r * width);
      product(n, p.D, rows, P, 1, width, dy, d_o.row, dv.at(b, g) + s0 * dv.row, dv.row, T(1));
      product(n, p.D, rows, dS, 1, width, q, p.q.row, dk.at(b, g) + s0 * dk.row, dk.row, T(1));
      product(rows, p.D, n, dS, width, 1, p.k.at(b, g) + s0 * p.k.row, p.k.row, dq_rows, dq.row, T(s0 == first ? 0 : 1));
    }
  }
}

// A task is a head of keys and values with all the heads of queries that it serves, whose gradients add up in their order.
template <class T>
void backward_task(const AttentionProblem<T>& all, const Heads<const T>& o, const Heads<const T>& d_o, const Heads<T>& dq,
                   const Heads<T>& dk, const Heads<T>& dv, int64_t b, int64_t g) {
  const AttentionProblem<T> p = all.text(b);
  Scratch<T>& w = scratch<T>();
  if (p.dbias) std::fill_n(p.dbias + g * p.group * p.bias_width, p.group * p.bias_width, T(0));
  transpose_rows(p.k.at(b, g), p.k.row, p.S, p.D, w.kt);
  transpose_rows(p.v.at(b, g), p.v.row, p.S, p.D, w.vt);
  for (int64_t s = 0; s < p.S; ++s) {
    std::fill_n(dk.at(b, g) + s * dk.row, p.D, T(0));
    std::fill_n(dv.at(b, g) + s * dv.row, p.D, T(0));
  }
  for (int64_t h = g * p.group; h < (g + 1) * p.group; ++h) backward_head(p, o, d_o, dq, dk, dv, b, h);
}

const AttentionTable& attention_table() {
  static constexpr AttentionTable table = {.forward = {forward_task<float, float>, forward_task<double, double>}, .single = forward_task<float, Bf16>,
                                           .backward = {backward_task<float>, backward_task<double>}};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(attention_table);
const AttentionTable& tasks() { return HWY_DYNAMIC_DISPATCH(attention_table)(); }

// Keys and values are bf16; queries are, or are f32 and the single ones of a step of decoding or rounded where the unit wants it. On the unit a single
// query is rounded too: a word has one meaning in a prompt and behind it.
void attention_of_narrow(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse) {
  const bool single = q.dim(2) == 1 && options.offsets.empty() && k.strides()[3] != 1 && !is_narrow(q);
  if (device::has_amx() && !single) return narrow_attention(options, q, k, v, o, lse);
  if (single) {
    const Tensor rounded = device::has_amx() ? cast(cast(q, Dtype::bf16), Dtype::f32) : q;
    const AttentionProblem<float, float, Bf16> p = problem<float, float, Bf16>(options, rounded, k, v, lse);
    return each_head(p, p.H / p.heads_together(), [&, out = heads_of<float>(o, options.offsets), run = tasks().single](int64_t b, int64_t task) {
      run(p, out, b, task);
    });
  }
  const Tensor wide = is_narrow(o) ? o.like(o.shape(), Dtype::f32) : o;  // tiles are f32
  attention(options, cast(q, Dtype::f32), cast(k, Dtype::f32), cast(v, Dtype::f32), wide, lse);
  if (is_narrow(o)) copy_into(o, wide);
}
}  // namespace

void attention(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse) {
  if (is_narrow(k)) return attention_of_narrow(options, q, k, v, o, lse);
  visit_float("attention", q.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const AttentionProblem<T> p = problem<T>(options, q, k, v, lse);
    each_head(p, p.H / p.heads_together(), [&, out = heads_of<T>(o, options.offsets), run = tasks().forward.of<T>()](int64_t b, int64_t task) {
      run(p, out, b, task);
    });
  });
}

void attention_backward(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse,
                        const Tensor& d_o, const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dbias) {
  if (is_narrow(q) && device::has_amx()) return narrow_attention_backward(options, q, k, v, o, lse, d_o, dq, dk, dv, dbias);
  if (is_narrow(q)) {
    const auto wide = [](const Tensor& x) { return cast(x, Dtype::f32); };
    const auto room = [](const Tensor& x) { return x.like(x.shape(), Dtype::f32); };
    const Tensor to_q = room(dq), to_k = room(dk), to_v = room(dv);
    attention_backward(options, wide(q), wide(k), wide(v), wide(o), lse, wide(d_o), to_q, to_k, to_v, dbias);
    copy_into(dq, to_q), copy_into(dk, to_k), copy_into(dv, to_v);
    return;
  }
  visit_float("attention", q.dtype(), [&](auto zero) {
    using T = decltype(zero);
    AttentionProblem<T> p = problem<T>(options, q, k, v, lse);
    if (dbias.defined()) p.dbias = dbias.data<T>();
    const Heads<const T> out = heads_of<const T>(o, options.offsets), d_out = heads_of<const T>(d_o, options.offsets);
    const Heads<T> to_q = heads_of<T>(dq, options.offsets), to_k = heads_of<T>(dk, options.key_offsets), to_v = heads_of<T>(dv, options.key_offsets);
    each_head(p, p.H / p.group, [&, run = tasks().backward.of<T>()](int64_t b, int64_t h) { run(p, out, d_out, to_q, to_k, to_v, b, h); });
  });
}

}  // namespace grim::cpu
#endif
