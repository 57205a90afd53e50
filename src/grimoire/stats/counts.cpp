#include "grimoire/stats/counts.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMost = 9e15;  // counts beyond 2^53 are not told apart

void check_count(double v, const char* what) {
  GRIM_CHECK(v >= 0 && v == std::floor(v) && v <= kMost, argument, what, "got {}, expected a whole number from 0 to 9e15", v);
}
void check_share(double successes, double n, const char* what) {
  check_count(successes, what), check_count(n, what);
  GRIM_CHECK(n > 0, argument, what, "got {} of 0: a proportion of nothing does not exist, expected a total of 1 or more", successes);
  GRIM_CHECK(successes <= n, argument, what, "got {} of {}, expected at most all of them", successes, n);
}

struct Margins {
  std::vector<double> rows, columns;
  double total = 0;
  double expected(size_t i, size_t j) const { return rows[i] * (columns[j] / total); }  // of the cell, above 0
};
Margins margins_of(const Table2d& table, const char* what) {
  GRIM_CHECK(table.size() >= 2 && table[0].size() >= 2, shape, what, "got a table of {} row(s), expected two or more rows and columns",
             table.size());
  Margins m{std::vector<double>(table.size(), 0), std::vector<double>(table[0].size(), 0)};
  for (size_t i = 0; i < table.size(); ++i) {
    GRIM_CHECK(table[i].size() == table[0].size(), shape, what, "row {} has {} columns, the first has {}", i + 1, table[i].size(),
               table[0].size());
    for (size_t j = 0; j < table[i].size(); ++j) {
      GRIM_CHECK(std::isfinite(table[i][j]) && table[i][j] >= 0, argument, what, "got {} at row {}, column {}, expected a count",
                 table[i][j], i + 1, j + 1);
      m.rows[i] += table[i][j], m.columns[j] += table[i][j], m.total += table[i][j];
    }
  }
  GRIM_CHECK(m.total <= kMost, argument, what, "the table counts {}, expected at most 9e15", m.total);
  for (double v : m.rows) GRIM_CHECK(v > 0, argument, what, "a row of the table is all 0: leave it out");
  for (double v : m.columns) GRIM_CHECK(v > 0, argument, what, "a column of the table is all 0: leave it out");
  return m;
}

std::unique_ptr<Distribution> beta(double a, double b) { return make_distribution("beta", {{"a", a}, {"b", b}}); }
double chi_square_sf(double x, double df) { return make_distribution("chi-square", {{"df", df}})->sf(x); }

void independence(TestResult& r, const Table2d& table, const Margins& m) {
  const double a = static_cast<double>(m.rows.size()), b = static_cast<double>(m.columns.size());
  r.df = {(a - 1) * (b - 1)}, r.alternative = Alternative::greater;
  r.p_value = chi_square_sf(r.statistic.value, r.df[0]);
  int small = 0;
  double plain = 0;
  for (size_t i = 0; i < table.size(); ++i)
    for (size_t j = 0; j < table[i].size(); ++j) {
      const double e = m.expected(i, j), off = table[i][j] - e;
      small += e < 5, plain += off * (off / e);
    }
  if (small)
    r.notes.push_back(str("{} expected count(s) below 5: the chi-square approximation is rough{}", small,
                          a == 2 && b == 2 ? ", Fisher's test is exact" : ""));
  r.effect = Named{"Cramer's V", std::sqrt(plain / m.total / (std::min(a, b) - 1))};
  r.meaning = meaning_of(r.p_value, "rows and columns are independent");
}

}  // namespace

Interval proportion_interval(double k, double n, ProportionInterval form, double level) {
  check_share(k, n, "proportion interval"), check_level(level);
  const double tail = (1 - level) / 2, p = k / n;
  if (form == ProportionInterval::wilson) {
    const double z = -normal_quantile(tail), grown = 1 + z * z / n, middle = p + z * z / (2 * n),
                 reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return {"proportion", k == 0 ? 0 : std::max(0.0, (middle - reach) / grown), k == n ? 1 : std::min(1.0, (middle + reach) / grown), level};
  }
  const double half = form == ProportionInterval::jeffreys ? 0.5 : 0, one = form == ProportionInterval::jeffreys ? 0.5 : 1;
  return {"proportion", k == 0 ? 0 : beta(k + half, n - k + one)->quantile(tail), k == n ? 1 : beta(k + one, n - k + half)->isf(tail), level};
}

