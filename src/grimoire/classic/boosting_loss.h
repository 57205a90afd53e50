// Losses of gradient boosting as functions of the raw score s: value, gradient, hessian, best constant start, and the way from a score
// to a prediction. Rows carry weights; everything here is multiplied by them.
//
//   loss       value                                   gradient          hessian   prediction
//   log (K=2)  log(1 + e^s) - y s                      p - y             p (1-p)   p = 1 / (1 + e^-s)
//   log (K>2)  log sum_k e^s_k - s_y                   p_k - [y = k]     p_k (1-p_k) K / (K-1)    p = softmax(s)
//   squared    (s - y)^2 / 2                           s - y             1         s
//   absolute   |s - y|                                 sign(s - y)       1         s       leaves hold the median of y - s
//   quantile   max(q (y - s), (q - 1) (y - s))         [s >= y] - q      1         s       leaves hold the q-quantile of y - s
//   poisson    e^s - y s                               e^s - y           e^s       e^s
// The K / (K-1) of the softmax makes up for its redundant score (Friedman 2001, algorithm 6).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace grim::tree {

enum class Loss : uint8_t { log_loss, squared, absolute, quantile, poisson };

struct LossSpec {
  Loss loss = Loss::squared;
  int64_t classes = 0;    // of log_loss
  double quantile = 0.5;  // of quantile

  // Scores a row, and trees a round.
  int64_t outputs() const { return loss == Loss::log_loss && classes > 2 ? classes : 1; }
  bool constant_hessian() const { return loss == Loss::squared || loss == Loss::absolute || loss == Loss::quantile; }
  bool renews_leaves() const { return loss == Loss::absolute || loss == Loss::quantile; }
};

// The constant scores with the least loss over `rows`, outputs() of them.
std::vector<double> start_scores(const LossSpec& spec, const std::vector<double>& y, const std::vector<double>& weight,
                                 const std::vector<uint32_t>& rows);

// For output k: g[i] = minus the gradient and h[i] the hessian of row i, i over all rows. `score` is (outputs, N).
void derivatives(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y, const std::vector<double>& weight,
                 int64_t k, std::vector<double>& g, std::vector<double>& h);
// For all outputs at once, as float32 pairs (g, h): what histograms add up. Those of output k begin at gh + k * step.
void derivative_pairs(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y,
                      const std::vector<double>& weight, float* gh, size_t step);

// Mean loss over `rows`.
double mean_loss(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y, const std::vector<double>& weight,
                 const std::vector<uint32_t>& rows);

// The q-quantile of `value` by weight: the least v with at least q of the weight at or below it; the middle of two when q falls between.
double weighted_quantile(std::vector<std::pair<double, double>>& value_weight, double q);

}  // namespace grim::tree
