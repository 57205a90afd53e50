#include "grimoire/stats/sample.h"

#include <algorithm>

namespace grim::stats {

Twofold operator-(Twofold a, Twofold b) {
  const Twofold s = two_sum(a.high, -b.high);
  return two_sum(s.high, s.low + (a.low - b.low));
}

Twofold operator/(Twofold a, double b) {
  const double q = a.high / b;
  return two_sum(q, (std::fma(-q, b, a.high) + a.low) / b);
}

int exponent_of(std::span<const double> x) {
  double size = 0;
  for (double v : x) size = std::max(size, std::abs(v));
  int e = 0;
  std::frexp(size, &e);
  return e;
}

double Sample::mean() const { return constant() ? low : std::clamp(std::ldexp(centre.value(), exponent), low, high); }

double plus_in_unit(double a, double v, int unit) {
  const double sum = a + std::ldexp(v, unit);
  return std::isfinite(sum) ? sum : std::ldexp(std::ldexp(a, -2) + std::ldexp(v, unit - 2), 2);
}
double Sample::at(double off) const { return plus_in_unit(mean(), off, unit()); }

double Sample::centre_less(const Sample& other, int unit) const {
  const int common = std::max(exponent, other.exponent), up = exponent - common, other_up = other.exponent - common;
  const Twofold a{std::ldexp(centre.high, up), std::ldexp(centre.low, up)}, b{std::ldexp(other.centre.high, other_up), std::ldexp(other.centre.low, other_up)};
  return std::ldexp((a - b).value(), common - unit);
}
double Sample::centre_less(double value, int unit) const {
  Sample point;
  point.exponent = value == 0 ? exponent : exponent_of({&value, 1}), point.centre.high = std::ldexp(value, -point.exponent);
  return centre_less(point, unit);
}

Sample sample_of(std::span<const double> x) {
  Sample s;
  const auto [low, high] = std::ranges::minmax(x);
  s.n = static_cast<double>(x.size()), s.low = low, s.high = high, s.exponent = exponent_of(x);
  s.deviation.assign(x.size(), 0);
  if (s.constant()) {  // exactly: rounding in the mean must not look like spread
    s.centre.high = std::ldexp(low, -s.exponent);
    return s;
  }
  TwofoldSum sum;
  for (double v : x) sum.add(std::ldexp(v, -s.exponent));
  s.centre = sum.total() / s.n;
  for (size_t i = 0; i < x.size(); ++i) {
    const Twofold d = two_sum(std::ldexp(x[i], -s.exponent), -s.centre.high);
    s.deviation[i] = d.high + (d.low - s.centre.low);
  }
  s.spread = exponent_of(s.deviation);
  for (double& v : s.deviation) v = std::ldexp(v, -s.spread);
  s.squares = inner(s.deviation, s.deviation);
  return s;
}

double inner(std::span<const double> a, std::span<const double> b) {
  TwofoldSum sum;
  for (size_t i = 0; i < a.size(); ++i) sum.add(two_product(a[i], b[i]));
  return sum.value();
}

}  // namespace grim::stats
