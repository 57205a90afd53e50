#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class Relation : uint8_t { eq, lt, le };

// y = a R b, bool, dense; a and b of one dtype, not bf16, any strides, read as if they had y's shape.
void compare(Relation relation, const Tensor& a, const Tensor& b, const Tensor& y);

}  // namespace grim::cpu
