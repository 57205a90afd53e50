#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/norm_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/norm_cpu.h"
#include "grimoire/op/simd-inl.h"

#ifndef GRIM_NORM_ROWS
#define GRIM_NORM_ROWS
namespace grim::cpu {
template <class T> struct RowNorm {
  Centre centre;
  int64_t N, C;
  double eps;
  const T *x, *weight, *bias;
  T *y, *mean, *rstd;
};
template <class T> struct RowNormBackward {
  Centre centre;
  int64_t N, C;
  const T *x, *weight, *mean, *rstd, *dy;
  T *dx, *dweight, *dbias;  // null where none is wanted
  T beta_x, beta_weight, beta_bias;
};
template <class T> struct ColumnNorm {
  int64_t N, C;
  double eps, divisor;
  const T *x, *weight, *bias;
  T *y, *mean, *rstd;
};
template <class T> struct ColumnNormBackward {
  int64_t N, C;
  double divisor;
  const T *x, *weight, *mean, *rstd, *dy;
  T *dx, *dweight, *dbias;
};

template <class P, class... Sums> using RangeOf = void (*)(const P& p, int64_t begin, int64_t end, Sums... sums);
struct NormTable {
  ByDtype<RangeOf<RowNorm<float>>, RangeOf<RowNorm<double>>> rows;
  ByDtype<RangeOf<RowNormBackward<float>, float*, float*>, RangeOf<RowNormBackward<double>, double*, double*>> rows_backward;
  ByDtype<RangeOf<ColumnNorm<float>>, RangeOf<ColumnNorm<double>>> columns;
  ByDtype<RangeOf<ColumnNormBackward<float>>, RangeOf<ColumnNormBackward<double>>> columns_backward;
};
}  // namespace grim::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

constexpr int64_t kBlock = 4096;  // rows of a column added in T before their sum joins the others'

template <class T> struct Moments {
  T mean, rstd;
};

// Can the sum of n squared deviations be trusted? Not when it left T's range, nor when the deviations are no larger than the rounding of
// their mean, as they are for a constant.
template <class T> class Trust {
 public:
  explicit Trust(int64_t n) {
    const T count = static_cast<T>(n), additions = static_cast<T>(n < kBlock ? n : kBlock);
    const T noise = (4 + additions / 2) * Limits::epsilon();
    noise_ = count * (noise * noise), least_ = count * (Limits::min() / Limits::epsilon());
  }
  bool operator()(T squares, T mean) const { return squares > noise_ * (mean * mean) && squares > least_ && squares <= Limits::max(); }

 private:
  using Limits = std::numeric_limits<T>;
  T noise_, least_;
};

// The moments once more, in float64 on x / s, s the power of two below the largest |x|, from a mean that is corrected by the mean of what it
// leaves. Where a number is not finite nothing can be said better, and `plain` stays.
template <class T>
Moments<T> careful_moments(const T* x, int64_t n, int64_t step, Centre centre, double divisor, double eps, Moments<T> plain) {
  double top = 0;
  bool constant = true;
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(x[i * step])) return plain;
    top = std::max(top, std::abs(static_cast<double>(x[i * step])));
    constant = constant && x[i * step] == x[0];
  }
  if (top == 0) return plain;
  if (constant && centre == Centre::yes) return {x[0], static_cast<T>(1 / std::sqrt(eps))};
  const double s = std::ldexp(1.0, std::ilogb(top));
  const auto scaled = [&](int64_t i) { return static_cast<double>(x[i * step]) / s; };
  double mean = 0, squares = 0;
  for (int pass = 0; centre == Centre::yes && pass < 2; ++pass) {
    double left = 0;
    for (int64_t i = 0; i < n; ++i) left += scaled(i) - mean;
    mean += left / static_cast<double>(n);
  }
  for (int64_t i = 0; i < n; ++i) squares += (scaled(i) - mean) * (scaled(i) - mean);
  return {static_cast<T>(mean * s), static_cast<T>(1 / std::hypot(s * std::sqrt(squares / divisor), std::sqrt(eps)))};
}

