#include "grimoire/stats/linalg.h"

#include <algorithm>
#include <sstream>

#include "grimoire/base/rng.h"
#include "grimoire/stats/linalg_kernel.h"
#include "grimoire/stats/pca.h"
#include "grimoire/stats/regression.h"
#include "grimoire/tensor/copy.h"
#include "stats/golden.h"
#include "support/data.h"

namespace grim::stats {
namespace {

using Values = std::vector<double>;

Tensor matrix(const Values& v, int64_t rows) { return Tensor::from(v, {rows, static_cast<int64_t>(v.size()) / rows}); }
Tensor random(int64_t rows, int64_t columns, uint64_t seed = 1) {
  const Tensor t = Tensor::empty({rows, columns}, Dtype::f64);
  Rng(RngMode::philox, seed).fill_normal(std::span<double>(t.data<double>(), static_cast<size_t>(t.numel())));
  return t;
}
Tensor symmetric(int64_t n, uint64_t seed = 1) {
  const Tensor a = random(n, n, seed), s = Tensor::empty({n, n}, Dtype::f64);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) s.data<double>()[i * n + j] = a.at({i, j}) + a.at({j, i});
  return s;
}
Tensor hilbert(int64_t n) {
  Values v;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) v.push_back(1.0 / static_cast<double>(i + j + 1));
  return matrix(v, n);
}
Values dense(const Tensor& t) { return t.to_vector<double>(); }

// max |A V - V diag(w)| and max |V^T V - I|.
std::pair<double, double> residuals(const Values& a, const Values& v, const Values& w, int64_t n, int64_t k) {
  double off = 0, skew = 0;
  for (int64_t j = 0; j < k; ++j)
    for (int64_t i = 0; i < n; ++i) {
      double sum = -w[static_cast<size_t>(j)] * v[static_cast<size_t>(i * k + j)];
      for (int64_t l = 0; l < n; ++l) sum += a[static_cast<size_t>(i * n + l)] * v[static_cast<size_t>(l * k + j)];
      off = std::max(off, std::abs(sum));
    }
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < k; ++j) {
      double sum = i == j ? -1 : 0;
      for (int64_t l = 0; l < n; ++l) sum += v[static_cast<size_t>(l * k + i)] * v[static_cast<size_t>(l * k + j)];
      skew = std::max(skew, std::abs(sum));
    }
  return {off, skew};
}

TEST(Linalg, HilbertMatrices) {
  const Values four = dense(eigenvalues_symmetric(hilbert(4))), expected = {9.670230402e-5, 6.738273606e-3, .1691412202, 1.500214280};
  for (size_t i = 0; i < 4; ++i) EXPECT_REL(four[i], expected[i], 1e-9);
  const Values ten = dense(eigenvalues_symmetric(hilbert(10)));
  EXPECT_NEAR(ten[0], 1.09315e-13, 1e-16);
  EXPECT_REL(ten[9], 1.751919670265, 1e-12);
  EXPECT_REL(dense(svd(hilbert(10)).s)[0], 1.751919670265, 1e-12);
}

TEST(Linalg, SymmetricVectors) {
  for (int64_t n : {1, 2, 3, 17, 64, 131}) {
    const Tensor a = symmetric(n, static_cast<uint64_t>(n));
    const SymmetricEigen e = eigen_symmetric(a);
    const auto [off, skew] = residuals(dense(a), dense(e.vectors), dense(e.values), n, n);
    EXPECT_LT(off, 1e-12 * static_cast<double>(n)) << n;
    EXPECT_LT(skew, 1e-13 * static_cast<double>(n)) << n;
    const Values w = dense(e.values), alone = dense(eigenvalues_symmetric(a));
    EXPECT_TRUE(std::ranges::is_sorted(w));
    for (size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], alone[i], 1e-12 * static_cast<double>(n));
  }
  const Tensor f32 = cast(symmetric(9), Dtype::f32);
  EXPECT_NEAR(eigenvalues_symmetric(f32).at({0}), eigenvalues_symmetric(symmetric(9)).at({0}), 1e-5);
}

