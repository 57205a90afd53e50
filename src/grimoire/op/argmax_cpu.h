#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class Extreme : uint8_t { largest, smallest };

// places (...) i64: where each row of x (..., n), n > 0, of f32, f64 or i64, has its extreme first; NaN counts as that.
void first_extremes(Extreme which, const Tensor& x, const Tensor& places);

}  // namespace grim::cpu
