#include "grimoire/op/sort.h"

#include "grimoire/op/gather.h"
#include "grimoire/op/run.h"
#include "grimoire/op/sort_cpu.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

// The places of the first k along an axis.
Tensor first_places(const char* op, const Tensor& x, int64_t k, int axis_any, Order order) {
  const int axis = normalize_axis(op, axis_any, x.ndim());
  const int64_t n = x.dim(axis);
  GRIM_CHECK(k >= 0 && k <= n, argument, op, "k: got {}, expected 0 to {}", k, n);
  const Tensor last = contiguous(view::transpose(x, axis, -1));  // the axis at the end
  Shape shape = last.shape();
  shape[shape.ndim() - 1] = k;
  const Tensor indices = x.like(shape, Dtype::i64);
  if (indices.numel() > 0) {
    const int64_t count = last.numel() / n;
    const Tensor lines = view::try_reshape(last, {count, n}), out = view::try_reshape(indices, {count, k});
    GRIM_RUN(first_places, order, lines, out);
  }
  return contiguous(view::transpose(indices, axis, -1));
}

}  // namespace

Tensor argsort(const Tensor& x, int axis, Order order) {
  return first_places("argsort", x, x.dim(normalize_axis("argsort", axis, x.ndim())), axis, order);
}

// A permutation of each line; gather carries its gradient.
Sorted sort(const Tensor& x, int axis, Order order) {
  const Tensor places = first_places("sort", x, x.dim(normalize_axis("sort", axis, x.ndim())), axis, order);
  return {gather(x, axis, places), places};
}

Sorted topk(const Tensor& x, int64_t k, int axis, Order order) {
  const Tensor places = first_places("topk", x, k, axis, order);
  return {gather(x, axis, places), places};
}

}  // namespace grim
