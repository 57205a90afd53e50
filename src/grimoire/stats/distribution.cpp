#include "grimoire/stats/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/stats/families.h"

namespace grim::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Family {
  DistributionInfo info;
  std::vector<std::string> aliases;
  std::unique_ptr<Distribution> (*make)(const Parameters&);
};

const std::vector<Family>& families() {
  static const std::string positive = "above 0", any = "any number", share = "from 0 to 1", count = "a whole number from 0 to 9e15";
  static const std::vector<Family> all = {
      {{"normal", "sums of many small effects", {{"mean", any, 0}, {"sd", positive, 1}}}, {"gaussian", "norm"}, make_normal},
      {{"t", "a mean over its estimated error", {{"df", positive, kNan}, {"location", any, 0}, {"scale", positive, 1}}},
       {"student"},
       make_t},
      {{"chi-square", "a sum of squared normals", {{"df", positive, kNan}}}, {"chi2", "chisquare", "chisq"}, make_chi_square},
      {{"f", "a ratio of two variances", {{"df1", positive, kNan}, {"df2", positive, kNan}}}, {"fisher"}, make_f},
      {{"beta", "an unknown share", {{"a", positive, kNan}, {"b", positive, kNan}}}, {}, make_beta},
      {{"gamma", "the wait for several events", {{"shape", positive, kNan}, {"scale", positive, 1}}}, {}, make_gamma},
      {{"exponential", "the wait for one event", {{"rate", positive, 1}}}, {"exp", "expon"}, make_exponential},
      {{"lognormal", "products of many small effects", {{"mu", any, 0}, {"sigma", positive, 1}}}, {"lognorm"}, make_lognormal},
      {{"weibull", "time to failure", {{"shape", positive, kNan}, {"scale", positive, 1}}}, {}, make_weibull},
      {{"uniform", "nothing known but the ends", {{"low", any, 0}, {"high", "above low", 1}}}, {}, make_uniform},
      {{"bernoulli", "one yes or no", {{"p", share, kNan}}}, {}, make_bernoulli},
      {{"binomial", "successes among n tries", {{"n", count, kNan}, {"p", share, kNan}}}, {"binom"}, make_binomial},
      {{"poisson", "events in a span of time", {{"mean", "from 0", kNan}}}, {}, make_poisson},
      {{"geometric", "failures before the first success", {{"p", "above 0, up to 1", kNan}}}, {"geom"}, make_geometric},
      {{"negative-binomial", "failures before r successes", {{"r", positive, kNan}, {"p", "above 0, up to 1", kNan}}},
       {"nbinom"},
       make_negative_binomial},
      {{"hypergeometric",
        "marked ones among n drawn from a population without putting back",
        {{"population", count, kNan}, {"marked", "a whole number up to population", kNan}, {"n", "a whole number up to population", kNan}}},
       {"hypergeom"},
       make_hypergeometric},
  };
  return all;
}

// Is the value what the range's words say?
bool in_range(const std::string& range, double v) {
  if (!std::isfinite(v)) return false;
  if (range == "above 0") return v > 0;
  if (range == "from 0") return v >= 0;
  if (range == "from 0 to 1") return v >= 0 && v <= 1;
  if (range == "above 0, up to 1") return v > 0 && v <= 1;
  if (range.starts_with("a whole number")) return v >= 0 && v == std::floor(v) && v <= 9e15;
  return true;
}

const Family& family(std::string_view name) {
  std::string wanted(name);
  for (char& c : wanted) c = c == '_' || c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::vector<std::string> known;
  for (const Family& f : families()) {
    if (f.info.name == wanted || std::ranges::find(f.aliases, wanted) != f.aliases.end()) return f;
    known.push_back(f.info.name);
  }
  fail(ErrorKind::argument, "distribution", str("there is no distribution '{}'", name), did_you_mean(wanted, known, "one of " + joined(known)));
}

}  // namespace

const std::vector<DistributionInfo>& all_distributions() {
  static const std::vector<DistributionInfo> infos = [] {
    std::vector<DistributionInfo> v;
    for (const Family& f : families()) v.push_back(f.info);
    return v;
  }();
  return infos;
}

const DistributionInfo& distribution_info(std::string_view name) { return family(name).info; }

std::unique_ptr<Distribution> make_distribution(std::string_view name, const Parameters& given) {
  const Family& f = family(name);
  std::vector<std::string> known;
  for (const ParameterInfo& p : f.info.parameters) known.push_back(p.name);
  const std::string all = joined(known);
  for (const auto& [key, value] : given)
    if (std::ranges::find(known, key) == known.end())
      fail(ErrorKind::argument, f.info.name, str("there is no parameter '{}'", key), "its parameters are " + all);
  Parameters complete;
  for (const ParameterInfo& p : f.info.parameters) {
    double value = p.fallback;
    for (const auto& [key, v] : given)
      if (key == p.name) value = v;
    const bool missing = std::isnan(value) && std::ranges::none_of(given, [&](const auto& g) { return g.first == p.name; });
    if (missing)
      fail(ErrorKind::argument, f.info.name, str("parameter {} is missing: expected {}", p.name, p.range), "its parameters are " + all);
    GRIM_CHECK(in_range(p.range, value), argument, f.info.name, "parameter {}: got {}, expected {}", p.name, value,
               std::isfinite(value) ? p.range : "a finite number");
    complete.emplace_back(p.name, value);
  }
  if (f.info.name == "uniform")
    GRIM_CHECK(complete[0].second < complete[1].second, argument, "uniform", "parameter high: got {}, expected above low = {}",
               complete[1].second, complete[0].second);
  if (f.info.name == "hypergeometric")
    for (int i : {1, 2})
      GRIM_CHECK(complete[i].second <= complete[0].second, argument, "hypergeometric",
                 "parameter {}: got {}, expected at most population = {}", complete[i].first, complete[i].second, complete[0].second);
  return f.make(complete);
}

