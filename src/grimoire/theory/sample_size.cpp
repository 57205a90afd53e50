#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

constexpr double kEpsilon = .1, kDelta = .05;

// Each of |H| - 1 alarms rings on a share epsilon of the examples, independently; the truth is that nothing rings. The unlucky learner
// takes an alarm that has been silent on all m examples, if there is one: it errs on a share epsilon.
bool alarms_fail(int64_t hypotheses, int64_t m, Rng& rng) {
  for (int64_t h = 1; h < hypotheses; ++h) {
    int64_t silent = 0;
    while (silent < m && !(rng.uniform_double() < kEpsilon)) ++silent;
    if (silent == m) return true;
  }
  return false;
}

// Examples are uniform on 1 .. |H| - 1 and the answer is x > t, t from 0 to |H| - 1. The unlucky learner takes the threshold that fits
// and lies farthest from the true one.
bool thresholds_fail(int64_t hypotheses, int64_t m, Rng& rng) {
  const int64_t points = hypotheses - 1, truth = points / 2;
  int64_t below = 0, above = hypotheses;  // the largest example with answer 0, the smallest with 1
  for (int64_t i = 0; i < m; ++i) {
    const int64_t x = rng.randint(1, hypotheses);
    if (x > truth) above = std::min(above, x);
    else below = std::max(below, x);
  }
  const int64_t farthest = std::max(truth - below, above - 1 - truth);
  return static_cast<double>(farthest) / static_cast<double>(points) > kEpsilon;
}

// d yes-no questions, each answer a coin; the truth is "the first three are yes" (of two questions: the first). The learner of Valiant
// 1984 keeps every literal that no positive example contradicts: the narrowest conjunction that fits. It errs on the positives it misses.
// Before any positive it says no to everything: one rule more, which the bound, |H| - 1 wrong ones, has room for.
bool conjunctions_fail(int64_t d, int64_t m, Rng& rng) {
  const uint32_t all = (uint32_t{1} << d) - 1, truth = all & 7 & (d == 2 ? 1u : 7u);
  uint32_t yes = all, no = all;  // literals kept: x_i, not x_i
  for (int64_t i = 0; i < m; ++i) {
    const uint32_t x = rng.next_u32() & all;
    if ((x & truth) == truth) yes &= x, no &= ~x;
  }
  const double learned = yes & no ? 0 : std::exp2(-__builtin_popcount(yes) - __builtin_popcount(no));
  return std::exp2(-__builtin_popcount(truth)) - learned > kEpsilon;
}

}  // namespace

double measured_failure(RuleClass rules, int64_t hypotheses, int64_t m, int64_t repeats, uint64_t seed) {
  static constexpr const char* kStreams[] = {"alarms", "thresholds", "conjunctions"};
  Rng rng(RngMode::philox, seed, kStreams[static_cast<size_t>(rules)], static_cast<uint32_t>(hypotheses));
  const int64_t questions = std::lround(std::log(hypotheses) / std::log(3));  // of as many conjunctions: each is to be yes, no, or either
  double failures = 0;
  for (int64_t i = 0; i < repeats; ++i)
    failures += rules == RuleClass::alarms       ? alarms_fail(hypotheses, m, rng)
                : rules == RuleClass::thresholds ? thresholds_fail(hypotheses, m, rng)
                                                 : conjunctions_fail(questions, m, rng);
  return failures / static_cast<double>(repeats);
}

int64_t sufficient_examples(double hypotheses, double epsilon, double delta) {
  GRIM_CHECK(hypotheses >= 1 && epsilon > 0 && epsilon <= 1 && delta > 0 && delta <= 1, argument, "sufficient_examples",
             "got |H| {}, epsilon {}, delta {}, expected 1 or more, above 0 to 1, above 0 to 1", hypotheses, epsilon, delta);
  return static_cast<int64_t>(std::ceil((std::log(hypotheses) + std::log(1 / delta)) / epsilon));
}

double alarm_failure(double hypotheses, double epsilon, int64_t examples) {
  const double silent = std::pow(1 - epsilon, static_cast<double>(examples));
  return -std::expm1((hypotheses - 1) * std::log1p(-silent));
}

Experiment sample_size(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "How many examples does a learner need when it chooses among finitely many rules, one of which is right?";
  e.columns = {"|H|", "m", "allowed", "alarms exact", "alarms", "thresholds", "conjunctions"};
  const int64_t repeats = settings.repeats(4000, 200);
  Chart chart{.title = "failures of the worst learner that fits, 729 rules", .x_label = "examples m", .y_label = "probability", .series = {}};
  for (const int64_t hypotheses : {9, 81, 729, 6561}) {
    const int64_t m = sufficient_examples(static_cast<double>(hypotheses), kEpsilon, kDelta);
    settings.tell(str("{} rules", hypotheses));
    const auto measured = [&](RuleClass rules) { return measured_failure(rules, hypotheses, m, repeats, settings.seed); };
    e.rows.push_back({static_cast<double>(hypotheses), static_cast<double>(m), kDelta, alarm_failure(static_cast<double>(hypotheses), kEpsilon, m),
                      measured(RuleClass::alarms), measured(RuleClass::thresholds), measured(RuleClass::conjunctions)});
  }
  Series exact{.name = "alarms, exact", .x = {}, .y = {}}, bound{.name = "bound |H| e^(-epsilon m)", .x = {}, .y = {}};
  for (int64_t m = 0; m <= 150; m += 2) {
    exact.x.push_back(static_cast<double>(m)), exact.y.push_back(alarm_failure(729, kEpsilon, m));
    bound.x.push_back(static_cast<double>(m)), bound.y.push_back(std::min(1.0, 729 * std::exp(-kEpsilon * static_cast<double>(m))));
  }
  chart.series = {exact, bound};
  e.charts.push_back(std::move(chart));
  e.answer =
      str("m = (ln |H| + ln 1/delta) / epsilon is enough: with error {} put up with, none fails more often than {}. Squaring the number of rules only doubles "
          "its logarithm. Independent alarms come near the bound, so that it cannot be much better in general; thresholds and conjunctions fail far more "
          "seldom, for their wrong rules overlap: what counts is not the number of rules but how differently they can answer.",
          kEpsilon, kDelta);
  return e;
}

}  // namespace grim
