// How far predicted numbers are from true ones, and how well two clusterings agree. Weights may be empty (all 1).
#pragma once

#include <span>

namespace grim {

struct RegressionScores {
  double mse, rmse, mae, r2;  // r2 = 1 - MSE / variance of y
};
RegressionScores regression_scores(std::span<const double> y, std::span<const double> predicted, std::span<const double> weight = {});

// Hubert and Arabie 1985: pairs that agree, corrected for chance; 1 for equal partitions.
double adjusted_rand_index(std::span<const double> a, std::span<const double> b);

}  // namespace grim
