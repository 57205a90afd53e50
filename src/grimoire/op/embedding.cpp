#include "grimoire/op/embedding.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/long_sum.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 16384;   // elements
constexpr int64_t kLong = 1 << 18;  // ids of one batch: beyond every published recipe, whose sums keep their bits

// Adds rows first to last of dy (N, C) into dweight (V, C). Work is cut by columns, so a row of dweight belongs to one thread at a time and rows
// are added in the order of ids, whatever the number of threads.
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

Tensor embedding(const Tensor& weight, const Tensor& ids_any, Dtype dtype) {
  GRIM_CHECK(weight.ndim() == 2, shape, "embedding", "weight: got {}, expected (V, C)", weight.shape());
  const int64_t V = weight.dim(0), C = weight.dim(1);
  const Tensor w = saved(contiguous(weight)), ids = contiguous(ids_any);
  Shape shape = ids.shape();
  shape.push_back(C);
  GRIM_CHECK(dtype == weight.dtype() || (dtype == Dtype::f32 && is_narrow(weight)), dtype, "embedding",
             "got a weight of {} for rows of {}, expected one dtype, or bf16 for f32", name_of(weight.dtype()), name_of(dtype));
  const bool widens = dtype != weight.dtype();
  const Tensor y = weight.like(shape, dtype);
  visit_index("embedding", ids.dtype(), [&](auto index_zero) {
    using I = decltype(index_zero);
    const I* const id = ids.data<I>();
    const auto row_bytes = static_cast<size_t>(C * size_of(weight.dtype()));
    for (int64_t n = 0; n < ids.numel(); ++n)
      GRIM_CHECK(id[n] >= 0 && id[n] < V, argument, "embedding", "id {} at place {} is outside 0 to {}", id[n], n, V - 1);
    device::parallel_for(ids.numel(), std::max<int64_t>(1, kGrain / std::max<int64_t>(C, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end && widens; ++n)
        device::widen(w.data<Bf16>() + static_cast<int64_t>(id[n]) * C, C, y.data<float>() + n * C);
      for (int64_t n = begin; n < end && !widens; ++n)
        std::memcpy(y.raw() + static_cast<size_t>(n) * row_bytes, w.raw() + static_cast<size_t>(id[n]) * row_bytes, row_bytes);
    });
  });
  return record(y, {weight}, [ids](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(cast(dy_any, computed_in(dy_any.dtype())));
    dx.scatter(0, [&](const Tensor& dweight) {
      add_in_blocks(dweight, dweight.dim(0), ids.numel(), kLong, [&](const Tensor& sums, int64_t begin, int64_t end) {
        visit_float("embedding", dy.dtype(), [&](auto zero) {
          visit_index("embedding", ids.dtype(),
                      [&](auto index_zero) { add_rows<decltype(zero), decltype(index_zero)>(sums, dy, ids, begin, end); });
        });
      });
    });
  });
}

}  // namespace grim
