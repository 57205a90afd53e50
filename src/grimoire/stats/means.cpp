#include "grimoire/stats/means.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The rest of a t or z test once the estimate's distance `off` from the null and its error are known, both in units of 2^unit. at(v): the
// estimate plus v in these units.
template <class At> void finish(TestResult& r, const Distribution& d, double off, double error, At at, const TestOptions& o, const char* of) {
  check_level(o.level);
  r.alternative = o.alternative;
  r.statistic.value = off / error;
  r.p_value = symmetric_p(d, r.statistic.value, o.alternative);
  const bool two = o.alternative == Alternative::two_sided;
  const double reach = d.isf((1 - o.level) / (two ? 2 : 1)) * error;
  r.interval = Interval{of, o.alternative == Alternative::less ? -kInf : at(-reach), o.alternative == Alternative::greater ? kInf : at(reach), o.level};
}

// Called last, of a test whose interval is in the unit of the values.
void note_beyond(TestResult& r) {
  bool beyond = (r.alternative != Alternative::less && std::isinf(r.interval->low)) || (r.alternative != Alternative::greater && std::isinf(r.interval->high));
  for (const Named& e : r.estimates) beyond |= std::isinf(e.value);
  if (beyond) r.notes.emplace_back(kBeyondRange);
}

std::unique_ptr<Distribution> t_of(double df) { return make_distribution("t", {{"df", df}}); }

Groups checked_groups(const Groups& groups, const char* what, size_t least, Missing missing, std::vector<std::string>& notes) {
  GRIM_CHECK(groups.size() >= 2, argument, what, "got {} group(s), expected two or more", groups.size());
  Groups out;
  for (size_t i = 0; i < groups.size(); ++i) {
    out.push_back(checked(groups[i], str("{}: group {}", what, i + 1), missing, notes));
    GRIM_CHECK(out.back().size() >= least, argument, what, "group {} has {} value(s), expected {} or more", i + 1, out.back().size(),
               least);
  }
  return out;
}

// Between and within sums of squares in units of 2^(2 unit).
struct Partition {
  std::vector<Sample> groups;
  int unit;
  double between = 0, within = 0, df_between, df_within;
};
Partition partition(const Groups& groups) {
  std::vector<double> together;
  for (const auto& g : groups) together.insert(together.end(), g.begin(), g.end());
  const Sample all = sample_of(together);
  Partition p{.groups = {}, .unit = all.unit(), .df_between = static_cast<double>(groups.size()) - 1, .df_within = 0};
  for (const auto& g : groups) {
    const Sample& s = p.groups.emplace_back(sample_of(g));
    const double off = all.constant() ? 0 : s.centre_less(all, p.unit);
    p.between += s.n * off * off, p.within += s.squares_in(p.unit);
  }
  p.df_within = all.n - static_cast<double>(groups.size());
  return p;
}

// what: "anova"; values: what was divided. throws: argument, no spread within groups, so that `missing` does not exist
void check_error(const Partition& p, const char* what, const char* values, const char* missing) {
  GRIM_CHECK(p.df_within > 0, argument, what, "got one value a group: there is no {}, expected more values than groups", missing);
  GRIM_CHECK(p.within > 0, argument, what, "{} are equal within every group: there is no {}", values, missing);
}
void f_ratio(TestResult& r, const Partition& p, const char* what, const char* values) {
  check_error(p, what, values, "F statistic");
  r.df = {p.df_between, p.df_within};
  r.alternative = Alternative::greater;
  r.statistic = {"F", p.between / p.df_between / (p.within / p.df_within)};
  r.p_value = make_distribution("f", {{"df1", p.df_between}, {"df2", p.df_within}})->sf(r.statistic.value);
}

// Where every group is one number but for its last digits.
void note_last_digits(const Groups& groups, std::vector<std::string>& notes) {
  const auto constant = [](const auto& g) { return std::ranges::min(g) == std::ranges::max(g); };
  if (std::ranges::all_of(groups, constant)) return;
  if (std::ranges::all_of(groups, [&](const auto& g) { return constant(g) || differ_in_last_digits(g); })) notes.emplace_back(kLastDigits);
}

