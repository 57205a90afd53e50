#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/classic/cholesky.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

constexpr int64_t kGrid = 101;     // places from -1 to 1 where the estimate is compared with the truth
constexpr double kSharpness = 20;  // kernel exp(-20 (x - z)^2)

double truth(double x) { return sigmoid(2 * x + std::sin(6 * x)); }  // P(y = 1 | x)
double kernel(double x, double z) { return std::exp(-kSharpness * (x - z) * (x - z)); }

using Vector = std::vector<double>;
double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Kernel ridge regression of y in {0, 1} on x uniform on (-1, 1): f = K a minimises |y - f|^2 + lambda a'Ka, so (K + lambda) a = y.
struct Machine {
  Machine(const Vector& points, double lambda) : x(points), n(static_cast<int64_t>(points.size())), k(points.size() * points.size()) {
    for (size_t i = 0; i < x.size(); ++i)
      for (size_t j = 0; j < x.size(); ++j) k[i * x.size() + j] = kernel(x[i], x[j]);
    factor = k;
    for (size_t i = 0; i < x.size(); ++i) factor[i * x.size() + i] += lambda;
    GRIM_CHECK(cholesky(factor.data(), n, n), numeric, "invariants", "the kernel matrix of {} points is not positive definite", n);
  }
  Vector solve(Vector b) const {
    cholesky_solve(factor.data(), n, n, b.data());
    return b;
  }
  Vector values(const Vector& a) const {  // K a
    Vector f(x.size());
    for (size_t i = 0; i < x.size(); ++i)
      for (size_t j = 0; j < x.size(); ++j) f[i] += k[i * x.size() + j] * a[j];
    return f;
  }
  double error(const Vector& a) const {  // mean square distance from the truth; estimates are kept between 0 and 1
    double sum = 0;
    for (int64_t g = 0; g < kGrid; ++g) {
      const double at = -1 + 2 * static_cast<double>(g) / (kGrid - 1);
      double f = 0;
      for (size_t i = 0; i < x.size(); ++i) f += a[i] * kernel(at, x[i]);
      sum += std::pow(std::clamp(f, 0.0, 1.0) - truth(at), 2);
    }
    return sum / kGrid;
  }
  Vector x;
  int64_t n;
  Vector k, factor;
};

// The same under psi_s' K a = psi_s' y. With multipliers mu the minimum is (K + lambda) a = y + sum mu_s psi_s: the invariants move the
// targets. For psi = 1 and psi = x two linear equations give mu: G mu = r with G_st = psi_s' K (K + lambda)^-1 psi_t and r the lack.
Vector with_invariants(const Machine& machine, const Vector& y, const Vector& plain) {
  const Vector one(y.size(), 1.0), &x = machine.x, a1 = machine.solve(one), ax = machine.solve(x);
  const Vector f = machine.values(plain), f1 = machine.values(a1), fx = machine.values(ax);
  const double g11 = dot(one, f1), g1x = dot(one, fx), gxx = dot(x, fx), r1 = dot(one, y) - dot(one, f), rx = dot(x, y) - dot(x, f);
  const double determinant = g11 * gxx - g1x * g1x, mu1 = (r1 * gxx - rx * g1x) / determinant, mux = (rx * g11 - r1 * g1x) / determinant;
  Vector a = plain;
  for (size_t i = 0; i < a.size(); ++i) a[i] += mu1 * a1[i] + mux * ax[i];
  return a;
}

constexpr double kLambdas[] = {.1, .3, 1, 3, 10};

// Mean square errors without and with the invariants, for every lambda: 5 and 5.
Vector errors_of_one_sample(int64_t m, Rng& rng) {
  Vector x, y, plain, kept;
  for (int64_t i = 0; i < m; ++i) x.push_back(2 * rng.uniform_double() - 1), y.push_back(rng.bernoulli(truth(x.back())));
  for (const double lambda : kLambdas) {
    const Machine machine(x, lambda);
    const Vector a = machine.solve(y);
    plain.push_back(machine.error(a));
    kept.push_back(machine.error(with_invariants(machine, y, a)));
  }
  plain.insert(plain.end(), kept.begin(), kept.end());
  return plain;
}

}  // namespace

int64_t functions_kept(const std::vector<std::vector<double>>& predicates, const std::vector<double>& y) {
  GRIM_CHECK(y.size() <= 20, argument, "functions_kept", "got {} points, expected 20 or fewer", y.size());
  int64_t kept = 0;
  for (uint32_t f = 0; f < uint32_t{1} << y.size(); ++f) {
    Vector values;
    for (size_t i = 0; i < y.size(); ++i) values.push_back(f >> i & 1);
    kept += std::ranges::all_of(predicates, [&](const Vector& psi) { return std::abs(dot(psi, values) - dot(psi, y)) < 1e-9; });
  }
  return kept;
}

Experiment invariants(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "Do statements that every good rule must respect save examples?";
  e.columns = {"examples", "without", "with", "saved", "+-", "lambda", "lambda with"};
  constexpr size_t L = std::size(kLambdas);
  const int64_t repeats = settings.repeats(300, 20);
  Chart chart{.title = "mean square error of P(y = 1 | x)",
              .x_label = "examples",
              .y_label = "error",
              .x_scale = Scale::log,
              .y_scale = Scale::log,
              .series = {{.name = "kernel ridge", .x = {}, .y = {}}, {.name = "and invariants", .x = {}, .y = {}}}};
  for (const int64_t m : {5, 10, 20, 40, 80, 160}) {
    settings.tell(str("{} examples", m));
    Rng rng(RngMode::philox, settings.seed, "invariants", static_cast<uint32_t>(m));
    std::vector<Vector> all;
    Vector mean(2 * L);
    for (int64_t r = 0; r < repeats; ++r) {
      all.push_back(errors_of_one_sample(m, rng));
      for (size_t i = 0; i < 2 * L; ++i) mean[i] += all.back()[i] / static_cast<double>(repeats);
    }
    // each with the lambda that is best for it on average
    const auto plain = static_cast<size_t>(std::min_element(mean.begin(), mean.begin() + L) - mean.begin());
    const auto kept = static_cast<size_t>(std::min_element(mean.begin() + L, mean.end()) - mean.begin());
    const double saved = mean[plain] - mean[kept], n = static_cast<double>(repeats);
    double square = 0;
    for (const Vector& one : all) square += std::pow(one[plain] - one[kept] - saved, 2);
    e.rows.push_back({static_cast<double>(m), mean[plain], mean[kept], saved, std::sqrt(square / n / (n - 1)), kLambdas[plain], kLambdas[kept - L]});
    for (size_t s = 0; s < 2; ++s) chart.series[s].x.push_back(static_cast<double>(m)), chart.series[s].y.push_back(e.rows.back()[s + 1]);
  }
  e.charts.push_back(std::move(chart));
  const Vector y = {1, 0, 1, 0};
  e.answer = str("Yes, most when examples are few. Counted: of the 16 functions on 4 points {} have sum f = sum y = 2, {} also sum x f = sum x y for x = "
                 "1, 2, 3, 4. In the table an estimate of P(y = 1 | x) keeps mean f = mean y and mean x f = mean x y over the same examples, both with their "
                 "best penalty lambda: a strong penalty then smooths without pulling level and slope to 0.",
                 functions_kept({{1, 1, 1, 1}}, y), functions_kept({{1, 1, 1, 1}, {1, 2, 3, 4}}, y));
  return e;
}

}  // namespace grim
