#include "grimoire/op/moments_cpu.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {
constexpr int64_t kShort = 128;  // elements that are added in T; more of them in Wide
}

void running_sums(Direction direction, const Tensor& rows) {
  const int64_t n = rows.shape().back(), count = n ? rows.numel() / n : 0;
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;
    T* const data = rows.data<T>();
    const auto add_up = [n]<class Sum>(T* row, int64_t step, Sum sum) {
      for (int64_t i = 0; i < n; ++i, row += step) *row = static_cast<T>(sum += static_cast<Sum>(*row));
    };
    device::parallel_for(count, std::max<int64_t>(1, 16384 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        T* const first = direction == Direction::forward ? data + r * n : data + (r + 1) * n - 1;
        const int64_t step = direction == Direction::forward ? 1 : -1;
        if (n <= kShort) add_up(first, step, T(0));
        else add_up(first, step, Wide(0));
      }
    });
  };
  if (rows.dtype() == Dtype::i64) run(int64_t{});
  else visit_float("running_sums", rows.dtype(), run);
}

void powers_of_two(const Tensor& x, const Tensor& y) {
  visit_float("powers_of_two", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::transform(x.data<T>(), x.data<T>() + x.numel(), y.data<T>(),
                   [](T v) { return v != 0 && std::isfinite(v) ? std::ldexp(T(1), std::ilogb(v)) : T(1); });
  });
}

}  // namespace grim::cpu
