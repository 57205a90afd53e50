// What holds of every score, whatever the numbers: scale by powers of two from 2^-900 to 2^900 (of values and of weights), an offset, order,
// rows given twice against weights of 2, constants, one row, NaN and infinities.
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"

namespace grim {
namespace {

using Values = std::vector<double>;
const Values kTrue = {3, -1, 2, 7, 4, 4}, kSaid = {2, 0, 2, 8, 5, 3};
const Values kClass = {0, 0, 1, 1, 1, 0}, kScore = {.125, .5, .25, .875, .75, .5}, kWeight = {1, 2, 1, 3, 1, 2};

Values times(Values v, int k) {
  for (double& d : v) d = std::ldexp(d, k);
  return v;
}
Values twice(Values v) {
  const Values once = v;
  v.insert(v.end(), once.begin(), once.end());
  return v;
}
Values rotated(Values v) {
  std::rotate(v.begin(), v.begin() + 2, v.end());
  return v;
}
Tensor two_columns(const Values& p) {
  const Tensor t = Tensor::empty({static_cast<int64_t>(p.size()), 2}, Dtype::f64);
  for (size_t i = 0; i < p.size(); ++i) t.data<double>()[2 * i] = 1 - p[i], t.data<double>()[2 * i + 1] = p[i];
  return t;
}
Values predicted(const Values& score) {
  Values p;
  for (double s : score) p.push_back(s > 0.4);
  return p;
}

// Every score of classes, from true classes, scores of class 1 and weights.
struct Score {
  const char* name;
  std::function<double(const Values& y, const Values& score, const Values& weight)> of;
};
const std::vector<Score>& scores() {
  static const std::vector<Score> all = {
      {"accuracy", [](const Values& y, const Values& s, const Values& w) { return accuracy(y, predicted(s), w); }},
      {"balanced accuracy", [](const Values& y, const Values& s, const Values& w) { return balanced_accuracy(confusion_matrix(y, predicted(s), 2, w), 2); }},
      {"f1", [](const Values& y, const Values& s, const Values& w) { return class_scores(confusion_matrix(y, predicted(s), 2, w), 2)[1].f1; }},
      {"matthews", [](const Values& y, const Values& s, const Values& w) { return matthews(confusion_matrix(y, predicted(s), 2, w), 2); }},
      {"kappa", [](const Values& y, const Values& s, const Values& w) { return cohen_kappa(confusion_matrix(y, predicted(s), 2, w), 2); }},
      {"log loss", [](const Values& y, const Values& s, const Values& w) { return log_loss(y, two_columns(s), w); }},
      {"brier", [](const Values& y, const Values& s, const Values& w) { return brier_score(y, s, w); }},
      {"auc", [](const Values& y, const Values& s, const Values& w) { return roc_auc(y, s, w); }},
      {"average precision", [](const Values& y, const Values& s, const Values& w) { return average_precision(y, s, w); }},
      {"auc of both", [](const Values& y, const Values& s, const Values& w) { return roc_auc_one_vs_rest(y, two_columns(s), w); }},
      {"reliability", [](const Values& y, const Values& s, const Values& w) { return reliability(y, s, 4, w)[0].observed; }}};
  return all;
}

TEST(MetricProperties, WeightsCountByTheirRatios) {
  for (const Score& s : scores()) {
    const double base = s.of(kClass, kScore, kWeight);
    for (const int k : {-900, -300, -1, 1, 300, 900}) EXPECT_EQ(s.of(kClass, kScore, times(kWeight, k)), base) << s.name << " at 2^" << k;
  }
}

TEST(MetricProperties, OrderAndRepeatedRows) {
  for (const Score& s : scores()) {
    EXPECT_NEAR(s.of(rotated(kClass), rotated(kScore), rotated(kWeight)), s.of(kClass, kScore, kWeight), 1e-15) << s.name;
    EXPECT_NEAR(s.of(twice(kClass), twice(kScore), {}), s.of(kClass, kScore, {}), 1e-15) << s.name;
    EXPECT_NEAR(s.of(kClass, kScore, Values(6, 2)), s.of(kClass, kScore, {}), 1e-15) << s.name;
  }
}

TEST(MetricProperties, OneClassAloneIsNoAgreementBeyondChance) {
  const Values y(6, 1), weight = {.1, .2, .3, .1, .7, .1};  // sums that differ by rounding in another order
  for (const auto& said : {Values(6, 1), kClass}) {
    const Values m = confusion_matrix(y, said, 2, weight), turned = confusion_matrix(said, y, 2, weight);
    for (const auto& table : {m, turned}) {
      EXPECT_EQ(matthews(table, 2), 0);
      EXPECT_EQ(cohen_kappa(table, 2), 0);
    }
  }
}

TEST(MetricProperties, RefusesWhatHasNoAnswer) {
  const Values none(6, 0), nan = {.1, NAN, .3, .4, .5, .6}, outside = {.1, 1.5, .3, .4, .5, .6};
  EXPECT_THROW(accuracy(kClass, kClass, none), Error);
  EXPECT_THROW(brier_score(kClass, kScore, none), Error);
  EXPECT_THROW(log_loss(kClass, two_columns(kScore), none), Error);
  EXPECT_THROW(roc_auc(kClass, nan), Error);
  EXPECT_THROW(reliability(kClass, nan), Error);
  EXPECT_THROW(reliability(kClass, outside), Error);
  EXPECT_THROW(regression_scores(kTrue, kSaid, none), Error);
  EXPECT_EQ(roc_auc(kClass, Values{-INFINITY, 0, 1, INFINITY, 2, 0}), 1);  // infinite scores have their place
}

TEST(MetricProperties, NumbersAtEveryScale) {
  const RegressionScores base = regression_scores(kTrue, kSaid, kWeight);
  for (const int k : {-900, -400, -1, 1, 400, 900}) {
    const RegressionScores s = regression_scores(times(kTrue, k), times(kSaid, k), times(kWeight, k < 0 ? 500 : -500));
    EXPECT_EQ(s.rmse, std::ldexp(base.rmse, k)) << k;
    EXPECT_EQ(s.mae, std::ldexp(base.mae, k)) << k;
    EXPECT_EQ(s.r2, base.r2) << k;
    if (std::abs(k) <= 400) {
      EXPECT_EQ(s.mse, std::ldexp(base.mse, 2 * k)) << k;
    }
  }
}

TEST(MetricProperties, NumbersFarFromZero) {
  const RegressionScores base = regression_scores(kTrue, kSaid);
  for (const double by : {1e12, 0x1p50, 0x1p52 - 10}) {
    Values y = kTrue, p = kSaid;
    for (double& v : y) v += by;
    for (double& v : p) v += by;
    const RegressionScores s = regression_scores(y, p);
    EXPECT_EQ(s.mse, base.mse) << by;
    EXPECT_NEAR(s.r2, base.r2, 1e-14) << by;
  }
}

TEST(MetricProperties, ConstantAnswersAndOneRow) {
  for (const double c : {0.1, 0.7, 1e300, 1e-300}) {
    EXPECT_EQ(regression_scores(Values(3, c), Values(3, c)).r2, 1) << c;
    EXPECT_EQ(regression_scores(Values(3, c), Values{c, c, 0}).r2, 0) << c;  // no spread to explain, whatever rounding its mean took
    EXPECT_EQ(regression_scores(Values(1, c), Values(1, c)).rmse, 0) << c;
  }
  EXPECT_EQ(adjusted_rand_index(Values{3}, Values{5}), 1);
  EXPECT_EQ(adjusted_rand_index(Values(4, 1), Values(4, 2)), 1);
}

}  // namespace
}  // namespace grim
