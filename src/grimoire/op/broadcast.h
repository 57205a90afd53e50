// Operands of one shape read as if they had a larger one, row by row: what kernels share that broadcast.
#pragma once

#include "grimoire/device/threads.h"
#include "grimoire/tensor/tensor.h"
#include "grimoire/tensor/walk.h"

namespace grim {

inline constexpr int64_t kPointwiseGrain = 32768;  // elements; 4 to 12 us

// Strides that read x as if it had this larger shape: 0 along repeated axes. The shapes must broadcast.
inline Shape broadcast_strides(const Tensor& x, const Shape& shape) {
  Shape strides = Shape::of_rank(shape.ndim());
  const int lead = shape.ndim() - x.ndim();
  for (int i = 0; i < x.ndim(); ++i) strides[lead + i] = x.shape()[i] == 1 ? 0 : x.strides()[i];
  return strides;
}

// row(offsets, steps, n) over operands with these strides, in elements. A long row is cut, so that threads can share it.
template <size_t N, class F> void walk_rows(const Shape& shape, const std::array<Shape, N>& strides, F&& row) {
  const Walk<N> walk(shape, strides);
  const auto& step = walk.row_strides;
  if (walk.rows == 1)
    return device::parallel_for(walk.row_length, kPointwiseGrain, [&](int64_t begin, int64_t end) {
      std::array<int64_t, N> at;
      for (size_t k = 0; k < N; ++k) at[k] = begin * step[k];
      row(at, step, end - begin);
    });
  const int64_t rows_each = std::max<int64_t>(1, kPointwiseGrain / std::max<int64_t>(1, walk.row_length));
  device::parallel_for(walk.rows, rows_each, [&](int64_t begin, int64_t end) {
    walk.run(begin, end, [&](const std::array<int64_t, N>& at) { row(at, step, walk.row_length); });
  });
}

}  // namespace grim
