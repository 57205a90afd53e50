// Ordering along an axis. Equal elements keep their order, so results are the same everywhere; NaN counts as larger
// than everything, as in PyTorch. Every dtype; gradients (f32, f64) flow to the places that the values came from.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class Order : uint8_t { ascending, descending };

struct Sorted {
  Tensor values;
  Tensor indices;  // i64: values = gather(x, axis, indices)
};

Sorted sort(const Tensor& x, int axis = -1, Order order = Order::ascending);
Tensor argsort(const Tensor& x, int axis = -1, Order order = Order::ascending);
// The first k of sort(x, axis, order) without sorting the rest: descending gives the k largest.
// throws: argument, k outside 0 to the size of the axis.
Sorted topk(const Tensor& x, int64_t k, int axis = -1, Order order = Order::descending);

}  // namespace grim