// Mean square of two samples about their own means, in units of 2^(2 unit).
double pooled_variance(const Sample& a, const Sample& b, int unit) { return (a.squares_in(unit) + b.squares_in(unit)) / (a.n + b.n - 2); }
int common_unit(const Sample& a, const Sample& b) { return a.constant() ? b.unit() : b.constant() ? a.unit() : std::max(a.unit(), b.unit()); }

}  // namespace

TestResult t_test(std::span<const double> given, double null, const TestOptions& o) {
  TestResult r{.method = "one-sample t test"};
  GRIM_CHECK(std::isfinite(null), argument, "t test", "got a mean of {} to test against, expected a finite number", null);
  const std::vector<double> x = checked(given, "x", o.missing, r.notes);
  GRIM_CHECK(x.size() >= 2, argument, "t test", "got {} value(s), expected two or more", x.size());
  const Sample s = sample_of(x);
  GRIM_CHECK(!s.constant(), argument, "t test", "all values are equal to {}: the t statistic does not exist", x[0]);
  if (differ_in_last_digits(x)) r.notes.emplace_back(kLastDigits);
  const double off = s.centre_less(null, s.unit()), sd = std::sqrt(s.squares / (s.n - 1));
  r.statistic.name = "t", r.df = {s.n - 1};
  finish(r, *t_of(s.n - 1), off, sd / std::sqrt(s.n), [&](double v) { return s.at(v); }, o, "mean");
  r.estimates = {{"mean", s.mean()}, {"sd", s.deviation_of()}};
  r.effect = Named{"Cohen's d", off / sd};
  if (s.n < 10) r.notes.push_back("few values: the test leans on the normal distribution of the data");
  r.meaning = meaning_of(r.p_value, str("the true mean is {}", null));
  note_beyond(r);
  return r;
}

TestResult paired_t_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  std::vector<std::string> notes;
  const std::vector<double> d = differences_of(checked_pairs(x, y, "paired t test", o.missing, notes), "paired t test", notes);
  if (!notes.empty() && notes.back() == kEqualDifferences) {
    const auto [low, high] = std::ranges::minmax(d);
    GRIM_CHECK(high - low > 0x1p-20 * std::abs(low), argument, "paired t test",
               "all differences are equal to {} but for rounding of the values: the t statistic does not exist", low);
  }
  TestResult r = t_test(d, 0, o);
  r.notes.insert(r.notes.begin(), notes.begin(), notes.end());
  r.method = "paired t test";
  r.estimates[0].name = "mean difference", r.estimates[1].name = "sd of differences", r.interval->of = "mean difference";
  r.meaning = meaning_of(r.p_value, "the mean difference is 0");
  return r;
}

