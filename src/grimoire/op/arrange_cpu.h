#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class Triangle : uint8_t { lower, upper };

// y (..., M, N): row i of each matrix of x keeps its columns up to i + diagonal, or from there on; the rest is 0. Dense, of any dtype.
void triangle(Triangle which, int64_t diagonal, const Tensor& x, const Tensor& y);

}  // namespace grim::cpu
