#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// Dense floats of one dtype.
void round(const Tensor& x, const Tensor& y);  // to the nearest whole number, of two to the even one
void sign(const Tensor& x, const Tensor& y);   // -1 below 0, else 1; NaN stays

}  // namespace grim::cpu
