#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/ranks.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

// Smirnov's exact one-sided tail, a sum of positive terms: P(D+ >= d) = d sum_j C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
double one_sided_sf(double n, double d) {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  double sum = 0;
  for (double j = 0; j <= std::floor(n * (1 - d)); ++j) {
    const double p = d + j / n, q = 1 - p;
    if (q > 0) sum += std::exp(log_binomial_term(j, n, p, q)) / p;
    else if (j == n) sum += 1 / p;
  }
  return std::min(1.0, d * sum);
}

// Marsaglia, Tsang and Wang (2003): P(D < d) is n!/n^n times the middle entry of a matrix to the n-th power.
double two_sided_cdf(int64_t n, double d) {
  const double nd = static_cast<double>(n) * d;
  const int64_t k = static_cast<int64_t>(nd) + 1, m = 2 * k - 1;
  const double h = static_cast<double>(k) - nd;
  const size_t side = static_cast<size_t>(m);
  using Matrix = std::vector<double>;
  Matrix base(side * side, 0);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j <= std::min(i + 1, m - 1); ++j) base[static_cast<size_t>(i * m + j)] = 1;
  for (int64_t i = 0; i < m; ++i) {
    base[static_cast<size_t>(i * m)] -= std::pow(h, static_cast<double>(i + 1));
    base[static_cast<size_t>((m - 1) * m + i)] -= std::pow(h, static_cast<double>(m - i));
  }
  base[static_cast<size_t>((m - 1) * m)] += 2 * h > 1 ? std::pow(2 * h - 1, static_cast<double>(m)) : 0;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j <= std::min(i + 1, m - 1); ++j)
      base[static_cast<size_t>(i * m + j)] /= std::tgamma(static_cast<double>(i - j + 2));
  // Powers with the exponent of ten kept apart.
  const auto product = [side](const Matrix& a, const Matrix& b) {
    Matrix c(side * side, 0);
    for (size_t i = 0; i < side; ++i)
      for (size_t l = 0; l < side; ++l)
        if (const double v = a[i * side + l]; v != 0)
          for (size_t j = 0; j < side; ++j) c[i * side + j] += v * b[l * side + j];
    return c;
  };
  const size_t middle = static_cast<size_t>((k - 1) * m + k - 1);
  const auto tame = [&](Matrix& a, int& exponent) {
    if (a[middle] < 1e140) return;
    for (double& v : a) v *= 1e-140;
    exponent += 140;
  };
  Matrix result(side * side, 0);
  for (size_t i = 0; i < side; ++i) result[i * side + i] = 1;
  int result_exponent = 0, base_exponent = 0;
  for (int64_t power = n; power > 0; power /= 2) {
    if (power % 2) result = product(result, base), result_exponent += base_exponent, tame(result, result_exponent);
    if (power > 1) base = product(base, base), base_exponent *= 2, tame(base, base_exponent);
  }
  double p = result[middle];
  for (int64_t i = 1; i <= n; ++i) {
    p *= static_cast<double>(i) / static_cast<double>(n);
    if (p < 1e-140) p *= 1e140, result_exponent -= 140;
  }
  return std::min(1.0, p * std::pow(10.0, result_exponent));
}

// Far out both one-sided events exclude each other (the error is e^(-8 n d^2)); near the middle p is no small tail.
double two_sided_sf(int64_t n, double d) {
  const double size = static_cast<double>(n);
  if (d >= 0.5 || size * d * d > 5.5) return std::min(1.0, 2 * one_sided_sf(size, d));
  const double below = two_sided_cdf(n, d);
  return std::max(0.0, 1 - below);
}

// The share of the orders of n x's and m y's whose path leaves the band |i/n - j/m| < d (one-sided: i/n - j/m < d): paths that
// have left are added up, so that a small p keeps its digits (Hodges 1957).
double paths_sf(int64_t n, int64_t m, double d, bool two) {
  const double limit = d * (1 - 1e-12);
  std::vector<double> out(static_cast<size_t>(m) + 1, 0);
  const auto beyond = [&](int64_t i, int64_t j) {
    const double off = static_cast<double>(i) / static_cast<double>(n) - static_cast<double>(j) / static_cast<double>(m);
    return (two ? std::abs(off) : off) >= limit;
  };
  // out[j]: among the paths to (i, j), all equally likely, the share that has been beyond. The last step came from (i - 1, j)
  // with probability i / (i + j).
  for (int64_t i = 0; i <= n; ++i)
    for (int64_t j = 0; j <= m; ++j) {
      double& here = out[static_cast<size_t>(j)];
      if (i + j == 0) continue;
      if (beyond(i, j)) {
        here = 1;
        continue;
      }
      const double from_left = j > 0 ? out[static_cast<size_t>(j) - 1] : 0, from_below = i > 0 ? here : 0;
      here = (static_cast<double>(i) * from_below + static_cast<double>(j) * from_left) / static_cast<double>(i + j);
    }
  return out.back();
}

