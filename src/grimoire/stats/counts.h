// Tests of counts: proportions, tables, agreement with expected frequencies.
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

using Table2d = std::vector<std::vector<double>>;  // rows of counts

enum class ProportionInterval : uint8_t { wilson, clopper_pearson, jeffreys };
Interval proportion_interval(double successes, double n, ProportionInterval form = ProportionInterval::wilson, double level = 0.95);

// Exact; two-sided by the sum of outcomes not likelier than the one seen. Interval: Clopper and Pearson's.
TestResult binomial_test(double successes, double n, double p = 0.5, const TestOptions& options = {});
// One proportion against p by the normal approximation with the null's variance. Interval: Wilson's.
TestResult proportion_test(double successes, double n, double p, const TestOptions& options = {});
// Equality of k proportions: Pearson's chi-square without continuity correction.
TestResult proportions_test(std::span<const double> successes, std::span<const double> n);

enum class Yates : uint8_t { off, on };
// Goodness of fit. expected: any positive numbers, scaled to the total; empty: all equal. `fitted` parameters lower df.
TestResult chi_square_fit(std::span<const double> observed, std::span<const double> expected = {}, int64_t fitted = 0);
// Independence of rows and columns. Yates' correction for 2 x 2 tables. Effect: Cramer's V.
TestResult chi_square_test(const Table2d& table, Yates yates = Yates::off);
TestResult g_test(const Table2d& table);  // the likelihood-ratio form
// Marginal change in a 2 x 2 table of pairs. asymptotic: chi-square, continuity as in options; exact: binomial.
TestResult mcnemar_test(const Table2d& table, const TestOptions& options = {});

// Fisher's exact test of a 2 x 2 table. The outcomes counted as extreme are those whose probability is not above the seen one's
// times 1 + 1e-7; probabilities in Loader's form. Estimate: the conditional maximum likelihood odds ratio, with its exact interval.
TestResult fisher_test(const Table2d& table, const TestOptions& options = {});

}  // namespace grim::stats
