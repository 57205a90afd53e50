// What the kernels of attention share: where heads lie, which keys a query sees, the running softmax of a row and its gradient.

#ifndef GRIM_ATTENTION_PROBLEM
#define GRIM_ATTENTION_PROBLEM

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "grimoire/device/threads.h"
#include "grimoire/op/attention.h"

namespace grim::cpu {

// One of q, k, v, o: element (h, t, d) of text b lies at at(b, h) + t * row + d * column.
// Only keys have another column than 1, and then their row is 1: they lie turned.
template <class T> struct Heads {
  T* data = nullptr;
  int64_t batch = 0, head = 0, row = 0, column = 1;
  const int64_t* offsets = nullptr;  // of texts one behind the other
  T* at(int64_t b, int64_t h) const { return data + (offsets ? offsets[b] * row : b * batch) + h * head; }
};

// T: the numbers of what is computed, Q of queries, N of keys and values.
template <class T, class Q = T, class N = Q> struct AttentionProblem {
  int64_t B, H, T_q, S, D;  // T_q, S: of all texts together where they lie one behind the other; text(b) has its own
  int64_t group;  // heads of queries that share one of keys and values
  bool causal;
  int64_t window;  // 0: none
  const bool* key_mask;  // (B, S) dense, or null
  double scale;
  double dropout;
  DropoutKey key;
  Heads<const Q> q;
  Heads<const N> k, v;
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

template <class T> Heads<T> heads_of(const Tensor& x, const std::vector<int64_t>& offsets) {
  const int64_t column = x.shape()[3] == 1 ? 1 : x.strides()[3];
  return {x.data<std::remove_const_t<T>>(), x.strides()[0], x.strides()[1], x.strides()[2], column, offsets.empty() ? nullptr : offsets.data()};
}

template <class T, class Q = T, class N = Q>
AttentionProblem<T, Q, N> problem(const AttentionOptions& o, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& lse) {
  const int64_t texts = o.offsets.empty() ? q.dim(0) : static_cast<int64_t>(o.offsets.size()) - 1;
  const bool biased = o.distance_bias.defined();
  return {.B = texts, .H = q.dim(1), .T_q = q.dim(2), .S = k.dim(2), .D = q.dim(3), .group = q.dim(1) / k.dim(1),
          .causal = o.mask == AttentionMask::causal, .window = o.window,
          .key_mask = o.key_mask.defined() ? o.key_mask.data<bool>() : nullptr,
          .scale = o.scale > 0 ? o.scale : 1 / std::sqrt(static_cast<double>(q.dim(3))),
          .dropout = o.dropout, .key = o.key,
          .q = heads_of<const Q>(q, o.offsets), .k = heads_of<const N>(k, o.key_offsets), .v = heads_of<const N>(v, o.key_offsets), .lse = lse.data<T>(),
          .bias = biased ? o.distance_bias.data<T>() : nullptr, .bias_width = biased ? o.distance_bias.dim(1) : 0, .bias_zero = o.distance_zero,
          .key_lengths = o.key_lengths.empty() ? nullptr : o.key_lengths.data()};
}

template <class Problem, class F> void each_head(const Problem& p, int64_t heads, F&& task) {
  const int64_t rows = p.q.offsets ? p.T_q / std::max<int64_t>(1, p.B) : p.T_q, keys = p.k.offsets ? p.S / std::max<int64_t>(1, p.B) : p.S;
  const int64_t most = rows == 1 ? 100000 : 1000000;  // about 20 us of work; a single query waits for memory
  const int64_t each = std::max<int64_t>(1, most / (rows * keys * p.D + 1));
  device::parallel_for(p.B * heads, each, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) task(i / heads, i % heads);
  });
}

}  // namespace grim::cpu

#endif

#if defined(GRIM_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRIM_ATTENTION_INL_H_
#undef GRIM_ATTENTION_INL_H_
#else
#define GRIM_ATTENTION_INL_H_
#endif

#include "grimoire/op/dropout_mask-inl.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

inline int64_t padded(int64_t n) { return (n + 15) / 16 * 16; }

// The keys that query t may see end here.
template <class P> int64_t key_end(const P& p, int64_t t) {
  return p.causal ? std::clamp<int64_t>(t + 1 + p.S - p.T_q, 0, p.S) : p.S;
}

// And begin here, which is no later than for any query after it.
template <class P> int64_t key_begin(const P& p, int64_t t) {
  return p.window > 0 ? std::clamp<int64_t>(t + 1 + p.S - p.T_q - p.window, 0, p.S) : 0;
}

