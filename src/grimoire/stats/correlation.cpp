#include "grimoire/stats/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"

namespace grim::stats {
namespace {

struct Pairs {
  std::vector<double> x, y;
};

Pairs pairs_of(std::span<const double> x, std::span<const double> y, const char* what, Missing missing, std::vector<std::string>& notes) {
  GRIM_CHECK(x.size() == y.size(), argument, what, "got {} and {} values, expected pairs", x.size(), y.size());
  Pairs p;
  size_t lost = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (missing == Missing::drop && (std::isnan(x[i]) || std::isnan(y[i]))) {
      ++lost;
      continue;
    }
    GRIM_CHECK(std::isfinite(x[i]) && std::isfinite(y[i]), numeric, what, "pair {} is ({}, {}), expected finite numbers", i + 1, x[i],
               y[i]);
    p.x.push_back(x[i]), p.y.push_back(y[i]);
  }
  if (lost) notes.push_back(str("{} of {} pairs had a missing value and were left out", lost, x.size()));
  GRIM_CHECK(p.x.size() >= 3, argument, what, "got {} pairs, expected three or more", p.x.size());
  return p;
}

bool constant(std::span<const double> x) { return std::ranges::all_of(x, [&](double v) { return v == x[0]; }); }

// r sqrt((n - 2) / (1 - r^2)) follows t with n - 2 degrees of freedom.
double t_tail(double r, double n, Alternative a) {
  const double t = r * std::sqrt((n - 2) / ((1 - r) * (1 + r)));
  return symmetric_p(*make_distribution("t", {{"df", n - 2}}), t, a);
}

// Exchanges that sorting y takes: the discordant pairs, by merging.
int64_t merge_count(std::vector<double>& y, std::vector<double>& room, size_t low, size_t high) {
  if (high - low < 2) return 0;
  const size_t middle = (low + high) / 2;
  int64_t count = merge_count(y, room, low, middle) + merge_count(y, room, middle, high);
  size_t i = low, j = middle, k = low;
  while (i < middle || j < high) {
    if (j == high || (i < middle && y[i] <= y[j])) room[k++] = y[i++];
    else count += static_cast<int64_t>(middle - i), room[k++] = y[j++];
  }
  std::copy(room.begin() + static_cast<int64_t>(low), room.begin() + static_cast<int64_t>(high), y.begin() + static_cast<int64_t>(low));
  return count;
}

// Sums over groups of equal values: t (t-1) / 2, t (t-1) (t-2), t (t-1) (2t+5).
struct TieSums {
  double pairs = 0, triples = 0, v = 0;
};
template <class Same> TieSums tie_sums(size_t n, Same same) {
  TieSums s;
  for (size_t i = 0; i < n;) {
    size_t j = i + 1;
    while (j < n && same(i, j)) ++j;
    const double t = static_cast<double>(j - i);
    s.pairs += t * (t - 1) / 2, s.triples += t * (t - 1) * (t - 2), s.v += t * (t - 1) * (2 * t + 5);
    i = j;
  }
  return s;
}

// Shares of orders of n values with 0, 1, ... discordant pairs: the i-th value adds 0 .. i-1 of them, equally likely.
std::vector<double> kendall_null(int64_t n) {
  std::vector<double> p = {1};
  for (int64_t i = 2; i <= n; ++i) {
    std::vector<double> next(p.size() + static_cast<size_t>(i) - 1, 0);
    for (size_t s = 0; s < p.size(); ++s)
      for (int64_t k = 0; k < i; ++k) next[s + static_cast<size_t>(k)] += p[s] / static_cast<double>(i);
    p = std::move(next);
  }
  return p;
}

}  // namespace

double pearson(std::span<const double> x, std::span<const double> y) {
  const double mx = mean(x), my = mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my), xy += (x[i] - mx) * (y[i] - my);
  return std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), -1.0, 1.0);
}

TestResult pearson_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  check_level(o.level);
  TestResult r{.method = "Pearson correlation", .statistic = {"r"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "pearson", o.missing, r.notes);
  GRIM_CHECK(!constant(p.x) && !constant(p.y), argument, "pearson", "one of the variables is constant: the correlation does not exist");
  const double n = static_cast<double>(p.x.size()), c = pearson(p.x, p.y);
  r.statistic.value = c, r.df = {n - 2}, r.p_value = t_tail(c, n, o.alternative);
  r.estimates = {{"t", c * std::sqrt((n - 2) / ((1 - c) * (1 + c)))}};
  if (n > 3) {
    const bool two = o.alternative == Alternative::two_sided;
    const double reach = -normal_quantile((1 - o.level) / (two ? 2 : 1)) / std::sqrt(n - 3), z = std::atanh(c);
    r.interval = Interval{"correlation", o.alternative == Alternative::less ? -1 : std::tanh(z - reach),
                          o.alternative == Alternative::greater ? 1 : std::tanh(z + reach), o.level};
  }
  r.effect = Named{"r squared", c * c};
  r.meaning = meaning_of(r.p_value, "the two are not linearly associated");
  return r;
}

