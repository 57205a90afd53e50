// Tests that use only the order of the data.
#pragma once

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

// Mann and Whitney's U of x (R calls it W): pairs in which x is larger, ties half. automatic: exact when there are no ties and
// both samples have fewer than 50 values. Effect: rank-biserial correlation 2 U / (n m) - 1.
TestResult mann_whitney_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});

enum class Zeros : uint8_t {
  drop,   // Wilcoxon: leave zero differences out
  pratt,  // rank them, then leave their ranks out
};
// The signed-rank statistic V: the sum of ranks of positive differences. automatic: exact for fewer than 50 differences without
// ties and zeros. Effect: matched-pairs rank-biserial correlation.
TestResult wilcoxon_test(std::span<const double> differences, Zeros zeros = Zeros::drop, const TestOptions& options = {});

TestResult wilcoxon_test(std::span<const double> x, std::span<const double> y, Zeros zeros = Zeros::drop, const TestOptions& options = {});

TestResult kruskal_test(const Groups& groups, Missing missing = Missing::error);  // effect: epsilon squared

// Against a given distribution (its parameters not fitted to the same data), and between two samples. The alternative speaks of
// the distribution function of x: greater means it lies above. automatic: exact up to n = 1000 without ties, n m = 10000.
TestResult kolmogorov_test(std::span<const double> x, const Distribution& against, const TestOptions& options = {});
TestResult kolmogorov_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});

// Shapiro and Wilk's W by Royston (1995), AS R94. 3 to 5000 values.
TestResult shapiro_test(std::span<const double> x, Missing missing = Missing::error);

}  // namespace grim::stats