TEST(Linalg, EveryMachinesCodeAgrees) {
  const int64_t n = 60;
  const Tensor a = symmetric(n);
  Values first(static_cast<size_t>(n)), other(static_cast<size_t>(n));
  ASSERT_TRUE(kernel::linalg_portable.symmetric(n, a.data<double>(), first.data(), nullptr));
  ASSERT_TRUE(kernel::linalg().symmetric(n, a.data<double>(), other.data(), nullptr));
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], other[i], 1e-11);
}

TEST(Linalg, TopEigenvaluesByLanczos) {
  const int64_t n = 300, k = 7;
  const Tensor a = symmetric(n);
  const SymmetricEigen top = eigen_top(a, k);
  const Values all = dense(eigenvalues_symmetric(a)), w = dense(top.values);
  for (int64_t j = 0; j < k; ++j) EXPECT_REL(w[static_cast<size_t>(j)], all[static_cast<size_t>(n - 1 - j)], 1e-12);
  const auto [off, skew] = residuals(dense(a), dense(top.vectors), w, n, k);
  EXPECT_LT(off, 1e-9);
  EXPECT_LT(skew, 1e-12);
  const Tensor eye = Tensor::zeros({n, n}, Dtype::f64);
  for (int64_t i = 0; i < n; ++i) eye.data<double>()[i * n + i] = 2;
  for (double v : dense(eigen_top(eye, 3).values)) EXPECT_12(v, 2);
  EXPECT_THROW(eigen_top(a, n + 1), Error);
}

TEST(Linalg, GeneralEigenvalues) {
  const GeneralEigen e = eigen_general(matrix({0, 0, 1, 1, 0, 0, 0, 1, 0}, 3));
  Values re = dense(e.re), im = dense(e.im);
  std::ranges::sort(re), std::ranges::sort(im);
  EXPECT_NEAR(re[0], -.5, 1e-14);
  EXPECT_NEAR(re[1], -.5, 1e-14);
  EXPECT_NEAR(re[2], 1, 1e-14);
  EXPECT_NEAR(im[2], std::sqrt(.75), 1e-14);
  EXPECT_NEAR(im[0], -std::sqrt(.75), 1e-14);
  // A v = lambda v, complex, for a random matrix.
  const int64_t n = 20;
  const Tensor a = random(n, n);
  const GeneralEigen g = eigen_general(a);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < n; ++i) {
      double re_sum = 0, im_sum = 0;
      for (int64_t l = 0; l < n; ++l) re_sum += a.at({i, l}) * g.vectors_re.at({l, j}), im_sum += a.at({i, l}) * g.vectors_im.at({l, j});
      EXPECT_NEAR(re_sum, g.re.at({j}) * g.vectors_re.at({i, j}) - g.im.at({j}) * g.vectors_im.at({i, j}), 1e-12);
      EXPECT_NEAR(im_sum, g.re.at({j}) * g.vectors_im.at({i, j}) + g.im.at({j}) * g.vectors_re.at({i, j}), 1e-12);
    }
}

TEST(Linalg, SingularValues) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{5, 3}, {3, 5}, {40, 40}, {90, 21}}) {
    const Tensor a = random(m, n);
    const Svd d = svd(a);
    const int64_t k = std::min(m, n);
    double off = 0;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < k; ++l) sum += d.u.at({i, l}) * d.s.at({l}) * d.vt.at({l, j});
        off = std::max(off, std::abs(sum - a.at({i, j})));
      }
    EXPECT_LT(off, 1e-13 * static_cast<double>(m + n));
    EXPECT_TRUE(std::ranges::is_sorted(dense(d.s), std::greater<>()));
  }
}

TEST(Linalg, BadInput) {
  EXPECT_THROW(eigen_symmetric(random(2, 3)), Error);
  EXPECT_THROW(svd(Tensor::full({2, 2}, std::nan(""), Dtype::f64)), Error);
  EXPECT_THROW(eigen_symmetric(Tensor::zeros({2, 2}, Dtype::i64)), Error);
}

TEST(Pca, UsArrestsScaled) {
  const Pca p = pca(matrix(reals(golden().at("r").at("usarrests")), 50), 0, Scaling::unit_variance);
  const Values expected = {1.574878274391, .994869414818, .597129115503, .416449381954};
  for (size_t i = 0; i < 4; ++i) EXPECT_REL(dense(p.sd)[i], expected[i], 2e-12);
  double sum = 0;
  for (double v : dense(p.ratio)) sum += v;
  EXPECT_12(sum, 1);
}

