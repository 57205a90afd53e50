// Least squares, ridge, lasso and elastic net: published numbers, identities, and the ways they may fail.

#include <gtest/gtest.h>

#include "classic/linear_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

using test::Scaling;

#define GRIM_NEED_DIABETES(data, ...)                                 \
  GRIM_NEED_DATA(diabetes_rows, "tabular/diabetes_data_raw.csv.gz");  \
  GRIM_NEED_DATA(diabetes_target, "tabular/diabetes_target.csv.gz");  \
  const Dataset data = test::diabetes(diabetes_rows, diabetes_target __VA_OPT__(, ) __VA_ARGS__)

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], tolerance) << i;
}

Dataset random_data(int64_t n, int64_t p, uint64_t seed, double noise = 0.5) {
  Rng rng(RngMode::philox, seed, "linear-test");
  std::vector<double> x(static_cast<size_t>(n * p)), y(static_cast<size_t>(n));
  rng.fill_normal(x);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < p; ++j) y[i] += x[i * p + j] * (j % 3 == 0 ? 1.0 / static_cast<double>(1 + j) : 0.0);
    y[i] += 3 + noise * rng.normal();
  }
  return {.x = Features(Tensor::from(x, {n, p})), .y = y, .weight = {}, .classes = {}};
}

Features sparse_of(const Features& x) {
  auto s = std::make_shared<SparseRows>();
  s->columns = x.width();
  for (int64_t r = 0; r < x.rows(); ++r) {
    for (int64_t j = 0; j < x.width(); ++j)
      if (x.at(r, j) != 0) s->column.push_back(static_cast<int32_t>(j)), s->value.push_back(x.at(r, j));
    s->row_start.push_back(static_cast<int64_t>(s->column.size()));
  }
  return Features(std::shared_ptr<const SparseRows>(s), x.columns());
}

TEST(LinearRegression, Diabetes) {
  GRIM_NEED_DIABETES(data);
  LinearRegression ols;
  ols.fit(data);
  EXPECT_NEAR(ols.intercepts()[0], 152.133484162896, 1e-10);
  expect_near(ols.coefficients(), {-10.009866299811, -239.815643672423, 519.845920054461, 324.384645502324, -792.175638552228, 476.739021005257,
                                   101.043267938033, 177.063237671346, 751.273699557104, 67.626692183705}, 1e-9);
  EXPECT_NEAR(ols.score(data), 0.5177484222, 5e-11);
}

// NIST's Longley data with its certified values: a solver by normal equations alone keeps some six digits.
TEST(LinearRegression, Longley) {
  const std::vector<double> rows = {
      83.0,  234289, 2356, 1590, 107608, 1947, 88.5,  259426, 2325, 1456, 108632, 1948, 88.2,  258054, 3682, 1616, 109773, 1949,
      89.5,  284599, 3351, 1650, 110929, 1950, 96.2,  328975, 2099, 3099, 112075, 1951, 98.1,  346999, 1932, 3594, 113270, 1952,
      99.0,  365385, 1870, 3547, 115094, 1953, 100.0, 363112, 3578, 3350, 116219, 1954, 101.2, 397469, 2904, 3048, 117388, 1955,
      104.6, 419180, 2822, 2857, 118734, 1956, 108.4, 442769, 2936, 2798, 120445, 1957, 110.8, 444546, 4681, 2637, 121950, 1958,
      112.6, 482704, 3813, 2552, 123366, 1959, 114.2, 502601, 3931, 2514, 125368, 1960, 115.7, 518173, 4806, 2572, 127852, 1961,
      116.9, 554894, 4007, 2827, 130081, 1962};
  const Dataset data{.x = Features(Tensor::from(rows, {16, 6})),
                     .y = {60323, 61122, 60171, 61187, 63221, 63639, 64989, 63761, 66019, 67857, 68169, 66513, 68655, 69564, 69331, 70551},
                     .weight = {}, .classes = {}};
  LinearRegression ols;
  ols.fit(data);
  const double certified[] = {15.0618722713733, -.0358191792925910, -2.02022980381683, -1.03322686717359, -.0511041056535807, 1829.15146461355};
  EXPECT_NEAR(ols.intercepts()[0] / -3482258.63459582, 1, 1e-10);
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(ols.coefficients()[i] / certified[i], 1, 1e-10) << i;
}

// Columns that repeat: the shortest of all solutions shares the coefficient.
TEST(LinearRegression, DependentColumns) {
  const Dataset data = random_data(50, 3, 1);
  std::vector<double> x;
  for (int64_t r = 0; r < 50; ++r)
    for (int j : {0, 1, 2, 0}) x.push_back(data.x.at(r, j));
  LinearRegression plain, doubled;
  plain.fit(data);
  doubled.fit({.x = Features(Tensor::from(x, {50, 4})), .y = data.y, .weight = {}, .classes = {}});
  ASSERT_EQ(doubled.report().warnings.size(), 1u);
  EXPECT_NE(doubled.report().warnings[0].find("rank 3 of 4"), std::string::npos) << doubled.report().warnings[0];
  const auto& w = plain.coefficients();
  expect_near(doubled.coefficients(), {w[0] / 2, w[1], w[2], w[0] / 2}, 1e-10);
}

