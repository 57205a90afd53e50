#include <algorithm>
#include <cmath>
#include <numbers>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/stats/special.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

double normal_density(double x, double mean) { return std::exp(-(x - mean) * (x - mean) / 2) / std::sqrt(2 * std::numbers::pi); }
double posterior(double x) { return 1 / (1 + std::exp(-2 * x)); }  // of class +1: the ratio of the densities is e^2x

double binomial_tail(int64_t k, int64_t most, double p) {  // P(at most `most` of k), each with probability p
  if (p <= 0) return 1;
  double sum = 0;
  for (int64_t i = 0; i <= most; ++i) sum += std::exp(stats::log_binomial_term(static_cast<double>(i), static_cast<double>(k), p, 1 - p));
  return sum;
}

struct Sample {
  Features x;
  std::vector<double> y;
};
Sample draw(int64_t n, Rng rng) {
  std::vector<double> x, y;
  for (int64_t i = 0; i < n; ++i) {
    y.push_back(rng.bernoulli(0.5));
    x.push_back(rng.normal() + (y.back() > 0 ? 1 : -1));
  }
  return {Features(Tensor::from(x, {n, 1})), y};
}

}  // namespace

double bayes_risk() { return std::erfc(1 / std::numbers::sqrt2) / 2; }  // Phi(-1): the border is 0, each class is 1 away from it

// With endless data all k neighbours of x are drawn at x itself: the vote is wrong when fewer than half of k draws with the posterior
// q of class +1 agree with the true class. Integrated over x by Simpson's rule, far into both tails.
double asymptotic_neighbour_risk(int64_t k) {
  GRIM_CHECK(k >= 1 && k % 2 == 1, argument, "asymptotic_neighbour_risk", "k {}, expected an odd number", k);
  constexpr int64_t kSteps = 20000;
  constexpr double kFar = 12;
  double sum = 0;
  for (int64_t i = 0; i <= kSteps; ++i) {
    const double x = -kFar + 2 * kFar * static_cast<double>(i) / kSteps, q = posterior(x);
    const double says_minus = q < 1 ? binomial_tail(k, k / 2, q) : 0.0, density = (normal_density(x, 1) + normal_density(x, -1)) / 2;
    const double risk = q * says_minus + (1 - q) * (1 - says_minus);
    sum += density * risk * (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2);
  }
  return sum * 2 * kFar / kSteps / 3;
}

Experiment bayes_risk_of_neighbours(const ExperimentSettings& settings) {
  const int64_t tests = std::max<int64_t>(2000, static_cast<int64_t>(20000 * settings.effort));
  Experiment e;
  e.question = "Does k nearest neighbours reach the risk of the best possible rule when rows are endless?";
  e.columns = {"rows", "k=1", "k=ln n", "k=sqrt n", "+-", "Bayes"};
  const Sample test = draw(tests, Rng(RngMode::philox, settings.seed, "bayes-test"));
  for (int64_t n : {100, 1000, 10000, 100000}) {
    if (static_cast<double>(n) > 1e5 * settings.effort * 1.01) break;
    GRIM_CHECK(!settings.progress || settings.progress(str("{} rows", n)), state, "experiment", "stopped");
    std::vector<double> row{static_cast<double>(n)};
    for (const char* rule : {"1", "log", "sqrt"}) {
      // small samples differ from one another: several of them, judged on the same test rows
      const int64_t repeats = std::max<int64_t>(1, 20000 / n / 5);
      double wrong = 0;
      for (int64_t repeat = 0; repeat < repeats; ++repeat) {
        const Sample train = draw(n, Rng(RngMode::philox, settings.seed, "bayes-train", static_cast<uint32_t>(n + repeat)));
        const auto knn = make_estimator("knn");
        for (const Option& o : knn->params())
          if (o.name == "k") o.set(rule);
        knn->fit({.x = train.x, .y = train.y, .weight = {}, .classes = {"minus", "plus"}});
        const std::vector<double> said = knn->predict(test.x);
        for (size_t i = 0; i < said.size(); ++i) wrong += said[i] != test.y[i];
      }
      row.push_back(wrong / static_cast<double>(tests * repeats));
    }
    row.push_back(std::sqrt(0.2 * 0.8 / static_cast<double>(tests)));
    row.push_back(bayes_risk());
    e.rows.push_back(row);
  }
  Chart chart{
      .title = "risk of k-NN against rows", .x_label = "rows n", .y_label = "share of wrong classes", .x_scale = Scale::log, .series = {}};
  const char* names[] = {"k = 1", "k = ln n", "k = sqrt n", "Bayes"};
  const int columns[] = {1, 2, 3, 5};
  for (int s = 0; s < 4; ++s) {
    Series series{.name = names[s], .x = {}, .y = {}};
    for (const auto& row : e.rows) series.x.push_back(row[0]), series.y.push_back(row[columns[s]]);
    chart.series.push_back(std::move(series));
  }
  e.charts.push_back(std::move(chart));
  e.answer =
      str("The Bayes risk is {:.5f}. k = 1 stays at {:.5f} however many rows (not consistent; Cover and Hart's bound is {:.5f}); k = ln n "
          "and k = sqrt n both come "
          "down to it (consistent), ln n slowly: k = 11, its value at 100,000 rows, still has {:.5f}.",
          bayes_risk(), asymptotic_neighbour_risk(1), 2 * bayes_risk() * (1 - bayes_risk()), asymptotic_neighbour_risk(11));
  return e;
}

}  // namespace grim
