#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/rng.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/importance.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/plots.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/classic/validate.h"
#include "grimoire/metric/classification.h"
#include "support/data.h"

namespace grim {
namespace {

using test::digits, test::tabular;

std::unique_ptr<Estimator> learner(const std::string& name, const std::vector<std::string>& params = {}) {
  auto e = make_estimator(name);
  set_params(*e, params);
  return e;
}
template <class... Steps> Pipeline pipeline(Steps... steps) {
  std::vector<std::unique_ptr<Estimator>> all;
  (all.push_back(std::move(steps)), ...);
  return Pipeline(std::move(all));
}

TEST(Folds, EveryRowIsHeldBackOnce) {
  std::vector<double> y;
  for (int i = 0; i < 53; ++i) y.push_back(i % 7 == 0 ? 2 : i % 3 == 0);
  Dataset d{.x = Features(Tensor::zeros({53, 1}, Dtype::f64)), .y = y, .weight = {}, .classes = {"a", "b", "c"}};
  for (const auto& folds : {k_folds(53, 5), stratified_folds(y, 5), shuffled(d, 5, 3), leave_one_out(53), grouped_folds(y, 3)}) {
    std::vector<int> held(53, 0);
    for (const Fold& f : folds) {
      EXPECT_EQ(f.train.size() + f.test.size(), 53u);
      for (int64_t r : f.test) ++held[r];
      std::vector<int64_t> both;
      std::set_intersection(f.train.begin(), f.train.end(), f.test.begin(), f.test.end(), std::back_inserter(both));
      EXPECT_TRUE(both.empty());
    }
    for (int h : held) EXPECT_EQ(h, 1);
  }
  EXPECT_EQ(k_folds(53, 5)[0].test.size(), 11u);
  EXPECT_EQ(k_folds(53, 5)[3].test.size(), 10u);
  for (const Fold& f : grouped_folds(y, 3)) {  // one group a fold here
    for (int64_t r : f.test) EXPECT_EQ(y[r], y[f.test[0]]);
  }
  EXPECT_THROW(k_folds(3, 4), Error);
  EXPECT_THROW(k_folds(3, 1), Error);
  EXPECT_THROW(grouped_folds({1, 1, 1}, 2), Error);
}

// What the test rows hold must not reach the model: a scaler before the folds would.
TEST(Pipeline, IsFittedOnTheFoldsOwnRows) {
  Dataset d{.x = {}, .y = {}, .weight = {}, .classes = {}};
  const Tensor x = Tensor::zeros({10, 1}, Dtype::f64);
  for (int64_t r = 0; r < 10; ++r) x.data<double>()[r] = r < 5 ? r : 1000 + r, d.y.push_back(static_cast<double>(r));
  d.x = Features(x);
  Pipeline p = pipeline(learner("scaler"), learner("ridge"));
  const Fold first_half{{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}};
  p.fit(d.pick(first_half.train));
  EXPECT_DOUBLE_EQ(dynamic_cast<const Scaler&>(*p.steps()[0]).centre()[0], 2);
  EXPECT_THROW(pipeline(learner("ridge"), learner("ridge")), Error);
}

TEST(Preprocess, ScalesFillsInAndEncodes) {
  const Table t = parse_csv("a,b,c\n1,red,10\n2,blue,\n3,red,30\n4,,20\n", "t.csv");
  Dataset d{.x = Features::from(t), .y = {}, .weight = {}, .classes = {}};
  Scaler scaler;
  scaler.fit(d);
  EXPECT_NEAR(scaler.transform(d.x).at(0, 0), -1.3416407864998738, 1e-15);
  EXPECT_EQ(scaler.transform(d.x).at(0, 1), 1);  // a category passes
  EXPECT_TRUE(std::isnan(scaler.transform(d.x).at(1, 2)));
  scaler.kind = "minmax";
  scaler.fit(d);
  EXPECT_DOUBLE_EQ(scaler.transform(d.x).at(1, 0), 1.0 / 3);
  scaler.kind = "robust";
  scaler.fit(d);
  EXPECT_DOUBLE_EQ(scaler.centre()[0], 2.5);
  EXPECT_DOUBLE_EQ(scaler.scale()[0], 1.5);
  Imputer imputer;
  imputer.fit(d);
  EXPECT_EQ(imputer.fills(), (std::vector<double>{2.5, 1, 20}));
  Encoder encoder;
  encoder.fit(d);
  const Features e = encoder.transform(d.x);
  EXPECT_EQ(e.columns()[2].name, "b=red");
  EXPECT_EQ(e.at(0, 2), 1);
  EXPECT_EQ(e.at(3, 1) + e.at(3, 2), 0);
  d.weight = {1, 1, 1, 3};  // as if the last row stood three times
  imputer.fit(d);
  EXPECT_EQ(imputer.fills()[0], 3.5);
}

TEST(Calibration, AgreesWithTheReference) {
  const std::vector<double> s = {-2.1, -1.3, -.7, -.2, .1, .4, .9, 1.5, 2.2, 3.0}, y = {0, 0, 1, 0, 0, 1, 1, 0, 1, 1},
                            w = {1, 2, 1, 1, 3, 1, 1, 1, 2, 1};
  const SigmoidMap plain = fit_sigmoid(s, y), weighted = fit_sigmoid(s, y, w);
  EXPECT_NEAR(plain.a, -.5605923645918722, 1e-5);
  EXPECT_NEAR(plain.b, .20759915264522515, 1e-5);
  EXPECT_NEAR(weighted.a, -.7749431612122527, 1e-5);
  EXPECT_NEAR(weighted.b, .6000229340824765, 1e-5);
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 7, 8, 9}, t = {1, 3, 2, 4, 3, 5, 8, 6, 7, 9},
                            at = {0, 1, 2, 2.5, 3, 4.5, 5, 7, 7.5, 8, 10};
  const std::vector<double> expected = {1, 1, 2.5, 2.5, 2.5, 3.5, 3.5, 7, 7, 7, 9},
                            with_weights = {1, 1, 8.0 / 3, 8.0 / 3, 8.0 / 3, 3.25, 3.25, 7, 7, 7, 9};
  const IsotonicMap m = fit_isotonic(x, t), mw = fit_isotonic(x, t, w);
  for (size_t i = 0; i < at.size(); ++i) {
    EXPECT_DOUBLE_EQ(m(at[i]), expected[i]);
    EXPECT_DOUBLE_EQ(mw(at[i]), with_weights[i]);
  }
}

TEST(Calibration, MakesAVectorMachineHonest) {
  GRIMOIRE_DATA(breast_cancer_file, "tabular/breast_cancer.csv");
  const Dataset d = tabular("breast_cancer.csv");
  for (const char* method : {"sigmoid", "isotonic"}) {
    std::vector<std::unique_ptr<Estimator>> steps;
    steps.push_back(learner("scaler"));
    steps.push_back(learner("svc"));
    Calibrated calibrated(std::make_unique<Pipeline>(std::move(steps)));
    calibrated.method = method;
    const FoldScores s = cross_validate(calibrated, d, stratified_folds(d.y, 5));
    EXPECT_EQ(s.metrics, (std::vector<std::string>{"accuracy", "log loss", "AUC"}));
    EXPECT_GT(s.mean(0), .96);
    EXPECT_LT(s.mean(1), method == std::string("sigmoid") ? .12 : .3);  // a step function says 0 and 1, and pays for each error
    double gap = 0;
    for (const ReliabilityBin& b : reliability(d.y, s.probability, 5)) gap += b.weight / 569 * std::abs(b.predicted - b.observed);
    EXPECT_LT(gap, .03);
  }
}

TEST(Curves, DigitsAsPublished) {
  GRIMOIRE_DATA(digits_file, "tabular/digits.csv.gz");
  const Dataset d = digits();
  const auto folds = stratified_folds(d.y, 5);
  const std::vector<double> shares = {.1, .25, .5, .75, 1};
  const auto expect_curve = [](const std::vector<CurveRow>& curve, std::vector<double> train, std::vector<double> test) {
    for (size_t i = 0; i < curve.size(); ++i) {
      EXPECT_NEAR(curve[i].train, train[i], 1e-3) << curve[i].label;  // three digits are published, some of them cut
      EXPECT_NEAR(curve[i].test, test[i], 1e-3) << curve[i].label;
    }
  };
  const auto svm = learning_curve(*learner("svc", {"gamma=0.001"}), d, folds, shares, RowOrder::file);
  EXPECT_EQ(svm[0].label, "143");
  EXPECT_EQ(svm[4].label, "1437");
  expect_curve(svm, {.994, .998, .999, .999, .999}, {.818, .896, .947, .962, .972});
  const CurveVerdict v = judge_learning_curve(svm, true);
  EXPECT_EQ(v.kind, "variance");
  EXPECT_NE(v.text.find("more rows still help"), std::string::npos) << v.text;
  const auto bayes = learning_curve(*learner("naive-bayes"), d, folds, shares, RowOrder::file);
  expect_curve(bayes, {.985, .969, .901, .886, .872}, {.615, .743, .786, .804, .806});
  const CurveVerdict b = judge_learning_curve(bayes, true);
  EXPECT_TRUE(b.kind == "bias" || b.kind == "both") << b.text;
}

TEST(Curves, UnderRightAndOverfitInOnePicture) {
  GRIMOIRE_DATA(digits_file, "tabular/digits.csv.gz");
  const Dataset d = digits();
  const auto curve = validation_curve(*learner("svc"), d, stratified_folds(d.y, 5), "gamma",
                                      {"1e-6", "1.7782794100389228e-05", "0.00031622776601683794", "0.005623413251903491", "0.1"});
  const double train[] = {.157, .944, .994, 1, 1}, test[] = {.158, .905, .960, .869, .103};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(curve[i].train, train[i], 6e-4);
    EXPECT_NEAR(curve[i].test, test[i], 6e-4);
  }
  const CurveVerdict v = judge_validation_curve(curve, "gamma");
  EXPECT_EQ(v.kind, "peak");
  EXPECT_NE(v.text.find("gamma=1e-6 underfits"), std::string::npos) << v.text;
  EXPECT_NE(v.text.find("gamma=0.1 overfits"), std::string::npos) << v.text;
}

