#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/mt19937.h"
#include "grimoire/metric/rouge.h"

namespace grim {
namespace {

// numpy.random.choice(n) of the old interface: the lowest bits that n - 1 has, drawn again until they are below n.
class LegacyChoice {
 public:
  explicit LegacyChoice(uint32_t seed) : random_(seed) {}
  uint32_t below(uint32_t n) {
    if (n == 1) return 0;  // nothing is drawn
    const uint32_t mask = UINT32_MAX >> std::countl_zero(n - 1);
    uint32_t v = random_.next() & mask;
    while (v >= n) v = random_.next() & mask;
    return v;
  }

 private:
  Mt19937 random_;
};

// numpy.percentile, linear between neighbours; sorts the values.
double quantile(std::vector<double>& values, double q) {
  std::ranges::sort(values);
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(std::floor(place));
  const double next = values[std::min(below + 1, values.size() - 1)], part = place - static_cast<double>(below);
  return part < 0.5 ? values[below] + (next - values[below]) * part : next - (next - values[below]) * (1 - part);
}

}  // namespace

std::vector<RougeInterval> aggregate(std::span<const std::vector<PrecisionRecall>> scores, const RougeAggregation& how) {
  GRIM_CHECK(how.samples > 0, argument, "rouge", "got {} samples, expected one or more", how.samples);
  GRIM_CHECK(how.level > 0 && how.level < 1, argument, "rouge", "the level is {}, expected between 0 and 1", how.level);
  LegacyChoice random(how.seed);
  std::vector<RougeInterval> all;
  for (const std::vector<PrecisionRecall>& texts : scores) {
    GRIM_CHECK(!texts.empty() && texts.size() <= UINT32_MAX, argument, "rouge", "got no text, expected one or more");
    std::array<std::vector<double>, 3> means;  // of precision, recall and F, one a sample
    const auto n = static_cast<uint32_t>(texts.size());
    for (int64_t s = 0; s < how.samples; ++s) {
      double precision = 0, recall = 0, f1 = 0;
      for (uint32_t i = 0; i < n; ++i) {
        const PrecisionRecall& t = texts[random.below(n)];
        precision += t.precision, recall += t.recall, f1 += t.f1();
      }
      means[0].push_back(precision / n), means[1].push_back(recall / n), means[2].push_back(f1 / n);
    }
    const double tail = (1 - how.level) / 2;
    const auto at = [&](double q) { return PrecisionRecall{quantile(means[0], q), quantile(means[1], q)}; };
    all.push_back({at(tail), at(0.5), at(1 - tail), quantile(means[2], tail), quantile(means[2], 0.5), quantile(means[2], 1 - tail)});
  }
  return all;
}

}  // namespace grim
