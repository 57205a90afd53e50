#include "grimoire/stats/ranks.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

// Shares of the null distribution at 0 .. top, from counts of equally likely arrangements, held as probabilities.
double lower_share(const std::vector<double>& p, double at) {
  double sum = 0;
  for (size_t i = 0; i < p.size() && static_cast<double>(i) <= at; ++i) sum += p[i];
  return sum;
}

// A symmetric null distribution p[0 .. top] of an integer statistic: each tail is a sum of its own terms.
double exact_p(const std::vector<double>& p, double at, Alternative a) {
  const double top = static_cast<double>(p.size() - 1), below = lower_share(p, at), above = lower_share(p, top - at);
  return a == Alternative::less ? below : a == Alternative::greater ? above : std::min(1.0, 2 * std::min(below, above));
}

// U counts the pairs in which x is larger. By which sample the largest value of all belongs to (Mann and Whitney 1947):
//   p(u; n, m) = n / (n + m) p(u - m; n - 1, m) + m / (n + m) p(u; n, m - 1).
std::vector<double> mann_whitney_null(int64_t n, int64_t m) {
  if (n > m) std::swap(n, m);
  std::vector<std::vector<double>> row(static_cast<size_t>(n) + 1);
  for (auto& f : row) f = {1};  // m = 0
  for (int64_t b = 1; b <= m; ++b)
    for (int64_t a = 1; a <= n; ++a) {
      std::vector<double> f(static_cast<size_t>(a * b) + 1, 0);
      const std::vector<double>&left = row[static_cast<size_t>(a) - 1], &old = row[static_cast<size_t>(a)];
      const double share = static_cast<double>(a) / static_cast<double>(a + b), rest = static_cast<double>(b) / static_cast<double>(a + b);
      for (size_t i = 0; i < left.size(); ++i) f[i + static_cast<size_t>(b)] += share * left[i];
      for (size_t i = 0; i < old.size(); ++i) f[i] += rest * old[i];
      row[static_cast<size_t>(a)] = std::move(f);
    }
  return row[static_cast<size_t>(n)];
}

std::vector<double> signed_rank_null(int64_t n) {  // each rank is in the sum or not, by a fair coin
  std::vector<double> p(static_cast<size_t>(n * (n + 1) / 2) + 1, 0);
  p[0] = 1;
  for (int64_t i = 1; i <= n; ++i)
    for (size_t s = p.size(); s-- > 0;) p[s] = 0.5 * (p[s] + (s >= static_cast<size_t>(i) ? p[s - static_cast<size_t>(i)] : 0));
  return p;
}

double normal_p(double off, double sd, const TestOptions& o) {
  const double half = o.continuity == Continuity::none          ? 0
                      : o.alternative == Alternative::two_sided ? std::copysign(0.5, off) * (off != 0)
                      : o.alternative == Alternative::greater   ? 0.5
                                                                : -0.5;
  return std::min(1.0, symmetric_p(*make_distribution("normal", {}), (off - half) / sd, o.alternative));
}

const char* correction_word(const TestOptions& o) { return o.continuity == Continuity::half ? " with continuity correction" : ""; }

}  // namespace

TestResult mann_whitney_test(std::span<const double> given_x, std::span<const double> given_y, const TestOptions& o) {
  TestResult r{.statistic = {"U"}, .alternative = o.alternative};
  const std::vector<double> x = checked(given_x, "x", o.missing, r.notes), y = checked(given_y, "y", o.missing, r.notes);
  GRIM_CHECK(!x.empty() && !y.empty(), argument, "mann-whitney", "got {} and {} values, expected one or more in each", x.size(), y.size());
  std::vector<double> both = x;
  both.insert(both.end(), y.begin(), y.end());
  const Ranks ranks = ranks_of(both);
  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size()), all = n + m;
  double u = -n * (n + 1) / 2;
  for (size_t i = 0; i < x.size(); ++i) u += ranks.rank[i];
  r.statistic.value = u;
  const bool ties = ranks.tie_sum > 0,
             exact = o.method == PMethod::exact || (o.method == PMethod::automatic && !ties && std::max(n, m) < 50);
  GRIM_CHECK(!exact || !ties, argument, "mann-whitney", "there are ties: the exact distribution needs distinct values");
  GRIM_CHECK(!exact || n * m <= 1e6, argument, "mann-whitney", "{} by {} values are too many for the exact distribution", x.size(),
             y.size());
  if (exact) {
    r.method = "Mann-Whitney rank-sum test, exact";
    r.p_value = exact_p(mann_whitney_null(static_cast<int64_t>(n), static_cast<int64_t>(m)), u, o.alternative);
  } else {
    r.method = str("Mann-Whitney rank-sum test, normal approximation{}", correction_word(o));
    const double variance = n * m / 12 * (all + 1 - ranks.tie_sum / (all * (all - 1)));
    GRIM_CHECK(variance > 0, argument, "mann-whitney", "all values are equal");
    r.p_value = normal_p(u - n * m / 2, std::sqrt(variance), o);
    if (ties) r.notes.push_back("ties: middle ranks, variance corrected");
    if (std::min(n, m) < 10) r.notes.push_back("few values: the normal approximation is rough");
  }
  r.effect = Named{"rank-biserial correlation", 2 * u / (n * m) - 1};
  r.meaning = meaning_of(r.p_value, "both samples come from one distribution");
  return r;
}

