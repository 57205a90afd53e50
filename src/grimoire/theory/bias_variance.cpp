#include <cmath>
#include <numbers>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

constexpr int64_t kSample = 40, kPlaces = 60;
constexpr double kNoise = 0.3;  // deviation of y about the line

double line(double x) { return std::sin(std::numbers::pi * x) + 0.5 * x; }  // on [-1, 1]

struct Sizes {
  const char* name;
  std::vector<int64_t> values;
  std::function<std::unique_ptr<Estimator>(int64_t)> make;
  std::function<Features(const std::vector<double>&, int64_t)> features;
};

// At each of many places x0: the fits' mean there against the line (bias), their spread (variance), and the squared error against
// fresh noisy answers. All are averaged over the places, so the three parts add up to the error but for chance.
Experiment decompose(const Sizes& sizes, const ExperimentSettings& settings) {
  const int64_t repeats = std::max<int64_t>(20, static_cast<int64_t>(400 * settings.effort));
  Experiment e;
  e.columns = {sizes.name, "bias^2", "variance", "noise", "sum", "error", "+-"};
  std::vector<double> places;
  for (int64_t i = 0; i < kPlaces; ++i) places.push_back(-0.95 + 1.9 * static_cast<double>(i) / (kPlaces - 1));
  for (int64_t size : sizes.values) {
    settings.tell(str("{} {}", sizes.name, size));
    std::vector<double> average(kPlaces, 0), squares(kPlaces, 0), errors;  // squares: about the average so far (Welford 1962)
    const Features at_places = sizes.features(places, size);
    for (int64_t repeat = 0; repeat < repeats; ++repeat) {
      Rng rng(RngMode::philox, settings.seed, "bias-variance", static_cast<uint32_t>(repeat));
      std::vector<double> x, y;
      for (int64_t i = 0; i < kSample; ++i) {
        x.push_back(rng.uniform_double() * 2 - 1);
        y.push_back(line(x.back()) + kNoise * rng.normal());
      }
      const auto learner = sizes.make(size);
      learner->fit({.x = sizes.features(x, size), .y = y, .weight = {}, .classes = {}});
      const std::vector<double> fitted = learner->predict(at_places);
      double error = 0;
      for (int64_t i = 0; i < kPlaces; ++i) {
        const double off = fitted[i] - average[i];
        average[i] += off / static_cast<double>(repeat + 1);
        squares[i] += off * (fitted[i] - average[i]);
        const double answer = line(places[i]) + kNoise * rng.normal();
        error += (answer - fitted[i]) * (answer - fitted[i]) / kPlaces;
      }
      errors.push_back(error);
    }
    const double n = static_cast<double>(repeats);
    double bias = 0, variance = 0, mean = 0, spread = 0;
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double own = squares[i] / (n - 1), away = average[i] - line(places[i]);
      bias += (away * away - own / n) / kPlaces;  // the mean of n fits strays by own / n
      variance += own / kPlaces;
    }
    for (double v : errors) mean += v / n;
    for (double v : errors) spread += (v - mean) * (v - mean) / (n - 1);
    e.rows.push_back(
        {static_cast<double>(size), bias, variance, kNoise * kNoise, bias + variance + kNoise * kNoise, mean, std::sqrt(spread / n)});
  }
  Chart chart{
      .title = "error = bias^2 + variance + noise", .x_label = sizes.name, .y_label = "squared error", .y_scale = Scale::log, .series = {}};
  const char* names[] = {"bias^2", "variance", "noise", "sum", "measured error"};
  const int columns[] = {1, 2, 3, 4, 5};
  for (int s = 0; s < 5; ++s) {
    Series series{.name = names[s], .x = {}, .y = {}, .points = s == 4};
    for (const auto& row : e.rows) series.x.push_back(row[0]), series.y.push_back(std::max(row[columns[s]], 1e-5));
    chart.series.push_back(std::move(series));
  }
  e.charts.push_back(std::move(chart));
  size_t best = 0;
  for (size_t i = 1; i < e.rows.size(); ++i)
    if (e.rows[i][5] < e.rows[best][5]) best = i;
  e.answer = str("The least error, {:.3f}, is at {} {:.0f}: bias^2 {:.3f}, variance {:.3f}, noise {:.3f}, which no learner can beat. ",
                 e.rows[best][5], sizes.name, e.rows[best][0], e.rows[best][1], e.rows[best][2], kNoise * kNoise);
  return e;
}

}  // namespace

Experiment bias_variance_of_polynomials(const ExperimentSettings& settings) {
  // Legendre polynomials: the same space as the powers of x, without their near-dependence.
  const auto features = [](const std::vector<double>& x, int64_t degree) {
    const int64_t P = std::max<int64_t>(degree, 1), N = static_cast<int64_t>(x.size());
    const Tensor t = Tensor::zeros({N, P}, Dtype::f64);
    for (int64_t r = 0; r < N; ++r) {
      double before = 1, now = x[static_cast<size_t>(r)];
      for (int64_t d = 1; d <= degree; ++d) {
        t.data<double>()[r * P + d - 1] = now;
        const double next = ((2 * static_cast<double>(d) + 1) * x[static_cast<size_t>(r)] * now - static_cast<double>(d) * before) /
                            static_cast<double>(d + 1);
        before = now, now = next;
      }
    }
    return Features(t);
  };
  Experiment e =
      decompose({"degree", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, [](int64_t) { return make_estimator("linear"); }, features}, settings);
  e.question = "How does the error of a polynomial split into bias, variance and noise?";
  e.answer += "Lower degrees are too stiff (bias), higher ones follow the noise (variance).";
  return e;
}

Experiment bias_variance_of_neighbours(const ExperimentSettings& settings) {
  const auto features = [](const std::vector<double>& x, int64_t) {
    return Features(Tensor::from(x, {static_cast<int64_t>(x.size()), 1}));
  };
  const auto make = [](int64_t k) {
    auto knn = make_estimator("knn");
    for (const Option& o : knn->params())
      if (o.name == "k") o.set(std::to_string(k));
    return knn;
  };
  Experiment e = decompose({"k", {1, 2, 3, 5, 8, 12, 20, 30, 40}, make, features}, settings);
  e.question = "How does the error of k nearest neighbours split into bias, variance and noise?";
  e.answer += "Small k follows the noise (variance about noise / k), large k flattens the line (bias).";
  return e;
}

}  // namespace grim
