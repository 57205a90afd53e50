#include "grimoire/stats/resample.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"

namespace grim::stats {

TestResult permutation_test(std::span<const double> x, std::span<const double> y, const TwoSampleStatistic& statistic, Rng& rng,
                            const ResampleOptions& o) {
  TestResult r{.statistic = {"statistic"}, .alternative = o.alternative};
  GRIM_CHECK(!x.empty() && !y.empty(), argument, "permutation test", "got {} and {} values, expected one or more in each", x.size(),
             y.size());
  GRIM_CHECK(o.resamples >= 1, argument, "permutation test", "got {} resamples, expected one or more", o.resamples);
  std::vector<double> all = checked(x, "x", Missing::error, r.notes);
  const std::vector<double> second = checked(y, "y", Missing::error, r.notes);
  const size_t n = all.size();
  all.insert(all.end(), second.begin(), second.end());
  const double seen = r.statistic.value = statistic(std::span(all).first(n), std::span(all).subspan(n));
  GRIM_CHECK(std::isfinite(seen), numeric, "permutation test", "the statistic of the two samples is {}", seen);
  // Divisions that give the same statistic may differ by rounding of what it is made of: of the size that it has at the ends.
  std::vector<double> sorted(all);
  std::ranges::sort(sorted);
  const double lowest = statistic(std::span(sorted).first(n), std::span(sorted).subspan(n)),
               highest = statistic(std::span(sorted).last(n), std::span(sorted).first(sorted.size() - n)),
               slack = 1e-12 * std::max({std::abs(seen), std::abs(lowest), std::abs(highest)});
  double at_least = 0, at_most = 0, tried = 0;
  const auto count = [&](double v) { at_least += v >= seen - slack, at_most += v <= seen + slack, tried += 1; };
  const bool every =
      log_choose(static_cast<double>(all.size()), static_cast<double>(n)) <= std::log(static_cast<double>(o.resamples)) + 1e-9;
  if (every) {
    std::vector<char> in_x(all.size(), 0);
    std::fill(in_x.begin(), in_x.begin() + static_cast<int64_t>(n), 1);
    std::vector<double> a, b;
    do {
      a.clear(), b.clear();
      for (size_t i = 0; i < all.size(); ++i) (in_x[i] ? a : b).push_back(all[i]);
      count(statistic(a, b));
    } while (std::prev_permutation(in_x.begin(), in_x.end()));
  } else {
    at_least = at_most = tried = 1;  // the division seen is one of them
    for (int64_t i = 0; i < o.resamples; ++i) {
      for (size_t k = 0; k < n; ++k)  // the first n places of a Fisher-Yates shuffle
        std::swap(all[k], all[static_cast<size_t>(rng.randint(static_cast<int64_t>(k), static_cast<int64_t>(all.size())))]);
      count(statistic(std::span(all).first(n), std::span(all).subspan(n)));
    }
  }
  r.method = every ? str("permutation test, all {} divisions", static_cast<int64_t>(tried))
                   : str("permutation test, {} random divisions", o.resamples);
  const double above = at_least / tried, below = at_most / tried;
  r.p_value = o.alternative == Alternative::greater ? above
              : o.alternative == Alternative::less  ? below
                                                    : std::min(1.0, 2 * std::min(above, below));
  r.meaning = meaning_of(r.p_value, "both samples come from one distribution");
  return r;
}

Bootstrap bootstrap(std::span<const double> given, const Statistic& statistic, Rng& rng, const ResampleOptions& o) {
  check_level(o.level);
  std::vector<std::string> notes;
  const std::vector<double> x = checked(given, "x", Missing::error, notes);
  GRIM_CHECK(x.size() >= 2 && o.resamples >= 2, argument, "bootstrap", "got {} value(s) and {} resamples, expected two or more", x.size(),
             o.resamples);
  const double estimate = statistic(x);
  std::vector<double> drawn(x.size()), values(static_cast<size_t>(o.resamples));
  for (double& v : values) {
    for (double& d : drawn) d = x[static_cast<size_t>(rng.randint(0, static_cast<int64_t>(x.size())))];
    v = statistic(drawn);
    GRIM_CHECK(std::isfinite(v), numeric, "bootstrap", "the statistic of a resample is {}", v);
  }
  const Sample all = sample_of(values);
  const double tail = (1 - o.level) / 2;
  // z0: how far the estimate is from the median of its copies; a: how the error changes with the estimate, by the jackknife.
  double below = 0;
  for (double v : values) below += v < estimate ? 1 : v == estimate ? 0.5 : 0;
  const double z0 = normal_quantile(below / static_cast<double>(values.size()));
  std::vector<double> left_out, rest(x.begin() + 1, x.end());
  for (size_t i = 0; i < x.size(); ++i) {
    left_out.push_back(statistic(rest));
    if (i + 1 < x.size()) rest[i] = x[i];
  }
  const Sample jack = sample_of(left_out);
  double cubes = 0;
  for (double v : jack.deviation) cubes -= v * v * v;
  const double a = jack.constant() ? 0 : cubes / (6 * jack.squares * std::sqrt(jack.squares));
  const auto corrected = [&](double p) {
    const double z = z0 + normal_quantile(p), at = normal_cdf(z0 + z / (1 - a * z));
    return quantile(values, std::isfinite(at) ? std::clamp(at, 0.0, 1.0) : p);
  };
  return {estimate,
          std::ldexp(all.centre_less(estimate, all.unit()), all.unit()),
          all.deviation_of(),
          {"statistic", quantile(values, tail), quantile(values, 1 - tail), o.level},
          {"statistic", corrected(tail), corrected(1 - tail), o.level}};
}

}  // namespace grim::stats
