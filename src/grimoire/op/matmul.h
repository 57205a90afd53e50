#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// a (..., M, K) times b (..., K, N) = (..., M, N); leading axes broadcast. throws: shape, dtype other than f32/f64.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace grim
