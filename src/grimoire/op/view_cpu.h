#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// dst += src, of one shape and float dtype, any strides; dst may repeat along axes of stride 0.
void add_repeated(const Tensor& dst, const Tensor& src);

}  // namespace grim::cpu
