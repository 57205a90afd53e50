// Complete, quasi-complete and no separation, by the fit's own note against the geometry of the points.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/stats/regression.h"
#include "stats/golden.h"

namespace grim::stats {
namespace {

enum class Kind { overlap, quasi, complete };

Kind told(const GlmFit& f) {
  for (const std::string& n : f.notes) {
    if (n.starts_with("perfect separation")) return Kind::complete;
    if (n.starts_with("quasi-complete separation")) return Kind::quasi;
  }
  EXPECT_TRUE(f.converged);
  return Kind::overlap;
}

Tensor matrix(const std::vector<double>& v, int64_t columns) { return Tensor::from(v, {static_cast<int64_t>(v.size()) / columns, columns}); }

// Two point sets in the plane: if a line divides them, one across or along a difference of two points does.
Kind geometry(const std::vector<double>& x, const std::vector<double>& y) {
  Kind best = Kind::overlap;
  const size_t n = y.size();
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (const bool across : {false, true}) {
        const double dx = x[2 * i] - x[2 * j], dy = x[2 * i + 1] - x[2 * j + 1], a = across ? -dy : dx, b = across ? dx : dy;
        if (a == 0 && b == 0) continue;
        double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
        for (size_t k = 0; k < n; ++k) {
          const double at = a * x[2 * k] + b * x[2 * k + 1];
          double &l = low[y[k] > 0], &h = high[y[k] > 0];
          l = std::min(l, at), h = std::max(h, at);
        }
        const double all = std::max(high[0], high[1]) - std::min(low[0], low[1]);
        if (all == 0) continue;
        if (high[0] < low[1]) return Kind::complete;
        if (high[0] == low[1]) best = Kind::quasi;
      }
  return best;
}

TEST(Separation, OnePredictor) {
  Rng rng(RngMode::philox, 3, "separation");
  int seen[3] = {};
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> x, y;
    const double border = static_cast<double>(rng.randint(1, 6));
    for (int i = 0; i < 10; ++i) {
      x.push_back(static_cast<double>(rng.randint(0, 7)));
      y.push_back(x.back() == border ? static_cast<double>(rng.randint(0, 2)) : rng.bernoulli(0.06) ? x.back() < border : x.back() > border);
    }
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < x.size(); ++i) low[y[i] > 0] = std::min(low[y[i] > 0], x[i]), high[y[i] > 0] = std::max(high[y[i] > 0], x[i]);
    if (std::isinf(low[0]) || std::isinf(low[1]) || std::ranges::min(x) == std::ranges::max(x)) continue;
    const Kind expected = high[0] < low[1] || high[1] < low[0] ? Kind::complete : high[0] == low[1] || high[1] == low[0] ? Kind::quasi : Kind::overlap;
    EXPECT_EQ(told(glm(Family::logistic, matrix(x, 1), y)), expected) << trial;
    ++seen[static_cast<int>(expected)];
  }
  for (const int count : seen) EXPECT_GT(count, 20);
}

TEST(Separation, TwoPredictors) {
  Rng rng(RngMode::philox, 4, "separation");
  int seen[3] = {};
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<double> x, y;
    for (int i = 0; i < 10; ++i) {
      const double a = static_cast<double>(rng.randint(0, 5)), b = static_cast<double>(rng.randint(0, 5));
      x.push_back(a), x.push_back(b);
      y.push_back(a + b == 4 ? static_cast<double>(rng.randint(0, 2)) : rng.bernoulli(0.04) ? a + b < 4 : a + b > 4);
    }
    if (std::ranges::min(y) == std::ranges::max(y)) continue;
    const Kind expected = geometry(x, y);
    try {
      EXPECT_EQ(told(glm(Family::logistic, matrix(x, 2), y)), expected) << trial;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("is a combination of those before it"), std::string::npos) << e.what();
      continue;
    }
    ++seen[static_cast<int>(expected)];
  }
  for (const int count : seen) EXPECT_GT(count, 20);
}

// The rows that stay undecided keep their own fit, to which the likelihood tends.
TEST(Separation, TheLikelihoodHasItsLimit) {
  for (const double scale : {0x1p-900, 1.0, 0x1p900}) {
    std::vector<double> x = {1, 2, 3, 3, 4, 5};
    for (double& v : x) v *= scale;
    const GlmFit f = glm(Family::logistic, matrix(x, 1), std::vector<double>{0, 0, 0, 1, 1, 1});
    EXPECT_EQ(told(f), Kind::quasi);
    EXPECT_NEAR(f.log_likelihood, -2 * M_LN2, 1e-6);
    EXPECT_FALSE(f.converged);
  }
}

TEST(Separation, OutliersAndOffsetsChangeNothing) {
  const std::vector<double> y = {0, 0, 0, 1, 1, 1};
  EXPECT_EQ(told(glm(Family::logistic, matrix({1, 2, 3, 3, 4, 1e6}, 1), y)), Kind::quasi);
  EXPECT_EQ(told(glm(Family::logistic, matrix({-1e6, 2, 3, 4, 5, 1e6}, 1), y)), Kind::complete);
  EXPECT_EQ(told(glm(Family::logistic, matrix({1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 3, 1e12 + 4, 1e12 + 5}, 1), y)), Kind::quasi);
  EXPECT_EQ(told(glm(Family::logistic, matrix({1, 2, 4, 3, 4, 5}, 1), y)), Kind::overlap);
}

// Counts: a class without events runs to a mean of 0.
TEST(Separation, PoissonWithoutEvents) {
  const GlmFit f = glm(Family::poisson, matrix({0, 0, 0, 1, 1, 1}, 1), std::vector<double>{0, 0, 0, 2, 3, 1});
  EXPECT_FALSE(f.converged);
  ASSERT_EQ(f.notes.size(), 1u);
  EXPECT_TRUE(f.notes[0].starts_with("the fitted means of 3 rows without events run to 0")) << f.notes[0];
  EXPECT_TRUE(glm(Family::poisson, matrix({0, 0, 0, 1, 1, 1}, 1), std::vector<double>{0, 1, 0, 2, 3, 1}).converged);
}

}  // namespace
}  // namespace grim::stats
