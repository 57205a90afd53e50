#include "grimoire/metric/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/pcg64.h"

namespace grim {
namespace {

void check(const char* who, const LineCounts& counts, const Resampling& how) {
  GRIM_CHECK(counts.lines() > 0 && counts.lines() <= UINT32_MAX, argument, who, "got {} lines, expected one or more", counts.lines());
  GRIM_CHECK(how.samples > 0, argument, who, "got {} samples, expected one or more", how.samples);
}
void check_pair(const char* who, const LineCounts& a, const LineCounts& b, const Resampling& how) {
  check(who, a, how);
  GRIM_CHECK(a.width == b.width && a.lines() == b.lines(), shape, who, "got {} lines and {}, expected as many", a.lines(), b.lines());
}

void add(std::span<const double> row, std::vector<double>& sums) {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
}

// The scores of the same samples for each system. Sample by sample, line by line, as numpy fills choice(lines, size=(samples, lines)).
std::vector<std::vector<double>> sampled_scores(const CorpusMetric& metric, const std::vector<const LineCounts*>& systems, const Resampling& how) {
  Pcg64 random(how.seed);
  const auto lines = static_cast<uint32_t>(systems[0]->lines());
  std::vector<std::vector<double>> scores(systems.size()), sums(systems.size());
  for (int64_t s = 0; s < how.samples; ++s) {
    for (auto& sum : sums) sum.assign(systems[0]->width, 0.0);
    for (uint32_t i = 0; i < lines; ++i) {
      const size_t line = random.below(lines);
      for (size_t k = 0; k < systems.size(); ++k) add(systems[k]->of(line), sums[k]);
    }
    for (size_t k = 0; k < systems.size(); ++k) scores[k].push_back(metric.score(sums[k]));
  }
  return scores;
}

Spread spread_of(std::vector<double> scores) {
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  std::ranges::sort(scores);
  const size_t outside = scores.size() / 40;  // on either side
  return {mean, (scores[scores.size() - outside - 1] - scores[outside]) / 2};
}

double chance(const std::vector<double>& differences, double real) {
  const auto hits = std::ranges::count_if(differences, [real](double d) { return d > real; });
  return (static_cast<double>(hits) + 1) / (static_cast<double>(differences.size()) + 1);
}

}  // namespace

Spread bootstrap_spread(const CorpusMetric& metric, const LineCounts& counts, const Resampling& how) {
  check("bootstrap", counts, how);
  return spread_of(sampled_scores(metric, {&counts}, how)[0]);
}

PairedResult paired_bootstrap(const CorpusMetric& metric, const LineCounts& baseline, const LineCounts& system, const Resampling& how) {
  check_pair("paired_bootstrap", baseline, system, how);
  const auto scores = sampled_scores(metric, {&baseline, &system}, how);
  std::vector<double> differences;
  for (size_t s = 0; s < scores[0].size(); ++s) differences.push_back(std::abs(scores[1][s] - scores[0][s]));
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(differences.size());
  for (double& d : differences) d -= mean;
  return {chance(differences, std::abs(metric.score(system.sums()) - metric.score(baseline.sums()))), spread_of(scores[1])};
}

PairedResult approximate_randomisation(const CorpusMetric& metric, const LineCounts& baseline, const LineCounts& system, const Resampling& how) {
  check_pair("approximate_randomisation", baseline, system, how);
  Pcg64 random(how.seed);
  const size_t lines = baseline.lines(), width = baseline.width;
  std::vector<double> one(width), other(width), differences;
  for (int64_t s = 0; s < how.samples; ++s) {
    std::ranges::fill(one, 0.0);
    std::ranges::fill(other, 0.0);
    for (size_t i = 0; i < lines; ++i) {
      const bool kept = random.coin();
      add((kept ? baseline : system).of(i), one);
      add((kept ? system : baseline).of(i), other);
    }
    differences.push_back(std::abs(metric.score(one) - metric.score(other)));
  }
  return {chance(differences, std::abs(metric.score(system.sums()) - metric.score(baseline.sums()))), {NAN, NAN}};
}

}  // namespace grim
