// Logistic regression: published numbers, separation, weights, sparse rows, the solvers against each other.

#include <array>

#include <gtest/gtest.h>

#include "classic/linear_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/logistic.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

using test::Scaling;

Logistic fitted(const Dataset& data, const std::vector<std::string>& params) {
  Logistic m;
  set_params(m, params);
  m.fit(data);
  return m;
}

double log_loss(const Estimator& m, const Dataset& data) {
  const Tensor p = m.predict_proba(data.x);
  double sum = 0;
  for (int64_t r = 0; r < data.rows(); ++r) sum -= std::log(p.at({r, static_cast<int64_t>(data.y[r])}));
  return sum / static_cast<double>(data.rows());
}

Dataset random_classes(int64_t n, int64_t p, int64_t classes, uint64_t seed) {
  Rng rng(RngMode::philox, seed, "logistic-test");
  std::vector<double> x(static_cast<size_t>(n * p));
  rng.fill_normal(x);
  Dataset data{.x = Features(Tensor::from(x, {n, p})), .y = {}, .weight = {}, .classes = {}};
  for (int64_t k = 0; k < classes; ++k) data.classes.push_back(str("class {}", k));
  for (int64_t i = 0; i < n; ++i) {
    double best = -1e9;
    data.y.push_back(0);
    for (int64_t k = 0; k < classes; ++k) {
      const double z = x[i * p + k % p] * 1.5 + rng.normal();
      if (z > best) best = z, data.y.back() = static_cast<double>(k);
    }
  }
  return data;
}

TEST(Logistic, BreastCancer) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = test::labelled(path, Scaling::z);
  const Logistic one = fitted(data, {"tolerance=1e-12"});
  EXPECT_NEAR(one.intercepts()[0], .2145027174, 1e-9);
  const double w[] = {-.3630925319, -.3876754424, -.3510621187, -.4356098033, -.1618311028};
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(one.coefficients()[i], w[i], 1e-9);
  double square = 0;
  for (double v : one.coefficients()) square += v * v;
  EXPECT_NEAR(square, 14.7579580862, 1e-8);
  EXPECT_NEAR(log_loss(one, data), .05339185750, 1e-10);
  EXPECT_NEAR(one.score(data), .9876977153, 1e-10);
  EXPECT_NEAR(one.report().objective, 569 * .05339185750 + 14.7579580862 / 2, 1e-7);
  EXPECT_NEAR(log_loss(fitted(data, {"C=0.01", "tolerance=1e-12"}), data), .1624949973, 1e-10);
  EXPECT_NEAR(log_loss(fitted(data, {"C=100", "tolerance=1e-12"}), data), .0296252332, 1e-10);
  const double cv = test::cross_validated(data, test::stratified_folds(data.y, 5), 5, [] { return std::make_unique<Logistic>(); });
  EXPECT_NEAR(cv, .98068623, 1e-8);
}

TEST(Logistic, BreastCancerL1) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Logistic m = fitted(test::labelled(path, Scaling::z), {"l1-ratio=1", "tolerance=1e-13"});
  EXPECT_NEAR(m.intercepts()[0], .0084552374, 1e-6);
  EXPECT_EQ(std::count_if(m.coefficients().begin(), m.coefficients().end(), [](double v) { return v != 0; }), 16);
}

TEST(Logistic, IrisMultinomial) {
  GRIMOIRE_DATA(path, "tabular/iris.csv");
  const Dataset data = test::labelled(path);
  const Logistic m = fitted(data, {"tolerance=1e-13"});
  // scikit-learn's newton-cholesky at a tolerance of 1e-13; its lbfgs at the usual one stops at 9.8489468784 2.2369401146 -12.0858869929.
  const double b[] = {9.84956805, 2.23720563, -12.08677368}, early[] = {9.8489468784, 2.2369401146, -12.0858869929};
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(m.intercepts()[k], b[k], 1e-8);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(m.intercepts()[k], early[k], 1e-3);
  EXPECT_NEAR(m.report().objective, 28.886316604092492, 1e-11);
  EXPECT_NEAR(log_loss(m, data), .11963667798790, 1e-12);
  const Tensor p = m.predict_proba(data.x);
  const double row[] = {.000578996, .481130338, .518290665};
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(p.at({77, k}), row[k], 1e-8);
  EXPECT_NEAR(m.score(data), 146.0 / 150, 1e-12);
}