struct Distances {
  double plus = 0, minus = 0;  // greatest excess of the function of x above, and below
  double of(Alternative a) const { return a == Alternative::greater ? plus : a == Alternative::less ? minus : std::max(plus, minus); }
};

void finish(TestResult& r, const Distances& d, const TestOptions& o) {
  r.statistic = {o.alternative == Alternative::two_sided ? "D" : o.alternative == Alternative::greater ? "D+" : "D-", d.of(o.alternative)};
  r.alternative = o.alternative;
  r.effect = Named{"largest distance", d.of(o.alternative)};
}

}  // namespace

TestResult kolmogorov_test(std::span<const double> given, const Distribution& against, const TestOptions& o) {
  TestResult r;
  std::vector<double> x = checked(given, "x", o.missing, r.notes);
  GRIM_CHECK(!x.empty(), argument, "kolmogorov", "no values were given");
  GRIM_CHECK(!against.discrete(), argument, "kolmogorov", "the {} distribution is discrete: the test is for continuous ones",
             against.name());
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  Distances d;
  for (size_t i = 0; i < x.size(); ++i) {
    const double f = against.cdf(x[i]);
    d.plus = std::max(d.plus, static_cast<double>(i + 1) / n - f), d.minus = std::max(d.minus, f - static_cast<double>(i) / n);
  }
  finish(r, d, o);
  const bool ties = std::adjacent_find(x.begin(), x.end()) != x.end(), two = o.alternative == Alternative::two_sided;
  const bool exact = o.method == PMethod::exact || (o.method == PMethod::automatic && x.size() <= 1000);
  const double at = r.statistic.value;
  r.method = str("Kolmogorov-Smirnov test against the {} distribution, {}", against.name(), exact ? "exact" : "asymptotic");
  if (exact) r.p_value = two ? two_sided_sf(static_cast<int64_t>(x.size()), at) : one_sided_sf(n, at);
  else r.p_value = two ? kolmogorov_sf(std::sqrt(n) * at) : std::exp(-2 * n * at * at);
  if (ties) r.notes.push_back("ties: a continuous distribution has none, p is approximate");
  r.notes.push_back("valid only if the parameters were not fitted to the same data");
  const std::string null = str("the data come from this {} distribution", against.name());
  r.meaning = meaning_of(r.p_value, null);
  const auto [low, high] = against.support();
  if (r.p_value == 0 && (x.front() < low || x.back() > high)) mark_impossible(r, null);
  return r;
}

TestResult kolmogorov_test(std::span<const double> given_x, std::span<const double> given_y, const TestOptions& o) {
  TestResult r;
  std::vector<double> x = checked(given_x, "x", o.missing, r.notes), y = checked(given_y, "y", o.missing, r.notes);
  GRIM_CHECK(!x.empty() && !y.empty(), argument, "kolmogorov", "got {} and {} values, expected one or more in each", x.size(), y.size());
  std::sort(x.begin(), x.end()), std::sort(y.begin(), y.end());
  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
  Distances d;
  bool ties = false;
  for (size_t i = 0, j = 0; i < x.size() || j < y.size();) {
    const double at = j == y.size() || (i < x.size() && x[i] <= y[j]) ? x[i] : y[j];
    const size_t i0 = i, j0 = j;
    while (i < x.size() && x[i] == at) ++i;
    while (j < y.size() && y[j] == at) ++j;
    ties |= i > i0 && j > j0;
    const double off = static_cast<double>(i) / n - static_cast<double>(j) / m;
    d.plus = std::max(d.plus, off), d.minus = std::max(d.minus, -off);
  }
  finish(r, d, o);
  const bool two = o.alternative == Alternative::two_sided;
  const bool exact = o.method == PMethod::exact || (o.method == PMethod::automatic && n * m <= 10000);
  const double at = r.statistic.value, scaled = at * std::sqrt(n * m / (n + m));
  r.method = str("two-sample Kolmogorov-Smirnov test, {}", exact ? "exact" : "asymptotic");
  const int64_t ni = static_cast<int64_t>(n), mi = static_cast<int64_t>(m);
  if (exact) r.p_value = at <= 0 ? 1 : paths_sf(ni, mi, at, two);
  else r.p_value = two ? kolmogorov_sf(scaled) : std::exp(-2 * scaled * scaled);
  if (ties) r.notes.push_back("values common to both samples: p is an upper bound");
  r.meaning = meaning_of(r.p_value, "both samples come from one distribution");
  return r;
}

}  // namespace grim::stats
