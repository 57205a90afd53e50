#include "grimoire/op/sort_cpu.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {

template <class T> struct Entry {
  T key;
  int64_t place;
};

// A total order: by key, NaN as the largest, then by place.
template <class T, Order order> bool before(const Entry<T>& a, const Entry<T>& b) {
  const T &low = order == Order::ascending ? a.key : b.key, &high = order == Order::ascending ? b.key : a.key;
  if (low < high) return true;
  if (high < low) return false;
  if constexpr (std::is_floating_point_v<T>) {
    const bool low_nan = std::isnan(low), high_nan = std::isnan(high);
    if (low_nan != high_nan) return high_nan;
  }
  return a.place < b.place;
}

// The k first of line[0..n) in order. A heap holds the k best so far, the worst on top; most elements lose against it.
template <class T, Order order, class Source>
void first_k(const Source* line, int64_t n, int64_t k, std::vector<Entry<T>>& best) {
  best.clear();
  for (int64_t i = 0; i < k; ++i) best.push_back({static_cast<T>(line[i]), i});
  if (k < n) {
    std::make_heap(best.begin(), best.end(), before<T, order>);
    for (int64_t i = k; k > 0 && i < n; ++i) {
      const Entry<T> e{static_cast<T>(line[i]), i};
      if (!before<T, order>(e, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), before<T, order>);
      best.back() = e;
      std::push_heap(best.begin(), best.end(), before<T, order>);
    }
  }
  std::sort(best.begin(), best.end(), before<T, order>);
}

// x (lines, n) dense, indices (lines, k) dense
template <class Source, Order order> void order_lines(const Tensor& x, const Tensor& indices) {
  using T = std::conditional_t<std::is_same_v<Source, Bf16>, float, Source>;
  const int64_t n = x.dim(1), k = indices.dim(1);
  device::parallel_for(x.dim(0), std::max<int64_t>(1, 4096 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
    std::vector<Entry<T>> best;
    best.reserve(static_cast<size_t>(k));
    for (int64_t line = begin; line < end; ++line) {
      first_k<T, order>(x.data<Source>() + line * n, n, k, best);
      for (int64_t i = 0; i < k; ++i) indices.data<int64_t>()[line * k + i] = best[static_cast<size_t>(i)].place;
    }
  });
}

}  // namespace

void first_places(Order order, const Tensor& x, const Tensor& places) {
  visit(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (order == Order::ascending) order_lines<T, Order::ascending>(x, places);
    else order_lines<T, Order::descending>(x, places);
  });
}

}  // namespace grim::cpu
