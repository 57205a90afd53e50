#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "grimoire/stats/minimize.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

// Gauss-Legendre, 16 points: the positive half of the nodes and their weights.
constexpr std::array<double, 8> kNode = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
                                         0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499};
constexpr std::array<double, 8> kWeight = {0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
                                           0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541};

template <class F> double integrate(double low, double high, int panels, F f) {
  const double half = (high - low) / panels / 2;
  double sum = 0;
  for (int i = 0; i < panels; ++i) {
    const double middle = low + (2 * i + 1) * half;
    for (int j = 0; j < 8; ++j) sum += kWeight[j] * (f(middle - half * kNode[j]) + f(middle + half * kNode[j]));
  }
  return sum * half;
}

// The range of k standard normal numbers exceeds w:
//   k int phi(z) (Phi(z)^(k-1) - (Phi(z) - Phi(z-w))^(k-1)) dz,
// the difference of powers as -Phi^(k-1) expm1((k-1) log1p(-Phi(z-w)/Phi(z))), so that tails keep their digits.
double normal_range_sf(double w, double k) {
  const double middle = w / 2;
  const double tail = integrate(middle - 8.5, middle + 8.5, 10, [&](double z) {
    const double below = normal_cdf(z), cut = normal_cdf(z - w);
    if (below <= 0) return 0.0;
    const double power = std::exp((k - 1) * std::log(below));
    return std::exp(-0.5 * z * z) * power * -std::expm1((k - 1) * std::log1p(-std::min(1.0, cut / below)));
  });
  return std::min(1.0, k * tail / std::sqrt(2 * M_PI));
}

// ln of the density of u = ln s, where df s^2 ~ chi-square(df): 2 h^h / Gamma(h) e^(2 h u - h e^(2u)) with h = df / 2. By Stirling's form
// nothing of the size of df is left to cancel.
struct LogDeviation {
  explicit LogDeviation(double df) : h(df / 2), scale(M_LN2 + 0.5 * std::log(h / (2 * M_PI)) - stirling_error(h)) {}
  double operator()(double u) const { return scale - h * deviance_term(1, std::exp(2 * u), -std::expm1(2 * u)); }
  double h, scale;
};

}  // namespace

// The mean of P(Z + delta > t s) over s. Where s passes delta / t that probability rises from 0 to 1 within a few 1 / delta: panels end there.
double noncentral_t_sf(double t, double df, double delta) {
  if (df > 1e20) return normal_sf(t - delta);
  const LogDeviation weight(df);
  const double low = -std::max(9 / std::sqrt(df), 80 / df), high = 9 / std::sqrt(df);
  std::array<double, 4> ends = {low, low, low, high};
  if (delta / t > 0) {
    const double rise = std::log(delta / t), reach = 9 / std::abs(delta);
    ends[1] = std::clamp(rise - reach, low, high), ends[2] = std::clamp(rise + reach, low, high);
  }
  double sum = 0;
  for (size_t i = 0; i < 3; ++i)
    if (ends[i] < ends[i + 1])
      sum += integrate(ends[i], ends[i + 1], 24, [&](double u) { return std::exp(weight(u)) * normal_sf(t * std::exp(u) - delta); });
  return std::min(1.0, sum);
}
double noncentral_t_cdf(double t, double df, double delta) { return noncentral_t_sf(-t, df, -delta); }

// The deviation s has df s^2 ~ chi-square(df); the mean of normal_range_sf(q s) over it, integrated in u = ln s.
double studentised_range_sf(double q, int64_t k, double df) {
  if (!(q > 0)) return 1;
  if (df > 1e12) return normal_range_sf(q, static_cast<double>(k));
  const LogDeviation log_weight(df);
  // Where weight times tail matters: the tail is at most e^(-q^2 s^2 / 4) k^2, which draws the peak to smaller s.
  const double sharp = df / 2 + q * q / 4, peak = 0.5 * std::log(df / 2 / sharp);
  const double low = peak - std::max(9 / std::sqrt(df), 40 / df), high = std::max(0.0, peak) + 9 / std::sqrt(df);
  return std::min(1.0, integrate(low, high, 16, [&](double u) {
    const double w = log_weight(u);
    return w < -745 ? 0.0 : std::exp(w) * normal_range_sf(q * std::exp(u), static_cast<double>(k));
  }));
}

// The root of ln(sf / p), bracketed.
double studentised_range_isf(double p, int64_t k, double df) {
  if (p >= 1) return 0;
  if (p <= 0) return std::numeric_limits<double>::infinity();
  const auto excess = [&](double q) { return std::log(studentised_range_sf(q, k, df) / p); };
  double low = 1e-3, high = 4;
  while (excess(low) < 0 && low > 1e-300) high = low, low /= 1e3;
  while (excess(high) > 0 && high < 1e100) low = high, high *= 2;
  return find_root(excess, low, high);
}

}  // namespace grim::stats
