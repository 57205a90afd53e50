#include "grimoire/stats/multivariate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {
constexpr double kLn2Pi = 1.837877066409345483560659472811;
}

MultivariateNormal::MultivariateNormal(std::vector<double> mean, std::span<const double> covariance)
    : mean_(std::move(mean)), covariance_(covariance.begin(), covariance.end()), lower_(covariance_) {
  const size_t d = mean_.size();
  GRIM_CHECK(d > 0 && covariance.size() == d * d, shape, "multivariate_normal",
             "got a mean of {} and a covariance of {} numbers, expected D and D * D", d, covariance.size());
  for (size_t j = 0; j < d; ++j) {
    for (size_t i = j; i < d; ++i) {
      const double a = covariance_[i * d + j], b = covariance_[j * d + i];
      GRIM_CHECK(std::abs(a - b) <= 1e-10 * (std::abs(a) + std::abs(b)), argument, "multivariate_normal",
                 "the covariance is not symmetric at ({}, {}): got {} and {}", i, j, a, b);
      double sum = a;
      for (size_t k = 0; k < j; ++k) sum -= lower_[i * d + k] * lower_[j * d + k];
      if (i == j) {
        GRIM_CHECK(sum > 1e-14 * a, argument, "multivariate_normal", "the covariance is not positive definite (found at row {})", i + 1);
        lower_[j * d + j] = std::sqrt(sum);
        log_det_ += std::log(sum);
      } else {
        lower_[i * d + j] = sum / lower_[j * d + j];
        lower_[j * d + i] = 0;
      }
    }
  }
}

// -(D ln 2 pi + ln det + |L^-1 (x - mean)|^2) / 2
double MultivariateNormal::log_pdf(std::span<const double> x) const {
  const size_t d = mean_.size();
  GRIM_CHECK(x.size() == d, shape, "multivariate_normal", "got {} numbers, expected {}", x.size(), d);
  std::vector<double> z(d);
  double square = 0;
  for (size_t i = 0; i < d; ++i) {
    double sum = x[i] - mean_[i];
    for (size_t k = 0; k < i; ++k) sum -= lower_[i * d + k] * z[k];
    z[i] = sum / lower_[i * d + i];
    square += z[i] * z[i];
  }
  return -0.5 * (static_cast<double>(d) * kLn2Pi + log_det_ + square);
}

double MultivariateNormal::log_likelihood(std::span<const double> rows) const {
  const size_t d = mean_.size();
  GRIM_CHECK(rows.size() % d == 0, shape, "multivariate_normal", "got {} numbers, expected rows of {}", rows.size(), d);
  double sum = 0;
  for (size_t i = 0; i < rows.size(); i += d) sum += log_pdf(rows.subspan(i, d));
  return sum;
}

double MultivariateNormal::entropy() const { return 0.5 * (static_cast<double>(dim()) * (1 + kLn2Pi) + log_det_); }

std::vector<double> MultivariateNormal::sample(Rng& rng, int64_t n) const {
  const size_t d = mean_.size();
  std::vector<double> out(static_cast<size_t>(n) * d), z(d);
  for (size_t row = 0; row < static_cast<size_t>(n); ++row) {
    for (double& v : z) v = rng.normal();
    for (size_t i = 0; i < d; ++i) {
      double sum = mean_[i];
      for (size_t k = 0; k <= i; ++k) sum += lower_[i * d + k] * z[k];
      out[row * d + i] = sum;
    }
  }
  return out;
}

MultivariateNormal MultivariateNormal::fit(std::span<const double> rows, int64_t dim) {
  const size_t d = static_cast<size_t>(dim), n = d ? rows.size() / d : 0;
  GRIM_CHECK(dim > 0 && n > 0 && rows.size() == n * d, shape, "multivariate_normal", "got {} numbers, expected rows of {}", rows.size(),
             dim);
  std::vector<double> mean(d, 0), covariance(d * d, 0), column(n);
  std::vector<Sample> columns;
  for (size_t i = 0; i < d; ++i) {
    for (size_t r = 0; r < n; ++r) {
      column[r] = rows[r * d + i];
      GRIM_CHECK(std::isfinite(column[r]), numeric, "multivariate_normal", "row {}, column {} is {}, expected a finite number", r + 1, i + 1, column[r]);
    }
    mean[i] = columns.emplace_back(sample_of(column)).mean();
    for (size_t j = 0; j <= i; ++j)
      covariance[i * d + j] = covariance[j * d + i] =
          std::ldexp(inner(columns[i].deviation, columns[j].deviation) / static_cast<double>(n), columns[i].unit() + columns[j].unit());
  }
  return {std::move(mean), covariance};
}

Multinomial::Multinomial(int64_t n, std::vector<double> p) : n_(n), p_(std::move(p)) {
  GRIM_CHECK(n >= 0, argument, "multinomial", "parameter n: got {}, expected a whole number from 0", n);
  for (double v : p_) GRIM_CHECK(v >= 0 && v <= 1, argument, "multinomial", "parameter p: got {}, expected shares from 0 to 1", v);
  const double sum = std::accumulate(p_.begin(), p_.end(), 0.0);
  GRIM_CHECK(std::abs(sum - 1) < 1e-9, argument, "multinomial", "parameter p: the shares sum to {}, expected 1", sum);
}

double Multinomial::log_pmf(std::span<const double> counts) const {
  GRIM_CHECK(counts.size() == p_.size(), shape, "multinomial", "got {} counts, expected {}", counts.size(), p_.size());
  // Class by class, a binomial among the tries that are left.
  double left = static_cast<double>(n_), rest = 1, sum = 0;
  for (size_t i = 0; i + 1 < counts.size(); ++i) {
    if (counts[i] < 0 || counts[i] > left || counts[i] != std::floor(counts[i])) return -std::numeric_limits<double>::infinity();
    double after = 0;
    for (size_t j = i + 1; j < p_.size(); ++j) after += p_[j];
    if (rest > 0) sum += log_binomial_term(counts[i], left, p_[i] / rest, after / rest);
    left -= counts[i], rest = after;
  }
  return counts.back() == left ? sum : -std::numeric_limits<double>::infinity();
}

std::vector<double> Multinomial::mean() const {
  std::vector<double> m(p_);
  for (double& v : m) v *= static_cast<double>(n_);
  return m;
}

std::vector<double> Multinomial::covariance() const {
  const size_t k = p_.size();
  std::vector<double> c(k * k);
  for (size_t i = 0; i < k; ++i)
    for (size_t j = 0; j < k; ++j) c[i * k + j] = static_cast<double>(n_) * (i == j ? p_[i] * (1 - p_[i]) : -p_[i] * p_[j]);
  return c;
}

std::vector<double> Multinomial::sample(Rng& rng) const {
  std::vector<double> counts(p_.size(), 0);
  double left = static_cast<double>(n_), rest = 1;
  for (size_t i = 0; i + 1 < p_.size() && left > 0; ++i) {
    counts[i] = make_distribution("binomial", {{"n", left}, {"p", rest > 0 ? std::min(1.0, p_[i] / rest) : 0}})->draw(rng);
    left -= counts[i], rest -= p_[i];
  }
  counts.back() += left;
  return counts;
}

Multinomial Multinomial::fit(std::span<const double> counts) {
  const double n = std::accumulate(counts.begin(), counts.end(), 0.0);
  GRIM_CHECK(n > 0, input, "multinomial", "the counts sum to {}, expected above 0", n);
  std::vector<double> p(counts.begin(), counts.end());
  for (double& v : p) v /= n;
  return {static_cast<int64_t>(n), std::move(p)};
}

}  // namespace grim::stats
