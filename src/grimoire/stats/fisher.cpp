#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/minimize.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The first cell given all margins: the noncentral hypergeometric law, p(k) proportional to h(k) odds^k.
struct Conditional {
  double low, high;
  std::vector<double> log_h;

  // P(K <= k), P(K >= k) and the mean at the logarithm of an odds ratio.
  struct Values {
    double below = 0, above = 0, mean = 0;
  };
  Values at(double log_odds, double k) const {
    double top = -kInf;
    for (size_t i = 0; i < log_h.size(); ++i) top = std::max(top, log_h[i] + static_cast<double>(i) * log_odds);
    Values v;
    double sum = 0;
    for (size_t i = 0; i < log_h.size(); ++i) {
      const double p = std::exp(log_h[i] + static_cast<double>(i) * log_odds - top), here = low + static_cast<double>(i);
      sum += p, v.mean += p * here;
      if (here <= k) v.below += p;
      if (here >= k) v.above += p;
    }
    v.below /= sum, v.above /= sum, v.mean /= sum;
    return v;
  }
};

template <class F> double solve_log_odds(F f) {  // f rises
  double reach = 1;
  while (f(reach) < 0 && reach < 1e4) reach *= 2;
  double back = -1;
  while (f(back) > 0 && back > -1e4) back *= 2;
  return std::exp(find_root(f, back, reach));
}

}  // namespace

TestResult fisher_test(const Table2d& table, const TestOptions& o) {
  GRIM_CHECK(table.size() == 2 && table[0].size() == 2 && table[1].size() == 2, shape, "fisher", "expected a 2 x 2 table");
  check_level(o.level);
  for (const auto& row : table)
    for (double v : row) GRIM_CHECK(v >= 0 && v == std::floor(v) && v <= 9e15, argument, "fisher", "got {}, expected a whole number from 0 to 9e15", v);
  const double k = table[0][0], row = k + table[0][1], column = k + table[1][0], all = row + table[1][0] + table[1][1];
  GRIM_CHECK(all > 0, argument, "fisher", "the table is empty");
  const auto d = make_distribution("hypergeometric", {{"population", all}, {"marked", column}, {"n", row}});
  Conditional c{d->support().low, d->support().high, {}};
  GRIM_CHECK(c.high - c.low < 1e8, resource, "fisher", "the margins allow {} tables: use the chi-square test", c.high - c.low + 1);
  for (double i = c.low; i <= c.high; ++i) c.log_h.push_back(d->log_pdf(i));

  TestResult r{.method = "Fisher's exact test", .statistic = {"first cell", k}, .alternative = o.alternative};
  if (o.alternative == Alternative::less) r.p_value = d->cdf(k);
  else if (o.alternative == Alternative::greater) r.p_value = d->sf(k - 1);
  else {
    const double limit = d->log_pdf(k) + std::log1p(1e-7);
    r.p_value = 0;
    for (double l : c.log_h) r.p_value += l <= limit ? std::exp(l) : 0;
    r.p_value = std::min(1.0, r.p_value);
  }
  const bool two = o.alternative == Alternative::two_sided;
  const double tail = (1 - o.level) / (two ? 2 : 1);
  const double odds = k == c.low ? 0 : k == c.high ? kInf : solve_log_odds([&](double l) { return c.at(l, k).mean - k; });
  r.estimates = {{"conditional odds ratio", c.low == c.high ? std::nan("") : odds},
                 {"sample odds ratio", table[0][0] * table[1][1] / (table[0][1] * table[1][0])}};
  r.interval = Interval{"odds ratio", 0, kInf, o.level};
  if (o.alternative != Alternative::less && k > c.low)
    r.interval->low = solve_log_odds([&](double l) { return std::log(c.at(l, k).above / tail); });
  if (o.alternative != Alternative::greater && k < c.high)
    r.interval->high = solve_log_odds([&](double l) { return std::log(tail / c.at(l, k).below); });
  r.effect = Named{"odds ratio", r.estimates[0].value};
  r.meaning = meaning_of(r.p_value, "rows and columns are independent");
  return r;
}

}  // namespace grim::stats
