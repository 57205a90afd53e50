#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/stats/special.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

double normal_density(double x, double mean) { return std::exp(-(x - mean) * (x - mean) / 2) / std::sqrt(2 * std::numbers::pi); }
double posterior(double x) { return sigmoid(2 * x); }  // of class +1: the ratio of the densities is e^2x

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

namespace {

// What is fitted, on n rows.
struct Rule {
  const char* column;
  const char* learner;
  std::vector<std::string> (*params)(int64_t n);
};
std::vector<std::string> leaves_of_root(int64_t n) { return {str("min-samples-leaf={}", std::lround(std::sqrt(static_cast<double>(n))))}; }
const Rule kRules[] = {
    {"k=1", "knn", [](int64_t) -> std::vector<std::string> { return {"k=1"}; }},
    {"k=ln n", "knn", [](int64_t) -> std::vector<std::string> { return {"k=log"}; }},
    {"k=sqrt n", "knn", [](int64_t) -> std::vector<std::string> { return {"k=sqrt"}; }},
    {"RBF machine", "svc", [](int64_t) -> std::vector<std::string> { return {"C=1", "gamma=1"}; }},
    {"boosting", "boosting", [](int64_t) -> std::vector<std::string> { return {}; }},
    {"forest", "forest", leaves_of_root},
};

// Rows on a grid of 1/128, equal ones counted as one with their number as weight. A weight multiplies C, so that the machine's problem has
// the solution that all rows, one by one, would give: with 100,000 of them in a tenth of a second instead of minutes.
Dataset counted(const Sample& sample) {
  std::map<std::pair<double, double>, double> cells;
  const std::vector<double> x = sample.x.to_tensor(Dtype::f64).to_vector<double>();
  for (size_t i = 0; i < x.size(); ++i) ++cells[{std::round(x[i] * 128) / 128, sample.y[i]}];
  std::vector<double> places, y, weight;
  for (const auto& [cell, count] : cells) places.push_back(cell.first), y.push_back(cell.second), weight.push_back(count);
  const auto n = static_cast<int64_t>(places.size());
  return {.x = Features(Tensor::from(places, {n, 1})), .y = y, .weight = weight, .classes = {"minus", "plus"}};
}

double wrong_share(const Rule& rule, const Sample& train, const Sample& test) {
  const auto learner = make_estimator(rule.learner);
  set_params(*learner, rule.params(static_cast<int64_t>(train.y.size())));
  const bool machine = std::string_view(rule.learner) == "svc";
  learner->fit(machine ? counted(train) : Dataset{.x = train.x, .y = train.y, .weight = {}, .classes = {"minus", "plus"}});
  const std::vector<double> said = learner->predict(test.x);
  double wrong = 0;
  for (size_t i = 0; i < said.size(); ++i) wrong += said[i] != test.y[i];
  return wrong / static_cast<double>(said.size());
}

Chart risk_chart(const Experiment& e) {
  Chart chart{.title = "risk against rows", .x_label = "rows n", .y_label = "share of wrong classes", .x_scale = Scale::log, .series = {}};
  for (const size_t column : {1, 3, 4, 5, 6, 8}) {
    Series series{.name = e.columns[column], .x = {}, .y = {}};
    for (const auto& row : e.rows) series.x.push_back(row[0]), series.y.push_back(row[column]);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

Experiment bayes_risk_of_learners(const ExperimentSettings& settings) {
  const int64_t tests = settings.repeats(50000, 2000);
  Experiment e;
  e.question = "Do learners reach the risk of the best possible rule when rows are endless?";
  e.columns = {"rows"};
  for (const Rule& rule : kRules) e.columns.push_back(rule.column);
  e.columns.insert(e.columns.end(), {"+-", "Bayes"});
  const Sample test = draw(tests, Rng(RngMode::philox, settings.seed, "bayes-test"));
  for (const int64_t n : {100, 1000, 10000, 100000}) {
    if (static_cast<double>(n) > 1e5 * settings.effort * 1.01) break;
    const int64_t repeats = std::max<int64_t>(1, 20000 / n / 5);  // small samples differ from one another: several, judged on the same test rows
    std::vector<double> row(1 + std::size(kRules));
    row[0] = static_cast<double>(n);
    for (int64_t repeat = 0; repeat < repeats; ++repeat) {
      const Sample train = draw(n, Rng(RngMode::philox, settings.seed, "bayes-train", static_cast<uint32_t>(n + repeat)));
      for (size_t r = 0; r < std::size(kRules); ++r) {
        settings.tell(str("{} rows: {}", n, kRules[r].column));
        row[r + 1] += wrong_share(kRules[r], train, test) / static_cast<double>(repeats);
      }
    }
    row.push_back(std::sqrt(0.2 * 0.8 / static_cast<double>(tests)));
    row.push_back(bayes_risk());
    e.rows.push_back(row);
  }
  e.charts.push_back(risk_chart(e));
  e.answer =
      str("The Bayes risk is {:.5f}. k = 1 stays at {:.5f} however many rows (not consistent; Cover and Hart's bound is {:.5f}); k = ln n "
          "and k = sqrt n both come down to it (consistent), ln n slowly: k = 11, its value at 100,000 rows, still has {:.5f}. The machine with a Gaussian "
          "kernel, boosted trees and a forest whose leaves hold sqrt n rows come down too, by different roads: what they share is that they look ever "
          "closer and still average over ever more rows. The +- is that of the test rows, on which all are judged: between columns it is smaller.",
          bayes_risk(), asymptotic_neighbour_risk(1), 2 * bayes_risk() * (1 - bayes_risk()), asymptotic_neighbour_risk(11));
  return e;
}

}  // namespace grim
