// What the backward of a broadcasting op needs.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Strides that read x as if it had this larger shape: 0 along repeated axes. The shapes must broadcast.
Shape broadcast_strides(const Tensor& x, const Shape& shape);

// The transpose of broadcasting: adds up x over the axes along which `shape` was repeated. x itself when the shapes are
// equal. Not recorded.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grim
