#include "grimoire/stats/multiple.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim::stats {

Adjustment adjustment_of(std::string_view name) {
  if (name == "bonferroni") return Adjustment::bonferroni;
  if (name == "holm") return Adjustment::holm;
  if (name == "bh") return Adjustment::benjamini_hochberg;
  if (name == "by") return Adjustment::benjamini_yekutieli;
  fail(ErrorKind::argument, "adjust", str("got '{}', expected bonferroni, holm, bh or by", name));
}

// With p sorted, rank i of n: Holm takes the running maximum of (n - i + 1) p_i from the smallest, Benjamini and Hochberg the
// running minimum of n p_i / i from the largest; Yekutieli multiplies that by 1 + 1/2 + ... + 1/n.
std::vector<double> adjust(std::span<const double> p, Adjustment how) {
  const size_t n = p.size();
  for (size_t i = 0; i < n; ++i)
    GRIM_CHECK(p[i] >= 0 && p[i] <= 1, argument, "adjust", "p-value {} is {}, expected from 0 to 1", i + 1, p[i]);
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> q(n);
  const double count = static_cast<double>(n);
  double harmonic = 0, running = 0;
  for (size_t i = 1; i <= n; ++i) harmonic += 1 / static_cast<double>(i);
  switch (how) {
    case Adjustment::bonferroni:
      for (size_t i = 0; i < n; ++i) q[i] = std::min(1.0, count * p[i]);
      break;
    case Adjustment::holm:
      for (size_t i = 0; i < n; ++i) q[order[i]] = running = std::max(running, std::min(1.0, static_cast<double>(n - i) * p[order[i]]));
      break;
    case Adjustment::benjamini_hochberg:
    case Adjustment::benjamini_yekutieli:
      running = 1;
      for (size_t i = n; i-- > 0;)
        q[order[i]] = running =
            std::min(running, count / static_cast<double>(i + 1) * p[order[i]] * (how == Adjustment::benjamini_yekutieli ? harmonic : 1));
      break;
  }
  return q;
}

}  // namespace grim::stats