TestResult wilcoxon_test(std::span<const double> x, std::span<const double> y, Zeros zeros, const TestOptions& o) {
  std::vector<std::string> notes;
  TestResult r = wilcoxon_test(differences_of(checked_pairs(x, y, "wilcoxon", o.missing, notes), "wilcoxon", notes), zeros, o);
  r.notes.insert(r.notes.begin(), notes.begin(), notes.end());
  return r;
}

TestResult wilcoxon_test(std::span<const double> given, Zeros zeros, const TestOptions& o) {
  TestResult r{.statistic = {"V"}, .alternative = o.alternative};
  std::vector<double> d = checked(given, "differences", o.missing, r.notes);
  const int64_t zero_count = std::count(d.begin(), d.end(), 0.0);
  if (zeros == Zeros::drop) std::erase(d, 0.0);
  GRIM_CHECK(static_cast<int64_t>(d.size()) > (zeros == Zeros::drop ? 0 : zero_count), argument, "wilcoxon",
             "no difference is other than 0");
  std::vector<double> size(d);
  for (double& v : size) v = std::abs(v);
  Ranks ranks = ranks_of(size);
  double v = 0, minus = 0, zero = zeros == Zeros::pratt ? static_cast<double>(zero_count) : 0;
  for (size_t i = 0; i < d.size(); ++i) (d[i] > 0 ? v : minus) += d[i] == 0 ? 0 : ranks.rank[i];
  ranks.tie_sum -= zero * zero * zero - zero;  // the zeros are no tie among the ranks that count
  r.statistic.value = v;
  const double n = static_cast<double>(d.size());
  const bool plain = ranks.tie_sum == 0 && zero_count == 0,
             exact = o.method == PMethod::exact || (o.method == PMethod::automatic && plain && n < 50);
  GRIM_CHECK(!exact || (ranks.tie_sum == 0 && zero == 0), argument, "wilcoxon",
             "there are ties or ranked zeros: the exact distribution needs distinct differences");
  GRIM_CHECK(!exact || n <= 1000, argument, "wilcoxon", "{} differences are too many for the exact distribution", d.size());
  if (exact) {
    r.method = "Wilcoxon signed-rank test, exact";
    r.p_value = exact_p(signed_rank_null(static_cast<int64_t>(n)), v, o.alternative);
  } else {
    r.method = str("Wilcoxon signed-rank test, normal approximation{}", correction_word(o));
    const double centre = (n * (n + 1) - zero * (zero + 1)) / 4;
    const double variance = (n * (n + 1) * (2 * n + 1) - zero * (zero + 1) * (2 * zero + 1)) / 24 - ranks.tie_sum / 48;
    r.p_value = normal_p(v - centre, std::sqrt(variance), o);
    if (ranks.tie_sum > 0) r.notes.push_back("ties: middle ranks, variance corrected");
    if (n < 10) r.notes.push_back("few differences: the normal approximation is rough");
  }
  if (zero_count)
    r.notes.push_back(
        str("{} difference(s) of 0 {}", zero_count, zeros == Zeros::drop ? "left out (Wilcoxon)" : "ranked and then left out (Pratt)"));
  r.effect = Named{"matched-pairs rank-biserial correlation", (v - minus) / (v + minus)};
  r.meaning = meaning_of(r.p_value, "the differences are symmetric about 0");
  return r;
}

