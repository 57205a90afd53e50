#include "grimoire/stats/qr.h"

#include <cmath>

namespace grim::stats {

// Column k is reflected onto its axis by I - v v^T / v_k (with v scaled so that |v|^2 = 2 v_k), and so are those to its right.
Qr::Qr(std::span<const long double> x, int64_t n, int64_t p)
    : n_(n), p_(p), x_(x.begin(), x.end()), columns_(x.size()), scale_(static_cast<size_t>(p)), diagonal_(static_cast<size_t>(p)) {
  for (int64_t j = 0; j < p; ++j) {
    double size = 0;
    for (int64_t i = 0; i < n; ++i) size = std::hypot(size, static_cast<double>(x_[static_cast<size_t>(i * p + j)]));
    scale_[static_cast<size_t>(j)] = size > 0 ? size : 1;
    for (int64_t i = 0; i < n; ++i)
      columns_[static_cast<size_t>(j * n + i)] = static_cast<double>(x_[static_cast<size_t>(i * p + j)] / scale_[static_cast<size_t>(j)]);
  }
  for (int64_t k = 0; k < p; ++k) {
    double* const v = columns_.data() + k * n;
    long double squares = 0;
    for (int64_t i = k; i < n; ++i) squares += static_cast<long double>(v[i]) * v[i];
    const double size = static_cast<double>(std::sqrt(squares));
    if (size < 1e-12 && dependent_ < 0) dependent_ = k;
    if (size == 0) continue;
    const double alpha = v[k] > 0 ? -size : size;
    diagonal_[static_cast<size_t>(k)] = alpha;
    for (int64_t i = k; i < n; ++i) v[i] /= -alpha;
    v[k] += 1;
    for (int64_t j = k + 1; j < p; ++j) {
      double* const w = columns_.data() + j * n;
      long double along = 0;
      for (int64_t i = k; i < n; ++i) along += static_cast<long double>(v[i]) * w[i];
      const double f = static_cast<double>(along / v[k]);
      for (int64_t i = k; i < n; ++i) w[i] -= f * v[i];
    }
  }
}

std::vector<double> Qr::solve_once(std::vector<double> y) const {
  for (int64_t k = 0; k < p_; ++k) {
    const double* const v = columns_.data() + k * n_;
    if (v[k] == 0) continue;
    long double along = 0;
    for (int64_t i = k; i < n_; ++i) along += static_cast<long double>(v[i]) * y[static_cast<size_t>(i)];
    const double f = static_cast<double>(along / v[k]);
    for (int64_t i = k; i < n_; ++i) y[static_cast<size_t>(i)] -= f * v[i];
  }
  std::vector<double> b(static_cast<size_t>(p_));
  for (int64_t k = p_; k-- > 0;) {
    long double sum = y[static_cast<size_t>(k)];
    for (int64_t j = k + 1; j < p_; ++j)
      sum -= static_cast<long double>(columns_[static_cast<size_t>(j * n_ + k)]) * b[static_cast<size_t>(j)];
    b[static_cast<size_t>(k)] = static_cast<double>(sum / diagonal_[static_cast<size_t>(k)]);
  }
  return b;
}

std::vector<long double> Qr::solve(std::span<const long double> y) const {
  const std::vector<double> first = solve_once({y.begin(), y.end()});
  std::vector<long double> b(first.begin(), first.end());
  for (int round = 0; round < 3; ++round) {
    std::vector<double> rest(static_cast<size_t>(n_));
    for (int64_t i = 0; i < n_; ++i) {
      long double r = y[static_cast<size_t>(i)];
      for (int64_t j = 0; j < p_; ++j)
        r -= x_[static_cast<size_t>(i * p_ + j)] / scale_[static_cast<size_t>(j)] * b[static_cast<size_t>(j)];
      rest[static_cast<size_t>(i)] = static_cast<double>(r);
    }
    const std::vector<double> step = solve_once(rest);
    for (size_t j = 0; j < b.size(); ++j) b[j] += step[j];
  }
  for (size_t j = 0; j < b.size(); ++j) b[j] /= scale_[j];
  return b;
}

// (X^T X)^-1 = R^-1 R^-T: its diagonal holds the squared lengths of the rows of R^-1.
std::vector<double> Qr::inverse_gram_diagonal() const {
  std::vector<double> out(static_cast<size_t>(p_), 0), column(static_cast<size_t>(p_));
  for (int64_t c = 0; c < p_; ++c) {  // column c of R^-1 by back substitution
    for (int64_t k = c; k >= 0; --k) {
      long double sum = k == c;
      for (int64_t j = k + 1; j <= c; ++j)
        sum -= static_cast<long double>(columns_[static_cast<size_t>(j * n_ + k)]) * column[static_cast<size_t>(j)];
      column[static_cast<size_t>(k)] = static_cast<double>(sum / diagonal_[static_cast<size_t>(k)]);
      out[static_cast<size_t>(k)] += column[static_cast<size_t>(k)] * column[static_cast<size_t>(k)];
    }
  }
  for (size_t j = 0; j < out.size(); ++j) out[j] /= scale_[j] * scale_[j];
  return out;
}

// |R^-T w|^2, by forward substitution.
double Qr::inverse_gram_form(std::span<const double> w) const {
  std::vector<double> z(static_cast<size_t>(p_));
  double out = 0;
  for (int64_t k = 0; k < p_; ++k) {
    long double sum = w[static_cast<size_t>(k)] / scale_[static_cast<size_t>(k)];
    for (int64_t j = 0; j < k; ++j) sum -= static_cast<long double>(columns_[static_cast<size_t>(k * n_ + j)]) * z[static_cast<size_t>(j)];
    z[static_cast<size_t>(k)] = static_cast<double>(sum / diagonal_[static_cast<size_t>(k)]);
    out += z[static_cast<size_t>(k)] * z[static_cast<size_t>(k)];
  }
  return out;
}

}  // namespace grim::stats
