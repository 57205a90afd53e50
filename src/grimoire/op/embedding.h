#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Rows of `weight` (V, C) chosen by ids (...) i64 or i32: (..., C). The gradient adds dy's rows into the rows that were read.
// Those of a bf16 weight, which gets no gradient, are f32.
// throws: argument, an id outside 0..V-1, with its place.
Tensor embedding(const Tensor& weight, const Tensor& ids);

}  // namespace grim
