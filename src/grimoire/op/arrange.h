// Joining, padding, cutting and shifting elements. f32 and f64 with gradients; what only moves elements takes every dtype.
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor concat(const std::vector<Tensor>& parts, int axis);  // same shapes but for that axis
Tensor stack(const std::vector<Tensor>& parts, int axis);   // a new axis

// `value` at both ends of an axis: `before` and `after` elements (throws: argument, negative; use slice to cut).
Tensor pad(const Tensor& x, int axis, int64_t before, int64_t after, double value = 0);
// x (..., M, N) with zeros above (tril) or below (triu) a diagonal: 0 the main one, 1 the one to its right.
Tensor tril(const Tensor& x, int64_t diagonal = 0);
Tensor triu(const Tensor& x, int64_t diagonal = 0);
Tensor flip(const Tensor& x, int axis);                 // the last first
Tensor roll(const Tensor& x, int axis, int64_t shift);  // element i moves to place (i + shift) mod n

}  // namespace grim
