#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/minimize.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"

namespace grim::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Values = std::vector<double>;

// What fits stand on. Logarithms are those of x / centre, made of deviations where x is next to the centre: far from 0 the digits of
// ln x are those that all values share.
struct Sums {
  double n, mean, sd, low, high;  // sd divides by n
  double cv;                      // sd / mean, also where the squares of both leave the range
  Values logs;                    // ln(x / mean); empty unless all values are above 0
  double mean_log = -kInf, sd_log = 0;  // of ln x
};

Sums sums_of(std::span<const double> x) {
  const Sample about = sample_of(x);
  Sums s{about.n, about.mean(), about.deviation_of(0), about.low, about.high, 0, {}};
  s.cv = std::ldexp(std::sqrt(about.squares / about.n) / about.centre.value(), about.spread);
  if (s.low <= 0) return s;
  for (double v : x) s.logs.push_back(log_ratio(v, s.mean));
  const Sample logs = sample_of(s.logs);
  s.sd_log = logs.deviation_of(0);
  if (s.high < 2 * s.low) {
    s.mean_log = std::log(s.mean) + logs.mean();
  } else {  // wide apart: their own logarithms, which may cancel
    Values own;
    for (double v : x) own.push_back(std::log(v));
    s.mean_log = stats::mean(own);
  }
  return s;
}

// ln(mean) - mean(ln x) as the mean of the positive terms r - 1 - ln r over r = x / mean = 1 + deviation / mean. sign and mean: -1 and
// 1 - mean for the same of 1 - x.
double log_gap(const Sample& s, double sign, double mean) {
  TwofoldSum sum;
  for (double d : s.deviation) {
    const double away = sign * std::ldexp(d, s.unit()) / mean;
    sum.add(deviance_term(1, 1 + away, -away));
  }
  return sum.value() / s.n;
}

