// Lasso (Tibshirani 1996) and elastic net (Zou and Hastie 2005), for one alpha or a whole path of them:
//   min_w,b  sum_i weight_i (y_i - x_i w - b)^2 / (2 sum weight) + alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|^2).
// The reported gap is the duality gap: no solution is better by more.
#pragma once

#include <algorithm>
#include <cmath>

#include "grimoire/classic/linear_model.h"

namespace grim {

struct PathOptions {
  double l1_ratio = 1;
  std::vector<double> alphas = {};  // falling; empty: `count` from the least that leaves no column in, down to `ratio` of it
  int64_t count = 100;
  double ratio = 1e-3;
  double tolerance = 1e-6;          // of the gap, relative to the objective at w = 0
  int64_t most_sweeps = 100000;     // for each alpha
  bool intercept = true;
  bool standardise = false;         // the penalty sees columns at deviation 1; coefficients are given for the columns as they are
  double least_gain = 0;            // ends the path when an alpha explains less than this share more, or 99.9 % are explained
};

struct PathPoint {
  double alpha = 0, intercept = 0;
  std::vector<int64_t> column = {};  // of the coefficients that are not 0
  std::vector<double> value = {};
  double objective = 0, gap = 0, explained = 0;  // explained: R^2 on the rows of the fit
  int64_t sweeps = 0;
  bool converged = true;
};

std::vector<PathPoint> elastic_net_path(const Dataset& data, const PathOptions& options);
double elastic_net_alpha_max(const Dataset& data, const PathOptions& options);

// Mean squared errors of the path's alphas (those of all rows) on `folds` contiguous parts of the rows, each left out once.
struct PathChoice {
  std::vector<double> alphas, mse;
  size_t best = 0;
};
PathChoice cross_validate_path(const Dataset& data, const PathOptions& options, int64_t folds);

// How far the coefficients are from the best for options.alphas[0], with the objective there and at w = 0.
struct DualityGap {
  double gap = 0, objective = 0, at_zero = 0;
};
DualityGap duality_gap(const Dataset& data, const PathOptions& options, const std::vector<double>& coefficients, double intercept);

// What one column, with p = x'r, adds to the duality gap with the residual r as dual point, which it may be where l2 > 0: by Fenchel and
// Young never below 0, and 0 at the best b. For l1 = 0 it is the gradient's square over 2 l2, as for ridge.
inline double unshrunk_gap(double p, double b, double l1, double l2) {
  const double over = std::max(0.0, std::abs(p) - l1);
  return std::abs(p) > l1 && p * b >= 0 ? (over - l2 * std::abs(b)) * (over - l2 * std::abs(b)) / (2 * l2)
                                        : l1 * std::abs(b) - p * b + l2 / 2 * b * b + over * over / (2 * l2);
}

class ElasticNet : public LinearModel {
 public:
  explicit ElasticNet(double l1_ratio = .5) { options_.l1_ratio = l1_ratio; }
  std::string name() const override { return "elastic-net"; }
  Options params() override;
  bool regresses() const override { return true; }
  double chosen_alpha() const { return chosen_; }

 protected:
  void fit_on(const Dataset& data) override;
  void write(State& state) const override;
  void read(const State& state) override;
  PathOptions options_;
  double alpha_ = 1, chosen_ = 1;
  int64_t folds_ = 0;

 private:
  struct TargetScale {
    double centre = 0, unit = 1, alpha = 1;  // (y - centre) unit is fitted, with alpha times as large
  };
  // Where its size asks for one: fills `storage` with the data in it, and sets the options' l1_ratio.
  TargetScale scale_target(const Dataset& given, Dataset& storage, PathOptions& options) const;
  void tell(const DualityGap& reached, const PathOptions& options, double unit, int64_t sweeps);
};

class Lasso : public ElasticNet {
 public:
  Lasso() : ElasticNet(1) {}
  std::string name() const override { return "lasso"; }
  Options params() override;
};

}  // namespace grim
