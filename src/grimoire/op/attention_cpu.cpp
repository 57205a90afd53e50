#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/attention_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/attention_cpu.h"
#include "grimoire/op/dropout_mask-inl.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/tensor/copy.h"

#ifndef GRIM_ATTENTION_TASKS
#define GRIM_ATTENTION_TASKS
namespace grim::cpu {
// One of q, k, v, o: element (h, t, d) of text b lies at at(b, h) + t * row + d * column.
// Only keys have another column than 1, and then their row is 1: they lie turned.
template <class T> struct Heads {
  T* data = nullptr;
  int64_t batch = 0, head = 0, row = 0, column = 1;
  const int64_t* offsets = nullptr;  // of texts one behind the other
  T* at(int64_t b, int64_t h) const { return data + (offsets ? offsets[b] * row : b * batch) + h * head; }
};

template <class T> struct AttentionProblem {
  int64_t B, H, T_q, S, D;  // T_q, S: of all texts together where they lie one behind the other; text(b) has its own
  int64_t group;  // heads of queries that share one of keys and values
  bool causal;
  int64_t window;  // 0: none
  const bool* key_mask;  // (B, S) dense, or null
  double scale;
  double dropout;
  DropoutKey key;
  Heads<const T> q, k, v;
  T* lse;                  // of a text: (H, T_q)
  const T* bias;           // (H, bias_width), or null
  int64_t bias_width, bias_zero;
  const int64_t* key_lengths = nullptr;  // of a text, where they are not S
  T* dbias = nullptr;      // of a text: (H, bias_width)
  int64_t weights_width = S;  // of the rows in which dropout counts the weights
  uint64_t first_row = 0;     // of the text, among those rows

  int64_t heads_together() const { return T_q == 1 && !q.offsets ? group : 1; }  // in a task of the forward pass
  AttentionProblem text(int64_t b) const {
    AttentionProblem own = *this;
    if (q.offsets) {
      own.T_q = q.offsets[b + 1] - q.offsets[b];
      own.S = k.offsets[b + 1] - k.offsets[b];
    }
    if (key_lengths) own.S = key_lengths[b];
    const int64_t before = H * (q.offsets ? q.offsets[b] : b * T_q);
    own.first_row = static_cast<uint64_t>(before);
    own.lse = lse + before;
    if (dbias) own.dbias = dbias + b * H * bias_width;
    return own;
  }
};

template <class T> using ForwardTask = void (*)(const AttentionProblem<T>& all, const Heads<T>& o, int64_t b, int64_t task);
template <class T>
using BackwardTask = void (*)(const AttentionProblem<T>& all, const Heads<const T>& o, const Heads<const T>& d_o, const Heads<T>& dq,
                              const Heads<T>& dk, const Heads<T>& dv, int64_t b, int64_t h);
struct AttentionTable {
  ByDtype<ForwardTask<float>, ForwardTask<double>> forward;
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

int64_t padded(int64_t n) { return (n + 15) / 16 * 16; }

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
template <class T>
void product(int64_t M, int64_t N, int64_t K, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c,
             int64_t c_row, T beta) {
  constexpr int64_t kFew = 4;
  const device::Gemm<T> g{.M = M, .N = N, .K = K, .a = a, .a_row = a_row, .a_col = a_col, .b = b, .b_row = b_row, .b_col = 1, .c = c, .c_row = c_row,
                          .beta = beta};
  M <= kFew && beta == 0 ? device::few_rows(g) : device::small_gemm(g);
}

// The keys that query t may see end here.
template <class T> int64_t key_end(const AttentionProblem<T>& p, int64_t t) {
  return p.causal ? std::clamp<int64_t>(t + 1 + p.S - p.T_q, 0, p.S) : p.S;
}

// And begin here, which is no later than for any query after it.
template <class T> int64_t key_begin(const AttentionProblem<T>& p, int64_t t) {
  return p.window > 0 ? std::clamp<int64_t>(t + 1 + p.S - p.T_q - p.window, 0, p.S) : 0;
}

// Index of weight (h, t, s) of the text in the dropout stream.
template <class T> uint64_t weight_index(const AttentionProblem<T>& p, int64_t h, int64_t t, int64_t s) {
  return (p.first_row + static_cast<uint64_t>(h * p.T_q + t)) * static_cast<uint64_t>(padded(p.weights_width)) + static_cast<uint64_t>(s);
}

// Of row t the columns [begin, end) of [s0, s0 + n) that it may see, key_mask apart, and where the bias of the first of them lies.
struct Seen {
  int64_t begin, end, bias;
};
template <class T> Seen seen(const AttentionProblem<T>& p, int64_t h, int64_t t, int64_t s0, int64_t n) {
  const int64_t begin = std::clamp<int64_t>(key_begin(p, t) - s0, 0, n), end = std::clamp<int64_t>(key_end(p, t) - s0, begin, n);
  return {begin, end, h * p.bias_width + p.bias_zero + s0 + begin - (t + p.S - p.T_q)};
}

// Unseen keys of row t in columns [s0, s0 + n) become -inf, and the others get their bias: scale * score + bias.
template <class T> HWY_NOINLINE void mark_keys(const AttentionProblem<T>& p, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, T* row) {
  constexpr T kHidden = -std::numeric_limits<T>::infinity();
  const Seen s = seen(p, h, t, s0, n);
  if (p.bias) {
    const hn::ScalableTag<T> d;
    const auto scale = hn::Set(d, static_cast<T>(p.scale));
    MapInto(d, row + s.begin, p.bias + s.bias, row + s.begin, s.end - s.begin, T(0), [&](auto x, auto bias) HWY_ATTR { return hn::MulAdd(x, scale, bias); });
  }
  std::fill_n(row, s.begin, kHidden);
  std::fill(row + s.end, row + n, kHidden);
  if (p.key_mask)
    for (int64_t i = 0; i < n; ++i)
      if (!p.key_mask[b * p.S + s0 + i]) row[i] = kHidden;
}

// The same, where no more is asked than that none looks ahead: most rows of most models.
template <class T> HWY_INLINE void mark_row(const AttentionProblem<T>& p, bool only_causal, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, T* row) {
  if (!only_causal) return mark_keys(p, b, h, t, s0, n, row);
  for (int64_t s = std::max<int64_t>(0, key_end(p, t) - s0); s < n; ++s) row[s] = -std::numeric_limits<T>::infinity();
}

// The running softmax (Milakov and Gimelshein 2018): per row the largest score so far and the sum of exponentials below it;
// when a later tile raises the maximum, what was summed before shrinks by exp(old - new).
// Of a single query the heads that share keys and values go together, a row each, so that those are read once.
template <class T> void forward_task(const AttentionProblem<T>& all, const Heads<T>& out, int64_t b, int64_t task) {
  const hn::ScalableTag<T> d;
  const AttentionProblem<T> p = all.text(b);
  Scratch<T>& w = scratch<T>();
  const int64_t heads = all.heads_together(), h0 = task * heads, g = h0 / p.group, q_row = heads > 1 ? p.q.head : p.q.row;
  const int64_t o_row = heads > 1 ? out.head : out.row;
  const bool only_causal = !p.bias && !p.key_mask && p.window == 0;
  const bool turned = p.k.column != 1;
  if (!turned) transpose_rows(p.k.at(b, g), p.k.row, p.S, p.D, w.kt);
  const T* const kt = turned ? p.k.at(b, g) : w.kt.data();
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
        T* const row = w.scores.data() + r * width;
        const int64_t h = heads > 1 ? h0 + r0 + r : h0, t = heads > 1 ? 0 : t0 + r;
        mark_row(p, only_causal, b, h, t, s0, n, row);
        const T scale = p.bias ? T(1) : static_cast<T>(p.scale), peak = std::max(top[r], RowMax(d, row, n) * scale);
        const T shift = std::isinf(peak) && peak < 0 ? T(0) : peak;  // a row without a visible key stays all zero
        const auto vs = hn::Set(d, scale), vp = hn::Set(d, shift);
        Map(d, row, row, n, [&](auto x) HWY_ATTR { return Exp(d, hn::MulSub(x, vs, vp)); });
        const T keep = s0 == first ? T(0) : std::exp(top[r] - shift);
        sum[r] = sum[r] * keep + OpenRowSum(d, row, n);  // the same however many hidden keys follow
        top[r] = shift;
        if (s0 > first)
          Map(d, o + r * o_row, o + r * o_row, p.D, [&](auto x) HWY_ATTR { return hn::Mul(x, hn::Set(d, keep)); });
        if (p.dropout > 0) DropRow(d, row, n, p.dropout, p.key, weight_index(p, h, t, s0));
      }
      product(rows, p.D, n, w.scores.data(), width, 1, p.v.at(b, g) + s0 * p.v.row, p.v.row, o, o_row, T(s0 == first ? 0 : 1));
    }
    for (int64_t r = 0; r < rows; ++r) {
      const T share = sum[r] > 0 ? 1 / sum[r] : T(0);
      Map(d, o + r * o_row, o + r * o_row, p.D, [&](auto x) HWY_ATTR { return hn::Mul(x, hn::Set(d, share)); });
      p.lse[h0 * p.T_q + r0 + r] = sum[r] > 0 ? top[r] + std::log(sum[r]) : std::numeric_limits<T>::infinity();
    }
  }
}

