#include "grimoire/op/straight_through_cpu.h"

#include <algorithm>
#include <cmath>

#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {

template <class F> void map(const Tensor& x, const Tensor& y, F f) {
  visit_float("straight_through", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::parallel_for(x.numel(), 32768, [&, from = x.data<T>(), to = y.data<T>()](int64_t begin, int64_t end) {
      std::transform(from + begin, from + end, to + begin, f);
    });
  });
}

}  // namespace

void round(const Tensor& x, const Tensor& y) {
  map(x, y, [](auto v) { return std::nearbyint(v); });
}
void sign(const Tensor& x, const Tensor& y) {
  map(x, y, [](auto v) { return v >= 0 ? decltype(v)(1) : v < 0 ? decltype(v)(-1) : v; });
}

}  // namespace grim::cpu
