#pragma once

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

// Linear association; interval by Fisher's z. Points on one line have r = 1 or -1 and no p (NaN): t is infinite. All throw: argument, a
// variable that is constant.
TestResult pearson_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});
// Pearson's r of the ranks. automatic: every order is tried up to 9 values without ties, else the t approximation.
TestResult spearman_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});
// Kendall's tau-b in n log n (Knight 1966). automatic: exact without ties below 50 values, else normal with the variance for ties.
TestResult kendall_test(std::span<const double> x, std::span<const double> y, const TestOptions& options = {});

double pearson(std::span<const double> x, std::span<const double> y);  // NaN for a constant

}  // namespace grim::stats