// glmnet at a threshold of 1e-14 on iris 51-150: columns standardised, mean loss + lambda |w|_1. (At 1e-7 it stops near -14.0565.)
TEST(Logistic, GlmnetIris) {
  GRIMOIRE_DATA(path, "tabular/iris.csv");
  const Dataset iris = test::labelled(path);
  std::vector<int64_t> rows;
  for (int64_t r = 50; r < 150; ++r) rows.push_back(r);
  Dataset raw = iris.pick(rows);
  raw.classes = {"versicolor", "virginica"};
  for (double& y : raw.y) y -= 1;
  const Dataset data = test::scaled(raw, Scaling::z);
  const Logistic none = fitted(data, {"alpha=0.4140647", "l1-ratio=1"}),
                 some = fitted(data, {"alpha=0.4140645", "l1-ratio=1", "tolerance=1e-15"});
  EXPECT_EQ(*std::max_element(none.coefficients().begin(), none.coefficients().end()), 0);
  EXPECT_GT(*std::max_element(some.coefficients().begin(), some.coefficients().end()), 0);
  const Logistic m = fitted(data, {"alpha=0.05", "l1-ratio=1", "tolerance=1e-13"});
  double intercept = m.intercepts()[0];
  std::vector<double> w;
  for (int64_t j = 0; j < 4; ++j) {
    double mean = 0, square = 0;
    for (int64_t r = 0; r < 100; ++r) mean += raw.x.at(r, j) / 100;
    for (int64_t r = 0; r < 100; ++r) square += (raw.x.at(r, j) - mean) * (raw.x.at(r, j) - mean) / 100;
    w.push_back(m.coefficients()[j] / std::sqrt(square));
    intercept -= w.back() * mean;
  }
  EXPECT_NEAR(intercept, -14.04851059578, 1e-6);
  EXPECT_EQ(w[0], 0);
  EXPECT_EQ(w[1], 0);
  EXPECT_NEAR(w[2], 1.46888708691, 3e-7);
  EXPECT_NEAR(w[3], 4.13244156436, 3e-7);
}

// liblinear's objectives, `-B 1`: the constant is penalised like a column of ones.
TEST(Logistic, HeartScale) {
  GRIMOIRE_DATA(path, "tabular/heart_scale.libsvm");
  const Dataset data = load_dataset(path, {.target = {}, .weight = {}, .as = Target::classes});
  const Logistic l1 = fitted(data, {"l1-ratio=1", "penalise-intercept=true", "tolerance=1e-14"});
  EXPECT_NEAR(l1.report().objective, 100.819085, 6e-7);
  EXPECT_EQ(std::count_if(l1.coefficients().begin(), l1.coefficients().end(), [](double v) { return v != 0; }) + (l1.intercepts()[0] != 0),
            13);
  const Logistic l2 = fitted(data, {"penalise-intercept=true", "tolerance=1e-14"});
  EXPECT_NEAR(l2.report().objective, 95.493915, 6e-7);
  const double w[] = {.636381820, .984395108, .830399816};
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(l2.coefficients()[i + 1], w[i], 2e-8);  // columns sex, cp, trestbps
}

