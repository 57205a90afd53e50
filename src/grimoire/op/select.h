#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// condition ? a : b. condition is bool; all three broadcast; a and b of any one dtype, gradients for f32 and f64.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
// x with `value` where mask is true; mask broadcasts to x's shape. No gradient flows to the filled places.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);

}  // namespace grim