TEST(Search, GridFindsAndNestingTellsTheTruth) {
  GRIMOIRE_DATA(iris_file, "tabular/iris.csv");
  const Dataset d = tabular("iris.csv");
  const Grid grid = Grid::parse({"k=1,7,101", "vote=uniform,distance"});
  EXPECT_EQ(grid.points().size(), 6u);
  const GridSearch s = grid_search(*learner("knn"), d, grid, stratified_folds(d.y, 5));
  EXPECT_EQ(s.points[s.best].params[0], "k=7");
  const FoldScores honest = nested_validation(*learner("knn"), d, grid, stratified_folds(d.y, 5), 3);
  EXPECT_GT(honest.mean(), .93);
  EXPECT_LE(honest.mean(), s.points[s.best].mean + .02);
  EXPECT_THROW(Grid::parse({"k"}), Error);
  EXPECT_THROW(grid_search(*learner("knn"), d, Grid::parse({"q=1,2"}), stratified_folds(d.y, 5)), Error);
}

// A search over pure noise looks good; nested, it does not.
TEST(Search, ChoosingAmongManyIsOptimistic) {
  Rng rng(RngMode::philox, 4);
  const Tensor x = Tensor::empty({60, 12}, Dtype::f64);
  rng.fill_normal(std::span<double>(x.data<double>(), 720));
  Dataset d{.x = Features(x), .y = {}, .weight = {}, .classes = {"a", "b"}};
  for (int i = 0; i < 60; ++i) d.y.push_back(static_cast<double>(rng.bernoulli(0.5)));
  const Grid grid = Grid::parse({"k=1,2,3,4,5,7,9,11,13,15,19,25"});
  const auto folds = stratified_folds(d.y, 5);
  const GridSearch s = grid_search(*learner("knn"), d, grid, folds);
  EXPECT_GT(s.points[s.best].mean, nested_validation(*learner("knn"), d, grid, folds, 4).mean());
}

