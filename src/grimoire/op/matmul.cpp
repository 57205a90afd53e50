#include "grimoire/op/matmul.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/device/gemm.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "grimoire/tensor/walk.h"

namespace grim {
namespace {

// The matrix kernel needs one unit stride and rows that do not overlap.
bool walkable(const Tensor& x) {
  const int n = x.ndim();
  const int64_t rows = x.shape()[n - 2], columns = x.shape()[n - 1], r = x.strides()[n - 2], c = x.strides()[n - 1];
  return (c == 1 && (r >= columns || rows == 1)) || (r == 1 && (c >= rows || columns == 1));
}
Tensor walkable_or_copy(const Tensor& x) { return walkable(x) ? x : copy(x); }

Shape batch_shape(const Tensor& x) {
  Shape s = x.shape();
  s.erase(s.ndim() - 1);
  s.erase(s.ndim() - 1);
  return s;
}

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

void multiply_into(const Tensor& a, const Tensor& b, const Tensor& y, const Shape& batch, float beta) {
  const Tensor left = walkable_or_copy(a), right = walkable_or_copy(b);
  visit_float("matmul", y.dtype(), [&](auto zero) { multiply<decltype(zero)>(left, right, y, batch, beta); });
}

// (..., M, K) with dense rows times one (K, N): a single tall product.
bool folds(const Tensor& a, const Tensor& b) { return b.ndim() == 2 && a.ndim() > 2 && a.contiguous(); }
Tensor fold(const Tensor& x) { return view::try_reshape(x, {-1, x.dim(-1)}); }

}  // namespace

// y = a b:  da = dy b', db = a' dy, each summed over the batch axes in which that operand repeats.
Tensor matmul(const Tensor& a, const Tensor& b) {
  GRIM_CHECK(a.ndim() >= 2 && b.ndim() >= 2 && a.dim(-1) == b.dim(-2), shape, "matmul",
             "inner sizes differ: got {} times {}, expected (..., M, K) times (..., K, N)", a.shape(), b.shape());
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, "matmul", "dtypes differ: got {} times {}", name_of(a.dtype()), name_of(b.dtype()));
  const Shape batch = broadcast_shapes("matmul", batch_shape(a), batch_shape(b));
  Shape shape = batch;
  shape.push_back(a.dim(-2));
  shape.push_back(b.dim(-1));
  const Tensor y = Tensor::empty(shape, a.dtype());
  if (folds(a, b)) multiply_into(fold(a), b, fold(y), {}, 0);
  else multiply_into(a, b, y, batch, 0);
  return record(y, {a, b}, [a = saved(a), b = saved(b), batch](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(dy_any);
    const auto into = [&](int input, const Tensor& x, const Tensor& left, const Tensor& right) {
      const bool repeats = !(batch_shape(x) == batch);
      if (repeats) dx.scatter(input, [&](const Tensor& d) { multiply_into(left, right, d, batch, 1); });
      else dx.write(input, [&](const Tensor& d, float beta) { multiply_into(left, right, d, batch, beta); });
    };
    if (folds(a, b)) {
      dx.write(0, [&](const Tensor& da, float beta) { multiply_into(fold(dy), view::transpose(b, 0, 1), fold(da), {}, beta); });
      dx.write(1, [&](const Tensor& db, float beta) { multiply_into(view::transpose(fold(a), 0, 1), fold(dy), db, {}, beta); });
      return;
    }
    into(0, a, dy, view::transpose(b, -1, -2));
    into(1, b, view::transpose(a, -1, -2), dy);
  });
}

}  // namespace grim
