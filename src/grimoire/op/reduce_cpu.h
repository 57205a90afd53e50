#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class ReduceOp : uint8_t { sum, max, min };

// x (O, R, I) -> y, O * I elements; dense, f32, f64 or i64. Of no rows the neutral element. Real results are divided by `divisor`.
void reduce(ReduceOp op, const Tensor& x, const Tensor& y, double divisor);
// Is every element of a float tensor above `above` and at most `most`? NaN is not.
bool all_between(const Tensor& x, double above, double most);

}  // namespace grim::cpu
