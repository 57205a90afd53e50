#include "grimoire/stats/pca.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/stats/sample.h"
#include "grimoire/tensor/copy.h"

namespace grim::stats {
namespace {

constexpr int64_t kBlock = 2048;  // rows whose products are summed in x's own type

// Of each column: its mean, the exponent of its largest size, and the root mean square about the mean, in units of 2^exponent; 0 for
// a constant column.
struct Columns {
  std::vector<double> mean, spread;
  std::vector<int> exponent;
};
template <class T> Columns columns_of(const T* x, int64_t n, int64_t d) {
  // A sum of floats in doubles has 29 bits to spare, and their squares cannot leave its range: for them one pass less.
  constexpr bool kNarrow = sizeof(T) < sizeof(double);
  const size_t count = static_cast<size_t>(d);
  std::vector<T> low(x, x + d), high(x, x + d), zero(count, 0);
  std::vector<double> shrink(count, 1), sum(count, 0), lost(count, 0), squares(count, 0);
  for (int64_t i = 0; i < n; ++i)
    for (size_t j = 0; j < count; ++j) {
      const T v = x[i * d + static_cast<int64_t>(j)];
      low[j] = std::min(low[j], v), high[j] = std::max(high[j], v);
      zero[j] += v - v;  // NaN once a value is not finite; no branch, so that the loop runs on vectors
      if constexpr (kNarrow) sum[j] += static_cast<double>(v);
    }
  Columns c{std::vector<double>(count), std::vector<double>(count, 0), std::vector<int>(count)};
  for (size_t j = 0; j < count; ++j) {
    for (int64_t i = 0; std::isnan(zero[j]) && i < n; ++i)
      GRIM_CHECK(std::isfinite(x[i * d + static_cast<int64_t>(j)]), numeric, "pca", "row {}, column {} is {}, expected a finite number",
                 i + 1, j + 1, x[i * d + static_cast<int64_t>(j)]);
    const double ends[] = {static_cast<double>(low[j]), static_cast<double>(high[j])};
    c.exponent[j] = exponent_of(ends);
    if constexpr (!kNarrow) shrink[j] = std::ldexp(1, -std::max(c.exponent[j], -1000));
  }
  if constexpr (!kNarrow)
    for (int64_t i = 0; i < n; ++i)
      for (size_t j = 0; j < count; ++j) {  // Neumaier's sum without its branch
        const Twofold s = two_sum(sum[j], static_cast<double>(x[i * d + static_cast<int64_t>(j)]) * shrink[j]);
        sum[j] = s.high, lost[j] += s.low;
      }
  std::vector<Twofold> mean(count);
  for (size_t j = 0; j < count; ++j) mean[j] = two_sum(sum[j], lost[j]) / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i)
    for (size_t j = 0; j < count; ++j) {
      const double v = (static_cast<double>(x[i * d + static_cast<int64_t>(j)]) * shrink[j] - mean[j].high) - mean[j].low;
      squares[j] += v * v;
    }
  for (size_t j = 0; j < count; ++j) {
    c.mean[j] = low[j] == high[j] ? static_cast<double>(low[j]) : mean[j].value() / shrink[j];
    if (low[j] < high[j]) c.spread[j] = std::sqrt(squares[j] / static_cast<double>(n - 1)) / std::ldexp(shrink[j], c.exponent[j]);
  }
  return c;
}

// C += Z^T Z over blocks of rows Z = (x - mean) / scale. The centring comes first: x^T x - n mean mean^T would cancel.
template <class T> Tensor covariance(const T* x, int64_t n, int64_t d, const double* mean, const double* scale) {
  const Tensor sum = Tensor::zeros({d, d}, Dtype::f64), block = Tensor::empty({kBlock, d}, dtype_of<T>),
               product = Tensor::empty({d, d}, dtype_of<T>);
  T* const z = block.data<T>();
  const T* const p = product.data<T>();
  double* const c = sum.data<double>();
  std::vector<double> inverse(static_cast<size_t>(d));
  for (int64_t j = 0; j < d; ++j) inverse[static_cast<size_t>(j)] = 1 / scale[j];
  for (int64_t at = 0; at < n; at += kBlock) {
    const int64_t rows = std::min(kBlock, n - at);
    device::parallel_for(rows, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t j = 0; j < d; ++j)
          z[i * d + j] = static_cast<T>((static_cast<double>(x[(at + i) * d + j]) - mean[j]) * inverse[static_cast<size_t>(j)]);
    });
    device::gemm(device::Gemm<T>{
        .M = d, .N = d, .K = rows, .a = z, .a_row = 1, .a_col = d, .b = z, .b_row = d, .b_col = 1, .c = product.data<T>(), .c_row = d});
    for (int64_t i = 0; i < d * d; ++i) c[i] += p[i];
  }
  for (int64_t i = 0; i < d * d; ++i) c[i] /= static_cast<double>(n - 1);
  return sum;
}

}  // namespace

