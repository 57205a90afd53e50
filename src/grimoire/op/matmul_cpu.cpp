#include "grimoire/op/matmul_cpu.h"

#include <algorithm>

#include "grimoire/device/gemm.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/walk.h"

namespace grim::cpu {
namespace {

// The matrix kernel needs one unit stride and rows that do not overlap.
bool walkable(const Tensor& x) {
  const int n = x.ndim();
  const int64_t rows = x.shape()[n - 2], columns = x.shape()[n - 1], r = x.strides()[n - 2], c = x.strides()[n - 1];
  return (c == 1 && (r >= columns || rows == 1)) || (r == 1 && (c >= rows || columns == 1));
}
Tensor walkable_or_copy(const Tensor& x) { return walkable(x) ? x : copy(x); }

// Strides of the leading axes of x as seen from the broadcast batch: 0 where x repeats.
Shape batch_strides(const Tensor& x, const Shape& batch) {
  Shape s = Shape::of_rank(batch.ndim());
  const int lead = batch.ndim() - (x.ndim() - 2);
  for (int i = 0; i < x.ndim() - 2; ++i) s[lead + i] = x.shape()[i] == 1 ? 0 : x.strides()[i];
  return s;
}

// A unit-size axis may carry any stride; name the one that the kernel wants to see.
template <class T> void set_operand(const Tensor& x, const T*& data, int64_t& row, int64_t& column) {
  const int n = x.ndim();
  data = x.data<T>();
  row = x.strides()[n - 2];
  column = x.strides()[n - 1];
  if (x.shape()[n - 1] == 1 && row != 1) column = 1;
  if (x.shape()[n - 2] == 1 && column != 1) row = 1;
  if (column == 1) row = std::max(row, x.shape()[n - 1]);
}

// y = a b + beta y over the batch. Where y repeats (stride 0) products add up, in batch order.
template <class T> void multiply(const Tensor& a, const Tensor& b, const Tensor& y, const Shape& batch, T beta) {
  device::Gemm<T> g{.M = a.dim(-2), .N = b.dim(-1), .K = a.dim(-1), .beta = beta};
  set_operand(a, g.a, g.a_row, g.a_col);
  set_operand(b, g.b, g.b_row, g.b_col);
  g.c = y.data<T>();
  g.c_row = g.N;
  const Walk<3> walk(batch, {batch_strides(a, batch), batch_strides(b, batch), batch_strides(y, batch)});
  const bool sums = walk.row_strides[2] == 0 && walk.row_length > 1;
  walk.run([&](const std::array<int64_t, 3>& at) {
    device::Gemm<T> first = g;
    first.a += at[0];
    first.b += at[1];
    first.c += at[2];
    if (!sums) return device::gemm_batch(first, {walk.row_length, walk.row_strides[0], walk.row_strides[1], walk.row_strides[2]});
    for (int64_t i = 0; i < walk.row_length; ++i, first.a += walk.row_strides[0], first.b += walk.row_strides[1])
      device::gemm(first);
  });
}

}  // namespace

void matmul(const Tensor& a, const Tensor& b, const Tensor& y, const Shape& batch, float beta) {
  const Tensor left = walkable_or_copy(a), right = walkable_or_copy(b);
  visit_float("matmul", y.dtype(), [&](auto zero) { multiply<decltype(zero)>(left, right, y, batch, beta); });
}

}  // namespace grim::cpu
