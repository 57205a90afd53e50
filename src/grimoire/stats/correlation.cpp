#include "grimoire/stats/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

Pairs pairs_of(std::span<const double> x, std::span<const double> y, const char* what, Missing missing, std::vector<std::string>& notes) {
  Pairs p = checked_pairs(x, y, what, missing, notes);
  GRIM_CHECK(p.x.size() >= 3, argument, what, "got {} pairs, expected three or more", p.x.size());
  for (const auto& v : {p.x, p.y})
    GRIM_CHECK(std::ranges::min(v) < std::ranges::max(v), argument, what, "one of the variables is constant: the correlation does not exist");
  return p;
}

// r and 1 - r^2, the latter from the distances to the line itself, so that an r near 1 keeps its digits. Exactly 1 and 0 when no point
// is off the line by more than rounding: two last bits of what was added up there.
struct Line {
  double r, rest;
  bool last_digits = false;  // no point is off by more than rounding of the largest y
};
Line line_of(std::span<const double> x, std::span<const double> y) {
  const Sample a = sample_of(x), b = sample_of(y);
  if (a.constant() || b.constant()) return {std::nan(""), std::nan("")};
  const double xy = inner(a.deviation, b.deviation), slope = xy / a.squares;
  std::vector<double> off;
  bool straight = true;
  for (size_t i = 0; i < x.size(); ++i) {
    const double along = slope * a.deviation[i];
    off.push_back(b.deviation[i] - along);
    straight &= std::abs(off[i]) <= 0x1p-50 * (std::abs(b.deviation[i]) + std::abs(along));
  }
  if (straight) return {std::copysign(1.0, xy), 0};
  const double last = std::ldexp(0x1p-51 * std::max(std::abs(b.low), std::abs(b.high)), -b.unit());
  return {std::clamp(xy / (std::sqrt(a.squares) * std::sqrt(b.squares)), -1.0, 1.0), std::min(1.0, inner(off, off) / b.squares),
          std::ranges::all_of(off, [&](double v) { return std::abs(v) <= last; })};
}

// r sqrt((n - 2) / (1 - r^2)) follows t with n - 2 degrees of freedom; infinite on a line.
double t_of(const Line& l, double n) { return l.r * std::sqrt((n - 2) / l.rest); }
double t_tail(const Line& l, double n, Alternative a) { return symmetric_p(*make_distribution("t", {{"df", n - 2}}), t_of(l, n), a); }

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

// ln of the number of orders of the values that differ in equal values alone.
double tied_orders(std::vector<double> x) {
  std::ranges::sort(x);
  double sum = 0;
  for (size_t i = 0, j = 0; i < x.size(); i = j) {
    while (j < x.size() && x[j] == x[i]) ++j;
    sum += log_gamma(static_cast<double>(j - i) + 1);
  }
  return sum;
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

double pearson(std::span<const double> x, std::span<const double> y) { return line_of(x, y).r; }

TestResult pearson_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  check_level(o.level);
  TestResult r{.method = "Pearson correlation", .statistic = {"r"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "pearson", o.missing, r.notes);
  const double n = static_cast<double>(p.x.size());
  const Line l = line_of(p.x, p.y);
  r.statistic.value = l.r, r.df = {n - 2};
  r.effect = Named{"r squared", l.rest < 0.5 ? 1 - l.rest : l.r * l.r};
  if (l.rest == 0) {
    r.estimates = {{"t"}};
    r.notes.push_back("the points lie on one line: t is infinite, and neither p nor an interval exist");
    r.meaning = "The correlation is perfect: there is no error to compare it with.";
    return r;
  }
  if (l.last_digits || differ_in_last_digits(p.x))
    r.notes.push_back("the points lie on one line but for the last digits of the values: t and p may be made of rounding");
  r.p_value = t_tail(l, n, o.alternative);
  r.estimates = {{"t", t_of(l, n)}};
  if (n > 3) {
    const bool two = o.alternative == Alternative::two_sided;
    // atanh r = ln((1 + r)^2 / (1 - r^2)) / 2
    const double reach = -normal_quantile((1 - o.level) / (two ? 2 : 1)) / std::sqrt(n - 3),
                 z = std::abs(l.r) < 0.9 ? std::atanh(l.r)
                                         : std::copysign(std::log1p(std::abs(l.r)) - 0.5 * std::log(l.rest), l.r);
    r.interval = Interval{"correlation", o.alternative == Alternative::less ? -1 : std::tanh(z - reach),
                          o.alternative == Alternative::greater ? 1 : std::tanh(z + reach), o.level};
  }
  r.meaning = meaning_of(r.p_value, "the two are not linearly associated");
  return r;
}

TestResult spearman_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  TestResult r{.statistic = {"rho"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "spearman", o.missing, r.notes);
  const Ranks a = ranks_of(p.x), b = ranks_of(p.y);
  const double n = static_cast<double>(p.x.size());
  const Line line = line_of(a.rank, b.rank);
  const double rho = line.r;
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
  } else if (line.rest == 0) {  // of n! equally likely orders, those that swap ties alone agree as well
    const double best = std::exp(tied_orders(p.y) - log_gamma(n + 1));
    const bool rises = rho > 0;
    r.p_value = o.alternative == Alternative::two_sided ? std::min(1.0, 2 * best) : (o.alternative == Alternative::greater) == rises ? best : 1;
    r.notes.push_back("the ranks agree wholly: p counts orders, the t approximation does not exist");
  } else {
    r.df = {n - 2}, r.p_value = t_tail(line, n, o.alternative);
  }
  r.method = exact || line.rest == 0 ? "Spearman rank correlation, exact" : "Spearman rank correlation, t approximation";
  if (ties) r.notes.push_back("ties: middle ranks");
  r.effect = Named{"rho squared", rho * rho};
  r.meaning = meaning_of(r.p_value, "the two are not monotonically associated");
  return r;
}

TestResult kendall_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  TestResult r{.statistic = {"tau-b"}, .alternative = o.alternative};
  const Pairs p = pairs_of(x, y, "kendall", o.missing, r.notes);
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