Tensor Pca::transform(const Tensor& given) const {
  const int64_t d = mean.numel(), k = components.dim(0);
  GRIM_CHECK(given.ndim() == 2 && given.dim(1) == d, shape, "pca", "got {}, expected (N, {})", given.shape(), d);
  const Tensor x = copy(cast(given, Dtype::f64)), scores = Tensor::empty({x.dim(0), k}, Dtype::f64);
  double* const z = x.data<double>();
  const double *const m = mean.data<double>(), *const s = scale.data<double>();
  for (int64_t i = 0; i < x.numel(); ++i) z[i] = (z[i] - m[i % d]) / s[i % d];
  device::gemm(device::Gemm<double>{.M = x.dim(0),
                                    .N = k,
                                    .K = d,
                                    .a = z,
                                    .a_row = d,
                                    .a_col = 1,
                                    .b = components.data<double>(),
                                    .b_row = 1,
                                    .b_col = d,
                                    .c = scores.data<double>(),
                                    .c_row = k});
  return scores;
}

Pca pca(const Tensor& given, int64_t k, Scaling scaling) {
  GRIM_CHECK(given.ndim() == 2 && given.dim(0) >= 2 && given.dim(1) >= 1, shape, "pca", "got {}, expected (N, D) with two or more rows",
             given.shape());
  GRIM_CHECK(given.dtype() == Dtype::f32 || given.dtype() == Dtype::f64, dtype, "pca", "got {}, expected f32 or f64",
             name_of(given.dtype()));
  const int64_t n = given.dim(0), d = given.dim(1), most = std::min(n, d);
  GRIM_CHECK(k >= 0 && k <= most, argument, "pca", "got k = {}, expected from 0 (all) to {}", k, most);
  if (k == 0) k = most;
  const bool tall = n >= 4 * d && given.numel() > (int64_t{1} << 20);
  const Tensor x = contiguous(tall ? given : cast(given, Dtype::f64));
  Pca r{Tensor::empty({d}, Dtype::f64), Tensor::ones({d}, Dtype::f64), Tensor::empty({k, d}, Dtype::f64), Tensor::empty({k}, Dtype::f64),
        Tensor::empty({k}, Dtype::f64)};
  const Columns c = x.dtype() == Dtype::f32 ? columns_of(x.data<float>(), n, d) : columns_of(x.data<double>(), n, d);
  // Without scaling to unit variance all columns are divided by one power of two, next to the largest deviation.
  int unit = INT_MIN;
  for (size_t j = 0; j < c.spread.size(); ++j)
    if (c.spread[j] > 0) unit = std::max(unit, c.exponent[j] + exponent_of({&c.spread[j], 1}));
  GRIM_CHECK(unit > INT_MIN, argument, "pca", "every column is constant: there is no variance to share out");
  std::vector<double> scale(static_cast<size_t>(d), std::ldexp(1, unit));
  double total = 0;
  for (int64_t j = 0; j < d; ++j) {
    const size_t at = static_cast<size_t>(j);
    r.mean.data<double>()[j] = c.mean[at];
    if (scaling == Scaling::unit_variance) {
      GRIM_CHECK(c.spread[at] > 0, argument, "pca", "column {} is constant and cannot be scaled to unit variance", j + 1);
      r.scale.data<double>()[j] = scale[at] = std::ldexp(c.spread[at], c.exponent[at]);
    }
    const double share = std::ldexp(c.spread[at], c.exponent[at] - unit);
    total += scaling == Scaling::unit_variance ? 1 : share * share;
  }
  const double* const mean = r.mean.data<double>();
  if (tall) {
    const Tensor product = x.dtype() == Dtype::f32 ? covariance(x.data<float>(), n, d, mean, scale.data())
                                                   : covariance(x.data<double>(), n, d, mean, scale.data());
    const SymmetricEigen e = eigen_symmetric(product);
    for (int64_t i = 0; i < k; ++i) {
      r.sd.data<double>()[i] = std::sqrt(std::max(0.0, e.values.data<double>()[d - 1 - i]));
      for (int64_t j = 0; j < d; ++j) r.components.data<double>()[i * d + j] = e.vectors.at({j, d - 1 - i});
    }
  } else {
    const Tensor z = Tensor::empty({n, d}, Dtype::f64);
    std::vector<double> column(static_cast<size_t>(n));
    for (int64_t j = 0; j < d; ++j) {
      for (int64_t i = 0; i < n; ++i) column[static_cast<size_t>(i)] = x.data<double>()[i * d + j];
      const Sample s = sample_of(column);
      const double rest = scaling == Scaling::unit_variance ? 1 / std::ldexp(c.spread[static_cast<size_t>(j)], c.exponent[static_cast<size_t>(j)] - s.unit())
                                                            : std::ldexp(1, s.constant() ? 0 : s.unit() - unit);
      for (int64_t i = 0; i < n; ++i) z.data<double>()[i * d + j] = s.deviation[static_cast<size_t>(i)] * rest;
    }
    const Svd s = svd(z);
    for (int64_t i = 0; i < k; ++i) {
      r.sd.data<double>()[i] = s.s.data<double>()[i] / std::sqrt(static_cast<double>(n - 1));
      std::copy_n(s.vt.data<double>() + i * d, d, r.components.data<double>() + i * d);
    }
  }
  for (int64_t i = 0; i < k; ++i) {
    double* const row = r.components.data<double>() + i * d;
    const double largest = *std::max_element(row, row + d, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (largest < 0)
      for (int64_t j = 0; j < d; ++j) row[j] = -row[j];
    const double sd = r.sd.data<double>()[i];
    r.ratio.data<double>()[i] = sd * sd / total;
    if (scaling == Scaling::none) r.sd.data<double>()[i] = std::ldexp(sd, unit);
  }
  return r;
}

}  // namespace grim::stats
