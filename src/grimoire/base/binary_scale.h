// Powers of two that bring numbers into a range where squares and float32 do no harm. Multiplying by one loses no bit, so what is
// learned is the same but for its unit; numbers in the range already have the factor 1.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace grim {

inline double largest_magnitude(std::span<const double> values) {
  double most = 0;
  for (double v : values) most = std::max(most, std::abs(v));
  return most;
}

// 1 when `largest` lies within [2^-reach, 2^reach], or is 0 or NaN; else 2^-e with largest 2^-e in [1, 2).
inline double binary_scale(double largest, int reach) {
  if (largest == 0 || std::isnan(largest) || (largest >= std::ldexp(1.0, -reach) && largest <= std::ldexp(1.0, reach))) return 1;
  return std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1022, 1022));
}

}  // namespace grim