TEST(Logistic, SolversAgree) {
  for (int64_t classes : {2, 4}) {
    const Dataset data = random_classes(400, 6, classes, 1);
    const Logistic a = fitted(data, {"solver=newton", "tolerance=1e-13"}),
                   b = fitted(data, {"solver=lbfgs", "tolerance=1e-9", "max-iter=2000"});
    EXPECT_TRUE(b.report().converged) << b.report().stopped;
    for (size_t i = 0; i < a.coefficients().size(); ++i) EXPECT_NEAR(a.coefficients()[i], b.coefficients()[i], 1e-5);
    EXPECT_NEAR(a.report().objective / b.report().objective, 1, 1e-9);
  }
}

TEST(Logistic, SpectorWithoutPenalty) {
  const std::vector<double> rows = {  // GPA, TUCE, PSI, GRADE: Spector and Mazzeo 1980
      2.66, 20, 0, 0, 2.89, 22, 0, 0, 3.28, 24, 0, 0, 2.92, 12, 0, 0, 4.00, 21, 0, 1, 2.86, 17, 0, 0, 2.76, 17, 0, 0, 2.87, 21, 0, 0,
      3.03, 25, 0, 0, 3.92, 29, 0, 1, 2.63, 20, 0, 0, 3.32, 23, 0, 0, 3.57, 23, 0, 0, 3.26, 25, 0, 1, 3.53, 26, 0, 0, 2.74, 19, 0, 0,
      2.75, 25, 0, 0, 2.83, 19, 0, 0, 3.12, 23, 1, 0, 3.16, 25, 1, 1, 2.06, 22, 1, 0, 3.62, 28, 1, 1, 2.89, 14, 1, 0, 3.51, 26, 1, 0,
      3.54, 24, 1, 1, 2.83, 27, 1, 1, 3.39, 17, 1, 1, 2.67, 24, 1, 0, 3.65, 21, 1, 1, 4.00, 23, 1, 1, 3.10, 21, 1, 0, 2.39, 19, 1, 1};
  Dataset data{.x = {}, .y = {}, .weight = {}, .classes = {"0", "1"}};
  std::vector<double> x;
  for (size_t r = 0; r < 32; ++r) {
    x.insert(x.end(), rows.begin() + static_cast<std::ptrdiff_t>(r * 4), rows.begin() + static_cast<std::ptrdiff_t>(r * 4 + 3));
    data.y.push_back(rows[r * 4 + 3]);
  }
  data.x = Features(Tensor::from(x, {32, 3}));
  const Logistic m = fitted(data, {"alpha=0", "tolerance=1e-14"});
  EXPECT_TRUE(m.report().warnings.empty());
  EXPECT_NEAR(m.intercepts()[0], -13.021346858, 1e-7);
  const double w[] = {2.826112595, .09515766132, 2.378687655};
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(m.coefficients()[i], w[i], 1e-8);
  EXPECT_NEAR(-32 * m.report().objective, -12.88963422213, 1e-10);
}

TEST(Logistic, NamesSeparation) {
  const auto data = [](std::vector<double> x, std::vector<double> y) {
    const int64_t n = static_cast<int64_t>(x.size());
    return Dataset{.x = Features(Tensor::from(x, {n, 1})), .y = std::move(y), .weight = {}, .classes = {"a", "b"}};
  };
  const auto warning = [](const Logistic& m) { return m.report().warnings.empty() ? std::string() : m.report().warnings[0]; };
  const Logistic perfect = fitted(data({1, 2, 3, 4}, {0, 0, 1, 1}), {"alpha=0"});
  EXPECT_NE(warning(perfect).find("perfect separation"), std::string::npos) << warning(perfect);
  EXPECT_FALSE(perfect.report().converged);
  const Logistic quasi = fitted(data({1, 2, 3, 3, 4}, {0, 0, 0, 1, 1}), {"alpha=0"});
  EXPECT_NE(warning(quasi).find("quasi-complete separation"), std::string::npos) << warning(quasi);
  EXPECT_EQ(warning(fitted(data({1, 2, 3, 4, 5}, {0, 1, 0, 1, 1}), {"alpha=0"})), "");
  EXPECT_EQ(warning(fitted(data({1, 2, 3, 4}, {0, 0, 1, 1}), {})), "");
  EXPECT_NE(warning(fitted(data({1, 2, 3, 4}, {0, 0, 1, 1}), {"C=1e6"})).find("perfect"), std::string::npos);
}