TestResult spearman_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  TestResult r{.statistic = {"rho"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "spearman", o.missing, r.notes);
  GRIM_CHECK(!constant(p.x) && !constant(p.y), argument, "spearman", "one of the variables is constant: the correlation does not exist");
  const Ranks a = ranks_of(p.x), b = ranks_of(p.y);
  const double n = static_cast<double>(p.x.size()), rho = pearson(a.rank, b.rank);
  const bool ties = a.tie_sum + b.tie_sum > 0, exact = o.method == PMethod::exact || (o.method == PMethod::automatic && !ties && n <= 9);
  GRIM_CHECK(!exact || (n <= 10 && !ties), argument, "spearman", "the exact distribution is for at most 10 values without ties");
  r.statistic.value = rho;
  if (exact) {
    std::vector<double> order(p.x.size());
    std::iota(order.begin(), order.end(), 1);
    // sum of d^2 falls as rho rises: rho = 1 - 6 sum d^2 / (n^3 - n).
    const double seen = std::round((1 - rho) * (n * n * n - n) / 6), middle = (n * n * n - n) / 6;
    double hits = 0, all = 0;
    do {
      double d2 = 0;
      for (size_t i = 0; i < order.size(); ++i) d2 += (order[i] - static_cast<double>(i + 1)) * (order[i] - static_cast<double>(i + 1));
      all += 1;
      hits += o.alternative == Alternative::greater ? d2 <= seen
              : o.alternative == Alternative::less  ? d2 >= seen
                                                    : std::abs(d2 - middle) >= std::abs(seen - middle);
    } while (std::next_permutation(order.begin(), order.end()));
    r.p_value = hits / all;
  } else {
    r.df = {n - 2}, r.p_value = t_tail(rho, n, o.alternative);
  }
  r.method = exact ? "Spearman rank correlation, exact" : "Spearman rank correlation, t approximation";
  if (ties) r.notes.push_back("ties: middle ranks");
  r.effect = Named{"rho squared", rho * rho};
  r.meaning = meaning_of(r.p_value, "the two are not monotonically associated");
  return r;
}

TestResult kendall_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  TestResult r{.statistic = {"tau-b"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "kendall", o.missing, r.notes);
  GRIM_CHECK(!constant(p.x) && !constant(p.y), argument, "kendall", "one of the variables is constant: the correlation does not exist");
  const size_t count = p.x.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p.x[a] != p.x[b] ? p.x[a] < p.x[b] : p.y[a] < p.y[b]; });
  std::vector<double> xs(count), ys(count), room(count);
  for (size_t i = 0; i < count; ++i) xs[i] = p.x[order[i]], ys[i] = p.y[order[i]];
  const TieSums tx = tie_sums(count, [&](size_t i, size_t j) { return xs[i] == xs[j]; });
  const TieSums both = tie_sums(count, [&](size_t i, size_t j) { return xs[i] == xs[j] && ys[i] == ys[j]; });
  const double discordant = static_cast<double>(merge_count(ys, room, 0, count));
  const TieSums ty = tie_sums(count, [&](size_t i, size_t j) { return ys[i] == ys[j]; });
  const double n = static_cast<double>(count), pairs = n * (n - 1) / 2;
  const double s = pairs - tx.pairs - ty.pairs + both.pairs - 2 * discordant;  // concordant - discordant
  r.statistic.value = s / std::sqrt(pairs - tx.pairs) / std::sqrt(pairs - ty.pairs);
  const bool ties = tx.pairs + ty.pairs > 0, exact = o.method == PMethod::exact || (o.method == PMethod::automatic && !ties && n < 50);
  GRIM_CHECK(!exact || !ties, argument, "kendall", "there are ties: the exact distribution needs distinct values");
  GRIM_CHECK(!exact || n <= 200, argument, "kendall", "{} values are too many for the exact distribution", count);
  if (exact) {
    const std::vector<double> null = kendall_null(static_cast<int64_t>(n));
    const auto up_to = [&](double k) {
      double sum = 0;
      for (size_t i = 0; i < null.size() && static_cast<double>(i) <= k; ++i) sum += null[i];
      return sum;
    };
    const double greater = up_to(discordant), less = up_to(pairs - discordant);
    r.p_value = o.alternative == Alternative::greater ? greater
                : o.alternative == Alternative::less  ? less
                                                      : std::min(1.0, 2 * std::min(greater, less));
  } else {  // Kendall (1970), the variance of concordant - discordant under ties
    const double v0 = n * (n - 1) * (2 * n + 5), v = (v0 - tx.v - ty.v) / 18 + 2 * tx.pairs * ty.pairs / (n * (n - 1)) +
                                                     tx.triples * ty.triples / (9 * n * (n - 1) * (n - 2));
    r.p_value = symmetric_p(*make_distribution("normal", {}), s / std::sqrt(v), o.alternative);
  }
  r.method = exact ? "Kendall rank correlation, exact" : "Kendall rank correlation, normal approximation";
  if (ties) r.notes.push_back("ties: tau-b, variance corrected");
  r.effect = Named{"tau-b", r.statistic.value};
  r.meaning = meaning_of(r.p_value, "the two are not monotonically associated");
  return r;
}

}  // namespace grim::stats