TEST(Importance, FindsTheColumnThatMatters) {
  Rng rng(RngMode::philox, 6);
  const Tensor x = Tensor::empty({200, 3}, Dtype::f64);
  rng.fill_normal(std::span<double>(x.data<double>(), 600));
  Dataset d{.x = Features(x, {{"noise"}, {"signal"}, {"more noise"}}), .y = {}, .weight = {}, .classes = {"a", "b"}};
  for (int i = 0; i < 200; ++i) d.y.push_back(x.data<double>()[i * 3 + 1] > 0);
  const auto ranking = permutation_importance(*learner("tree"), d, stratified_folds(d.y, 4), 3, 0);
  EXPECT_EQ(ranking[0].column, "signal");
  EXPECT_GT(ranking[0].mean, .3);
  EXPECT_LT(std::abs(ranking[1].mean), .05);
  // The border on both columns: regions by the second one's sign, rows among their own kind.
  const Chart chart = boundary_chart(*learner("tree"), d, 0, 1);
  EXPECT_EQ(chart.y_label, "signal");
  ASSERT_EQ(chart.series.size(), 2u);
  const Field& f = *chart.field;
  ASSERT_EQ(f.series.size(), f.rows * f.columns);
  EXPECT_EQ(f.series.front(), 1u);  // above
  EXPECT_EQ(f.series.back(), 0u);
  for (double y : chart.series[1].y) EXPECT_TRUE(y > 0 && y < f.top) << y;
  for (double y : chart.series[0].y) EXPECT_TRUE(y <= 0 && y > f.bottom) << y;
  EXPECT_EQ(chart.series[0].x.size() + chart.series[1].x.size(), 200u);
}