TestResult binomial_test(double k, double n, double p, const TestOptions& o) {
  check_share(k, n, "binomial test"), check_level(o.level);
  const auto d = make_distribution("binomial", {{"n", n}, {"p", p}});
  TestResult r{.method = "exact binomial test", .statistic = {"successes", k}, .alternative = o.alternative};
  if (o.alternative == Alternative::less) r.p_value = d->cdf(k);
  else if (o.alternative == Alternative::greater) r.p_value = d->sf(k - 1);
  else if (k == n * p) r.p_value = 1;
  else {
    // Past the mean the probabilities fall: bisection finds the first outcome on the other side that is not likelier.
    const double limit = d->log_pdf(k) + 1e-7;
    const bool low = k < n * p;
    double near = low ? std::ceil(n * p) : std::floor(n * p), far = low ? n + 1 : -1;
    if (d->log_pdf(near) <= limit) {
      far = near;
    } else {
      while (std::abs(far - near) > 1) {
        const double middle = std::floor(0.5 * (near + far));
        (d->log_pdf(middle) <= limit ? far : near) = middle;
      }
    }
    r.p_value = std::min(1.0, low ? d->cdf(k) + d->sf(far - 1) : d->sf(k - 1) + d->cdf(far));
  }
  const double level = o.alternative == Alternative::two_sided ? o.level : 2 * o.level - 1;
  r.interval = Interval{"proportion", 0, 1, o.level};
  if (o.alternative != Alternative::less && k > 0) r.interval->low = beta(k, n - k + 1)->quantile((1 - level) / 2);
  if (o.alternative != Alternative::greater && k < n) r.interval->high = beta(k + 1, n - k)->isf((1 - level) / 2);
  r.estimates = {{"proportion", k / n}};
  r.effect = Named{"difference of proportions", k / n - p};
  const std::string null = str("the true proportion is {}", p);
  r.meaning = meaning_of(r.p_value, null);
  if (r.p_value == 0 && d->log_pdf(k) == -kInf) mark_impossible(r, null);
  return r;
}

TestResult proportion_test(double k, double n, double p, const TestOptions& o) {
  check_share(k, n, "proportion test");
  GRIM_CHECK(p > 0 && p < 1, argument, "proportion test", "got p = {}, expected between 0 and 1", p);
  const double off = std::fma(-n, p, k);  // k - n p
  TestResult r{.method = "one-proportion z test", .statistic = {"z", off / std::sqrt(n * p * (1 - p))}, .alternative = o.alternative};
  r.p_value = symmetric_p(*make_distribution("normal", {}), r.statistic.value, o.alternative);
  r.interval = proportion_interval(k, n, ProportionInterval::wilson, o.level);
  r.estimates = {{"proportion", k / n}};
  // 2 asin sqrt(k / n) - 2 asin sqrt(p), as one arc
  r.effect = Named{"Cohen's h", 2 * std::asin(std::clamp(off / n / (std::sqrt(k / n * (1 - p)) + std::sqrt(p * ((n - k) / n))), -1.0, 1.0))};
  if (std::min(n * p, n * (1 - p)) < 5) r.notes.push_back("fewer than 5 expected: the binomial test is exact");
  r.meaning = meaning_of(r.p_value, str("the true proportion is {}", p));
  return r;
}

TestResult proportions_test(std::span<const double> k, std::span<const double> n) {
  GRIM_CHECK(k.size() == n.size() && k.size() >= 2, argument, "proportions test",
             "got {} successes and {} totals, expected two or more pairs", k.size(), n.size());
  Table2d table;
  for (size_t i = 0; i < k.size(); ++i) {
    check_share(k[i], n[i], "proportions test");
    table.push_back({k[i], n[i] - k[i]});
  }
  const bool none = std::ranges::all_of(k, [](double v) { return v == 0; }), all = std::ranges::equal(k, n);
  GRIM_CHECK(!none && !all, argument, "proportions test", "{}: all proportions are equal, and there is nothing to test",
             none ? "every count of successes is 0" : "every try is a success");
  TestResult r = chi_square_test(table);
  r.method = str("chi-square test of {} equal proportions", k.size());
  for (size_t i = 0; i < k.size(); ++i) r.estimates.push_back({str("proportion {}", i + 1), k[i] / n[i]});
  r.meaning = meaning_of(r.p_value, "all proportions are equal");
  return r;
}

