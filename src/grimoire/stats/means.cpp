#include "grimoire/stats/means.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Sample {
  double n, mean, variance;  // divides by n - 1
};
Sample sample_of(std::span<const double> x) {
  const double m = mean(x);
  double squares = 0, rest = 0;
  for (double v : x) squares += (v - m) * (v - m), rest += v - m;
  const double n = static_cast<double>(x.size());
  return {n, m, n > 1 ? (squares - rest * rest / n) / (n - 1) : std::nan("")};
}

// The rest of a t or z test once the estimate and its error are known.
void finish(TestResult& r, const Distribution& d, double estimate, double null, double error, const TestOptions& o, const char* of) {
  check_level(o.level);
  r.alternative = o.alternative;
  r.statistic.value = (estimate - null) / error;
  r.p_value = symmetric_p(d, r.statistic.value, o.alternative);
  const bool two = o.alternative == Alternative::two_sided;
  const double reach = d.isf((1 - o.level) / (two ? 2 : 1)) * error;
  r.interval = Interval{of, o.alternative == Alternative::less ? -kInf : estimate - reach,
                        o.alternative == Alternative::greater ? kInf : estimate + reach, o.level};
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

// Between and within sums of squares.
struct Partition {
  double between = 0, within = 0, df_between, df_within;
};
Partition partition(const Groups& groups) {
  Partition p;
  double n = 0, sum = 0;
  for (const auto& g : groups) n += static_cast<double>(g.size()), sum += mean(g) * static_cast<double>(g.size());
  for (const auto& g : groups) {
    const Sample s = sample_of(g);
    p.between += s.n * (s.mean - sum / n) * (s.mean - sum / n);
    if (s.n > 1) p.within += s.variance * (s.n - 1);
  }
  p.df_between = static_cast<double>(groups.size()) - 1, p.df_within = n - static_cast<double>(groups.size());
  return p;
}

void f_ratio(TestResult& r, const Partition& p) {
  r.df = {p.df_between, p.df_within};
  r.alternative = Alternative::greater;
  r.statistic = {"F", p.between / p.df_between / (p.within / p.df_within)};
  r.p_value = std::isnan(r.statistic.value) ? r.statistic.value
                                            : make_distribution("f", {{"df1", p.df_between}, {"df2", p.df_within}})->sf(r.statistic.value);
}

}  // namespace

TestResult t_test(std::span<const double> given, double null, const TestOptions& o) {
  TestResult r{.method = "one-sample t test"};
  const std::vector<double> x = checked(given, "x", o.missing, r.notes);
  GRIM_CHECK(x.size() >= 2, argument, "t test", "got {} value(s), expected two or more", x.size());
  const Sample s = sample_of(x);
  GRIM_CHECK(s.variance > 0, argument, "t test", "all values are equal to {}: the t statistic does not exist", x[0]);
  r.statistic.name = "t", r.df = {s.n - 1};
  finish(r, *t_of(s.n - 1), s.mean, null, std::sqrt(s.variance / s.n), o, "mean");
  r.estimates = {{"mean", s.mean}, {"sd", std::sqrt(s.variance)}};
  r.effect = Named{"Cohen's d", (s.mean - null) / std::sqrt(s.variance)};
  if (s.n < 10) r.notes.push_back("few values: the test leans on the normal distribution of the data");
  r.meaning = meaning_of(r.p_value, str("the true mean is {}", null));
  return r;
}

TestResult paired_t_test(std::span<const double> x, std::span<const double> y, const TestOptions& o) {
  GRIM_CHECK(x.size() == y.size(), argument, "paired t test", "got {} and {} values, expected pairs", x.size(), y.size());
  std::vector<double> d(x.size());
  for (size_t i = 0; i < x.size(); ++i) d[i] = x[i] - y[i];
  TestResult r = t_test(d, 0, o);
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
  GRIM_CHECK(a.variance + b.variance > 0, argument, "t test", "both samples are constant: the t statistic does not exist");
  const double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2);
  const double va = a.variance / a.n, vb = b.variance / b.n;
  double df = a.n + b.n - 2, error = std::sqrt(pooled * (1 / a.n + 1 / b.n));
  if (spread == Spread::separate) {  // Welch and Satterthwaite
    error = std::sqrt(va + vb);
    df = (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
  }
  r.statistic.name = "t", r.df = {df};
  finish(r, *t_of(df), a.mean - b.mean, 0, error, o, "difference of means");
  r.estimates = {{"mean of x", a.mean}, {"mean of y", b.mean}};
  r.effect = Named{"Cohen's d", (a.mean - b.mean) / std::sqrt(pooled)};
  if (std::min(a.n, b.n) < 10) r.notes.push_back("few values: the test leans on the normal distribution of the data");
  r.meaning = meaning_of(r.p_value, "the two means are equal");
  return r;
}

