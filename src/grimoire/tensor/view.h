// Views: other shapes and strides on the same numbers, without gradients (op/ has the recorded forms of the same names).
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::view {

Tensor alias(const Tensor& x);  // the same numbers, no autograd node
Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end);  // [begin, end); throws outside 0..size
Tensor select(const Tensor& x, int axis, int64_t index);             // drops the axis
Tensor transpose(const Tensor& x, int axis_a, int axis_b);
Tensor permute(const Tensor& x, std::initializer_list<int> order);
Tensor expand(const Tensor& x, const Shape& shape);  // axes of size 1 repeat with stride 0; new axes at the left
Tensor squeeze(const Tensor& x, int axis);
Tensor unsqueeze(const Tensor& x, int axis);
// One size may be -1. A view where strides allow, else undefined Tensor (the caller copies).
Tensor try_reshape(const Tensor& x, const Shape& shape);
Shape resolve_reshape(const Tensor& x, const Shape& shape);  // fills in the -1; throws when counts differ
Tensor split_axis(const Tensor& x, int axis, int64_t parts); // (.., n, ..) -> (.., parts, n / parts, ..)

}  // namespace grim::view