// drow = scale row (drow - delta)
template <class D, class V> HWY_INLINE void score_gradient(D d, const hn::TFromD<D>* row, hn::TFromD<D>* drow, int64_t n, V scale, V delta) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Mul(hn::Mul(hn::LoadU(d, row + i), scale), hn::Sub(hn::LoadU(d, drow + i), delta)), d, drow + i);
  if (i < n)
    StoreSome(hn::Mul(hn::Mul(LoadSome(d, row + i, n - i), scale), hn::Sub(LoadSome(d, drow + i, n - i), delta)), d, drow + i, n - i);
}

// drow holds scale dS.
template <class T> HWY_NOINLINE void add_bias_gradient(const AttentionProblem<T>& p, int64_t h, int64_t t, int64_t s0, int64_t n, const T* drow) {
  const Seen s = seen(p, h, t, s0, n);
  const hn::ScalableTag<T> d;
  const auto unscale = hn::Set(d, static_cast<T>(1 / p.scale));
  T* const sums = p.dbias + s.bias;
  MapInto(d, drow + s.begin, sums, sums, s.end - s.begin, T(0), [&](auto x, auto sum) HWY_ATTR { return hn::MulAdd(x, unscale, sum); });
}

// With P = softmax(scale q k'), o = P v and delta_t = sum_d do_td o_td (Dao et al. 2022, appendix B.4):
//   dv = P' do,   dP = do v',   dS = P (dP - delta),   dq = scale dS k,   dk = scale dS' q.
// Dropout multiplies P by a mask M where it meets v, so M enters dv's P and dP; delta is unchanged. A bias is added to the scaled scores: its
// gradient is dS, summed over all pairs of one distance.
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
  const auto scale = hn::Set(d, static_cast<T>(p.scale)), exp_scale = p.bias ? hn::Set(d, T(1)) : scale;
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
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t t = t0 + r;
        T* const row = P + r * width;
        T* const drow = dS + r * width;
        mark_row(p, only_causal, b, h, t, s0, n, row);
        const auto lse = hn::Set(d, p.lse[h * p.T_q + t]), delta = hn::Set(d, w.delta[static_cast<size_t>(t)]);
        Map(d, row, row, n, [&](auto x) HWY_ATTR { return Exp(d, hn::MulSub(x, exp_scale, lse)); });
        if (p.dropout > 0) DropRow(d, drow, n, p.dropout, p.key, weight_index(p, h, t, s0));
        score_gradient(d, row, drow, n, scale, delta);
        if (p.dbias) add_bias_gradient(p, h, t, s0, n, drow);
        if (p.dropout > 0) DropRow(d, row, n, p.dropout, p.key, weight_index(p, h, t, s0));
      }
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
  static constexpr AttentionTable table = {.forward = {forward_task<float>, forward_task<double>},
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

template <class T> Heads<T> heads_of(const Tensor& x, const std::vector<int64_t>& offsets) {
  const int64_t column = x.shape()[3] == 1 ? 1 : x.strides()[3];
  return {x.data<std::remove_const_t<T>>(), x.strides()[0], x.strides()[1], x.strides()[2], column, offsets.empty() ? nullptr : offsets.data()};
}

template <class T>
AttentionProblem<T> problem(const AttentionOptions& o, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& lse) {
  const int64_t texts = o.offsets.empty() ? q.dim(0) : static_cast<int64_t>(o.offsets.size()) - 1;
  const bool biased = o.distance_bias.defined();
  return {.B = texts, .H = q.dim(1), .T_q = q.dim(2), .S = k.dim(2), .D = q.dim(3), .group = q.dim(1) / k.dim(1),
          .causal = o.mask == AttentionMask::causal, .window = o.window,
          .key_mask = o.key_mask.defined() ? o.key_mask.data<bool>() : nullptr,
          .scale = o.scale > 0 ? o.scale : 1 / std::sqrt(static_cast<double>(q.dim(3))),
          .dropout = o.dropout, .key = o.key,
          .q = heads_of<const T>(q, o.offsets), .k = heads_of<const T>(k, o.key_offsets), .v = heads_of<const T>(v, o.key_offsets), .lse = lse.data<T>(),
          .bias = biased ? o.distance_bias.data<T>() : nullptr, .bias_width = biased ? o.distance_bias.dim(1) : 0, .bias_zero = o.distance_zero,
          .key_lengths = o.key_lengths.empty() ? nullptr : o.key_lengths.data()};
}

template <class T, class F> void each_head(const AttentionProblem<T>& p, int64_t heads, F&& task) {
  const int64_t rows = p.q.offsets ? p.T_q / std::max<int64_t>(1, p.B) : p.T_q, keys = p.k.offsets ? p.S / std::max<int64_t>(1, p.B) : p.S;
  const int64_t most = rows == 1 ? 100000 : 1000000;  // about 20 us of work; a single query waits for memory
  const int64_t each = std::max<int64_t>(1, most / (rows * keys * p.D + 1));
  device::parallel_for(p.B * heads, each, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) task(i / heads, i % heads);
  });
}
}  // namespace

void attention(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse) {
  if (is_narrow(q)) {  // tiles are f32
    const Tensor wide = o.like(o.shape(), Dtype::f32);
    attention(options, cast(q, Dtype::f32), cast(k, Dtype::f32), cast(v, Dtype::f32), wide, lse);
    return copy_into(o, wide);
  }
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
