#include "grimoire/tensor/view.h"

namespace grim::view {

Tensor alias(const Tensor& x) { return Tensor::view_of(x.storage(), x.offset(), x.shape(), x.strides(), x.dtype()); }

Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end) {
  axis = normalize_axis("slice", axis, x.ndim());
  GRIM_CHECK(0 <= begin && begin <= end && end <= x.shape()[axis], argument, "slice",
             "range out of bounds: got {} to {} on axis {} of {}", begin, end, axis, x.shape());
  Shape shape = x.shape();
  shape[axis] = end - begin;
  return Tensor::view_of(x.storage(), x.offset() + begin * x.strides()[axis], shape, x.strides(), x.dtype());
}

Tensor select(const Tensor& x, int axis, int64_t index) {
  axis = normalize_axis("select", axis, x.ndim());
  const int64_t n = x.shape()[axis];
  GRIM_CHECK(index >= -n && index < n, argument, "select", "index out of bounds: got {} on axis {} of {}", index, axis,
             x.shape());
  if (index < 0) index += n;
  return squeeze(slice(x, axis, index, index + 1), axis);
}

Tensor transpose(const Tensor& x, int axis_a, int axis_b) {
  axis_a = normalize_axis("transpose", axis_a, x.ndim());
  axis_b = normalize_axis("transpose", axis_b, x.ndim());
  Shape shape = x.shape(), strides = x.strides();
  std::swap(shape[axis_a], shape[axis_b]);
  std::swap(strides[axis_a], strides[axis_b]);
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Tensor permute(const Tensor& x, std::initializer_list<int> order) {
  GRIM_CHECK(static_cast<int>(order.size()) == x.ndim(), shape, "permute", "got {} axes, expected {}", order.size(),
             x.ndim());
  Shape shape, strides;
  bool seen[kMaxDims] = {};
  for (int axis : order) {
    axis = normalize_axis("permute", axis, x.ndim());
    GRIM_CHECK(!seen[axis], argument, "permute", "axis {} is named twice", axis);
    seen[axis] = true;
    shape.push_back(x.shape()[axis]);
    strides.push_back(x.strides()[axis]);
  }
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Tensor expand(const Tensor& x, const Shape& shape) {
  const int lead = shape.ndim() - x.ndim();
  GRIM_CHECK(lead >= 0, shape, "expand", "got {}, cannot become {}", x.shape(), shape);
  Shape strides = Shape::of_rank(shape.ndim());
  for (int i = 0; i < x.ndim(); ++i) {
    const bool repeats = x.shape()[i] == 1 && shape[lead + i] != 1;
    GRIM_CHECK(repeats || x.shape()[i] == shape[lead + i], shape, "expand", "got {}, cannot become {}", x.shape(), shape);
    strides[lead + i] = repeats ? 0 : x.strides()[i];
  }
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Tensor squeeze(const Tensor& x, int axis) {
  axis = normalize_axis("squeeze", axis, x.ndim());
  GRIM_CHECK(x.shape()[axis] == 1, shape, "squeeze", "axis {} of {} is not 1", axis, x.shape());
  Shape shape = x.shape(), strides = x.strides();
  shape.erase(axis);
  strides.erase(axis);
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Tensor unsqueeze(const Tensor& x, int axis) {
  axis = normalize_axis("unsqueeze", axis, x.ndim() + 1);
  Shape shape = x.shape(), strides = x.strides();
  shape.insert(axis, 1);
  strides.insert(axis, axis < x.ndim() ? x.shape()[axis] * x.strides()[axis] : 1);
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Shape resolve_reshape(const Tensor& x, const Shape& shape) {
  Shape out = shape;
  int64_t known = 1;
  int hole = -1;
  for (int i = 0; i < shape.ndim(); ++i) {
    if (shape[i] == -1) {
      GRIM_CHECK(hole < 0, argument, "reshape", "more than one size is -1: got {}", shape);
      hole = i;
    } else {
      known *= shape[i];
    }
  }
  if (hole >= 0 && known > 0) out[hole] = x.numel() / known;
  GRIM_CHECK((hole < 0 || known > 0) && out.numel() == x.numel(), shape, "reshape", "got {}, cannot become {}", x.shape(),
             shape);
  return out;
}

Tensor try_reshape(const Tensor& x, const Shape& wanted) {
  const Shape shape = resolve_reshape(x, wanted);
  if (x.contiguous()) return Tensor::view_of(x.storage(), x.offset(), shape, contiguous_strides(shape), x.dtype());
  // Walk both shapes from the right in groups of equal element count; inside a group the old axes must be dense.
  Shape strides = Shape::of_rank(shape.ndim());
  int o = x.ndim() - 1, n = shape.ndim() - 1;
  while (n >= 0) {
    while (o >= 0 && x.shape()[o] == 1) --o;
    if (shape[n] == 1) {
      strides[n--] = 1;
      continue;
    }
    int64_t old_count = x.shape()[o], step = x.strides()[o], new_count = 1;
    int first = o - 1;
    strides[n] = step;
    new_count = shape[n];
    int64_t next = step * shape[n];
    --n;
    while (old_count != new_count) {
      if (old_count < new_count) {
        while (first >= 0 && x.shape()[first] == 1) --first;
        if (first < 0 || x.strides()[first] != step * old_count) return {};
        old_count *= x.shape()[first--];
      } else {
        if (n < 0) return {};
        strides[n] = next;
        next *= shape[n];
        new_count *= shape[n--];
      }
    }
    o = first;
  }
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

Tensor split_axis(const Tensor& x, int axis, int64_t parts) {
  axis = normalize_axis("split_axis", axis, x.ndim());
  const int64_t n = x.shape()[axis];
  GRIM_CHECK(parts > 0 && n % parts == 0, shape, "split_axis", "axis {} of {} does not divide by {}", axis, x.shape(),
             parts);
  Shape shape = x.shape(), strides = x.strides();
  shape[axis] = n / parts;
  shape.insert(axis, parts);
  strides.insert(axis, strides[axis] * (n / parts));
  return Tensor::view_of(x.storage(), x.offset(), shape, strides, x.dtype());
}

}  // namespace grim::view
