// What every learner promises, whatever it learns: one suite over the whole register.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/rng.h"
#include "grimoire/classic/calibration.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/device/threads.h"
#include "base/temp_folder.h"
#include "support/learners.h"

namespace grim {
namespace {

constexpr int64_t kRows = 120, kColumns = 4;

// Three blurred clouds, or a number that bends; positive values, so that counting learners can take them.
Dataset example(bool classes, int64_t rows = kRows) {
  Rng rng(RngMode::philox, 5);
  const Tensor x = Tensor::empty({rows, kColumns}, Dtype::f64);
  Dataset d;
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t cloud = r % 3;
    double sum = 0;
    for (int64_t c = 0; c < kColumns; ++c) {
      double& v = x.data<double>()[r * kColumns + c];
      v = std::abs(4 + rng.normal() + (c == cloud ? 2.5 : 0));
      sum += (c + 1) * v * (c == 2 ? v / 8 : 1);
    }
    d.y.push_back(classes ? static_cast<double>(cloud) : sum + 0.1 * rng.normal());
  }
  d.x = Features(x);
  if (classes) d.classes = {"red", "green", "blue"};
  return d;
}

Dataset example_for(const Estimator& e, int64_t rows = kRows) {
  Dataset d = example(e.classifies(), rows);
  if (!e.needs_target()) d.y.clear(), d.classes.clear();
  return d;
}

// Everything a fitted learner says about rows, one number after the other.
std::vector<double> answers(const Estimator& e, const Features& x) {
  std::vector<double> all;
  const auto add = [&](const Tensor& t) {
    const std::vector<double> v = t.to_vector<double>();
    all.insert(all.end(), v.begin(), v.end());
  };
  if (e.transforms()) {
    add(e.transform(x).to_tensor(Dtype::f64));
    return all;
  }
  if (e.has_proba() && e.is_classifier()) add(e.predict_proba(x));
  if (e.name() == "kde" || e.name() == "knn-density" ||
      e.name() == "one-class") {  // rows on the border of a one-class machine turn over at a breath
    add(e.decision(x));
    return all;
  }
  const std::vector<double> y = e.predict(x);
  all.insert(all.end(), y.begin(), y.end());
  return all;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double d = 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i]) && !(std::isnan(a[i]) && std::isnan(b[i]))) d = std::max(d, std::abs(a[i] - b[i]) / (1 + std::abs(b[i])));
  return d;
}

class CheckEstimator : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Estimator> fresh() const { return test::small_learner(GetParam()); }
  std::unique_ptr<Estimator> fitted(const Dataset& d) const {
    auto e = fresh();
    e->fit(d);
    return e;
  }
  // Learners that draw rows at random, or weigh nothing: a weight is not a repetition to them, and their headers say so.
  bool draws_rows() const { return GetParam() == "forest" || GetParam() == "calibrated"; }
  bool iterative() const {
    return GetParam().find("sv") != std::string::npos || GetParam() == "logistic" || GetParam() == "pipeline" || GetParam() == "lasso" ||
           GetParam() == "elastic-net" || GetParam() == "one-class";
  }
};

TEST_P(CheckEstimator, SaysThatItIsNotFitted) {
  const auto e = fresh();
  try {
    if (e->transforms())
      e->transform(example(true).x);
    else
      e->predict(example(true).x);
    FAIL() << "answered without being fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::state) << error.what();
  }
}

TEST_P(CheckEstimator, NamesTheColumnOfAWrongWidth) {
  const auto e = fitted(example_for(*fresh()));
  const Features narrow = example(true).x.pick_columns(std::vector<int64_t>{0, 1, 2});
  try {
    answers(*e, narrow);
    FAIL() << "took a row too narrow";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::shape) << error.what();
    EXPECT_NE(std::string(error.what()).find("x3"), std::string::npos) << error.what();
  }
}

TEST_P(CheckEstimator, SameBitsForOneAndTwoThreads) {
  const Dataset d = example_for(*fresh(), 3000);
  const bool quadratic = GetParam() == "kde" || GetParam() == "lof" || GetParam() == "dbscan";
  const Features some = d.x.pick_rows(std::vector<int64_t>{0, 1, 5, 17, 99, 1234, 2999});
  device::set_thread_cap(1);
  const std::vector<double> one = answers(*fitted(d), quadratic ? some : d.x);
  device::set_thread_cap(2);
  const std::vector<double> two = answers(*fitted(d), quadratic ? some : d.x);
  EXPECT_EQ(one, two);
}