TestResult two_sample_t_test(std::span<const double> given_x, std::span<const double> given_y, Spread spread, const TestOptions& o) {
  TestResult r{.method = spread == Spread::pooled ? "two-sample t test with pooled variance" : "Welch two-sample t test"};
  const std::vector<double> x = checked(given_x, "x", o.missing, r.notes), y = checked(given_y, "y", o.missing, r.notes);
  GRIM_CHECK(x.size() >= 2 && y.size() >= 2, argument, "t test", "got {} and {} values, expected two or more in each", x.size(), y.size());
  const Sample a = sample_of(x), b = sample_of(y);
  GRIM_CHECK(!a.constant() || !b.constant(), argument, "t test", "both samples are constant: the t statistic does not exist");
  note_last_digits({x, y}, r.notes);
  const int unit = common_unit(a, b);
  const double pooled = pooled_variance(a, b, unit), off = a.centre_less(b, unit);
  const double va = a.squares_in(unit) / (a.n - 1) / a.n, vb = b.squares_in(unit) / (b.n - 1) / b.n;
  double df = a.n + b.n - 2, error = std::sqrt(pooled * (1 / a.n + 1 / b.n));
  if (spread == Spread::separate) {  // Welch and Satterthwaite
    error = std::sqrt(va + vb);
    df = (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
  }
  r.statistic.name = "t", r.df = {df};
  finish(r, *t_of(df), off, error, [&](double v) { return std::ldexp(off + v, unit); }, o, "difference of means");
  r.estimates = {{"mean of x", a.mean()}, {"mean of y", b.mean()}};
  r.effect = Named{"Cohen's d", off / std::sqrt(pooled)};
  if (std::min(a.n, b.n) < 10) r.notes.push_back("few values: the test leans on the normal distribution of the data");
  r.meaning = meaning_of(r.p_value, "the two means are equal");
  note_beyond(r);
  return r;
}

TestResult z_test(std::span<const double> given, double sd, double null, const TestOptions& o) {
  GRIM_CHECK(sd > 0 && std::isfinite(sd), argument, "z test", "got a known deviation of {}, expected a finite one above 0", sd);
  GRIM_CHECK(std::isfinite(null), argument, "z test", "got a mean of {} to test against, expected a finite number", null);
  TestResult r{.method = "z test with known deviation"};
  const std::vector<double> x = checked(given, "x", o.missing, r.notes);
  GRIM_CHECK(!x.empty(), argument, "z test", "no values were given");
  const Sample s = sample_of(x);
  const int unit = exponent_of({&sd, 1});
  const double off = s.centre_less(null, unit), known = std::ldexp(sd, -unit);
  r.statistic.name = "z";
  finish(r, *make_distribution("normal", {}), off, known / std::sqrt(s.n), [&](double v) { return plus_in_unit(s.mean(), v, unit); }, o, "mean");
  r.estimates = {{"mean", s.mean()}};
  r.effect = Named{"Cohen's d", off / known};
  r.meaning = meaning_of(r.p_value, str("the true mean is {}", null));
  note_beyond(r);
  return r;
}

TestResult anova(const Groups& given, Missing missing) {
  TestResult r{.method = "one-way analysis of variance"};
  const Groups groups = checked_groups(given, "anova", 1, missing, r.notes);
  const Partition p = partition(groups);
  f_ratio(r, p, "anova", "the values");
  note_last_digits(groups, r.notes);
  for (size_t i = 0; i < groups.size(); ++i) r.estimates.push_back({str("mean of group {}", i + 1), p.groups[i].mean()});
  r.effect = Named{"eta squared", p.between / (p.between + p.within)};
  r.meaning = meaning_of(r.p_value, "all group means are equal");
  return r;
}

// The analysis of variance of |x - centre of its group|. The distance from the middle of two values a and b is |(x - a) + (x - b)| / 2,
// which is the same number for both of them: a rounded middle would make them differ.
TestResult levene_test(const Groups& given, Centre centre, Missing missing) {
  TestResult r{.method = str("Levene test of equal variances, from the {}", centre == Centre::median ? "median" : "mean")};
  Groups away = checked_groups(given, "levene", 2, missing, r.notes);
  note_last_digits(away, r.notes);
  int e = std::numeric_limits<int>::min();
  for (const auto& g : away) e = std::max(e, exponent_of(g));
  for (auto& g : away) {
    for (double& v : g) v = std::ldexp(v, -e);
    const Sample s = sample_of(g);
    std::vector<double> sorted(g);
    std::ranges::sort(sorted);
    const double a = sorted[(g.size() - 1) / 2], b = sorted[g.size() / 2];
    for (size_t i = 0; i < g.size(); ++i)
      g[i] = centre == Centre::median ? std::abs((g[i] - a) + (g[i] - b)) / 2 : std::abs(std::ldexp(s.deviation[i], s.unit()));
  }
  f_ratio(r, partition(away), "levene", "the distances from the centre");
  r.meaning = meaning_of(r.p_value, "all group variances are equal");
  return r;
}

// K = sum (n_g - 1) (r - 1 - ln r) / correction with r = variance of the group / pooled variance: the sum of (n_g - 1) (r - 1) is 0,
// and every term is positive.
TestResult bartlett_test(const Groups& given, Missing missing) {
  TestResult r{.method = "Bartlett test of equal variances"};
  const Groups groups = checked_groups(given, "bartlett", 2, missing, r.notes);
  const double k = static_cast<double>(groups.size());
  const Partition p = partition(groups);
  for (size_t i = 0; i < groups.size(); ++i)
    GRIM_CHECK(!p.groups[i].constant(), argument, "bartlett", "all values of group {} are equal to {}: the statistic does not exist", i + 1,
               groups[i][0]);
  int unit = p.groups[0].unit();
  for (const Sample& s : p.groups) unit = std::max(unit, s.unit());
  double within = 0, terms = 0, inverse = 0;
  for (const Sample& s : p.groups) within += s.squares_in(unit), inverse += 1 / (s.n - 1);
  for (const Sample& s : p.groups) {
    const double ratio = s.squares_in(unit) / (s.n - 1) / (within / p.df_within);
    terms += (s.n - 1) * (ratio > 0x1p-1000 ? deviance_term(1, ratio)  // ratio - 1 - ln ratio
                                            : -1 - std::log(s.squares / (s.n - 1) / (within / p.df_within)) - 2 * M_LN2 * (s.unit() - unit));
  }
  const double correction = 1 + (inverse - 1 / p.df_within) / (3 * (k - 1));
  r.statistic = {"K squared", terms / correction};
  r.df = {k - 1}, r.alternative = Alternative::greater;
  r.p_value = make_distribution("chi-square", {{"df", k - 1}})->sf(r.statistic.value);
  note_last_digits(groups, r.notes);
  r.notes.push_back("sensitive to data that are not normal: Levene's test is not");
  r.meaning = meaning_of(r.p_value, "all group variances are equal");
  return r;
}

Tukey tukey_hsd(const Groups& given, double level, Missing missing) {
  check_level(level);
  Tukey r;
  const Groups groups = checked_groups(given, "tukey", 1, missing, r.notes);
  const Partition p = partition(groups);
  check_error(p, "tukey", "the values", "error to compare the means with");
  note_last_digits(groups, r.notes);
  const int64_t k = static_cast<int64_t>(groups.size());
  const double critical = studentised_range_isf(1 - level, k, p.df_within);
  for (int i = 0; i < k; ++i)
    for (int j = i + 1; j < k; ++j) {
      const Sample &a = p.groups[static_cast<size_t>(i)], &b = p.groups[static_cast<size_t>(j)];
      const double error = std::sqrt(p.within / p.df_within / 2 * (1 / a.n + 1 / b.n)), d = b.centre_less(a, p.unit);
      r.pairs.push_back({i, j, std::ldexp(d, p.unit), std::ldexp(d - critical * error, p.unit), std::ldexp(d + critical * error, p.unit),
                       studentised_range_sf(std::abs(d) / error, k, p.df_within)});
    }
  if (std::ranges::any_of(r.pairs, [](const PairDifference& p) { return std::isinf(p.low) || std::isinf(p.high); })) r.notes.emplace_back(kBeyondRange);
  return r;
}

double cohen_d(std::span<const double> x, std::span<const double> y) {
  GRIM_CHECK(!x.empty() && !y.empty() && x.size() + y.size() > 2, argument, "cohen d", "got {} and {} values, expected three or more", x.size(),
             y.size());
  for (const auto& values : {x, y})
    for (double v : values) GRIM_CHECK(std::isfinite(v), numeric, "cohen d", "got {}, expected finite numbers", v);
  const Sample a = sample_of(x), b = sample_of(y);
  GRIM_CHECK(!a.constant() || !b.constant(), argument, "cohen d", "both samples are constant: the effect does not exist");
  const int unit = common_unit(a, b);
  return a.centre_less(b, unit) / std::sqrt(pooled_variance(a, b, unit));
}

// J = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), m = n_x + n_y - 2.
double hedges_g(std::span<const double> x, std::span<const double> y) {
  const double m = static_cast<double>(x.size() + y.size()) - 2;
  return cohen_d(x, y) * std::exp(log_gamma_step((m - 1) / 2, 0.5)) / std::sqrt(m / 2);
}

}  // namespace grim::stats
