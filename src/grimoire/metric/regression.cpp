#include "grimoire/metric/regression.h"

#include <cmath>
#include <map>
#include <utility>

#include "grimoire/base/error.h"

namespace grim {

RegressionScores regression_scores(std::span<const double> y, std::span<const double> predicted, std::span<const double> weight) {
  GRIM_CHECK(!y.empty() && y.size() == predicted.size() && (weight.empty() || weight.size() == y.size()), shape, "regression_scores",
             "got {} true values, {} predicted, {} weights", y.size(), predicted.size(), weight.size());
  double all = 0, mean = 0, squares = 0, absolutes = 0, variance = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double w = weight.empty() ? 1 : weight[i], e = y[i] - predicted[i];
    all += w, mean += w * y[i], squares += w * e * e, absolutes += w * std::abs(e);
  }
  mean /= all;
  for (size_t i = 0; i < y.size(); ++i) variance += (weight.empty() ? 1 : weight[i]) * (y[i] - mean) * (y[i] - mean);
  const double mse = squares / all;
  return {mse, std::sqrt(mse), absolutes / all, variance > 0 ? 1 - squares / variance : squares == 0 ? 1.0 : 0.0};
}

double adjusted_rand_index(std::span<const double> a, std::span<const double> b) {
  GRIM_CHECK(!a.empty() && a.size() == b.size(), shape, "adjusted_rand_index", "got {} and {} labels", a.size(), b.size());
  std::map<std::pair<double, double>, double> both;
  std::map<double, double> in_a, in_b;
  for (size_t i = 0; i < a.size(); ++i) ++both[{a[i], b[i]}], ++in_a[a[i]], ++in_b[b[i]];
  const auto pairs = [](double n) { return n * (n - 1) / 2; };
  double together = 0, pairs_a = 0, pairs_b = 0;
  for (const auto& [key, n] : both) together += pairs(n);
  for (const auto& [key, n] : in_a) pairs_a += pairs(n);
  for (const auto& [key, n] : in_b) pairs_b += pairs(n);
  const double expected = pairs_a * pairs_b / pairs(static_cast<double>(a.size())), highest = (pairs_a + pairs_b) / 2;
  return highest == expected ? 1.0 : (together - expected) / (highest - expected);
}

}  // namespace grim
