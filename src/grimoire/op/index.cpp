#include "grimoire/op/index.h"

#include "grimoire/autograd/tape.h"
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
      GRIM_CHECK(i == axis || p.shape()[i] == shape[i], shape, "concat", "got {} beside {} on axis {}", p.shape(), parts[0].shape(), axis);
    shape[axis] += p.shape()[axis];
  }
  const Tensor y = Tensor::empty(shape, parts[0].dtype());
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

}  // namespace grim
