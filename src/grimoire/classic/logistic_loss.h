// The mean loss of linear scores over the rows, its gradient and its second derivatives, in one pass over dense or sparse rows.
// Parameters are D rows of P coefficients with the intercept, when there is one, behind them.
#pragma once

#include "grimoire/data/features.h"

namespace grim {

enum class LinearLoss : uint8_t {
  logistic,       // two classes: log(1 + e^-m), m = y z, y = -1 or 1
  multinomial,    // log sum_k e^z_k - z_y
  squared_hinge,  // max(0, 1 - m)^2
};

class MeanLoss {
 public:
  // `weight` of the rows, class weights included; y holds class numbers.
  MeanLoss(const Features& x, const std::vector<double>& y, std::vector<double> weight, int64_t classes, LinearLoss kind, bool intercept);

  int64_t outputs() const { return outputs_; }
  int64_t width() const { return x_.width() + intercept_; }
  int64_t dims() const { return outputs() * width(); }
  bool has_intercept() const { return intercept_; }
  double total_weight() const { return total_; }
  const Features& x() const { return x_; }

  // Keeps what second derivatives need of every row when `curved`.
  double value(const double* w, double* gradient, bool curved);
  // (dims, dims), lower triangle, at the last curved value; of some columns of x only, when they are given.
  void hessian(double* out) const { hessian(x_, out); }
  void hessian(const Features& columns, double* out) const;
  // The scores of a direction, (N, D): z of every row along `d`, intercept included.
  std::vector<double> along(const double* d) const;
  // Of the last curved value. Two classes, per row: the second derivative times its share; more: the probabilities, (N, D).
  const std::vector<double>& curvature() const { return kept_; }
  const std::vector<double>& shares() const { return share_; }  // of the rows in the mean

 private:
  double row(int64_t r, const double* z, double* slope, bool curved);
  double piece(int64_t begin, int64_t end, const double* w, double* gradient, bool curved);

  const Features& x_;
  const std::vector<double>& y_;
  std::vector<double> share_;
  double total_ = 0;
  int64_t classes_, outputs_;
  LinearLoss kind_;
  bool intercept_;
  std::vector<double> kept_;  // two classes: h of the row; more: the probabilities
};

}  // namespace grim
