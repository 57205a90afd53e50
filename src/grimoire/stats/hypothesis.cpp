#include "grimoire/stats/hypothesis.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim::stats {

const char* name_of(Alternative a) { return a == Alternative::less ? "less" : a == Alternative::greater ? "greater" : "two-sided"; }

Alternative alternative_of(std::string_view name) {
  for (const Alternative a : {Alternative::two_sided, Alternative::less, Alternative::greater})
    if (name == name_of(a)) return a;
  fail(ErrorKind::argument, "alternative", str("got '{}', expected two-sided, less or greater", name));
}

Json to_json(const TestResult& r) {
  Json j = Json::object({{"method", r.method}, {"statistic", r.statistic.value}, {"statistic_name", r.statistic.name},
                         {"df", r.df.size() == 1 ? Json(r.df[0]) : Json::array_of(r.df)}, {"p_value", value_or_null(r.p_value)},
                         {"alternative", name_of(r.alternative)}});
  Json estimates = Json::object();
  for (const Named& e : r.estimates) estimates.set(e.name, value_or_null(e.value));
  j.set("estimates", std::move(estimates));
  if (r.interval)
    j.set("interval",
          Json::object({{"of", r.interval->of}, {"level", r.interval->level}, {"low", r.interval->low}, {"high", r.interval->high}}));
  if (r.effect) j.set("effect", Json::object({{"name", r.effect->name}, {"value", value_or_null(r.effect->value)}}));
  j.set("notes", Json::array_of(r.notes));
  j.set("meaning", r.meaning);
  return j;
}

std::vector<double> checked(std::span<const double> x, std::string_view what, Missing missing, std::vector<std::string>& notes) {
  std::vector<double> kept;
  kept.reserve(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && missing == Missing::drop) continue;
    GRIM_CHECK(std::isfinite(x[i]), numeric, what, "value {} is {}, expected a finite number", i + 1, x[i]);
    kept.push_back(x[i]);
  }
  if (kept.size() < x.size())
    notes.push_back(str("{} of {} values of {} were missing and left out", x.size() - kept.size(), x.size(), what));
  return kept;
}

Pairs checked_pairs(std::span<const double> x, std::span<const double> y, std::string_view what, Missing missing,
                    std::vector<std::string>& notes) {
  GRIM_CHECK(x.size() == y.size(), argument, what, "got {} and {} values, expected pairs", x.size(), y.size());
  Pairs p;
  for (size_t i = 0; i < x.size(); ++i) {
    if (missing == Missing::drop && (std::isnan(x[i]) || std::isnan(y[i]))) continue;
    GRIM_CHECK(std::isfinite(x[i]) && std::isfinite(y[i]), numeric, what, "pair {} is ({}, {}), expected finite numbers", i + 1, x[i],
               y[i]);
    p.x.push_back(x[i]), p.y.push_back(y[i]);
  }
  if (p.x.size() < x.size())
    notes.push_back(str("{} of {} pairs had a missing value and were left out", x.size() - p.x.size(), x.size()));
  return p;
}

std::vector<double> differences_of(const Pairs& pairs, std::string_view what, std::vector<std::string>& notes) {
  std::vector<double> d;
  double size = 0;
  for (size_t i = 0; i < pairs.x.size(); ++i) {
    d.push_back(pairs.x[i] - pairs.y[i]);
    GRIM_CHECK(std::isfinite(d[i]), numeric, what, "the difference {} - {} is beyond the range of a double", pairs.x[i], pairs.y[i]);
    size = std::max({size, std::abs(pairs.x[i]), std::abs(pairs.y[i])});
  }
  if (d.empty()) return d;
  const auto [low, high] = std::ranges::minmax(d);
  if (low < high && high - low <= 0x1p-51 * size)
    notes.emplace_back(kEqualDifferences);
  return d;
}

bool differ_in_last_digits(std::span<const double> x) {
  const auto [low, high] = std::ranges::minmax(x);
  return low < high && high - low <= 0x1p-51 * std::max(std::abs(low), std::abs(high));
}

void check_level(double level) {
  GRIM_CHECK(level > 0 && level < 1, argument, "level", "got {}, expected a confidence level between 0 and 1, such as 0.95", level);
}

double symmetric_p(const Distribution& d, double statistic, Alternative alternative) {
  if (std::isnan(statistic)) return statistic;
  if (alternative == Alternative::less) return d.cdf(statistic);
  return alternative == Alternative::greater ? d.sf(statistic) : 2 * d.sf(std::abs(statistic));
}

std::string meaning_of(double p, std::string_view null) {
  return str("If {}, a result at least this far from it would come with probability {}; p is not the probability that {}.", null,
             p == 0 ? "below 5e-324" : str("{:.3g}", p), null);
}

void mark_impossible(TestResult& r, std::string_view null) {
  r.p_value = 0, r.impossible = true;
  r.meaning = str("If {}, there is no such result at all: p is 0.", null);
}

Ranks ranks_of(std::span<const double> x) {
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
  Ranks r;
  r.rank.resize(x.size());
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && x[order[j]] == x[order[i]]) ++j;
    const double t = static_cast<double>(j - i);
    for (size_t k = i; k < j; ++k) r.rank[order[k]] = 0.5 * static_cast<double>(i + 1 + j);
    r.tie_sum += t * t * t - t;
    i = j;
  }
  return r;
}

}  // namespace grim::stats
