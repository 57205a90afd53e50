#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/minimize.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Values = std::vector<double>;

struct Sums {
  double n, mean, variance, low, high, mean_log, log_variance;  // variances divide by n
};

Sums sums_of(std::span<const double> x) {
  Sums s{static_cast<double>(x.size()), 0, 0, kInf, -kInf, 0, 0};
  for (double v : x) s.mean += v, s.mean_log += v > 0 ? std::log(v) : -kInf, s.low = std::min(s.low, v), s.high = std::max(s.high, v);
  s.mean /= s.n, s.mean_log /= s.n;
  for (double v : x) s.variance += (v - s.mean) * (v - s.mean), s.log_variance += v > 0 ? std::pow(std::log(v) - s.mean_log, 2) : 0;
  s.variance /= s.n, s.log_variance /= s.n;
  return s;
}

// ln a - digamma(a) = ln(mean) - mean(ln x) =: s. Minka's generalised Newton step on 1/a converges in a few rounds.
double gamma_shape(double s) {
  double a = (3 - s + std::sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
  for (int i = 0; i < 50; ++i) {
    const double next = 1 / (1 / a + (std::log(a) - digamma(a) - s) / (a * a * (1 / a - trigamma(a))));
    if (std::abs(next - a) < 1e-15 * a) return next;
    a = next;
  }
  return a;
}

// 1/k = sum x^k ln x / sum x^k - mean(ln x), in powers of x / max so that nothing overflows. Newton on a concave profile.
Values weibull(std::span<const double> x, const Sums& s) {
  double k = 1.28 / std::sqrt(std::max(s.log_variance, 1e-12)), moment = 0;
  for (int i = 0; i < 100; ++i) {
    double a = 0, b = 0, c = 0;
    for (double v : x) {
      const double l = std::log(v / s.high), w = std::exp(k * l);
      a += w, b += w * l, c += w * l * l;
    }
    moment = a / s.n;
    const double f = 1 / k - b / a + s.mean_log - std::log(s.high), slope = -1 / (k * k) - (c / a - b / a * (b / a));
    const double next = std::max(k / 2, k - f / slope);
    const bool done = std::abs(next - k) < 1e-15 * k;
    k = next;
    if (done) break;
  }
  return {k, s.high * std::pow(moment, 1 / k)};
}

// digamma(a) - digamma(a + b) = mean(ln x), the same for b with ln(1 - x): Newton with the 2 x 2 Hessian of trigammas.
Values beta(std::span<const double> x, const Sums& s) {
  double mean_log1m = 0;
  for (double v : x) mean_log1m += std::log1p(-v) / s.n;
  const double common = std::max(0.1, s.mean * (1 - s.mean) / std::max(s.variance, 1e-300) - 1);
  double a = s.mean * common, b = (1 - s.mean) * common;
  for (int i = 0; i < 200; ++i) {
    const double both = digamma(a + b), ga = digamma(a) - both - s.mean_log, gb = digamma(b) - both - mean_log1m;
    const double t = trigamma(a + b), haa = trigamma(a) - t, hbb = trigamma(b) - t, det = haa * hbb - t * t;
    const double da = (hbb * ga + t * gb) / det, db = (t * ga + haa * gb) / det;
    const double next_a = std::max(a / 3, a - da), next_b = std::max(b / 3, b - db);
    const bool done = std::abs(next_a - a) < 1e-14 * a && std::abs(next_b - b) < 1e-14 * b;
    a = next_a, b = next_b;
    if (done) break;
  }
  return {a, b};
}

// The maximum where it is known in closed form or by Newton; nothing for the families that are searched.
std::optional<Values> direct(const std::string& name, std::span<const double> x, const Sums& s, const Parameters& fixed) {
  if (name == "binomial") return fixed.size() == 1 ? std::optional<Values>({fixed[0].second, s.mean / fixed[0].second}) : std::nullopt;
  if (!fixed.empty()) return std::nullopt;
  if (name == "normal") return Values{s.mean, std::sqrt(s.variance)};
  if (name == "lognormal") return Values{s.mean_log, std::sqrt(s.log_variance)};
  if (name == "exponential") return Values{1 / s.mean};
  if (name == "uniform") return Values{s.low, s.high};
  if (name == "bernoulli" || name == "poisson") return Values{s.mean};
  if (name == "geometric") return Values{1 / (1 + s.mean)};
  if (name == "weibull") return weibull(x, s);
  if (name == "beta") return beta(x, s);
  if (name == "gamma") {
    const double a = gamma_shape(std::log(s.mean) - s.mean_log);
    return Values{a, s.mean / a};
  }
  return std::nullopt;
}

Values start_of(const std::string& name, const Sums& s) {
  const double sd = std::sqrt(s.variance);
  if (name == "t") return {5, s.mean, std::max(0.7 * sd, 1e-6)};
  if (name == "chi-square") return {std::max(s.mean, 0.1)};
  if (name == "f") return {5, s.mean > 1.05 ? std::clamp(2 * s.mean / (s.mean - 1), 2.5, 100.0) : 20};
  if (name == "negative-binomial") {
    const double r = s.variance > s.mean ? s.mean * s.mean / (s.variance - s.mean) : 100;
    return {r, r / (r + s.mean)};
  }
  if (name == "normal") return {s.mean, sd};
  if (name == "lognormal") return {s.mean_log, std::sqrt(s.log_variance)};
  if (name == "gamma") return {s.mean * s.mean / s.variance, s.variance / s.mean};
  if (name == "weibull") return {1.2, s.mean};
  if (name == "beta") return {1.5, 1.5};
  return {};
}

void check_inside(const Distribution& d, std::span<const double> x) {
  const auto [low, high] = d.support();
  for (size_t i = 0; i < x.size(); ++i)
    GRIM_CHECK(x[i] >= low && x[i] <= high && (!d.discrete() || x[i] == std::floor(x[i])), input, "fit",
               "value {} is {}, which the {} distribution cannot give: expected {} from {} to {}", i + 1, x[i], d.name(),
               d.discrete() ? "whole numbers" : "numbers", low, high);
}

}  // namespace