TestResult kruskal_test(const Groups& groups, Missing missing) {
  TestResult r{.method = "Kruskal-Wallis rank test", .statistic = {"H"}, .alternative = Alternative::greater};
  GRIM_CHECK(groups.size() >= 2, argument, "kruskal", "got {} group(s), expected two or more", groups.size());
  std::vector<double> all, sizes;
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::vector<double> g = checked(groups[i], str("kruskal: group {}", i + 1), missing, r.notes);
    GRIM_CHECK(!g.empty(), argument, "kruskal", "group {} is empty", i + 1);
    all.insert(all.end(), g.begin(), g.end()), sizes.push_back(static_cast<double>(g.size()));
  }
  const Ranks ranks = ranks_of(all);
  const double n = static_cast<double>(all.size());
  double sum = 0;
  size_t at = 0;
  for (double size : sizes) {
    double group = 0;
    for (double i = 0; i < size; ++i) group += ranks.rank[at++] - (n + 1) / 2;
    sum += group * group / size;
  }
  GRIM_CHECK(ranks.tie_sum < n * n * n - n, argument, "kruskal", "all values are equal");
  r.statistic.value = 12 / (n * (n + 1)) * sum / (1 - ranks.tie_sum / (n * n * n - n));
  r.df = {static_cast<double>(groups.size()) - 1};
  r.p_value = make_distribution("chi-square", {{"df", r.df[0]}})->sf(r.statistic.value);
  if (ranks.tie_sum > 0) r.notes.push_back("ties: middle ranks, statistic corrected");
  if (*std::min_element(sizes.begin(), sizes.end()) < 5)
    r.notes.push_back("a group has fewer than 5 values: the chi-square approximation is rough");
  r.effect = Named{"epsilon squared", r.statistic.value / (n - 1)};
  r.meaning = meaning_of(r.p_value, "all groups come from one distribution");
  return r;
}

// Royston's polynomials for the two outermost weights and for the normalising transformation of W.
TestResult shapiro_test(std::span<const double> given, Missing missing) {
  TestResult r{.method = "Shapiro-Wilk test of normality", .statistic = {"W"}, .alternative = Alternative::less};
  std::vector<double> x = checked(given, "x", missing, r.notes);
  const size_t n = x.size(), half = n / 2;
  GRIM_CHECK(n >= 3 && n <= 5000, argument, "shapiro", "got {} values, expected 3 to 5000", n);
  std::sort(x.begin(), x.end());
  GRIM_CHECK(x.back() > x.front(), argument, "shapiro", "all values are equal to {}", x[0]);
  const auto poly = [](std::initializer_list<double> c, double t) {
    double v = 0;
    for (auto it = std::rbegin(c); it != std::rend(c); ++it) v = v * t + *it;
    return v;
  };
  const double size = static_cast<double>(n), root = 1 / std::sqrt(size);
  std::vector<double> a(half);
  if (n == 3) {
    a[0] = M_SQRT1_2;
  } else {
    std::vector<double> m(half);
    double squares = 0;
    for (size_t i = 0; i < half; ++i) m[i] = normal_quantile((static_cast<double>(i) + 0.625) / (size + 0.25)), squares += 2 * m[i] * m[i];
    const double norm = std::sqrt(squares);
    a[0] = poly({0, .221157, -.147981, -2.07119, 4.434685, -2.706056}, root) - m[0] / norm;
    size_t first = 1;
    double scale = std::sqrt((squares - 2 * m[0] * m[0]) / (1 - 2 * a[0] * a[0]));
    if (n > 5) {
      a[1] = poly({0, .042981, -.293762, -1.752461, 5.682633, -3.582633}, root) - m[1] / norm;
      scale = std::sqrt((squares - 2 * m[0] * m[0] - 2 * m[1] * m[1]) / (1 - 2 * a[0] * a[0] - 2 * a[1] * a[1]));
      first = 2;
    }
    for (size_t i = first; i < half; ++i) a[i] = -m[i] / scale;
  }
  // 1 - W from the misfit itself, so that a W near 1 keeps its digits.
  const Sample s = sample_of(x);
  double fit = 0;
  for (size_t i = 0; i < half; ++i) fit += a[i] * (s.deviation[n - 1 - i] - s.deviation[i]);
  const double spread = s.squares, deviation = std::sqrt(spread);
  const double w = std::min(1.0, fit * fit / spread), w1 = std::max(0.0, (deviation - fit) * (deviation + fit) / spread);
  r.statistic.value = w;
  if (n == 3) {
    r.p_value = std::max(0.0, 6 / M_PI * (std::asin(std::sqrt(w)) - std::asin(std::sqrt(0.75))));
  } else {
    const double log_n = std::log(size);
    double y = std::log(w1), mu, sigma;
    if (n <= 11) {
      const double bound = -2.273 + .459 * size;
      y = y >= bound ? std::numeric_limits<double>::infinity() : -std::log(bound - y);
      mu = poly({.544, -.39978, .025054, -6.714e-4}, size), sigma = std::exp(poly({1.3822, -.77857, .062767, -.0020322}, size));
    } else {
      mu = poly({-1.5861, -.31082, -.083751, .0038915}, log_n), sigma = std::exp(poly({-.4803, -.082676, .0030302}, log_n));
    }
    r.p_value = normal_sf((y - mu) / sigma);
  }
  r.meaning = meaning_of(r.p_value, "the data are normal");
  return r;
}

}  // namespace grim::stats
