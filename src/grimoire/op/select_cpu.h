#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// y = condition ? a : b, dense; a, b and y of one dtype, any strides, read as if they had y's shape. Choosing only moves bits.
void select(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& y);

}  // namespace grim::cpu
