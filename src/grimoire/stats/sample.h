// A sample made safe to square. Sums of squares of numbers as they come overflow above 1e154, underflow below 1e-154, and lose the
// digits that values far from 0 have in common. Here every value is
//
//   2^exponent (centre + 2^spread deviation[i]),
//
// with the centre, the mean, known to twice the digits of a double, and the largest deviation between 1/2 and 1. Both powers of two are
// exact, so what is formed from deviations has the same bits at every scale, and what has a unit gets it back by ldexp at the end.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

namespace grim::stats {

// A number as a sum of two doubles that do not overlap (Dekker 1971).
struct Twofold {
  double high = 0, low = 0;
  double value() const { return high + low; }
};
inline Twofold two_sum(double a, double b) {  // a + b exactly (Knuth)
  const double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
inline Twofold two_product(double a, double b) {  // a b exactly
  const double p = a * b;
  return {p, std::fma(a, b, -p)};
}
// A running sum in twice the digits.
class TwofoldSum {
 public:
  void add(double v) {
    const Twofold s = two_sum(sum_.high, v);
    sum_ = {s.high, sum_.low + s.low};
  }
  void add(Twofold v) { add(v.high), sum_.low += v.low; }
  Twofold total() const { return two_sum(sum_.high, sum_.low); }
  double value() const { return sum_.high + sum_.low; }

 private:
  Twofold sum_;
};
Twofold operator-(Twofold a, Twofold b);
Twofold operator/(Twofold a, double b);

// The e for which the largest size among the values is in [1/2, 1) times 2^e; 0 when all are 0. Values are finite.
int exponent_of(std::span<const double> x);

struct Sample {
  double n = 0, low = 0, high = 0;  // as given
  int exponent = 0, spread = 0;
  Twofold centre;                 // in units of 2^exponent
  std::vector<double> deviation;  // in units of 2^(exponent + spread); all 0 for a constant sample
  double squares = 0;             // sum of squared deviations

  bool constant() const { return low == high; }
  int unit() const { return exponent + spread; }  // of deviations and of their root mean square
  double mean() const;
  double variance(double ddof = 1) const { return std::ldexp(squares / (n - ddof), 2 * unit()); }  // NaN without degrees of freedom
  double deviation_of(double ddof = 1) const { return std::ldexp(std::sqrt(squares / (n - ddof)), unit()); }
  // centre - other's, in units of 2^unit
  double centre_less(const Sample& other, int unit) const;
  double centre_less(double value, int unit) const;
  double at(double off) const;  // the mean plus off 2^unit
  // `squares` in units of 2^(2 unit)
  double squares_in(int unit) const { return std::ldexp(squares, 2 * (this->unit() - unit)); }
};
// a + v 2^unit, also where the latter alone is beyond the range of a double.
double plus_in_unit(double a, double v, int unit);
// Of finite values, one or more.
Sample sample_of(std::span<const double> x);

// The sum of a[i] b[i] with products and sums in twice the digits.
double inner(std::span<const double> a, std::span<const double> b);

}  // namespace grim::stats
