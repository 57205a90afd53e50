// Tests of means and variances. All stand on Sample: the same statistic and p-value at every scale, and at every distance from 0 that
// leaves the values distinct. throws: argument, values without spread, where a statistic is a ratio to it; numeric, NaN, infinities
#pragma once

#include <string>
#include <vector>

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

enum class Spread : uint8_t { separate, pooled };  // Welch's test, or one common variance

TestResult t_test(std::span<const double> x, double mean = 0, const TestOptions& options = {});
TestResult paired_t_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});
TestResult two_sample_t_test(std::span<const double> x, std::span<const double> y, Spread spread = Spread::separate,
                             const TestOptions& options = {});
TestResult z_test(std::span<const double> x, double sd, double mean = 0, const TestOptions& options = {});  // sd is known

TestResult anova(const Groups& groups, Missing missing = Missing::error);        // one way; effect: eta squared
enum class Centre : uint8_t { median, mean };                                   // median: Brown and Forsythe's form
TestResult levene_test(const Groups& groups, Centre centre = Centre::median, Missing missing = Missing::error);
TestResult bartlett_test(const Groups& groups, Missing missing = Missing::error);

// Tukey's honest significant differences (Tukey-Kramer for unequal sizes): every pair, with simultaneous intervals.
struct PairDifference {
  int first, second;  // mean of second - mean of first
  double difference, low, high, p_value;
};
struct Tukey {
  std::vector<PairDifference> pairs;
  std::vector<std::string> notes;
};
Tukey tukey_hsd(const Groups& groups, double level = 0.95, Missing missing = Missing::error);

// Standardised difference of means: by the pooled deviation; Hedges' g takes out the bias of small samples (exact factor).
double cohen_d(std::span<const double> x, std::span<const double> y);
double hedges_g(std::span<const double> x, std::span<const double> y);

}  // namespace grim::stats