TEST_P(CheckEstimator, KeptInAFileItAnswersTheSame) {
  const Dataset d = example_for(*fresh());
  const auto e = fitted(d);
  test::TempFolder folder;
  const std::string path = folder.path() + "/model";
  e->save(path);
  const auto again = Estimator::load(path);
  EXPECT_EQ(answers(*e, d.x), answers(*again, d.x));
  EXPECT_EQ(again->classes(), e->classes());
  std::string bytes = read_file(path);  // any flipped bit is noticed
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 4);
  write_atomically(path, bytes);
  EXPECT_THROW(Estimator::load(path), Error);
}

TEST_P(CheckEstimator, CloneLearnsTheSame) {
  const Dataset d = example_for(*fresh());
  const auto e = fitted(d), copy = e->clone();
  EXPECT_FALSE(copy->fitted());
  copy->fit(d);
  EXPECT_EQ(answers(*e, d.x), answers(*copy, d.x));
}

TEST_P(CheckEstimator, WeightsAreRepetitions) {
  Dataset weighted = example_for(*fresh());
  if (!fresh()->takes_weights() || draws_rows()) GTEST_SKIP() << "weights are not repetitions here, by definition";
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < kRows; ++r) {
    const int64_t times = r % 4 == 0 ? 0 : r % 4 == 1 ? 2 : 1;
    weighted.weight.push_back(static_cast<double>(times));
    rows.insert(rows.end(), static_cast<size_t>(times), r);
  }
  Dataset repeated = weighted;
  repeated.weight.clear();
  repeated = repeated.pick(rows);
  if (GetParam() == "k-means") GTEST_SKIP() << "seeds are drawn from different rows";
  EXPECT_LT(largest_difference(answers(*fitted(weighted), weighted.x), answers(*fitted(repeated), weighted.x)), iterative() ? 2e-3 : 1e-8);
}

TEST_P(CheckEstimator, OrderOfRowsDoesNotMatter) {
  Dataset d = example_for(*fresh());
  const std::string n = GetParam();
  if (n == "forest" || n == "extra-trees" || n == "k-means" || n == "calibrated")
    GTEST_SKIP() << "rows are drawn or dealt out by their number";
  if (n == "dbscan" || n == "knn-clusters") GTEST_SKIP() << "clusters are numbered by their first row";
  std::vector<int64_t> order(static_cast<size_t>(kRows));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::reverse(order.begin(), order.end());
  std::swap(order[3], order[50]);
  EXPECT_LT(largest_difference(answers(*fitted(d), d.x), answers(*fitted(d.pick(order)), d.x)), iterative() ? 2e-3 : 1e-7);
}

TEST_P(CheckEstimator, BearsAConstantColumn) {
  Dataset d = example_for(*fresh());
  const Tensor x = d.x.to_tensor(Dtype::f64);
  for (int64_t r = 0; r < kRows; ++r) x.data<double>()[r * kColumns + 1] = 3;
  d.x = Features(x);
  for (double v : answers(*fitted(d), d.x)) ASSERT_TRUE(std::isfinite(v));
}

TEST_P(CheckEstimator, OneClassIsNothingToLearn) {
  if (!fresh()->classifies()) GTEST_SKIP() << "not a classifier";
  Dataset d = example(true);
  for (double& y : d.y) y = 1;
  try {
    fitted(d);
    FAIL() << "learned from one class";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_NE(std::string(error.what()).find("green"), std::string::npos) << error.what();
  }
}

