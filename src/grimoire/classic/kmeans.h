// k-means: Lloyd 1957's iteration from k-means++ seeds (Arthur and Vassilvitskii 2007), best of several starts. Distances by matrix
// products in blocks; predict() gives the cluster, decision() the distances to all centres, transform() the same as features.
// objective: inertia, the weighted sum of squared distances to the nearest centre; gap: the last squared move of the centres
// beside the mean variance of the columns.
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

class KMeans final : public Estimator {
 public:
  int64_t k = 8, starts = 10, most_iterations = 300, seed = 0;
  double tolerance = 1e-4;

  std::string name() const override { return "k-means"; }
  Options params() override;
  bool transforms() const override { return false; }
  std::string describe() const override;
  const Tensor& centres() const { return centres_; }  // (k, P) f64

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  Tensor centres_;
  std::vector<double> sizes_;  // weight of each cluster
};

}  // namespace grim
