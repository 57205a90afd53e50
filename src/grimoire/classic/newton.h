// Newton's method for the mean loss of linear scores with a penalty: Cholesky of the Hessian for |w|^2, coordinate descent on the
// quadratic approximation for |w| (Friedman, Hastie and Tibshirani 2010; Yuan, Ho and Lin 2012), of two classes or more: the Hessian
// is that of all classes together, not of one after the other.
#pragma once

#include "grimoire/classic/logistic_loss.h"

namespace grim {

struct PenalisedLoss {
  MeanLoss& loss;
  double l1 = 0, l2 = 0;             // value + l1 |w|_1 + l2 |w|^2 / 2
  bool penalise_intercept = false;
  std::vector<double> offset = {};   // l2, D = 1: the columns lie less these, and it is the intercept at 0, b - w'offset, that is penalised
  bool penalised(int64_t i) const { return penalise_intercept || !loss.has_intercept() || i % loss.width() != loss.width() - 1; }
  // With the l2 part; the l1 part apart.
  double value(const double* w, double* gradient, bool curved) const;
  void add_hessian(std::vector<double>& h) const;  // of the l2 part, (dims, dims), lower triangle
  double absolute(const double* w) const;
  // The largest violation of the conditions of Karush, Kuhn and Tucker at w with gradient g of the loss alone, G = g + l2 w:
  // |G + l1 sign w| where w is not 0, |G| - l1 where it is, |g| where nothing is penalised.
  double violation(const double* w, const double* g) const;
};

struct NewtonResult {
  double value = 0, gap = 0;       // gap: what the quadratic approximation still promised before the last step
  double violation = 0;            // of the optimality conditions at the end (proximal_newton alone)
  int64_t iterations = 0;
  bool converged = false;
  std::vector<double> step;        // the last one
};
NewtonResult newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most);
NewtonResult proximal_newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most);

}  // namespace grim
