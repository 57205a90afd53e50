#include <algorithm>
#include <cmath>
#include <numbers>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/theory/experiment.h"
#include "grimoire/theory/satisfiability.h"

namespace grim {
namespace {

constexpr int kDomain = 8, kSeen = 4;  // points 0 .. 3 are seen with their answers

// A learner here is a function from the answers seen and an unseen point to an answer.
struct Guesser {
  const char* name;
  int (*guess)(unsigned seen, int point);
};
int ones(unsigned seen) { return __builtin_popcount(seen & 0xf); }
constexpr Guesser kGuessers[] = {
    {"always 0", [](unsigned, int) { return 0; }},
    {"majority", [](unsigned s, int) { return int{ones(s) > 2}; }},
    {"minority", [](unsigned s, int) { return int{ones(s) <= 2}; }},
    {"nearest", [](unsigned s, int) { return static_cast<int>(s >> 3 & 1); }},  // point 3 lies nearest to 4 .. 7
    {"mirror", [](unsigned s, int point) { return static_cast<int>(s >> (7 - point) & 1); }},
    {"parity", [](unsigned s, int point) { return (ones(s) + point) % 2; }},
};

}  // namespace

Experiment no_free_lunch() {
  Experiment e;
  e.question = "Averaged over everything the world could be, does any learner beat another on points it has not seen?";
  e.columns = {"learner", "average", "worst", "best"};
  std::string names;
  for (const Guesser& g : kGuessers) {
    int64_t right = 0;
    int worst = kDomain, best = 0;
    for (unsigned target = 0; target < 1u << kDomain; ++target) {
      int hits = 0;
      for (int point = kSeen; point < kDomain; ++point) hits += g.guess(target & 0xf, point) == static_cast<int>(target >> point & 1);
      right += hits, worst = std::min(worst, hits), best = std::max(best, hits);
    }
    const double unseen = kDomain - kSeen;
    e.rows.push_back(
        {static_cast<double>(e.rows.size() + 1), static_cast<double>(right) / (unseen * (1 << kDomain)), worst / unseen, best / unseen});
    names += str("{}{} {}", names.empty() ? "" : ", ", e.rows.size(), g.name);
  }
  e.answer =
      str("No: over all 256 targets every learner is right on exactly half of the unseen points ({}). What makes learners differ is the "
          "world, not the learner: "
          "a learner is good where its assumptions hold.",
          names);
  return e;
}

// V_d r^d of radius 1/2: pi^(d/2) / (Gamma(d/2 + 1) 2^d).
double ball_in_cube(int64_t d) {
  const double half = static_cast<double>(d) / 2;
  return std::exp(half * std::log(std::numbers::pi) - std::lgamma(half + 1) - static_cast<double>(d) * std::numbers::ln2);
}

double relative_contrast(int64_t d, int64_t points, uint64_t seed) {
  constexpr int64_t kQueries = 41;  // the middle one of them: at few columns a lucky query has a neighbour almost on it
  Rng rng(RngMode::philox, seed, "contrast", static_cast<uint32_t>(d));
  std::vector<double> x(static_cast<size_t>(points * d)), q(static_cast<size_t>(d));
  rng.fill_uniform(std::span<double>(x));
  std::vector<double> contrast;
  for (int64_t i = 0; i < kQueries; ++i) {
    rng.fill_uniform(std::span<double>(q));
    double near = INFINITY, far = 0;
    for (int64_t p = 0; p < points; ++p) {
      double square = 0;
      for (int64_t c = 0; c < d; ++c) square += (x[p * d + c] - q[c]) * (x[p * d + c] - q[c]);
      near = std::min(near, square), far = std::max(far, square);
    }
    contrast.push_back(std::sqrt(far / near) - 1);
  }
  std::nth_element(contrast.begin(), contrast.begin() + kQueries / 2, contrast.end());
  return contrast[kQueries / 2];
}

Experiment curse_of_dimensionality(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "What becomes of nearness when there are many columns?";
  e.columns = {"columns", "ball/cube", "contrast", "side for 1%"};
  Chart chart{.title = "1,000 uniform points",
              .x_label = "columns",
              .y_label = "(farthest - nearest) / nearest",
              .x_scale = Scale::log,
              .y_scale = Scale::log,
              .series = {{.name = "contrast", .x = {}, .y = {}}}};
  for (int64_t d : {1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000}) {
    settings.tell(str("{} columns", d));
    const double contrast = relative_contrast(d, 1000, settings.seed);
    e.rows.push_back({static_cast<double>(d), ball_in_cube(d), contrast, std::pow(0.01, 1 / static_cast<double>(d))});
    chart.series[0].x.push_back(static_cast<double>(d)), chart.series[0].y.push_back(contrast);
  }
  e.charts.push_back(std::move(chart));
  e.answer =
      "The ball in the cube vanishes, a cube that holds 1 % of the points spans nearly the whole side, and the nearest point lies hardly "
      "nearer than the farthest: "
      "with many independent columns distances say little. Real data are saved by columns that depend on each other.";
  return e;
}

Experiment p_versus_np(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "How do the steps of checking an answer and of finding one grow?";
  e.columns = {"variables", "verify", "DPLL", "everything"};
  Chart chart{
      .title = "random 3-SAT, 4.26 clauses a variable",
      .x_label = "variables",
      .y_label = "steps",
      .y_scale = Scale::log,
      .series = {{.name = "verify", .x = {}, .y = {}}, {.name = "DPLL", .x = {}, .y = {}}, {.name = "everything", .x = {}, .y = {}}}};
  const int64_t repeats = std::max<int64_t>(3, static_cast<int64_t>(11 * settings.effort));
  for (int n : {5, 10, 15, 20, 30, 40, 60, 80, 100}) {
    if (n > 100 * settings.effort && n > 30) break;
    settings.tell(str("{} variables", n));
    std::vector<int64_t> steps;
    const int clauses = static_cast<int>(std::lround(4.26 * n));
    for (int64_t r = 0; r < repeats; ++r)
      steps.push_back(solve_dpll(random_3sat(n, clauses, settings.seed * 1000 + static_cast<uint64_t>(r))).steps);
    std::nth_element(steps.begin(), steps.begin() + repeats / 2, steps.end());
    const double row[] = {static_cast<double>(n), 3.0 * clauses, static_cast<double>(steps[static_cast<size_t>(repeats / 2)]),
                          std::pow(2.0, n)};
    e.rows.emplace_back(row, row + 4);
    for (size_t s = 0; s < 3; ++s) chart.series[s].x.push_back(row[0]), chart.series[s].y.push_back(row[s + 1]);
  }
  e.charts.push_back(std::move(chart));
  e.answer =
      "Checking grows with the length of the problem; trying everything doubles with every variable; DPLL, the median of several problems, "
      "prunes much and still grows "
      "exponentially. Whether finding must be harder than checking is the question P = NP, and open.";
  return e;
}

}  // namespace grim
