// The solvers behind ridge regression.
#pragma once

#include "grimoire/classic/linear_moments.h"

namespace grim {

struct RidgeProblem {
  const Features& x;
  std::span<const double> y, weight;
  double alpha = 0;
  bool intercept = true;
};
struct RidgeSolution {
  std::vector<double> coef;
  double intercept = 0;
  int64_t steps = 0;         // of refinement or of conjugate gradients
  double gradient = 0;       // largest entry of the gradient at the end, relative to that at w = 0
  int64_t rank = -1;         // when the columns were found to be dependent
  std::string method;
};
RidgeSolution solve_ridge(const RidgeProblem& p);

// Least squares by Householder's triangularisation of the rows in blocks, columns pivoted; the shortest solution when they are dependent.
RidgeSolution least_squares_qr(const RidgeProblem& p, const std::vector<double>& mean);

// out = sum_i weight_i (y_i - b - x_i w) (x_i - mean); y empty: zeros.
void residual_products(const RidgeProblem& p, std::span<const double> mean, const std::vector<double>& w, double b,
                       std::vector<double>& out);
// (X - mean)(X - mean)' with rows scaled by the roots of their weights: (N, N), both triangles.
std::vector<double> row_products(const RidgeProblem& p, std::span<const double> mean);
// Weighted means of the columns and, last, of y; zeros without an intercept.
std::vector<double> ridge_means(const RidgeProblem& p);

}  // namespace grim
