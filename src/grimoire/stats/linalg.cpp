#include "grimoire/stats/linalg.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/rng.h"
#include "grimoire/stats/linalg_kernel.h"
#include "grimoire/stats/sample.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim::stats {
namespace kernel {

const Linalg& linalg() {
#if defined(__x86_64__)
  static const Linalg& best = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? linalg_avx2 : linalg_portable;
  return best;
#else
  return linalg_portable;
#endif
}

}  // namespace kernel

namespace {

// A matrix whose entries' squares could leave the range is divided by the power of two next to its largest entry; what has its unit is
// multiplied back.
struct Checked {
  Tensor dense;
  int exponent;
  void back(const Tensor& values) const {
    double* const v = values.data<double>();
    for (int64_t i = 0; i < values.numel(); ++i) v[i] = std::ldexp(v[i], exponent);
  }
};
Checked checked_matrix(const char* op, const Tensor& a, bool square) {
  GRIM_CHECK(a.ndim() == 2 && a.numel() > 0 && (!square || a.dim(0) == a.dim(1)), shape, op, "got {}, expected {}", a.shape(),
             square ? "(N, N)" : "(M, N)");
  GRIM_CHECK(is_float(a.dtype()), dtype, op, "got {}, expected f32 or f64", name_of(a.dtype()));
  constexpr int kHarmless = 100;  // exponents
  const Tensor given = contiguous(cast(a, Dtype::f64));
  const double* const x = given.data<double>();
  for (int64_t i = 0; i < given.numel(); ++i)
    GRIM_CHECK(std::isfinite(x[i]), numeric, op, "row {}, column {} is {}, expected a finite number", i / a.dim(1) + 1, i % a.dim(1) + 1,
               x[i]);
  const int e = exponent_of({x, static_cast<size_t>(given.numel())});
  if (std::abs(e) <= kHarmless) return {given, 0};
  const Tensor dense = copy(given);
  double* const scaled = dense.data<double>();
  for (int64_t i = 0; i < dense.numel(); ++i) scaled[i] = std::ldexp(x[i], -e);
  return {dense, e};
}

void check_converged(const char* op, bool converged) { GRIM_CHECK(converged, numeric, op, "the iteration did not converge"); }

double dot(int64_t n, const double* x, const double* y) {
  double s[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; ++j) s[j] += x[i + j] * y[i + j];
  for (; i < n; ++i) s[0] += x[i] * y[i];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}
void axpy(int64_t n, double a, const double* x, double* y) {
  for (int64_t i = 0; i < n; ++i) y[i] += a * x[i];
}

// A Lanczos basis: the symmetric matrix as a tridiagonal one in an orthonormal basis that grows by a product a step.
struct Lanczos {
  int64_t n;
  const double* a;
  std::vector<std::vector<double>> basis = {};
  std::vector<double> diagonal = {}, below = {};
  Rng rng = Rng(RngMode::philox, 1, "lanczos");

  void make_orthogonal(std::vector<double>& w) const {  // twice is enough (Kahan, Parlett)
    for (int round = 0; round < 2; ++round)
      for (const std::vector<double>& v : basis) axpy(n, -dot(n, v.data(), w.data()), v.data(), w.data());
  }
  std::vector<double> fresh() {
    std::vector<double> w(static_cast<size_t>(n));
    double norm = 0;
    while (norm < 1e-3) {
      rng.fill_normal(std::span<double>(w));
      make_orthogonal(w);
      norm = std::sqrt(dot(n, w.data(), w.data()));
    }
    for (double& x : w) x /= norm;
    return w;
  }
  void step() {
    if (basis.empty()) basis.push_back(fresh());
    std::vector<double> w(static_cast<size_t>(n));
    kernel::linalg().symv(n, a, basis.back().data(), w.data());
    diagonal.push_back(dot(n, w.data(), basis.back().data()));
    const double size = std::sqrt(dot(n, w.data(), w.data()));
    make_orthogonal(w);
    double norm = std::sqrt(dot(n, w.data(), w.data()));
    if (static_cast<int64_t>(basis.size()) == n) norm = 0;
    below.push_back(norm);
    if (static_cast<int64_t>(basis.size()) == n) return;
    if (norm <= 1e-14 * size || norm == 0) {  // an invariant subspace: go on from another vector
      below.back() = 0;
      basis.push_back(fresh());
      return;
    }
    for (double& x : w) x /= norm;
    basis.push_back(std::move(w));
  }
};

}  // namespace