TEST_P(CheckEstimator, AClassWithoutRowsHasProbabilityZero) {
  if (!fresh()->classifies()) GTEST_SKIP() << "not a classifier";
  Dataset d = example(true);
  d.classes = {"red", "none", "green", "blue"};
  for (double& y : d.y) y = y > 0 ? y + 1 : 0;
  const auto e = fitted(d);
  for (double y : e->predict(d.x)) EXPECT_NE(y, 1);
  if (!e->has_proba()) return;
  const Tensor p = e->predict_proba(d.x);
  ASSERT_EQ(p.dim(1), 4);
  for (int64_t r = 0; r < kRows; ++r) {
    EXPECT_EQ(p.data<double>()[r * 4 + 1], 0);
    double sum = 0;
    for (int64_t k = 0; k < 4; ++k) sum += p.data<double>()[r * 4 + k];
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST_P(CheckEstimator, PredictsTheMostProbableClass) {
  const auto e = fresh();
  if (!e->classifies() || !e->has_proba()) GTEST_SKIP() << "gives no probabilities";
  const Dataset d = example(true);
  e->fit(d);
  const Tensor p = e->predict_proba(d.x);
  const std::vector<double> y = e->predict(d.x);
  for (int64_t r = 0; r < kRows; ++r) {
    const double* row = p.data<double>() + r * 3;
    EXPECT_EQ(row[static_cast<int64_t>(y[r])], *std::max_element(row, row + 3)) << "row " << r;
  }
}

TEST_P(CheckEstimator, RefusesInfinitiesAndUnaskedGaps) {
  Dataset d = example_for(*fresh());
  const Tensor x = d.x.to_tensor(Dtype::f64);
  x.data<double>()[9 * kColumns + 2] = INFINITY;
  const Dataset infinite{.x = Features(x), .y = d.y, .weight = {}, .classes = d.classes};
  try {
    fitted(infinite);
    FAIL() << "learned from an infinity";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("column 'x2', row 10"), std::string::npos) << error.what();
  }
  x.data<double>()[9 * kColumns + 2] = NAN;
  const Dataset gap{.x = Features(x), .y = d.y, .weight = {}, .classes = d.classes};
  if (fresh()->takes_missing() && GetParam() != "pipeline" && GetParam() != "calibrated")
    EXPECT_NO_THROW(fitted(gap));
  else if (GetParam() != "calibrated")
    EXPECT_THROW(fitted(gap), Error);
}

TEST_P(CheckEstimator, RefusesWeightsAndTargetsThatDoNotFit) {
  const Dataset d = example_for(*fresh());
  Dataset negative = d;
  negative.weight.assign(static_cast<size_t>(kRows), 1);
  negative.weight[3] = -1;
  EXPECT_THROW(fitted(negative), Error);
  Dataset nothing = d;
  nothing.weight.assign(static_cast<size_t>(kRows), 0);
  EXPECT_THROW(fitted(nothing), Error);
  if (!fresh()->needs_target()) return;
  Dataset shorter = d;
  shorter.y.pop_back();
  EXPECT_THROW(fitted(shorter), Error);
  Dataset unknown = d;
  unknown.y[0] = NAN;
  EXPECT_THROW(fitted(unknown), Error);
}

TEST_P(CheckEstimator, LearnsAnEasyCase) {
  const auto e = fresh();
  if (!e->needs_target()) GTEST_SKIP() << "has no target";
  const Dataset d = example_for(*e);
  e->fit(d);
  EXPECT_GT(e->score(d), e->classifies() ? 0.7 : 0.5);
  if (e->classifies() && e->regresses()) {
    const auto number = fresh();
    const Dataset n = example(false);
    number->fit(n);
    EXPECT_GT(number->score(n), 0.5);
  }
}

TEST_P(CheckEstimator, ParametersSurviveJson) {
  const auto e = fresh();
  for (const Option& o : e->params()) {
    EXPECT_FALSE(o.help.empty()) << o.name;
    const Json value = o.json();
    o.set_json(value);
    EXPECT_EQ(o.json().dump(), value.dump()) << o.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CheckEstimator, ::testing::ValuesIn(estimator_names()), [](const auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
});

Dataset three_rows(double first) {
  return {.x = Features(Tensor::from(std::vector<double>{first, 2, 3}, {3, 1})), .y = {1, 2, 4}, .weight = {}, .classes = {}};
}

// What helps before a fit is no help before new rows.
TEST(Estimator, LargeCellsAreAdvisedOfByWhen) {
  const auto ridge = make_estimator("ridge");
  const auto hint = [&](auto&& f) {
    try {
      f();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("beyond 1e150"), std::string::npos) << e.what();
      return std::string(e.hint());
    }
    return std::string();
  };
  EXPECT_TRUE(hint([&] { ridge->fit(three_rows(1e300)); }).starts_with("rescale the column"));
  ridge->fit(three_rows(1));
  EXPECT_TRUE(hint([&] { ridge->predict(three_rows(1e300).x); }).starts_with("mend the cell or leave the row out, or fit anew"));
}

class AnswersNothing final : public Estimator {
 public:
  std::string name() const override { return "nothing"; }
  bool regresses() const override { return true; }

 private:
  void fit_on(const Dataset&) override {}
  void predict_on(const Features& x, double* out) const override { std::fill(out, out + x.rows(), NAN); }
  void write(State&) const override {}
  void read(const State&) override {}
};

TEST(Estimator, NoNumberIsNoAnswer) {
  AnswersNothing e;
  e.fit(three_rows(1));
  try {
    e.predict(three_rows(1).x);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    EXPECT_NE(std::string(error.what()).find("[nothing] the prediction of row 1 is no number"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace grim
