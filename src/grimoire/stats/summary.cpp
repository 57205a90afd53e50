#include "grimoire/stats/summary.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/hypothesis.h"
#include "grimoire/stats/sample.h"

namespace grim::stats {
namespace {

void check_filled(std::span<const double> x, const char* what) { GRIM_CHECK(!x.empty(), argument, what, "no values were given"); }

// With every value divided by a power of two first, exactly: neither logarithms nor reciprocals leave the range of a double, and the
// answer has the same bits at every scale.
template <class To, class Back> double mean_through(std::span<const double> x, To to, Back back) {
  const auto [low, high] = std::ranges::minmax(x);
  if (low == high) return low;
  const int e = exponent_of(x);
  std::vector<double> there;
  for (double v : x) there.push_back(to(std::ldexp(v, -e)));
  return std::clamp(std::ldexp(back(mean(there)), e), low, high);
}

}  // namespace

double mean(std::span<const double> x) {
  check_filled(x, "mean");
  TwofoldSum sum;
  for (double v : x) sum.add(v);
  const double m = (sum.total() / static_cast<double>(x.size())).value();
  if (std::isfinite(m)) return m;
  double plain = 0;
  for (double v : x) {
    if (!std::isfinite(v)) plain += v;
  }
  return plain != 0 ? plain : sample_of(x).mean();  // an infinity or NaN among the values, or a sum beyond the range
}

double geometric_mean(std::span<const double> x) {
  check_filled(x, "geometric mean");
  for (double v : x) GRIM_CHECK(v >= 0 && std::isfinite(v), argument, "geometric mean", "got {}, expected finite values not below 0", v);
  return mean_through(x, [](double v) { return std::log(v); }, [](double v) { return std::exp(v); });
}

double harmonic_mean(std::span<const double> x) {
  check_filled(x, "harmonic mean");
  for (double v : x) GRIM_CHECK(v >= 0 && std::isfinite(v), argument, "harmonic mean", "got {}, expected finite values not below 0", v);
  if (std::ranges::find(x, 0.0) != x.end()) return 0;
  return mean_through(x, [](double v) { return 1 / v; }, [](double v) { return 1 / v; });
}

double variance(std::span<const double> x, int64_t ddof) {
  GRIM_CHECK(static_cast<int64_t>(x.size()) > ddof, argument, "variance", "got {} value(s), expected more than {}", x.size(), ddof);
  for (double v : x) GRIM_CHECK(std::isfinite(v), numeric, "variance", "got {}, expected finite numbers", v);
  return sample_of(x).variance(static_cast<double>(ddof));
}

double quantile(std::span<const double> x, double p) {
  check_filled(x, "quantile");
  GRIM_CHECK(p >= 0 && p <= 1, argument, "quantile", "got p = {}, expected from 0 to 1", p);
  std::vector<double> v(x.begin(), x.end());
  const double at = p * static_cast<double>(v.size() - 1);
  const auto low = v.begin() + static_cast<int64_t>(at);
  std::nth_element(v.begin(), low, v.end());
  const double share = at - std::floor(at), here = *low;
  if (share == 0) return here;
  const double next = *std::min_element(low + 1, v.end()), step = next - here;
  return std::isfinite(step) ? here + share * step : (1 - share) * here + share * next;
}

std::vector<double> ema(std::span<const double> x, double alpha, EmaForm form) {
  GRIM_CHECK(alpha > 0 && alpha <= 1, argument, "ema", "got alpha = {}, expected above 0, up to 1", alpha);
  std::vector<double> out;
  double m = form == EmaForm::recursive && !x.empty() ? x[0] : 0, weight = 0;  // of the values so far: 1 - (1 - alpha)^t
  for (double v : x) {
    const double step = v - m;
    m = std::isfinite(step) ? m + alpha * step : (1 - alpha) * m + alpha * v;
    weight = alpha + (1 - alpha) * weight;
    out.push_back(form == EmaForm::recursive ? m : m / weight);
  }
  return out;
}

Description describe(std::span<const double> given) {
  std::vector<std::string> notes;
  std::vector<double> x = checked(given, "describe", Missing::drop, notes);
  check_filled(x, "describe");
  const Sample s = sample_of(x);
  Description d;
  d.n = static_cast<int64_t>(x.size()), d.missing = static_cast<int64_t>(given.size() - x.size());
  d.mean = s.mean();
  d.sd = d.n > 1 ? s.deviation_of() : std::nan("");
  d.standard_error = d.n > 1 ? std::ldexp(std::sqrt(s.squares / (s.n - 1) / s.n), s.unit()) : std::nan("");
  d.skewness = d.excess_kurtosis = std::nan("");
  if (!s.constant()) {
    std::vector<double> square(s.deviation);
    for (double& v : square) v *= v;
    const double m2 = s.squares / s.n, m3 = inner(square, s.deviation) / s.n, m4 = inner(square, square) / s.n;
    d.skewness = m3 / (m2 * std::sqrt(m2)), d.excess_kurtosis = m4 / (m2 * m2) - 3;
  }
  std::sort(x.begin(), x.end());
  d.low = x.front(), d.high = x.back(), d.q1 = quantile(x, 0.25), d.median = quantile(x, 0.5), d.q3 = quantile(x, 0.75);
  return d;
}

}  // namespace grim::stats
