#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// y = x; and what backward() minimises is joined by scale * loss, one element: whenever a gradient comes to y, `loss` gets `scale`. So a layer's own loss
// is learned from whatever is made of y, without being handed to who makes it, and from inside of layers that are computed again (autograd/tape.h) too.
// x and y share memory. throws: shape, loss of more than one element
Tensor with_loss(const Tensor& x, const Tensor& loss, double scale);

}  // namespace grim
