// What stands beside the tests of the list: decompositions, principal components, fits, effects and quantiles, at every scale and offset.
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/information.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/multivariate.h"
#include "grimoire/stats/pca.h"
#include "grimoire/stats/power.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"
#include "grimoire/tensor/copy.h"
#include "stats/golden.h"

namespace grim::stats {
namespace {

using Values = std::vector<double>;
const int kScales[] = {-900, -400, -1, 1, 400, 900};

Values times(Values v, int k) {
  for (double& d : v) d = std::ldexp(d, k);
  return v;
}
Values plus(Values v, double by) {
  for (double& d : v) d += by;
  return v;
}
Tensor matrix(const Values& v, int64_t columns) { return Tensor::from(v, {static_cast<int64_t>(v.size()) / columns, columns}); }
void expect_same(const Tensor& got, const Tensor& base, int k) {
  ASSERT_EQ(got.numel(), base.numel());
  const Values a = got.to_vector<double>(), b = base.to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i], std::ldexp(b[i], k)) << i << " at 2^" << k;
}

TEST(Scale, Decompositions) {
  const Values a = {4, 1, 2, 1, 3, 0.5, 2, 0.5, 5};
  for (const int k : kScales) {
    const Tensor base = matrix(a, 3), there = matrix(times(a, k), 3);
    expect_same(eigen_symmetric(there).values, eigen_symmetric(base).values, k);
    expect_same(eigen_symmetric(there).vectors, eigen_symmetric(base).vectors, 0);
    expect_same(eigenvalues_symmetric(there), eigenvalues_symmetric(base), k);
    expect_same(eigen_top(there, 2).values, eigen_top(base, 2).values, k);
    expect_same(eigen_general(there).re, eigen_general(base).re, k);
    expect_same(eigen_general(there).vectors_re, eigen_general(base).vectors_re, 0);
    expect_same(svd(there).s, svd(base).s, k);
    expect_same(svd(there).u, svd(base).u, 0);
  }
}

// Within rounding: Eigen's product of a triangle with a vector begins where the vector's memory is aligned, so that the order of its sums
// depends on where that lies.
TEST(Scale, LanczosToo) {
  const int64_t n = 260;
  const Tensor a = Tensor::zeros({n, n}, Dtype::f64);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) a.data<double>()[i * n + j] = i == j ? static_cast<double>(i % 37) : 1.0 / static_cast<double>(i + j + 1);
  const SymmetricEigen base = eigen_top(a, 3);
  for (const int k : {-900, 900}) {
    const Tensor b = matrix(times(a.to_vector<double>(), k), n);
    const Tensor there = eigen_top(b, 3).values;
    for (int64_t i = 0; i < 3; ++i) EXPECT_REL(there.at({i}), std::ldexp(base.values.at({i}), k), 1e-14);
  }
}

TEST(Scale, PrincipalComponents) {
  const Values x = {1, 2, 3, 5, 4, 1, 2, 2, 6, 7, 3, 5, 8, 1, 1};
  const Pca base = pca(matrix(x, 3));
  for (const int k : kScales) {
    const Pca there = pca(matrix(times(x, k), 3));
    expect_same(there.sd, base.sd, k), expect_same(there.components, base.components, 0), expect_same(there.ratio, base.ratio, 0);
    expect_same(pca(matrix(times(x, k), 3), 0, Scaling::unit_variance).sd, pca(matrix(x, 3), 0, Scaling::unit_variance).sd, 0);
  }
  const Pca far = pca(matrix(plus(x, 1e12), 3));
  for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(far.sd.at({i}), base.sd.at({i}), 1e-13);
  EXPECT_THROW(pca(matrix(Values(6, 0.1), 3)), Error);
  EXPECT_THROW(pca(matrix({0.1, 1, 0.1, 2, 0.1, 4}, 2), 0, Scaling::unit_variance), Error);
}

// Tall data go through products of blocks in their own type: squares of 1e30 would leave a float.
TEST(Scale, TallComponents) {
  const int64_t n = 300000;
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const Tensor x = Tensor::empty({n, 4}, Dtype::f64);
    for (int64_t i = 0; i < 4 * n; ++i) x.data<double>()[i] = static_cast<double>((i * 7919) % 1013) + (i % 4 == 0 ? 4096 : 0);
    const Pca base = pca(cast(x, dtype));
    const int k = dtype == Dtype::f32 ? 100 : 900;
    for (const int by : {-k, k}) {
      const Tensor moved = Tensor::empty({n, 4}, Dtype::f64);
      for (int64_t i = 0; i < 4 * n; ++i) moved.data<double>()[i] = std::ldexp(x.data<double>()[i], by);
      const Pca there = pca(cast(moved, dtype));
      expect_same(there.sd, base.sd, by), expect_same(there.ratio, base.ratio, 0);
    }
  }
}

TEST(Scale, MultivariateFit) {
  const Values rows = {1, 2, 3, 5, 4, 1, 2, 2, 6, 7};
  const MultivariateNormal base = MultivariateNormal::fit(rows, 2);
  for (const int k : {-400, 400})
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(MultivariateNormal::fit(times(rows, k), 2).covariance()[i], std::ldexp(base.covariance()[i], 2 * k));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(MultivariateNormal::fit(plus(rows, 1e12), 2).covariance()[i], base.covariance()[i], 1e-13);
}

