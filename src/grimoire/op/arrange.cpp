#include "grimoire/op/arrange.h"

#include <numeric>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange_cpu.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/run.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

// The gradient of a part is its slice of dy.
Tensor concat(const std::vector<Tensor>& parts, int axis_any) {
  GRIM_CHECK(!parts.empty(), argument, "concat", "there is nothing to join");
  const int axis = normalize_axis("concat", axis_any, parts[0].ndim());
  Shape shape = parts[0].shape();
  shape[axis] = 0;
  for (const Tensor& p : parts) {
    GRIM_CHECK(p.ndim() == shape.ndim() && p.dtype() == parts[0].dtype(), shape, "concat", "got {} {} beside {} {}",
               name_of(p.dtype()), p.shape(), name_of(parts[0].dtype()), parts[0].shape());
    for (int i = 0; i < shape.ndim(); ++i)
      GRIM_CHECK(i == axis || p.shape()[i] == shape[i], shape, "concat", "got {} beside {} on axis {}", p.shape(),
                 parts[0].shape(), axis);
    shape[axis] += p.shape()[axis];
  }
  const Tensor y = parts[0].like(shape);
  std::vector<int64_t> begins;
  int64_t at = 0;
  for (const Tensor& p : parts) {
    begins.push_back(at);
    at += p.shape()[axis];
    copy_into(view::slice(y, axis, begins.back(), at), p);
  }
  begins.push_back(at);
  return record(y, parts, [begins, axis](const Tensor& dy, Grads dx) {
    for (size_t i = 0; i + 1 < begins.size(); ++i)
      dx.add(static_cast<int>(i), view::slice(dy, axis, begins[i], begins[i + 1]));
  });
}

Tensor stack(const std::vector<Tensor>& parts, int axis) {
  GRIM_CHECK(!parts.empty(), argument, "stack", "there is nothing to join");
  const int at = normalize_axis("stack", axis, parts[0].ndim() + 1);
  std::vector<Tensor> wider;
  for (const Tensor& p : parts) wider.push_back(unsqueeze(p, at));
  return concat(wider, at);
}

// The gradient is the middle of dy.
Tensor pad(const Tensor& x, int axis_any, int64_t before, int64_t after, double value) {
  const int axis = normalize_axis("pad", axis_any, x.ndim());
  GRIM_CHECK(before >= 0 && after >= 0, argument, "pad", "got {} before and {} after, expected none negative", before,
             after);
  Shape shape = x.shape();
  const int64_t end = before + shape[axis];
  shape[axis] = end + after;
  const Tensor y = x.like(shape);
  fill(view::slice(y, axis, 0, before), value);
  copy_into(view::slice(y, axis, before, end), x);
  fill(view::slice(y, axis, end, shape[axis]), value);
  return record(y, {x}, [=](const Tensor& dy, Grads dx) { dx.add(0, view::slice(dy, axis, before, end)); });
}

namespace {

using cpu::Triangle;

Tensor triangle_of(const Tensor& x_any, Triangle which, int64_t diagonal) {
  const Tensor x = contiguous(x_any), y = x.like();
  GRIM_RUN(triangle, which, diagonal, x, y);
  return y;
}

// A mask, so its gradient is itself.
Tensor triangle(const char* op, const Tensor& x, Triangle which, int64_t diagonal) {
  GRIM_CHECK(x.ndim() >= 2, shape, op, "got {}, expected (..., M, N)", x.shape());
  return record(triangle_of(x, which, diagonal), {x},
                [=](const Tensor& dy, Grads dx) { dx.add(0, triangle_of(dy, which, diagonal)); });
}

}  // namespace

Tensor tril(const Tensor& x, int64_t diagonal) { return triangle("tril", x, Triangle::lower, diagonal); }
Tensor triu(const Tensor& x, int64_t diagonal) { return triangle("triu", x, Triangle::upper, diagonal); }

Tensor flip(const Tensor& x, int axis) {
  const int64_t n = x.dim(normalize_axis("flip", axis, x.ndim()));
  std::vector<int64_t> ids(static_cast<size_t>(n));
  std::iota(ids.rbegin(), ids.rend(), int64_t{0});
  return index_select(x, axis, Tensor::from(ids, {n}));
}

Tensor roll(const Tensor& x, int axis_any, int64_t shift) {
  const int axis = normalize_axis("roll", axis_any, x.ndim());
  const int64_t n = x.dim(axis);
  if (n == 0) return x;
  const int64_t cut = n - (shift % n + n) % n;  // this element comes first
  return concat({slice(x, axis, cut, n), slice(x, axis, 0, cut)}, axis);
}

}  // namespace grim