TestResult z_test(std::span<const double> given, double sd, double null, const TestOptions& o) {
  GRIM_CHECK(sd > 0, argument, "z test", "got a known deviation of {}, expected above 0", sd);
  TestResult r{.method = "z test with known deviation"};
  const std::vector<double> x = checked(given, "x", o.missing, r.notes);
  GRIM_CHECK(!x.empty(), argument, "z test", "no values were given");
  const double m = mean(x);
  r.statistic.name = "z";
  finish(r, *make_distribution("normal", {}), m, null, sd / std::sqrt(static_cast<double>(x.size())), o, "mean");
  r.estimates = {{"mean", m}};
  r.effect = Named{"Cohen's d", (m - null) / sd};
  r.meaning = meaning_of(r.p_value, str("the true mean is {}", null));
  return r;
}

TestResult anova(const Groups& given, Missing missing) {
  TestResult r{.method = "one-way analysis of variance"};
  const Groups groups = checked_groups(given, "anova", 1, missing, r.notes);
  const Partition p = partition(groups);
  GRIM_CHECK(p.df_within > 0, argument, "anova", "got one value a group, expected more values than groups");
  f_ratio(r, p);
  for (size_t i = 0; i < groups.size(); ++i) r.estimates.push_back({str("mean of group {}", i + 1), mean(groups[i])});
  r.effect = Named{"eta squared", p.between / (p.between + p.within)};
  r.meaning = meaning_of(r.p_value, "all group means are equal");
  return r;
}

// The analysis of variance of |x - centre of its group|.
TestResult levene_test(const Groups& given, Centre centre, Missing missing) {
  TestResult r{.method = str("Levene test of equal variances, from the {}", centre == Centre::median ? "median" : "mean")};
  Groups away = checked_groups(given, "levene", 2, missing, r.notes);
  for (auto& g : away) {
    const double c = centre == Centre::median ? quantile(g, 0.5) : mean(g);
    for (double& v : g) v = std::abs(v - c);
  }
  f_ratio(r, partition(away));
  r.meaning = meaning_of(r.p_value, "all group variances are equal");
  return r;
}

TestResult bartlett_test(const Groups& given, Missing missing) {
  TestResult r{.method = "Bartlett test of equal variances"};
  const Groups groups = checked_groups(given, "bartlett", 2, missing, r.notes);
  const double k = static_cast<double>(groups.size());
  const Partition p = partition(groups);
  double logs = 0, inverse = 0;
  for (const auto& g : groups) {
    const Sample s = sample_of(g);
    logs += (s.n - 1) * std::log(s.variance), inverse += 1 / (s.n - 1);
  }
  const double correction = 1 + (inverse - 1 / p.df_within) / (3 * (k - 1));
  r.statistic = {"K squared", (p.df_within * std::log(p.within / p.df_within) - logs) / correction};
  r.df = {k - 1}, r.alternative = Alternative::greater;
  r.p_value = make_distribution("chi-square", {{"df", k - 1}})->sf(r.statistic.value);
  r.notes.push_back("sensitive to data that are not normal: Levene's test is not");
  r.meaning = meaning_of(r.p_value, "all group variances are equal");
  return r;
}

std::vector<PairDifference> tukey_hsd(const Groups& given, double level, Missing missing) {
  check_level(level);
  std::vector<std::string> notes;
  const Groups groups = checked_groups(given, "tukey", 1, missing, notes);
  const Partition p = partition(groups);
  GRIM_CHECK(p.df_within > 0 && p.within > 0, argument, "tukey", "the groups have no variance within");
  const int64_t k = static_cast<int64_t>(groups.size());
  const double critical = studentised_range_isf(1 - level, k, p.df_within);
  std::vector<PairDifference> pairs;
  for (int i = 0; i < k; ++i)
    for (int j = i + 1; j < k; ++j) {
      const Sample a = sample_of(groups[static_cast<size_t>(i)]), b = sample_of(groups[static_cast<size_t>(j)]);
      const double error = std::sqrt(p.within / p.df_within / 2 * (1 / a.n + 1 / b.n)), d = b.mean - a.mean;
      pairs.push_back({i, j, d, d - critical * error, d + critical * error, studentised_range_sf(std::abs(d) / error, k, p.df_within)});
    }
  return pairs;
}

double cohen_d(std::span<const double> x, std::span<const double> y) {
  const Sample a = sample_of(x), b = sample_of(y);
  return (a.mean - b.mean) / std::sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2));
}

// J = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), m = n_x + n_y - 2.
double hedges_g(std::span<const double> x, std::span<const double> y) {
  const double m = static_cast<double>(x.size() + y.size()) - 2;
  return cohen_d(x, y) * std::exp(log_gamma(m / 2) - log_gamma((m - 1) / 2)) / std::sqrt(m / 2);
}

}  // namespace grim::stats
