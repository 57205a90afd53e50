#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class Direction : uint8_t { forward, backward };

// Each row of rows (..., n), dense, f32, f64 or i64, becomes its running sums, from its start or from its end.
void running_sums(Direction direction, const Tensor& rows);
// y: 2^k with 2^k <= |x| < 2^(k + 1); 1 where x is 0 or not finite. Dense floats.
void powers_of_two(const Tensor& x, const Tensor& y);

}  // namespace grim::cpu