TEST(Logistic, WeightsSparseFloatAndThreads) {
  for (int64_t classes : {2, 3})
    for (const char* ratio : {"l1-ratio=0", "l1-ratio=0.5", "l1-ratio=1"}) {
      Dataset data = random_classes(300, 5, classes, 2);
      std::vector<int64_t> rows;
      for (int64_t r = 0; r < 300; ++r) {
        data.weight.push_back(static_cast<double>(1 + r % 3));
        for (int64_t k = 0; k <= r % 3; ++k) rows.push_back(r);
      }
      Dataset repeated = data.pick(rows), sparse = data;
      repeated.weight.clear();
      auto s = std::make_shared<SparseRows>();
      s->columns = 5;
      for (int64_t r = 0; r < 300; ++r) {
        for (int32_t j = 0; j < 5; ++j) s->column.push_back(j), s->value.push_back(data.x.at(r, j));
        s->row_start.push_back(static_cast<int64_t>(s->column.size()));
      }
      sparse.x = Features(std::shared_ptr<const SparseRows>(s));
      const Logistic a = fitted(data, {ratio, "tolerance=1e-13"}), b = fitted(repeated, {ratio, "tolerance=1e-13"}),
                     c = fitted(sparse, {ratio, "tolerance=1e-13"});
      device::set_thread_cap(1);
      const Logistic one = fitted(data, {ratio, "tolerance=1e-13"});
      device::set_thread_cap(0);
      EXPECT_EQ(a.coefficients(), one.coefficients());
      EXPECT_EQ(a.intercepts(), one.intercepts());
      const std::unique_ptr<Estimator> copy = Estimator::from_state(a.to_state());
      EXPECT_EQ(copy->predict_proba(data.x).to_vector<double>(), a.predict_proba(data.x).to_vector<double>());
      for (size_t i = 0; i < a.coefficients().size(); ++i) {
        EXPECT_NEAR(a.coefficients()[i], b.coefficients()[i], 1e-8);
        EXPECT_NEAR(a.coefficients()[i], c.coefficients()[i], 1e-8);
      }
    }
}

TEST(Logistic, ClassWeightsAndKeeping) {
  Dataset data = random_classes(200, 4, 2, 3), weighted = data;
  for (double y : data.y) weighted.weight.push_back(y > 0 ? 5 : 1);
  const Logistic a = fitted(data, {"class-weight=class 1=5"}), b = fitted(weighted, {});
  EXPECT_EQ(a.coefficients(), b.coefficients());
  EXPECT_THROW(fitted(data, {"class-weight=class 7=5"}), Error);
  fitted(data, {"class-weight=balanced"});
  const std::unique_ptr<Estimator> copy = Estimator::from_state(a.to_state());
  EXPECT_EQ(copy->predict(data.x), a.predict(data.x));
  Logistic short_of;
  set_params(short_of, {"max-iter=1", "tolerance=1e-14"});
  short_of.fit(data);
  EXPECT_FALSE(short_of.report().converged);
  EXPECT_EQ(short_of.report().iterations, 1);
}

// The largest violation of the optimality conditions of: mean loss + l1 |w|_1 + l2 |w|^2 / 2, by the probabilities of the model.
double violation(const Logistic& m, const Dataset& data, double l1, double l2) {
  const Tensor p = m.predict_proba(data.x);
  const int64_t N = data.rows(), P = data.x.width(), D = m.outputs();
  double total = 0, most = 0;
  for (int64_t r = 0; r < N; ++r) total += data.weight_of(r);
  for (int64_t k = 0; k < D; ++k)
    for (int64_t j = 0; j <= P; ++j) {
      double g = 0;
      for (int64_t r = 0; r < N; ++r) {
        const int64_t own = D == 1 ? 1 : k;
        g += data.weight_of(r) / total * (j < P ? data.x.at(r, j) : 1.0) * (p.at({r, own}) - (data.y[r] == static_cast<double>(own)));
      }
      const double w = j < P ? m.coefficients()[k * P + j] : 0;
      g += l2 * w;
      most = std::max(most, j == P ? std::abs(g) : w != 0 ? std::abs(g + std::copysign(l1, w)) : std::abs(g) - l1);
    }
  return most;
}

