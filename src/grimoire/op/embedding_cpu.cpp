#include "grimoire/op/embedding_cpu.h"

#include <algorithm>
#include <cstring>

#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {

constexpr int64_t kGrain = 16384;  // elements

// Work is cut by columns, so a row of dweight belongs to one thread at a time and rows are added in the order of ids, whatever the number of threads.
template <class T, class I> void add_rows(const Tensor& dweight, const Tensor& dy, const Tensor& ids, int64_t first, int64_t last) {
  const int64_t C = dweight.dim(1), N = last - first;
  T* const dw = dweight.data<T>();
  const T* const from = dy.data<T>();
  const I* const id = ids.data<I>();
  const int64_t columns = std::clamp<int64_t>(8 * kGrain / std::max<int64_t>(N, 1), 64, std::max<int64_t>(C, 64));
  device::parallel_for(C, columns, [&](int64_t begin, int64_t end) {
    for (int64_t n = first; n < last; ++n) {
      T* const to = dw + static_cast<int64_t>(id[n]) * C;
      const T* const row = from + n * C;
      for (int64_t c = begin; c < end; ++c) to[c] += row[c];
    }
  });
}

}  // namespace

void embedding(const Tensor& weight, const Tensor& ids, const Tensor& y) {
  const int64_t C = weight.dim(1);
  const bool widens = y.dtype() != weight.dtype();
  const auto row_bytes = static_cast<size_t>(C * size_of(weight.dtype()));
  visit_index("embedding", ids.dtype(), [&](auto index_zero) {
    using I = decltype(index_zero);
    const I* const id = ids.data<I>();
    device::parallel_for(ids.numel(), std::max<int64_t>(1, kGrain / std::max<int64_t>(C, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end && widens; ++n)
        device::widen(weight.data<Bf16>() + static_cast<int64_t>(id[n]) * C, C, y.data<float>() + n * C);
      for (int64_t n = begin; n < end && !widens; ++n)
        std::memcpy(y.raw() + static_cast<size_t>(n) * row_bytes, weight.raw() + static_cast<size_t>(id[n]) * row_bytes, row_bytes);
    });
  });
}

void add_embedding_gradient(const Tensor& dy, const Tensor& ids, int64_t first, int64_t last, const Tensor& dweight) {
  visit_float("embedding", dy.dtype(), [&](auto zero) {
    visit_index("embedding", ids.dtype(), [&](auto index_zero) { add_rows<decltype(zero), decltype(index_zero)>(dweight, dy, ids, first, last); });
  });
}

}  // namespace grim::cpu
