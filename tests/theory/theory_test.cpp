#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/theory/experiment.h"
#include "grimoire/theory/satisfiability.h"

namespace grim {
namespace {

TEST(BiasVariance, PartsAddUpToTheMeasuredError) {
  for (const Experiment& e : {bias_variance_of_polynomials({.effort = 0.3}), bias_variance_of_neighbours({.effort = 0.3})})
    for (const auto& row : e.rows) {
      EXPECT_NEAR(row[4], row[5], 4 * row[6]) << e.columns[0] << " " << row[0];
      EXPECT_NEAR(row[1] + row[2] + row[3], row[4], 1e-12);
    }
}

TEST(BiasVariance, StiffIsBiasedLooseIsVariable) {
  const Experiment e = bias_variance_of_polynomials({.effort = 0.3});
  EXPECT_GT(e.rows[0][1], 10 * e.rows[0][2]);
  EXPECT_GT(e.rows[9][2], 10 * std::abs(e.rows[9][1]));
}

TEST(BayesRisk, ExactIntegrals) {
  EXPECT_NEAR(bayes_risk(), .15865525393, 1e-11);
  EXPECT_NEAR(2 * bayes_risk() * (1 - bayes_risk()), .26696753, 1e-8);
  for (auto [k, risk] : {std::pair{1, .22479975460}, {3, .19153871365}, {5, .18018494698}, {11, .16912262611}, {51, .16100389178}})
    EXPECT_NEAR(asymptotic_neighbour_risk(k), risk, 1e-9) << k;
  EXPECT_THROW(asymptotic_neighbour_risk(2), Error);
}

TEST(BayesRisk, SimulationComesToTheIntegrals) {
  const Experiment e = bayes_risk_of_learners({.effort = 0.1});
  const auto& last = e.rows.back();
  EXPECT_EQ(last[0], 10000);
  const double error = 3 * last[7];
  EXPECT_EQ(last[8], bayes_risk());
  EXPECT_NEAR(last[1], asymptotic_neighbour_risk(1), error);
  EXPECT_NEAR(last[2], asymptotic_neighbour_risk(9), error);
  for (size_t learner : {3, 4, 5, 6}) EXPECT_NEAR(last[learner], bayes_risk(), error) << e.columns[learner];
  for (size_t learner = 1; learner < 7; ++learner) EXPECT_GT(last[learner], bayes_risk() - error) << e.columns[learner];  // nobody beats it
}

TEST(NoFreeLunch, EveryLearnerIsRightOnExactlyHalf) {
  for (const auto& row : no_free_lunch().rows) EXPECT_EQ(row[1], 0.5);
}

TEST(Curse, VolumesAndContrast) {
  for (auto [d, v, digits] :
       {std::tuple{2, .785398, 1e-6}, {5, .164493, 1e-6}, {10, 2.4904e-3, 1e-7}, {20, 2.4611e-8, 1e-12}, {100, 1.8682e-70, 1e-74}})
    EXPECT_NEAR(ball_in_cube(d), v, digits) << d;
  EXPECT_NEAR(relative_contrast(2, 1000, 0), 51, 20);  // the nearest of 1,000 on a plane varies much
  EXPECT_NEAR(relative_contrast(10, 1000, 0), 2.7, 0.5);
  EXPECT_NEAR(relative_contrast(100, 1000, 0), .44, 0.06);
  EXPECT_NEAR(relative_contrast(1000, 1000, 0), .115, 0.01);
}

TEST(Satisfiability, OraclesAndAgreement) {
  Cnf all{3, {}};
  for (int bits = 0; bits < 8; ++bits) all.clauses.push_back({bits & 1 ? 1 : -1, bits & 2 ? 2 : -2, bits & 4 ? 3 : -3});
  EXPECT_EQ(try_everything(all).models, 0);
  EXPECT_FALSE(solve_dpll(all).model);
  all.clauses.pop_back();
  EXPECT_EQ(try_everything(all).models, 1);
  const int64_t expected[] = {1, 0, 0, 2, 10, 4, 40, 92, 352, 724};
  for (int n = 1; n <= 10; ++n) EXPECT_EQ(count_queens(n), expected[n - 1]);
  for (int n = 4; n <= 7; ++n) {
    const Solved s = solve_dpll(queens(n));
    ASSERT_TRUE(s.model);
    EXPECT_TRUE(verify(queens(n), *s.model).satisfied);
  }
  EXPECT_FALSE(solve_dpll(queens(3)).model);
  EXPECT_EQ(count_subset_sums({3, 34, 4, 12, 5, 2, 7, 19, 23, 8}, 30), 9);
  for (int holes = 1; holes <= 5; ++holes) EXPECT_FALSE(solve_dpll(pigeonhole(holes)).model);
  EXPECT_GT(solve_dpll(pigeonhole(6)).steps, 4 * solve_dpll(pigeonhole(5)).steps);
  for (uint64_t seed = 0; seed < 40; ++seed) {  // the search agrees with trying everything
    const Cnf cnf = random_3sat(10, 43, seed);
    const Solved s = solve_dpll(cnf);
    EXPECT_EQ(s.model.has_value(), try_everything(cnf).models > 0) << seed;
    if (s.model) EXPECT_TRUE(verify(cnf, *s.model).satisfied);
  }
}

TEST(Experiments, AllRunAndUnknownOnesAreNamed) {
  for (const std::string& name : experiment_names()) {
    const Experiment e = run_experiment(name, {.effort = 0.05});
    EXPECT_FALSE(e.question.empty() || e.answer.empty() || e.rows.empty()) << name;
    for (const auto& row : e.rows) EXPECT_EQ(row.size(), e.columns.size()) << name;
    for (const Chart& c : e.charts) {
      EXPECT_NE(text_chart(c).find("a "), std::string::npos);
      EXPECT_NE(svg_chart(c).find("</svg>"), std::string::npos);
    }
  }
  EXPECT_THROW(run_experiment("bias", {}), Error);
}

}  // namespace
}  // namespace grim
