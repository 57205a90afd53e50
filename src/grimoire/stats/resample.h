// Tests and intervals by resampling: no formula for the statistic is needed. Seeded: the same Rng gives the same result.
#pragma once

#include <functional>

#include "grimoire/base/rng.h"
#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

using Statistic = std::function<double(std::span<const double>)>;
using TwoSampleStatistic = std::function<double(std::span<const double>, std::span<const double>)>;

struct ResampleOptions {
  int64_t resamples = 10000;
  Alternative alternative = Alternative::two_sided;
  double level = 0.95;
};

// The labels of two samples are exchanged. All divisions are tried when there are no more than `resamples`; else random ones, and
// p = (1 + hits) / (1 + resamples), which is never 0 (Phipson and Smyth 2010). Two-sided: twice the smaller tail.
TestResult permutation_test(std::span<const double> x, std::span<const double> y, const TwoSampleStatistic& statistic, Rng& rng,
                            const ResampleOptions& options = {});

struct Bootstrap {
  double estimate, bias, standard_error;
  Interval percentile, bca;  // BCa: bias-corrected and accelerated (Efron 1987)
};
Bootstrap bootstrap(std::span<const double> x, const Statistic& statistic, Rng& rng, const ResampleOptions& options = {});

}  // namespace grim::stats
