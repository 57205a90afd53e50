// Discriminant analysis: rows of a class are normal about the class's mean, and Bayes' rule tells the classes apart (Fisher 1936; Hastie,
// Tibshirani and Friedman 2009, section 4.3).
//   lda  one covariance for all classes, so that borders are flat:  f_k(x) = log p_k + x' S^-1 m_k - m_k' S^-1 m_k / 2
//   qda  one a class:  f_k(x) = log p_k - (log |S_k| + (x - m_k)' S_k^-1 (x - m_k)) / 2
// Covariances divide by the sum of weights. They are never formed: the singular values of the rows about their means, each column scaled to
// deviation 1 within the classes, keep twice the digits. decision() gives f_k, (N, K), of lda up to a summand that the classes share;
// probabilities are its softmax. The same as scikit-learn's with its solver svd, but that weights count, and that qda's `shrink` is of
// scaled columns.
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

enum class ClassPriors : uint8_t { data, equal };  // p_k: the share of the class's rows; 1 / K

class Discriminant : public Estimator {
 public:
  bool classifies() const override { return true; }
  bool has_proba() const override { return true; }
  ClassPriors priors = ClassPriors::data;
  const std::vector<double>& deviations() const { return deviation_; }  // (P): of the columns within the classes; 1 where that is 0
  std::string describe() const override;

 protected:
  // Rows about the mean of their class, columns scaled.
  struct Centred {
    Tensor rows;                  // (N, P)
    std::vector<double> weights;  // of the classes, their sums
  };
  Option priors_option();
  Centred centre(const Dataset& data);  // keeps means, scales and priors
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;

  std::vector<double> origin_, deviation_;  // (P): what means are about, so that large ones do not cancel
  std::vector<double> log_prior_;           // (K)
  Tensor means_;                            // (K, P)
};

class Lda final : public Discriminant {
 public:
  std::string name() const override { return "lda"; }
  Options params() override;
  double tolerance = 1e-4;  // directions in which scaled columns deviate less within the classes are left out

 protected:
  void fit_on(const Dataset& data) override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  Tensor coefficients_;            // (K, P), of columns about the origin
  std::vector<double> intercept_;  // (K)
};

class Qda final : public Discriminant {
 public:
  std::string name() const override { return "qda"; }
  Options params() override;
  double shrink = 0;         // S_k of scaled columns becomes (1 - shrink) S_k + shrink I
  double tolerance = 1e-4;   // a variance below it, of scaled columns, is refused: S_k has no inverse

 protected:
  void fit_on(const Dataset& data) override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  Tensor whitening_;              // (K, P, P): z = W_k (x - m_k) has variance 1 within class k
  std::vector<double> constant_;  // (K): log p_k - log |S_k| / 2
};

}  // namespace grim
