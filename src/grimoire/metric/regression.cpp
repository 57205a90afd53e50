#include "grimoire/metric/regression.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "grimoire/base/error.h"

namespace grim {

RegressionScores regression_scores(std::span<const double> y, std::span<const double> predicted, std::span<const double> weight) {
  GRIM_CHECK(!y.empty() && y.size() == predicted.size() && (weight.empty() || weight.size() == y.size()), shape, "regression_scores",
             "got {} true values, {} predicted, {} weights", y.size(), predicted.size(), weight.size());
  // Errors and values are divided by powers of two first, so that their squares stay in range, and the mean is taken about the middle of
  // the values: far from 0, sums would lose the digits in which they differ.
  double size = 0, low = y[0], high = y[0], all = 0, heaviest = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    size = std::max(size, std::abs(y[i] - predicted[i])), low = std::min(low, y[i]), high = std::max(high, y[i]);
    if (!weight.empty()) heaviest = std::max(heaviest, weight[i]);
  }
  int unit = 0, spread = 0, heavy = 0;
  std::frexp(size, &unit), std::frexp(high / 2 - low / 2, &spread), std::frexp(heaviest, &heavy);
  const double middle = low + (high / 2 - low / 2);
  const auto weight_of = [&](size_t i) { return weight.empty() ? 1 : std::ldexp(weight[i], -heavy); };
  const auto off = [&](size_t i) { return std::ldexp(y[i] - middle, -spread); };
  double mean = 0, squares = 0, absolutes = 0, variance = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double w = weight_of(i), e = std::ldexp(y[i] - predicted[i], -unit);
    all += w, mean += w * off(i), squares += w * e * e, absolutes += w * std::abs(e);
  }
  GRIM_CHECK(all > 0, argument, "regression_scores", "the weights sum to {}, expected above 0", all);
  mean /= all;
  if (low < high)
    for (size_t i = 0; i < y.size(); ++i) variance += weight_of(i) * (off(i) - mean) * (off(i) - mean);
  const double mse = squares / all;
  return {std::ldexp(mse, 2 * unit), std::ldexp(std::sqrt(mse), unit), std::ldexp(absolutes / all, unit),
          variance > 0 ? 1 - std::ldexp(squares / variance, 2 * (unit - spread)) : squares == 0 ? 1.0 : 0.0};
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
  return a.size() == 1 || highest == expected ? 1.0 : (together - expected) / (highest - expected);
}

}  // namespace grim