template <class T> void forward_rows(const RowNorm<T>& p, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const Trust<T> trusted(p.C);
  for (int64_t r = begin; r < end; ++r) {
    const T* const x = p.x + r * p.C;
    T* const y = p.y + r * p.C;
    T mean = p.centre == Centre::yes ? RowSum(d, x, p.C) / static_cast<T>(p.C) : T(0);
    const T squares = RowSumOf(d, x, p.C, [about = hn::Set(d, mean)](auto v) HWY_ATTR {
      const auto c = hn::Sub(v, about);
      return hn::Mul(c, c);
    });
    T rstd = T(1) / std::sqrt(squares / static_cast<T>(p.C) + static_cast<T>(p.eps));
    if (!trusted(squares, mean)) [[unlikely]] {
      const Moments<T> better = careful_moments<T>(x, p.C, 1, p.centre, static_cast<double>(p.C), p.eps, {mean, rstd});
      mean = p.centre == Centre::yes ? better.mean : T(0), rstd = better.rstd;
    }
    const auto m = hn::Set(d, mean), s = hn::Set(d, rstd);
    EachVector(d, p.C, [&](int64_t i, int64_t n) HWY_ATTR {
      auto v = hn::Mul(hn::Sub(Get(d, x + i, n), m), s);
      if (p.weight) v = hn::Mul(v, Get(d, p.weight + i, n));
      if (p.bias) v = hn::Add(v, Get(d, p.bias + i, n));
      Put(v, d, y + i, n);
    });
    p.mean[r] = mean;
    p.rstd[r] = rstd;
  }
}

// With xhat = (x - mean) rstd and g = dy weight:
//   dx = rstd (g - mean(g) - xhat mean(g xhat));  without centring the middle term is absent.
//   dweight = sum over rows of dy xhat,  dbias = sum over rows of dy.
template <class T>
void backward_rows(const RowNormBackward<T>& p, int64_t begin, int64_t end, T* dweight, T* dbias) {
  const hn::ScalableTag<T> d;
  const T share = T(1) / static_cast<T>(p.C);
  for (int64_t r = begin; r < end; ++r) {
    const T* const x = p.x + r * p.C;
    const T* const dy = p.dy + r * p.C;
    const auto m = hn::Set(d, p.mean[r]), s = hn::Set(d, p.rstd[r]);
    auto sum_g = hn::Zero(d), sum_gx = hn::Zero(d);
    EachVector(d, p.C, [&](int64_t i, int64_t n) HWY_ATTR {
      const auto xhat = hn::Mul(hn::Sub(Get(d, x + i, n), m), s);
      const auto up = Get(d, dy + i, n);  // lanes past the end are zero
      const auto g = p.weight ? hn::Mul(up, Get(d, p.weight + i, n)) : up;
      sum_g = hn::Add(sum_g, g);
      sum_gx = hn::MulAdd(g, xhat, sum_gx);
      if (dweight) Put(hn::MulAdd(up, xhat, Get(d, dweight + i, n)), d, dweight + i, n);
      if (dbias) Put(hn::Add(up, Get(d, dbias + i, n)), d, dbias + i, n);
    });
    if (!p.dx) continue;
    T* const dx = p.dx + r * p.C;
    const auto mean_g = hn::Set(d, p.centre == Centre::yes ? SumLanes(d, sum_g) * share : T(0));
    const auto mean_gx = hn::Set(d, SumLanes(d, sum_gx) * share);
    EachVector(d, p.C, [&](int64_t i, int64_t n) HWY_ATTR {
      const auto xhat = hn::Mul(hn::Sub(Get(d, x + i, n), m), s);
      const auto up = Get(d, dy + i, n);
      const auto g = p.weight ? hn::Mul(up, Get(d, p.weight + i, n)) : up;
      auto v = hn::Mul(s, hn::NegMulAdd(xhat, mean_gx, hn::Sub(g, mean_g)));
      if (p.beta_x != T(0)) v = hn::Add(v, Get(d, dx + i, n));
      Put(v, d, dx + i, n);
    });
  }
}

