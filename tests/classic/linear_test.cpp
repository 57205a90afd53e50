// Least squares, ridge, lasso and elastic net: published numbers, identities, and the ways they may fail.

#include <gtest/gtest.h>

#include "classic/linear_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

using test::sparse_of;

using test::Scaling;

#define GRIM_NEED_DIABETES(data, ...)                                \
  GRIMOIRE_DATA(diabetes_rows, "tabular/diabetes_data_raw.csv.gz"); \
  GRIMOIRE_DATA(diabetes_target, "tabular/diabetes_target.csv.gz"); \
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

TEST(LinearRegression, Diabetes) {
  GRIM_NEED_DIABETES(data);
  LinearRegression ols;
  ols.fit(data);
  EXPECT_NEAR(ols.intercepts()[0], 152.133484162896, 1e-10);
  expect_near(ols.coefficients(),
              {-10.009866299811, -239.815643672423, 519.845920054461, 324.384645502324, -792.175638552228, 476.739021005257,
               101.043267938033, 177.063237671346, 751.273699557104, 67.626692183705},
              1e-9);
  EXPECT_NEAR(ols.score(data), 0.5177484222, 5e-11);
}

// NIST's Longley data with its certified values: a solver by normal equations alone keeps some six digits.
TEST(LinearRegression, Longley) {
  const std::vector<double> rows = {83.0,  234289, 2356, 1590,  107608, 1947, 88.5,  259426, 2325, 1456,  108632, 1948, 88.2,  258054, 3682,
                                    1616,  109773, 1949, 89.5,  284599, 3351, 1650,  110929, 1950, 96.2,  328975, 2099, 3099,  112075, 1951,
                                    98.1,  346999, 1932, 3594,  113270, 1952, 99.0,  365385, 1870, 3547,  115094, 1953, 100.0, 363112, 3578,
                                    3350,  116219, 1954, 101.2, 397469, 2904, 3048,  117388, 1955, 104.6, 419180, 2822, 2857,  118734, 1956,
                                    108.4, 442769, 2936, 2798,  120445, 1957, 110.8, 444546, 4681, 2637,  121950, 1958, 112.6, 482704, 3813,
                                    2552,  123366, 1959, 114.2, 502601, 3931, 2514,  125368, 1960, 115.7, 518173, 4806, 2572,  127852, 1961,
                                    116.9, 554894, 4007, 2827,  130081, 1962};
  const Dataset data{.x = Features(Tensor::from(rows, {16, 6})),
                     .y = {60323, 61122, 60171, 61187, 63221, 63639, 64989, 63761, 66019, 67857, 68169, 66513, 68655, 69564, 69331, 70551},
                     .weight = {},
                     .classes = {}};
  LinearRegression ols;
  ols.fit(data);
  const double certified[] = {15.0618722713733,  -.0358191792925910, -2.02022980381683,
                              -1.03322686717359, -.0511041056535807, 1829.15146461355};
  EXPECT_NEAR(ols.intercepts()[0] / -3482258.63459582, 1, 1e-10);
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(ols.coefficients()[i] / certified[i], 1, 1e-10) << i;
}