Fit fit(std::string_view given_name, std::span<const double> data, const Parameters& fixed) {
  const DistributionInfo& info = distribution_info(given_name);
  const std::string& name = info.name;
  GRIM_CHECK(name != "hypergeometric", argument, "fit", "the hypergeometric distribution has no maximum likelihood fit here");
  GRIM_CHECK(!data.empty(), input, "fit", "no data were given");
  for (size_t i = 0; i < data.size(); ++i) GRIM_CHECK(std::isfinite(data[i]), numeric, "fit", "value {} is {}", i + 1, data[i]);
  const size_t count = info.parameters.size();
  std::vector<bool> known(count, false);
  Values at(count, 0);
  for (const auto& [key, value] : fixed) {
    size_t i = 0;
    while (i < count && info.parameters[i].name != key) ++i;
    GRIM_CHECK(i < count, argument, "fit", "the {} distribution has no parameter '{}'", name, key);
    known[i] = true, at[i] = value;
  }
  GRIM_CHECK(name != "binomial" || known[0], argument, "fit", "binomial: parameter n has to be given, only p can be fitted");
  const Sums s = sums_of(data);
  const bool positive = name == "lognormal" || name == "gamma" || name == "weibull" || name == "f" || name == "chi-square";
  GRIM_CHECK(!positive || s.low > 0, input, "fit", "the {} distribution needs values above 0, got {}", name, s.low);
  GRIM_CHECK(name != "beta" || (s.low > 0 && s.high < 1), input, "fit", "the beta distribution needs values between 0 and 1, got {}",
             s.low > 0 ? s.high : s.low);
  const bool spread = name != "bernoulli" && name != "poisson" && name != "geometric" && name != "exponential" && name != "binomial" &&
                      name != "chi-square";
  GRIM_CHECK(!spread || s.high > s.low, input, "fit", "all {} values are equal to {}: the {} likelihood has no maximum", data.size(), s.low,
             name);
  GRIM_CHECK(name != "negative-binomial" || s.variance > s.mean, input, "fit",
             "the variance {} is not above the mean {}: the likelihood only grows towards a Poisson distribution", s.variance, s.mean);

  const auto distribution_at = [&](const Values& v) {
    Parameters p;
    for (size_t i = 0; i < count; ++i) p.emplace_back(info.parameters[i].name, v[i]);
    return make_distribution(name, p);
  };
  const auto likelihood = [&](const Values& v) {
    try {
      const double l = distribution_at(v)->log_likelihood(data);
      return std::isnan(l) ? -kInf : l;
    } catch (const Error&) {
      return -kInf;  // out of its range
    }
  };
  if (const auto best = direct(name, data, s, fixed)) {
    at = *best;
  } else {
    const Values start = start_of(name, s);
    GRIM_CHECK(!start.empty(), argument, "fit", "parameters of the {} distribution cannot be fixed", name);
    // Positive parameters are searched on a logarithmic scale, shares on a logistic one.
    const auto to_line = [&](size_t i, double v) {
      const std::string& range = info.parameters[i].range;
      return range == "above 0" ? std::log(v) : range == "any number" ? v : std::log(v / (1 - v));
    };
    const auto from_line = [&](size_t i, double u) {
      const std::string& range = info.parameters[i].range;
      return range == "above 0" ? std::exp(u) : range == "any number" ? u : 1 / (1 + std::exp(-u));
    };
    Values free;
    for (size_t i = 0; i < count; ++i)
      if (!known[i]) free.push_back(to_line(i, start[i]));
    const auto unpack = [&](const Values& u) {
      Values v = at;
      for (size_t i = 0, j = 0; i < count; ++i)
        if (!known[i]) v[i] = from_line(i, u[j++]);
      return v;
    };
    if (!free.empty()) at = unpack(nelder_mead([&](const Values& u) { return -likelihood(unpack(u)); }, free));
  }
  Fit result;
  result.distribution = distribution_at(at);
  check_inside(*result.distribution, data);
  result.log_likelihood = result.distribution->log_likelihood(data);
  result.n = static_cast<int64_t>(data.size());
  result.standard_errors.assign(count, kNan);
  if (name == "uniform") return result;
  std::vector<size_t> free;
  for (size_t i = 0; i < count; ++i)
    if (!known[i]) free.push_back(i);
  const std::vector<double> errors = standard_errors([&](const Values& v) {
    Values whole = at;
    for (size_t j = 0; j < free.size(); ++j) whole[free[j]] = v[j];
    return likelihood(whole);
  }, [&] {
    Values v;
    for (size_t i : free) v.push_back(at[i]);
    return v;
  }());
  for (size_t j = 0; j < free.size(); ++j) result.standard_errors[free[j]] = errors[j];
  return result;
}

}  // namespace grim::stats
