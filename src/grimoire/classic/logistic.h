// Logistic regression of two or more classes: min_w,b  C sum_i weight_i loss_i + (1 - l1_ratio) |w|^2 / 2 + l1_ratio |w|_1, the form of
// scikit-learn and liblinear; inside, the mean loss is minimised, so that the number of steps does not grow with C or the rows.
// Newton's method while the Hessian is cheap against it, L-BFGS beyond; coordinate descent in Newton steps when l1_ratio > 0. More
// than two classes have a row of coefficients each (the symmetric form, as glmnet's multinomial).
// The reported objective is the one above (the mean form when alpha is given); gap: Newton's decrement / 2 before the last step, or
// with L-BFGS the largest entry of the gradient, both of the mean loss. With l1_ratio > 0 `stopped` names the largest violation of the
// optimality conditions at the end beside it.
#pragma once

#include "grimoire/classic/linear_model.h"

namespace grim {

class Logistic : public LinearModel {
 public:
  std::string name() const override { return "logistic"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool has_proba() const override { return true; }

 protected:
  void fit_on(const Dataset& data) override;
  void proba_on(const Features& x, double* out) const override;

 private:
  double c_ = 1, alpha_ = -1, l1_ratio_ = 0, tolerance_ = 1e-7;
  int64_t most_ = 500;
  bool intercept_wanted_ = true, penalise_intercept_ = false;
  std::string class_weight_, solver_ = "auto";
};

}  // namespace grim
