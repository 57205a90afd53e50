#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Rows of `weight` (V, C) chosen by ids (...) i64 or i32: (..., C). The gradient adds dy's rows into the rows that were read.
// `dtype` is the rows': the weight's, or of a bf16 weight f32, which they have unless another is asked for.
// throws: argument, an id outside 0..V-1, with its place.
Tensor embedding(const Tensor& weight, const Tensor& ids, Dtype dtype);
inline Tensor embedding(const Tensor& weight, const Tensor& ids) { return embedding(weight, ids, computed_in(weight.dtype())); }

}  // namespace grim
