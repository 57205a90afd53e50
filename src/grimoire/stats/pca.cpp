#include "grimoire/stats/pca.h"

#include <algorithm>
#include <cmath>

#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/tensor/copy.h"

namespace grim::stats {
namespace {

constexpr int64_t kBlock = 2048;  // rows whose products are summed in x's own type

// Means, and with `mean` given, sums of squares about it, column by column in double.
template <class T> void column_sums(const T* x, int64_t n, int64_t d, const double* mean, double* out) {
  std::fill(out, out + d, 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < d; ++j) {
      const double v = static_cast<double>(x[i * d + j]) - (mean ? mean[j] : 0);
      out[j] += mean ? v * v : v;
    }
}

// C += Z^T Z over blocks of rows Z = (x - mean) / scale. The centring comes first: x^T x - n mean mean^T would cancel.
template <class T> Tensor covariance(const T* x, int64_t n, int64_t d, const double* mean, const double* scale) {
  const Tensor sum = Tensor::zeros({d, d}, Dtype::f64), block = Tensor::empty({kBlock, d}, dtype_of<T>),
               product = Tensor::empty({d, d}, dtype_of<T>);
  T* const z = block.data<T>();
  const T* const p = product.data<T>();
  double* const c = sum.data<double>();
  std::vector<T> centre(mean, mean + d), inverse(static_cast<size_t>(d));
  for (int64_t j = 0; j < d; ++j) inverse[static_cast<size_t>(j)] = static_cast<T>(1 / scale[j]);
  for (int64_t at = 0; at < n; at += kBlock) {
    const int64_t rows = std::min(kBlock, n - at);
    device::parallel_for(rows, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t j = 0; j < d; ++j)
          z[i * d + j] = (x[(at + i) * d + j] - centre[static_cast<size_t>(j)]) * inverse[static_cast<size_t>(j)];
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
  const auto sums = [&](const double* mean, const Tensor& out) {
    if (x.dtype() == Dtype::f32) column_sums(x.data<float>(), n, d, mean, out.data<double>());
    else column_sums(x.data<double>(), n, d, mean, out.data<double>());
  };
  Pca r{Tensor::empty({d}, Dtype::f64), Tensor::ones({d}, Dtype::f64), Tensor::empty({k, d}, Dtype::f64), Tensor::empty({k}, Dtype::f64),
        Tensor::empty({k}, Dtype::f64)};
  const Tensor squares = Tensor::empty({d}, Dtype::f64);
  sums(nullptr, r.mean);
  for (int64_t j = 0; j < d; ++j) {
    r.mean.data<double>()[j] /= static_cast<double>(n);
    GRIM_CHECK(std::isfinite(r.mean.data<double>()[j]), numeric, "pca", "column {} holds NaN or an infinity", j + 1);
  }
  sums(r.mean.data<double>(), squares);
  double total = 0;
  for (int64_t j = 0; j < d; ++j) {
    const double variance = squares.data<double>()[j] / static_cast<double>(n - 1);
    if (scaling == Scaling::unit_variance) {
      GRIM_CHECK(variance > 0, argument, "pca", "column {} is constant and cannot be scaled to unit variance", j + 1);
      r.scale.data<double>()[j] = std::sqrt(variance);
    }
    total += scaling == Scaling::unit_variance ? 1 : variance;
  }
  const double *const mean = r.mean.data<double>(), *const scale = r.scale.data<double>();
  if (tall) {
    const Tensor c =
        x.dtype() == Dtype::f32 ? covariance(x.data<float>(), n, d, mean, scale) : covariance(x.data<double>(), n, d, mean, scale);
    const SymmetricEigen e = eigen_symmetric(c);
    for (int64_t i = 0; i < k; ++i) {
      r.sd.data<double>()[i] = std::sqrt(std::max(0.0, e.values.data<double>()[d - 1 - i]));
      for (int64_t j = 0; j < d; ++j) r.components.data<double>()[i * d + j] = e.vectors.at({j, d - 1 - i});
    }
  } else {
    const Tensor z = copy(x);
    for (int64_t i = 0; i < z.numel(); ++i) z.data<double>()[i] = (z.data<double>()[i] - mean[i % d]) / scale[i % d];
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
  }
  return r;
}

}  // namespace grim::stats
