#pragma once

#include "grimoire/op/sort.h"

namespace grim::cpu {

// places (lines, k) i64: where the k first of each line of x (lines, n) stand, in order; NaN is the largest, equal ones keep their order. Dense.
void first_places(Order order, const Tensor& x, const Tensor& places);

}  // namespace grim::cpu
