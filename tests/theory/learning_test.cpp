// Experiments that learn: what they measure is held to what can be reckoned.
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/theory/experiment.h"
#include "grimoire/theory/wide_net.h"

namespace grim {
namespace {

// numpy: trapezoid rule on -14 .. 14 in steps of 1e-5, one layer after another.
TEST(WideTanh, ExactLayers) {
  struct {
    double gain, deviation, saturated, gradient;
  } const cases[] = {{1, .2943902075, 7.746e-11, 1.9987715454}, {5. / 3, .6526795734, .0550833922, .6894220289}, {3, .8370242737, .4047313504, .2158527765}};
  for (const auto& c : cases) {
    const WideTanhLayer last = wide_tanh_layers(c.gain, 6).back();
    EXPECT_NEAR(last.deviation, c.deviation, 1e-9) << c.gain;
    EXPECT_NEAR(last.saturated, c.saturated, 1e-9) << c.gain;
    EXPECT_NEAR(last.gradient, c.gradient, 1e-8) << c.gain;
  }
  EXPECT_NEAR(wide_tanh_layers(1, 1)[0].deviation, .6279287303, 1e-9);
}

// Rows: gain 1, 5/3, 3 without norm and residuals; then with residuals; then with BatchNorm; then with both.
TEST(Initialisation, PlainNetIsTheWideOne) {
  const Experiment e = initialisation({.effort = .01});
  ASSERT_EQ(e.rows.size(), 12u);
  for (size_t i = 0; i < 3; ++i) {
    const auto& row = e.rows[i];
    const std::vector<WideTanhLayer> wide = wide_tanh_layers(row[0], 6);
    EXPECT_NEAR(row[3], wide[0].saturated, .03) << row[0];
    EXPECT_NEAR(row[4], wide[5].saturated, .03) << row[0];
    EXPECT_NEAR(row[5], wide[5].deviation, .03) << row[0];
    EXPECT_NEAR(row[6] / wide[5].gradient, 1, .1) << row[0];
    // logits are nearly normal with the activations' deviation s: E ln sum exp lies near ln V + s^2 / 2
    EXPECT_NEAR(row[7], std::log(27) + row[5] * row[5] / 2, .06) << row[0];
  }
}

TEST(Initialisation, NormForgetsTheGainResidualsAddUp) {
  const Experiment e = initialisation({.effort = .01});
  for (size_t i : {6, 9})
    for (size_t other : {i + 1, i + 2})
      for (size_t column = 3; column < 8; ++column) EXPECT_NEAR(e.rows[other][column], e.rows[i][column], 2e-3) << i << " " << column;
  for (size_t i : {0, 1, 2, 6, 7, 8}) EXPECT_GT(e.rows[i + 3][5], 1.4 * e.rows[i][5]);
}

TEST(Initialisation, TrainingLowersTheLossFromASmallLastLayer) {
  const Experiment e = initialisation({.effort = .3});
  for (const auto& row : e.rows) EXPECT_LT(row[8], std::log(27) - .2) << row[0] << row[1] << row[2];
}

TEST(Depth, TentsByHandAreExact) {
  for (int64_t k = 1; k <= 12; ++k) EXPECT_EQ(tent_pieces(k), int64_t{1} << k);
  for (int64_t k : {1, 3, 10, 20})
    for (int64_t i = 0; i <= 1000; ++i) EXPECT_EQ(deep_tents(static_cast<double>(i) / 1024, k), tents(static_cast<double>(i) / 1024, k));
  EXPECT_EQ(tents(3. / 8, 1), 3. / 4);
  EXPECT_EQ(tents(3. / 8, 2), 1. / 2);
  EXPECT_EQ(tents(5. / 16, 3), 1. / 2);  // 5/16 -> 5/8 -> 3/4 -> 1/2
  EXPECT_THROW(tent_pieces(25), Error);
}

TEST(Depth, BothNetsLearnOneTent) {
  const Experiment e = depth({.effort = .1});
  for (const auto& row : e.rows) {
    EXPECT_EQ(row[1], std::exp2(row[0]));
    EXPECT_EQ(row[2], 2 * row[0]);
    EXPECT_EQ(row[3], 0);
    EXPECT_EQ(row[4], row[1] - 1);
    for (size_t net : {5, 6}) EXPECT_LT(row[net], 1 / std::sqrt(12.) + .01);  // no worse than the mean
  }
  EXPECT_LT(e.rows[0][5], .01);
  EXPECT_LT(e.rows[0][6], .01);
}

TEST(SampleSize, BoundHolds) {
  EXPECT_EQ(sufficient_examples(1000, .1, .05), 100);
  EXPECT_EQ(sufficient_examples(10, .1, .05), 53);
  EXPECT_NEAR(alarm_failure(3, .5, 1), .75, 1e-15);  // one of two alarms silent once: 1 - 1/4
  EXPECT_NEAR(alarm_failure(2, .1, 10), std::pow(.9, 10), 1e-15);
  for (double hypotheses : {2., 50., 1e6})
    for (double epsilon : {.01, .1, .5})
      for (double delta : {.001, .05, .5}) EXPECT_LE(alarm_failure(hypotheses, epsilon, sufficient_examples(hypotheses, epsilon, delta)), delta);
  EXPECT_THROW(sufficient_examples(10, 0, .05), Error);
}

TEST(SampleSize, FailuresMeasuredAreThoseReckoned) {
  const Experiment e = sample_size({.effort = .5});
  for (const auto& row : e.rows) {
    EXPECT_NEAR(row[4], row[3], 4 * std::sqrt(row[3] / 2000)) << row[0];
    for (size_t learner : {4, 5, 6}) EXPECT_LE(row[learner], row[2]) << row[0];
  }
}

// Small enough to be reckoned: both learners of 9 rules fail exactly when one of two places has not been seen.
TEST(SampleSize, LearnersFailAsOftenAsTheyMust) {
  const auto one_of_two_unseen = [](double p, int m) { return 2 * std::pow(1 - p, m) - std::pow(1 - 2 * p, m); };
  constexpr int64_t kRepeats = 20000;
  for (int m : {4, 10, 20}) {
    const double places = one_of_two_unseen(1. / 8, m);   // thresholds: the places beside the true one, of 8
    const double answers = one_of_two_unseen(1. / 4, m);  // conjunctions: "the first is yes" with the second yes and no
    const double error = 4 * std::sqrt(.25 / kRepeats);
    EXPECT_NEAR(measured_failure(RuleClass::thresholds, 9, m, kRepeats, 5), places, error) << m;
    EXPECT_NEAR(measured_failure(RuleClass::conjunctions, 9, m, kRepeats, 5), answers, error) << m;
    EXPECT_NEAR(measured_failure(RuleClass::alarms, 9, m, kRepeats, 5), alarm_failure(9, .1, m), error) << m;
  }
}

TEST(Invariants, CountedAndMeasured) {
  const std::vector<double> y = {1, 0, 1, 0};
  EXPECT_EQ(functions_kept({}, y), 16);
  EXPECT_EQ(functions_kept({{1, 1, 1, 1}}, y), 6);
  EXPECT_EQ(functions_kept({{1, 2, 4, 8}}, y), 1);
  EXPECT_EQ(functions_kept({{1, 1, 1, 1}, {1, 2, 3, 4}}, {1, 0, 0, 1}), 2);  // 1 + 4 = 2 + 3
  const Experiment e = invariants({.effort = .2});
  for (const auto& row : e.rows) {
    EXPECT_NEAR(row[3], row[1] - row[2], 1e-12);
    EXPECT_GT(row[3], 2 * row[4]) << row[0];  // errors fall by more than chance explains
  }
  EXPECT_GT(e.rows[1][3], 3 * e.rows.back()[3]);  // most where examples are few
}

TEST(Experiments, SameSeedSameTable) {
  for (const char* name : {"initialisation", "depth", "sample-size", "invariants", "bayes-risk"}) {
    const Experiment a = run_experiment(name, {.seed = 3, .effort = .01}), b = run_experiment(name, {.seed = 3, .effort = .01});
    EXPECT_EQ(a.rows, b.rows) << name;
    EXPECT_NE(a.rows, run_experiment(name, {.seed = 4, .effort = .01}).rows) << name;
  }
}

}  // namespace
}  // namespace grim
