#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// e^x / sum e^x along an axis, and its logarithm; the largest element is subtracted first, so nothing overflows.
// A row of nothing but -inf gives NaN. f32 and f64.
Tensor softmax(const Tensor& x, int axis);
Tensor log_softmax(const Tensor& x, int axis);

}  // namespace grim
