#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// y (..., C): the rows of weight (V, C) that ids (...) i64 or i32 name; all dense. y is of the weight's dtype, or f32 of a bf16 weight.
void embedding(const Tensor& weight, const Tensor& ids, const Tensor& y);
// dweight (V, C) += the rows of dy (..., C), from `first` to `last`, that ids name it for, in their order; dense, of one float dtype.
void add_embedding_gradient(const Tensor& dy, const Tensor& ids, int64_t first, int64_t last, const Tensor& dweight);

}  // namespace grim::cpu