SymmetricEigen eigen_symmetric(const Tensor& a) {
  const Checked c = checked_matrix("eigen_symmetric", a, true);
  const int64_t n = a.dim(0);
  const Tensor values = Tensor::empty({n}, Dtype::f64), rows = Tensor::empty({n, n}, Dtype::f64);
  check_converged("eigen_symmetric", kernel::linalg().symmetric(n, c.dense.data<double>(), values.data<double>(), rows.data<double>()));
  c.back(values);
  return {values, view::transpose(rows, 0, 1)};
}

Tensor eigenvalues_symmetric(const Tensor& a) {
  const Checked c = checked_matrix("eigenvalues_symmetric", a, true);
  const Tensor values = Tensor::empty({a.dim(0)}, Dtype::f64);
  check_converged("eigenvalues_symmetric", kernel::linalg().symmetric(a.dim(0), c.dense.data<double>(), values.data<double>(), nullptr));
  c.back(values);
  return values;
}

SymmetricEigen eigen_top(const Tensor& a, int64_t k) {
  const Checked c = checked_matrix("eigen_top", a, true);
  const Tensor& dense = c.dense;
  const int64_t n = a.dim(0);
  GRIM_CHECK(k >= 1 && k <= n, argument, "eigen_top", "got k = {}, expected from 1 to {}", k, n);
  const Tensor values = Tensor::empty({k}, Dtype::f64), vectors = Tensor::zeros({n, k}, Dtype::f64);
  double* const to = vectors.data<double>();
  const int64_t most = std::min(n, std::max<int64_t>(40 * k, 400));
  if (n > 200 && 4 * k < n) {
    Lanczos lanczos{n, dense.data<double>()};
    for (int64_t m = 1; m <= most; ++m) {
      lanczos.step();
      if (m < 2 * k + 20 || (m % 20 != 0 && m != most)) continue;
      std::vector<double> ritz(static_cast<size_t>(m)), small(static_cast<size_t>(m * m));
      check_converged("eigen_top",
                      kernel::linalg().tridiagonal(m, lanczos.diagonal.data(), lanczos.below.data(), ritz.data(), small.data()));
      const double norm = std::max(std::abs(ritz.front()), std::abs(ritz.back()));
      const auto row = [&](int64_t j) { return small.data() + (m - 1 - j) * m; };  // the j-th largest
      bool done = true;
      for (int64_t j = 0; j < k; ++j) done &= lanczos.below.back() * std::abs(row(j)[m - 1]) <= 1e-12 * norm;
      if (!done) continue;
      for (int64_t j = 0; j < k; ++j) {
        values.data<double>()[j] = ritz[static_cast<size_t>(m - 1 - j)];
        for (int64_t i = 0; i < m; ++i)
          for (int64_t r = 0; r < n; ++r) to[r * k + j] += row(j)[i] * lanczos.basis[static_cast<size_t>(i)][static_cast<size_t>(r)];
      }
      c.back(values);
      return {values, vectors};
    }
  }
  const SymmetricEigen all = eigen_symmetric(dense);
  const double* const rows = all.vectors.data<double>();  // vector j is row j of the transposed view's memory
  for (int64_t j = 0; j < k; ++j) {
    values.data<double>()[j] = all.values.data<double>()[n - 1 - j];
    for (int64_t r = 0; r < n; ++r) to[r * k + j] = rows[(n - 1 - j) * n + r];
  }
  c.back(values);
  return {values, vectors};
}

GeneralEigen eigen_general(const Tensor& a) {
  const Checked c = checked_matrix("eigen_general", a, true);
  const int64_t n = a.dim(0);
  const auto make = [](const Shape& shape) { return Tensor::empty(shape, Dtype::f64); };
  GeneralEigen e{make({n}), make({n}), make({n, n}), make({n, n})};
  check_converged("eigen_general", kernel::linalg().general(n, c.dense.data<double>(), e.re.data<double>(), e.im.data<double>(),
                                                           e.vectors_re.data<double>(), e.vectors_im.data<double>()));
  c.back(e.re), c.back(e.im);
  return e;
}

Svd svd(const Tensor& a) {
  const Checked c = checked_matrix("svd", a, false);
  const int64_t m = a.dim(0), n = a.dim(1), k = std::min(m, n);
  Svd d{Tensor::empty({m, k}, Dtype::f64), Tensor::empty({k}, Dtype::f64), Tensor::empty({k, n}, Dtype::f64)};
  check_converged("svd", kernel::linalg().svd(m, n, c.dense.data<double>(), d.u.data<double>(), d.s.data<double>(), d.vt.data<double>()));
  c.back(d.s);
  return d;
}

}  // namespace grim::stats