// scikit-learn's saga at a tolerance of 1e-13 and glmnet at 1e-15 ("multinomial", ungrouped, lambda = 1 / (C N)) agree on these.
TEST(Logistic, MultinomialL1) {
  GRIMOIRE_DATA(iris, "tabular/iris.csv");
  GRIMOIRE_DATA(wine, "tabular/wine_data.csv");
  struct Case {
    std::string path, c;
    double C, ratio, objective;
    std::vector<double> intercepts;
    std::ptrdiff_t nonzero;
  };
  for (const Case& c : {Case{iris, "C=1", 1, 1, 28.7045670832, {0.13314805, 2.88598567, -3.01913371}, 6},
                       Case{iris, "C=1", 1, 0.5, 31.7191287296, {-0.16467106, 2.25403675, -2.08936569}, 9},
                       Case{wine, "C=1", 1, 1, 20.1062165666, {0.53722901, 0.53185423, -1.06908323}, 15},
                       Case{wine, "C=0.5", 0.5, 0.3, 11.4399294992, {0.22762995, 0.54499677, -0.77262671}, 28}}) {
    const Dataset data = test::labelled(c.path, Scaling::z);
    const std::string ratio = str("l1-ratio={}", c.ratio);
    const Logistic m = fitted(data, {c.c, ratio, "tolerance=1e-13"});
    const double alpha = 1 / (c.C * static_cast<double>(data.rows()));
    EXPECT_TRUE(m.report().converged);
    EXPECT_NEAR(m.report().objective / c.objective, 1, 1e-11);
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(m.intercepts()[k], c.intercepts[k], 1e-6);
    EXPECT_EQ(std::count_if(m.coefficients().begin(), m.coefficients().end(), [](double v) { return v != 0; }), c.nonzero);
    EXPECT_LT(violation(m, data, alpha * c.ratio, alpha * (1 - c.ratio)), 2e-8);
    const Logistic early = fitted(data, {c.c, ratio, "max-iter=1"});  // the conditions do tell a point that is no minimum
    EXPECT_FALSE(early.report().converged);
    EXPECT_GT(violation(early, data, alpha * c.ratio, alpha * (1 - c.ratio)), 1e-4);
    EXPECT_GT(early.report().objective, c.objective * 1.0001);
    const Logistic lambda = fitted(data, {str("alpha={:.17g}", alpha), ratio, "tolerance=1e-13"});  // alpha: the mean form
    EXPECT_NEAR(lambda.report().objective * c.C * static_cast<double>(data.rows()) / c.objective, 1, 1e-11);
  }
  const Logistic m = fitted(test::labelled(iris, Scaling::z), {"l1-ratio=1", "tolerance=1e-13"});
  const double w[] = {0, 0.92103303, -4.71694495, 0, 0.21540291, 0, 0, 0, 0, -0.69847255, 4.16560497, 5.03510688};
  for (int i = 0; i < 12; ++i) EXPECT_NEAR(m.coefficients()[i], w[i], 1e-6) << i;
  // A penalised constant is not shifted afterwards: the objective is that of the model as it stands.
  const Dataset data = test::labelled(iris, Scaling::z);
  const Logistic held = fitted(data, {"l1-ratio=1", "penalise-intercept=true", "tolerance=1e-13"});
  double absolute = 0;
  for (double v : held.coefficients()) absolute += std::abs(v);
  for (double v : held.intercepts()) absolute += std::abs(v);
  EXPECT_NEAR(held.report().objective, 150 * log_loss(held, data) + absolute, 1e-9);
}