TEST(Pca, IrisCovariance) {
  GRIMOIRE_DATA(path, "tabular/iris.csv");
  std::istringstream in(read_file(path));
  std::string line;
  std::getline(in, line);
  Values x;
  while (std::getline(in, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream row(line);
    double v;
    for (int j = 0; j < 4 && row >> v; ++j) x.push_back(v);
  }
  const Pca p = pca(matrix(x, 150));
  const Values expected = {4.2282417060349, .2426707479286, .0782095000429, .0238350929734};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(dense(p.sd)[i] * dense(p.sd)[i], expected[i], 1e-13);
  // Scores have these variances and are uncorrelated.
  const Values z = dense(p.transform(matrix(x, 150)));
  double first = 0, cross = 0;
  for (size_t i = 0; i < 150; ++i) first += z[4 * i] * z[4 * i] / 149, cross += z[4 * i] * z[4 * i + 1] / 149;
  EXPECT_REL(first, expected[0], 1e-12);
  EXPECT_NEAR(cross, 0, 1e-13);
}

// Tall data take the route through the covariance; it agrees with the singular values of the whole.
TEST(Pca, BothRoutesAgree) {
  const int64_t n = 40000, d = 30;
  const Tensor x = random(n, d);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < d; ++j) x.data<double>()[i * d + j] = x.data<double>()[i * d + j] * static_cast<double>(d - j) + 100;
  const Pca tall = pca(x, 5), single = pca(cast(x, Dtype::f32), 5);
  Tensor centred = copy(x);
  for (int64_t i = 0; i < x.numel(); ++i) centred.data<double>()[i] -= tall.mean.data<double>()[i % d];
  const Svd s = svd(centred);
  for (int64_t i = 0; i < 5; ++i) {
    const double sd = s.s.at({i}) / std::sqrt(static_cast<double>(n - 1));
    EXPECT_12(tall.sd.at({i}), sd);
    EXPECT_REL(single.sd.at({i}), sd, 1e-5);
    for (int64_t j = 0; j < d; ++j) EXPECT_NEAR(std::abs(tall.components.at({i, j})), std::abs(s.vt.at({i, j})), 1e-10);
  }
}

Tensor table_of(const Json& rows) {
  Values v;
  for (const Json& row : rows.items())
    for (const Json& x : row.items()) v.push_back(x.as_real());
  return matrix(v, static_cast<int64_t>(rows.size()));
}

// NIST's certified values.
TEST(Regression, Longley) {
  const Json& set = golden().at("longley");
  const LinearFit f = least_squares(table_of(set.at("x")), reals(set.at("y")));
  const Values b = {-3482258.63459582, 15.0618722713733,   -.0358191792925910, -2.02022980381683,
                    -1.03322686717359, -.0511041056535807, 1829.15146461355};
  for (size_t j = 0; j < b.size(); ++j) EXPECT_REL(f.coefficients[j].estimate, b[j], 1e-11) << j;
  EXPECT_REL(f.coefficients[0].standard_error, 890420.383607373, 1e-11);
  EXPECT_REL(f.f, 330.285339234588, 1e-11);
}

// NIST's Wampler1: y = 1 + x + ... + x^5 at x = 0 .. 20, with a condition number of about 1e7 after scaling.
TEST(Regression, Wampler) {
  Values x, y;
  for (int i = 0; i <= 20; ++i) {
    double sum = 1;
    for (int power = 1; power <= 5; ++power) x.push_back(std::pow(i, power)), sum += x.back();
    y.push_back(sum);
  }
  const LinearFit f = least_squares(matrix(x, 21), y);
  for (const Coefficient& c : f.coefficients) EXPECT_REL(c.estimate, 1, 1e-13);
  EXPECT_EQ(f.notes.size(), 1u);  // a perfect fit
}