// NIST's Wampler1: y = 1 + x + ... + x^5 at x = 0 .. 20. The normal equations alone lose what their squared condition number takes.
TEST(LinearRegression, Wampler) {
  Dataset data;
  std::vector<double> x;
  for (int i = 0; i <= 20; ++i) {
    double power = 1, sum = 1;
    for (int k = 1; k <= 5; ++k) {
      x.push_back(power *= i);
      sum += power;
    }
    data.y.push_back(sum);
  }
  data.x = Features(Tensor::from(x, {21, 5}));
  LinearRegression ols;
  ols.fit(data);
  EXPECT_NEAR(ols.intercepts()[0], 1, 1e-7);
  for (double w : ols.coefficients()) EXPECT_NEAR(w, 1, 1e-9);
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
  expect_near(ridge.coefficients(),
              {1.3087054269, -207.1924178585, 489.6951710904, 301.7640578618, -83.4660339916, -70.8268319015, -188.6788978185,
               115.7121355988, 443.8129174730, 86.7493154049},
              1e-9);
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
  device::set_thread_cap(1);
  one.fit(data);
  device::set_thread_cap(2);
  two.fit(data);
  device::set_thread_cap(0);
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

PathPoint lasso_at(const Dataset& data, double alpha, double l1_ratio = 1) {
  return elastic_net_path(data, {.l1_ratio = l1_ratio, .alphas = {alpha}, .tolerance = 1e-13})[0];
}
std::vector<double> spread(const PathPoint& p, int64_t width) {
  std::vector<double> w(static_cast<size_t>(width), 0.0);
  for (size_t k = 0; k < p.column.size(); ++k) w[p.column[k]] = p.value[k];
  return w;
}

TEST(Lasso, Diabetes) {
  GRIM_NEED_DIABETES(data);
  EXPECT_NEAR(elastic_net_alpha_max(data, {}), 2.148043575529, 1e-11);
  const PathPoint tenth = lasso_at(data, .1), half = lasso_at(data, .5), one = lasso_at(data, 1);
  expect_near(spread(tenth, 10),
              {0, -155.3431106248, 517.2162412028, 275.0872229282, -52.5520358119, 0, -210.1395090353, 0, 483.9171745720, 33.6621921432},
              1e-6);
  EXPECT_NEAR(tenth.objective / 1629.054542578877, 1, 1e-12);
  expect_near(half.value, {471.0135816438, 136.5168976821, -58.3400925133, 408.0218653850}, 1e-6);
  EXPECT_NEAR(half.objective / 2152.122992589, 1, 1e-12);
  expect_near(one.value, {367.7016258215, 6.3097026442, 307.6021474621}, 1e-6);
  EXPECT_NEAR(one.objective / 2586.943192614, 1, 1e-12);
}

TEST(Lasso, FoldScores) {
  GRIM_NEED_DIABETES(data);
  const std::vector<int64_t> folds = test::contiguous_folds(data.rows(), 5);
  const double expected[] = {.4020974539, .5150855042, .4888117310, .4525966773, .5389802317};  // at a wider gap
  const double exact[] = {.40209797704, .51508597535, .48881181268, .45259543596, .53898186963};
  for (int64_t f = 0; f < 5; ++f) {
    Lasso lasso;
    set_params(lasso, {"alpha=0.1", "tolerance=1e-13"});
    lasso.fit(test::every(data, f, folds, false));
    EXPECT_NEAR(lasso.score(test::every(data, f, folds, true)), exact[f], 1e-10);
    EXPECT_NEAR(exact[f], expected[f], 2e-6);
  }
}

// The set of columns in the model changes at the knots of least-angle regression's path, and nowhere between two of them.
TEST(Lasso, ChangesAtTheKnotsOfLars) {
  GRIM_NEED_DIABETES(data);
  const double knots[] = {2.1480435755, 2.0120221388, 1.0246509062, .7150981424, .2944107174, .2008694555,
                          .1560289371,  .0452062565,  .0123926162,  .0115118468, .0049372553, .0029647994};
  for (int k = 0; k < 12; ++k) {
    const std::vector<int64_t> above = lasso_at(data, knots[k] * (1 + 1e-3)).column, below = lasso_at(data, knots[k] * (1 - 1e-3)).column;
    EXPECT_NE(above, below) << k;
    const double next = k < 11 ? knots[k + 1] : 1e-3;
    EXPECT_EQ(below, lasso_at(data, next * (1 + 1e-3)).column) << k;
  }
}

TEST(Lasso, CrossValidation) {
  GRIM_NEED_DIABETES(data);
  const PathChoice choice = cross_validate_path(data, {.tolerance = 1e-9}, 5);
  EXPECT_NEAR(choice.alphas[choice.best], .003753767153, 1e-12);
  EXPECT_NEAR(choice.mse[choice.best], 2991.8073756, 1e-6);
}

TEST(ElasticNet, Diabetes) {
  GRIM_NEED_DIABETES(data, Scaling::z);
  expect_near(spread(lasso_at(data, .1, .5), 10),
              {-.0643888704, -10.4415858024, 24.1315374528, 14.7523004052, -6.4021488250, -1.7285706655, -8.4066800677, 5.2047712611,
               22.9440567716, 3.7245246371},
              1e-6);
}

// R's mtcars with glmnet's path: columns standardised, 100 lambdas down to 1e-4, ended when the gain is below 1e-5.
TEST(Lasso, GlmnetMtcars) {
  const std::vector<double> rows = {
      21,   6, 160,   110, 3.9,  2.62,  16.46, 0, 1, 4, 4, 21,   6, 160,   110, 3.9,  2.875, 17.02, 0, 1, 4, 4,
      22.8, 4, 108,   93,  3.85, 2.32,  18.61, 1, 1, 4, 1, 21.4, 6, 258,   110, 3.08, 3.215, 19.44, 1, 0, 3, 1,
      18.7, 8, 360,   175, 3.15, 3.44,  17.02, 0, 0, 3, 2, 18.1, 6, 225,   105, 2.76, 3.46,  20.22, 1, 0, 3, 1,
      14.3, 8, 360,   245, 3.21, 3.57,  15.84, 0, 0, 3, 4, 24.4, 4, 146.7, 62,  3.69, 3.19,  20,    1, 0, 4, 2,
      22.8, 4, 140.8, 95,  3.92, 3.15,  22.9,  1, 0, 4, 2, 19.2, 6, 167.6, 123, 3.92, 3.44,  18.3,  1, 0, 4, 4,
      17.8, 6, 167.6, 123, 3.92, 3.44,  18.9,  1, 0, 4, 4, 16.4, 8, 275.8, 180, 3.07, 4.07,  17.4,  0, 0, 3, 3,
      17.3, 8, 275.8, 180, 3.07, 3.73,  17.6,  0, 0, 3, 3, 15.2, 8, 275.8, 180, 3.07, 3.78,  18,    0, 0, 3, 3,
      10.4, 8, 472,   205, 2.93, 5.25,  17.98, 0, 0, 3, 4, 10.4, 8, 460,   215, 3,    5.424, 17.82, 0, 0, 3, 4,
      14.7, 8, 440,   230, 3.23, 5.345, 17.42, 0, 0, 3, 4, 32.4, 4, 78.7,  66,  4.08, 2.2,   19.47, 1, 1, 4, 1,
      30.4, 4, 75.7,  52,  4.93, 1.615, 18.52, 1, 1, 4, 2, 33.9, 4, 71.1,  65,  4.22, 1.835, 19.9,  1, 1, 4, 1,
      21.5, 4, 120.1, 97,  3.7,  2.465, 20.01, 1, 0, 3, 1, 15.5, 8, 318,   150, 2.76, 3.52,  16.87, 0, 0, 3, 2,
      15.2, 8, 304,   150, 3.15, 3.435, 17.3,  0, 0, 3, 2, 13.3, 8, 350,   245, 3.73, 3.84,  15.41, 0, 0, 3, 4,
      19.2, 8, 400,   175, 3.08, 3.845, 17.05, 0, 0, 3, 2, 27.3, 4, 79,    66,  4.08, 1.935, 18.9,  1, 1, 4, 1,
      26,   4, 120.3, 91,  4.43, 2.14,  16.7,  0, 1, 5, 2, 30.4, 4, 95.1,  113, 3.77, 1.513, 16.9,  1, 1, 5, 2,
      15.8, 8, 351,   264, 4.22, 3.17,  14.5,  0, 1, 5, 4, 19.7, 6, 145,   175, 3.62, 2.77,  15.5,  0, 1, 5, 6,
      15,   8, 301,   335, 3.54, 3.57,  14.6,  0, 1, 5, 8, 21.4, 4, 121,   109, 4.11, 2.78,  18.6,  1, 1, 4, 2};
  Dataset data;
  std::vector<double> x;
  for (size_t r = 0; r < 32; ++r) {
    data.y.push_back(rows[r * 11]);
    x.insert(x.end(), rows.begin() + static_cast<std::ptrdiff_t>(r * 11 + 1), rows.begin() + static_cast<std::ptrdiff_t>(r * 11 + 11));
  }
  data.x = Features(Tensor::from(x, {32, 10}));
  const std::vector<PathPoint> path = elastic_net_path(data, {.ratio = 1e-4, .tolerance = 1e-7, .standardise = true, .least_gain = 1e-5});
  EXPECT_NEAR(path[0].alpha, 5.14698106283, 1e-10);
  EXPECT_NEAR(static_cast<double>(path.size()), 78, 1);
  const PathPoint one = elastic_net_path(data, {.alphas = {1}, .tolerance = 1e-13, .standardise = true})[0];
  EXPECT_NEAR(one.intercept, 35.3116401667, 1e-5);  // glmnet's own threshold
  ASSERT_EQ(one.column, (std::vector<int64_t>{0, 2, 4}));
  expect_near(one.value, {-.8701436198, -.0101470830, -2.5949339602}, 1e-5);
}

// More columns than rows: the working set with its screening finds what all columns at once find; dense and sparse.
TEST(Lasso, ScreeningLosesNothing) {
  // Neighbouring columns are alike and pull against each other: the strong rule is wrong now and then.
  Dataset data = random_data(60, 1500, 7);
  std::vector<double> mixed = data.x.to_tensor(Dtype::f64).to_vector<double>();
  for (int64_t r = 0; r < 60; ++r)
    for (int64_t j = 1; j < 1500; ++j) mixed[r * 1500 + j] = .97 * mixed[r * 1500 + j - 1] + .2 * mixed[r * 1500 + j];
  for (int64_t r = 0; r < 60; ++r)
    for (int64_t j = 0; j < 1500; j += 40) data.y[r] += 3 * (mixed[r * 1500 + j] - mixed[r * 1500 + j + 6] + mixed[r * 1500 + j + 12]);
  data.x = Features(Tensor::from(mixed, {60, 1500}));
  Dataset sparse = data, narrow = data;
  sparse.x = sparse_of(data.x);
  const PathOptions options{.count = 60, .ratio = .01, .tolerance = 1e-12};
  const std::vector<PathPoint> a = elastic_net_path(data, options), b = elastic_net_path(sparse, options);
  ASSERT_EQ(a.size(), 60u);
  for (size_t i = 0; i < 60; ++i) {
    EXPECT_TRUE(a[i].converged);
    EXPECT_NEAR(a[i].objective, b[i].objective, 1e-10 * a[i].objective);
    // The gap of the point for the whole problem, by definition.
    std::vector<double> r(60), w = spread(a[i], 1500);
    double l1 = 0, rss = 0, ry = 0, largest = 0, mean = 0, square = 0;
    for (int64_t n = 0; n < 60; ++n) mean += data.y[n] / 60;
    for (int64_t n = 0; n < 60; ++n) {
      r[n] = data.y[n] - a[i].intercept;
      for (int64_t j : a[i].column) r[n] -= data.x.at(n, j) * w[j];
      rss += r[n] * r[n] / 60;
      ry += r[n] * (data.y[n] - mean) / 60;
      square += (data.y[n] - mean) * (data.y[n] - mean) / 60;
    }
    for (int64_t j = 0; j < 1500; ++j) {
      double dot = 0;
      for (int64_t n = 0; n < 60; ++n) dot += data.x.at(n, j) * r[n] / 60;
      largest = std::max(largest, std::abs(dot));
      l1 += std::abs(w[j]);
    }
    const double t = std::min(1.0, a[i].alpha / largest);
    EXPECT_LE(.5 * (1 + t * t) * rss + a[i].alpha * l1 - t * ry, 2e-12 * square) << i;
  }
}

TEST(Lasso, WeightsRepeatRows) {
  Dataset data = random_data(40, 8, 8);
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < 40; ++r) {
    data.weight.push_back(static_cast<double>(1 + r % 3));
    for (int64_t k = 0; k <= r % 3; ++k) rows.push_back(r);
  }
  Dataset repeated = data.pick(rows);
  repeated.weight.clear();
  expect_near(spread(lasso_at(data, .05), 8), spread(lasso_at(repeated, .05), 8), 1e-9);
}

