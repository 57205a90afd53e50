// Newton's method for the mean loss of linear scores with a penalty: Cholesky of the Hessian for |w|^2, coordinate descent on the
// quadratic approximation for |w| (Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012).
#pragma once

#include "grimoire/classic/logistic_loss.h"

namespace grim {

struct PenalisedLoss {
  MeanLoss& loss;
  double l1 = 0, l2 = 0;             // value + l1 |w|_1 + l2 |w|^2 / 2
  bool penalise_intercept = false;
  bool penalised(int64_t i) const { return penalise_intercept || !loss.has_intercept() || i % loss.width() != loss.width() - 1; }
  // With the l2 part; the l1 part apart.
  double value(const double* w, double* gradient, bool curved) const;
  double absolute(const double* w) const;
};

struct NewtonResult {
  double value = 0, gap = 0;       // gap: what the quadratic approximation still promised before the last step
  int64_t iterations = 0;
  bool converged = false;
  std::vector<double> step;        // the last one
};
NewtonResult newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most);
NewtonResult proximal_newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most);

}  // namespace grim
