// Choosing, joining and ordering elements. f32 and f64 with gradients; what only moves elements takes every dtype.
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor concat(const std::vector<Tensor>& parts, int axis);  // same shapes but for that axis
Tensor stack(const std::vector<Tensor>& parts, int axis);   // a new axis

}  // namespace grim
