// The quadratic approximation of the multinomial loss, minimised with its L1 penalty without ever forming the Hessian: coordinate
// descent on the columns of X (newGLMNET: Yuan, Ho and Lin 2012, section 4, with the full Hessian of K classes in place of one).
#pragma once

#include "grimoire/classic/newton.h"

namespace grim {

class ColumnDescent {
 public:
  explicit ColumnDescent(const MeanLoss& loss);  // keeps the columns: dense rows lose their zeros, sparse ones are transposed

  // The step d that minimises g'd + d'H d / 2 + l1 |w + d|_1 + l2 |w + d|^2 / 2 over `coordinates`, the others being 0, at the last curved
  // value of the loss, g its gradient without penalty. Sweeps until no coordinate moves by more than H_ii step^2 <= threshold, or `most`.
  void run(const PenalisedLoss& f, const double* w, const double* g, const std::vector<int64_t>& coordinates, double threshold,
           int64_t most, std::vector<double>& d);

 private:
  template <class F> void for_entries(int64_t column, F&& f) const;  // f(row, value); the column behind the last is the constant
  double sweep(const PenalisedLoss& f, const double* w, const double* g, const std::vector<int64_t>& coordinates, double* d);

  const MeanLoss& loss_;
  SparseRows columns_;
  std::vector<double> p_, u_, mean_, h_;  // probabilities and scores of the step, class after class; sum_k p_ik u_ik; the diagonal of H
};

}  // namespace grim
