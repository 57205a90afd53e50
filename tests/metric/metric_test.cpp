#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/perplexity.h"
#include "grimoire/metric/regression.h"

namespace grim {
namespace {

const std::vector<double> kY = {0, 0, 1, 1, 1, 0, 1, 0}, kScore = {.1, .4, .35, .8, .7, .6, .55, .2};

Tensor two_columns(const std::vector<double>& p) {
  const Tensor t = Tensor::empty({static_cast<int64_t>(p.size()), 2}, Dtype::f64);
  for (size_t i = 0; i < p.size(); ++i) t.data<double>()[2 * i] = 1 - p[i], t.data<double>()[2 * i + 1] = p[i];
  return t;
}

// scikit-learn's values.
TEST(Metric, AgreesWithTheReference) {
  EXPECT_DOUBLE_EQ(roc_auc(kY, kScore), .8125);
  EXPECT_NEAR(average_precision(kY, kScore), .8541666667, 1e-10);
  EXPECT_NEAR(log_loss(kY, two_columns(kScore)), .4978872554, 1e-10);
  EXPECT_NEAR(brier_score(kY, kScore), .165625, 1e-12);
  std::vector<double> predicted;
  for (double s : kScore) predicted.push_back(s > .5);
  const auto m = confusion_matrix(kY, predicted, 2);
  EXPECT_DOUBLE_EQ(class_scores(m, 2)[1].f1, .75);
  EXPECT_DOUBLE_EQ(matthews(m, 2), .5);
  EXPECT_DOUBLE_EQ(cohen_kappa(m, 2), .5);
  EXPECT_DOUBLE_EQ(accuracy(kY, predicted), .75);
  EXPECT_DOUBLE_EQ(balanced_accuracy(m, 2), .75);
}

TEST(Metric, TiesCountHalfAndWeightsRepeatRows) {
  const std::vector<double> y = {0, 1, 1, 0}, flat = {.5, .5, .5, .5};
  EXPECT_DOUBLE_EQ(roc_auc(y, flat), .5);
  const std::vector<double> weight = {1, 2, 1, 3}, repeated_y = {0, 1, 1, 1, 0, 0, 0}, score = {.2, .9, .4, .6},
                            repeated_score = {.2, .9, .9, .4, .6, .6, .6};
  EXPECT_DOUBLE_EQ(roc_auc(y, score, weight), roc_auc(repeated_y, repeated_score));
  EXPECT_DOUBLE_EQ(average_precision(y, score, weight), average_precision(repeated_y, repeated_score));
  EXPECT_DOUBLE_EQ(brier_score(y, score, weight), brier_score(repeated_y, repeated_score));
  EXPECT_DOUBLE_EQ(log_loss(y, two_columns(score), weight), log_loss(repeated_y, two_columns(repeated_score)));
  EXPECT_THROW(roc_auc(std::vector<double>{1, 1}, std::vector<double>{.1, .2}), Error);
  EXPECT_THROW(accuracy(y, std::vector<double>{1}), Error);
}

TEST(Metric, RegressionAndClusters) {
  const std::vector<double> y = {3, -0.5, 2, 7}, p = {2.5, 0, 2, 8};
  const RegressionScores s = regression_scores(y, p);
  EXPECT_DOUBLE_EQ(s.mse, .375);
  EXPECT_DOUBLE_EQ(s.mae, .5);
  EXPECT_NEAR(s.r2, .9486081370449679, 1e-15);
  const std::vector<double> a = {0, 0, 1, 1}, b = {5, 5, 2, 2}, c = {0, 0, 1, 2};
  EXPECT_DOUBLE_EQ(adjusted_rand_index(a, b), 1);
  EXPECT_NEAR(adjusted_rand_index(a, c), .5714285714285714, 1e-15);
}

TEST(Metric, ReliabilityBins) {
  const std::vector<double> y = {0, 1, 1, 1}, p = {.1, .15, .95, 1.0};
  const auto bins = reliability(y, p);
  ASSERT_EQ(bins.size(), 2u);
  EXPECT_DOUBLE_EQ(bins[0].observed, .5);
  EXPECT_DOUBLE_EQ(bins[0].predicted, .125);
  EXPECT_DOUBLE_EQ(bins[1].weight, 2);
}

// Three tokens of a quarter each, 6 bits, make up two words in four bytes.
TEST(Metric, PerplexityByAnyUnit) {
  const Perplexity p{.nats = 6 * std::log(2.0), .tokens = 3, .words = 2, .bytes = 4};
  EXPECT_NEAR(p.token_bits(), 2, 1e-12);
  EXPECT_NEAR(p.by_token(), 4, 1e-12);
  EXPECT_NEAR(p.by_word(), 8, 1e-12);
  EXPECT_NEAR(p.byte_bits(), 1.5, 1e-12);
  EXPECT_NEAR(p.by_byte(), std::pow(2, 1.5), 1e-12);
  EXPECT_TRUE(std::isnan(Perplexity{.nats = 1, .tokens = 1}.by_word()));
}

}  // namespace
}  // namespace grim