TestResult chi_square_fit(std::span<const double> observed, std::span<const double> given, int64_t fitted) {
  const size_t k = observed.size();
  GRIM_CHECK(k >= 2 && (given.empty() || given.size() == k), argument, "chi-square", "got {} observed and {} expected frequencies", k,
             given.size());
  std::vector<double> expected(given.begin(), given.end());
  if (given.empty()) expected.assign(k, 1);
  for (double v : expected) GRIM_CHECK(std::isfinite(v), argument, "chi-square", "got {} expected, expected a finite number above 0", v);
  const int scale = exponent_of(expected);  // they are compared with each other alone
  double seen = 0, all = 0;
  for (size_t i = 0; i < k; ++i) {
    GRIM_CHECK(observed[i] >= 0 && observed[i] <= kMost && expected[i] > 0, argument, "chi-square",
               "class {}: got {} observed and {} expected, expected a count up to 9e15 and a finite number above 0", i + 1, observed[i],
               expected[i]);
    seen += observed[i], all += expected[i] = std::ldexp(expected[i], -scale);
  }
  GRIM_CHECK(seen > 0, argument, "chi-square", "all counts are 0: there are no frequencies to compare");
  TestResult r{.method = "chi-square test of given frequencies", .statistic = {"X squared", 0}, .alternative = Alternative::greater};
  int small = 0;
  for (size_t i = 0; i < k; ++i) {
    const double e = expected[i] * seen / all;
    r.statistic.value += (observed[i] - e) * ((observed[i] - e) / e), small += e < 5;
  }
  r.df = {static_cast<double>(k) - 1 - static_cast<double>(fitted)};
  GRIM_CHECK(r.df[0] > 0, argument, "chi-square", "{} classes leave no degrees of freedom after {} fitted parameters", k, fitted);
  r.p_value = chi_square_sf(r.statistic.value, r.df[0]);
  if (small) r.notes.push_back(str("{} expected count(s) below 5: the chi-square approximation is rough", small));
  r.effect = Named{"Cohen's w", std::sqrt(r.statistic.value / seen)};
  r.meaning = meaning_of(r.p_value, "the frequencies are as given");
  return r;
}

TestResult chi_square_test(const Table2d& table, Yates yates) {
  const Margins m = margins_of(table, "chi-square");
  const bool correct = yates == Yates::on && table.size() == 2 && table[0].size() == 2;
  TestResult r{.method = correct ? "chi-square test of independence with Yates' correction" : "chi-square test of independence",
               .statistic = {"X squared", 0}};
  for (size_t i = 0; i < table.size(); ++i)
    for (size_t j = 0; j < table[i].size(); ++j) {
      const double e = m.expected(i, j), off = std::abs(table[i][j] - e), d = off - (correct ? std::min(0.5, off) : 0);
      r.statistic.value += d * (d / e);
    }
  independence(r, table, m);
  return r;
}

TestResult g_test(const Table2d& table) {
  const Margins m = margins_of(table, "g test");
  TestResult r{.method = "G test of independence", .statistic = {"G", 0}};
  for (size_t i = 0; i < table.size(); ++i)
    for (size_t j = 0; j < table[i].size(); ++j) r.statistic.value += 2 * deviance_term(table[i][j], m.expected(i, j));
  independence(r, table, m);
  return r;
}

TestResult mcnemar_test(const Table2d& table, const TestOptions& o) {
  GRIM_CHECK(table.size() == 2 && table[0].size() == 2 && table[1].size() == 2, shape, "mcnemar", "expected a 2 x 2 table");
  const double b = table[0][1], c = table[1][0];
  for (const auto& row : table)
    for (double v : row) check_count(v, "mcnemar");
  GRIM_CHECK(b + c > 0, argument, "mcnemar", "no pair changed: the test has nothing to compare");
  TestResult r;
  if (o.method == PMethod::exact) {
    r = binomial_test(b, b + c, 0.5, o);
    r.method = "exact McNemar test", r.statistic.name = "discordant pairs of one kind";
  } else {
    const double off = std::max(0.0, std::abs(b - c) - (o.continuity == Continuity::half ? 1 : 0));
    r = {.method = o.continuity == Continuity::half ? "McNemar test with continuity correction" : "McNemar test",
         .statistic = {"X squared", off * off / (b + c)},
         .df = {1}};
    r.p_value = chi_square_sf(r.statistic.value, 1);
    if (b + c < 25) r.notes.push_back("fewer than 25 discordant pairs: the exact form is safer");
  }
  r.effect = Named{"odds ratio of discordant pairs", b / c};
  r.meaning = meaning_of(r.p_value, "changes in both directions are equally likely");
  return r;
}

}  // namespace grim::stats