// Columns c to c + n whose squares cannot be trusted get their moments once more.
template <class T, class V> void improve_columns(const ColumnNorm<T>& p, int64_t c, int64_t n, V squares, V& mean, V& rstd) {
  const hn::ScalableTag<T> d;
  const Trust<T> trusted(p.N);
  HWY_ALIGN T sum2[hn::MaxLanes(d)], m[hn::MaxLanes(d)], s[hn::MaxLanes(d)];
  hn::Store(squares, d, sum2), hn::Store(mean, d, m), hn::Store(rstd, d, s);
  bool changed = false;
  for (int64_t l = 0; l < n; ++l) {
    if (trusted(sum2[l], m[l])) continue;
    const Moments<T> better = careful_moments<T>(p.x + c + l, p.N, p.C, Centre::yes, p.divisor, p.eps, {m[l], s[l]});
    m[l] = better.mean, s[l] = better.rstd, changed = true;
  }
  if (changed) mean = hn::Load(d, m), rstd = hn::Load(d, s);
}

template <class T> void forward_columns(const ColumnNorm<T>& p, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const auto share = hn::Set(d, static_cast<T>(1.0 / static_cast<double>(p.N)));
  EachVector(d, end - begin, [&](int64_t i, int64_t n) HWY_ATTR {
    const int64_t c = begin + i;
    const auto down = [&](auto&& add) HWY_ATTR {  // add(x, sum) over the column, in blocks
      auto total = hn::Zero(d);
      for (int64_t block = 0; block < p.N; block += kBlock) {
        auto sum = hn::Zero(d);
        for (int64_t r = block; r < std::min(p.N, block + kBlock); ++r) sum = add(Get(d, p.x + r * p.C + c, n), sum);
        total = hn::Add(total, sum);
      }
      return total;
    };
    auto mean = hn::Mul(down([](auto v, auto sum) HWY_ATTR { return hn::Add(sum, v); }), share);
    const auto squares = down([mean](auto v, auto sum) HWY_ATTR { return hn::MulAdd(hn::Sub(v, mean), hn::Sub(v, mean), sum); });
    const auto var = hn::Div(squares, hn::Set(d, static_cast<T>(p.divisor)));
    auto rstd = hn::Div(hn::Set(d, T(1)), hn::Sqrt(hn::Add(var, hn::Set(d, static_cast<T>(p.eps)))));
    improve_columns(p, c, n, squares, mean, rstd);
    const auto gain = p.weight ? hn::Mul(rstd, Get(d, p.weight + c, n)) : rstd;
    const auto shift = p.bias ? Get(d, p.bias + c, n) : hn::Zero(d);
    for (int64_t r = 0; r < p.N; ++r)
      Put(hn::MulAdd(hn::Sub(Get(d, p.x + r * p.C + c, n), mean), gain, shift), d, p.y + r * p.C + c, n);
    Put(mean, d, p.mean + c, n);
    Put(rstd, d, p.rstd + c, n);
  });
}

// As for rows, with sums down the column: dx = rstd weight (dy - sum(dy) / n - xhat sum(dy xhat) / divisor).
template <class T> void backward_columns(const ColumnNormBackward<T>& p, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  EachVector(d, end - begin, [&](int64_t i, int64_t n) HWY_ATTR {
    const int64_t c = begin + i;
    const auto mean = Get(d, p.mean + c, n), rstd = Get(d, p.rstd + c, n);
    auto sum = hn::Zero(d), sum_x = hn::Zero(d);
    for (int64_t block = 0; block < p.N; block += kBlock) {
      auto part = hn::Zero(d), part_x = hn::Zero(d);
      for (int64_t r = block; r < std::min(p.N, block + kBlock); ++r) {
        const auto dy = Get(d, p.dy + r * p.C + c, n);
        part = hn::Add(part, dy);
        part_x = hn::MulAdd(dy, hn::Mul(hn::Sub(Get(d, p.x + r * p.C + c, n), mean), rstd), part_x);
      }
      sum = hn::Add(sum, part), sum_x = hn::Add(sum_x, part_x);
    }
    if (p.dbias) Put(sum, d, p.dbias + c, n);
    if (p.dweight) Put(sum_x, d, p.dweight + c, n);
    if (!p.dx) return;
    const auto gain = p.weight ? hn::Mul(rstd, Get(d, p.weight + c, n)) : rstd;
    const auto a = hn::Mul(sum, hn::Set(d, static_cast<T>(1.0 / static_cast<double>(p.N))));
    const auto b = hn::Mul(sum_x, hn::Set(d, static_cast<T>(1.0 / p.divisor)));
    for (int64_t r = 0; r < p.N; ++r) {
      const auto xhat = hn::Mul(hn::Sub(Get(d, p.x + r * p.C + c, n), mean), rstd);
      const auto dy = Get(d, p.dy + r * p.C + c, n);
      Put(hn::Mul(gain, hn::NegMulAdd(xhat, b, hn::Sub(dy, a))), d, p.dx + r * p.C + c, n);
    }
  });
}

