#include "grimoire/op/view.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/run.h"
#include "grimoire/op/view_cpu.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

// The gradient of a view is the same view backwards; where a view drops or repeats elements it adds into the whole.
namespace grim {
namespace {

Tensor plain_reshape(const Tensor& x, const Shape& shape) {
  const Tensor view = view::try_reshape(x, shape);
  return view.defined() ? view : view::try_reshape(copy(x), shape);
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  Tensor y = plain_reshape(x, shape);
  return record(y, {x}, [was = x.shape()](const Tensor& dy, Grads dx) { dx.add(0, plain_reshape(dy, was)); });
}

Tensor flatten(const Tensor& x, int first_axis, int last_axis) {
  const int first = normalize_axis("flatten", first_axis, x.ndim()), last = normalize_axis("flatten", last_axis, x.ndim());
  GRIM_CHECK(first <= last, argument, "flatten", "got axes {} to {}", first_axis, last_axis);
  Shape shape;
  for (int i = 0; i < x.ndim(); ++i) {
    if (i > first && i <= last) shape[shape.ndim() - 1] *= x.shape()[i];
    else shape.push_back(x.shape()[i]);
  }
  return reshape(x, shape);
}

Tensor transpose(const Tensor& x, int axis_a, int axis_b) {
  return record(view::transpose(x, axis_a, axis_b), {x}, [axis_a, axis_b](const Tensor& dy, Grads dx) {
    dx.add(0, view::transpose(dy, axis_a, axis_b));
  });
}

Tensor permute(const Tensor& x, std::initializer_list<int> order) {
  const std::vector<int> forward(order);
  return record(view::permute(x, order), {x}, [forward](const Tensor& dy, Grads dx) {
    Shape shape = dy.shape(), strides = dy.strides();
    for (int i = 0; i < dy.ndim(); ++i) {
      const int axis = normalize_axis("permute", forward[static_cast<size_t>(i)], dy.ndim());
      shape[axis] = dy.shape()[i];
      strides[axis] = dy.strides()[i];
    }
    dx.add(0, Tensor::view_of(dy.storage(), dy.offset(), shape, strides, dy.dtype()));
  });
}

Tensor expand(const Tensor& x, const Shape& shape) {
  return record(view::expand(x, shape), {x}, [](const Tensor& dy, Grads dx) {
    dx.scatter(0, [&](const Tensor& whole) { GRIM_RUN(add_repeated, view::expand(whole, dy.shape()), cast(dy, whole.dtype())); });
  });
}

Tensor squeeze(const Tensor& x, int axis) {
  return record(view::squeeze(x, axis), {x}, [was = x.shape()](const Tensor& dy, Grads dx) { dx.add(0, plain_reshape(dy, was)); });
}

Tensor unsqueeze(const Tensor& x, int axis) {
  return record(view::unsqueeze(x, axis), {x}, [was = x.shape()](const Tensor& dy, Grads dx) { dx.add(0, plain_reshape(dy, was)); });
}

Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end) {
  return record(view::slice(x, axis, begin, end), {x}, [axis, begin, end](const Tensor& dy, Grads dx) {
    dx.scatter_once(0, [&](const Tensor& whole) { add_into(view::slice(whole, axis, begin, end), dy); });
  });
}

Tensor select(const Tensor& x, int axis, int64_t index) {
  return record(view::select(x, axis, index), {x}, [axis, index](const Tensor& dy, Grads dx) {
    dx.scatter_once(0, [&](const Tensor& whole) { add_into(view::select(whole, axis, index), dy); });
  });
}

std::vector<Tensor> split(const Tensor& x, int axis, const std::vector<int64_t>& sizes) {
  std::vector<Tensor> parts;
  int64_t at = 0;
  for (int64_t size : sizes) {
    parts.push_back(slice(x, axis, at, at + size));
    at += size;
  }
  GRIM_CHECK(at == x.dim(axis), shape, "split", "sizes add up to {}, expected {}", at, x.dim(axis));
  return parts;
}

std::vector<Tensor> chunk(const Tensor& x, int axis, int64_t parts) {
  GRIM_CHECK(parts > 0 && x.dim(axis) % parts == 0, shape, "chunk", "axis {} of {} does not divide by {}", axis, x.shape(),
             parts);
  return split(x, axis, std::vector<int64_t>(static_cast<size_t>(parts), x.dim(axis) / parts));
}

}  // namespace grim