double Distribution::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  fail(ErrorKind::argument, name_, str("there is no parameter '{}'", name));
}

double Distribution::pdf(double x) const { return std::exp(log_pdf(x)); }
double Distribution::log_cdf(double x) const { return std::log(cdf(x)); }
double Distribution::log_sf(double x) const { return std::log(sf(x)); }

// Newton's method on the logarithm of the tail takes an inverse of ten digits to all of them; far off it does not overshoot.
template <class Tail> double Distribution::polish(double x, double wanted, double sign, Tail tail) const {
  for (int i = 0; i < 2 && !discrete(); ++i) {
    const double here = tail(x), step = sign * std::log(here / wanted) * (here / pdf(x));
    if (!(std::abs(step) < 1e-6 * std::abs(x))) break;
    x -= step;
  }
  return x;
}

// An inverse is taken when its tail is the one asked for, to nine digits of it or thirteen of x. What inverses return at extreme parameters is
// sometimes nothing of the kind: the doubles of the support are then searched, in their order.
double Distribution::repaired(double x, double tail, bool lower) const {
  const auto [low, high] = support();
  const double wanted = std::log(tail);
  const auto above = [&](double at) { return (lower ? log_cdf(at) - wanted : wanted - log_sf(at)) >= 0; };
  if (std::isinf(x) && (x > 0 ? !above(1e300) : above(-1e300))) return x;  // beyond the range of a double
  if (std::isfinite(x) && x >= low && x <= high) {
    const double off = std::abs((lower ? log_cdf(x) : log_sf(x)) - wanted), step = 1e-13 * std::abs(x);
    if (off <= 1e-9 * std::max(1.0, std::abs(wanted)) || (above(x + step) && !above(x - step))) return x;
  }
  const auto place = [](double v) {  // doubles as integers in their order
    const int64_t bits = std::bit_cast<int64_t>(v);
    return bits >= 0 ? bits : std::numeric_limits<int64_t>::min() - bits;
  };
  const auto value = [](int64_t n) { return std::bit_cast<double>(n >= 0 ? n : std::numeric_limits<int64_t>::min() - n); };
  constexpr double kMost = std::numeric_limits<double>::max();
  int64_t no = place(std::max(low, -kMost)), yes = place(std::min(high, kMost));
  while (yes - 1 > no) {
    const int64_t middle = no + static_cast<int64_t>((static_cast<uint64_t>(yes) - static_cast<uint64_t>(no)) / 2);
    (above(value(middle)) ? yes : no) = middle;
  }
  return value(yes);
}
double Distribution::quantile(double p) const {
  GRIM_CHECK(p >= 0 && p <= 1, argument, name_ + " quantile", "got p = {}, expected a probability from 0 to 1", p);
  if (p == 0 || p == 1) return p == 0 ? support().low : support().high;
  const double x = polish(solve_quantile(p), p, 1, [&](double at) { return cdf(at); });
  return discrete() ? x : repaired(x, p, true);
}
double Distribution::isf(double q) const {
  GRIM_CHECK(q >= 0 && q <= 1, argument, name_ + " isf", "got q = {}, expected a probability from 0 to 1", q);
  if (q == 0 || q == 1) return q == 0 ? support().high : support().low;
  const double x = polish(solve_isf(q), q, -1, [&](double at) { return sf(at); });
  return discrete() ? x : repaired(x, q, false);
}

double Distribution::draw(Rng& rng) const {  // by inversion, from the nearer end
  const double u = rng.uniform_double() + 0x1p-54;
  return u < 0.5 ? quantile(u) : isf(1 - u);
}

std::vector<double> Distribution::sample(Rng& rng, int64_t n) const {
  GRIM_CHECK(n >= 0, argument, "sample", "got n = {}, expected a count from 0", n);
  std::vector<double> x(static_cast<size_t>(n));
  for (double& v : x) v = draw(rng);
  return x;
}

double Distribution::log_likelihood(std::span<const double> data) const {
  double sum = 0, lost = 0;  // Neumaier's compensated sum
  for (size_t i = 0; i < data.size(); ++i) {
    GRIM_CHECK(!std::isnan(data[i]), numeric, "log_likelihood", "value {} is NaN", i + 1);
    const double term = log_pdf(data[i]), next = sum + term;
    if (std::isfinite(next)) lost += std::abs(sum) >= std::abs(term) ? (sum - next) + term : (term - next) + sum;
    sum = next;
  }
  return std::isfinite(sum) ? sum + lost : sum;
}

}  // namespace grim::stats