// Newton on ln a - digamma(a) = gap, in ln a, from Minka's start.
double gamma_shape(double gap) {
  double a = (3 - gap + std::sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
  for (int i = 0; i < 100; ++i) {
    const double step = (log_less_digamma(a) - gap) / trigamma_excess(a), next = a * std::exp(std::clamp(step, -2.0, 2.0));
    if (std::abs(next - a) < 1e-15 * a) return next;
    a = next;
  }
  return a;
}

// digamma(a) = y, by Newton from the ends' approximations.
double digamma_inverse(double y) {
  double a = y > -2.2 ? std::exp(y) + 0.5 : -1 / (y - digamma(1));
  for (int i = 0; i < 100; ++i) {
    const double next = std::max(a / 4, a - (digamma(a) - y) / trigamma(a));
    if (std::abs(next - a) < 1e-15 * a) return next;
    a = next;
  }
  return a;
}

// 1/k = sum x^k ln x / sum x^k - mean(ln x), in powers of x / max so that nothing overflows. Newton on a concave profile.
Values weibull(const Sums& s) {
  const double top = *std::ranges::max_element(s.logs), middle = mean(s.logs) - top;
  double k = 1.28 / s.sd_log, moment = 0;
  for (int i = 0; i < 100; ++i) {
    TwofoldSum a, b, c;
    for (double v : s.logs) {
      const double l = v - top, w = std::exp(k * l);
      a.add(w), b.add(two_product(w, l)), c.add(two_product(w * l, l));
    }
    moment = a.value() / s.n;
    const double along = b.value() / a.value(), f = 1 / k - along + middle, slope = -1 / (k * k) - (c.value() / a.value() - along * along);
    const double next = std::max(k / 2, k - f / slope);
    const bool done = std::abs(next - k) < 1e-15 * k;
    k = next;
    if (done) break;
  }
  return {k, s.high * std::exp(std::log(moment) / k)};
}

// digamma(a) - digamma(a + b) = mean(ln x), and the same for b with 1 - x. With mu = a / n, n = a + b, m the mean of x, delta = mu - m
// and less(a) = ln a - digamma(a), every term of
//   ln(mu / m) - less(a) + less(n) + gap(x) = 0,   ln((1 - mu) / (1 - m)) - less(b) + less(n) + gap(1 - x) = 0
// is small when the data are narrow. Newton in delta and ln n.
Values beta(std::span<const double> x, const Sums& s) {
  const Sample about = sample_of(x);
  const double m = s.mean, rest = 1 - m, gap_x = log_gap(about, 1, m), gap_y = log_gap(about, -1, rest);
  double delta = 0, n = std::max(0.1, rest / m / (s.cv * s.cv) - 1);
  for (int i = 0; i < 200; ++i) {
    const double mu = m + delta, nu = rest - delta, a = n * mu, b = n * nu;
    const double f = std::log1p(delta / m) - log_less_digamma(a) + log_less_digamma(n) + gap_x,
                 g = std::log1p(-delta / rest) - log_less_digamma(b) + log_less_digamma(n) + gap_y;
    // slopes by delta and by ln n: -less(a) rises by (trigamma(a) - 1/a) da
    const double ea = trigamma_excess(a), eb = trigamma_excess(b), en = trigamma_excess(n);
    const double f_delta = (1 + ea) / mu, f_n = ea - en, g_delta = -(1 + eb) / nu, g_n = eb - en;
    const double det = f_delta * g_n - f_n * g_delta;
    const double by = std::clamp((f * g_n - f_n * g) / det, -0.5 * nu, 0.5 * mu), grow = std::clamp((f_delta * g - f * g_delta) / det, -1.0, 1.0);
    delta -= by, n *= std::exp(-grow);
    if (std::abs(by) < 1e-16 * std::min(mu, nu) && std::abs(grow) < 1e-15) break;
  }
  return {n * (m + delta), n * (rest - delta)};
}

// The maximum where it is known in closed form or by Newton, with its standard errors from the observed information; nothing for the
// families that are searched.
struct Maximum {
  Values at, errors;
};
std::optional<Maximum> direct(const std::string& name, std::span<const double> x, const Sums& s, const Parameters& fixed) {
  const double root = std::sqrt(s.n);
  if (name == "binomial" && fixed.size() == 1) {
    const double n = fixed[0].second, p = s.mean / n;
    return Maximum{{n, p}, {kNan, std::sqrt(p * (1 - p) / n) / root}};
  }
  if (!fixed.empty()) return std::nullopt;
  if (name == "normal") return Maximum{{s.mean, s.sd}, {s.sd / root, s.sd / (root * M_SQRT2)}};
  if (name == "lognormal") return Maximum{{s.mean_log, s.sd_log}, {s.sd_log / root, s.sd_log / (root * M_SQRT2)}};
  if (name == "exponential") return Maximum{{1 / s.mean}, {1 / s.mean / root}};
  if (name == "uniform") return Maximum{{s.low, s.high}, {kNan, kNan}};
  if (name == "bernoulli") return Maximum{{s.mean}, {std::sqrt(s.mean * (1 - s.mean)) / root}};
  if (name == "poisson") return Maximum{{s.mean}, {std::sqrt(s.mean) / root}};
  if (name == "geometric") {
    const double p = 1 / (1 + s.mean);
    return Maximum{{p}, {p * std::sqrt(s.mean * p) / root}};
  }
  if (name == "chi-square") {
    const double a = digamma_inverse(s.mean_log - M_LN2);
    return Maximum{{2 * a}, {2 / std::sqrt(trigamma(a)) / root}};
  }
  if (name == "weibull") {  // with u = (x / scale)^k and l = ln(x / scale): n / k^2 + sum u l^2, -k / scale sum u l, n k^2 / scale^2
    const Values at = weibull(s);
    const double k = at[0], c = log_ratio(at[1], s.mean);
    double ul = 0, ull = 0;
    for (double v : s.logs) {
      const double l = v - c, u = std::exp(k * l);
      ul += u * l, ull += u * l * l;
    }
    const double info = s.n / (k * k) + ull, schur = info - ul * ul / s.n;
    return Maximum{at, {1 / std::sqrt(schur), at[1] / k / root * std::sqrt(info / schur)}};
  }
  if (name == "beta") {  // n ((t_a - t_n, -t_n), (-t_n, t_b - t_n)) with trigammas t = (1 + e(x)) / x: the leading terms of the determinant cancel
    const Values at = beta(x, s);
    const double a = at[0], b = at[1], n = a + b, ea = trigamma_excess(a), eb = trigamma_excess(b), en = trigamma_excess(n);
    const double det = ea / n + eb * (b / n) / a + ea * eb / a - en * (b / n) * ((1 + ea) / a + (1 + eb) / b);  // times b
    return Maximum{at, {std::sqrt((a / n + eb - en * (b / n)) / det) / root, b * std::sqrt(((1 + ea) / a - (1 + en) / n) / (b * det)) / root}};
  }
  if (name == "gamma") {  // n ((trigamma a, 1 / scale), (1 / scale, a / scale^2)), determinant a trigamma(a) - 1
    const double a = gamma_shape(log_gap(sample_of(x), 1, s.mean)), scale = s.mean / a, det = trigamma_excess(a);
    return Maximum{{a, scale}, {std::sqrt(a / det) / root, scale * std::sqrt((1 + det) / a / det) / root}};
  }
  return std::nullopt;
}

Values start_of(const std::string& name, const Sums& s) {
  if (name == "t") return {5, s.mean, 0.7 * s.sd};
  if (name == "chi-square") return {std::max(s.mean, 0.1)};
  if (name == "f") return {5, s.mean > 1.05 ? std::clamp(2 * s.mean / (s.mean - 1), 2.5, 100.0) : 20};
  if (name == "negative-binomial") {
    const double variance = s.sd * s.sd, r = variance > s.mean ? s.mean * s.mean / (variance - s.mean) : 100;
    return {r, r / (r + s.mean)};
  }
  if (name == "normal") return {s.mean, s.sd};
  if (name == "lognormal") return {s.mean_log, s.sd_log};
  if (name == "gamma") return {1 / (s.cv * s.cv), s.mean * s.cv * s.cv};
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

// Where a search takes place: for families with a location about the mean, in units of a power of two next to the largest deviation.
struct Moved {
  Sample about;
  bool by_location;
  double to(const std::string& parameter, double v) const {
    if (!by_location) return v;
    if (parameter == "location" || parameter == "mean") return -about.centre_less(v, about.unit());
    return parameter == "scale" || parameter == "sd" ? std::ldexp(v, -about.unit()) : v;
  }
  double from(const std::string& parameter, double v) const {
    if (!by_location) return v;
    if (parameter == "location" || parameter == "mean") return about.mean() + std::ldexp(v, about.unit());
    return parameter == "scale" || parameter == "sd" ? std::ldexp(v, about.unit()) : v;
  }
  double error(const std::string& parameter, double v) const {
    return by_location && parameter != "df" ? std::ldexp(v, about.unit()) : v;
  }
};

std::unique_ptr<Distribution> distribution_at(const DistributionInfo& info, const Values& v) {
  Parameters p;
  for (size_t i = 0; i < v.size(); ++i) p.emplace_back(info.parameters[i].name, v[i]);
  return make_distribution(info.name, p);
}

// Nelder and Mead's search over the parameters that are not known, and errors from the curvature where it ends.
Maximum search(const DistributionInfo& info, std::span<const double> data, const Sums& s, const Parameters& fixed) {
  const size_t count = info.parameters.size();
  std::vector<bool> known(count, false);
  Values at(count, 0), errors_of(count, kNan);
  for (size_t i = 0; i < count; ++i)
    for (const auto& [key, value] : fixed)
      if (info.parameters[i].name == key) known[i] = true, at[i] = value;
  const Moved move{sample_of(data), info.name == "t" || info.name == "normal"};
  const Values searched = move.by_location ? move.about.deviation : Values(data.begin(), data.end());
  const Sums own = move.by_location ? sums_of(searched) : s;
  for (size_t i = 0; i < count; ++i)
    if (known[i]) at[i] = move.to(info.parameters[i].name, at[i]);
  const auto likelihood = [&](const Values& v) {
    try {
      const double l = distribution_at(info, v)->log_likelihood(searched);
      return std::isnan(l) ? -kInf : l;
    } catch (const Error&) {
      return -kInf;  // out of its range
    }
  };
  const Values start = start_of(info.name, own);
  GRIM_CHECK(!start.empty(), argument, "fit", "parameters of the {} distribution cannot be fixed", info.name);
  // Positive parameters are searched on a logarithmic scale, shares on a logistic one.
  const auto to_line = [&](size_t i, double v) {
    const std::string& range = info.parameters[i].range;
    return range == "above 0" ? std::log(v) : range == "any number" ? v : std::log(v / (1 - v));
  };
  const auto from_line = [&](size_t i, double u) {
    const std::string& range = info.parameters[i].range;
    return range == "above 0" ? std::exp(u) : range == "any number" ? u : sigmoid(u);
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
  std::vector<size_t> place;
  Values point;
  for (size_t i = 0; i < count; ++i)
    if (!known[i]) place.push_back(i), point.push_back(at[i]);
  const std::vector<double> errors = standard_errors([&](const Values& v) {
    Values whole = at;
    for (size_t j = 0; j < place.size(); ++j) whole[place[j]] = v[j];
    return likelihood(whole);
  }, point);
  for (size_t j = 0; j < place.size(); ++j) errors_of[place[j]] = move.error(info.parameters[place[j]].name, errors[j]);
  for (size_t i = 0; i < count; ++i) at[i] = move.from(info.parameters[i].name, at[i]);
  for (const auto& [key, value] : fixed)
    for (size_t i = 0; i < count; ++i)
      if (info.parameters[i].name == key) at[i] = value;  // to the bit
  return {at, errors_of};
}

// About a value that stands m times among n, t's likelihood goes as scale^((n - m) df - m): without bound for small df. A maximum with a larger
// df is one of its hills; without such a hill the search ends anywhere.
void note_unbounded(double df, std::span<const double> data, std::vector<std::string>& notes) {
  Values sorted(data.begin(), data.end());
  std::ranges::sort(sorted);
  size_t most = 0;
  for (size_t i = 0, from = 0; i < sorted.size(); ++i) {
    if (sorted[i] != sorted[from]) from = i;
    most = std::max(most, i - from + 1);
  }
  const double limit = static_cast<double>(most) / static_cast<double>(sorted.size() - most);
  if (df < 2 * limit)
    notes.push_back(str("the likelihood has no maximum: below df = {:.3g} it grows without end as the scale shrinks about one value, and the search "
                        "ended next to that; give df", limit));
}

Maximum maximum_of(const DistributionInfo& info, std::span<const double> data, const Sums& s, const Parameters& fixed) {
  const auto known = direct(info.name, data, s, fixed);
  return known ? *known : search(info, data, s, fixed);
}

}  // namespace

Fit fit(std::string_view given_name, std::span<const double> data, const Parameters& fixed) {
  const DistributionInfo& info = distribution_info(given_name);
  const std::string& name = info.name;
  GRIM_CHECK(name != "hypergeometric", argument, "fit", "the hypergeometric distribution has no maximum likelihood fit here");
  GRIM_CHECK(!data.empty(), input, "fit", "no data were given");
  for (size_t i = 0; i < data.size(); ++i) GRIM_CHECK(std::isfinite(data[i]), input, "fit", "value {} is {}, expected a finite number", i + 1, data[i]);
  const size_t count = info.parameters.size();
  for (const auto& [key, value] : fixed)
    GRIM_CHECK(std::ranges::any_of(info.parameters, [&wanted = key](const ParameterInfo& p) { return p.name == wanted; }), argument, "fit",
               "the {} distribution has no parameter '{}'", name, key);
  GRIM_CHECK(name != "binomial" || std::ranges::any_of(fixed, [](const auto& f) { return f.first == "n"; }), argument, "fit",
             "binomial: parameter n has to be given, only p can be fitted");
  const Sums s = sums_of(data);
  const bool positive = name == "lognormal" || name == "gamma" || name == "weibull" || name == "f" || name == "chi-square";
  GRIM_CHECK(!positive || s.low > 0, input, "fit", "the {} distribution needs values above 0, got {}", name, s.low);
  GRIM_CHECK(name != "beta" || (s.low > 0 && s.high < 1), input, "fit", "the beta distribution needs values between 0 and 1, got {}",
             s.low > 0 ? s.high : s.low);
  GRIM_CHECK(name != "exponential" || s.mean > 0, input, "fit", "all values are 0: the exponential likelihood has no maximum");
  const bool spread = name != "bernoulli" && name != "poisson" && name != "geometric" && name != "exponential" && name != "binomial" &&
                      name != "chi-square";
  GRIM_CHECK(!spread || s.high > s.low, input, "fit", "all {} values are equal to {}: the {} likelihood has no maximum", data.size(), s.low,
             name);
  GRIM_CHECK(name != "negative-binomial" || s.sd * s.sd > s.mean, input, "fit",
             "the variance {} is not above the mean {}: the likelihood only grows towards a Poisson distribution", s.sd * s.sd, s.mean);

  Fit result;
  result.n = static_cast<int64_t>(data.size());
  const Maximum best = maximum_of(info, data, s, fixed);
  for (size_t i = 0; i < count; ++i)
    GRIM_CHECK(std::isfinite(best.at[i]), numeric, "fit", "the {} of the {} distribution leaves the range of a double", info.parameters[i].name, name);
  result.standard_errors = best.errors;
  result.distribution = distribution_at(info, best.at);
  check_inside(*result.distribution, data);
  result.log_likelihood = result.distribution->log_likelihood(data);
  if (name == "t" && std::ranges::none_of(fixed, [](const auto& f) { return f.first == "df" || f.first == "scale"; }))
    note_unbounded(best.at[0], data, result.notes);
  return result;
}

}  // namespace grim::stats