TEST(LinearRegression, MoreColumnsThanRowsFitsExactly) {
  const Dataset data = random_data(20, 60, 2);
  LinearRegression ols;
  ols.fit(data);
  EXPECT_NEAR(ols.score(data), 1, 1e-10);
}

TEST(Ridge, Diabetes) {
  GRIM_NEED_DIABETES(data);
  Ridge ridge(.1);
  ridge.fit(data);
  expect_near(ridge.coefficients(), {1.3087054269, -207.1924178585, 489.6951710904, 301.7640578618, -83.4660339916, -70.8268319015,
                                     -188.6788978185, 115.7121355988, 443.8129174730, 86.7493154049}, 1e-9);
  Ridge one(1);
  one.fit(data);
  EXPECT_NEAR(one.score(data), 0.4512306277, 5e-11);
}

TEST(Ridge, LeaveOneOut) {
  GRIM_NEED_DIABETES(data);
  std::vector<double> alphas;
  for (int i = 0; i < 13; ++i) alphas.push_back(std::pow(10.0, -4 + i * .5));
  const LeaveOneOut tried = ridge_leave_one_out(data, alphas);
  EXPECT_NEAR(tried.alphas[tried.best], .00316227766, 1e-11);
  EXPECT_NEAR(tried.mse[tried.best], 2999.8253635, 1e-6);
}

// The closed form is what leaving every row out gives, with more columns than rows too.
TEST(Ridge, LeaveOneOutIsWhatItSays) {
  for (int64_t p : {4, 30}) {
    Dataset data = random_data(15, p, 3);
    for (int64_t r = 0; r < 15; ++r) data.weight.push_back(1 + r % 3);
    double sum = 0, weights = 0;
    for (int64_t out = 0; out < 15; ++out) {
      std::vector<int64_t> fold(15, 0);
      fold[out] = 1;
      Ridge ridge(.7);
      ridge.fit(test::every(data, 0, fold, true));
      const double e = ridge.predict(data.pick(std::vector<int64_t>{out}).x)[0] - data.y[out];
      sum += data.weight[out] * e * e;
      weights += data.weight[out];
    }
    EXPECT_NEAR(ridge_leave_one_out(data, {.7}).mse[0], sum / weights, 1e-10) << p;
  }
}

TEST(Ridge, FoldScores) {
  GRIM_NEED_DIABETES(data);
  const std::vector<int64_t> folds = test::contiguous_folds(data.rows(), 5);
  const double ols[] = {.4295561538, .5225993866, .4826805413, .4264977611, .5502483367};
  const double ridge[] = {.3216646058, .4404845635, .4221035368, .4246612927, .4419608579};
  for (int64_t f = 0; f < 5; ++f) {
    LinearRegression a;
    Ridge b(1);
    a.fit(test::every(data, f, folds, false));
    b.fit(test::every(data, f, folds, false));
    EXPECT_NEAR(a.score(test::every(data, f, folds, true)), ols[f], 6e-11);
    EXPECT_NEAR(b.score(test::every(data, f, folds, true)), ridge[f], 6e-11);
  }
}

// A whole weight repeats a row; sparse and float features give the same; so does the dual form.
TEST(Ridge, WeightsSparseAndDual) {
  for (int64_t p : {5, 40}) {
    Dataset data = random_data(30, p, 4), repeated;
    std::vector<int64_t> rows;
    for (int64_t r = 0; r < 30; ++r) {
      data.weight.push_back(static_cast<double>(1 + r % 2));
      for (int64_t k = 0; k <= r % 2; ++k) rows.push_back(r);
    }
    repeated = data.pick(rows);
    repeated.weight.clear();
    Dataset sparse = data;
    sparse.x = sparse_of(data.x);
    Ridge a(.3), b(.3), c(.3);
    a.fit(data);
    b.fit(repeated);
    c.fit(sparse);
    expect_near(a.coefficients(), b.coefficients(), 1e-11);
    expect_near(a.coefficients(), c.coefficients(), 1e-11);
    EXPECT_NEAR(a.intercepts()[0], c.intercepts()[0], 1e-11);
  }
}

TEST(Ridge, SameBitsForAnyThreads) {
  const Dataset data = random_data(20000, 20, 5);
  Ridge one(1), two(1);
  device::set_threads(1);
  one.fit(data);
  device::set_threads(2);
  two.fit(data);
  device::set_threads(0);
  EXPECT_EQ(one.coefficients(), two.coefficients());
}

TEST(Ridge, KeptAndDescribed) {
  const Dataset data = random_data(30, 3, 6);
  Ridge ridge(2);
  ridge.fit(data);
  const std::unique_ptr<Estimator> copy = Estimator::from_state(ridge.to_state());
  EXPECT_EQ(copy->predict(data.x), ridge.predict(data.x));
  EXPECT_NE(ridge.describe().find("x0"), std::string::npos) << ridge.describe();
  EXPECT_THROW(ridge_leave_one_out(data, {}), Error);
  EXPECT_THROW(set_params(ridge, {"alpha=-1"}), Error);
  State broken = ridge.to_state();
  broken.set("coefficients", Tensor::zeros({1, 2}, Dtype::f64));
  EXPECT_THROW(Estimator::from_state(broken), Error);
}

}  // namespace
}  // namespace grim