TEST(Lasso, TellsWhenItDidNotConverge) {
  const Dataset data = random_data(40, 8, 9);
  Lasso lasso;
  set_params(lasso, {"alpha=0.001", "max-sweeps=1", "tolerance=1e-14"});
  lasso.fit(data);
  EXPECT_FALSE(lasso.report().converged);
  EXPECT_EQ(lasso.report().iterations, 1);
  EXPECT_GT(lasso.report().gap, 0);
  ASSERT_FALSE(lasso.report().warnings.empty());
  EXPECT_THROW(elastic_net_path(data, {.alphas = {.1, .2}}), Error);
}

TEST(Lasso, SameBitsForAnyThreads) {
  const Dataset data = random_data(100, 3000, 10);
  device::set_thread_cap(1);
  const std::vector<PathPoint> one = elastic_net_path(data, {.count = 10, .ratio = .05});
  device::set_thread_cap(2);
  const std::vector<PathPoint> two = elastic_net_path(data, {.count = 10, .ratio = .05});
  device::set_thread_cap(0);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].value, two[i].value);
}

// Without |w|_1 the residual, shrunk until no column's product is above 0, is 0 and proves nothing; unshrunk it proves that ridge is found.
TEST(ElasticNet, WithoutL1IsRidge) {
  const Dataset data = random_data(60, 5, 4);
  for (const double alpha : {1e-9, 1e-3, 1.0}) {
    ElasticNet net;
    set_params(net, {str("alpha={}", alpha), "l1-ratio=0"});
    net.fit(data);
    Ridge ridge;
    set_params(ridge, {str("alpha={}", alpha * 60)});
    ridge.fit(data);
    EXPECT_TRUE(net.report().converged) << alpha << ": " << net.report().stopped;
    EXPECT_LT(net.report().gap, 1e-5);
    EXPECT_GE(net.report().gap, 0);
    expect_near(net.predict(data.x), ridge.predict(data.x), 1e-9);
  }
  ElasticNet early;
  set_params(early, {"alpha=0.1", "l1-ratio=0", "max-sweeps=1", "tolerance=1e-14"});
  early.fit(data);
  EXPECT_FALSE(early.report().converged);
}

}  // namespace
}  // namespace grim
