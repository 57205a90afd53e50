#include "grimoire/op/argmax_cpu.h"

#include "grimoire/device/threads.h"
#include "grimoire/op/reduce_kernel.h"

namespace grim::cpu {
namespace {

constexpr int64_t kGrain = 32768;

// The value by the fast kernel, then its first place.
template <class T> int64_t first_place(const Reducer<T>& k, const T* x, int64_t n) {
  const T best = static_cast<T>(k.row(x, n));
  int64_t i = 0;
  if (best != best)
    while (x[i] == x[i]) ++i;
  else
    while (x[i] != best) ++i;
  return i;
}

}  // namespace

void first_extremes(Extreme which, const Tensor& x, const Tensor& places) {
  const Reducers& op = which == Extreme::largest ? reducers().max : reducers().min;
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    const int64_t n = x.shape().back();
    const T* const from = x.data<T>();
    int64_t* const to = places.data<int64_t>();
    device::parallel_for(places.numel(), std::max<int64_t>(1, kGrain / n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) to[r] = first_place(op.of<T>(), from + r * n, n);
    });
  };
  if (x.dtype() == Dtype::i64) run(int64_t{});
  else visit_float("argmax", x.dtype(), run);
}

}  // namespace grim::cpu
