// Operands of one shape as if they had a larger one: reading them row by row, and the way back for gradients.
#pragma once

#include "grimoire/device/threads.h"
#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/tensor/tensor.h"
#include "grimoire/tensor/walk.h"

namespace grim {

// Strides that read x as if it had this larger shape: 0 along repeated axes. The shapes must broadcast.
Shape broadcast_strides(const Tensor& x, const Shape& shape);

// row(offsets, steps, n) over operands with these strides, in elements. A long row is cut, so that threads can share it.
template <size_t N, class F> void walk_rows(const Shape& shape, const std::array<Shape, N>& strides, F&& row) {
  const Walk<N> walk(shape, strides);
  const auto& step = walk.row_strides;
  if (walk.rows == 1)
    return device::parallel_for(walk.row_length, cpu::kPointwiseGrain, [&](int64_t begin, int64_t end) {
      std::array<int64_t, N> at;
      for (size_t k = 0; k < N; ++k) at[k] = begin * step[k];
      row(at, step, end - begin);
    });
  const int64_t rows_each = std::max<int64_t>(1, cpu::kPointwiseGrain / std::max<int64_t>(1, walk.row_length));
  device::parallel_for(walk.rows, rows_each, [&](int64_t begin, int64_t end) {
    walk.run(begin, end, [&](const std::array<int64_t, N>& at) { row(at, step, walk.row_length); });
  });
}

// The transpose of broadcasting: adds up x over the axes along which `shape` was repeated. x itself when the shapes are
// equal. Not recorded.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grim
