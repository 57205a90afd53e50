// Ridge regression (Hoerl and Kennard 1970) and least squares: min_w,b sum_i weight_i (y_i - x_i w - b)^2 + alpha |w|^2, the intercept b
// not penalised. Normal equations about the means by Cholesky, X'X or (more columns than rows) X X'; least squares is refined to the
// digits of an orthogonal factorisation, and factored so when the columns are nearly or exactly dependent (then the shortest solution).
#pragma once

#include "grimoire/classic/linear_model.h"

namespace grim {

// The squared error of every row when it is left out of the fit, for each alpha, without fitting again: e_i / (1 - h_ii), where h_ii is
// the diagonal of the hat matrix (Golub, Heath and Wahba 1979).
struct LeaveOneOut {
  std::vector<double> alphas, mse;  // weighted means over the rows
  size_t best = 0;
};
LeaveOneOut ridge_leave_one_out(const Dataset& data, const std::vector<double>& alphas, bool intercept = true);

class Ridge : public LinearModel {
 public:
  explicit Ridge(double alpha = 1) : alpha_(alpha) {}
  std::string name() const override { return "ridge"; }
  Options params() override;
  void check_params() const override;
  bool regresses() const override { return true; }
  double chosen_alpha() const { return chosen_; }

 protected:
  void fit_on(const Dataset& data) override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::string alphas_;      // "1e-4,0.01,1": the one with the least leave-one-out error is taken
  double alpha_ = 1, chosen_ = 1;
  bool intercept_wanted_ = true;
};

class LinearRegression : public Ridge {
 public:
  LinearRegression() : Ridge(0) {}
  std::string name() const override { return "linear"; }
  Options params() override;
};

// "1e-4,0.01,1" as numbers. throws: argument, naming the parameter
std::vector<double> numbers_of(const std::string& text, std::string_view who, std::string_view what);

}  // namespace grim
