// Distributions of vectors: the normal with a covariance matrix, and counts in several classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/base/rng.h"

namespace grim::stats {

class MultivariateNormal {
 public:
  // covariance: D x D row by row, symmetric positive definite. throws: shape; argument, not positive definite
  MultivariateNormal(std::vector<double> mean, std::span<const double> covariance);
  int64_t dim() const { return static_cast<int64_t>(mean_.size()); }
  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& covariance() const { return covariance_; }
  double log_pdf(std::span<const double> x) const;
  double log_likelihood(std::span<const double> rows) const;  // N x D row by row
  double entropy() const;                                     // nats
  std::vector<double> sample(Rng& rng, int64_t n) const;      // N x D
  // Maximum likelihood from N x D rows: the mean and the covariance that divides by N.
  static MultivariateNormal fit(std::span<const double> rows, int64_t dim);

 private:
  std::vector<double> mean_, covariance_, lower_;  // covariance = lower lower^T (Cholesky)
  double log_det_ = 0;
};

class Multinomial {
 public:
  // n tries, each in class i with probability p[i]; p sums to 1 within 1e-9. throws: argument
  Multinomial(int64_t n, std::vector<double> p);
  double log_pmf(std::span<const double> counts) const;  // -inf when they do not sum to n
  std::vector<double> mean() const;
  std::vector<double> covariance() const;  // K x K
  std::vector<double> sample(Rng& rng) const;
  static Multinomial fit(std::span<const double> counts);

 private:
  int64_t n_;
  std::vector<double> p_;
};

}  // namespace grim::stats
