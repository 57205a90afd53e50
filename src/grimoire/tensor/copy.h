// Moving numbers between tensors, without gradients.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

void fill(const Tensor& x, double value);
void copy_into(const Tensor& dst, const Tensor& src);  // broadcasts src, converts dtype
void add_into(const Tensor& dst, const Tensor& src);   // dst += src, same shape and dtype (f32, f64)
Tensor contiguous(const Tensor& x);                    // x itself when it is already dense and row-major
Tensor copy(const Tensor& x);                          // always new memory, dense
Tensor cast(const Tensor& x, Dtype dtype);             // x itself when the dtype is right already

}  // namespace grim