// Pixels / 16: columns that are constant, and an even number of classes, whose coefficients need not be unique. glmnet's objectives.
TEST(Logistic, DigitsL1) {
  GRIMOIRE_DATA(path, "tabular/digits.csv.gz");
  const Table table = read_csv(path, {.header = CsvOptions::Header::no});
  Dataset data = dataset_of(table, {.target = table.columns.back().name, .weight = {}, .as = Target::classes});
  std::vector<double> pixels = data.x.to_tensor(Dtype::f64).to_vector<double>();
  for (double& v : pixels) v /= 16;
  data.x = Features(Tensor::from(pixels, {data.rows(), 64}));
  const Logistic l1 = fitted(data, {"C=0.1", "l1-ratio=1", "tolerance=1e-12"}), mixed = fitted(data, {"C=0.2", "l1-ratio=0.5"});
  EXPECT_NEAR(l1.report().objective / 167.066716392, 1, 1e-9);
  EXPECT_LT(violation(l1, data, 1 / (.1 * 1797), 0), 1e-7);
  EXPECT_NEAR(mixed.report().objective / 199.858038202, 1, 1e-7);
}

// So many coefficients that the Hessian is never formed: the conditions are the oracle. Sparse rows take the same way.
TEST(Logistic, L1WithManyClasses) {
  for (const auto& [rows, columns, classes] : {std::array{200, 300, 8}, std::array{150, 900, 4}}) {
    const Dataset data = random_classes(rows, columns, classes, 6);
    auto s = std::make_shared<SparseRows>();
    s->columns = columns;
    for (int64_t r = 0; r < rows; ++r) {
      for (int32_t j = 0; j < columns; ++j) s->column.push_back(j), s->value.push_back(data.x.at(r, j));
      s->row_start.push_back(static_cast<int64_t>(s->column.size()));
    }
    Dataset sparse = data;
    sparse.x = Features(std::shared_ptr<const SparseRows>(s));
    for (const auto& [ratio, l1, l2] : {std::tuple{"l1-ratio=1", .01, 0.0}, std::tuple{"l1-ratio=0.5", .005, .005}}) {
      const std::vector<std::string> params = {"alpha=0.01", ratio, "tolerance=1e-12"};
      const Logistic m = fitted(data, params), same = fitted(sparse, params);
      EXPECT_TRUE(m.report().converged) << m.report().stopped;
      EXPECT_LT(violation(m, data, l1, l2), 1e-7) << m.report().stopped;
      EXPECT_NEAR(m.report().objective, same.report().objective, 1e-11);
      device::set_thread_cap(1);
      EXPECT_EQ(fitted(data, params).coefficients(), m.coefficients());
      device::set_thread_cap(0);
      EXPECT_GT(violation(fitted(data, {"alpha=0.01", ratio, "max-iter=1"}), data, l1, l2), 1e-4);
    }
  }
}

// Many more columns than the working set takes at once.
TEST(Logistic, L1WithManyColumns) {
  const Dataset data = random_classes(120, 900, 2, 5);
  const Logistic m = fitted(data, {"alpha=0.05", "l1-ratio=1", "tolerance=1e-12"});
  EXPECT_TRUE(m.report().converged);
  // Optimality: |mean of x_j (p - y)| <= alpha, with equality in the model.
  const Tensor p = m.predict_proba(data.x);
  for (int64_t j = 0; j < 900; ++j) {
    double g = 0;
    for (int64_t r = 0; r < 120; ++r) g += data.x.at(r, j) * (p.at({r, 1}) - data.y[r]) / 120;
    EXPECT_LE(std::abs(g), .05 + 1e-7);
    EXPECT_TRUE(m.coefficients()[j] == 0 || std::abs(std::abs(g) - .05) < 1e-6) << j;
  }
}

}  // namespace
}  // namespace grim