TEST(Regression, AgainstR) {
  Values x, r = reals(golden().at("r").at("r_lm"));
  const Values wt = reals(golden().at("r").at("mtcars_wt")), hp = reals(golden().at("r").at("mtcars_hp"));
  for (size_t i = 0; i < wt.size(); ++i) x.push_back(wt[i]), x.push_back(hp[i]);
  const LinearFit f = least_squares(matrix(x, 32), reals(golden().at("r").at("mtcars_mpg")), {.names = {"wt", "hp"}});
  for (size_t j = 0; j < 3; ++j) {
    EXPECT_12(f.coefficients[j].estimate, r[4 * j]);
    EXPECT_12(f.coefficients[j].standard_error, r[4 * j + 1]);
    EXPECT_12(f.coefficients[j].statistic, r[4 * j + 2]);
    EXPECT_REL(f.coefficients[j].p_value, r[4 * j + 3], 1e-11);
  }
  EXPECT_12(f.r_squared, r[12]);
  EXPECT_12(f.adjusted_r_squared, r[13]);
  EXPECT_12(f.sigma, r[14]);
  EXPECT_12(f.f, r[15]);
  EXPECT_12(f.log_likelihood, r[16]);
}

TEST(Regression, SpectorLogit) {
  const Json& set = golden().at("spector");
  const GlmFit f = glm(Family::logistic, table_of(set.at("x")), reals(set.at("y")), {.names = {"GPA", "TUCE", "PSI"}});
  EXPECT_TRUE(f.converged);
  const Values b = {-13.021346858, 2.826112595, .09515766132, 2.378687655};
  for (size_t j = 0; j < 4; ++j) EXPECT_REL(f.coefficients[j].estimate, b[j], 1e-9);
  EXPECT_REL(f.coefficients[1].standard_error, 1.262941076, 1e-9);
  EXPECT_REL(f.coefficients[1].p_value, .02523910880, 1e-9);
  EXPECT_REL(f.log_likelihood, -12.88963422213, 1e-12);
  EXPECT_REL(f.null_log_likelihood, -20.59172969663, 1e-12);
  EXPECT_REL(f.lr_p_value, .00150187868, 1e-8);
}

TEST(Regression, GlmsAgainstR) {
  const Json& r = golden().at("r");
  const Values cars = reals(r.at("r_logistic"));
  const GlmFit f = glm(Family::logistic, matrix(reals(r.at("mtcars_wt")), 32), reals(r.at("mtcars_am")));
  EXPECT_REL(f.coefficients[0].estimate, 12.04036965896, 1e-8);
  EXPECT_REL(f.coefficients[1].estimate, -4.02396994033, 1e-8);
  EXPECT_REL(f.deviance, 19.1760848074, 1e-10);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_REL(f.coefficients[i].estimate, cars[4 * i], 1e-7);  // R stops earlier
    EXPECT_REL(f.coefficients[i].standard_error, cars[4 * i + 1], 1e-6);
  }
  EXPECT_REL(f.null_deviance, cars[9], 1e-12);
  EXPECT_REL(f.aic, cars[10], 1e-11);
  const Values spray = reals(r.at("insects_spray")), insects = reals(r.at("r_poisson"));
  Values dummies;
  for (double s : spray)
    for (int level = 2; level <= 6; ++level) dummies.push_back(s == level);
  const GlmFit p = glm(Family::poisson, matrix(dummies, 72), reals(r.at("insects")));
  EXPECT_REL(p.deviance, 98.3286630208, 1e-11);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_REL(p.coefficients[i].estimate, insects[4 * i], 1e-10);
    EXPECT_REL(p.coefficients[i].standard_error, insects[4 * i + 1], 1e-8);
  }
  EXPECT_REL(p.aic, insects[26], 1e-11);
}

TEST(Regression, SeparationIsNamed) {
  const GlmFit f = glm(Family::logistic, matrix({1, 2, 3, 4, 5, 6}, 6), Values{0, 0, 0, 1, 1, 1});
  EXPECT_FALSE(f.converged);
  ASSERT_EQ(f.notes.size(), 1u);
  EXPECT_TRUE(f.notes[0].starts_with("perfect separation")) << f.notes[0];
}

TEST(Regression, DependentColumnIsNamed) {
  try {
    least_squares(matrix({1, 2, 2, 4, 3, 6, 4, 8, 5, 10}, 5), Values{1, 2, 3, 4, 6}, {.names = {"metres", "half_metres"}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[least squares] column half_metres is a combination of those before it");
  }
  EXPECT_THROW(least_squares(matrix({1, 2}, 2), Values{1, 2}), Error);
}

}  // namespace
}  // namespace grim::stats
