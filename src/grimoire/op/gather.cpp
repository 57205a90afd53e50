// gather, scatter_add, index_select and one_hot: elements and slices by index. Declared in op/index.h.
#include "grimoire/op/gather.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/gather_cpu.h"
#include "grimoire/op/index_check.h"
#include "grimoire/op/long_sum.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr int64_t kLong = 4096;  // contributions

// Dense i64, every one inside 0..n-1.
Tensor checked_index(const char* op, const Tensor& index, int64_t n) {
  const Tensor ids = contiguous(index);
  check_places(op, "index", ids, n);
  return cast(ids, Dtype::i64);
}

void check_shapes(const char* op, const Tensor& x, int axis, const Tensor& index) {
  bool fits = index.ndim() == x.ndim();
  for (int i = 0; fits && i < x.ndim(); ++i) fits = i == axis || index.shape()[i] <= x.shape()[i];
  GRIM_CHECK(fits, shape, op, "index: got {}, expected as many axes as x {} and none longer but axis {}", index.shape(),
             x.shape(), axis);
}

Tensor gather_plain(const Tensor& x, int axis, const Tensor& index) {
  const Tensor y = x.like(index.shape());
  GRIM_RUN(gather, x, axis, index, y);
  return y;
}

void scatter_into(const Tensor& x, int axis, const Tensor& index, const Tensor& source) {
  check_float("scatter_add", x.dtype());
  add_in_blocks(x, x.dim(axis), index.dim(axis), kLong, [&](const Tensor& sums, int64_t begin, int64_t end) {
    GRIM_RUN(scatter_add, view::slice(source, axis, begin, end), axis, view::slice(index, axis, begin, end), sums);
  });
}

}  // namespace

// y_p = x_index(p):  dx_c = sum of dy_p over the places p with index(p) = c.
Tensor gather(const Tensor& x, int axis_any, const Tensor& index_any) {
  const int axis = normalize_axis("gather", axis_any, x.ndim());
  check_shapes("gather", x, axis, index_any);
  const Tensor index = checked_index("gather", index_any, x.dim(axis));
  return record(gather_plain(x, axis, index), {x}, [axis, index](const Tensor& dy, Grads dx) {
    dx.scatter(0, [&](const Tensor& whole) { scatter_into(whole, axis, index, cast(dy, whole.dtype())); });
  });
}

// Its transpose: dx = dy, dsource = gather(dy).
Tensor scatter_add(const Tensor& x, int axis_any, const Tensor& index_any, const Tensor& source) {
  const int axis = normalize_axis("scatter_add", axis_any, x.ndim());
  check_shapes("scatter_add", x, axis, index_any);
  GRIM_CHECK(source.shape() == index_any.shape() && source.dtype() == x.dtype(), shape, "scatter_add",
             "source: got {} {}, expected {} {}", name_of(source.dtype()), source.shape(), name_of(x.dtype()),
             index_any.shape());
  if (is_narrow(x)) return narrowed(scatter_add(widened(x), axis_any, index_any, widened(source)));
  const Tensor index = checked_index("scatter_add", index_any, x.dim(axis)), y = copy(x);
  scatter_into(y, axis, index, source);
  return record(y, {x, source}, [axis, index](const Tensor& dy, Grads dx) {
    dx.add(0, dy);
    if (dx.wants(1)) dx.add(1, gather_plain(dy, axis, index));
  });
}

namespace {

// x, dense, seen as (outer, n, inner) around an axis.
Tensor around(const Tensor& x, int axis) {
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.shape()[i];
  for (int i = axis + 1; i < x.ndim(); ++i) inner *= x.shape()[i];
  return view::try_reshape(x, {outer, x.shape()[axis], inner});
}

}  // namespace

Tensor index_select(const Tensor& x_any, int axis_any, const Tensor& ids_any) {
  const int axis = normalize_axis("index_select", axis_any, x_any.ndim());
  GRIM_CHECK(ids_any.ndim() == 1, shape, "index_select", "ids: got {}, expected (N,)", ids_any.shape());
  const Tensor x = contiguous(x_any), ids = checked_index("index_select", ids_any, x.dim(axis));
  Shape shape = x.shape();
  shape[axis] = ids.numel();
  const Tensor y = x.like(shape);
  GRIM_RUN(take_slices, around(x, axis), ids, around(y, axis));
  return record(y, {x_any}, [axis, ids](const Tensor& dy_any, Grads dx) {
    dx.scatter(0, [&](const Tensor& whole) {
      check_float("index_select", whole.dtype());
      const Tensor dy = around(contiguous(cast(dy_any, whole.dtype())), axis);
      add_in_blocks(around(whole, axis), whole.dim(axis), ids.numel(), kLong,
                    [&](const Tensor& sums, int64_t begin, int64_t end) { GRIM_RUN(add_slices, dy, ids, begin, end, sums); });
    });
  });
}

Tensor one_hot(const Tensor& ids_any, int64_t K, Dtype dtype) {
  GRIM_CHECK(K > 0, argument, "one_hot", "K: got {}, expected at least 1", K);
  const Tensor ids = checked_index("one_hot", ids_any, K);
  Shape shape = ids.shape();
  shape.push_back(K);
  const Tensor y = Tensor::zeros(shape, dtype);
  GRIM_RUN(one_hot, ids, y);
  return y;
}

}  // namespace grim
