// AdaBoost for any number of classes: SAMME (Zhu, Zou, Rosset, Hastie 2009; Freund, Schapire 1997 for two). Round m fits a small tree to
// the weighted rows; with e_m its weighted error and K classes it gets the vote
//   alpha_m = rate (log((1 - e_m) / e_m) + log(K - 1)),
// and the rows it got wrong are weighted e^alpha_m times more. It must beat guessing: e_m < 1 - 1/K, or boosting stops.
//
// decision(): (N, K), f_k = sum_m alpha_m c_k with c_k = 1 for the class that tree m answers and -1 / (K - 1) for the others.
// Probabilities: softmax of f_k / (K - 1), the model behind the exponential loss (Zhu et al., equation 8); they are seldom calibrated.
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/tree_nodes.h"

namespace grim {

class AdaBoost final : public Estimator {
 public:
  std::string name() const override { return "adaboost"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool has_proba() const override { return true; }
  std::vector<double> importances() const override;  // by gain, each tree counting as its vote
  std::string describe() const override;

  int64_t rounds = 50;
  double learning_rate = 1;
  int64_t max_depth = 1;  // stumps
  std::string criterion = "gini";

  const std::vector<double>& errors() const { return errors_; }  // weighted, of each tree
  const std::vector<double>& votes() const { return votes_; }    // alpha of each tree
  const tree::Trees& trees() const { return trees_; }

 protected:
  void fit_on(const Dataset& data) override;
  void proba_on(const Features& x, double* out) const override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  tree::Trees trees_;  // a leaf's value is its class
  std::vector<double> errors_, votes_;
};

}  // namespace grim
