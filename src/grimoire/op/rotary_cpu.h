#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class Turn : uint8_t { forth, back };

// x and y (B, H, T, D): any strides but rows of D dense. cos and sin (T, R / 2) dense.
void rotary(Turn turn, const Tensor& x, const Tensor& cos, const Tensor& sin, const Tensor& y);

}  // namespace grim::cpu