// Preprocessing in a pipeline on real tables: median, z-scores and one-hot, every fifth row held back.
TEST(Pipeline, CaliforniaHousing) {
  GRIMOIRE_DATA(california_housing_file, "tabular/california_housing.csv");
  const Dataset d =
      load_dataset(test::data_file("tabular/california_housing.csv"), {.target = "median_house_value", .as = Target::number});
  std::vector<int64_t> train, held;
  for (int64_t r = 0; r < d.rows(); ++r) (r % 5 == 0 ? held : train).push_back(r);
  const Dataset fitted = d.pick(train), test = d.pick(held);
  const auto rmse = [&](std::unique_ptr<Estimator> last) {
    Pipeline p = pipeline(learner("imputer"), learner("scaler"), learner("encoder"), std::move(last));
    p.fit(fitted);
    const std::vector<double> y = p.predict(test.x);
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += (y[i] - test.y[i]) * (y[i] - test.y[i]) / static_cast<double>(y.size());
    return std::sqrt(sum);
  };
  EXPECT_NEAR(rmse(learner("linear")), 70773.9, .1);
  EXPECT_NEAR(rmse(learner("knn", {"k=10"})), 60970.6, .1);
}

TEST(Scores, DeviationWhateverTheUnit) {
  const std::vector<double> v{1, 2, 4};
  EXPECT_NEAR(deviation_of_scores(v), std::sqrt(7.0 / 3), 1e-15);
  for (const int power : {-900, 900}) {
    std::vector<double> scaled = v;
    for (double& x : scaled) x = std::ldexp(x, power);
    EXPECT_EQ(deviation_of_scores(scaled), std::ldexp(deviation_of_scores(v), power));
  }
  EXPECT_EQ(deviation_of_scores(std::vector<double>{3}), 0);
  EXPECT_TRUE(std::isnan(deviation_of_scores(std::vector<double>{1, NAN})));
}

}  // namespace
}  // namespace grim