TEST(Scale, FitsFollowTheData) {
  const Values x = {0.25, 1.75, 0.875, 3.125, 2.25, 0.625};
  for (const std::string name : {"normal", "lognormal", "gamma", "weibull", "exponential", "uniform", "t"}) {
    const Fit base = fit(name, x);
    for (const int k : {-900, -300, 300, 900}) {
      SCOPED_TRACE(name + str(" at 2^{}", k));
      const Fit there = fit(name, times(x, k));
      for (size_t i = 0; i < there.distribution->parameters().size(); ++i) {
        const auto& [key, v] = base.distribution->parameters()[i];
        const bool unit = key == "mean" || key == "sd" || key == "scale" || key == "location" || key == "low" || key == "high";
        const double expected = key == "mu" ? v + k * M_LN2 : key == "rate" ? std::ldexp(v, -k) : unit ? std::ldexp(v, k) : v;
        EXPECT_REL(there.distribution->parameters()[i].second, expected, 1e-14) << key;
        const double error = base.standard_errors[i];
        if (!std::isnan(error)) {
          EXPECT_REL(there.standard_errors[i], key == "rate" ? std::ldexp(error, -k) : unit ? std::ldexp(error, k) : error, 1e-13) << key;
        }
      }
    }
  }
  const Fit far = fit("t", plus({1, 2, 4, 3, 7, 5, 30}, 0x1p40)), near = fit("t", Values{1, 2, 4, 3, 7, 5, 30});
  EXPECT_NEAR(far.distribution->parameter("location") - 0x1p40, near.distribution->parameter("location"), 1e-3);
  EXPECT_REL(far.distribution->parameter("scale"), near.distribution->parameter("scale"), 1e-6);
}

TEST(Scale, Effects) {
  const Values x = {2, 3, 1, 5}, y = {4, 7, 6, 8};
  for (const int k : kScales) {
    EXPECT_EQ(cohen_d(times(x, k), times(y, k)), cohen_d(x, y));
    EXPECT_EQ(hedges_g(times(x, k), times(y, k)), hedges_g(x, y));
  }
  EXPECT_NEAR(cohen_d(plus(x, 1e12), plus(y, 1e12)), cohen_d(x, y), 1e-14);
  EXPECT_THROW(cohen_d(Values(3, 0.1), Values(2, 0.7)), Error);
  for (const double n : {1e6, 1e12, 1e300}) {  // Hedges' factor tends to 1
    EXPECT_NEAR(std::exp(log_gamma_step((n - 1) / 2, 0.5)) / std::sqrt(n / 2), 1, 1 / n + 1e-13);
  }
}

TEST(Scale, Summaries) {
  for (const double c : {0.1, 0.7, 1e308, 5e-324}) {
    const Values x(7, c);
    EXPECT_EQ(mean(x), c);
    EXPECT_EQ(geometric_mean(x), c);
    EXPECT_EQ(harmonic_mean(x), c);
    EXPECT_EQ(variance(x), 0);
    EXPECT_TRUE(std::isnan(describe(x).skewness) && std::isnan(describe(x).excess_kurtosis));
  }
  EXPECT_EQ(mean(Values{1e308, 1.5e308}), 1.25e308);
  EXPECT_EQ(quantile(Values{-1.5e308, 1.5e308}, 0.5), 0);
  EXPECT_EQ(mean(Values{0x1p53, 1, 1, -0x1p53}), 0.5);
  EXPECT_TRUE(std::isnan(describe(Values{3}).sd));
  EXPECT_THROW(describe(Values{1, INFINITY}), Error);
}

// The F statistic of exact fractions, which sums of 10^12 lose from the fifth digit on.
TEST(Scale, AnovaFarFromZero) {
  const Groups groups = {{1.25, 2.5, 3.75, 4.25}, {2.5, 4, 3.25, 6.5}, {5.75, 7, 6.5, 8.25}};
  Groups far = groups;
  for (auto& g : far)
    for (double& v : g) v += 1e12;
  EXPECT_REL(anova(far).statistic.value, anova(groups).statistic.value, 1e-14);
  EXPECT_REL(bartlett_test(far).statistic.value, bartlett_test(groups).statistic.value, 1e-13);
  EXPECT_REL(levene_test(far).statistic.value, levene_test(groups).statistic.value, 1e-14);
}

// Two equal middle values, or two values at all, are as far from their middle as each other, whatever it is rounded to.
TEST(Scale, LeveneOfPairsDoesNotExist) {
  EXPECT_THROW(levene_test({{0.1, 0.2}, {0.3, 0.7}, {1e9, 1e9 + 0.1}}), Error);
  EXPECT_THROW(levene_test({{0.1, 0.1, 0.3, 0.3}, {0.7, 0.9}}), Error);
}

TEST(Scale, DivergencesOfNearShares) {
  const Values p = {0.25, 0.25, 0.5}, q = {0.25 + 1e-9, 0.25 - 1e-9, 0.5};
  EXPECT_REL(kl_divergence(p, q), 4e-18, 1e-6);  // (1e-9)^2 / (2 * 0.25) twice
  EXPECT_REL(js_divergence(p, q), 1e-18, 1e-6);
  EXPECT_EQ(kl_divergence(p, p), 0);
  EXPECT_REL(kl_normal(0, 1, 0, 1 + 1e-9), 1e-18, 1e-6);
  EXPECT_REL(kl_normal(0, 0x1p-600, 0x1p-600, 0x1p-599), kl_normal(0, 1, 1, 2), 1e-14);
}

}  // namespace
}  // namespace grim::stats
