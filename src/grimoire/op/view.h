// Views with a backward: the recorded forms of tensor/view.h. All of them share memory with x (reshape copies where it must).
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor reshape(const Tensor& x, const Shape& shape);  // one size may be -1
Tensor flatten(const Tensor& x, int first_axis, int last_axis);
Tensor transpose(const Tensor& x, int axis_a, int axis_b);
Tensor permute(const Tensor& x, std::initializer_list<int> order);
Tensor expand(const Tensor& x, const Shape& shape);
Tensor squeeze(const Tensor& x, int axis);
Tensor unsqueeze(const Tensor& x, int axis);
Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end);  // [begin, end)
Tensor select(const Tensor& x, int axis, int64_t index);              // drops the axis
std::vector<Tensor> split(const Tensor& x, int axis, const std::vector<int64_t>& sizes);
std::vector<Tensor> chunk(const Tensor& x, int axis, int64_t parts);  // equal parts

}  // namespace grim
