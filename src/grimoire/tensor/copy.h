// Moving numbers between tensors, without gradients.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

void fill(const Tensor& x, double value);
void copy_into(const Tensor& dst, const Tensor& src);  // broadcasts src, converts dtype
void add_into(const Tensor& dst, const Tensor& src);   // dst += src, same shape; one dtype of f32, f64, bf16, or one is bf16
Tensor contiguous(const Tensor& x);                    // x itself when it is already dense and row-major
Tensor copy(const Tensor& x);                          // always new memory, dense
Tensor cast(const Tensor& x, Dtype dtype);             // x itself when the dtype is right already
inline bool is_narrow(const Tensor& x) { return x.defined() && x.dtype() == Dtype::bf16; }

}  // namespace grim