// Index of weight (h, t, s) of the text in the dropout stream.
template <class P> uint64_t weight_index(const P& p, int64_t h, int64_t t, int64_t s) {
  return (p.first_row + static_cast<uint64_t>(h * p.T_q + t)) * static_cast<uint64_t>(padded(p.weights_width)) + static_cast<uint64_t>(s);
}

// Of row t the columns [begin, end) of [s0, s0 + n) that it may see, key_mask apart, and where the bias of the first of them lies.
struct Seen {
  int64_t begin, end, bias;
};
template <class P> Seen seen(const P& p, int64_t h, int64_t t, int64_t s0, int64_t n) {
  const int64_t begin = std::clamp<int64_t>(key_begin(p, t) - s0, 0, n), end = std::clamp<int64_t>(key_end(p, t) - s0, begin, n);
  return {begin, end, h * p.bias_width + p.bias_zero + s0 + begin - (t + p.S - p.T_q)};
}

// Unseen keys of row t in columns [s0, s0 + n) become -inf, and the others get their bias: scale * score + bias.
template <class P, class T> HWY_NOINLINE void mark_keys(const P& p, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, T* row) {
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
template <class P, class T> HWY_INLINE void mark_row(const P& p, bool only_causal, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, T* row) {
  if (!only_causal) return mark_keys(p, b, h, t, s0, n, row);
  for (int64_t s = std::max<int64_t>(0, key_end(p, t) - s0); s < n; ++s) row[s] = -std::numeric_limits<T>::infinity();
}

// Adds the scores of a tile to the running softmax of row t (Milakov and Gimelshein 2018), which keeps the largest score so far and the sum of
// exponentials below it: `row` becomes the exponentials, by dropout multiplied. Returns the share that is left of what earlier tiles brought.
template <class P, class T>
HWY_INLINE T softmax_row(const P& p, bool only_causal, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, bool first, T* row, T& top, T& sum) {
  const hn::ScalableTag<T> d;
  mark_row(p, only_causal, b, h, t, s0, n, row);
  const T scale = p.bias ? T(1) : static_cast<T>(p.scale), peak = std::max(top, RowMax(d, row, n) * scale);
  const T shift = std::isinf(peak) && peak < 0 ? T(0) : peak;  // a row without a visible key stays all zero
  const auto vs = hn::Set(d, scale), vp = hn::Set(d, shift);
  Map(d, row, row, n, [&](auto x) HWY_ATTR { return Exp(d, hn::MulSub(x, vs, vp)); });
  const T keep = first ? T(0) : std::exp(top - shift);
  sum = sum * keep + OpenRowSum(d, row, n);  // the same however many hidden keys follow
  top = peak;
  if (p.dropout > 0) DropRow(d, row, n, p.dropout, p.key, weight_index(p, h, t, s0));
  return keep;
}
template <class T> HWY_INLINE void scale_row(T* row, int64_t n, T factor) {
  const hn::ScalableTag<T> d;
  Map(d, row, row, n, [&](auto x) HWY_ATTR { return hn::Mul(x, hn::Set(d, factor)); });
}
// The log of all exponentials of a row.
template <class T> T log_sum(T top, T sum) { return sum > 0 ? top + std::log(sum) : std::numeric_limits<T>::infinity(); }

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
template <class P, class T> HWY_NOINLINE void add_bias_gradient(const P& p, int64_t h, int64_t t, int64_t s0, int64_t n, const T* drow) {
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
// Of row t from scores and dP: what enters dv, and scale dS.
template <class P, class T>
HWY_INLINE void gradient_row(const P& p, bool only_causal, int64_t b, int64_t h, int64_t t, int64_t s0, int64_t n, T delta, T* row, T* drow) {
  const hn::ScalableTag<T> d;
  mark_row(p, only_causal, b, h, t, s0, n, row);
  const auto scale = hn::Set(d, static_cast<T>(p.scale)), exp_scale = p.bias ? hn::Set(d, T(1)) : scale, lse = hn::Set(d, p.lse[h * p.T_q + t]);
  Map(d, row, row, n, [&](auto x) HWY_ATTR { return Exp(d, hn::MulSub(x, exp_scale, lse)); });
  if (p.dropout > 0) DropRow(d, drow, n, p.dropout, p.key, weight_index(p, h, t, s0));
  score_gradient(d, row, drow, n, scale, hn::Set(d, delta));
  if (p.dbias) add_bias_gradient(p, h, t, s0, n, drow);
  if (p.dropout > 0) DropRow(d, row, n, p.dropout, p.key, weight_index(p, h, t, s0));
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