const NormTable& norm_table() {
  static constexpr NormTable table = {.rows = {forward_rows<float>, forward_rows<double>},
                                      .rows_backward = {backward_rows<float>, backward_rows<double>},
                                      .columns = {forward_columns<float>, forward_columns<double>},
                                      .columns_backward = {backward_columns<float>, backward_columns<double>}};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(norm_table);
const NormTable& norms() { return HWY_DYNAMIC_DISPATCH(norm_table)(); }

constexpr int64_t kGrain = 32768;  // elements
int64_t rows_each(int64_t C) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(C, 1)); }
int64_t columns_each(int64_t N) { return std::max<int64_t>(64, kGrain / std::max<int64_t>(N, 1) / 64 * 64); }
int64_t rows_of(const Tensor& x) { return x.shape().back() ? x.numel() / x.shape().back() : 0; }

// total = beta * total + the blocks' sums, in block order; block b's sums start at sums + b * step.
template <class T> void gather_blocks(const T* sums, int64_t blocks, int64_t step, int64_t C, T beta, T* total) {
  for (int64_t c = 0; c < C; ++c) {
    T sum = beta == T(0) ? T(0) : beta * total[c];
    for (int64_t b = 0; b < blocks; ++b) sum += sums[b * step + c];
    total[c] = sum;
  }
}

// run(begin, end, dweight, dbias) for rows in blocks of a size that depends on the shape alone; each block sums its own dweight and dbias.
template <class T, class F> void backward_in_blocks(const RowNormBackward<T>& p, F&& run) {
  const int64_t each = 2 * rows_each(p.C), blocks = (p.N + each - 1) / each;
  static thread_local std::vector<T> scratch;
  scratch.assign(static_cast<size_t>(blocks * 2 * p.C), T(0));
  T* const sums = scratch.data();
  device::for_chunks(blocks, [&](int64_t b) {
    T* const mine = sums + b * 2 * p.C;
    run(b * each, std::min(p.N, (b + 1) * each), p.dweight ? mine : nullptr, p.dbias ? mine + p.C : nullptr);
  });
  if (p.dweight) gather_blocks(sums, blocks, 2 * p.C, p.C, p.beta_weight, p.dweight);
  if (p.dbias) gather_blocks(sums + p.C, blocks, 2 * p.C, p.C, p.beta_bias, p.dbias);
}
}  // namespace

namespace {
// Of bf16 a row at a time, widened; the statistics and all but x, y and their gradients are f32.
void narrow_row_norm(const RowNorm<float>& p, const Tensor& x, const Tensor& y) {
  device::parallel_for(p.N, rows_each(p.C), [&, run = norms().rows.of<float>()](int64_t begin, int64_t end) {
    static thread_local std::vector<float> from, to;
    from.resize(static_cast<size_t>(p.C)), to.resize(static_cast<size_t>(p.C));
    for (int64_t r = begin; r < end; ++r) {
      RowNorm<float> one = p;
      one.N = 1, one.x = from.data(), one.y = to.data(), one.mean += r, one.rstd += r;
      device::widen(x.data<Bf16>() + r * p.C, p.C, from.data());
      run(one, 0, 1);
      device::narrow(to.data(), p.C, y.data<Bf16>() + r * p.C);
    }
  });
}

void narrow_row_norm_backward(RowNormBackward<float> p, const Tensor& x, const Tensor& dy, const Tensor& dx) {
  backward_in_blocks(p, [&, run = norms().rows_backward.of<float>()](int64_t begin, int64_t end, float* dweight, float* dbias) {
    static thread_local std::vector<float> at, from, to;
    for (auto* const row : {&at, &from, &to}) row->resize(static_cast<size_t>(p.C));
    for (int64_t r = begin; r < end; ++r) {
      RowNormBackward<float> one = p;
      one.N = 1, one.x = at.data(), one.dy = from.data(), one.mean += r, one.rstd += r;
      device::widen(x.data<Bf16>() + r * p.C, p.C, at.data());
      device::widen(dy.data<Bf16>() + r * p.C, p.C, from.data());
      if (dx.defined()) one.dx = to.data();
      if (dx.defined() && p.beta_x != 0) device::widen(dx.data<Bf16>() + r * p.C, p.C, to.data());
      run(one, 0, 1, dweight, dbias);
      if (dx.defined()) device::narrow(to.data(), p.C, dx.data<Bf16>() + r * p.C);
    }
  });
}
}  // namespace

