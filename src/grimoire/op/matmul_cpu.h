#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// y = a b + beta y over the axes before the last two, which broadcast to `batch`; of any strides. Where y repeats along the batch its products
// add up, in batch order.
void matmul(const Tensor& a, const Tensor& b, const Tensor& y, const Shape& batch, float beta);

}  // namespace grim::cpu
