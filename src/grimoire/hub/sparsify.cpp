#include "grimoire/hub/sparsify.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace grim {

// The smallest that stays is found by selection; of those equal to it the first fill what is left of `kept`.
template <class T> void keep_largest(std::span<T> x, int64_t kept) {
  if (kept >= std::ssize(x)) return;
  if (kept <= 0) {
    std::ranges::fill(x, T{0});
    return;
  }
  std::vector<T> sizes(x.size());
  std::ranges::transform(x, sizes.begin(), [](T v) { return std::abs(v); });
  const auto last = sizes.begin() + (kept - 1);
  std::ranges::nth_element(sizes, last, std::greater());
  const T smallest = *last;
  int64_t equal = kept - std::ranges::count_if(x, [&](T v) { return std::abs(v) > smallest; });
  for (T& v : x)
    if (std::abs(v) < smallest || (std::abs(v) == smallest && equal-- <= 0)) v = 0;
}

template <class T> void drop_at_random(std::span<T> x, double density, Rng& rng, Rescale rescale) {
  if (density >= 1) return;
  const double limit = static_cast<double>(static_cast<float>(density)), divisor = rescale == Rescale::yes ? density : 1;
  for (T& v : x) v = static_cast<double>(rng.uniform()) < limit ? static_cast<T>(static_cast<double>(v) / divisor) : T{0};
}

template void keep_largest(std::span<float>, int64_t);
template void keep_largest(std::span<double>, int64_t);
template void drop_at_random(std::span<float>, double, Rng&, Rescale);
template void drop_at_random(std::span<double>, double, Rng&, Rescale);

}  // namespace grim