void row_norm(Centre centre, double eps, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y, const Tensor& mean,
              const Tensor& rstd) {
  if (x.dtype() == Dtype::bf16)
    return narrow_row_norm({centre, rows_of(x), x.shape().back(), eps, nullptr, data_or_null<float>(weight), data_or_null<float>(bias), nullptr,
                            mean.data<float>(), rstd.data<float>()}, x, y);
  visit_float("norm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const RowNorm<T> p{centre, rows_of(x), x.shape().back(), eps, x.data<T>(), data_or_null<T>(weight), data_or_null<T>(bias), y.data<T>(),
                       mean.data<T>(), rstd.data<T>()};
    device::parallel_for(p.N, rows_each(p.C), [&, run = norms().rows.of<T>()](int64_t begin, int64_t end) { run(p, begin, end); });
  });
}

void row_norm_backward(Centre centre, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& rstd, const Tensor& dy,
                       const GradSlot& dx, const GradSlot& dweight, const GradSlot& dbias) {
  if (x.dtype() == Dtype::bf16)
    return narrow_row_norm_backward({centre, rows_of(x), x.shape().back(), nullptr, data_or_null<float>(weight), mean.data<float>(), rstd.data<float>(),
                                     nullptr, nullptr, data_or_null<float>(dweight.dx), data_or_null<float>(dbias.dx), dx.beta, dweight.beta, dbias.beta},
                                    x, dy, dx.dx);
  visit_float("norm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const RowNormBackward<T> p{centre, rows_of(x), x.shape().back(), x.data<T>(), data_or_null<T>(weight), mean.data<T>(),
                                          rstd.data<T>(), dy.data<T>(), data_or_null<T>(dx.dx), data_or_null<T>(dweight.dx),
                                          data_or_null<T>(dbias.dx), static_cast<T>(dx.beta), static_cast<T>(dweight.beta), static_cast<T>(dbias.beta)};
    backward_in_blocks(p, [&, run = norms().rows_backward.of<T>()](int64_t begin, int64_t end, T* dw, T* db) { run(p, begin, end, dw, db); });
  });
}

void column_norm(double divisor, double eps, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y, const Tensor& mean,
                 const Tensor& rstd) {
  visit_float("norm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const ColumnNorm<T> p{rows_of(x), x.shape().back(), eps, divisor, x.data<T>(), data_or_null<T>(weight), data_or_null<T>(bias), y.data<T>(),
                          mean.data<T>(), rstd.data<T>()};
    device::parallel_for(p.C, columns_each(p.N), [&, run = norms().columns.of<T>()](int64_t begin, int64_t end) { run(p, begin, end); });
  });
}

void column_norm_backward(double divisor, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& rstd, const Tensor& dy,
                          const Tensor& dx, const Tensor& dweight, const Tensor& dbias) {
  visit_float("norm", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const ColumnNormBackward<T> p{rows_of(x), x.shape().back(), divisor, x.data<T>(), data_or_null<T>(weight), mean.data<T>(), rstd.data<T>(),
                                  dy.data<T>(), data_or_null<T>(dx), data_or_null<T>(dweight), data_or_null<T>(dbias)};
    device::parallel_for(p.C, columns_each(p.N), [&, run = norms().columns_backward.of<T>()](int64_t begin, int64_t end) { run(p, begin, end); });
  });
}

void update_running(const Tensor& running, const std::vector<double>& batch, double momentum) {
  visit_float("batch_norm", running.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const r = running.data<T>();
    for (size_t i = 0; i < batch.size(); ++i) r[i] = static_cast<T>((1 - momentum) * r[i] + momentum * batch[i]);
  });
}

}  // namespace grim::cpu
#endif
