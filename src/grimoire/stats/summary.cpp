#include "grimoire/stats/summary.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim::stats {
namespace {

void check_filled(std::span<const double> x, const char* what) { GRIM_CHECK(!x.empty(), argument, what, "no values were given"); }

double total(std::span<const double> x) {  // Neumaier's compensated sum
  double sum = 0, lost = 0;
  for (double v : x) {
    const double next = sum + v;
    lost += std::abs(sum) >= std::abs(v) ? (sum - next) + v : (v - next) + sum;
    sum = next;
  }
  return std::isfinite(sum) ? sum + lost : sum;
}

}  // namespace

double mean(std::span<const double> x) {
  check_filled(x, "mean");
  return total(x) / static_cast<double>(x.size());
}

double geometric_mean(std::span<const double> x) {
  check_filled(x, "geometric mean");
  std::vector<double> logs;
  for (double v : x) {
    GRIM_CHECK(v >= 0, argument, "geometric mean", "got {}, expected values not below 0", v);
    logs.push_back(std::log(v));
  }
  return std::exp(mean(logs));
}

double harmonic_mean(std::span<const double> x) {
  check_filled(x, "harmonic mean");
  std::vector<double> inverses;
  for (double v : x) {
    GRIM_CHECK(v >= 0, argument, "harmonic mean", "got {}, expected values not below 0", v);
    if (v == 0) return 0;
    inverses.push_back(1 / v);
  }
  return 1 / mean(inverses);
}

double variance(std::span<const double> x, int64_t ddof) {
  GRIM_CHECK(static_cast<int64_t>(x.size()) > ddof, argument, "variance", "got {} value(s), expected more than {}", x.size(), ddof);
  const double m = mean(x);
  double squares = 0, rest = 0;
  for (double v : x) squares += (v - m) * (v - m), rest += v - m;
  return (squares - rest * rest / static_cast<double>(x.size())) / static_cast<double>(static_cast<int64_t>(x.size()) - ddof);
}

double quantile(std::span<const double> x, double p) {
  check_filled(x, "quantile");
  GRIM_CHECK(p >= 0 && p <= 1, argument, "quantile", "got p = {}, expected from 0 to 1", p);
  std::vector<double> v(x.begin(), x.end());
  const double at = p * static_cast<double>(v.size() - 1);
  const auto low = v.begin() + static_cast<int64_t>(at);
  std::nth_element(v.begin(), low, v.end());
  const double share = at - std::floor(at), here = *low;
  return share == 0 ? here : here + share * (*std::min_element(low + 1, v.end()) - here);
}

std::vector<double> ema(std::span<const double> x, double alpha, EmaForm form) {
  GRIM_CHECK(alpha > 0 && alpha <= 1, argument, "ema", "got alpha = {}, expected above 0, up to 1", alpha);
  std::vector<double> out;
  double m = form == EmaForm::recursive && !x.empty() ? x[0] : 0, left = 1;
  for (double v : x) {
    m += alpha * (v - m);
    left *= 1 - alpha;
    out.push_back(form == EmaForm::recursive ? m : m / (1 - left));
  }
  return out;
}

Description describe(std::span<const double> given) {
  std::vector<double> x;
  for (double v : given)
    if (!std::isnan(v)) x.push_back(v);
  check_filled(x, "describe");
  Description d;
  d.n = static_cast<int64_t>(x.size()), d.missing = static_cast<int64_t>(given.size() - x.size());
  d.mean = mean(x);
  double m2 = 0, m3 = 0, m4 = 0;
  const double n = static_cast<double>(d.n);
  for (double v : x) {
    const double c = v - d.mean;
    m2 += c * c / n, m3 += c * c * c / n, m4 += c * c * c * c / n;
  }
  d.sd = d.n > 1 ? std::sqrt(variance(x)) : std::nan("");
  d.standard_error = d.sd / std::sqrt(n);
  d.skewness = m3 / std::pow(m2, 1.5), d.excess_kurtosis = m4 / (m2 * m2) - 3;
  std::sort(x.begin(), x.end());
  d.low = x.front(), d.high = x.back(), d.q1 = quantile(x, 0.25), d.median = quantile(x, 0.5), d.q3 = quantile(x, 0.75);
  return d;
}

}  // namespace grim::stats
