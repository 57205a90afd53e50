// Naive Bayes: columns are taken as independent within a class, so that log p(class | x) is a sum over the columns.
//   gaussian     a normal distribution for each class and column; variances get a floor of 1e-9 times the largest of a column
//   multinomial  counts: p_kj = (sum of column j in class k + alpha) / (sum of all + alpha P)
//   bernoulli    whether a column is above `threshold`: p_kj = (rows that are + alpha) / (rows + 2 alpha)
// decision() gives log p(class) + log p(x | class), (N, K).
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

class NaiveBayes : public Estimator {
 public:
  std::string name() const override { return "naive-bayes"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool has_proba() const override { return true; }
  bool takes_sparse() const override { return true; }
  std::string describe() const override;

 protected:
  void fit_on(const Dataset& data) override;
  Tensor decision_on(const Features& x) const override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  void fit_gaussian(const Dataset& data);
  void fit_counts(const Dataset& data);
  void prepare();

  std::string kind_ = "gaussian";
  double alpha_ = 1, threshold_ = 0, floor_ = 1e-9;

  std::string fitted_kind_;
  std::vector<double> prior_;       // log p(class)
  std::vector<double> first_;       // (K, P): means, or log p
  std::vector<double> second_;      // (K, P): variances, or log(1 - p) of bernoulli; empty of multinomial
  // log joint = constant_k + sum_j linear_kj x_j + square_kj x_j^2 (x about origin_; of bernoulli x is 0 or 1)
  std::vector<double> constant_, linear_, square_, origin_;
};

}  // namespace grim
