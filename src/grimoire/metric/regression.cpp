#include "grimoire/metric/regression.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"

namespace grim {

RegressionScores regression_scores(std::span<const double> y, std::span<const double> predicted, std::span<const double> weight) {
  GRIM_CHECK(!y.empty() && y.size() == predicted.size() && (weight.empty() || weight.size() == y.size()), shape, "regression_scores",
             "got {} true values, {} predicted, {} weights", y.size(), predicted.size(), weight.size());
  // In a unit, a power of two, in which squares are neither infinite nor 0.
  constexpr int kReach = 400;
  const double unit = binary_scale(std::max(largest_magnitude(y), largest_magnitude(predicted)), kReach);
  double all = 0, mean = 0, squares = 0, absolutes = 0, variance = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double w = weight.empty() ? 1 : weight[i], e = unit * y[i] - unit * predicted[i];
    all += w, mean += w * (unit * y[i]), squares += w * e * e, absolutes += w * std::abs(e);
  }
  mean /= all;
  for (size_t i = 0; i < y.size(); ++i)
    variance += (weight.empty() ? 1 : weight[i]) * (unit * y[i] - mean) * (unit * y[i] - mean);
  const bool constant = std::adjacent_find(y.begin(), y.end(), std::not_equal_to<>()) == y.end();
  const double mse = squares / all, r2 = !constant && variance > 0 ? 1 - squares / variance : squares == 0 ? 1.0 : 0.0;
  return {mse / unit / unit, std::sqrt(mse) / unit, absolutes / all / unit, r2};
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
